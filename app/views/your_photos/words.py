"""The sentences of Your photos, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.classes import any_of
from nat_app.shared.counts import FEW, TOO_FEW, Compared, chance, interval
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import N_, Titles, _, ngettext, pgettext
from nat_app.shared.words import literal, threshold_share
from nat_core.data.headers.names import SYSTEMS
from nat_core.measure.rounding import difference

NAMED = 6
"""How many unreadable files are named one by one."""
SEEN = N_("the 32 x 32 pixels that the networks see")
FOOLS = {
    (True, True): (N_("It fools both."), N_("The photo of a thing they never learned fools both.")),
    (True, False): (
        N_("It fools the baseline, not NAT."),
        N_("The photo of a thing they never learned fools the baseline, not NAT.")
    ),
    (False, True): (
        N_("It fools NAT, not the baseline."),
        N_("The photo of a thing they never learned fools NAT, not the baseline.")
    ),
    (False, False): (N_("It fools neither."), N_("The photo of a thing they never learned fools neither.")),
}  # fmt: skip
"""Whom one photo fools, by whether it fools the baseline and NAT: the only photo, or the only one of its kind."""
KEPT_BY = {
    (True, True): N_("The photo of a thing they know is kept by both."),
    (True, False): N_("The photo of a thing they know is kept by the baseline alone."),
    (False, True): N_("The photo of a thing they know is kept by NAT alone."),
    (False, False): N_("The photo of a thing they know is kept by neither."),
}
"""By whom the one photo of a known thing is kept, by whether the baseline and NAT keep it."""
SQUARES: Titles[str] = Titles({"centre": N_("Cut to the centre"), "squash": N_("Squash"), "pad": N_("Pad with white")})
"""The ways of making a photo square, by the names of `images.CROPS`."""


def findings(fooled: Compared | None, known: int, kept: dict[Kind, int], waiting: int) -> list[str]:
    """Return the title and the sentences below it, without those that have nothing to say.

    `fooled` are the photos of things of no class, None for none; `known` those of things of the classes, of which each
    network keeps `kept`; of `waiting` nobody has said what they show.
    """
    sentences = [photos_title(fooled, known, waiting)]
    if fooled is not None:
        sentences.append(photos_sentence(fooled))
    if known:
        sentences.append(known_sentence(kept, known))
    if waiting:
        sentences.append(waiting_sentence(waiting))
    return sentences


def photos_title(fooled: Compared | None, known: int, waiting: int) -> str:
    """Return the finding on the visitor's photos in one short sentence: counts, and no verdict."""
    if fooled is None:
        if known and not waiting:
            return ngettext("They know what this shows.", "They know what these show.", known)
        return ngettext("What does your photo show?", "What do your photos show?", known + waiting)
    baseline, nat, number = fooled.counts["baseline"], fooled.counts["nat"], fooled.pictures
    if number == 1:
        return _(FOOLS[bool(baseline), bool(nat)][bool(known)])
    if baseline == nat:
        if nat:
            return _("Each is fooled by {count} of your {all}.", count=nat, all=number)
        return _("Neither is fooled by any of your {all}.", all=number)
    counts = {kind: each or pgettext("how many photos", "none") for kind, each in fooled.counts.items()}
    if baseline == 1:
        return _("Of your {all}, {baseline} fools the baseline, {nat} NAT.", all=number, **counts)
    return _("Of your {all}, {baseline} fool the baseline, {nat} NAT.", all=number, **counts)


def photos_sentence(fooled: Compared) -> str:
    """Return how many of the visitor's photos of other things each network is wrongly sure of, and how sure that is."""
    if fooled.pictures <= FEW:
        return _(TOO_FEW)
    # With a handful of photos the interval is wide, and saying so is the point.
    baseline, nat = fooled.counts["baseline"], fooled.counts["nat"]
    told = _(
        "The baseline is wrongly sure of {baseline} of your {all} (95\u00a0% interval {span}), NAT of {nat} (95\u00a0% "
        "interval {nat_span}).",
        baseline=baseline,
        all=fooled.pictures,
        span=interval(baseline, fooled.pictures),
        nat=nat,
        nat_span=interval(nat, fooled.pictures),
    )
    return f"{told} {chance(fooled)}".strip()


def known_sentence(kept: dict[Kind, int], known: int) -> str:
    """Return how many of the photos of known things each network keeps."""
    if known == 1:
        return _(KEPT_BY[bool(kept["baseline"]), bool(kept["nat"])])
    return _(
        "Of the {count} photos of things they know, the baseline keeps {baseline}, NAT {nat}.", count=known, **kept
    )


def waiting_sentence(waiting: int) -> str:
    """Return that photos count nowhere until the visitor has said what they show."""
    return ngettext(
        "One photo is not counted until you say what it shows.",
        "{count} photos are not counted until you say what they show.",
        waiting,
    )


def photos_caption(number: int, threshold: float) -> str:
    """Return what stands below the cards: how many there are, in which order, and what the marks mean."""
    return ngettext(
        "{count:,} photo. Sure means above {threshold}. Hatched grey bars: baseline. Solid blue bars: NAT. Dashed: no "
        "opinion.",
        "{count:,} photos, those that the two disagree on most first. Sure means above {threshold}. Hatched grey bars: "
        "baseline. Solid blue bars: NAT. Dashed: no opinion.",
        number,
        threshold=threshold_share(threshold),
    )


def list_caption(number: int) -> str:
    """Return what stands below the table of a phone."""
    return ngettext(
        "{count:,} photo, and how sure each network is of its answer.",
        "{count:,} photos, those that the two disagree on most first, and how sure each network is of its answer.",
        number,
    )


def in_percent(confidence: float, *, tenths: bool) -> float:
    """Return a confidence as the table holds it: what is not quite certain is never rounded to 100.

    `tenths` is whether the table writes them.

    >>> [in_percent(each, tenths=True) for each in (0.5, 0.9998, 1)], in_percent(0.9998, tenths=False)
    ([50.0, 99.94, 100], 99.49)
    """
    share = 100 * confidence
    return share if confidence == 1 else min(share, 99.94 if tenths else 99.49)


def apart(first: float, second: float, *, tenths: bool) -> float:
    """Return by how much two of the table's percentages differ, as it writes them.

    >>> apart(97.25, 14.1, tenths=True), apart(97.4, 13.6, tenths=False)
    (83.1, 83.0)
    """
    return abs(difference(first, second, 1 if tenths else 0))


def table_caption(number: int) -> str:
    """Return what stands below the table."""
    return ngettext(
        "{count:,} photo. Apart: the difference of the two columns of how sure they are (confidence). Choose a row to "
        "open its photo above.",
        "{count:,} photos, those that the two disagree on most first. Apart: the difference of the two columns of how "
        "sure they are (confidence). Choose a row to open its photo above.",
        number,
    )


def beside_sentence(number: int, stored: str) -> str:
    """Return what stands below the chart of the visitor's photos beside a stored set."""
    return ngettext(
        "Dots: your {count:,} photo. Bars: {stored}. ▲\u00a0fools the network, ■\u00a0is known and kept, ○\u00a0is "
        "turned away, ◇\u00a0waits for you to say what it shows.",
        "Dots: your {count:,} photos. Bars: {stored}. ▲\u00a0fools the network, ■\u00a0is known and kept, ○\u00a0is "
        "turned away, ◇\u00a0waits for you to say what it shows.",
        number,
        stored=stored,
    )


def nothing_here(classes: Sequence[str]) -> str:
    """Return what stands where there is no photo yet."""
    return _(
        "Nothing here yet. Drop in photos of things that are not {classes}. A folder or a zip file does as well. They "
        "stay in memory and are gone when you leave.",
        classes=any_of(classes),
    )


def problems(sentences: Sequence[str], readable: int) -> str:
    """Return what could not be read, a line each as far as there is room, and that the others are fine."""
    lines = [literal(sentence) for sentence in sentences[:NAMED]]
    if len(sentences) > NAMED:
        lines.append(_more(len(sentences) - NAMED))
    return "  \n".join([*lines, others_are_fine(readable)])


def _more(files: int) -> str:
    return ngettext("{count} more file has the same problem.", "{count} more files have the same problem.", files)


def no_pictures(number: int) -> str:
    """Return the sentence for files in a zip file that are no pictures.

    >>> no_pictures(1)
    '1 other file in the zip is not a picture, so it was passed over.'
    """
    return ngettext(
        "{count:,} other file in the zip is not a picture, so it was passed over.",
        "{count:,} other files in the zip are not pictures, so they were passed over.",
        number,
    )


def systems_own(number: int) -> str:
    """Return the sentence for files that a system keeps for itself among the photos.

    >>> systems_own(2)[:55]
    '2 hidden or system files (a dot before the name, __MACO'
    """
    return ngettext(
        "{count:,} hidden or system file ({which}) was passed over.",
        "{count:,} hidden or system files ({which}) were passed over.",
        number,
        which=_(SYSTEMS),
    )


def others_are_fine(readable: int) -> str:
    """Return the sentence that follows the names of unreadable files.

    >>> [others_are_fine(number) for number in (0, 1, 11)]
    ['No other photo came with it.', 'The other one is fine.', 'The other 11 are fine.']
    """
    if readable == 0:
        return _("No other photo came with it.")
    return ngettext("The other one is fine.", "The other {count} are fine.", readable)
