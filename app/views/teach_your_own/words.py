"""The sentences of Teach your own, computed from what the heads say; no Streamlit."""

from nat_app.shared.counts import interval
from nat_app.shared.language import N_, Titles, _, ngettext, number, pgettext
from nat_app.shared.words import Answer, literal, of_100, percent
from nat_app.views.teach_your_own.outcome import Outcome, direction
from nat_core.measure.metrics import wilson_interval
from nat_core.store.own_heads import AWARE, NONE_CLASS, PLAIN

HEAD_NAMES: Titles[str] = Titles({PLAIN: N_("Baseline"), AWARE: N_("NAT"), NONE_CLASS: N_('Class "none"')})
"""The three heads as a chart and a sentence call them."""
BEGIN = N_("Teach it things of your own.")
EXPLAINED = N_(
    "Name two to six things and give each five photos or more. Two classifiers learn them from the same start in a few "
    "seconds: one knows nothing else, the other is shown a world of other pictures and learns to have no opinion about "
    "them. Photos stay in memory and are gone when you leave."
)


# --- while the photos are chosen -------------------------------------------------------------------------------------


def nameless(place: int) -> str:
    """Return which thing has no name.

    >>> nameless(2)
    'Thing 2 has no name yet: give it one.'
    """
    return _("Thing {place} has no name yet: give it one.", place=place)


def same_name(name: str) -> str:
    """Return that two things are called alike."""
    return _("Two things are called {name}: give each a name of its own.", name=literal(name))


def too_few(lacking: int, name: str, least: int) -> str:
    """Return how many photos are missing.

    >>> too_few(3, "mug", 5)
    'Needs 3 more photos of mug: with fewer than 5 nobody can learn.'
    """
    return ngettext(
        "Needs {count} more photo of {name}: with fewer than {least} nobody can learn.",
        "Needs {count} more photos of {name}: with fewer than {least} nobody can learn.",
        lacking,
        name=literal(name),
        least=least,
    )


def too_many(left_out: int, most: int) -> str:
    """Return how many photos there was no room for."""
    return ngettext(
        "{count} photo was left out: there is room for {most} of each thing.",
        "{count} photos were left out: there is room for {most} of each thing.",
        left_out,
        most=most,
    )


def no_pictures(number: int) -> str:
    """Return how many files are no pictures."""
    return ngettext(
        "{count} file in there is not a picture, so it was left out.",
        "{count} files in there are not pictures, so they were left out.",
        number,
    )


def more(number: int) -> str:
    """Return how many further files have a problem."""
    return ngettext("{count} more file was left out.", "{count} more files were left out.", number)


def one_alone() -> str:
    """Return that photos are tried one by one."""
    return _("One photo at a time is tried here; the others were left out.")


def twice(name: str) -> str:
    """Return that a photo is there already."""
    return _("{name} is there already, so it was left out.", name=name)


def elsewhere(name: str, thing: str) -> str:
    """Return that a photo shows something else already: `thing` as it is called, "" for the negatives."""
    if not thing:
        return _("{name} is one of your negatives already, and cannot be both: take it out there first.", name=name)
    return _("{name} is a photo of {thing} already, and cannot be both: take it out there first.", name=name,
             thing=thing)  # fmt: skip


def unnamed(place: int) -> str:
    """Return what a thing without a name is called within a sentence."""
    return _("thing {place}", place=place)


def name_cut(most: int) -> str:
    """Return that a name was too long."""
    return _("A name has at most {most} characters: the rest was left out.", most=most)


def photos_of(number: int) -> str:
    """Return how many photos there are.

    >>> photos_of(0), photos_of(1), photos_of(7)
    ('no photo yet', '1 photo', '7 photos')
    """
    return ngettext("{count} photo", "{count} photos", number) if number else _("no photo yet")


# --- what came of it -------------------------------------------------------------------------------------------------


def title(found: Outcome) -> str:
    """Return the finding: how often others fool the two."""
    share = {kind: of_100(found.fools(kind) / found.pictures, found.pictures) for kind in (PLAIN, AWARE)}
    if direction(found.fooled[PLAIN], found.fooled[AWARE]) == 0:
        return _(
            "With negatives, {nat} other pictures fool it; without, {baseline}. That may be chance.",
            nat=share[AWARE], baseline=share[PLAIN],
        )  # fmt: skip
    return _(
        "Without negatives, {baseline} other pictures fool it; with them, {nat}.",
        baseline=share[PLAIN], nat=share[AWARE],
    )  # fmt: skip


def kept(found: Outcome) -> str:
    """Return how many of the visitor's photos the two keep, and whether that is more than chance."""
    told = _(
        "Of your {photos} photos, each judged by heads that never saw it, the baseline keeps {baseline} "
        "({baseline_right} of them correctly), NAT {nat} ({nat_right}). 95\u00a0% intervals: {baseline_interval}, "
        "{nat_interval}.",
        photos=found.photos,
        baseline=_of(found.keeps(PLAIN)), baseline_right=_of(found.names(PLAIN)),
        nat=_of(found.keeps(AWARE)), nat_right=_of(found.names(AWARE)),
        baseline_interval=interval(found.keeps(PLAIN), found.photos),
        nat_interval=interval(found.keeps(AWARE), found.photos),
    )  # fmt: skip
    return f"{told} {_(_COST[direction(found.kept[PLAIN], found.kept[AWARE])])}"


_COST = {
    -1: N_("That is the price of its doubt."),
    0: N_("So few photos cannot tell which of the two keeps more."),
    1: N_("NAT keeps more, and by more than chance."),
}


def _of(count: int) -> str:
    return str(count) if count else pgettext("how many", "none")


def of_yours(count: int, photos: int) -> str:
    """Return how many of the visitor's photos, counted whatever their number.

    >>> of_yours(33, 35)
    '33 of 35'
    """
    return _("{count} of {all}", count=_of(count), all=photos)


def not_apart(found: Outcome) -> str:
    """Return that the baseline cannot tell the things apart, "" where it can by more than chance.

    Whatever it is sure of: the share of the photos that it names correctly, unlearned, against naming always the same.
    """
    right = int(found.right[PLAIN].sum())
    if wilson_interval(right, found.photos).low > found.likeliest / found.photos:
        return ""
    return _(
        "Whether it can tell your things apart is not shown: of {photos} photos that it never saw, the baseline names "
        "{right} correctly, and always naming the same thing would get {likeliest}. It sees 32 x 32 pixels with the "
        "eyes of a network that learned ten other things. Take things that look less alike, or more photos.",
        photos=found.photos,
        right=right,
        likeliest=found.likeliest,
    )


def rival(found: Outcome) -> str:
    """Return what a class "none" of its own does in the place of no opinion, and how it compares with NAT."""
    fooled = direction(found.fooled[AWARE], found.fooled[NONE_CLASS])
    keeps = direction(found.kept[AWARE], found.kept[NONE_CLASS])
    told = _(
        'The other way, a class "none" that learns the same negatives: it keeps {kept} of your {photos}, and {fooled} '
        "other pictures fool it.",
        kept=_of(found.keeps(NONE_CLASS)),
        photos=found.photos,
        fooled=of_100(found.fools(NONE_CLASS) / found.pictures, found.pictures),
    )
    return f"{told} {_(_FOOLED[fooled])} {_(_KEEPS[keeps])}"


_FOOLED = {
    -1: N_("It is fooled less often than NAT."),
    0: N_("These pictures cannot tell which of the two is fooled less often."),
    1: N_("It is fooled more often than NAT."),
}
_KEEPS = {
    -1: N_("It keeps fewer of your photos."),
    0: N_("So few photos cannot tell which keeps more of yours."),
    1: N_("It keeps more of your photos."),
}


def chart_alt(found: Outcome) -> str:
    """Return what the chart says, for those who cannot see it."""
    rows = [
        _("{head}: keeps {kept} of {photos}, fooled by {fooled}.", head=HEAD_NAMES[kind], kept=_of(found.keeps(kind)),
          photos=found.photos, fooled=of_100(found.fools(kind) / found.pictures, found.pictures))
        for kind in HEAD_NAMES
    ]  # fmt: skip
    return " ".join(rows)


def photo_sentence(kind: str, answer: Answer, threshold: float) -> str:
    """Return what one head says of a photo at the threshold.

    >>> photo_sentence("nat", Answer(0.5, "mug"), 0.9).replace("\\xa0", " ")
    'NAT: at most 50 % mug, so none of these.'
    >>> photo_sentence("nat", Answer(0.002, "mug"), 0.9).replace("\\xa0", " ")
    'NAT: <1 % mug, so none of these.'
    """
    name, share, thing = HEAD_NAMES[kind], percent(answer.confidence), literal(answer.predicted)
    if answer.confidence > threshold:
        return _("{head}: {share} {thing}. Sure.", head=name, share=share, thing=thing)
    if share.startswith("<"):
        return _("{head}: {share} {thing}, so none of these.", head=name, share=share, thing=thing)
    return _("{head}: at most {share} {thing}, so none of these.", head=name, share=share, thing=thing)


def photo_title(sure: dict[str, bool]) -> str:
    """Return the finding on one photo: which of the two is sure of a thing."""
    return _(_PHOTO[sure[PLAIN], sure[AWARE]])


_PHOTO = {
    (True, True): N_("Both are sure of one of your things."),
    (True, False): N_("The baseline is sure. NAT says: none of these."),
    (False, True): N_("NAT is sure. The baseline is not."),
    (False, False): N_("Neither is sure, so both say: none of these."),
}


def how(network: str, numbers: int, pictures: int, kinds: tuple[str, ...]) -> str:
    """Return how it was taught and measured, for the caption."""
    told = _(
        "Only last layers were trained, on the {numbers} numbers into which a network turns each photo: {network}, its "
        "baseline, which learned ten other things and never saw a negative. The world: half of CIFAR-100's hundred "
        "kinds, and the gallery. Held out: {pictures:,} pictures of the other half and of ILSVRC. Some may show a "
        "thing like yours; being sure of it is not necessarily a mistake.",
        numbers=numbers,
        network=network,
        pictures=pictures,
    )
    if not kinds:
        return told
    named = ", ".join(pgettext("a kind of thing", kind.replace("_", " ")) for kind in kinds)
    left_out = _("Left out because they are named like yours: {kinds}.", kinds=named)
    return f"{told} {left_out}"


def took(world: int, seconds: float) -> str:
    """Return how many negatives were learned and how long it took.

    >>> took(2577, 1.24)
    '2,577 pictures of the world; 1.2 s.'
    """
    return _("{world:,} pictures of the world; {seconds} s.", world=world, seconds=number(seconds, ".1f"))


def learned() -> str:
    """Return where what came of the training stands, for whoever presses the button below it."""
    return _("Taught as they are now: what came of it is above.")


def changed() -> str:
    """Return the sentence for things that were changed since."""
    return _("Your things have changed since. Press Train to teach them as they are now.")
