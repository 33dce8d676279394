"""What others call the classes: a folder `plane`, a label `Car` or a class `0 - zero` is one that a network knows."""

from collections.abc import Sequence

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "airplane": ("plane", "aeroplane", "aircraft", "jet", "flugzeug"),
    "automobile": ("car", "auto", "motorcar"),
    "bird": ("vogel",),
    "cat": ("katze",),
    "deer": ("hirsch", "reh"),
    "dog": ("hund",),
    "frog": ("frosch",),
    "horse": ("pferd",),
    "ship": ("boat", "schiff", "boot"),
    "truck": ("lorry", "lastwagen", "lkw"),
    "0": ("zero", "null", "0 zero", "digit 0"),
    "1": ("one", "eins", "1 one", "digit 1"),
    "2": ("two", "zwei", "2 two", "digit 2"),
    "3": ("three", "drei", "3 three", "digit 3"),
    "4": ("four", "vier", "4 four", "digit 4"),
    "5": ("five", "fünf", "5 five", "digit 5"),
}
"""Names in use for the classes of the networks here: in PyTorch's tutorials (plane, car), STL-10 (car), Pascal VOC
(aeroplane, boat), torchvision's MNIST (0 - zero), and in German."""
_OURS = {other: name for name, others in OTHER_NAMES.items() for other in (name, *others)}


def usual_name(name: str) -> str:
    """Return the name that the networks here use for a class, or the name in small letters where they know none.

    >>> usual_name("Plane"), usual_name("Cars"), usual_name("0 - zero"), usual_name("Teapot")
    ('airplane', 'automobile', '0', 'teapot')
    """
    plain = " ".join("".join(sign if sign.isalnum() else " " for sign in name.casefold()).split())
    return _OURS.get(plain) or _OURS.get(plain.removesuffix("s")) or plain or name


def places_among(names: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Return the place of each name among a network's classes, whatever they are called; -1 for one that is not there.

    >>> places_among(["car", "teapot", "plane"], ["airplane", "automobile"])
    [1, -1, 0]
    """
    # The exact name first: a network may have a class "plane" and one "airplane".
    exact = {name: place for place, name in reversed(list(enumerate(classes)))}
    usual = {usual_name(name): place for place, name in reversed(list(enumerate(classes)))}
    return [exact.get(name, usual.get(usual_name(name), -1)) for name in names]
