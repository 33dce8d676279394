"""A class on the page: the teacher opens it, phones join and guess, the wall fills, and the pages follow."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.drawing.palette import LIGHT
from nat_app.shared.pairs import pair_named
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.steps.numbers import share
from nat_app.views.workshop.wall import histogram, words
from nat_app.views.workshop.wall.board import csv_of
from nat_app.visit import school
from nat_app.visit.school import School, SchoolClass
from tests.pages import MAIN, alts, charts, follow, opened, plain, said, told

PAGE = "views/workshop/view.py"
PAIR = pair_named("wrn16_1")


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> School:
    """Classes of this test alone."""
    monkeypatch.delenv(school.TEACHER_KEY, raising=False)
    own = School()
    monkeypatch.setattr(school, "shared", lambda: own)
    return own


def begun(networks: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """The workshop, opened by a link at the teacher's own computer."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    told(app, url="http://localhost:8501/workshop")
    app.query_params.update({"pair": "wrn16_1"} | query)
    return app.switch_page(PAGE).run()


@pytest.fixture
def teacher(classes: School, networks: Path, monkeypatch) -> AppTest:
    """The page of a teacher who has opened a class."""
    app = begun(networks, monkeypatch, workshop_part="Classroom")
    return app.button(key="open_class").click().run()


def only(classes: School) -> SchoolClass:
    found = classes.only()
    assert found is not None
    return found


def phone(networks: Path, monkeypatch: pytest.MonkeyPatch, mine: SchoolClass, **query: str) -> AppTest:
    """A phone that has opened the link of the QR code."""
    return opened(networks, monkeypatch, PAGE, pair="wrn16_1", **{"class": mine.code}, **query)


def guess(app: AppTest, percent: int) -> AppTest:
    app.select_slider(key="guess_guess").set_value(percent).run()
    return app.button(key="reveal_guess").click().run()


def test_the_middle_of_two_is_written_with_its_half() -> None:
    assert "The guess in the middle is 96.5 %." in plain(words.finding((0.96, 0.97), 2))
    assert "The guess in the middle is 0.5 %." in plain(words.finding((0.0, 0.01), 2))
    assert "The guess in the middle is 96 %." in plain(words.finding((0.96, 0.96), 2))
    assert "20.5 % is in the middle" in plain(words.taught((0.1, 0.31)))
    assert words.thresholds((0.9, 0.95)) == "2 phones have chosen a t, from 0.90 to 0.95; 0.925 is in the middle."
    assert words.thresholds((0.99, 0.995)).endswith("; 0.9925 is in the middle.")
    assert words.thresholds((0.5, 0.9, 0.99989)).endswith("; 0.90 is in the middle.")
    assert words.points((3, 4)).endswith("3.5 in the middle.")


def test_phones_that_say_the_same_have_no_span() -> None:
    """Judged as it is written: 19.6 % and 20.4 % are both 20 %."""
    assert words.points((6, 6, 6)) == "Points of 3 phones: 6 each."
    assert words.points((6,)) == "Points of 1 phone: 6."
    assert plain(words.taught((0.196, 0.204))) == "On each of 2 phones, NAT is fooled by 20 % of other pictures."
    assert words.thresholds((0.9, 0.9)) == "2 phones have chosen a t, each of them 0.90."
    assert words.thresholds((0.9,)) == "1 phone has chosen a t: 0.90."


def test_the_middle_of_two_is_written_with_its_half_in_german(german) -> None:
    assert plain(words.finding((0.96, 0.97), 2)).endswith("Die mittlere Schätzung ist 96,5 %.")
    assert words.thresholds((0.9, 0.95)).endswith("; 0,925 liegt in der Mitte.")


def test_one_phone_has_no_middle_and_none_is_near() -> None:
    assert plain(words.finding((0.5,), 4)) == "One phone of 4 has guessed: 50 %."
    assert plain(words.answer((), 0.654)) == "It is **65 %**."
    # As it is told, and as the points count it.
    assert "1 of 1 came within ten" in words.answer((0.55,), 0.6549)


def test_the_wall_fills_while_phones_guess(classes, teacher: AppTest, networks: Path, monkeypatch) -> None:
    mine = only(classes)
    link = f"http://localhost:8501/workshop?pair=wrn16_1&class={mine.code}&v=1"
    assert f"QR code of {link}" in alts(teacher)
    assert any(mine.code in html.proto.body for html in teacher.get("html"))
    phones = [phone(networks, monkeypatch, mine) for _ in range(3)]
    assert f"Class {mine.code}. Your guesses go to the wall, without your name." in said(phones[0])
    # Neither the code nor anything else of the class is in what a pupil hands on.
    assert "class" not in phones[0].session_state
    teacher.segmented_control(key="wall_view").set_value("guesses").run()
    assert words.finding((), 3) in said(teacher)
    for app, percent in zip(phones, (20, 60, 95), strict=True):
        guess(app, percent)
    teacher.run()
    assert plain(words.finding((0.2, 0.6, 0.95), 3)) in said(teacher)
    assert list(charts(teacher)["wall_histogram"].data[0].y) == list(histogram.counted((0.2, 0.6, 0.95)))
    assert any(alt.startswith("3 of 3 phones have guessed.") for alt in alts(teacher))
    truth = share("confidence_baseline", lessons()[0], PAIR)
    assert plain(words.answer((0.2, 0.6, 0.95), truth)) not in said(teacher)
    teacher.toggle(key="wall_answer").set_value(True).run()
    assert plain(words.answer((0.2, 0.6, 0.95), truth)) in said(teacher)
    drawn = charts(teacher)["wall_histogram"]
    assert drawn.layout.shapes[0].x0 == pytest.approx(truth)
    # The answer's line shows through no bar's number, wherever it stands.
    numbers = [note for note in drawn.layout.annotations if note.text.isdigit()]
    assert [(note.x, note.y, note.text, note.bgcolor) for note in numbers] == [
        (pytest.approx(middle), 1, "1", LIGHT.ground) for middle in (0.25, 0.65, 0.95)
    ]
    teacher.selectbox(key="wall_card").set_value("points").run()
    assert words.points(mine.points()) in said(teacher)
    rows = csv_of(mine.code).splitlines()
    assert rows[0] == "phone,card,guess,points"
    assert sorted(row.split(",")[2] for row in rows[1:]) == ["0.2", "0.6", "0.95"]
    teacher.button(key="close_class").click().run()
    assert classes.only() is None
    assert csv_of(mine.code).splitlines() == rows[:1]
    assert "without your name" not in said(phones[0].run())


@pytest.mark.parametrize("card", ["clicks", "photo", "factory", "teach"])
def test_the_challenges_have_a_wall_of_their_own(classes, teacher: AppTest, card: str) -> None:
    mine = only(classes)
    teacher.segmented_control(key="wall_view").set_value("guesses").run()
    teacher.selectbox(key="wall_card").set_value(card).run()
    assert "Nobody has" in said(teacher)
    for number, value in enumerate((0.0, 1.0, 1.0)):
        classes.join(mine.code, str(number))
        classes.tell(str(number), card, value, 3)
    teacher.run()
    sentence = {
        "clicks": "1 of 3 playgrounds are falsely sure on less than 30 % of the empty plane.",
        "photo": "2 of 3 phones found a photo that fools both networks.",
        "teach": "Of 3 phones, NAT is fooled by 0 % to 100 % of other pictures; 100 % is in the middle.",
        "factory": "3 phones have chosen a t, from 0.00 to 1.00; 1.00 is in the middle.",
    }[card]
    assert sentence in said(teacher)
    assert sum(charts(teacher)["wall_histogram"].data[0].y) == 3
    if card == "factory":
        teacher.toggle(key="wall_answer").set_value(True).run()
        assert "The best t of all is" in said(teacher)


def test_a_guess_is_sent_where_the_teacher_has_the_answer(classes, teacher, networks: Path, monkeypatch) -> None:
    mine = only(classes)
    app = phone(networks, monkeypatch, mine, hide="answers")
    assert app.button(key="send_guess").disabled
    app.select_slider(key="guess_guess").set_value(40).run()
    app.button(key="send_guess").click().run()
    assert mine.guesses("guess") == (0.4,)
    assert mine.points() == ()
    assert "Your guess is on the wall. Your teacher has the answer." in said(app)


def test_a_guess_about_other_networks_is_not_on_the_wall(classes, teacher, networks: Path, monkeypatch) -> None:
    mine = only(classes)
    app = phone(networks, monkeypatch, mine)
    app.selectbox(key="pair").set_value("wrn40_1").run()
    assert "looks at another pair of networks" in said(app)
    guess(app, 40)
    assert mine.guesses("guess") == ()


def moved(app: AppTest) -> str:
    """The title of the page that a visit is on, after its line has looked for the class."""
    app.run()
    return app.title[0].value


def test_all_follow_the_teacher_and_whoever_wants_looks_elsewhere(
    classes, teacher: AppTest, networks: Path, monkeypatch
) -> None:
    mine = only(classes)
    one, other = (phone(networks, monkeypatch, mine) for _ in range(2))
    begin = one.title[0].value
    teacher = follow(teacher, "views/thresholds/view.py", set="cifar100_test", t="0.5", pair="wrn16_1")
    assert moved(one) == begin
    teacher.toggle(key="class_leads").set_value(True).run()
    assert mine.move is not None
    assert mine.move.page == "thresholds"
    assert moved(one) == teacher.title[0].value
    assert one.session_state["t"] == 0.5
    assert "you follow your teacher" in said(one)
    moved(other)
    other.button(key="class_follow").click().run()
    assert "you look around by yourself" in said(other)
    # A slider on the wall moves no phone; another page does, or the button.
    number = mine.move.number
    teacher.session_state["t"] = 0.7
    teacher.run()
    assert mine.move.number == number
    teacher.button(key="class_bring").click().run()
    moved(one)
    assert (one.session_state["t"], other.session_state["t"]) == (0.7, 0.5)
    teacher = follow(teacher, "views/playground/view.py", pair="wrn16_1")
    assert moved(one) == teacher.title[0].value
    assert moved(other) != teacher.title[0].value
    assert other.button(key="class_follow").click().run().title[0].value == teacher.title[0].value


def test_the_wall_stays_the_teachers_own(classes, teacher: AppTest, networks: Path, monkeypatch) -> None:
    mine = only(classes)
    app = phone(networks, monkeypatch, mine)
    teacher.session_state["wall"] = True
    teacher.toggle(key="class_leads").set_value(True).run()
    assert mine.move is not None
    assert mine.move.query.keys() == {"pair", "t"}
    moved(app)
    assert app.session_state["workshop_part"] == "The five steps"
    assert not app.session_state["wall"]


def test_a_pupil_opens_nothing_and_leads_nobody(classes, networks: Path, monkeypatch) -> None:
    monkeypatch.setenv(school.TEACHER_KEY, "of-the-terminal")
    monkeypatch.setenv("NAT_CLASSROOM", "http://192.168.1.20:8501")
    pupil = begun(networks, monkeypatch, workshop_part="Classroom")
    keys = {button.key for button in pupil.button}
    assert not keys & {"open_class", "close_class", "class_bring"}
    assert "Your teacher opens the class" in said(pupil)
    wrong = begun(networks, monkeypatch, workshop_part="Classroom", teach="guessed")
    assert "fits no class" in said(wrong)
    assert not [button for button in wrong.button if button.key == "open_class"]
    laptop = begun(networks, monkeypatch, workshop_part="Classroom", teach="of-the-terminal")
    # The key is gone from the address that the projector shows.
    assert "teach" not in laptop.query_params
    assert "teach" not in laptop.session_state
    laptop.button(key="open_class").click().run()
    pupil.run()
    assert not pupil.get("download_button")
    pupil.button(key="join_only").click().run()
    assert len(only(classes).phones) == 1
    assert not [toggle for toggle in pupil.toggle if toggle.key == "class_leads"]


def test_a_code_is_typed_where_no_camera_is(classes, teacher, networks: Path, monkeypatch) -> None:
    mine = only(classes)
    app = begun(networks, monkeypatch, workshop_part="Classroom", pair="wrn40_1")
    app.text_input(key="wall_code").set_value("nothing")
    app.button[[each.label for each in app.button].index("Join")].click().run()
    assert "No class has this code now." in said(app)
    app.text_input(key="wall_code").set_value(mine.code.upper())
    app.button[[each.label for each in app.button].index("Join")].click().run()
    # About the networks of the class, whichever the phone looked at before.
    assert f"Class {mine.code}. Your guesses go to the wall" in said(app)
    assert app.selectbox(key="pair").value == "wrn16_1"


def test_a_server_full_of_classes_says_so(classes, networks: Path, monkeypatch) -> None:
    for number in range(school.MOST_CLASSES):
        classes.open(str(number), "wrn16_1")
    app = begun(networks, monkeypatch, workshop_part="Classroom")
    app.button(key="open_class").click().run()
    assert words.NO_ROOM in said(app)


def test_lesson_pages_lead_back_to_their_lesson(networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, "views/thresholds/view.py", pair="wrn16_1", from_lesson="choose_t")
    (back,) = [each.proto for each in app.get("page_link") if each.proto.label == "Back to the lesson"]
    assert back.query_string == "lesson=choose_t&v=1"
    app = follow(app, PAGE, lesson="choose_t")
    assert app.header[0].value == lessons()[3].title
    app = app.switch_page("views/thresholds/view.py").run()
    assert not [each for each in app.get("page_link") if each.proto.label == "Back to the lesson"]
