"""The sentences of the workshop, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import Answer, article, listed, literal, percent, plural
from nat_app.views.workshop.score import Clicks
from nat_core.measure.metrics import Prices

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
    """Return how close a guess of a share came."""
    return f"You said {percent(guess)}. It is **{percent(truth)}**: {earned(points, most)}."


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
        f"{percent(guess)}; it has {percent(sure)}. {earned(points, most)}."
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def timing(begun: int, until: int) -> str:
    """Return when a lesson is on, in minutes since the beginning."""
    return f"Minutes {begun} to {until}"


def clicks_task(most: int, goal: float) -> str:
    """Return what the first challenge asks."""
    return (
        f"Leave NAT falsely sure on less than {percent(goal)} of the playground's empty plane, with at most {most} "
        "negatives. Click on the plane or place them by numbers, train, then come back and check."
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
        return f"{state}. It takes less than {percent(goal)}. Where is it still sure?"
    return f"{state}, but it names only {found.right} of {plural(found.points, 'point')} rightly. Train on."


def photo_task(classes: Sequence[str], threshold: float) -> str:
    """Return what the second challenge asks."""
    return (
        f"Find a photo of something that is not {listed([article(classes[0]), *classes[1:]])}, and of which both "
        f"networks are sure all the same (above {percent(threshold)}). No portraits. Photos stay in memory and are "
        "gone when you leave."
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
    return f"Of the gallery's {photos} photos of other things, {number} {'does' if number == 1 else 'do'} so."


def factory_task(prices: Prices, foreign: str) -> str:
    """Return what the third challenge asks, and which error is which."""
    # What is looked for here is a known part; AUROC and FPR95 look for the outlier, so there the two names swap.
    return (
        "A camera sorts parts. Where NAT is sure (above t), a part is taken for one of the ten things and goes on; "
        "where it is not, a person looks. Half of the parts are foreign, things that it was never taught "
        f"({foreign}).\n\n"
        f"- **False alarm**, costs {prices.false_alarm:g}: it is sure of a foreign part. It was fooled.\n"
        f"- **Miss**, costs {prices.miss:g}: it is not sure of a part that it knows. A person looks for nothing.\n\n"
        "Which t would you choose? (On Evidence, where outliers are what is looked for, the two names swap.)"
    )


def factory(chosen: float, cost: float, best: float, least: float, points: int, most: int) -> str:
    """Return what a choice of t costs beside the best one; costs are for 100 parts."""
    return (
        f"At your t = {chosen:.2f} a hundred parts cost **{cost:.0f}**. The best is t = {best:.2f}: {least:.0f}. "
        f"{earned(points, most)}."
    )


def factory_both(best: dict[Kind, float], least: dict[Kind, float], by_hand: float) -> str:
    """Return the best t and the least cost of both networks, beside the cost where a person looks at every part."""
    # Computed, as a visitor's own pair need not come out as ours does.
    compared = {True: "NAT is the cheaper one.", False: "Here the baseline is the cheaper one."}
    return (
        f"At its best the baseline costs {least['baseline']:.0f} (t = {best['baseline']:.2f}), NAT "
        f"{least['nat']:.0f} (t = {best['nat']:.2f}). {compared[least['nat'] < least['baseline']]} With t = 1.00 a "
        f"person looks at every part, for {by_hand:.0f}."
    )


def factory_source(prices: Prices, known: str, foreign: str) -> str:
    """Return what the costs are computed from."""
    return (
        f"Cost = 50 × ({prices.false_alarm:g} × share fooled + {prices.miss:g} × share of the known not kept), from "
        f"{known} and {foreign}. Hollow circle and dashes: baseline. Filled circle "
        "and line: NAT."
    )


def who_is_sure(threshold: float) -> str:
    """Return the question about one photo."""
    return f"Who is sure (above {percent(threshold)})?"


def round_over(points: int, most: int) -> str:
    """Return what a round of photos came to."""
    return f"This round: **{earned(points, most)}**."
