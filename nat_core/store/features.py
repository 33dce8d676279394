"""Features: what a network's last layer is given, stored for a seeded choice of pictures; no picture is stored.

A new head learns from them in the app, and the scores from features are measured on them.

<folder>/<name>/features.safetensors         by image set: values float16 (n, channels), labels int16, ids
<folder>/<name>/features_unseen.safetensors  the same of sets that no network here learnt from
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from nat_core.errors import CheckpointError
from nat_core.files import is_there, write_durably
from nat_core.measure.predictions import hex_ids, is_hash, packed_ids
from nat_core.store.checkpoints import load_card, write_card
from nat_core.store.tensors import packed, read_tensors

FEATURES, FEATURES_UNSEEN = "features.safetensors", "features_unseen.safetensors"
CHOSEN = {"cifar10_train": 5000, "cifar100_train": 5000, "cifar10_test": 2000, "cifar100_test": 2000}
"""How many pictures of each set are chosen: the first two to learn from, the others to measure on."""
CHOSEN_UNSEEN = {"ilsvrc": 1000, "noise": 1000}
"""As many at most of the sets to measure on that no network learnt from, in a file of their own."""
SEED = 0


@dataclass(frozen=True, eq=False)
class Features:
    """One network's features of some pictures of a set. Raises ValueError where lengths disagree."""

    set_name: str
    ids: tuple[str, ...]
    """The first 16 hex digits of each picture's SHA-1, or its file's name."""
    values: Float[np.ndarray, "n channels"]
    """The last group's output after norm and ReLU, averaged over its positions; at least 0."""
    labels: Int[np.ndarray, " _"]
    """Index of the true class among the set's own classes, -1 in a set without labels."""

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.values) == len(self.labels):
            raise ValueError(
                f"{self.set_name}: {len(self.ids)} ids and {len(self.labels)} labels for {len(self.values)} features"
            )

    def __len__(self) -> int:
        return len(self.values)


def choose(count: int, available: int, seed: int = SEED) -> Int[np.ndarray, " count"]:
    """Return which of a set's pictures are chosen, in ascending order; all where it holds no more than `count`.

    Both numbers are at least 1, else ValueError; the same ones are chosen for the same `seed`.

    >>> choose(3, 5).tolist(), choose(9, 3).tolist()
    ([2, 3, 4], [0, 1, 2])
    """
    if count < 1 or available < 1:
        raise ValueError(f"at least one picture is chosen of at least one, not {count} of {available}")
    return np.sort(np.random.default_rng(seed).permutation(available)[:count])


def save_features(folder: Path, name: str, features: Mapping[str, Features], file: str = FEATURES) -> Path:
    """Store a network's features in its folder and their SHA-256 in its card, and return the file's path.

    `file` is FEATURES or FEATURES_UNSEEN. Raises CheckpointError as `load_card` does.
    """
    card = load_card(folder, name)
    arrays, metadata = {}, {"seed": str(SEED)}
    for set_name, each in features.items():
        arrays[f"{set_name}/values"] = each.values.astype(np.float16)
        arrays[f"{set_name}/labels"] = each.labels.astype(np.int16)
        if all(map(is_hash, each.ids)):
            arrays[f"{set_name}/ids"] = packed_ids(each.ids)
        else:
            metadata[f"{set_name}/ids"] = "\n".join(each.ids)
        metadata[f"{set_name}/chosen"] = f"{len(each)} by numpy.random.default_rng({SEED}).permutation"
    path = Path(folder) / name / file
    # The file first: as long as the card does not name its digest, it does not count.
    digest = write_durably(path, packed(arrays, metadata))
    write_card(Path(folder) / name, replace(card, sha256=card.sha256 | {file: digest}))
    return path


def has_features(folder: Path, name: str) -> bool:
    """Return whether a network's card names stored features. Raises CheckpointError as `load_card` does."""
    return FEATURES in load_card(folder, name).sha256


def load_features(folder: Path, name: str) -> dict[str, Features]:
    """Return a network's stored features by image set, as float32, the unseen sets' last.

    Raises CheckpointError where there are none, or a file is missing, truncated or altered.
    """
    if not has_features(folder, name):
        raise CheckpointError(f"No features of {name} in {folder}. Make them with: nat features {name}")
    digests, found = load_card(folder, name).sha256, {}
    for file in (FEATURES, FEATURES_UNSEEN):
        if file in digests:
            found |= _read(Path(folder) / name / file, digests[file])
    return found


def _read(path: Path, digest: str) -> dict[str, Features]:
    if not is_there(path):
        raise CheckpointError(f"{path} is missing: make it again with: nat features {path.parent.name}")
    arrays, metadata = read_tensors(path, digest)
    try:
        return _unpacked(arrays, metadata)
    except Exception as error:  # unaltered since somebody wrote it, but by another program than this
        raise CheckpointError(
            f"{path} holds no features ({error!s:.200}): make it again with: nat features {path.parent.name}"
        ) from error


def _unpacked(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> dict[str, Features]:
    found = {}
    for set_name in dict.fromkeys(key.partition("/")[0] for key in arrays):
        values = arrays[f"{set_name}/values"].astype(np.float32)
        labels = arrays[f"{set_name}/labels"].astype(np.int64)
        listed = metadata.get(f"{set_name}/ids")
        ids = hex_ids(arrays[f"{set_name}/ids"]) if listed is None else tuple(listed.split("\n"))
        found[set_name] = Features(set_name, ids, values, labels)
    return found
