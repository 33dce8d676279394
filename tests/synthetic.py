"""Made-up checkpoints for the tests of the pages: real files of untrained networks with invented logits."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nat_app.shared.gallery import gallery_pictures
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import NetworkReport, evaluate
from nat_core.measure.variants import with_variants, without_variants
from nat_core.recipes import LEVELS, Recipe, recipe_named
from nat_core.store.checkpoints import save_checkpoint
from nat_core.store.features import CHOSEN, Features, save_features

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDES = {"low": 32, "middle": 16, "high": 8}
WORDNET_IDS = ("n01440764", "n01514668", "n02692877")
"""A tench, a cock (a bird, so one of the ten) and an airship (much like an airplane)."""
PICTURES = {"cifar100_train": 2000, "ilsvrc": 300}


def write_network(folder: Path, name: str, seed: int = 0, leave_out: tuple[str, ...] = ()) -> Path:
    """Write one network: a baseline is sure of everything, a NAT network only of what it knows.

    The sets of `leave_out` are missing from its predictions and its report.
    """
    return save_checkpoint(folder, name, **_made(recipe_named(name), seed, leave_out))


@cache
def _made(recipe: Recipe, seed: int, leave_out: tuple[str, ...]) -> dict[str, Any]:
    """What is saved of a network: a process makes each once, since most of the time goes into its report."""
    from nat_core.network.models import build

    name = recipe.name
    digits = recipe.in_distribution == "digits"
    classes = tuple("012345") if digits else CLASSES
    generator = np.random.default_rng(seed)
    aware = name.endswith("nat")
    predictions = {
        each: _predictions(generator, name, each, len(classes), role == "in distribution", aware)
        for each, role in recipe.roles.items()
        if each in without_variants(recipe.roles) and each not in leave_out
    }
    report = evaluate(with_variants(predictions), recipe.roles, seed=0, protocol=recipe.protocol, classes=classes)
    maps = {}
    if not digits:
        predictions["gallery"] = _gallery(generator, name, aware)
        maps = {level: _maps(generator, SIDES[level], aware) for level in LEVELS}
    model = build(recipe.architecture, len(classes), seed=seed)
    card = _card(recipe, classes, report, sum(parameter.numel() for parameter in model.parameters()))
    weights = {key: value.numpy() for key, value in model.state_dict().items()}
    return {"weights": weights, "predictions": predictions, "maps": maps, "card": card}


def _card(recipe: Recipe, classes: tuple[str, ...], report: NetworkReport, parameters: int) -> dict[str, Any]:
    """What is known of a network that nobody trained."""
    import torch

    return {
        "recipe": recipe,
        "architecture": recipe.architecture,
        "classes": classes,
        "mean": (0.49, 0.48, 0.45),
        "std": (0.25, 0.24, 0.26),
        "preprocessing": {"size": 32, "crop": "centre", "filter": "bicubic"},
        "seed": 0,
        "parameters": parameters,
        "hardware": "none",
        "precision": "float32",
        "seconds": 0.0,
        "trained_at": "never",
        "versions": {"torch": torch.__version__},
        "report": report,
    }


def write_pairs(folder: Path, *keys: str) -> Path:
    """Write both networks of each of these architectures ("wrn16_1"), and return the folder."""
    for key in keys:
        for number, name in enumerate((f"{key}_baseline", f"{key}_nat")):
            write_network(folder, name, seed=number)
    return folder


def _predictions(generator, network: str, set_name: str, classes: int, known: bool, aware: bool) -> Predictions:
    number = PICTURES.get(set_name, 1000)
    labels = generator.integers(0, classes, number)
    sure = np.where(generator.random(number) < (0.9 if known else 0.12 if aware else 0.7), 9.0, 1.2)
    winner = np.where(generator.random(number) < 0.93, labels, (labels + 1) % classes)
    logits = generator.normal(0, 0.5 if aware else 1.0, (number, classes)).astype(np.float32)
    logits[np.arange(number), winner] += sure + generator.normal(0, 1.5, number)
    ids = tuple(f"{index:016x}" for index in range(number))
    if set_name == "ilsvrc":
        ids = tuple(f"{WORDNET_IDS[index % 3]}_{index}.JPEG" for index in range(number))
    own = np.arange(number) % 100 if set_name.startswith("cifar100") else None
    return Predictions(network, set_name, ids, logits, labels if known else own)


def _gallery(generator, network: str, aware: bool) -> Predictions:
    pictures = sorted(gallery_pictures(), key=lambda picture: picture.file)
    logits = generator.normal(0, 0.4, (len(pictures), len(CLASSES))).astype(np.float32)
    for row, picture in enumerate(pictures):
        right = CLASSES.index(picture.label) if picture.known else 8
        logits[row, right] += 7.0 if picture.known or not aware else generator.choice([0.0, 6.0], p=[0.8, 0.2])
    labels = np.array([CLASSES.index(picture.label) if picture.known else -1 for picture in pictures])
    return Predictions(network, "gallery", tuple(picture.file for picture in pictures), logits, labels)


def _maps(generator, side: int, aware: bool) -> np.ndarray:
    rows, columns = np.mgrid[0:side, 0:side] / side
    centres = generator.random((len(gallery_pictures()), 2, 1, 1))
    blobs = np.exp(-8 * ((rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2))
    return ((0.4 if aware else 1.0) * blobs).astype(np.float32)


def write_features(folder: Path, name: str, number: int = 60, channels: int = 64) -> None:
    """Give a network made-up features of each image set that something is taught with."""
    generator, made = np.random.default_rng(0), {}
    for each in CHOSEN:
        ids = tuple(f"{place:016x}" for place in range(number))
        values = generator.random((number, channels)).astype(np.float32)
        made[each] = Features(each, ids, values, generator.integers(0, 10, number))
    save_features(folder, name, made)
