"""Recipes: everything that defines one network's training, as plain frozen data.

First the `Recipe` and what its fields may say, then the table `RECIPES`, whose schedules are those of
`nat_core.protocols`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from nat_core.fields import check_kinds, check_known, check_name, check_numbers, check_sizes
from nat_core.protocols import PROTOCOLS, values

LEVELS = ("low", "middle", "high")
THRESHOLDS = (0.4, 0.6, 0.8, 0.9)
"""The thresholds t at which the paper reports NCR_t."""


class Role(StrEnum):
    """What an image set is to a network: what it knows, what it was shown as negatives, and what it never saw."""

    IN_DISTRIBUTION = "in distribution"
    TRAINED_ON = "trained on"
    SAME_SOURCE = "same source"
    UNSEEN = "unseen"


IN_DISTRIBUTION, TRAINED_ON, SAME_SOURCE, UNSEEN = Role

ARCHITECTURE_NAMES = ("resnet18", "wrn40_1", "wrn16_1", "wrn10_1")
"""The networks that `nat_core.network.models.build` makes."""
BACKGROUND_TARGET = "background_class"
DIVERGENCE_NAMES = (
    "kl_from_uniform", "kl_to_uniform", "jensen_shannon", "brier", "hellinger", "centred_logits", "softened",
    BACKGROUND_TARGET,
)  # fmt: skip
"""What may be asked of the logits on a negative: the keys of `nat_core.training.losses.TARGETS`."""
PRECISIONS = ("auto", "float32", "bfloat16")

PAIRS: dict[str, tuple[str, str]] = {
    "resnet18": ("resnet18_baseline", "resnet18_nat"),
    "wrn40_1": ("wrn40_1_baseline", "wrn40_1_nat"),
    "wrn16_1": ("wrn16_1_baseline", "wrn16_1_nat"),
    "students": ("wrn16_1_student_of_baseline", "wrn16_1_student_of_nat"),
    "digits": ("digits_baseline", "digits_nat"),
}
"""Two networks that differ in the knowledge of negatives alone, the one without it first, by the pair's name."""
NAT_STRONG = "resnet18_nat_strong"
"""The NAT that saw eight times as many negatives, each of twice the weight: chosen on held-out pictures."""
HEADLINE_SETS = (
    "cifar100_test", "cifar100_held_out", "digits_89", "digits_7_train", "own_negatives_test", "gallery_none"
)  # fmt: skip
"""The negatives whose rate stands for all where there is room for one set: the first of these that was reported."""

ILSVRC = "ilsvrc"
VARIANTS = {"ilsvrc_strict": ("strict",), "ilsvrc_strict_near": ("strict", "near")}
"""The sets derived from `ilsvrc`, by the parts of ilsvrc_overlap.json that they leave out."""

SYNTHETIC = ("patch_shuffled", "blends", "blobs")
"""The negatives that can be made up on the fly, the keys of `nat_core.data.synthetic.SYNTHETICS`."""

OWN, OWN_NEGATIVES = "own", "own_negatives_train"
"""The source that stands for a person's own pictures, and the name of the negatives among them."""

# Names alone, because the readers belong to a higher room (`nat_core.data.sets`): a recipe that names a set which
# nobody knows has to be refused before hours of training, not after them.
IMAGE_SETS = (
    "cifar10_train", "cifar10_test", "cifar10_fit", "cifar10_held_out",
    "cifar100_train", "cifar100_test", "cifar100_fit", "cifar100_held_out",
    ILSVRC, *VARIANTS, "noise", "noise_train", "noise_uniform", "noise_normal", "patch_shuffled_test", "gallery",
    "digits_train", "digits_test", "digits_67_train", "digits_67_test", "digits_89", "digits_fit", "digits_held_out",
    "digits_6_train", "digits_7_train", "digits_all_train", "digits_all_test",
    "tiny_imagenet", "mnist", "svhn", "dtd", "dtd_test1", "places365", "lsun", "lsun_crop", "lsun_resize", "isun",
    "gaussian", "rademacher", "blob",
)  # fmt: skip
"""Every image set that has a name: the keys of `nat_core.data.sets.SETS`."""

_NEGATIVE_SETS = {
    "cifar10": ("cifar100_train", "cifar100_test", ILSVRC, *VARIANTS, "noise"),
    "digits": ("digits_67_train", "digits_67_test", "digits_89", "noise"),
    OWN: (OWN_NEGATIVES, "own_negatives_test", "noise"),
}
_HELD_OUT_SETS = {"cifar10": ("cifar100_fit", "cifar100_held_out"), "digits": ("digits_6_train", "digits_7_train")}
"""By source: the negatives that a recipe with `held_out` may learn from, and those that it reports on."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. Each field is marked (paper) or (ours) for where its default comes from.

    Raises ValueError, naming the value and those allowed, where a field says what cannot be trained.

    >>> Recipe("mine", "vgg16")
    Traceback (most recent call last):
    ValueError: unknown architecture 'vgg16'; known: resnet18, wrn40_1, wrn16_1, wrn10_1
    """

    name: str
    """Name of the recipe and of its folder in `checkpoints/`."""
    architecture: str
    """One of ARCHITECTURE_NAMES."""
    in_distribution: str = "cifar10"
    """Source of the classes to learn: `cifar10` (paper), `digits`, or `own` for pictures handed to `train`."""
    negatives: str | None = None
    """Name of the image set of negatives, `cifar100_train` (paper); None trains without any (baseline, student)."""
    more_negatives: tuple[str, ...] = ()
    """Further image sets of negatives: of a step's negatives each set gives an equal share (paper: none)."""
    synthetic: tuple[str, ...] = ()
    """Some of SYNTHETIC: that many of a batch's negatives are made up, one each (paper: none)."""
    held_out: bool = False
    """True learns without a part of the training pictures (5,000 of CIFAR-10, every fifth digit) and reports on them
    and on negatives that are kept apart (20 classes of CIFAR-100; the digit 7), on no test set: for choosing between
    recipes (ours)."""
    also_reported: tuple[str, ...] = ()
    """Further image sets to report on."""
    teacher: str | None = None
    """Name of the network whose attention maps are imitated; None trains without a teacher."""
    protocol: str = "cpu"
    """The schedule's name: a key of `nat_core.protocols.PROTOCOLS`, or `own` for one on pictures handed to `train`."""
    epochs: int = 30
    """Passes over the in-distribution training pictures (ours: the paper gives none)."""
    sizes: tuple[tuple[int, float], ...] = ((24, 0.55), (32, 1.0))
    """Side of the pictures in pixels until that share of the schedule (ours); the last share is 1."""
    batch_size: int = 64
    """In-distribution pictures a step, or all pictures a step where `negatives_inside` (paper)."""
    negatives_per_batch: int = 8
    """Negatives a step (paper)."""
    negatives_inside: bool = False
    """True takes the negatives out of the 64; False puts them beside the 64 (ours: the paper leaves it open)."""
    negative_weight: float = 1.0
    """Factor on the divergence of each negative (paper: 1)."""
    divergence: str = "kl_from_uniform"
    """One of DIVERGENCE_NAMES (paper: KL(uniform || softmax)); `background_class` adds a class instead."""
    equal_gradient: bool = False
    """True rescales the divergence so that it pulls as hard as KL where confidence is .5 (ours)."""
    separate_means: bool = False
    """True adds the mean over each part instead of dividing both by n (Outlier Exposure's; paper: False)."""
    hardest: int = 0
    """Only that many negatives of a batch count, those with the largest divergence; 0 counts all (paper)."""
    label_smoothing: float = 0.0
    """Share of the labels' probability that is spread over all classes (paper: none)."""
    learning_rate: float = 0.1
    """Peak learning rate at a batch of 64; scaled in proportion to the in-distribution batch (ours)."""
    momentum: float = 0.9
    """Nesterov momentum of SGD (ours)."""
    warm_up: float = 0.15
    """Share of the schedule in which the learning rate rises from 0; it then falls linearly to 0 (ours)."""
    weight_decay: float = 5e-4
    """L2 penalty on the weights of convolutions and linear layers, not on norms and biases (ours)."""
    padding: int = 4
    """Reflected pixels around a 32 x 32 picture before the random crop, in proportion at other sizes (ours)."""
    flip: bool = True
    """Mirror half of the pictures left to right (ours)."""
    cutout: int = 0
    """Side in pixels of the square that is blanked in every picture of a batch, in proportion at other sizes than 32;
    0 blanks none (DeVries and Taylor 2017)."""
    mixed_with: str | None = None
    """Name of the image set whose pictures are mixed into all of a batch, as PixMix does (Hendrycks et al. 2022); None
    mixes none (paper)."""
    rotated_per_batch: int = 0
    """Pictures to learn that a step shows as well, turned by 0 to 3 quarters, asking for the turn alone: rotation
    prediction (Hendrycks et al. 2019); 0 shows none (paper)."""
    rotation_weight: float = 0.5
    """Factor on the cross-entropy of those turns (Hendrycks et al. 2019)."""
    ema_decay: float = 0.0
    """Decay a step of the moving average of weights that is stored in place of the last; 0 stores the last (paper)."""
    precision: str = "auto"
    """`float32`, `bfloat16` (autocast), or `auto`: the faster of the two on the machine at hand (ours)."""
    attention_weight: float = 1000.0
    """Beta, the weight of attention transfer where there is a teacher (the published code's value)."""
    attention_levels: tuple[str, ...] = LEVELS
    """Which levels' maps are imitated; all three takes every group (paper)."""
    attention_activated: bool = False
    """True takes the maps after the norm and ReLU that follow a group, False before (the published code)."""
    attention_normalised: bool = True
    """True brings each map to length 1 first (the published code)."""
    negatives_unlabelled: bool = False
    """True shows the negatives to teacher and student alike but asks for nothing on them but the teacher's maps."""
    negatives_distilled: bool = False
    """True distils the teacher's answers on unlabelled negatives too, False only those on the pictures to learn."""
    teacher_classifier: bool = False
    """True takes the teacher's linear classifier over and keeps it as it is."""
    distillation_weight: float = 0.0
    """Weight of knowledge distillation from the teacher's logits; 0 is off (paper: attention alone)."""
    distillation_temperature: float = 4.0
    """Temperature of the distillation."""

    def __post_init__(self) -> None:
        check_name("a recipe's name", self.name)
        check_kinds(self)
        check_known("in-distribution source", [self.in_distribution], tuple(_NEGATIVE_SETS))
        check_known("protocol", [self.protocol], (*PROTOCOLS, OWN))
        check_known("image set in also_reported", self.also_reported, IMAGE_SETS)
        check_known("image set of negatives", self.negative_sets, (*IMAGE_SETS, OWN_NEGATIVES))
        check_known("image set in mixed_with", [self.mixed_with] if self.mixed_with else [], IMAGE_SETS)
        check_known("architecture", [self.architecture], ARCHITECTURE_NAMES)
        check_known("divergence", [self.divergence], DIVERGENCE_NAMES)
        check_known("precision", [self.precision], PRECISIONS)
        check_known("synthetic negatives", self.synthetic, SYNTHETIC)
        check_numbers(self)
        check_sizes(self.sizes)
        self._check_negatives()
        self._check_teacher()
        if not self.attention_levels or set(self.attention_levels) - set(LEVELS):
            raise ValueError(f"attention_levels must be some of {', '.join(LEVELS)}, not {self.attention_levels}")

    def _check_teacher(self) -> None:
        if self.teacher is None:
            asked = [name for name in ("distillation_weight", "teacher_classifier") if getattr(self, name)]
            if asked:
                raise ValueError(f"{asked[0]} needs a teacher: name one with teacher, or leave it out")
            return
        if self.rotated_per_batch:
            raise ValueError("rotated_per_batch is for networks without a teacher, whose maps say nothing of turns")
        check_name("a teacher's name", self.teacher)
        if self.teacher == self.name:
            raise ValueError(f"{self.name} cannot be its own teacher: name another network")

    def _check_negatives(self) -> None:
        if self.negatives and self.negatives_inside and self.negatives_per_batch >= self.batch_size:
            raise ValueError(
                f"{self.negatives_per_batch} negatives inside a batch of {self.batch_size} leave no room to learn"
            )
        real = self.negatives_per_batch - len(self.synthetic)
        if self.synthetic and (real < 0 or (real > 0 and not self.negatives)):
            raise ValueError(
                f"{len(self.synthetic)} synthetic negatives of {self.negatives_per_batch} need a set for the others"
            )
        if self.more_negatives and (not self.negatives or len(self.negative_sets) > real):
            raise ValueError(
                f"{real} negatives of image sets in a batch are too few for {', '.join(self.negative_sets)}: name the "
                "first in negatives, and show at least one of each"
            )
        if not self.held_out:
            return
        if self.in_distribution not in _HELD_OUT_SETS:
            raise ValueError(
                f"held_out is for {' and '.join(_HELD_OUT_SETS)}: of {self.in_distribution} pictures a part is held "
                "out anyway"
            )
        apart, _ = _HELD_OUT_SETS[self.in_distribution]
        if self.negatives not in (None, apart):
            raise ValueError(
                f"held_out on {self.in_distribution} takes the negatives {apart}, which lack those that it reports on, "
                f"not {self.negatives}"
            )
        reported = _HELD_OUT_SETS[self.in_distribution][1:]
        for name in (*self.more_negatives, *([self.mixed_with] if self.mixed_with else [])):
            if name != apart and _source(name) in {_source(each) for each in reported}:
                raise ValueError(f"held_out reports on {', '.join(reported)}, so {name} cannot be learnt from")

    @property
    def negative_sets(self) -> tuple[str, ...]:
        """The names of all image sets of negatives, that of `negatives` first.

        >>> recipe_named("wrn16_1_nat").negative_sets
        ('cifar100_train',)
        """
        return (*([self.negatives] if self.negatives else []), *self.more_negatives)

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each reported image set for this network, the in-distribution test set first.

        >>> recipe_named("wrn16_1_nat").roles["cifar100_test"].value
        'same source'
        """
        # The set to be right on stands first: whoever reads the roles in their order finds what all others refer to.
        source, part = self.in_distribution, "held_out" if self.held_out else "test"
        names = _HELD_OUT_SETS[source][1:] if self.held_out else _NEGATIVE_SETS[source]
        others = {name: self.role_of(name) for name in (*names, *self.also_reported)}
        return {f"{source}_{part}": IN_DISTRIBUTION} | others

    def role_of(self, name: str) -> Role:
        """Return the role of any set of negatives for this network, reported or not, or of one of SYNTHETIC.

        >>> recipe_named("wrn16_1_nat").role_of("cifar100_train").value
        'trained on'
        """
        # A variant is a part of ilsvrc's photos, so a network that was taught with those knows it as well.
        whole = ILSVRC if name in VARIANTS else name
        shown = {*(self.negative_sets if self.has_negatives else ()), *([self.mixed_with] if self.mixed_with else [])}
        same = {_source(each) for each in shown}
        if whole in shown:
            return TRAINED_ON
        return SAME_SOURCE if _source(whole) in same | set(self.synthetic) else UNSEEN

    @property
    def training_set(self) -> str:
        """The name of the image set to learn."""
        return f"{self.in_distribution}_{'fit' if self.held_out else 'train'}"

    @property
    def has_negatives(self) -> bool:
        """Whether there are negatives in a batch."""
        return bool(self.negatives or self.synthetic) and self.negatives_per_batch > 0

    @property
    def usual_teacher(self) -> "Recipe | None":
        """The recipe by which its teacher has to have learnt; None where any of the teacher's name will do.

        A student that learns just as its protocol says takes its protocol's teacher, as its figures stand under the
        protocol's name; whoever gives both fewer epochs means it.

        >>> recipe_named("wrn16_1_student_of_nat").usual_teacher.name
        'wrn40_1_nat'
        """
        try:
            usual = recipe_in_protocol(self.teacher or "", self.protocol)
            return usual if self == recipe_in_protocol(self.name, self.protocol) else None
        except ValueError:  # of a name, or of an architecture, that the protocol does not train
            return None

    def differing(self, other: "Recipe") -> tuple[str, Any, Any] | None:
        """Return the first field in which another recipe differs, this one's value and the other's; None where none.

        >>> Recipe("a", "wrn16_1").differing(Recipe("a", "wrn16_1", epochs=1))
        ('epochs', 30, 1)
        """
        ours, theirs = asdict(self), asdict(other)
        return next(((field, ours[field], theirs[field]) for field in ours if ours[field] != theirs[field]), None)

    def to_json(self) -> dict[str, Any]:
        """The recipe as plain values for a card."""
        return {field: _plain(value) for field, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Recipe":
        """Read what `to_json` wrote; ValueError where a field is unknown, missing or impossible.

        >>> Recipe.from_json({"name": "r", "architecture": "wrn16_1", "epoch": 3})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: unknown field 'epoch' of a recipe; known: name, architecture, in_distribution, ...
        """
        known = tuple(field.name for field in fields(cls))
        if unknown := [name for name in values if name not in known]:
            raise ValueError(f"unknown field {unknown[0]!r} of a recipe; known: {', '.join(known)}")
        if missing := {"name", "architecture"} - set(values):
            raise ValueError(f"a recipe needs the fields name and architecture; missing: {', '.join(sorted(missing))}")
        # JSON has no tuples, and a recipe with a list in it could be neither hashed nor compared with the table's.
        return cls(**{name: _frozen(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def _source(name: str) -> str:
    return re.sub("_(train|test|fit|held_out)$", "", name)


def _family(architecture: str) -> list[Recipe]:
    baseline = Recipe(f"{architecture}_baseline", architecture, **values("cpu", architecture))
    return [baseline, replace(baseline, name=f"{architecture}_nat", negatives="cifar100_train")]


_STUDENT = Recipe(
    "wrn16_1_student_of_baseline", "wrn16_1", teacher="wrn40_1_baseline", **values("cpu", "wrn16_1", student=True)
)
_DIGITS = Recipe(
    "digits_baseline", "wrn10_1", in_distribution="digits", protocol="digits", **values("digits", "wrn10_1")
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in [
        *_family("resnet18"),
        *_family("wrn40_1"),
        *_family("wrn16_1"),
        _STUDENT,
        replace(_STUDENT, name="wrn16_1_student_of_nat", teacher="wrn40_1_nat"),
        _DIGITS,
        replace(_DIGITS, name="digits_nat", negatives="digits_67_train"),
    ]
}


def headline_set(roles: Mapping[str, str]) -> str | None:
    """Return the set of negatives that stands for all of a network's, given the role of each; None without any.

    The first of HEADLINE_SETS, else the first that it did not learn from, else the first.

    >>> headline_set({"mine": "trained on", "yours": "unseen"})
    'yours'
    """
    negatives = [name for name, role in roles.items() if role != Role.IN_DISTRIBUTION]
    named = [name for name in HEADLINE_SETS if name in negatives]
    return next(iter([*named, *(name for name in negatives if roles[name] != Role.TRAINED_ON), *negatives]), None)


def partner_of(name: str) -> str | None:
    """Return the network that one is compared with, by the first of `PAIRS` that has it; None for any other.

    >>> partner_of("wrn16_1_nat"), partner_of("mine")
    ('wrn16_1_baseline', None)
    """
    for baseline, nat in PAIRS.values():
        if name in (baseline, nat):
            return nat if name == baseline else baseline
    return None


def recipe_named(name: str) -> Recipe:
    """Return the recipe of that name; ValueError names the known ones."""
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; known: {', '.join(RECIPES)}")
    return RECIPES[name]


def recipe_in_protocol(name: str, protocol: str) -> Recipe:
    """Return the recipe of that name with a protocol's schedule.

    Raises ValueError for an unknown name or protocol, or one that does not train the recipe's architecture.

    >>> recipe_in_protocol("resnet18_nat", "full").epochs
    100
    """
    recipe = recipe_named(name)
    student = recipe.teacher is not None
    return replace(recipe, protocol=protocol, **values(protocol, recipe.architecture, student=student))


def run_key(protocol: str, name: str, seed: int) -> str:
    """Return a run's name among all runs, of its protocol and its recipe's name.

    >>> run_key("full", "wrn16_1_nat", 2)
    'full/wrn16_1_nat/seed2'
    """
    return f"{protocol}/{name}/seed{seed}"
