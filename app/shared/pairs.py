"""The pairs that the sidebar offers: a baseline and a NAT network, with the plain names that a visitor reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import N_, Titles, _, pgettext
from nat_app.shared.words import literal
from nat_core.language import legible
from nat_core.recipes import NAT_STRONG, PAIRS, Role


@dataclass(frozen=True)
class Pair:
    """Two networks alike in all but the negatives."""

    key: str
    """Its name in links and in the session."""
    name: str
    """Its plain name in English, with the exact one in brackets."""
    baseline: str
    """Name of the checkpoint that never saw negatives."""
    nat: str
    paper: tuple[str, str] | None
    """The two networks of the paper that stand beside it, or None where the paper has none."""
    note: str = ""
    """What differs from the paper's, in one English sentence."""
    teachers: tuple[str, str] = PAIRS["wrn40_1"]

    @property
    def title(self) -> str:
        """Its plain name, with the exact one in brackets."""
        return _(self.name)

    @property
    def paper_note(self) -> str:
        """What differs from the paper's, in one sentence."""
        return _(self.note) if self.note else ""

    @property
    def names(self) -> tuple[str, str]:
        """Both checkpoints' names, the baseline first."""
        return self.baseline, self.nat

    @property
    def by_kind(self) -> dict[Kind, str]:
        """Both checkpoints' names by kind."""
        return {"baseline": self.baseline, "nat": self.nat}


DIGITS = "digits"
"""The key of the pair that knows handwritten digits and no photos."""
_SMALLER = N_("The paper's network is a ResNet-18, many times larger than this one.")

OFFERED = (
    Pair("resnet18", N_("Large network (ResNet-18)"), *PAIRS["resnet18"], paper=PAIRS["resnet18"]),
    Pair(
        "resnet18_strong",
        N_("Large network, eight times the negatives"),
        PAIRS["resnet18"][0],
        NAT_STRONG,
        PAIRS["resnet18"],
        N_("Shown 64 negatives a step of weight 2, the paper's 8 of weight 1."),
    ),
    Pair("wrn40_1", N_("Middle network (WRN-40-1)"), *PAIRS["wrn40_1"], PAIRS["resnet18"], _SMALLER),
    Pair("wrn16_1", N_("Small network (WRN-16-1)"), *PAIRS["wrn16_1"], PAIRS["resnet18"], _SMALLER),
    Pair("students", N_("Students (WRN-16-1)"), *PAIRS["students"], paper=PAIRS["students"]),
    Pair(DIGITS, N_("Handwritten digits (tiny)"), *PAIRS["digits"], paper=None),
)
DEFAULTS = ("resnet18", "wrn40_1", "wrn16_1")
"""The pairs to begin with: the first whose two networks are here, else the last."""

SET_TITLES: Titles[str] = Titles(
    {
        "cifar10_test": N_("CIFAR-10 test"),
        "cifar100_train": N_("CIFAR-100 train"),
        "cifar100_test": N_("CIFAR-100 test"),
        "ilsvrc": N_("ILSVRC"),
        "ilsvrc_strict": N_("ILSVRC without the ten classes"),
        "ilsvrc_strict_near": N_("ILSVRC without look-alikes"),
        "noise": N_("Noise"),
        "gallery_known": N_("Gallery, the ten things"),
        "gallery_none": N_("Gallery, other things"),
        "digits_test": N_("Digits 0 to 5, test"),
        "digits_67_train": N_("Digits 6 and 7, train"),
        "digits_67_test": N_("Digits 6 and 7, test"),
        "digits_89": N_("Digits 8 and 9"),
    }
)
ROLE_TITLES: Titles[str] = Titles(
    {
        Role.IN_DISTRIBUTION: N_("known"),
        Role.TRAINED_ON: N_("used in training"),
        Role.SAME_SOURCE: N_("same source"),
        Role.UNSEEN: N_("never seen"),
    }
)
OWN = "own/"
"""What the names of a visitor's image sets and networks begin with."""
OWN_PAIR = "own"
"""The key of the pair with a visitor's network; it is in no link."""


def pair_named(key: str) -> Pair:
    """Return the pair with this key. Raises ValueError naming the known ones."""
    for pair in OFFERED:
        if pair.key == key:
            return pair
    raise ValueError(f"unknown pair {key!r}; known: {', '.join(pair.key for pair in OFFERED)}")


def default_pair(present: Sequence[str]) -> Pair:
    """Return the pair to begin with, given the names of the checkpoints that are here.

    >>> default_pair(["wrn16_1_baseline", "wrn16_1_nat", "resnet18_nat"]).key
    'wrn16_1'
    """
    for key in DEFAULTS:
        if set(pair_named(key).names) <= set(present):
            return pair_named(key)
    return pair_named(DEFAULTS[-1])


def own_name(digest: str, title: str) -> str:
    """Return the name of what a visitor brought: the digest of its content tells it from another of the same title."""
    # Two slashes and no more: `short_name` and the pages split the name at them.
    return f"{OWN}{digest}/{legible(title).replace('/', ' ')}"


def short_name(name: str) -> str:
    """Return a network's or image set's own name, for a visitor's the name of its file.

    >>> short_name("wrn16_1_nat"), short_name(own_name("02ec1f60", "mine.safetensors"))
    ('wrn16_1_nat', 'Yours: mine.safetensors')
    """
    return _("Yours: {file}", file=name.split("/", 2)[2]) if name.startswith(OWN) else name


def stored_name(name: str) -> str:
    """Return the name of the checkpoint behind a network that stands beside a visitor's.

    >>> stored_name("wrn16_1_nat@02ec1f60")
    'wrn16_1_nat'
    """
    return name.partition("@")[0]


def set_title(name: str) -> str:
    """Return an image set's plain name; its own name where we have none.

    >>> set_title("noise"), set_title(own_name("02ec1f60", "flowers.npz"))
    ('Noise', 'Yours: flowers.npz')
    """
    return SET_TITLES.get(name, short_name(name))


def in_markdown(name: str, text: str) -> str:
    """Return what is said of an image set so that Markdown shows it as it is, where the set's name is a stranger's.

    >>> in_markdown("noise", "1,000 *noise*"), in_markdown(own_name("02ec1f60", "a_b.npz"), "a_b")
    ('1,000 *noise*', 'a\\\\_b')
    """
    return text if name in SET_TITLES else literal(text)


def pictures_of(name: str, number: int, case: Literal["nominative", "dative"] = "nominative") -> str:
    """Return how many pictures of an image set there are, in words, as the sentence around them needs it.

    >>> pictures_of("ilsvrc", 1000), pictures_of(own_name("02ec1f60", "flowers.npz"), 3)
    ('1,000 ILSVRC pictures', '3 pictures of yours (flowers.npz)')
    >>> pictures_of("gallery_none", 22)
    '22 gallery photos of other things'
    """
    # Their titles say what the photos show, and do not stand before "pictures" as an image set's name does.
    if name == "gallery_known":
        return _("{count:,} gallery photos of the ten things", count=number)
    if name == "gallery_none":
        return _("{count:,} gallery photos of other things", count=number)
    if name.startswith(OWN):
        file = name.split("/", 2)[2]
        if case == "dative":
            return pgettext("dative", "{count:,} pictures of yours ({file})", count=number, file=file)
        return pgettext("nominative", "{count:,} pictures of yours ({file})", count=number, file=file)
    if case == "dative":
        return pgettext("dative", "{count:,} {set} pictures", count=number, set=set_title(name))
    return pgettext("nominative", "{count:,} {set} pictures", count=number, set=set_title(name))
