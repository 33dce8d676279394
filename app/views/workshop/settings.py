"""What can be chosen in the workshop: its part, the lesson, the round of photos; and the score that a link shares."""

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.settings import PageSettings, Setting, one_of, whole

LESSONS = ("guess", "break_it", "fix_it", "choose_t", "where_it_fails")
"""The lessons' names, in their order; also the names of their files."""
PARTS = ("The five steps", "Guess the photos", "Challenges", "For the teacher", "Classroom")
"""The parts of the workshop, as links name them."""
CHALLENGES = ("clicks", "photo", "factory", "teach")
OUTSIDE, INSIDE = 3, 2
"""How many photos of a round show none of the ten things, and how many show one of them."""
ROUNDS = len([picture for picture in gallery_pictures() if not picture.known]) // OUTSIDE
"""How many rounds there are in which no photo comes twice."""
MOST = 3
"""Points that one card can give."""
AFTER = 1
"""Points that a card can give at most once its answer was told."""
MOST_POINTS = MOST * (len(LESSONS) + len(CHALLENGES) + ROUNDS * (OUTSIDE + INSIDE))
"""Points of a visit that got everything right."""


def _result(text: str) -> str:
    points, most = (int(number) for number in text.split("-"))
    # What no visit can come to is nobody's result: every card is worth the same.
    if not 0 <= points <= most <= MOST_POINTS or most % MOST or not most:
        raise ValueError(f"a result is POINTS-MOST, not {text[:40]}")
    return f"{points}-{most}"


def _round(text: str) -> int:
    """The round of that number; there were more of them once, and their links still open one."""
    return whole(0, 99)(text) % ROUNDS


PART: Setting[str | None] = Setting("workshop_part", None, one_of(PARTS))
LESSON: Setting[str | None] = Setting("lesson", None, one_of(LESSONS))
"""The lesson that is shown large; None for the next one to do."""
RESULT: Setting[str | None] = Setting("result", None, _result)
"""Points and the most possible, as whoever sent the link says."""
HIDDEN_PARTS: Setting[list[str]] = Setting("hidden_parts", ["networks", "answers"])
"""What a teacher's link is to hide."""
HIDDEN_LESSON: Setting[str | None] = Setting("hidden_lesson", None)
"""The lesson that a teacher's link is to open; None until the part was drawn."""
ROUND = Setting("photos", 0, _round)
FOOLING: Setting[str | None] = Setting("fooling", None)
"""The photo that is tried on both networks, by its key or its file; in no link."""

SETTINGS = PageSettings("workshop", (LESSON, PART, RESULT, ROUND))


def guess_of(lesson: str) -> Setting[int | None]:
    """The guess of a lesson's slider, in percent, None until it is moved; in no link."""
    return Setting(f"guess_{lesson}", None)
