"""The sentences of the workshop, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import Answer, article, listed, literal, percent, plural, threshold_share, threshold_text
from nat_app.views.workshop.score import AFTER, Clicks
from nat_core.measure.costs import Stakes

AGAIN = "Try again"
AGAIN_HELP = (
    f"The answer has been told, so another try gives at most {plural(AFTER, 'point')}. What you have won stays."
)
NOT_YET = "?"
"""What a slider says before it is moved: no guess yet."""
GUESS_FIRST = "Move the slider to your guess first."
NO_PROOF = "A link can be changed by hand, so this is no proof."
TEACHER_HAS_IT = "Write your guess down. Your teacher has the answer."
HIDDEN = {
    "networks": "choice of the networks",
    "pages": "list of pages",
    "link": "Copy link",
    "download": "Download this view",
    "settings": "everything that is folded",
    "answers": "answers, and this part",
}
"""What a link can hide, by the names of `links.HIDDEN`."""
CLICKS_TITLE = "Ten clicks"
PHOTO_TITLE = "A photo that fools both"
FACTORY_TITLE = "A threshold for a factory"
SURE = {"baseline": "Only the baseline", "nat": "Only NAT", "both": "Both", "neither": "Neither"}
"""Who can be sure of a photo."""


def title(done: int, lessons: int, following: str | None, minutes: int) -> str:
    """Return what to do next: how many of the lessons are done, and the next one's title, None where all are.

    >>> title(0, 5, "Guess", 45)
    'Five steps, 45 minutes. Begin with: Guess.'
    >>> title(2, 5, "Fix it", 45)
    '2 of 5 done. Next: Fix it.'
    """
    if following is None:
        return "All five done. Now try the challenges."
    if done == 0:
        return f"Five steps, {minutes} minutes. Begin with: {ended(following)}"
    return f"{done} of {lessons} done. Next: {ended(following)}"


def ended(text: str) -> str:
    """Return a text with a full stop where it has no end of its own."""
    # Some lessons' titles are questions.
    return text if text.endswith("?") else f"{text}."


def score(points: int, most: int) -> str:
    """Return the score so far."""
    return f"Score so far: **{points}** of {plural(most, 'point')}." if most else "Score so far: nothing guessed yet."


def earned(points: int, most: int) -> str:
    """Return "2 of 3 points"."""
    return f"{points} of {plural(most, 'point')}"


def guessed(guess: float, truth: float, points: int, most: int) -> str:
    """Return how close a guess of a share came, and what the card has given so far."""
    return f"You said {percent(guess)}. It is **{percent(truth)}**. {for_card(points, most)}"


def for_card(points: int, most: int) -> str:
    """Return what a card has given: by its best try, which need not be the last one."""
    return f"This card gives {earned(points, most)}."


def shared(points: int, most: int) -> str:
    """Return what stands above the workshop where a link brought somebody's result."""
    return f"Somebody sent you their result: {earned(points, most)}. {NO_PROOF} Can you do better?"


def who(sure: dict[Kind, bool]) -> str:
    """Return who is sure, a key of `SURE`."""
    if all(sure.values()):
        return "both"
    return next((kind for kind, each in sure.items() if each), "neither")


def photo_verdict(right: str, said: str, guess: float, answers: dict[Kind, Answer], points: int, most: int) -> str:
    """Return how a guess about one photo went; `right` and `said` are keys of `SURE`, `guess` is the baseline's."""
    told = "Right" if right == said else "No"
    sure = answers["baseline"].confidence
    return (
        f"{told}: {_lower(SURE[right])} {'are' if right == 'both' else 'is'} sure. You gave the baseline "
        f"{percent(guess)}; it has {percent(sure)}. {for_card(points, most)}"
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def timing(begun: int, until: int) -> str:
    """Return when a lesson is on, in minutes since the beginning."""
    return f"Minutes {begun} to {until}"


def clicks_task(most: int, goal: float, threshold: float) -> str:
    """Return what the first challenge asks."""
    return (
        f"Leave NAT falsely sure (above {threshold_share(threshold)}) on less than {percent(goal)} of the playground's "
        f"empty plane, with at most {most} negatives. Click on the plane or place them by numbers, train, then come "
        "back and check."
    )


def clicks_verdict(found: Clicks, most: int, goal: float, *, met: bool) -> str:
    """Return whether the playground meets the first challenge, or the one thing that is missing."""
    state = (
        f"{plural(found.negatives, 'negative')}, NAT falsely sure on {percent(found.falsely_sure)} of the empty plane"
    )
    if met:
        return f":green[■] Done: {state}."
    # One thing at a time, in the order in which a pupil can mend them.
    if found.negatives > most:
        return f"{state}: that is more than {plural(most, 'negative')}. Clear, and place fewer."
    if found.negatives == 0 or found.step == 0:
        return f"{state}, after {plural(found.step, 'step')}. Place negatives and press Train first."
    if found.falsely_sure >= goal:
        return f"{state}. You need less than {percent(goal)}. Where is it still sure?"
    return f"{state}, but it gets only {found.right} of {plural(found.points, 'point')} right. Train on."


def photo_task(classes: Sequence[str], threshold: float) -> str:
    """Return what the second challenge asks."""
    return (
        f"Find a photo of something that is not {listed([article(classes[0]), *classes[1:]])}, and that both networks "
        f"are nevertheless sure about (above {threshold_share(threshold)}). No portraits. Photos stay in memory and "
        "are gone when you leave."
    )


def fools_both(fooled: dict[Kind, bool], answers: dict[Kind, Answer]) -> str:
    """Return whether a photo fools both networks."""
    said = ", ".join(
        f"{NAMES[kind]} {percent(each.confidence)} {literal(each.predicted)}" for kind, each in answers.items()
    )
    if all(fooled.values()):
        return f":green[■] Done, it fools both. {said}."
    if any(fooled.values()):
        return f"It fools {'the baseline' if fooled['baseline'] else 'NAT'} alone. {said}. Try another."
    return f"It fools neither. {said}. Try another."


def gallery_fools(number: int, photos: int) -> str:
    """Return how many photos of the gallery fool both."""
    return f"Of the gallery's {photos} photos of other things, {number} {'fools' if number == 1 else 'fool'} both."


def factory_task(stakes: Stakes, foreign: str) -> str:
    """Return what the third challenge asks, and which error is which."""
    return (
        "A camera sorts parts. Where NAT is sure (above t), a part counts as one of the ten things and goes on; where "
        f"it is not, a person checks it. Of a hundred parts {foreign_parts(stakes)} are foreign, things that NAT was "
        f"never taught ({foreign}).\n\n"
        f"- **Wrongly passed**, costs {stakes.prices.wrongly_passed:g}: it is sure of a foreign part. It was fooled.\n"
        f"- **Needless check**, costs {stakes.prices.needless_check:g}: it knows the part but is not sure, so a person "
        "checks it in vain.\n\n"
        "Which t would you choose?"
    )


def foreign_parts(stakes: Stakes) -> str:
    """Return how many of a hundred parts are foreign.

    >>> from nat_core.measure.costs import Prices
    >>> foreign_parts(Stakes(Prices(3.0, 1.0), 0.2))
    '20'
    """
    return f"{100 * stakes.share_negatives:.0f}"


def factory(chosen: float, cost: float, best: float, least: float, points: int, most: int) -> str:
    """Return what a choice of t costs beside the best one of all; costs are for 100 parts."""
    return (
        f"At your t = {threshold_text(chosen)} a hundred parts cost **{cost:.1f}**. The best of all is "
        f"t = {threshold_text(best)}: {least:.1f}. {for_card(points, most)}"
    )


def factory_both(best: dict[Kind, float], least: dict[Kind, float], by_hand: float) -> str:
    """Return the best t and the least cost of both networks, beside the cost where a person looks at every part."""
    # Computed, as a visitor's own pair need not come out as ours does.
    cheaper = "NAT is the cheaper one." if least["nat"] < least["baseline"] else "Here the baseline is the cheaper one."
    compared = "Here both cost the same." if least["nat"] == least["baseline"] else cheaper
    return (
        f"At its best the baseline costs {least['baseline']:.1f} (t = {threshold_text(best['baseline'])}), NAT "
        f"{least['nat']:.1f} (t = {threshold_text(best['nat'])}). {compared} With t = 1.00 a person checks every part, "
        f"for {by_hand:.1f}."
    )


def factory_source(stakes: Stakes, known: str, foreign: str) -> str:
    """Return what the costs are computed from, and why these prices."""
    known_parts = f"{100 * (1 - stakes.share_negatives):.0f}"
    return (
        f"Cost = {foreign_parts(stakes)} × {stakes.prices.wrongly_passed:g} × share fooled + {known_parts} × "
        f"{stakes.prices.needless_check:g} × share of the known not kept, from {known} and {foreign}. The best t is "
        "that of all thresholds, not of the slider's steps alone. Prices and foreign parts are chosen for each pair of "
        "networks so that the choice matters: for both, the cost falls and rises again. Hollow circle and dashes: "
        "baseline. Filled circle and line: NAT."
    )


def who_is_sure(threshold: float) -> str:
    """Return the question about one photo."""
    return f"Who is sure (above {threshold_share(threshold)})?"


def round_over(points: int, most: int) -> str:
    """Return what a round of photos came to."""
    return f"This round: **{earned(points, most)}**."
