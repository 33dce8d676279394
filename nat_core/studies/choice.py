"""The choice of `nat_plus`: which candidate of the study `beyond` is better than NAT, by a rule set before the runs.

It is made once all candidates have run, on held-out pictures alone, and written to `nat_plus.json` beside the
checkpoints; only then does the study `nat_plus` have runs.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nat_core.files import is_there, read_json, sealed, write_durably
from nat_core.language import plural
from nat_core.measure.rounding import rate_text
from nat_core.recipes import Recipe
from nat_core.store.runs import RunRecord
from nat_core.studies.plan import CANDIDATES, Choice, studies
from nat_core.studies.rows import NOISE_STAND_INS, Measure, Noise, StudyRow, accuracy, measure_on, noise_floor, rows_of

FORMAT = 1
FILE = "nat_plus.json"
HELD_OUT = "cifar100_held_out"
BASELINE, NAT = "held_out_baseline", "held_out_nat"
RULE = (
    "Among the candidates whose steps run no more pictures than NAT's and whose held-out accuracy is not below NAT's "
    "by more than the noise, the one with the lowest NCR at 95 % kept on 20 classes of CIFAR-100 that no network has "
    "seen; none, if that is not below NAT's by more than the noise. The rival is the next one, or NAT."
)
_NCR = "ncr_at_95_kept"


@dataclass(frozen=True)
class Considered:
    """One candidate on held-out pictures."""

    name: str
    ncr_at_95_kept: float
    accuracy: float
    allowed: bool
    """Whether its cost and its accuracy let it win."""


@dataclass(frozen=True)
class _Beyond:
    """The study `beyond` as far as it was run."""

    rows: dict[str, StudyRow]
    recipes: dict[str, Recipe]
    noise: Noise

    @property
    def complete(self) -> bool:
        return all(row.reports for row in self.rows.values()) and self.noise.deviation(accuracy) is not None

    @property
    def less_accurate(self) -> frozenset[str]:
        """Those whose accuracy is below NAT's by more than the noise."""
        # Each by itself: here a false alarm crowns nobody, and a margin widened for all would let the costly pass.
        alone = replace(self.noise, comparisons=1)
        return frozenset(
            name for name, row in self.rows.items() if alone.side(row, self.rows[NAT], accuracy) == "below"
        )

    def fools_less(self, name: str) -> bool:
        """Whether a candidate's NCR at 95 % kept is below NAT's by more than the noise among so many candidates."""
        measures = (measure_on(each, _NCR) for each in (HELD_OUT, NOISE_STAND_INS[HELD_OUT]))
        return self.noise.side(self.rows[name], self.rows[NAT], *measures) == "below"

    def number(self, name: str, measure: Measure) -> float:
        found = self.rows[name].over_seeds(measure)
        if found is None:
            raise ValueError(f"{name} does not report on {HELD_OUT}")
        return found.mean


def _beyond(records: Mapping[str, RunRecord]) -> _Beyond:
    every = studies()
    (study,) = (study for study in every if study.name == "beyond")
    rows = {row.label: row for row in rows_of(study, records)}
    noise = noise_floor(every, records).among(tuple(rows.values()), rows[NAT])
    return _Beyond(rows, {run.recipe.name: run.recipe for run in study.runs}, noise)


def considered(records: Mapping[str, RunRecord]) -> tuple[Considered, ...] | None:
    """Return every candidate but the baseline, the best first; None before all of them and the noise floor have run.

    >>> considered({}) is None
    True
    """
    beyond = _beyond(records)
    if not beyond.complete:
        return None
    found = [
        Considered(
            name,
            beyond.number(name, measure_on(HELD_OUT, _NCR)),
            beyond.number(name, accuracy),
            pictures_a_step(beyond.recipes[name]) <= pictures_a_step(beyond.recipes[NAT])
            and name not in beyond.less_accurate,
        )
        for name in CANDIDATES
        if name != BASELINE
    ]
    return tuple(sorted(found, key=lambda each: each.ncr_at_95_kept))


def decide(records: Mapping[str, RunRecord]) -> Choice | None:
    """Return what RULE chooses, None before all candidates and the noise floor have run.

    >>> decide({}) is None
    True
    """
    found = considered(records)
    if found is None:
        return None
    # `found` is in the order of NCR, so the first that is able is the best.
    able = [each.name for each in found if each.allowed and each.name != NAT]
    if not able or not _beyond(records).fools_less(able[0]):
        return Choice(None, NAT)
    return Choice(able[0], able[1] if len(able) > 1 else NAT)


def pictures_a_step(recipe: Recipe) -> int:
    """Return how many pictures run through the network in a step: what it costs beside another recipe.

    >>> pictures_a_step(Recipe("a", "wrn16_1", batch_size=64))
    64
    """
    beside = recipe.negatives_per_batch if recipe.has_negatives and not recipe.negatives_inside else 0
    return recipe.batch_size + beside + recipe.rotated_per_batch


def load_choice(folder: Path) -> Choice | None:
    """Return what was chosen, None where nothing was yet. CheckpointError where the file is damaged or of no use.

    >>> load_choice(Path("nowhere")) is None
    True
    """
    path = Path(folder) / FILE
    if not is_there(path):
        return None
    return read_json(path, FORMAT, _choice_from_json, "delete it, and nat reproduce chooses again")


def _choice_from_json(values: dict[str, Any]) -> Choice:
    if strange := values.keys() - {"format", "winner", "rival", "rule", "considered"}:
        raise ValueError(f"unknown field {min(strange)!r}")
    choice = Choice(values["winner"], values["rival"])
    unknown = {choice.winner, choice.rival} - {None, *CANDIDATES}
    if unknown:
        raise ValueError(f"no candidate is named {', '.join(map(str, unknown))}")
    return choice


def record_choice(folder: Path, records: Mapping[str, RunRecord]) -> Choice | None:
    """Choose, where nothing was chosen yet and all candidates have run, and write it down; return what is chosen."""
    # What is written stands, whatever runs have been added since.
    if (chosen := load_choice(folder)) is not None:
        return chosen
    choice, found = decide(records), considered(records)
    if choice is not None and found is not None:
        values = {"format": FORMAT, **asdict(choice), "rule": RULE, "considered": [asdict(each) for each in found]}
        write_durably(Path(folder) / FILE, sealed(json.dumps(values, indent=1)))
    return choice


def hindsight(choice: Choice | None, records: Mapping[str, RunRecord]) -> str:
    """Return what a recorded choice comes to by today's noise, which counts the candidates; "" where nothing is known.

    >>> hindsight(None, {})
    ''
    """
    today = decide(records)
    if choice is None or choice.winner is None or today is None:
        return ""
    found = {each.name: each.ncr_at_95_kept for each in considered(records) or ()}
    measured = f"on held-out classes `{choice.winner}` has NCR {rate_text(found[choice.winner])} at 95 % kept, `{NAT}` "
    measured += rate_text(found[NAT])
    compared = plural(_beyond(records).noise.comparisons, "network")
    if today.winner == choice.winner:
        return f"By the noise as it is computed today, for {compared} held against NAT, it is the same: {measured}."
    instead = f"it would be `{today.winner}`" if today.winner else "nothing would be chosen"
    return (
        f"That choice was made and recorded when the margin was two standard errors, whatever the number of "
        f"candidates. By the noise as it is computed today, for {compared} held against NAT, {instead}: {measured}."
    )


def chosen_sentence(choice: Choice | None) -> str:
    """Return what was chosen, or what it waits for.

    >>> chosen_sentence(Choice("held_out_cutout", "held_out_ema"))
    'nat_plus is held_out_cutout, its rival held_out_ema'
    """
    if choice is None:
        return "nat_plus is chosen when all candidates have run: nat reproduce --study noise_floor beyond"
    if choice.winner is None:
        return "no candidate of the study beyond is better than NAT by more than the noise, so there is no nat_plus"
    return f"nat_plus is {choice.winner}, its rival {choice.rival}"
