"""Stored confidences in order, mapped from their files: a sweep over thresholds reads what it searches and no more.

They stand with the predictions of large sets (`nat_core.measure.predictions.pack`) and in what `nat evaluate --output`
writes. Where a file is older or a set is small they are sorted when it is read, which gives the same numbers.
"""

import zipfile
from collections.abc import Iterable, Mapping
from hashlib import file_digest
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from nat_core.data.sources.npz import MAX_OWN, Declared, open_npz
from nat_core.errors import CheckpointError, UnreadableSet
from nat_core.files import opened
from nat_core.measure.predictions import BACKGROUND, Ascending, Predictions, raw
from nat_core.store.checkpoints import PREDICTIONS, load_card, load_predictions
from nat_core.store.tensors import read_header

ORDERED = "ascending"
"""What the array of confidences in order is called, after or before its set or network."""
LOGITS = "logits"
_LOCAL_HEADER = 30
"""The bytes of a zip entry's own header before its name."""


def load_ascending(folder: Path, name: str, sets: Iterable[str] | None = None) -> dict[str, Ascending]:
    """Return a network's stored confidences in order by image set, all of them or those of `sets` that are there.

    Those that are stored so are mapped, after the file's SHA-256 was compared with the card's. Raises as
    `load_predictions` does.
    """
    card, path = load_card(folder, name), Path(folder) / name / PREDICTIONS
    wanted = None if sets is None else set(sets)
    # Of a network with a background class its confidence among the others is read, which is not what is stored.
    background = card.classes[-1] == BACKGROUND
    found = {} if background or not path.is_file() else _mapped(path, card.sha256.get(PREDICTIONS, ""))
    if wanted is not None and wanted <= found.keys():
        return {key: each for key, each in found.items() if key in wanted}
    others = load_predictions(folder, name, None if wanted is None else sorted(wanted))
    if background:
        others = raw(others)
    return {key: each.ascending for key, each in others.items() if key not in found} | {
        key: each for key, each in found.items() if key in others
    }


def _mapped(path: Path, digest: str) -> dict[str, Ascending]:
    remedy = "get it again"
    with opened(path) as file:
        # In blocks, so that no more than one is in memory.
        if file_digest(file, "sha256").hexdigest() != digest:
            raise CheckpointError(f"{path} is truncated or altered (its SHA-256 is not the card's): {remedy}")
        with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            places = read_header(content, str(path), remedy).tensors
    return {
        key.removesuffix(f"/{ORDERED}"): Ascending(np.memmap(path, "<f8", "r", each.start, each.shape))
        for key, each in places.items()
        if key.endswith(f"/{ORDERED}") and each.dtype == "F64"
    }


def ascending_in(path: Path | str) -> dict[str, Ascending]:
    """Return the confidences in order that `nat evaluate --output` wrote, by the networks' names.

    Of a single network, whose name the file does not hold, the key is "logits". They are mapped where they were stored;
    in files from before they were, they are those of all logits, and sorted now. Raises UnreadableSet where the file is
    none of these, OSError where it cannot be read.
    """
    path, found = Path(path), {}
    with open_npz(path, str(path), MAX_OWN) as arrays:
        for key in arrays.keys:
            if key != LOGITS and not key.startswith(f"{LOGITS}_"):
                continue
            name, stored = key.removeprefix(f"{LOGITS}_"), f"{ORDERED}{key.removeprefix(LOGITS)}"
            if stored in arrays.keys:
                found[name] = Ascending(_array_in(path, stored, arrays.declared(stored)))
            else:
                logits = arrays.whole(key)
                places = tuple(map(str, range(len(logits))))
                found[name] = Predictions(name, path.stem, places, logits).ascending
    if not found:
        raise UnreadableSet(f"{path} has no array {LOGITS}: name a file that nat evaluate --output wrote.")
    return found


def _array_in(path: Path, key: str, declared: Declared) -> np.ndarray:
    """One array of an .npz file, mapped; ValueError where it is packed, and so nowhere as it is."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(f"{key}.npy")
    if entry.compress_type != zipfile.ZIP_STORED or declared.dtype != np.float64:
        raise UnreadableSet(f"{path}: {key} is not stored as nat evaluate --output stores it: evaluate again.")
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(_LOCAL_HEADER)
    # The name and what follows it are counted anew before the data themselves.
    skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    start = entry.header_offset + _LOCAL_HEADER + skipped + declared.start
    return np.memmap(path, declared.dtype, "r", start, declared.shape)


def arrays_in_order(predictions: Mapping[str, Predictions]) -> dict[str, np.ndarray]:
    """Return the arrays of confidences in order for a file of logits whose arrays' names are the keys.

    >>> two = Predictions("net", "a", ("0", "1"), np.float32([[2, 0], [0, 0]]))
    >>> arrays_in_order({"logits_net": two})["ascending_net"].round(2).tolist()
    [0.5, 0.88]
    """
    return {f"{ORDERED}{key.removeprefix(LOGITS)}": each.ascending.scores for key, each in predictions.items()}
