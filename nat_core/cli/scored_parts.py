"""One network on one kind of pictures: its numbers, and how they are printed as text, JSON and CSV."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from nat_core.data.sources.image_sets import ImageSet
from nat_core.data.uploaded_sets import labels_among
from nat_core.errors import CommandError
from nat_core.files import csv_text
from nat_core.language import plural
from nat_core.measure.evaluation import evaluate_logits, score_table
from nat_core.measure.metrics import accuracy, share_kept
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.measure.report import threshold_key
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.measure.scores import CONFIDENCE, MEASURES, SCORES, Separation
from nat_core.recipes import THRESHOLDS
from nat_core.store.checkpoints import Card, load_predictions

if TYPE_CHECKING:
    from nat_core.network.inference import Network

JSON_FORMAT = 1
"""Version of the JSON of `nat evaluate`."""
KNOWN, NEGATIVES, PICTURES = "known", "negatives", "pictures"
"""What pictures can be to a network: of its classes, of none of them, or nobody said."""


@dataclass(frozen=True)
class ScoredPart:
    """One network on one kind of pictures; all but the counts are fractions in [0, 1], None where there is none."""

    network: str
    set: str
    kind: str
    """`known`, `negatives` or `pictures`."""
    images: int
    above: dict[str, float]
    """Share with confidence > t, by threshold: the share kept of known pictures, NCR of negatives."""
    beside: str
    """The known pictures that these are compared with: those of the folder, else the network's own test pictures."""
    beside_images: int
    beside_kept: dict[str, float] = field(default_factory=dict)
    accuracy: float | None = None
    """Of known pictures alone."""
    ncr_at_95_kept: float | None = None
    auroc: float | None = None
    aupr_negatives: float | None = None
    aupr_in_distribution: float | None = None
    fpr95: float | None = None
    by_score: dict[str, Separation] = field(default_factory=dict)
    """The five by confidence and each other score; empty where there are none."""


def network_on(home: Path, name: str, device: str) -> "Network":
    """Return a stored network on the device of that name; CommandError where this machine has none such."""
    from nat_core.network.inference import choose_device, load_network

    try:
        chosen = choose_device(device)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return load_network(home, name, chosen)


def precision_for(options: argparse.Namespace, network: "Network", count: int, side: int = 32) -> str:
    """Return what so many pictures are scored in: what was asked for, float32 for what is kept, else the faster one.

    Where that is bfloat16, a sentence on standard error says so.
    """
    from nat_core.network.inference import chosen_precision

    kept = options.store or options.output
    wanted = options.precision or ("float32" if kept else "auto")
    if wanted != "auto":
        return wanted
    chosen = chosen_precision(network, count, side)
    if chosen == "bfloat16":
        print(
            f"nat {options.verb}: {network.name} is scored in bfloat16, which is faster here and moves shares by up to "
            ".002; --precision float32 does not",
            file=sys.stderr,
        )
    return chosen


def predictions_of(network: "Network", images: ImageSet, precision: str = "float32") -> Predictions:
    """Return a network's predictions as reports read them; a bar on standard error where somebody watches."""
    from nat_core.network.inference import predict

    found = predict(network, images, progress=sys.stderr.isatty(), precision=precision)
    return as_reported(found, network.classes)


def own_test_predictions(home: Path, card: Card) -> Predictions:
    """Return the stored predictions on a network's own test pictures; CommandError where there are none."""
    name = card.report.in_distribution
    stored = load_predictions(home, card.name, [name]) if name else {}
    if name not in stored:
        raise CommandError(f"{card.name} has no stored predictions on its test pictures: get the checkpoint again")
    return as_reported(stored[name], card.classes)


def as_reported(predictions: Predictions, classes: Sequence[str]) -> Predictions:
    """Return the reading that reports take: probability of a background class is no answer."""
    return raw({"": predictions})[""] if classes[-1] == BACKGROUND else predictions


def parts_of(
    predictions: Predictions, images: ImageSet, card: Card, test: Predictions, *, told_negatives: bool = False
) -> list[ScoredPart]:
    """Return a network's numbers on known pictures and on negatives, or on pictures of which nobody said what they are.

    `test` are the network's stored predictions on its own test pictures. Raises CommandError where `told_negatives`
    speaks of pictures in folders that bear the names of the network's classes.
    """
    # Nothing is known of the background, so a folder of that name holds no known pictures.
    labels = labels_among(images, tuple(name for name in card.classes if name != BACKGROUND))
    if labels is not None and told_negatives:
        taught = [name for name in images.classes if name.casefold() in map(str.casefold, card.classes)]
        raise CommandError(
            f"{card.name} was taught {', '.join(taught)}, so {images.name} holds more than negatives: leave out "
            "--negatives, and the pictures of all other classes are taken for negatives"
        )
    # No folder bears a class's name, so only the caller can say what the pictures are.
    if labels is None:
        return [_part(predictions, NEGATIVES if told_negatives else PICTURES, test)]
    known = replace(predictions.take(np.flatnonzero(labels >= 0), images.name), labels=labels[labels >= 0])
    negatives = predictions.take(np.flatnonzero(labels < 0), images.name)
    parts = [_part(known, KNOWN, test)] if len(known) else []
    return [*parts, *([_part(negatives, NEGATIVES, known if len(known) else test)] if len(negatives) else [])]


def _part(predictions: Predictions, kind: str, beside: Predictions) -> ScoredPart:
    part = ScoredPart(
        predictions.network,
        predictions.set_name,
        kind,
        len(predictions),
        above={threshold_key(t): share_kept(predictions, t) for t in THRESHOLDS},
        beside=beside.set_name,
        beside_images=len(beside),
        beside_kept={threshold_key(t): share_kept(beside, t) for t in THRESHOLDS},
    )
    if kind == KNOWN:
        return replace(part, accuracy=accuracy(predictions))
    if kind == PICTURES:
        return part
    found = evaluate_logits(beside, {NEGATIVES: predictions}).negatives[NEGATIVES]
    return replace(part, by_score=found.by_score, **vars(found.by_score[CONFIDENCE]))


def as_text(part: ScoredPart) -> str:
    """Return one network's numbers as lines: a heading, the measures that there are, a row a threshold."""
    what, column = {
        KNOWN: (f"{plural(part.images, 'picture')} of its classes", "kept"),
        NEGATIVES: (plural(part.images, "negative"), "NCR"),
        PICTURES: (f"{plural(part.images, 'picture')}, which may show anything: no NCR", "share of these above t"),
    }[part.kind]
    lines = [f"{part.network} on {part.set}: {what}"]
    if part.accuracy is not None:
        lines.append(f"accuracy {accuracy_text(part.accuracy)}")
    whose = "those of its classes" if part.beside == part.set else part.beside
    if part.by_score:
        lines += [f"beside {whose} ({plural(part.beside_images, 'picture')}):", score_table(part.by_score), ""]
    rows = [(key, rate_text(share), rate_text(part.beside_kept[key])) for key, share in part.above.items()]
    header = ("t", column, f"kept of {whose}")
    return "\n".join([*lines, tabulate(rows, header, "simple", disable_numparse=True)])


def as_json(parts: Sequence[ScoredPart], images: ImageSet) -> dict[str, Any]:
    """Return the documented JSON: the pictures, and every part with all of its fields, null where there is none."""
    described = {"name": images.name, "pictures": len(images), "skipped": list(images.skipped)}
    return {"format": JSON_FORMAT, "images": described, "parts": [asdict(part) for part in parts]}


def as_csv(parts: Sequence[ScoredPart]) -> str:
    """Return one row a part, its columns the fields of `ScoredPart`.

    Shares have one column a threshold, or a score and measure.

    The columns are those of the first part: every part has all fields and all thresholds.
    """
    rows = [dict(_cells(part)) for part in parts]
    return csv_text([list(rows[0]), *(list(row.values()) for row in rows)])


def _cells(part: ScoredPart) -> Iterator[tuple[str, Any]]:
    for each in fields(part):
        value = getattr(part, each.name)
        if each.name == "by_score":
            # Confidence's stand in columns of their own.
            for score in (name for name in SCORES if name != CONFIDENCE):
                found = part.by_score.get(score)
                yield from ((f"{score}_{measure}", found and getattr(found, measure)) for measure in MEASURES)
        elif isinstance(value, dict):
            yield from ((f"{each.name}_{key}", share) for key, share in value.items())
        else:
            yield each.name, value
