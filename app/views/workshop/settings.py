"""What can be chosen in the workshop: its part, the lesson, the round of photos; and the score that a link shares."""

from nat_app.shared.settings import PageSettings, Setting, one_of

LESSONS = ("guess", "break_it", "fix_it", "choose_t", "where_it_fails")
"""The lessons' names, in their order; also the names of their files."""
PARTS = ("The five steps", "Guess the photos", "Challenges", "For the teacher", "Classroom")
"""The parts of the workshop, as its tabs name them."""
ROUNDS = 100
"""How many different rounds of photos there are."""


def _result(text: str) -> str:
    points, most = (int(number) for number in text.split("-"))
    if not 0 <= points <= most <= 999:
        raise ValueError(f"a result is POINTS-MOST, not {text[:40]}")
    return f"{points}-{most}"


PART: Setting[str | None] = Setting("workshop_part", None, one_of(PARTS))
LESSON: Setting[str | None] = Setting("lesson", None, one_of(LESSONS))
"""The lesson that is shown large; None for the next one to do."""
RESULT: Setting[str | None] = Setting("result", None, _result)
"""Points and the most possible, as whoever sent the link says."""
ROUND = Setting("photos", 0, one_of(range(ROUNDS)))
LANGUAGE: Setting[str | None] = Setting("language", None)

SETTINGS = PageSettings("workshop", (LESSON, PART, RESULT, ROUND))


def guess_of(lesson: str) -> Setting[int]:
    """The guess of a lesson's slider, in percent; in no link."""
    return Setting(f"guess_{lesson}", 50)
