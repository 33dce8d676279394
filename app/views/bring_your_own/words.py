"""The sentences about what a visitor brought along, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.counts import FEW, Compared, chance, intervals, number_of, of_what
from nat_app.shared.palette import KINDS, Kind
from nat_app.shared.words import literal, plural, threshold_share

NOTHING_YET = "Bring your own pictures, or a network of your own."
ROLE_QUESTION = "What do the pictures show?"
ROLES = {"negatives": "Things of none of the classes", "in distribution": "The things the networks know"}
"""What a visitor may say of an image set, by its role."""
FORMATS = (
    "A zip file with one folder a class, or an .npz file with the keys of MedMNIST: `test_images` (uint8, n x height x "
    "width, or x 3), and if you like `test_labels` and `classes`. Up to 10,000 pictures are asked about."
)
NETWORK = (
    "A safetensors file with the state dict of a ResNet-18 for 32 x 32 pictures, a WRN-40-1, a WRN-16-1 or a WRN-10-1 "
    "(their shapes are in `nat_core/network/models.py`), up to 60 MB; with it, if you like, a `card.json` with its "
    "`classes`, `mean` and `std`."
)
STANDS: dict[Kind, str] = {"baseline": "Baseline: it saw no negatives", "nat": "NAT: it learned with negatives"}
"""What a visitor's network stands for in the comparison."""
MEMORY = "It stays in memory, is in no link, and is gone when you leave."


def set_line(pictures: int, classes: int, skipped: Sequence[str], passed_over: Sequence[str] = ()) -> str:
    """Return what an image set holds: how many pictures and classes, and what of its file it does not hold.

    >>> set_line(12, 3, ["one of them is empty"])
    '12 pictures in 3 classes. 1 file could not be read: one of them is empty'
    """
    held = plural(pictures, "picture") + (f" in {classes} {'class' if classes == 1 else 'classes'}" if classes else "")
    told = [f"{plural(len(skipped), 'file')} could not be read: {literal(skipped[0])}"] if skipped else []
    return " ".join([f"{held}.", *told, *map(literal, passed_over)])


def own_title(sure: Compared, threshold: float, *, known: bool = False) -> str:
    """Return the finding on an image set of the visitor's: how many pictures each network is sure of, and no verdict.

    `known` is for pictures of things that the networks know; `threshold` in [0, 1].
    """
    baseline, nat = (number_of(sure.counts[kind], sure.pictures) for kind in KINDS)
    does, by = ("keeps", "") if known else ("is fooled by", "by ")
    few = "Too few for a rate: above" if sure.pictures <= FEW else "Above"
    above = f"{few} {threshold_share(threshold)}"
    return f"{above}, the baseline {does} {baseline} of {of_what(sure.pictures)}, NAT {by}{nat}."


def own_sentence(sure: Compared, *, known: bool = False) -> str:
    """Return how far the numbers of an image set can be trusted: its intervals, and whether chance may have made them.

    "" where there are too few pictures for that.
    """
    if sure.pictures <= FEW:
        return ""
    more = "which network keeps more" if known else "which network is fooled less often"
    return f"{plural(sure.pictures, 'picture')}, {intervals(sure)} {chance(sure, more)}".strip()


def right_sentence(right: Compared) -> str:
    """Return on how many of the visitor's own pictures both networks are correct."""
    baseline, nat = (number_of(right.counts[kind], right.pictures) for kind in KINDS)
    told = f"By your labels, the baseline is correct on {baseline} of {of_what(right.pictures)}, NAT on {nat}."
    if right.pictures <= FEW:
        return told
    return f"{told} {intervals(right)} {chance(right, 'which network is correct more often')}".strip()


def network_line(architecture: str, parameters: int, sets: dict[str, int]) -> str:
    """Return what a visitor's network is, and how many pictures of which sets it was asked about.

    >>> network_line("wrn16_1", 175066, {"Noise": 2000, "ILSVRC": 1000})
    'wrn16_1, 175,066 parameters. Asked about: 2,000 Noise, 1,000 ILSVRC.'
    """
    asked = ", ".join(f"{number:,} {name}" for name, number in sets.items())
    return f"{architecture}, {parameters:,} parameters. Asked about: {asked}."
