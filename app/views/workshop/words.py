"""The sentences of the workshop, computed like those of `nat_app.shared.words`."""

from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import N_, _, ngettext
from nat_app.shared.words import Answer, percent
from nat_app.views.workshop.settings import AFTER

AGAIN = N_("Try again")
NOT_YET = "?"
"""What a slider says before it is moved: no guess yet."""
GUESS_FIRST = N_("Move the slider to your guess first.")
NO_PROOF = N_("A link can be changed by hand, so this is no proof.")
TEACHER_HAS_IT = N_("Write your guess down. Your teacher has the answer.")
SENT = N_("Your guess is on the wall. Your teacher has the answer.")
PARTS = {
    "The five steps": N_("Steps"),
    "Guess the photos": N_("Photos"),
    "Challenges": N_("Challenges"),
    "For the teacher": N_("Teacher"),
    "Classroom": N_("Class"),
}
"""The titles of the parts, by the names that links have for them: short, so that a phone shows all five."""
SURE = {
    "baseline": N_("Only the baseline"), "nat": N_("Only NAT"), "both": N_("Both"), "neither": N_("Neither")
}  # fmt: skip
"""Who can be sure of a photo."""
IS_SURE = {
    "baseline": N_("only the baseline is sure."),
    "nat": N_("only NAT is sure."),
    "both": N_("both are sure."),
    "neither": N_("neither is sure."),
}


def title(done: int, lessons: int, following: str | None, minutes: int) -> str:
    """Return what to do next: how many of the lessons are done, and the next one's title, None where all are.

    >>> title(0, 5, "Guess", 40)
    'Five steps, 40 minutes. Begin with: Guess.'
    >>> title(2, 5, "Fix it", 40)
    '2 of 5 done. Next: Fix it.'
    """
    if following is None:
        return _("All five done. Now try the challenges.")
    if done == 0:
        return _("Five steps, {minutes} minutes. Begin with: {lesson}", minutes=minutes, lesson=ended(following))
    return _("{done} of {lessons} done. Next: {lesson}", done=done, lessons=lessons, lesson=ended(following))


def ended(text: str) -> str:
    """Return a text with a full stop where it has no end of its own."""
    # Some lessons' titles are questions.
    return text if text.endswith("?") else f"{text}."


def score(points: int, most: int) -> str:
    """Return the score so far."""
    if not most:
        return _("Score so far: nothing guessed yet.")
    return ngettext("Score so far: **{points}** of {count} point.", "Score so far: **{points}** of {count} points.",
                    most, points=points)  # fmt: skip


def earned(points: int, most: int) -> str:
    """Return "2 of 3 points"."""
    return ngettext("{points} of {count} point", "{points} of {count} points", most, points=points)


def guessed(guess: float, truth: float, points: int, most: int) -> str:
    """Return how close a guess of a share came, and what the card has given so far."""
    return _("You said {guess}. It is **{truth}**. {card}", guess=percent(guess), truth=percent(truth),
             card=for_card(points, most))  # fmt: skip


def for_card(points: int, most: int) -> str:
    """Return what a card has given: by its best try, which need not be the last one."""
    return _("This card gives {points}.", points=earned(points, most))


def again_help() -> str:
    """Return what another try can still bring."""
    return ngettext(
        "The answer has been told, so another try gives at most {count} point. What you have won stays.",
        "The answer has been told, so another try gives at most {count} points. What you have won stays.",
        AFTER,
    )


def shared(points: int, most: int) -> str:
    """Return what stands above the workshop where a link brought somebody's result."""
    return _("Somebody sent you their result: {points}. {no_proof} Can you do better?", points=earned(points, most),
             no_proof=_(NO_PROOF))  # fmt: skip


def who(sure: dict[Kind, bool]) -> str:
    """Return who is sure, a key of `SURE`."""
    if all(sure.values()):
        return "both"
    return next((kind for kind, each in sure.items() if each), "neither")


def photo_verdict(right: str, said: str, guess: float, answers: dict[Kind, Answer], points: int, most: int) -> str:
    """Return how a guess about one photo went; `right` and `said` are keys of `SURE`, `guess` is the baseline's."""
    who_is = _(IS_SURE[right])
    verdict = _("Right: {who_is}", who_is=who_is) if right == said else _("No: {who_is}", who_is=who_is)
    given = _("You gave the baseline {guess}; it has {sure}.", guess=percent(guess),
              sure=percent(answers["baseline"].confidence))  # fmt: skip
    return f"{verdict} {given} {for_card(points, most)}"


def timing(begun: int, until: int) -> str:
    """Return when a lesson is on, in minutes since the beginning."""
    return _("Minutes {begun} to {until}", begun=begun, until=until)


def who_is_sure(threshold: str) -> str:
    """Return the question about one photo."""
    return _("Who is sure (above {threshold})?", threshold=threshold)


def round_over(points: int, most: int) -> str:
    """Return what a round of photos came to."""
    return _("This round: **{points}**.", points=earned(points, most))
