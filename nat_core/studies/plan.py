"""The studies: which runs answer which question, as plain data, in order of worth.

A run is a recipe and a seed. The tables' runs follow the chosen protocol; the questions that need many runs are asked
of WRN-16-1 in the short protocol, where every difference is held against the spread over seeds (`noise_floor`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from nat_core.language import N_
from nat_core.protocols import PROTOCOLS
from nat_core.recipes import NAT_STRONG, RECIPES, Recipe, recipe_in_protocol, run_key

NAT_PLUS = "wrn16_1_nat_plus"
"""What the study `beyond` chose, trained as long as the tables' networks: for the record, published under no name."""


@dataclass(frozen=True)
class PlannedRun:
    """One network to train."""

    recipe: Recipe
    seed: int = 0
    kept: bool = False
    """Whether its network stays after its numbers are noted: it is published, or another run or study needs it."""

    @property
    def key(self) -> str:
        """Its name among all runs: protocol, recipe, seed."""
        return run_key(self.recipe.protocol, self.recipe.name, self.seed)

    @property
    def published(self) -> bool:
        """Whether it becomes a checkpoint of its own."""
        named = self.recipe.name in (*RECIPES, NAT_STRONG)
        return self.seed == 0 and named and self.recipe.protocol != "short"

    @property
    def teacher_key(self) -> str | None:
        """The key of the run whose network it imitates: of the same protocol, seed 0."""
        return None if self.recipe.teacher is None else run_key(self.recipe.protocol, self.recipe.teacher, 0)


@dataclass(frozen=True)
class Study:
    """One question and the runs that answer it."""

    name: str
    question: str
    runs: tuple[PlannedRun, ...]


ALSO = ("patch_shuffled_test", "digits_all_test", "noise_uniform", "noise_normal")
"""Reported for every short run, so that each can be compared with each."""

_BASELINE, _NAT = (
    replace(recipe_in_protocol(f"wrn16_1_{kind}", "short"), also_reported=ALSO) for kind in ("baseline", "nat")
)
_STUDENT = replace(_BASELINE, name="student_of_nat", teacher="wrn16_1_nat")
_HELD_OUT = replace(_NAT, name="held_out_nat", held_out=True, negatives="cifar100_fit", also_reported=())
_ANSWERED = {"negatives": "cifar100_train", "negatives_unlabelled": True, "negatives_distilled": True}

TRANSFER: dict[str, dict[str, Any]] = {
    "student_of_baseline": {"teacher": "wrn16_1_baseline"},
    "student_of_nat": {},
    "student_beta_100": {"attention_weight": 100.0},
    "student_beta_10000": {"attention_weight": 10000.0},
    "student_low": {"attention_levels": ("low",)},
    "student_middle": {"attention_levels": ("middle",)},
    "student_high": {"attention_levels": ("high",)},
    "student_activated": {"attention_activated": True},
    "student_not_normalised": {"attention_normalised": False, "attention_weight": 1.0},
    "student_not_normalised_weak": {"attention_normalised": False, "attention_weight": 0.05},
    "student_unlabelled_negatives": {"negatives": "cifar100_train", "negatives_unlabelled": True},
    "student_distilled": {"attention_weight": 0.0, "distillation_weight": 1.0, "distillation_temperature": 4.0},
    "student_classifier": {"teacher_classifier": True},
    "student_distilled_attention": {"distillation_weight": 1.0},
    "student_distilled_unlabelled": {"attention_weight": 0.0, "distillation_weight": 1.0, **_ANSWERED},
    "student_distilled_classifier": {"distillation_weight": 1.0, "teacher_classifier": True},
    "student_all": {"distillation_weight": 1.0, "teacher_classifier": True, **_ANSWERED},
}
"""Students of the short WRN-16-1 networks: what each changes of beta 1000 on three normalised maps. Where they are not
normalised, beta .05 makes the attention part of the loss about as large as 1000 makes it of normalised ones."""

ARGUED: dict[str, dict[str, Any]] = {
    "nat_background_class": {"divergence": "background_class"},
    "nat_kl_to_uniform": {"divergence": "kl_to_uniform", "equal_gradient": True},
    "label_smoothing": {"negatives": None, "label_smoothing": 0.1},
    "nat_outlier_exposure": {"separate_means": True, "negative_weight": 0.5},
    "nat_jensen_shannon": {"divergence": "jensen_shannon", "equal_gradient": True},
    "nat_brier": {"divergence": "brier", "equal_gradient": True},
    "nat_hellinger": {"divergence": "hellinger", "equal_gradient": True},
    "nat_centred_logits": {"divergence": "centred_logits", "equal_gradient": True},
    "nat_2_negatives": {"negatives_per_batch": 2},
    "nat_32_negatives": {"negatives_per_batch": 32},
}
"""What each changes of NAT; all take the same number of steps."""

TRAINED_ON: dict[str, dict[str, Any]] = {
    "nat_of_ilsvrc": {"negatives": "ilsvrc"},
    "nat_of_noise": {"negatives": "noise_train"},
    "nat_of_patch_shuffled": {"negatives": None, "synthetic": ("patch_shuffled",) * 8},
    "nat_of_digits": {"negatives": "digits_all_train"},
}
"""Which negatives each is taught with; `wrn16_1_nat` is the one taught with CIFAR-100."""

CANDIDATES: dict[str, dict[str, Any]] = {
    "held_out_baseline": {"negatives": None},
    "held_out_nat": {},
    "held_out_2_shuffled": {"synthetic": ("patch_shuffled",) * 2},
    "held_out_shuffled_and_blend": {"synthetic": ("patch_shuffled", "blends")},
    "held_out_1_shuffled": {"synthetic": ("patch_shuffled",)},
    "held_out_cutout": {"cutout": 16},
    "held_out_weight_2": {"negative_weight": 2.0},
    "held_out_2_blends": {"synthetic": ("blends",) * 2},
    "held_out_1_blend": {"synthetic": ("blends",)},
    "held_out_1_blob": {"synthetic": ("blobs",)},
    "held_out_weight_4": {"negative_weight": 4.0},
    "held_out_ema": {"ema_decay": 0.999},
    "held_out_hardest_8_of_32": {"negatives_per_batch": 32, "hardest": 8},
}
"""Candidates for a change of NAT that protects better, chosen on held-out pictures; the reported sets are never looked
at. In order of promise for their cost: each step runs 72 pictures as NAT's does, but the last one's 96, to find the 8
hardest of 32."""

_DIGITS = {
    kind: replace(RECIPES["digits_baseline"], held_out=True, negatives=negatives)
    for kind, negatives in (("baseline", None), ("nat", "digits_6_train"))
}
_FRONTIER = replace(
    recipe_in_protocol("wrn16_1_nat", "full"), name="frontier_nat", epochs=30, held_out=True, negatives="cifar100_fit"
)


def _shared(negatives: int) -> dict[str, Any]:
    """Return the settings by which so many of NAT's own 72 pictures a step are negatives."""
    return {"batch_size": 72, "negatives_per_batch": negatives, "negatives_inside": True}


FRONTIER: dict[str, dict[str, Any]] = {
    "frontier_baseline": {"negatives": None},
    "frontier_nat": {},
    "frontier_weight_2": {"negative_weight": 2.0},
    "frontier_weight_4": {"negative_weight": 4.0},
    "frontier_weight_8": {"negative_weight": 8.0},
    "frontier_16_negatives": {"negatives_per_batch": 16},
    "frontier_32_negatives": {"negatives_per_batch": 32},
    "frontier_32_negatives_weight_2": {"negatives_per_batch": 32, "negative_weight": 2.0},
    "frontier_32_negatives_weight_4": {"negatives_per_batch": 32, "negative_weight": 4.0},
    "frontier_separate_means": {"separate_means": True},
    "frontier_separate_means_half": {"separate_means": True, "negative_weight": 0.5},
    "frontier_centred_logits": {"divergence": "centred_logits", "equal_gradient": True},
    "frontier_softened": {"divergence": "softened", "equal_gradient": True},
    "frontier_54_and_18": _shared(18),
    "frontier_48_and_24": _shared(24),
}
"""How much the negatives count and how many a step shows: where NAT stands between accuracy and NCR, on held-out
pictures. The last two share NAT's own 72 pictures a step otherwise, so they cost what NAT costs."""
FRONTIER_FIRST = ("frontier_nat", "frontier_48_and_24", "frontier_16_negatives")
"""Those that no other beat in both by the first seed, whose next seeds are worth most."""
STRONG: dict[str, Any] = {"negatives_per_batch": 64, "negative_weight": 2.0}
"""Of five ResNet-18 points of the frontier (30 epochs: 32 or 64 negatives of weight 1, 2 or 4) the one of lowest NCR on
held-out classes whose accuracy, 94.2 % after 30 epochs, seemed to leave the paper's 95.03 % within reach of 100."""
NAT_64 = "resnet18_nat_64_negatives"
"""The one of those five that is better at equal use after 30 epochs: 64 negatives of weight 1, which keep more."""

JOINED: dict[str, dict[str, Any]] = {
    "held_out_nat": {},
    "held_out_mixed_sources": {"more_negatives": ("ilsvrc",)},
    "held_out_rotation": {"batch_size": 48, "rotated_per_batch": 16},
    "held_out_pixmix": {"mixed_with": "cifar100_fit"},
    "held_out_54_and_18": _shared(18),
    "held_out_48_and_24": _shared(24),
    "held_out_centred_logits": {"divergence": "centred_logits", "equal_gradient": True},
    "held_out_softened": {"divergence": "softened", "equal_gradient": True},
}
"""What no published row joins with outliers, and what else the same 72 pictures a step could be: 12 epochs each, on
held-out pictures. ILSVRC's photos are half of the negatives of the second; of the third's pictures 16 are turned."""
JOINED_FIRST = ("held_out_nat", "held_out_48_and_24")
"""The one that lowered NCR most by the first seed, and the NAT that all are held against: over three seeds."""

DIGITS_EPOCHS = (20, 35, 50, 80)
"""How long the digits' networks might learn. Held-out digits decide, with 6 as negatives and 7 unseen: the one at which
NAT's NCR on 7 with 95 % kept is lowest, as a mean over three seeds; a rule that was set before the runs."""
DIGITS_NEGATIVES = (16, 32)
"""How many negatives a batch of the digits' NAT might show instead of the paper's 8, at the epochs that were chosen:
the same rule on the same held-out digits decides, set before the runs."""


def _variants(
    base: Recipe, changes: dict[str, dict[str, Any]], seeds: tuple[int, ...] = (0,)
) -> tuple[PlannedRun, ...]:
    return tuple(
        PlannedRun(replace(base, name=name, **settings), seed) for seed in seeds for name, settings in changes.items()
    )


def _again(base: Recipe, changes: dict[str, dict[str, Any]], names: Iterable[str]) -> tuple[PlannedRun, ...]:
    """Two more seeds of these."""
    return _variants(base, {name: changes[name] for name in names}, seeds=(1, 2))


def _table(protocol: str, *names: str, seeds: tuple[int, ...] = (0,)) -> tuple[PlannedRun, ...]:
    """The runs of these recipes that the protocol trains, with their teachers."""
    trained = PROTOCOLS[protocol].by_architecture
    recipes = [RECIPES[name] for name in names if RECIPES[name].architecture in trained]
    able = [each for each in recipes if each.teacher is None or RECIPES[each.teacher].architecture in trained]
    return tuple(
        PlannedRun(recipe_in_protocol(each.name, protocol), seed, kept=True) for seed in seeds for each in able
    )


# Kept: seed 0 are the students' teachers, and the level study compares the maps of all six.
_PAIR = tuple(PlannedRun(each, seed, kept=True) for seed in (0, 1, 2) for each in (_BASELINE, _NAT))
_DIGITS_RUNS = (
    tuple(
        PlannedRun(replace(recipe, name=f"held_out_digits_{kind}_{epochs}", epochs=epochs), seed)
        for epochs in DIGITS_EPOCHS
        for seed in (0, 1, 2)
        for kind, recipe in _DIGITS.items()
    )
    + tuple(
        PlannedRun(replace(_DIGITS["nat"], name=f"held_out_digits_nat_of_{count}", negatives_per_batch=count), seed)
        for count in DIGITS_NEGATIVES
        for seed in (0, 1, 2)
    )
    + tuple(PlannedRun(RECIPES[f"digits_{kind}"], seed, kept=seed == 0) for seed in (0, 1, 2) for kind in _DIGITS)
)
_RESNET, _WIDE = ("resnet18_baseline", "resnet18_nat"), ("wrn40_1_baseline", "wrn40_1_nat")
_SMALL = ("wrn16_1_baseline", "wrn16_1_nat", "wrn16_1_student_of_baseline", "wrn16_1_student_of_nat")


_FRONTIER_RUNS = (
    *_variants(_FRONTIER, FRONTIER),
    *_again(_FRONTIER, FRONTIER, FRONTIER_FIRST),
    *_again(_FRONTIER, FRONTIER, (name for name in FRONTIER if name not in FRONTIER_FIRST)),
)
_STRONG = replace(recipe_in_protocol("resnet18_nat", "full"), name=NAT_STRONG, **STRONG)
_STRONG_RUNS = (
    *(PlannedRun(recipe_in_protocol(name, "full"), kept=True) for name in _RESNET),
    *(PlannedRun(_STRONG, seed, kept=seed == 0) for seed in (0, 1, 2)),
    PlannedRun(replace(_STRONG, name=NAT_64, negative_weight=1.0)),
    # What no other of NAT's cost beat on the frontier, and the NAT that the small one is held against.
    PlannedRun(recipe_in_protocol("wrn16_1_nat", "full"), kept=True),
    *(
        PlannedRun(replace(recipe_in_protocol(name, "full"), name=f"{name}_48_and_24", **_shared(24)))
        for name in ("wrn16_1_nat", "resnet18_nat")
    ),
)


@dataclass(frozen=True)
class Choice:
    """What the study `beyond` came to: see `choice.decide`."""

    winner: str | None
    """A key of CANDIDATES, None where none is better than NAT."""
    rival: str
    """The runner-up, trained beside the winner with as many seeds."""


def nat_plus(choice: Choice | None, protocol: str) -> tuple[PlannedRun, ...]:
    """Return three seeds of NAT, the winner and its rival in the short protocol, then, on a processor,
    the winner trained for longer.

    None where nothing was chosen yet, or nothing was better.
    """
    if choice is None or choice.winner is None:
        return ()
    pair = {"nat_plus": CANDIDATES[choice.winner], "nat_plus_rival": CANDIDATES[choice.rival]}
    runs = [run for run in _PAIR if run.recipe == _NAT]
    runs += [PlannedRun(replace(_NAT, name=name, **pair[name]), seed) for seed in (0, 1, 2) for name in pair]
    if protocol == "cpu":
        whole = replace(recipe_in_protocol("wrn16_1_nat", protocol), name=NAT_PLUS, **pair["nat_plus"])
        runs.append(PlannedRun(whole, kept=True))
    return tuple(runs)


def _check(protocol: str) -> str:
    known = [name for name in PROTOCOLS if name != "digits"]
    if protocol not in known:
        raise ValueError(f"unknown protocol {protocol!r}; known: {', '.join(known)}")
    return protocol


def studies(protocol: str = "cpu", choice: Choice | None = None) -> tuple[Study, ...]:
    """Return every study in order of worth, the tables' runs by the protocol's schedule.

    `nat_plus` has no runs before its recipe was chosen. Raises ValueError for a protocol that does not train on CIFAR.

    >>> [study.name for study in studies()][:2]
    ['first_table', 'second_table']
    """
    short = _check(protocol) == "short"
    return (
        Study("first_table",
              N_("The paper's first table: ResNet-18 with and without NAT."), _table(protocol, *_RESNET)),
        Study("second_table", N_("The paper's second table: attention transfer to WRN-16-1."),
              _PAIR[:2] if short else _table(protocol, *_WIDE, *_SMALL)),
        Study("noise_floor", N_("How far do two seeds of the same short recipe lie apart?"), _PAIR),
        Study("seeds", N_("How far do the tables' numbers swing from seed to seed?"),
              () if short else _table(protocol, *_SMALL, seeds=(1, 2))),
        Study("attention_transfer", N_("What of NAT can a student learn from maps alone?"),
              _PAIR[:2] + _variants(_STUDENT, TRANSFER)),
        Study("argued", N_("What the paper argues but does not show: the alternatives to NAT."),
              _PAIR[:2] + _variants(_NAT, ARGUED)),
        Study("trained_on", N_("Which negatives protect against which?"), _PAIR[:2] + _variants(_NAT, TRAINED_ON)),
        Study("beyond", N_("Which change of NAT protects better at the same cost?"), _variants(_HELD_OUT, CANDIDATES)),
        Study("nat_plus", N_("Does the change that was chosen hold on the reported sets, over three seeds?"),
              nat_plus(choice, protocol)),
        Study("joined",
              N_("What do other sources, rotation prediction, PixMix, or other shares and targets add to NAT?"),
              _variants(_HELD_OUT, JOINED) + _again(_HELD_OUT, JOINED, JOINED_FIRST)),
        Study("frontier",
              N_("Where does NAT stand between accuracy and NCR, by the weight and the number of negatives?"),
              () if short else _FRONTIER_RUNS),
        Study("strong", N_("How far down does NCR go with many more negatives, at the paper's accuracy?"),
              () if short else _STRONG_RUNS),
        Study("digits",
              N_("How long should the digits' networks learn, with how many negatives, and how do they swing?"),
              _DIGITS_RUNS),
        Study("more_seeds", N_("The same for the large networks."),
              () if short else _table(protocol, *_WIDE, *_RESNET, seeds=(1,))),
    )  # fmt: skip


def every_study(choice: Choice | None = None) -> tuple[Study, ...]:
    """Return the studies by every protocol's schedule, the one of the published networks first.

    >>> {run.recipe.protocol for study in every_study() for run in study.runs} == {"full", "cpu", "short", "digits"}
    True
    """
    return tuple(study for name in PROTOCOLS if name != "digits" for study in studies(name, choice))


def planned_runs(
    protocol: str = "cpu", names: tuple[str, ...] = (), choice: Choice | None = None
) -> tuple[PlannedRun, ...]:
    """Return the runs of these studies (all without `names`), each once, in order of worth.

    Raises ValueError for an unknown protocol or study.

    >>> planned_runs("cpu", ("first_table",))[0].key
    'cpu/resnet18_baseline/seed0'
    """
    every = {study.name: study for study in studies(protocol, choice)}
    unknown = [name for name in names if name not in every]
    if unknown:
        raise ValueError(f"unknown study {unknown[0]!r}; known: {', '.join(every)}")
    chosen = [study for name, study in every.items() if not names or name in names]
    return tuple({run.key: run for study in chosen for run in study.runs}.values())


def runs_by_key(keys: Iterable[str], choice: Choice | None = None) -> tuple[PlannedRun, ...]:
    """Return the runs of these keys, of whatever protocol, each after the teacher that it imitates.

    Raises ValueError for a key that no run has.

    >>> [run.key for run in runs_by_key(["short/student_low/seed0"])]
    ['short/wrn16_1_nat/seed0', 'short/student_low/seed0']
    """
    known = {run.key: run for study in every_study(choice) for run in study.runs}
    wanted: dict[str, PlannedRun] = {}
    for key in keys:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            raise ValueError(f"no run is called {key!r}{f'; did you mean {close[0]}?' if close else ''}")
        teacher = known[key].teacher_key
        wanted |= {each: known[each] for each in (teacher, key) if each}
    return tuple(wanted.values())
