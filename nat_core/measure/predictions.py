"""Predictions: one network's logits on one image set, the centre that every number and chart starts from.

A network with a background class has two readings, raw and renormalised over the classes that it knows.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy.typing import ArrayLike

from nat_core.language import _, legible

# --- the border of anyone's numbers ----------------------------------------------------------------------------------

Given = np.ndarray | ArrayLike | Sequence[Any]
"""What NumPy makes an array of: arrays, tensors, numbers, lists; tuples too, which its own type lacks when it runs.

Arrays are named first: where the tests check types, one look is enough for them, instead of one at each protocol.
"""


def numbers(name: str, given: Any, ndim: int | None = None, *, empty: bool = False) -> Float[np.ndarray, "..."]:
    """Return what anyone hands over for finite real numbers as float64: an array, or what NumPy makes one of.

    The one border of arrays: no formula behind it has to expect NaN, complex numbers, dates or words. Raises
    ValueError, with `name` in its sentence, for these, for masked values, for another number of dimensions, and for
    none at all unless they may be `empty`.

    >>> numbers("confidence", [0.5, 1], ndim=1).tolist()
    [0.5, 1.0]
    """
    found = array_of(name, given, "iuf", "numbers")
    if ndim is not None and found.ndim != ndim:
        wanted = "one number" if ndim == 0 else f"a {ndim}-dimensional array of numbers"
        raise ValueError(f"{name} must be {wanted}; got shape {found.shape}")
    if not (found.size or empty):
        raise ValueError(f"{name} must not be empty; got shape {found.shape}")
    rows = found.reshape(len(found) if found.ndim else 1, -1) if found.size else found.reshape(0, 1)
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        what = "rows" if found.ndim > 1 else "values"
        raise ValueError(f"{name} must be finite; {len(wrong)} of {len(rows)} {what} are not, the first is {wrong[0]}")
    return found.astype(np.float64)


def class_numbers(name: str, given: Any, count: int | None = None) -> Int[np.ndarray, " n"]:
    """Return the class of each of `count` pictures (None: of any number) as int64: from 0 up, -1 for none of them.

    Raises ValueError, with `name` in its sentence, for what is no such number, and for more or fewer of them.

    >>> class_numbers("labels", (2, -1), 2).tolist()
    [2, -1]
    """
    found = array_of(name, given, "iu", "whole numbers")
    if found.ndim != 1 or count not in (None, len(found)):
        many = "" if count is None else f"{count} "
        raise ValueError(f"{name} must be {many}whole numbers, one a picture; got {found.dtype} of shape {found.shape}")
    if len(found) and found.min() < -1:
        raise ValueError(f"{name} count the classes from 0, and -1 is none of them; got {found.min()}")
    if len(found) and found.max() > np.iinfo(np.int64).max:  # -1 in uint64, which would become -1 again
        raise ValueError(f"{name} count the classes from 0; got up to {found.max()}")
    return found.astype(np.int64)


def array_of(name: str, given: Any, kinds: str, what: str) -> np.ndarray:
    """Return an array of NumPy's `kinds` of type ("b": True and False), its own or made of what is given.

    Raises ValueError, which says that `name` must be `what`, for any other kind and for masked values.

    >>> array_of("correct", [True], "b", "True or False").tolist()
    [True]
    """
    # NumPy would take the numbers under the mask, which somebody hid on purpose.
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise ValueError(f"{name} must be {what}, none of them masked: leave those out, or fill them with .filled(...)")
    try:
        found = np.asarray(given)
    except (ValueError, TypeError, RuntimeError, OverflowError):  # rows of unequal length; tensors on a GPU
        found = np.empty(0, object)
    if found.dtype.kind not in kinds:
        held = f"{type(given).__name__} of {found.dtype}" if isinstance(given, np.ndarray) else type(given).__name__
        raise ValueError(f"{name} must be an array of {what}, all rows of one length; got {held}")
    return found


def softmax(logits: Given) -> Float[np.ndarray, "n classes"]:
    """Return the softmax of each row, in float64; each row sums to 1.

    Finite for any finite logits: the row's maximum is subtracted first. Raises ValueError unless the logits are finite
    numbers of shape (n, classes).

    >>> softmax(np.zeros((1, 4), np.float32)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    rows = numbers("logits", logits, ndim=2, empty=True)
    if not rows.shape[1]:
        raise ValueError(f"logits need at least one class a picture; got shape {rows.shape}")
    shifted = np.exp(rows - rows.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


# --- scores in order -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ascending:
    """One score of each picture of a set in ascending order: sorted once, it is searched for any threshold.

    A sweep over T thresholds then takes T log n instead of n log n. `scores` may be mapped from a file
    (`nat_core.store.sweeps`), of which only what is searched is read. The metrics take it in place of an array. Raises
    ValueError where there is no score, or one is not finite.

    >>> Ascending.of([0.9, 0.2, 0.5]).scores.tolist()
    [0.2, 0.5, 0.9]
    """

    scores: Float[np.ndarray, " n"]
    """Whoever makes this vouches for their order, which to look through would take as long as many sweeps."""

    def __post_init__(self) -> None:
        # In order, what is not finite stands at an end.
        if self.scores.ndim != 1 or not len(self.scores) or not np.isfinite(self.scores[[0, -1]]).all():
            raise ValueError(f"scores in order must be finite, at least one; got shape {self.scores.shape}")

    @classmethod
    def of(cls, given: Any) -> "Ascending":
        """Return anyone's scores in order; ValueError as `numbers` does."""
        return cls(in_order(numbers("scores", given, 1)))

    def __len__(self) -> int:
        return len(self.scores)


_BY_DIGITS = range(2_000, 200_000)
"""Of how many scores it pays to go by digits: fewer are sorted as soon, more leave the processor's cache."""


def in_order(scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return finite scores in ascending order: what `np.sort` returns.

    NumPy's own sort takes six times as long on AMD's Zen 4 as the same processor could (x86-simd-sort, issue 6). So
    they are first put nearly in order by two digits of 16 bits, then in order by a sort that looks for what is.

    >>> in_order(np.array([0.9, 0.2, 0.5])).tolist()
    [0.2, 0.5, 0.9]
    """
    if len(scores) not in _BY_DIGITS:
        return np.sort(scores)
    # Below the highest, where confidences crowd, the digits of a float are finest. What is too far below for float32
    # becomes infinite and is told apart by the last sort.
    with np.errstate(over="ignore"):
        below = (scores.max() - scores).astype("<f4")
    nearly = np.lexsort(below.view("<u2").reshape(-1, 2).T)[::-1]
    return np.sort(scores[nearly], kind="stable")


# --- one network on one image set ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Predictions:
    """The logits of one network on one image set, picture by picture.

    `probabilities`, `confidence` and `predicted` are derived from the logits, so moving a threshold never runs a
    network. Raises ValueError where lengths disagree, a logit is not finite, or ids or labels are none.

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
        if not isinstance(self.logits, np.ndarray) or self.logits.ndim != 2 or self.logits.dtype.kind != "f":
            held = f"{self.logits.dtype} {self.logits.shape}" if isinstance(self.logits, np.ndarray) else self.logits
            raise ValueError(f"{self.set_name}: logits must be floats of shape (pictures, classes); got {held!s:.80}")
        if not isinstance(self.ids, tuple) or not all(isinstance(each, str) for each in self.ids):
            raise ValueError(f"{self.set_name}: ids must be a tuple of texts, one a picture; got {self.ids!r:.80}")
        if len(self.ids) != len(self.logits):
            raise ValueError(f"{self.set_name}: {len(self.ids)} ids for {len(self.logits)} rows of logits")
        if self.labels is not None:
            class_numbers(f"{self.set_name}: labels", self.labels, len(self.logits))
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

    @cached_property
    def ascending(self) -> Ascending:
        """The confidences in ascending order, sorted once."""
        return Ascending.of(self.confidence)

    @property
    def known_logits(self) -> Float[np.ndarray, "n known"]:
        """The logits of the classes that the network knows: all of them."""
        return self.logits

    @cached_property
    def predicted(self) -> Int[np.ndarray, " n"]:
        """The index of the most probable class of each picture."""
        return self.logits.argmax(axis=1)


# --- as stored -------------------------------------------------------------------------------------------------------


SORTED_FROM = 100_000
"""From how many pictures on the confidences in order are stored as well: to sort fewer takes no 10 ms."""
LONG = 1_000_000
"""From how many characters on the files' names are an array: a header is read whole, and bounded."""


def pack(predictions: Mapping[str, Predictions]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays and the metadata that `predictions.safetensors` holds.

    Arrays: `<set>/logits` float16 (n, classes), `<set>/labels` int16 (n), and `<set>/ids` uint8 (n, 8) where every id
    is 16 hex digits; other ids (file names) stand one a line in the metadata under `<set>/ids`, or as UTF-8 in the
    array `<set>/names` where they are long. From SORTED_FROM pictures on, `<set>/ascending` float64 (n) holds the
    confidences, of the logits as they are stored, in order.

    >>> arrays, metadata = pack({"a": Predictions("net", "a", ("1.jpg",), np.zeros((1, 2), np.float32))})
    >>> list(arrays), metadata
    (['a/logits'], {'a/ids': '1.jpg'})
    """
    arrays: dict[str, np.ndarray] = {}
    metadata: dict[str, str] = {}
    for name, each in predictions.items():
        # Half the bytes of float32. A card's report is computed from these rounded logits, so it can be renewed.
        stored = arrays[f"{name}/logits"] = each.logits.astype(np.float16)
        if each.labels is not None:
            arrays[f"{name}/labels"] = each.labels.astype(np.int16)
        if all(is_hash(identity) for identity in each.ids):
            arrays[f"{name}/ids"] = packed_ids(each.ids)
        elif len(names := "\n".join(each.ids)) >= LONG:
            arrays[f"{name}/names"] = np.frombuffer(names.encode(), np.uint8)
        else:
            metadata[f"{name}/ids"] = names
        if len(each) >= SORTED_FROM:
            rounded = Predictions(each.network, name, each.ids, stored.astype(np.float32))
            arrays[f"{name}/ascending"] = rounded.ascending.scores
    return arrays, metadata


def unpack(network: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> dict[str, Predictions]:
    """Return what `pack` was given, its logits rounded once to float16; KeyError where an array is missing.

    Raises ValueError where what is stored in order is not.

    >>> unpack("net", {"a/logits": np.zeros((1, 2), np.float16)}, {"a/ids": "1.jpg"})["a"].ids
    ('1.jpg',)
    """
    unpacked = {}
    for name in dict.fromkeys(key.rsplit("/", 1)[0] for key in arrays if key.endswith("/logits")):
        labels = arrays.get(f"{name}/labels")
        logits = arrays[f"{name}/logits"].astype(np.float32)
        found = Predictions(
            network, name, _ids(name, arrays, metadata), logits, None if labels is None else labels.astype(np.int64)
        )
        if (stored := arrays.get(f"{name}/ascending")) is not None:
            if len(stored) != len(found) or not (stored[1:] >= stored[:-1]).all():
                raise ValueError(f"{name}: its confidences are not in order")
            # What `ascending` would sort them to.
            found.__dict__["ascending"] = Ascending(stored)
        unpacked[name] = found
    return unpacked


def _ids(name: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> tuple[str, ...]:
    if (listed := metadata.get(f"{name}/ids")) is not None:
        return tuple(listed.split("\n"))
    if (names := arrays.get(f"{name}/names")) is not None:
        return tuple(names.tobytes().decode().split("\n"))
    return hex_ids(arrays[f"{name}/ids"])


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
LONGEST_CLASS = 200
"""The most characters of a class's name: a page shows it again and again."""
BACKGROUND = "background"
"""The name of the extra class, the last one."""


def check_own_classes(where: str, names: Sequence[str]) -> None:
    """Raise ValueError where a class to be learnt bears the extra class's name, or one that is none.

    >>> check_own_classes("photos", ["cat", "background"])
    Traceback (most recent call last):
    ValueError: photos: a class may not be called 'background', which stands for none of the classes: name it otherwise
    """
    if BACKGROUND in names:
        what = "which stands for none of the classes: name it otherwise"
        raise ValueError(f"{where}: a class may not be called {BACKGROUND!r}, {what}")
    check_class_names(where, names)


def check_class_names(where: str, names: Sequence[str]) -> None:
    """Raise ValueError where a class has a name that looks like another's, is empty, or has signs that cannot be shown.

    >>> check_class_names("mine.npz", ["cat", ""])
    Traceback (most recent call last):
    ValueError: mine.npz: a class is called '': give it a name of letters that can be shown, at most 200
    """
    if len({unicodedata.normalize("NFC", name).strip() for name in names}) < len(names):
        raise ValueError(
            _("{where}: two of its classes bear the same name: name each of them differently", where=where)
        )
    if wrong := [f"{name!r:.60}" for name in names if not _may_be_shown(name)]:
        told = _(
            "{where}: a class is called {called}: give it a name of letters that can be shown, at most {most}",
            where=where,
            called=wrong[0],
            most=LONGEST_CLASS,
        )
        raise ValueError(told)


def _may_be_shown(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_CLASS and legible(name) == name


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
