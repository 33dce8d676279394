"""The sentences of Your photos, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import HARD_SPACE, Answer, article, listed, literal, percent, plural
from nat_core.data.headers.names import SYSTEMS

FEW = 3
"""As many photos, or fewer, are too few for a rate: one of three would move it by 33 points."""
NAMED = 6
"""How many unreadable files are named one by one."""
SEEN = "the 32 x 32 pixels that the networks see"
SQUARES = {"centre": "Cut to the centre", "squash": "Squash", "pad": "Pad with white"}
"""The ways of making a photo square, by the names of `images.CROPS`."""


def photos_sentence(fooled: dict[Kind, int], outside: int, intervals: dict[Kind, tuple[float, float]] | None) -> str:
    """Return how many of the visitor's `outside` photos of other things each network is wrongly sure of.

    `intervals` are the 95 % intervals of both shares; None where there are too few photos for a rate.
    """
    if outside == 0:
        return "None of these is a thing they were never taught, so neither can be fooled."
    if outside <= FEW:
        return "Too few for a rate, so here is each one."
    # With a handful of photos the interval is wide, and saying so is the point.
    spans = dict.fromkeys(fooled, "")
    if intervals is not None:
        spans = {kind: f" (95{HARD_SPACE}% interval {_span(*ends)})" for kind, ends in intervals.items()}
    return (
        f"Baseline is wrongly sure of {fooled['baseline']} of your {outside}{spans['baseline']}, "
        f"NAT of {fooled['nat']}{spans['nat']}."
    )


def _span(low: float, high: float) -> str:
    return f"{100 * low:.0f}-{100 * high:.0f}{HARD_SPACE}%"


def photos_title(fooled: dict[Kind, int], outside: int) -> str:
    """Return the finding on the visitor's photos in one short sentence."""
    if outside == 0:
        return "All of these are things they know."
    if fooled["baseline"] > fooled["nat"]:
        return "NAT is fooled by none of them." if fooled["nat"] == 0 else "NAT is fooled less often, but it is fooled."
    if fooled["baseline"] < fooled["nat"]:
        return "Here NAT is the one that is fooled more often."
    return "Neither is fooled." if fooled["nat"] == 0 else "Both are fooled equally often."


def known_sentence(kept: dict[Kind, int], known: int) -> str:
    """Return how many of the photos of known things each network keeps."""
    shown = f"{plural(known, 'photo')} of things they know"
    return f"Of the {shown}, the baseline keeps {kept['baseline']}, NAT {kept['nat']}."


def photos_caption(number: int, threshold: float) -> str:
    """Return what stands below the cards: how many there are, in which order, and what the marks mean."""
    return (
        f"{plural(number, 'photo')}, the two that disagree most first. Sure means above {percent(threshold)}. "
        "Hatched grey bars: baseline. Solid blue bars: NAT. Dashed: no opinion."
    )


def table_caption(number: int) -> str:
    """Return what stands below the table."""
    return (
        f"{plural(number, 'photo')}, the two that disagree most first. Apart: the difference of the two columns of how "
        "sure they are (confidence). Choose a row to open its photo above."
    )


def beside_sentence(number: int, stored: str) -> str:
    """Return what stands below the chart of the visitor's photos beside a stored set."""
    return (
        f"Dots: your {plural(number, 'photo')}. Bars: {stored}. ▲ fools the network, ■ is known and "
        "kept, ○ is turned away."
    )


def nothing_here(classes: Sequence[str]) -> str:
    """Return what stands where there is no photo yet."""
    # The first class alone has its article: "a plane, car or bird" reads well, an article each does not.
    return (
        f"Nothing here yet. Drop in photos of things that are not {listed([article(classes[0]), *classes[1:]])}. "
        "A folder or a zip file does as well. "
        "They stay in memory and are gone when you leave."
    )


def too_many(most: int, left_out: int) -> str:
    """Return the sentence for more photos than are compared at once."""
    return f"These are the first {most}; {plural(left_out, 'photo')} more would be too many at once."


def verdict_sentence(kind: Kind, answer: Answer, known: bool, threshold: float) -> str:
    """Return one network's verdict on a card: its name, how sure of what, and what that means at the threshold."""
    colour = "gray" if kind == "baseline" else "blue"
    return (
        f":{colour}[**{NAMES[kind]}**] {percent(answer.confidence)} {literal(answer.predicted)}. "
        f"{verdict(answer, known, threshold)}"
    )


def verdict(answer: Answer, known: bool, threshold: float) -> str:
    """Return the verdict on a visitor's photo at the threshold, with its mark: a triangle fools, a square is kept."""
    # Of a thing that they know, any sure answer counts as kept, right or not: that is what the tables count as well.
    if answer.confidence > threshold:
        return ":green[■] Kept." if known else ":orange[▲] Fooled: sure, and wrong."
    return "□ Turned away, though it is one of the ten." if known else "○ Not fooled."


def problems(sentences: Sequence[str], readable: int) -> str:
    """Return what could not be read, a line each as far as there is room, and that the others are fine."""
    lines = [literal(sentence) for sentence in sentences[:NAMED]]
    if len(sentences) > NAMED:
        lines.append(f"So it is with {plural(len(sentences) - NAMED, 'more file')}.")
    return "  \n".join([*lines, others_are_fine(readable)])


def no_pictures(number: int) -> str:
    """Return the sentence for files in a zip file that are no pictures.

    >>> no_pictures(1)
    '1 other file in the zip is no picture, so it was passed over.'
    """
    if number == 1:
        return "1 other file in the zip is no picture, so it was passed over."
    return f"{plural(number, 'other file')} in the zip are no pictures, so they were passed over."


def systems_own(number: int) -> str:
    """Return the sentence for files that a system keeps for itself among the photos.

    >>> systems_own(2)
    '2 hidden or system files (a dot before the name, __MACOSX, @eaDir, Thumbs.db, desktop.ini) were passed over.'
    """
    were = "was" if number == 1 else "were"
    return f"{plural(number, 'hidden or system file')} ({SYSTEMS}) {were} passed over."


def others_are_fine(readable: int) -> str:
    """Return the sentence that follows the names of unreadable files.

    >>> [others_are_fine(number) for number in (0, 1, 11)]
    ['No other photo came with it.', 'The other one is fine.', 'The other 11 are fine.']
    """
    if readable == 0:
        return "No other photo came with it."
    return "The other one is fine." if readable == 1 else f"The other {readable} are fine."
