"""The sentences of the workshop, computed like those of `words`."""

from app.palette import NAMES, Kind
from app.words import Answer, percent, plural

NO_PROOF = "A link can be changed by hand, so this is no proof."
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
    return text if text.endswith("?") else f"{text}."


def score(points: int, most: int) -> str:
    """Return the score so far."""
    return f"Score so far: **{points}** of {plural(most, 'point')}." if most else "Score so far: nothing guessed yet."


def earned(points: int, most: int) -> str:
    """Return "2 of 3 points"."""
    return f"{points} of {plural(most, 'point')}"


def guessed(guess: float, truth: float, points: int, most: int) -> str:
    """Return how near a guess of a share came."""
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


def ten_clicks(negatives: int, most: int, sure: float, goal: float, right: int, points: int, step: int) -> str:
    """Return whether the playground meets the challenge, and what is missing: one thing at a time."""
    state = f"{plural(negatives, 'negative')}, NAT falsely sure on {percent(sure)} of the empty plane"
    if negatives > most:
        return f"{state}: that is more than {most} negatives. Clear, and place fewer."
    if negatives == 0 or step == 0:
        return f"{state} after {plural(step, 'step')}. Place negatives and press Train first."
    if right < 0.95 * points:
        return f"{state}, but it names only {right} of {plural(points, 'point')} rightly. Train on."
    if sure >= goal:
        return f"{state}. It takes less than {percent(goal)}. Where is it still sure?"
    return f"Done: {state}."


def fools_both(fooled: dict[Kind, bool], answers: dict[Kind, Answer]) -> str:
    """Return whether a photo fools both networks."""
    said = ", ".join(f"{NAMES[kind]}: {percent(each.confidence)} {each.predicted}" for kind, each in answers.items())
    if all(fooled.values()):
        return f"It fools both. {said}."
    if any(fooled.values()):
        one = next(kind for kind, each in fooled.items() if each)
        return f"It fools {'the baseline' if one == 'baseline' else 'NAT'} alone. {said}. Try another."
    return f"It fools neither. {said}. Try another."


def factory(chosen: float, cost: float, best: float, least: float, points: int, most: int) -> str:
    """Return what a choice of t costs beside the best one; costs are for 100 parts."""
    return (
        f"At your t = {chosen:.2f} a hundred parts cost {cost:.0f}. The best is t = {best:.2f}: {least:.0f}. "
        f"{earned(points, most)}."
    )
