"""The verb `nat evaluate`: networks on one's own pictures, with only what is negatives called negatives.

A folder whose sub-folders bear names of a network's classes holds known pictures there, and negatives elsewhere. Any
other pictures may show anything: of them only the share above each threshold is told, unless `--negatives` says more.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from nat_core.data.sources.image_sets import ImageSet, read_folder, read_npz
from nat_core.data.uploaded_sets import labels_among
from nat_core.errors import CommandError
from nat_core.files import csv_text, write_durably
from nat_core.measure.evaluation import evaluate_logits, score_table
from nat_core.measure.metrics import accuracy, share_kept
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.measure.report import threshold_key
from nat_core.measure.scores import CONFIDENCE, MEASURES, SCORES, Separation
from nat_core.measure.wording import plural
from nat_core.recipes import THRESHOLDS
from nat_core.store.checkpoints import Card, folder_with, load_card, load_predictions

if TYPE_CHECKING:
    from nat_core.network.inference import Network

JSON_FORMAT = 1
"""Version of the JSON of `nat evaluate`."""
KNOWN, NEGATIVES, PICTURES = "known", "negatives", "pictures"
"""What pictures can be to a network: of its classes, of none of them, or nobody said."""


@dataclass(frozen=True)
class Part:
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


def evaluate(options: argparse.Namespace) -> int:
    """Measure each network on the pictures, print the numbers, and store the logits if asked to.

    Returns 1 where a file was left out, after a sentence on each. Raises CommandError before any network runs where
    the output could not be written or the pictures cannot be read. With --sets see `nat_core.cli.field`.
    """
    if wrong := _not_together(options):
        options.refuse(wrong)
    if options.sets:
        from nat_core.cli.field import evaluate_sets  # it imports this module

        return evaluate_sets(options)
    if options.output:
        check_output(options.output)
    answered, images = _answered(options)
    parts = [part for card, predictions, test in answered for part in parts_of(
        predictions, images, card, test, told_negatives=options.negatives)]  # fmt: skip
    if options.output:
        store_logits(options.output, [predictions for _, predictions, _ in answered], images, options.images.is_dir())
    if options.json:
        print(json.dumps(as_json(parts, images), indent=2))
    elif options.csv:
        sys.stdout.write(as_csv(parts))
    else:
        print("\n\n".join(as_text(part) for part in parts))
    for sentence in (*images.skipped, *images.passed_over):
        print(f"nat {options.verb}: {sentence}", file=sys.stderr)
    return 1 if images.skipped else 0


def _not_together(options: argparse.Namespace) -> str | None:
    """What is asked for and does not go together, in a sentence."""
    if options.store and not options.sets:
        return "--store needs --sets: numbers on pictures of your own are not kept"
    if options.sets and (options.output or options.negatives):
        return "--output and --negatives go with --images, not with --sets"
    return None


def _answered(options: argparse.Namespace) -> tuple[list[tuple[Card, Predictions, Predictions]], ImageSet]:
    """Each network's card, predictions on the pictures and stored predictions on its own test pictures."""
    homes = {name: folder_with(name, options.checkpoints) for name in options.networks}
    # Cards before networks: what is missing or damaged is said before anything takes long.
    cards = {name: load_card(home, name) for name, home in homes.items()}
    read: dict[tuple[str, str], ImageSet] = {}
    answered = []
    for name, card in cards.items():
        crop_and_filter = card.crop_and_filter
        if crop_and_filter not in read:  # networks that cut and shrink pictures alike share one reading
            read[crop_and_filter] = own_images(options.images, *crop_and_filter)
        found = predictions_of(network_on(homes[name], name, options.device), read[crop_and_filter])
        answered.append((card, found, test_predictions(homes[name], card)))
    return answered, next(iter(read.values()))


def network_on(home: Path, name: str, device: str) -> "Network":
    """Return a stored network on the device of that name; CommandError where this machine has none such."""
    from nat_core.network.inference import choose_device, load_network

    try:
        chosen = choose_device(device)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return load_network(home, name, chosen)


def predictions_of(network: "Network", images: ImageSet) -> Predictions:
    """Return a network's predictions as reports read them; a bar on standard error where somebody watches."""
    from nat_core.network.inference import predict

    found = predict(network, images, progress=sys.stderr.isatty())
    return _as_reported({images.name: found}, network.classes)[images.name]


def test_predictions(home: Path, card: Card) -> Predictions:
    """Return the stored predictions on a network's own test pictures; CommandError where there are none."""
    name = card.report.in_distribution
    stored = load_predictions(home, card.name, [name]) if name else {}
    if name not in stored:
        raise CommandError(f"{card.name} has no stored predictions on its test pictures: get the checkpoint again")
    return _as_reported(stored, card.classes)[name]


def _as_reported(predictions: dict[str, Predictions], classes: Sequence[str]) -> dict[str, Predictions]:
    """The reading that reports take: probability of a background class is no answer."""
    return raw(predictions) if classes[-1] == BACKGROUND else predictions


def own_images(source: Path, crop: str = "centre", resample: str = "bicubic") -> ImageSet:
    """Return the pictures of a folder or an .npz file; a folder's sub-folders are its classes if none lies outside.

    Raises CommandError where it is neither, MissingDataset where it holds no picture.
    """
    if source.is_dir():
        return _with_folders(read_folder(source, source.resolve().name, crop, resample, progress=sys.stderr.isatty()))
    if source.suffix != ".npz" or not source.exists():
        raise CommandError(f"{source} is neither a folder of pictures nor an .npz file: check its name")
    try:
        return read_npz(source)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _with_folders(images: ImageSet) -> ImageSet:
    folders = [identity.rpartition("/")[0].rpartition("/")[2] for identity in images.ids]
    if not all(folders):  # pictures that lie outside belong to no class: then the folders are none
        return images
    classes = tuple(sorted(set(folders)))
    return replace(images, classes=classes, labels=np.array([classes.index(each) for each in folders], np.int64))


def parts_of(
    predictions: Predictions, images: ImageSet, card: Card, test: Predictions, *, told_negatives: bool = False
) -> list[Part]:
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


def _part(predictions: Predictions, kind: str, beside: Predictions) -> Part:
    part = Part(
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


def as_text(part: Part) -> str:
    """Return one network's numbers as lines: a heading, the measures that there are, a row a threshold."""
    what, column = {
        KNOWN: (f"{plural(part.images, 'picture')} of its classes", "kept"),
        NEGATIVES: (plural(part.images, "negative"), "NCR"),
        PICTURES: (f"{plural(part.images, 'picture')}, which may show anything: no NCR", "share of these above t"),
    }[part.kind]
    lines = [f"{part.network} on {part.set}: {what}"]
    if part.accuracy is not None:
        lines.append(f"accuracy {100 * part.accuracy:.2f} %")
    whose = "those of its classes" if part.beside == part.set else part.beside
    if part.by_score:
        lines += [f"beside {whose} ({plural(part.beside_images, 'picture')}):", score_table(part.by_score), ""]
    rows = [(key, f"{share:.3f}", f"{part.beside_kept[key]:.3f}") for key, share in part.above.items()]
    header = ("t", column, f"kept of {whose}")
    return "\n".join([*lines, tabulate(rows, header, "simple", disable_numparse=True)])


def as_json(parts: Sequence[Part], images: ImageSet) -> dict[str, Any]:
    """Return the documented JSON: the pictures, and every part with all of its fields, null where there is none."""
    described = {"name": images.name, "pictures": len(images), "skipped": list(images.skipped)}
    return {"format": JSON_FORMAT, "images": described, "parts": [asdict(part) for part in parts]}


def as_csv(parts: Sequence[Part]) -> str:
    """Return one row a part, its columns the fields of `Part`; shares have one column a threshold or score and measure.

    The columns are those of the first part: every part has all fields and all thresholds.
    """
    rows = [dict(_cells(part)) for part in parts]
    return csv_text([list(rows[0]), *(list(row.values()) for row in rows)])


def _cells(part: Part) -> Iterator[tuple[str, Any]]:
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


def check_output(path: Path) -> None:
    """Raise CommandError where a file of that name could not be written: asked before the work, not after it."""
    folder = path.absolute().parent
    if path.is_dir():
        raise CommandError(f"--output {path} is a folder: name a file in it, like {path / 'logits.npz'}")
    if path.suffix != ".npz":  # what is written is one, whatever it is called
        raise CommandError(f"--output {path} is to be an .npz file: call it {path.with_suffix('.npz')}")
    if os.path.lexists(os.path.realpath(path)) and not path.is_file():
        raise CommandError(f"--output {path} is there already and no regular file: name another")
    if not folder.is_dir():
        raise CommandError(f"--output {path}: there is no folder {folder}: make it first")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"--output {path}: the folder {folder} cannot be written to: name another one")


def store_logits(path: Path, answered: Sequence[Predictions], images: ImageSet, from_folder: bool) -> None:
    """Write logits float32 to an .npz file, with the `files` of a folder or the `labels` of an .npz file.

    They are called `logits`, or `logits_<network>` where there are several networks.
    """
    names = ["logits"] if len(answered) == 1 else [f"logits_{each.network}" for each in answered]
    arrays: dict[str, Any] = {name: each.logits.astype(np.float32) for name, each in zip(names, answered, strict=True)}
    if from_folder:
        arrays["files"] = np.array(images.ids)
    elif images.labels is not None:
        arrays["labels"] = images.labels
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_durably(path, content.getvalue())
