"""The sentences about what a visitor brought along, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.counts import FEW, Compared, chance, interval, intervals, number_of, of_what
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.language import N_, Titles, _, ngettext, number
from nat_app.shared.pairs import in_markdown, pictures_of
from nat_app.shared.words import ENOUGH, HARD_SPACE, literal, threshold_share

NOTHING_YET = N_("Bring your own pictures, or a network of your own.")
ROLE_QUESTION = N_("What do the pictures show?")
ROLES: Titles[str] = Titles(
    {"negatives": N_("Things in none of the classes"), "in distribution": N_("The things the networks know")}
)
"""What a visitor may say of an image set, by its role."""
SHOWN: Titles[str] = Titles(
    {"negatives": N_("things in none of the classes"), "in distribution": N_("the things the networks know")}
)
"""The same beside its name."""
FORMATS = N_(
    "A zip file with one folder a class, or an .npz file with the keys of MedMNIST: `test_images` (uint8, n x height x "
    "width, or x 3), and if you like `test_labels` and `classes`. Up to 10,000 pictures are asked about."
)
NETWORK = N_(
    "A safetensors file with the state dict of a ResNet-18 for 32 x 32 pictures, a WRN-40-1, a WRN-16-1 or a WRN-10-1 "
    "(their shapes are in `nat_core/network/models.py`; your layers may bear other names), up to 60 MB; with it, if "
    "you like, a `card.json` with its `classes`, `mean` and `std`."
)
STANDS: Titles[Kind] = Titles(
    {"baseline": N_("Baseline: it saw no negatives"), "nat": N_("NAT: it learned with negatives")}
)
"""What a visitor's network stands for in the comparison."""
MEMORY = N_("It stays in memory, is in no link, and is gone when you leave.")
SAMPLE_SET = N_(
    "{count} photos of our gallery, of things that are none of the ten, in an .npz file: what such a file looks like."
)
SAMPLE_NETWORK = N_("Our `{name}`, a {title}, as if it were yours.")
GUESSING = 2.0
"""How many times chance a network's accuracy may be and still look like guessing."""


def set_line(pictures: int, classes: int, skipped: Sequence[str], passed_over: Sequence[str] = ()) -> str:
    """Return what an image set holds: how many pictures and classes, and what of its file it does not hold.

    >>> set_line(12, 3, ["one of them is empty"])
    '12 pictures in 3 classes. 1 file could not be read: one of them is empty'
    """
    held = ngettext("{count:,} picture", "{count:,} pictures", pictures)
    if classes:
        held += ngettext(" in {count} class", " in {count} classes", classes)
    told = []
    if skipped:
        told.append(
            ngettext(
                "{count:,} file could not be read: {first}",
                "{count:,} files could not be read: {first}",
                len(skipped),
                first=literal(skipped[0]),
            )
        )
    return " ".join([f"{held}.", *told, *map(literal, passed_over)])


def own_title(sure: Compared, threshold: float, *, known: bool = False) -> str:
    """Return the finding on an image set of the visitor's: how many pictures each network is sure of, and no verdict.

    `known` is for pictures of things that the networks know; `threshold` in [0, 1].
    """
    few, said = sure.pictures <= FEW, _said(sure) | {"t": threshold_share(threshold)}
    if known and few:
        return _("Too few for a rate: above {t}, the baseline keeps {baseline} of {pictures}, NAT {nat}.", **said)
    if known:
        return _("Above {t}, the baseline keeps {baseline} of {pictures}, NAT {nat}.", **said)
    if few:
        return _(
            "Too few for a rate: above {t}, the baseline is fooled by {baseline} of {pictures}, NAT by {nat}.", **said
        )
    return _("Above {t}, the baseline is fooled by {baseline} of {pictures}, NAT by {nat}.", **said)


def _said(found: Compared) -> dict[str, str]:
    """Both networks' numbers, and of how many they are, as sentences take them."""
    numbers = {kind: number_of(found.counts[kind], found.pictures) for kind in KINDS}
    return {**numbers, "pictures": of_what(found.pictures)}


def own_sentence(sure: Compared, *, known: bool = False) -> str:
    """Return how far the numbers of an image set can be trusted: its intervals, and whether chance may have made them.

    "" where there are too few pictures for that.
    """
    if sure.pictures <= FEW:
        return ""
    more = N_("which network keeps more") if known else N_("which network is fooled less often")
    counted = ngettext("{count:,} picture", "{count:,} pictures", sure.pictures)
    return f"{counted}, {intervals(sure)} {chance(sure, more)}".strip()


def right_sentence(right: Compared, pictures: int | None = None) -> str:
    """Return on how many of the visitor's own pictures both networks are correct.

    `pictures` is how many there are in all, where some are of a class that the networks do not know.
    """
    if pictures is not None and pictures > right.pictures:
        told = ngettext(
            "By your labels, on the {count:,} picture of a class that they know, the baseline is correct on {baseline} "
            "of {pictures}, NAT on {nat}.",
            "By your labels, on the {count:,} pictures of classes that they know, the baseline is correct on "
            "{baseline} of {pictures}, NAT on {nat}.",
            right.pictures,
            **_said(right),
        )
    else:
        told = _("By your labels, the baseline is correct on {baseline} of {pictures}, NAT on {nat}.", **_said(right))
    if right.pictures <= FEW:
        return told
    question = N_("which network is correct more often")
    return f"{told} {intervals(right)} {chance(right, question)}".strip()


def unmatched_sentence(classes: Sequence[str], known: Sequence[str]) -> str:
    """Return what becomes of labels that say nothing to the networks; "" where the set has none.

    `classes` are the set's that no network knows, `known` those that the networks know.

    >>> unmatched_sentence(["0", "1"], ["cat", "dog"])[:57]
    'Its labels are numbers without names, so no answer is hel'
    """
    if not classes:
        return ""
    if all(name.isdigit() for name in classes):
        return _(
            "Its labels are numbers without names, so no answer is held against them: name them in an array `classes`, "
            "such as {example}.",
            example=literal(", ".join(known[:3])),
        )
    shown = literal(", ".join(classes[:5]))
    if len(classes) > 5:
        shown += " …"
    return ngettext(
        "The networks know no class {names}, so no answer is held against it.",
        "The networks know none of the classes {names}, so no answer is held against them.",
        len(classes),
        names=shown,
    )


def known_after_all(classes: Sequence[str]) -> str:
    """Return a doubt where pictures of none of the classes bear the names of some; "" where they do not.

    >>> known_after_all(["cat"])
    'Its class cat is one that the networks know: is it none of theirs even so?'
    """
    if not classes:
        return ""
    return ngettext(
        "Its class {names} is one that the networks know: is it none of theirs even so?",
        "Its classes {names} are ones that the networks know: are they none of theirs even so?",
        len(classes),
        names=literal(", ".join(classes[:5])),
    )


# --- a network -------------------------------------------------------------------------------------------------------


def network_line(architecture: str, parameters: int, sets: dict[str, int]) -> str:
    """Return what a visitor's network is, and how many pictures of which sets it was asked about.

    >>> network_line("wrn16_1", 175066, {"ilsvrc": 1000, "gallery_none": 22})
    'wrn16_1, 175,066 parameters. Asked about: 1,000 ILSVRC pictures, 22 gallery photos of other things.'
    """
    asked = ", ".join(in_markdown(name, pictures_of(name, count, "dative")) for name, count in sets.items())
    return _(
        "{architecture}, {parameters:,} parameters. Asked about: {asked}.",
        architecture=architecture,
        parameters=parameters,
        asked=asked,
    )


def beside_line(name: str, parameters: int) -> str:
    """Return which of our networks a visitor's is compared with.

    >>> beside_line("ResNet-18 NAT", 11173962)
    'Beside it: ResNet-18 NAT, 11,173,962 parameters.'
    """
    return _("Beside it: {name}, {parameters:,} parameters.", name=name, parameters=parameters)


def comparison_title(sure: Compared, threshold: float, title: str) -> str:
    """Return the finding on a visitor's network and the one beside it, on the set of negatives called `title`."""
    # Pictures of ours, not the visitor's: "of 22", where theirs are "of your 22".
    of = "100" if sure.pictures >= ENOUGH else number(sure.pictures, ",")
    said = _said(sure) | {"t": threshold_share(threshold), "title": title, "pictures": of}
    if sure.pictures <= FEW:
        return _("{title}: too few for a rate. The baseline is fooled by {baseline}, NAT by {nat}.", **said)
    return _("{title}: above {t}, the baseline is fooled by {baseline} of {pictures}, NAT by {nat}.", **said)


def share_cell(count: int, pictures: int) -> str:
    """Return a share of pictures with its 95 % interval, or, of few, the count alone.

    >>> share_cell(200, 300) == f"66.7{HARD_SPACE}% ({interval(200, 300)})", share_cell(2, 3)
    (True, '2')
    """
    if pictures <= FEW:
        return str(count)
    return f"{number(100 * count / pictures, '.1f')}{HARD_SPACE}% ({interval(count, pictures)})"


def verdict(found: Compared, *, known: bool) -> str:
    """Return which network does better on a set, in a word or two: none where chance could make the difference."""
    if found.pictures <= FEW:
        return _("too few")
    if found.fewer is None:
        return _("may be chance")
    # Of what is known, more is better; of negatives, fewer.
    better = {"baseline": "nat", "nat": "baseline"}[found.fewer] if known else found.fewer
    return _("baseline better") if better == "baseline" else _("NAT better")


def accuracy_sentence(right: int, pictures: int, classes: int) -> str:
    """Return how often a visitor's network is correct, and a warning where that is no better than guessing.

    >>> accuracy_sentence(1, 3, 10)
    'Yours is correct on 1 of the 3 pictures that it should know.'
    """
    told = _(
        "Yours is correct on {share} of the {pictures:,} pictures that it should know.",
        share=share_cell(right, pictures),
        pictures=pictures,
    )
    if pictures <= FEW or right / pictures >= GUESSING / classes:
        return told
    doubt = _(
        "That is little better than guessing: are its classes in this order, and were its pictures normalised by "
        "these means and deviations?"
    )
    return f"{told} {doubt}"
