"""The verb `nat evaluate`: networks on one's own pictures, with only what is negatives called negatives.

A folder whose sub-folders bear names of a network's classes holds known pictures there, and negatives elsewhere. Any
other pictures may show anything: of them only the share above each threshold is told, unless `--negatives` says more.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nat_core.cli.field import evaluate_sets
from nat_core.cli.scored_parts import (
    as_csv,
    as_json,
    as_reported,
    as_text,
    network_on,
    own_test_predictions,
    parts_of,
    precision_for,
)
from nat_core.data.sources.image_sets import ImageSet
from nat_core.data.sources.streams import open_stream
from nat_core.errors import CommandError
from nat_core.files import written_durably
from nat_core.measure.predictions import Predictions
from nat_core.outputs import check_file, complain
from nat_core.ranks.group import Ranks, joined
from nat_core.store.checkpoints import Card, folder_with, load_card
from nat_core.store.sweeps import arrays_in_order


def evaluate(options: argparse.Namespace) -> int:
    """Measure each network on the pictures, print the numbers, and store the logits if asked to.

    Returns 1 where a file was left out, after a sentence on each. Raises CommandError before any network runs where
    the output could not be written or the pictures cannot be read. With --sets see `nat_core.cli.field`.
    """
    if wrong := _not_together(options):
        options.refuse(wrong)
    if options.sets:
        return evaluate_sets(options)
    if options.output:
        check_output(options.output)
    with joined(options.device) as ranks:
        answered = _answered(options, ranks)
        # Of several processes the first one alone has heard what all of them found.
        status = 0 if answered is None else _told(options, *answered)
        if ranks.told(True) and (kept := parts_folder(options.output)):
            from nat_core.network.scoring import forget

            forget(kept)
        return status


def _told(
    options: argparse.Namespace, answered: Sequence[tuple[Card, Predictions, Predictions]], images: ImageSet
) -> int:
    """Print and store the numbers; 1 where a file was left out, else 0."""
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
        complain(options.verb, sentence)
    return 1 if images.skipped else 0


def _not_together(options: argparse.Namespace) -> str | None:
    """What is asked for and does not go together, in a sentence."""
    if options.store and not options.sets:
        return "--store needs --sets: numbers on pictures of your own are not kept"
    if options.sets and (options.output or options.negatives):
        return "--output and --negatives go with --images, not with --sets"
    return None


def _answered(
    options: argparse.Namespace, ranks: Ranks
) -> tuple[list[tuple[Card, Predictions, Predictions]], ImageSet] | None:
    """Each network's card, predictions on the pictures and stored predictions on its own test pictures."""
    homes = {name: folder_with(name, options.checkpoints) for name in options.networks}
    # Cards before networks: what is missing or damaged is said before anything takes long.
    cards = {name: load_card(home, name) for name, home in homes.items()}
    stream = open_stream(options.images)
    from nat_core.network.scoring import KeptParts, score

    networks = [network_on(homes[name], name, options.device) for name in cards]
    # Each of several processes would choose by a trial of its own.
    many = sum(stream.counts) if ranks.count == 1 else 0
    precisions = {network.name: precision_for(options, network, many) for network in networks}
    kept = KeptParts(parts_folder(options.output), stream, networks, precisions)
    scored = score(networks, stream, ranks, kept, sys.stderr.isatty() and ranks.first, precisions)
    if scored is None:
        return None
    found = [as_reported(each, card.classes) for each, card in zip(scored[0], cards.values(), strict=True)]
    tests = [own_test_predictions(homes[name], card) for name, card in cards.items()]
    return list(zip(cards.values(), found, tests, strict=True)), scored[1]


def parts_folder(output: Path | None) -> Path | None:
    """Return where the parts of an output are kept until it is written; None without an output.

    >>> parts_folder(Path("out/logits.npz")).name
    '.logits.npz.parts'
    """
    return None if output is None else output.with_name(f".{output.name}.parts")


def check_output(path: Path) -> None:
    """Raise CommandError where a file of that name could not be written: asked before the work, not after it."""
    if path.is_dir():
        raise CommandError(f"--output {path} is a folder: name a file in it, like {path / 'logits.npz'}")
    if path.suffix != ".npz":  # what is written is one, whatever it is called
        raise CommandError(f"--output {path} is to be an .npz file: call it {path.with_suffix('.npz')}")
    check_file(path, "--output ")


def store_logits(path: Path, answered: Sequence[Predictions], images: ImageSet, from_folder: bool) -> None:
    """Write logits float32 to an .npz file, with the `files` of a folder or the `labels` of an .npz file.

    They are called `logits`, or `logits_<network>` where there are several networks. The confidences in order
    stand with them, `ascending` and `ascending_<network>`: `nat_core.store.sweeps.ascending_in` maps them.
    """
    names = ["logits"] if len(answered) == 1 else [f"logits_{each.network}" for each in answered]
    arrays: dict[str, Any] = {name: each.logits.astype(np.float32) for name, each in zip(names, answered, strict=True)}
    if from_folder:
        arrays["files"] = np.array(images.ids)
    elif images.labels is not None:
        arrays["labels"] = images.labels
    arrays |= arrays_in_order(dict(zip(names, answered, strict=True)))
    with written_durably(path) as file:
        np.savez(file, **arrays)
