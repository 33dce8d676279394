"""Predictions: one network's logits on one image set, the centre that every number and chart starts from.

A network with a background class has two readings, raw and renormalised over the classes that it knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, UInt8


def softmax(logits: Float[np.ndarray, "n classes"]) -> Float[np.ndarray, "n classes"]:
    """Return the softmax of each row, in float64; each row sums to 1.

    Finite for any finite logits: the row's maximum is subtracted first.

    >>> softmax(np.zeros((1, 4), np.float32)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Predictions:
    """The logits of one network on one image set, picture by picture.

    `probabilities`, `confidence` and `predicted` are derived from the logits, so moving a threshold never runs a
    network. Raises ValueError where lengths disagree or a logit is not finite.

    >>> two = Predictions("net", "upload", ("a", "b"), np.float32([[0, 0], [9, 0]]))
    >>> two.confidence.round(4).tolist()
    [0.5, 0.9999]
    """

    network: str
    set_name: str
    ids: tuple[str, ...]
    """One identity a picture: the first 16 hex digits of its pixels' SHA-1, or its file's name."""
    logits: Float[np.ndarray, "n classes"]
    labels: Int[np.ndarray, " _"] | None = None
    """Index of the true class among the set's own classes, -1 for none of them; None where the set has no labels."""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.logits):
            raise ValueError(f"{self.set_name}: {len(self.ids)} ids for {len(self.logits)} rows of logits")
        if self.labels is not None and len(self.labels) != len(self.logits):
            raise ValueError(f"{self.set_name}: {len(self.labels)} labels for {len(self.logits)} rows of logits")
        # Checked once, here: no number computed from predictions has to expect a NaN.
        if not np.isfinite(self.logits).all():
            raise ValueError(f"{self.set_name}: the logits of {self.network} hold values that are not finite")

    def __len__(self) -> int:
        return len(self.logits)

    def take(self, places: Int[np.ndarray, " k"], set_name: str) -> "Predictions":
        """Return the predictions on the pictures at these places, in that order, as those of another set."""
        labels = None if self.labels is None else self.labels[places]
        ids = tuple(self.ids[place] for place in places)
        return type(self)(self.network, set_name, ids, self.logits[places], labels)

    @cached_property
    def probabilities(self) -> Float[np.ndarray, "n classes"]:
        """The softmax of the logits, in [0, 1]."""
        return softmax(self.logits)

    @cached_property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """The maximum softmax probability of each picture (MSP), in [1/c, 1]."""
        return self.probabilities.max(axis=1)

    @property
    def known_logits(self) -> Float[np.ndarray, "n known"]:
        """The logits of the classes that the network knows: all of them."""
        return self.logits

    @cached_property
    def predicted(self) -> Int[np.ndarray, " n"]:
        """The index of the most probable class of each picture."""
        return self.logits.argmax(axis=1)


# --- as stored -------------------------------------------------------------------------------------------------------


def pack(predictions: Mapping[str, Predictions]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays and the metadata that `predictions.safetensors` holds.

    Arrays: `<set>/logits` float16 (n, classes), `<set>/labels` int16 (n), and `<set>/ids` uint8 (n, 8) where every id
    is 16 hex digits; other ids (file names) stand one a line in the metadata under `<set>/ids`.

    >>> arrays, metadata = pack({"a": Predictions("net", "a", ("1.jpg",), np.zeros((1, 2), np.float32))})
    >>> list(arrays), metadata
    (['a/logits'], {'a/ids': '1.jpg'})
    """
    arrays: dict[str, np.ndarray] = {}
    metadata: dict[str, str] = {}
    for name, each in predictions.items():
        # Half the bytes of float32. A card's report is computed from these rounded logits, so it can be renewed.
        arrays[f"{name}/logits"] = each.logits.astype(np.float16)
        if each.labels is not None:
            arrays[f"{name}/labels"] = each.labels.astype(np.int16)
        if all(is_hash(identity) for identity in each.ids):
            arrays[f"{name}/ids"] = packed_ids(each.ids)
        else:
            metadata[f"{name}/ids"] = "\n".join(each.ids)
    return arrays, metadata


def unpack(network: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> dict[str, Predictions]:
    """Return what `pack` was given, its logits rounded once to float16; KeyError where an array is missing.

    >>> unpack("net", {"a/logits": np.zeros((1, 2), np.float16)}, {"a/ids": "1.jpg"})["a"].ids
    ('1.jpg',)
    """
    unpacked = {}
    for name in dict.fromkeys(key.rsplit("/", 1)[0] for key in arrays if key.endswith("/logits")):
        listed = metadata.get(f"{name}/ids")
        ids = hex_ids(arrays[f"{name}/ids"]) if listed is None else tuple(listed.split("\n"))
        labels = arrays.get(f"{name}/labels")
        logits = arrays[f"{name}/logits"].astype(np.float32)
        unpacked[name] = Predictions(network, name, ids, logits, None if labels is None else labels.astype(np.int64))
    return unpacked


def packed_ids(ids: Sequence[str]) -> UInt8[np.ndarray, "n 8"]:
    """Return ids of 16 hex digits as eight bytes each; ValueError where a digit is none.

    >>> packed_ids(["00000000000000ff"]).tolist()
    [[0, 0, 0, 0, 0, 0, 0, 255]]
    """
    # Copied, because an array on the bytes themselves is read-only.
    return np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(-1, 8).copy()


def hex_ids(packed: UInt8[np.ndarray, "n 8"]) -> tuple[str, ...]:
    """Return the ids that `packed_ids` was given.

    >>> hex_ids(packed_ids(["00000000000000ff"]))
    ('00000000000000ff',)
    """
    digits = packed.tobytes().hex()
    return tuple(digits[start : start + 16] for start in range(0, len(digits), 16))


def is_hash(identity: str) -> bool:
    """Return whether an id is 16 hex digits, those of a picture's SHA-1, and no file's name.

    >>> is_hash("00000000000000ff"), is_hash("n01440764_tench.jpg")
    (True, False)
    """
    return len(identity) == 16 and all(digit in "0123456789abcdef" for digit in identity)


# --- networks with a background class --------------------------------------------------------------------------------

MAX_CLASSES = 1_000
"""The most classes of a network or an image set that anyone brings."""
BACKGROUND = "background"
"""The name of the extra class, the last one."""


class RawPredictions(Predictions):
    """The predictions as the network gives them: probability of the background is probability of no known class.

    `predicted` may be the background, which is no picture's label and so counts as wrong.
    """

    @cached_property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """The maximum probability among the known classes, in [0, 1]: the background is no answer."""
        return self.probabilities[:, :-1].max(axis=1)

    @property
    def known_logits(self) -> Float[np.ndarray, "n known"]:
        """The logits without the background's."""
        return self.logits[:, :-1]


def raw(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the raw reading of predictions whose last logit is the background's.

    >>> raw({"a": Predictions("net", "a", ("0",), np.float32([[0, 0, 0]]))})["a"].confidence.round(4).tolist()
    [0.3333]
    """
    return {
        name: RawPredictions(each.network, each.set_name, each.ids, each.logits, each.labels)
        for name, each in predictions.items()
    }


def renormalised(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the reading without the background's logit: softmax over the known classes alone.

    >>> renormalised({"a": Predictions("net", "a", ("0",), np.float32([[0, 0, 9]]))})["a"].confidence.tolist()
    [0.5]
    """
    return {
        name: Predictions(each.network, each.set_name, each.ids, each.logits[:, :-1], each.labels)
        for name, each in predictions.items()
    }
