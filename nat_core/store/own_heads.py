"""What a visitor taught: last layers for things of their own, on a stored network's features, and the file they are in.

    from_bytes(to_bytes(taught), "mine.safetensors")

The file is a stranger's once it comes back: its size is bounded first, then its header, and only arrays of the shapes
that its names ask for are taken. It holds numbers, names and, where the visitor wants them, photos as plain pixels, so
no decoder is asked.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

import msgspec
import numpy as np
from jaxtyping import Float, Int, UInt8

from nat_core.errors import CheckpointError
from nat_core.files import converted, parsed_json
from nat_core.language import _
from nat_core.measure.predictions import Predictions, RawPredictions, check_class_names
from nat_core.store.tensors import packed, read_arrays

PLAIN, AWARE, NONE_CLASS = "baseline", "nat", "none_class"
HEADS = (PLAIN, AWARE, NONE_CLASS)
"""Without negatives; with negatives, on which it has no opinion; with negatives as one more class."""
FEWEST, MOST = 2, 6
"""How many things there are."""
MOST_EACH = 20
"""Photos of one thing, and of the visitor's own negatives."""
LONGEST_NAME = 40
SIDE = 96
"""Pixels a side of a photo as it is shown."""
MOST_BYTES = 8_000_000
"""Of a file: six things of twenty photos each, and twenty negatives, take 4.4 million."""
LARGEST = 1e6
"""Of any weight: with larger ones logits might be no numbers any more."""
FORMAT = 2
"""Since 2 a digest vouches for all that the file holds; files of format 1, which have none, are still read."""
NONE = -1
"""The label of a photo of none of the things."""


@dataclass(frozen=True, eq=False)
class Head:
    """One last layer: logits = features of length one, times weights, plus bias."""

    weights: Float[np.ndarray, "channels outputs"]
    bias: Float[np.ndarray, " outputs"]

    def logits(self, features: Float[np.ndarray, "n channels"]) -> Float[np.ndarray, "n outputs"]:
        """Return the logits of n pictures by a network's own features."""
        return unit(features) @ self.weights + self.bias


@dataclass(frozen=True, eq=False)
class OwnHeads:
    """What came of teaching some things."""

    network: str
    """Whose features they are."""
    weights: str
    """The SHA-256 of that network's weights: other weights have other features."""
    names: tuple[str, ...]
    """The things, in the order of the outputs; NONE_CLASS has one output more."""
    heads: dict[str, Head]
    """One for each of HEADS."""
    labels: Int[np.ndarray, " n"]
    """The thing of each photo that was learned."""
    left_out: dict[str, Float[np.ndarray, "n _"]]
    """What each photo's own heads say of it, trained alike but without that photo: logits, by HEADS."""

    def said(self, kind: str, name: str, features: Float[np.ndarray, "n channels"]) -> Predictions:
        """Return what one head says of pictures, by their features; `name` is what their set is called."""
        return predictions(kind, name, self.heads[kind].logits(features))

    def of_own(self, kind: str) -> Predictions:
        """Return what heads of this kind say of the photos, each without having learned that one."""
        return predictions(kind, "own", self.left_out[kind], self.labels)


@dataclass(frozen=True, eq=False)
class KeptPhotos:
    """The photos behind it, as pixels. Raises ValueError where lengths disagree."""

    labels: Int[np.ndarray, " n"]
    """The thing of each, NONE for the visitor's own negatives."""
    names: tuple[str, ...]
    """What each photo's file was called."""
    seen: UInt8[np.ndarray, "n 32 32 3"]
    """What the network sees."""
    shown: UInt8[np.ndarray, "n 96 96 3"]

    def __post_init__(self) -> None:
        if not len(self.labels) == len(self.names) == len(self.seen) == len(self.shown):
            raise ValueError("its photos, their names and their things differ in number")


def unit(features: Float[np.ndarray, "n channels"]) -> Float[np.ndarray, "n channels"]:
    """Return features scaled to one length, the root of their number, so that on average each is of size one.

    How long a picture's features are says how much of all that the network knows is in it, not which; without this,
    a few photos decide by their brightness. Features of zeros stay zeros.

    >>> unit(np.array([[3, 4], [0, 0]], np.float32)).astype(float).round(3).tolist()
    [[0.849, 1.131], [0.0, 0.0]]
    """
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return (features * (features.shape[1] ** 0.5 / np.maximum(length, 1e-6))).astype(np.float32)


def predictions(
    kind: str, name: str, logits: Float[np.ndarray, "n outputs"], labels: Int[np.ndarray, " _"] | None = None
) -> Predictions:
    """Return logits as predictions; those of NONE_CLASS as ones whose last class is no answer.

    >>> both = np.float32([[0, 0, 9]])
    >>> predictions(NONE_CLASS, "own", both).confidence.round(4).tolist()
    [0.0001]
    """
    read = RawPredictions if kind == NONE_CLASS else Predictions
    return read(kind, name, tuple(map(str, range(len(logits)))), np.asarray(logits, np.float32), labels)


# --- the file --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _About:
    """What the file says in words."""

    format: int
    network: str
    weights: str
    names: list[str]
    photos: list[str] = field(default_factory=list)


def to_bytes(taught: OwnHeads, photos: KeptPhotos | None = None) -> bytes:
    """Return a safetensors file of the things, their heads and, where given, the photos.

    >>> outputs = {PLAIN: 2, AWARE: 2, NONE_CLASS: 3}
    >>> heads = {kind: Head(np.zeros((4, n), np.float32), np.zeros(n, np.float32)) for kind, n in outputs.items()}
    >>> said = {kind: np.zeros((2, n), np.float32) for kind, n in outputs.items()}
    >>> taught = OwnHeads("wrn16_1_baseline", "0" * 64, ("mug", "book"), heads, np.array([0, 1]), said)
    >>> from_bytes(to_bytes(taught), "mine")[0].names
    ('mug', 'book')
    """
    arrays: dict[str, np.ndarray] = {"labels": taught.labels.astype(np.int16)}
    for kind in HEADS:
        arrays[f"{kind}/weights"] = taught.heads[kind].weights.astype(np.float32)
        arrays[f"{kind}/bias"] = taught.heads[kind].bias.astype(np.float32)
        arrays[f"{kind}/left_out"] = taught.left_out[kind].astype(np.float32)
    if photos is not None:
        arrays |= {"photos/seen": photos.seen, "photos/shown": photos.shown}
        arrays["photos/labels"] = photos.labels.astype(np.int16)
    names = list(photos.names) if photos else []
    about = msgspec.json.encode(
        asdict(_About(FORMAT, taught.network, taught.weights, list(taught.names), names))
    ).decode()
    return packed(arrays, {"about": about, "sha256": _digest(about, arrays)})


def _digest(about: str, arrays: Mapping[str, np.ndarray]) -> str:
    """The SHA-256 of the words and of every array's name, type, shape and values."""
    found = sha256(about.encode())
    for key in sorted(arrays):
        found.update(f"{key} {arrays[key].dtype} {arrays[key].shape}".encode())
        found.update(np.ascontiguousarray(arrays[key]).tobytes())
    return found.hexdigest()


def from_bytes(content: bytes, name: str) -> tuple[OwnHeads, KeptPhotos | None]:
    """Return what `to_bytes` wrote, and the photos where it holds any; `name`, the file's, stands in the error.

    Raises CheckpointError, in one sentence, for anything else.
    """
    if len(content) > MOST_BYTES:
        raise CheckpointError(
            _("{name} is {size:,.0f} MB, more than the {most:.0f} MB read.", name=name, size=len(content) / 1e6,
              most=MOST_BYTES / 1e6)
        )  # fmt: skip
    arrays, metadata = read_arrays(content, name, _("choose a file that was saved here, or save your things again"))
    if "about" not in metadata:
        raise CheckpointError(_("{name} holds other things than what was taught here: choose another file.", name=name))
    try:
        about = converted(parsed_json(metadata["about"].encode()), _About)
        if about.format > FORMAT:
            raise CheckpointError(_("{name} was saved by a newer version of this app: open it there.", name=name))
        found = _checked(about, arrays)
        # Last: what can be named more exactly is.
        if about.format > 1 and metadata["sha256"] != _digest(metadata["about"], arrays):
            raise ValueError("its content is not what was written")
        return found
    except CheckpointError:
        raise
    except Exception as error:  # a stranger's file may be wrong in any way
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(
            _("{name} holds no things that were taught here ({reason}): save your things again.", name=name,
              reason=reason)
        ) from error  # fmt: skip


def _checked(about: _About, arrays: Mapping[str, np.ndarray]) -> tuple[OwnHeads, KeptPhotos | None]:
    if not 1 <= about.format <= FORMAT:
        raise ValueError(f"it has format {about.format}, and formats 1 to {FORMAT} are read")
    things = len(about.names)
    if not FEWEST <= things <= MOST or max(map(len, about.names)) > LONGEST_NAME:
        raise ValueError(f"it needs {FEWEST} to {MOST} names of up to {LONGEST_NAME} signs")
    check_class_names("the file", about.names)
    labels = _labels(arrays["labels"], 0, things)
    if len(np.unique(labels)) < things:
        raise ValueError("it has no photo of one of its things")
    heads, left_out = {}, {}
    for kind in HEADS:
        outputs = things + (kind == NONE_CLASS)
        weights, bias = arrays[f"{kind}/weights"], arrays[f"{kind}/bias"]
        _expect(weights, (len(weights), outputs), np.float32)
        _expect(bias, (outputs,), np.float32)
        left_out[kind] = _expect(arrays[f"{kind}/left_out"], (len(labels), outputs), np.float32)
        heads[kind] = Head(weights, bias)
    if len({len(head.weights) for head in heads.values()}) != 1:
        raise ValueError("its heads are not of one network")
    taught = OwnHeads(about.network, about.weights, tuple(about.names), heads, labels, left_out)
    return taught, _photos(about, arrays) if "photos/labels" in arrays else None


def _photos(about: _About, arrays: Mapping[str, np.ndarray]) -> KeptPhotos:
    labels = _labels(arrays["photos/labels"], NONE, len(about.names))
    if len(labels) and np.unique(labels, return_counts=True)[1].max() > MOST_EACH:
        raise ValueError(f"it holds more than {MOST_EACH} photos of one thing")
    seen = _expect(arrays["photos/seen"], (len(labels), 32, 32, 3), np.uint8)
    shown = _expect(arrays["photos/shown"], (len(labels), SIDE, SIDE, 3), np.uint8)
    return KeptPhotos(labels, tuple(about.photos), seen, shown)


def _labels(found: np.ndarray, least: int, things: int) -> Int[np.ndarray, " n"]:
    _expect(found, (len(found),), np.int16)
    if len(found) > MOST_EACH * (MOST + 1) or (len(found) and not least <= found.min() <= found.max() < things):
        raise ValueError("its photos are of no thing that it names")
    return found.astype(np.int64)


def _expect(found: np.ndarray, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Return an array that is of this shape and type, and finite. Raises ValueError."""
    if found.shape != shape or found.dtype != kind:
        raise ValueError(f"an array is {found.dtype} of shape {found.shape}, not {np.dtype(kind)} of {shape}")
    if not np.isfinite(found).all():
        raise ValueError("it holds values that are not finite")
    if kind is np.float32 and np.abs(found).max(initial=0) > LARGEST:
        raise ValueError(f"it holds values above {LARGEST:g}, which no training comes to")
    return found
