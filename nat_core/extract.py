"""Extraction: a network's features of a seeded choice of CIFAR's pictures, for `nat_core.live` to learn from."""

from pathlib import Path

from nat_core.datasets import load_set
from nat_core.features import CHOSEN, Features, choose, save_features
from nat_core.inference import features, load_network
from nat_core.stored import CheckpointError


def extract(folder: Path, name: str, data: Path | None = None) -> Path:
    """Compute and store a network's features of the chosen pictures of `CHOSEN`, and return the file's path.

    Raises CheckpointError for a network that cannot be read or was taught other classes than CIFAR-10's, MissingDataset
    where a set is not there.
    """
    network = load_network(folder, name)
    found = {}
    for set_name, count in CHOSEN.items():
        images = load_set(set_name, data)
        if set_name == "cifar10_test" and images.classes and images.classes != network.classes:
            raise CheckpointError(f"{name} was taught {', '.join(network.classes)}, not CIFAR-10's classes")
        some = images.take(choose(count, len(images)))
        if some.labels is None:
            raise CheckpointError(f"{set_name} has no labels: a head of {name} cannot learn from it")
        found[set_name] = Features(set_name, some.ids, features(network, some.pixels), some.labels)
    return save_features(folder, name, found)
