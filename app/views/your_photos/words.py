"""The sentences of Your photos, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.counts import FEW, TOO_FEW, Compared, chance, interval
from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import HARD_SPACE, Answer, article, listed, literal, percent, plural, threshold_share
from nat_app.visit.labels import ANOTHER, NONE
from nat_core.data.headers.names import SYSTEMS

NAMED = 6
"""How many unreadable files are named one by one."""
SEEN = "the 32 x 32 pixels that the networks see"
FOOLS = {(True, True): "both", (True, False): "the baseline, not NAT", (False, True): "NAT, not the baseline",
         (False, False): "neither"}  # fmt: skip
"""Whom one photo fools, by whether it fools the baseline and NAT."""
SQUARES = {"centre": "Cut to the centre", "squash": "Squash", "pad": "Pad with white"}
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
        return "They know what these show." if known and not waiting else "What do your photos show?"
    baseline, nat, number = fooled.counts["baseline"], fooled.counts["nat"], fooled.pictures
    if number == 1:
        which = "The photo of a thing they never learned" if known else "It"
        return f"{which} fools {FOOLS[bool(baseline), bool(nat)]}."
    if baseline == nat:
        return f"Each is fooled by {nat} of your {number}." if nat else f"Neither is fooled by any of your {number}."
    return f"Of your {number}, {_fool(baseline)} the baseline, {nat or 'none'} NAT."


def _fool(number: int) -> str:
    return f"{number or 'none'} {'fools' if number == 1 else 'fool'}"


def photos_sentence(fooled: Compared) -> str:
    """Return how many of the visitor's photos of other things each network is wrongly sure of, and how sure that is."""
    if fooled.pictures <= FEW:
        return TOO_FEW
    # With a handful of photos the interval is wide, and saying so is the point.
    spans = {kind: f"95{HARD_SPACE}% interval {interval(each, fooled.pictures)}" for kind, each in
             fooled.counts.items()}  # fmt: skip
    told = (
        f"The baseline is wrongly sure of {fooled.counts['baseline']} of your {fooled.pictures} ({spans['baseline']}), "
        f"NAT of {fooled.counts['nat']} ({spans['nat']})."
    )
    return f"{told} {chance(fooled)}".strip()


def known_sentence(kept: dict[Kind, int], known: int) -> str:
    """Return how many of the photos of known things each network keeps."""
    if known == 1:
        who = {(1, 1): "both", (1, 0): "the baseline alone", (0, 1): "NAT alone", (0, 0): "neither"}
        return f"The photo of a thing they know is kept by {who[kept['baseline'], kept['nat']]}."
    return f"Of the {known} photos of things they know, the baseline keeps {kept['baseline']}, NAT {kept['nat']}."


def waiting_sentence(waiting: int) -> str:
    """Return that photos count nowhere until the visitor has said what they show."""
    if waiting == 1:
        return "One photo is not counted until you say what it shows."
    return f"{waiting} photos are not counted until you say what they show."


def photos_caption(number: int, threshold: float) -> str:
    """Return what stands below the cards: how many there are, in which order, and what the marks mean."""
    return (
        f"{plural(number, 'photo')}, the two that disagree most first. Sure means above {threshold_share(threshold)}. "
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
        "kept, ○ is turned away, ◇ waits for you to say what it shows."
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
    return f"That is {plural(left_out, 'photo')} too many: these are the first {most}."


def verdict_sentence(kind: Kind, answer: Answer, label: str | None, threshold: float) -> str:
    """Return one network's verdict on a card: its name, how sure of what, and what that means at the threshold."""
    colour = "gray" if kind == "baseline" else "blue"
    return (
        f":{colour}[**{NAMES[kind]}**] {percent(answer.confidence)} {literal(answer.predicted)}. "
        f"{verdict(answer, label, threshold)}"
    )


def verdict(answer: Answer, label: str | None, threshold: float) -> str:
    """Return the verdict on a visitor's photo at the threshold, with its mark: a triangle fools, a square is kept.

    `label` is what it shows: a class, `labels.ANOTHER` or NONE; None, while nobody has said, gives no verdict.
    """
    sure = answer.confidence > threshold
    if label is None:
        return f"◇ {'Sure' if sure else 'Not sure'}: right or wrong depends on what it shows."
    if label == NONE:
        return ":orange[▲] Fooled: sure, and wrong." if sure else "○ Not fooled."
    if not sure:
        return "□ Turned away, though it is a thing it knows."
    # Of a thing that they know, any sure answer counts as kept, right or not: that is what the tables count as well.
    if answer.predicted == label:
        return ":green[■] Kept."
    return f":green[■] Kept, as the wrong one{'' if label == ANOTHER else f': it is {literal(article(label))}'}."


def problems(sentences: Sequence[str], readable: int) -> str:
    """Return what could not be read, a line each as far as there is room, and that the others are fine."""
    lines = [literal(sentence) for sentence in sentences[:NAMED]]
    if len(sentences) > NAMED:
        lines.append(_more(len(sentences) - NAMED))
    return "  \n".join([*lines, others_are_fine(readable)])


def _more(files: int) -> str:
    return "1 more file has the same problem." if files == 1 else f"{files} more files have the same problem."


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
