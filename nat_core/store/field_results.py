"""What networks were measured to do on the sets on which others report, in one small file beside them.

A number is kept with the SHA-256 of the weights that gave it: of other weights of the same name it says nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nat_core.files import Count, Share, converted, is_there, only_one, read_json, sealed, write_durably
from nat_core.store.checkpoints import WEIGHTS, Card

FORMAT = 1
FILE = "field_sets.json"


@dataclass(frozen=True)
class FieldResult:
    """One network on one set of negatives, beside its own in-distribution test pictures; shares in [0, 1].

    The measures are those of `nat_core.measure.report.SetReport`, all from confidence.
    """

    network: str
    sha256: str
    """Of its file of weights."""
    set: str
    images: Count
    auroc: Share
    fpr95: Share
    ncr_at_95_kept: Share


def load_field_results(folder: Path, cards: Mapping[str, Card]) -> dict[str, dict[str, FieldResult]]:
    """Return what is stored of these networks, of the weights that they have now, by network and set.

    Raises CheckpointError where the file is damaged or of another format.

    >>> load_field_results(Path("nowhere"), {})
    {}
    """
    found: dict[str, dict[str, FieldResult]] = {}
    for each in _stored(folder):
        if each.network in cards and cards[each.network].sha256.get(WEIGHTS) == each.sha256:
            found.setdefault(each.network, {})[each.set] = each
    return found


def store_field_results(folder: Path, results: Iterable[FieldResult]) -> Path:
    """Add results to the file, or replace those of the same network and set, and return its path.

    Several processes may add at once: each waits for the other. Raises CheckpointError where the file is damaged.
    """
    path = Path(folder) / FILE
    # Reading belongs under the lock too: of two that read before either writes, one would lose its numbers.
    with only_one(Path(folder) / ".state" / "field_sets.lock", wait=True):
        known = {(each.network, each.set): each for each in (*_stored(folder), *results)}
        lines = ",\n".join(f"  {json.dumps(asdict(each), allow_nan=False)}" for each in known.values())
        write_durably(path, sealed(f'{{\n "format": {FORMAT},\n "results": [\n{lines}\n ]\n}}'))
    return path


def _stored(folder: Path) -> list[FieldResult]:
    path = Path(folder) / FILE
    if not is_there(path):
        return []
    return read_json(path, FORMAT, _read, "delete it")


@dataclass(frozen=True)
class _Stored:
    format: int
    results: list[FieldResult]


def _read(values: dict[str, Any]) -> list[FieldResult]:
    # The whole object, not its results alone: a field that nobody knows is a seal whose name was altered.
    return converted(values, _Stored).results
