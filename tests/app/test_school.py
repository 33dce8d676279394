"""The classes of a server: thirty phones tell what they guessed, and nobody but the teacher leads, closes or opens."""

import threading

import pytest

from nat_app.visit import school
from nat_app.visit.school import (
    EMPTY,
    HERE,
    LASTS,
    MOST_CARDS,
    MOST_CLASSES,
    MOST_PHONES,
    Move,
    Said,
    School,
    SchoolFull,
)


class Clock:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def anyone_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(school.TEACHER_KEY, raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def classes(clock: Clock) -> School:
    return School(clock)


def test_thirty_phones_tell_at_once_and_all_are_counted(classes: School) -> None:
    mine = classes.open("teacher", "wrn16_1")

    def phone(number: int) -> None:
        classes.join(mine.code, f"phone {number}")
        for card in ("guess", "break_it", "clicks"):
            classes.tell(f"phone {number}", card, number / 29, number % 4)

    phones = [threading.Thread(target=phone, args=(number,)) for number in range(30)]
    for each in phones:
        each.start()
    for each in phones:
        each.join()
    assert classes.here(mine) == 30
    assert mine.guesses("guess") == pytest.approx([number / 29 for number in range(30)])
    assert mine.points() == tuple(sorted(3 * (number % 4) for number in range(30)))
    assert len(mine.rows()) == 90


def test_the_first_guess_stays_and_the_most_points_do(classes: School) -> None:
    mine = classes.open("teacher", "p")
    classes.join(mine.code, "phone")
    for guess, points in ((0.3, None), (0.9, 1), (0.5, 0)):
        assert classes.tell("phone", "guess", guess, points)
    assert mine.phones["phone"] == {"guess": Said(0.3, 1)}
    with pytest.raises(ValueError, match=r"not at 1\.5"):
        classes.tell("phone", "guess", 1.5, 0)


def test_no_row_says_whose_it_is_or_who_came_first(classes: School) -> None:
    mine = classes.open("teacher", "p")
    for number in range(30):
        classes.join(mine.code, f"secret-{number}")
        classes.tell(f"secret-{number}", "guess", number / 30, 0)
    rows = mine.rows()
    assert [row[0] for row in rows] == list(range(1, 31))
    assert "secret" not in str(rows)
    orders = {tuple(row[2] for row in mine.rows()) for _ in range(5)}
    assert len(orders) == 5


def test_whoever_is_in_no_class_tells_nobody(classes: School) -> None:
    mine = classes.open("teacher", "p")
    assert not classes.tell("stranger", "guess", 0.5, 3)
    assert not classes.tell("teacher", "guess", 0.5, 3)
    assert classes.join("nothing", "stranger") is None
    assert mine.phones == {}


def test_joining_another_class_leaves_the_first(classes: School) -> None:
    one, other = classes.open("a", "p"), classes.open("b", "p")
    classes.join(one.code, "phone")
    classes.join(f" {other.code.upper()} ", "phone")
    assert classes.joined_by("phone") is other
    assert one.phones == {}
    assert classes.only() is None


def test_nobody_but_the_teacher_leads_moves_or_closes(classes: School) -> None:
    mine = classes.open("teacher", "p")
    classes.join(mine.code, "pupil")
    for do in (
        lambda: classes.lead(mine, "pupil", leads=True),
        lambda: classes.move(mine, "pupil", "see_it", {}),
        lambda: classes.close(mine, "pupil"),
    ):
        with pytest.raises(PermissionError):
            do()
    assert (mine.leads, mine.move, classes.joined_by("pupil")) == (False, None, mine)
    assert not classes.teach(mine.code, "pupil")
    assert classes.taught_by("pupil") is None
    assert classes.teach(mine.key, "second device")
    classes.move(mine, "second device", "see_it", {"t": "0.9"})
    assert mine.move == Move(1, "see_it", {"t": "0.9"})
    classes.close(mine, "second device")
    assert classes.joined_by("pupil") is None


def test_with_a_teachers_key_nobody_else_opens_a_class(classes: School, monkeypatch) -> None:
    monkeypatch.setenv(school.TEACHER_KEY, "of the terminal")
    with pytest.raises(PermissionError, match="teacher's link"):
        classes.open("pupil", "p")
    assert not classes.teach("guessed", "pupil")
    assert not classes.may_open("pupil")
    assert classes.teach("of the terminal", "laptop")
    mine = classes.open("laptop", "p")
    # The same link on a second device teaches the class that is open by then.
    assert classes.teach("of the terminal", "tablet")
    assert classes.taught_by("tablet") is mine


def test_a_class_is_forgotten_an_hour_after_its_last_guess(classes: School, clock: Clock) -> None:
    mine = classes.open("teacher", "p")
    classes.join(mine.code, "phone")
    clock.now = LASTS - 1
    classes.tell("phone", "guess", 0.5, 3)
    clock.now += LASTS
    # Looking at the wall, or waiting for the teacher, keeps nothing longer.
    classes.look(mine, "phone")
    assert classes.taught_by("teacher") is mine
    clock.now += 1
    assert classes.taught_by("teacher") is None
    assert classes.with_code(mine.code) is None


def test_what_is_held_is_bounded(classes: School, clock: Clock) -> None:
    opened = [classes.open(f"teacher {number}", "p") for number in range(MOST_CLASSES)]
    with pytest.raises(SchoolFull):
        classes.open("one more", "p")
    mine = opened[0]
    for number in range(MOST_PHONES):
        classes.join(mine.code, f"phone {number}")
    with pytest.raises(SchoolFull):
        classes.join(mine.code, "one more")
    assert classes.join(mine.code, "phone 0") is mine
    told = [classes.tell("phone 0", f"card {number}", 0.5, 0) for number in range(MOST_CARDS + 5)]
    assert told.count(True) == MOST_CARDS
    clock.now = LASTS + 1
    assert classes.open("one more", "p")


def test_one_browser_opens_one_class_however_often_it_asks(classes: School) -> None:
    mine = classes.open("teacher", "p")
    assert classes.open("teacher", "q") is mine
    classes.join(mine.code, "phone")
    assert classes.only() is mine


def test_a_class_that_nobody_joined_gives_way_where_all_are_taken(classes: School, clock: Clock) -> None:
    first = classes.open("teacher 0", "p")
    joined = classes.open("teacher 1", "p")
    classes.join(joined.code, "phone")
    for number in range(2, MOST_CLASSES):
        clock.now = float(number)
        classes.open(f"teacher {number}", "p")
    clock.now = EMPTY
    with pytest.raises(SchoolFull):
        classes.open("one more", "p")
    clock.now = EMPTY + 1
    mine = classes.open("one more", "p")
    assert classes.with_code(first.code) is None
    assert classes.with_code(joined.code) is joined
    assert classes.taught_by("one more") is mine


def test_phones_that_went_without_a_word_make_room_for_others(classes: School, clock: Clock) -> None:
    mine = classes.open("teacher", "p")
    for number in range(MOST_PHONES):
        classes.join(mine.code, f"phone {number}")
    classes.tell("phone 0", "guess", 0.5, 1)
    clock.now = HERE
    with pytest.raises(SchoolFull):
        classes.join(mine.code, "one more")
    clock.now = HERE + 1
    classes.look(mine, "phone 1")
    assert classes.join(mine.code, "one more") is mine
    assert set(mine.phones) == {"phone 0", "phone 1", "one more"} == set(mine.seen)
    assert mine.guesses("guess") == (0.5,)


def test_who_looks_is_there_and_many_look_less_often(classes: School, clock: Clock) -> None:
    mine = classes.open("teacher", "p")
    classes.join(mine.code, "phone")
    classes.join(mine.code, "gone")
    few = classes.pause(mine)
    clock.now = HERE + 1
    classes.look(mine, "phone")
    classes.look(mine, "stranger")
    assert classes.here(mine) == 1
    for number in range(58):
        classes.join(mine.code, f"phone {number}")
    assert classes.pause(mine) > few
    assert 60 / classes.pause(mine) <= school.LOOKS
