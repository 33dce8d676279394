"""What the fields of a recipe may say, each by itself: names, numbers and their bounds, words of a list, sizes.

Whatever else they say is refused in a sentence. How fields go together is the recipe's own matter.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from numbers import Integral, Real
from typing import Any

_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows gives to devices, in any folder and with any ending."""
# The folders beside the networks and in .state, and the endings of the files there.
_TAKEN = re.compile(r"tensorboard|runs|field_sets|.*\.(json|lock|tmp)", re.IGNORECASE)
MAX_NAME = 100
"""Bytes of a name."""

# A batch norm has no variance of a single picture; reflected edges and blanked squares end at a picture's 32 pixels.
# The other upper bounds are far above what anyone trains with: beyond them lies a slip of the keyboard.
COUNTS = {
    "epochs": (1, 100_000), "batch_size": (2, 65_536), "negatives_per_batch": (0, 65_536), "hardest": (0, 65_536),
    "padding": (0, 31), "cutout": (0, 32), "rotated_per_batch": (0, 65_536),
}  # fmt: skip
"""The smallest and the largest value of each field that counts something."""
MAX_LEARNING_RATE = 100.0
SIDES = (4, 512)
"""The smallest and the largest side that a network learns at, in pixels."""
TUPLES = ("more_negatives", "synthetic", "also_reported", "attention_levels", "sizes")
SWITCHES = (
    "held_out", "negatives_inside", "equal_gradient", "separate_means", "flip", "attention_activated",
    "attention_normalised", "negatives_unlabelled", "negatives_distilled", "teacher_classifier",
)  # fmt: skip
NOT_NEGATIVE = (
    "negative_weight", "learning_rate", "weight_decay", "attention_weight", "distillation_weight", "rotation_weight",
)  # fmt: skip
SHARES = ("label_smoothing", "momentum", "warm_up", "ema_decay")
"""Fields in [0, 1): the learning rate is divided by 1 - warm_up, and the others would leave nothing to learn from."""


def check_name(what: str, name: Any) -> None:
    """Raise ValueError for a name that cannot be a folder on any system, a part of file names and a word of commands.

    `what` is the name's subject in the sentence.

    >>> check_name("a recipe's name", "../mine")
    Traceback (most recent call last):
    ValueError: a recipe's name is a folder's, of letters, digits and any of _ - . inside, not '../mine': choose another
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w([\w.-]*[\w-])?", name):
        raise ValueError(
            f"{what} is a folder's, of letters, digits and any of _ - . inside, not {name!r:.120}: choose another"
        )
    if len(name.encode("utf-8", "replace")) > MAX_NAME:
        raise ValueError(f"{what} has at most {MAX_NAME} characters, not {len(name)}: shorten {name[:40]!r}...")
    if _DEVICES.fullmatch(name) or _TAKEN.fullmatch(name):
        raise ValueError(f"{what} may not be {name!r}, which stands for something else there: choose another")


def whole(value: Any) -> bool:
    """Return whether a value is a whole number; True and False are none.

    >>> whole(3), whole(True), whole(3.0)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def finite(value: Any) -> bool:
    """Return whether a value is a number that is neither infinite nor nan.

    >>> finite(0.5), finite(float("nan"))
    (True, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def check_known(what: str, values: Sequence[object], known: tuple[str, ...]) -> None:
    """Raise ValueError, naming those that are known, where one of the values is not among them.

    >>> check_known("precision", ["float8"], ("float32",))
    Traceback (most recent call last):
    ValueError: unknown precision 'float8'; known: float32
    """
    for value in values:
        if value not in known:
            raise ValueError(f"unknown {what} {value!r:.80}; known: {', '.join(known)}")


def check_kinds(recipe: Any) -> None:
    """Raise ValueError where one of TUPLES or SWITCHES among a recipe's fields is of another kind.

    >>> from types import SimpleNamespace
    >>> kinds = dict.fromkeys(TUPLES, ()) | dict.fromkeys(SWITCHES, False)
    >>> check_kinds(SimpleNamespace(**kinds | {"flip": 1}))
    Traceback (most recent call last):
    ValueError: a recipe needs flip to be True or False, not 1
    """
    for name in TUPLES:
        if not isinstance(value := getattr(recipe, name), tuple):
            raise ValueError(f"a recipe needs a tuple of {name}, not {value!r:.80}")
    for name in SWITCHES:
        if not isinstance(value := getattr(recipe, name), bool):
            raise ValueError(f"a recipe needs {name} to be True or False, not {value!r:.80}")


def check_numbers(recipe: Any) -> None:
    """Raise ValueError, naming the field and its bounds, where one of a recipe's numbers lies outside.

    >>> from types import SimpleNamespace
    >>> check_numbers(SimpleNamespace(epochs=0))
    Traceback (most recent call last):
    ValueError: a recipe needs a whole number of epochs >= 1 and at most 100,000, not 0
    """
    for name, (smallest, largest) in COUNTS.items():
        value = getattr(recipe, name)
        if not whole(value) or not smallest <= value <= largest:
            raise ValueError(
                f"a recipe needs a whole number of {name} >= {smallest} and at most {largest:,}, not {value!r:.80}"
            )
    for name in (*NOT_NEGATIVE, *SHARES, "distillation_temperature"):
        value = getattr(recipe, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"a recipe needs {name} >= 0, not {value!r:.80}")
        if name in SHARES and value >= 1:
            raise ValueError(f"a recipe needs {name} in [0, 1), not {value!r}")
    if not recipe.distillation_temperature:
        raise ValueError("a recipe needs distillation_temperature > 0, not 0")
    if (rate := recipe.learning_rate) > MAX_LEARNING_RATE:
        raise ValueError(f"a recipe needs a learning_rate of at most {MAX_LEARNING_RATE:g}, not {rate}")


def check_sizes(sizes: tuple[Any, ...]) -> None:
    """Raise ValueError unless these are pairs of a side in pixels and the share of the schedule until which it is used.

    >>> check_sizes(((24, 0.5), (32, 0.9)))
    Traceback (most recent call last):
    ValueError: the last of sizes must reach share 1.0, not ((24, 0.5), (32, 0.9))
    """
    for entry in sizes:
        if not isinstance(entry, tuple) or len(entry) != 2 or not whole(entry[0]) or not finite(entry[1]):
            raise ValueError(f"each of sizes must be (side in pixels, share of the schedule), not {entry!r:.80}")
    shares = [0.0, *(share for _, share in sizes)]
    if shares[-1] != 1.0:
        raise ValueError(f"the last of sizes must reach share 1.0, not {sizes}")
    if any(after <= before for before, after in pairwise(shares)):
        raise ValueError(f"the shares of sizes must rise from above 0 to 1.0, not {sizes}")
    if any(not SIDES[0] <= side <= SIDES[1] for side, _ in sizes):
        raise ValueError(f"the sides of sizes must be {SIDES[0]} to {SIDES[1]} pixels, not {sizes}")
