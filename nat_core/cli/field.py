"""`nat evaluate --sets`: networks on the sets on which others report, printed like any negatives, stored if asked."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nat_core.cli.scored_parts import (
    JSON_FORMAT,
    NEGATIVES,
    ScoredPart,
    as_csv,
    as_json,
    as_text,
    network_on,
    own_test_predictions,
    parts_of,
    precision_for,
    predictions_of,
)
from nat_core.data.sets import CIFAR10_CLASSES, data_folder
from nat_core.data.sources.field_sets import FIELD_SETS
from nat_core.data.sources.image_sets import ImageSet, Look
from nat_core.errors import CommandError
from nat_core.measure.predictions import BACKGROUND
from nat_core.outputs import complain
from nat_core.store.checkpoints import WEIGHTS, Card, folder_with, load_card
from nat_core.store.field_results import FieldResult, store_field_results


def evaluate_sets(options: argparse.Namespace) -> int:
    """Measure each network on each set, print the numbers, and store them beside the networks if asked to.

    Returns 1 where a picture could not be read, after a sentence on each. Raises CommandError where a network knows
    other classes than CIFAR-10's, MissingDataset or UnreadableSet where a set cannot be read.
    """
    homes = {name: folder_with(name, options.checkpoints) for name in dict.fromkeys(options.networks)}
    cards = {name: load_card(home, name) for name, home in homes.items()}
    for card in cards.values():
        _check_classes(card)
    found: list[tuple[ImageSet, list[ScoredPart]]] = []
    for images, parts in _measured(options, homes, cards):
        found.append((images, parts))
        if options.store:
            _store(homes, cards, parts)
    _print(options, found)
    skipped = [sentence for images, _ in found for sentence in images.skipped]
    for sentence in skipped:
        complain(options.verb, sentence)
    return 1 if skipped else 0


def _check_classes(card: Card) -> None:
    known = tuple(name for name in card.classes if name != BACKGROUND)
    if known != CIFAR10_CLASSES:
        raise CommandError(
            f"--sets are negatives to networks of CIFAR-10's classes; {card.name} knows {', '.join(known)[:80]}: "
            "measure it on pictures of your own with --images"
        )


def _measured(
    options: argparse.Namespace, homes: dict[str, Path], cards: dict[str, Card]
) -> Iterator[tuple[ImageSet, list[ScoredPart]]]:
    """Each set with every network's numbers on it: a set is read once for networks that cut pictures alike."""
    networks = {name: network_on(homes[name], name, options.device) for name in cards}
    tests = {name: own_test_predictions(homes[name], card) for name, card in cards.items()}
    for set_name in dict.fromkeys(options.sets):
        read: dict[Look, ImageSet] = {}
        parts = []
        for name, card in cards.items():
            look = Look(card.preprocessing["crop"], card.preprocessing["filter"], progress=sys.stderr.isatty())
            if look not in read:
                read[look] = FIELD_SETS[set_name].read(set_name, data_folder(options.data), look)
            precision = precision_for(options, networks[name], len(read[look]))
            predictions = predictions_of(networks[name], read[look], precision)
            parts += parts_of(predictions, read[look], card, tests[name], told_negatives=True)
        yield next(iter(read.values())), parts


def _store(homes: dict[str, Path], cards: dict[str, Card], parts: Sequence[ScoredPart]) -> None:
    for home in dict.fromkeys(homes.values()):
        store_field_results(home, [_result(part, cards[part.network]) for part in parts if homes[part.network] == home])


def _result(part: ScoredPart, card: Card) -> FieldResult:
    if part.kind != NEGATIVES or part.auroc is None or part.fpr95 is None or part.ncr_at_95_kept is None:
        raise ValueError(f"{part.set} holds no negatives of {part.network}")
    return FieldResult(
        part.network, card.sha256[WEIGHTS], part.set, part.images, part.auroc, part.fpr95, part.ncr_at_95_kept
    )


def _print(options: argparse.Namespace, found: Sequence[tuple[ImageSet, list[ScoredPart]]]) -> None:
    every = [part for _, parts in found for part in parts]
    if options.json:
        print(
            json.dumps({"format": JSON_FORMAT, "sets": [as_json(parts, images) for images, parts in found]}, indent=2)
        )
    elif options.csv:
        sys.stdout.write(as_csv(every))
    else:
        print("\n\n".join(as_text(part) for part in every))
