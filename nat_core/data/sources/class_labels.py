"""Labels as others write them: by other names for the classes, or by numbers and rows of zeros with a single 1.

And what they call the arrays of pictures and of labels. A folder `plane`, a label `Car` or a class `0 - zero` is one
that a network knows.
"""

from collections.abc import Collection, Sequence

import numpy as np
from jaxtyping import Int

from nat_core.language import _
from nat_core.measure.predictions import MAX_CLASSES

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
CLASS_KEYS = ("classes", "class_names", "label_names")
"""Arrays that name the classes, the first that is there."""
SPLITS = ("test", "val", "train")
"""The parts of an .npz file, in the order in which a stranger's is asked for them."""
_IMAGES = ("{}_images", "x_{}", "{}_x", "{}_data")
_LABELS = ("{}_labels", "y_{}", "{}_y", "{}_targets")
"""What arrays of a part are called: by MedMNIST, by Keras, and by others."""
_WHOLE = (("images", "labels"), ("x", "y"), ("data", "targets"), ("data", "labels"))
"""Arrays of pictures and of labels of sets that are in one part."""
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


def as_labels(found: np.ndarray, classes: tuple[str, ...] = ()) -> tuple[Int[np.ndarray, " n"], tuple[str, ...]]:
    """Return labels of any usual kind as class numbers, with the classes' names where they are known.

    Whole numbers and floats that are whole stay what they are, names are numbered by `classes` or else in their own
    order, a row of zeros with a single 1 is the place of the 1. Raises ValueError, a sentence without its subject, for
    anything else.

    >>> as_labels(np.array(["dog", "cat", "dog"]))[0].tolist(), as_labels(np.eye(3))[0].tolist()
    ([1, 0, 1], [0, 1, 2])
    """
    flat = found.reshape(len(found), -1)
    if not flat.size:
        raise ValueError(_("holds no label: put one for each picture into it, or leave it out"))
    if found.dtype.kind in "US":
        labels, classes = _named(flat, classes)
    elif found.dtype.kind in "biuf":
        labels = _numbered(flat)
    else:
        raise ValueError(_("holds {kind}, neither numbers nor names: save one of these", kind=str(found.dtype)))
    if labels.min() < 0 or labels.max() >= (len(classes) or MAX_CLASSES):
        ends = {"least": int(labels.min()), "last": int(labels.max())}
        if classes:
            told = _(
                "goes from {least} to {last}, but the number of named classes is {count}: labels count from 0",
                **ends,
                count=len(classes),
            )
        else:
            told = _(
                "goes from {least} to {last}, and at most {most:,} classes are read: labels count from 0",
                **ends,
                most=MAX_CLASSES,
            )
        raise ValueError(told)
    return labels, classes


def _named(flat: np.ndarray, classes: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    if flat.shape[1] != 1:
        raise ValueError(_("gives {count} names a picture: one is needed, or leave it out", count=flat.shape[1]))
    names = as_names(flat[:, 0])
    classes = classes or tuple(sorted(set(names)))
    if len(classes) > MAX_CLASSES:
        told = _(
            "has {count:,} different names: at most {most:,} classes are read", count=len(classes), most=MAX_CLASSES
        )
        raise ValueError(told)
    places = {name: place for place, name in enumerate(classes)}
    if strange := next((f"{name!r:.60}" for name in names if name not in places), None):
        raise ValueError(
            _("names {strange}, which is none of the classes: name each class in classes", strange=strange)
        )
    return np.array([places[name] for name in names], np.int64), classes


def _numbered(flat: np.ndarray) -> np.ndarray:
    if flat.shape[1] > 1:
        # One row a picture with a single 1, as many write them for a softmax.
        if not (((flat == 0) | (flat == 1)).all() and (flat.sum(axis=1, dtype=np.int64) == 1).all()):
            told = _(
                "gives {count} numbers a picture, which are not a single 1 among zeros: save one class each, or leave "
                "it out",
                count=flat.shape[1],
            )
            raise ValueError(told)
        return flat.argmax(axis=1).astype(np.int64)
    labels = flat[:, 0]
    if labels.dtype.kind == "f":
        with np.errstate(all="ignore"):
            wide = labels.astype(np.float64)
        # Neither is true of NaN.
        if not ((np.abs(wide) <= 2**31) & (wide == np.floor(wide))).all():
            raise ValueError(_("holds numbers that are not whole: save one class each, counted from 0"))
    if labels.dtype.kind == "u" and labels.max() > 2**31:
        raise ValueError(_("goes up to {last}: labels count from 0", last=int(labels.max())))
    return labels.astype(np.int64)


def as_names(found: np.ndarray) -> tuple[str, ...]:
    """Return an array's names as strings that every page, file and terminal can show.

    >>> as_names(np.array(["cat", "dog"]))
    ('cat', 'dog')
    """
    if found.dtype.kind == "S":
        return tuple(each.decode("utf-8", "replace") for each in found.tolist())
    # Not tolist(): four bytes may be no character at all, or half a pair of surrogates, which is in no text.
    width = found.dtype.itemsize // 4
    text = found.astype(found.dtype.newbyteorder("<")).tobytes().decode("utf-32-le", "replace")
    return tuple(text[start : start + width].rstrip("\0") for start in range(0, len(text), width))


def arrays_of(keys: Sequence[str], splits: Sequence[str] = SPLITS, *, whole: bool = True) -> tuple[str, str] | None:
    """Return the arrays of pictures and of labels of the first of these parts that is there, as the file writes them.

    With `whole` a set that is in one part has what is asked for. None where no array holds pictures by its name.

    >>> arrays_of(["x_train", "X_test", "y_test"]), arrays_of(["images", "labels"]), arrays_of(["arr_0"])
    (('X_test', 'y_test'), ('images', 'labels'), None)
    """
    plain = {key.casefold(): key for key in reversed(keys)}
    for split in splits:
        images = next((plain[each] for form in _IMAGES if (each := form.format(split)) in plain), None)
        if images is not None:
            labels = [plain[each] for form in _LABELS if (each := form.format(split)) in plain]
            return images, labels[0] if labels else f"{split}_labels"
    for images, labels in _WHOLE if whole else ():
        if images in plain and (labels in plain or images != "data"):
            return plain[images], plain.get(labels, labels)
    return None


def unread(keys: Sequence[str], read: Collection[str]) -> tuple[str, ...]:
    """Return a sentence where a file holds arrays that are neither read nor another part of the set.

    >>> unread(["test_images", "train_images", "y"], {"test_images"})
    ('It also holds y, not read: labels are read from test_labels, their names from classes.',)
    """
    # Labels alone are no part: whoever put them beside the pictures of another takes them for theirs.
    parts = {each for split in SPLITS for each in arrays_of(keys, [split], whole=False) or ()} | {*CLASS_KEYS}
    rest = [f"{key:.40}" for key in keys if key not in read and key not in parts]
    if not rest:
        return ()
    names = ", ".join(rest[:5])
    if len(rest) > 5:
        names = _("{names} and {count} more", names=names, count=len(rest) - 5)
    told = _(
        "It also holds {names}, not read: labels are read from test_labels, their names from classes.", names=names
    )
    return (told,)
