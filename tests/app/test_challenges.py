"""Photos to guess and the challenges: every state of each, the score, and a result sent by a link."""

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers import stored_answers
from nat_app.frame import links
from nat_app.shared.drawing.palette import DARK, KINDS, LIGHT, Kind
from nat_app.shared.pairs import OFFERED, pair_named, set_title
from nat_app.shared.score_scales import T_STEPS, step_of
from nat_app.shared.words import percent
from nat_app.views.playground.state import trained
from nat_app.views.workshop import score, words
from nat_app.views.workshop.games import challenges, factory, guessing
from nat_app.views.workshop.games import words as games
from nat_app.views.workshop.score import Clicks
from nat_app.views.workshop.settings import AFTER, MOST_POINTS, ROUNDS, SETTINGS
from nat_core.measure.error_costs import Cheapest, Prices, Stakes
from nat_core.store.checkpoints import load_predictions
from tests.pages import alts, as_drawn, complaint, follow, given, opened, plain, said

PAGE = "views/workshop/view.py"
PAIR = pair_named("wrn16_1")
STUDENTS = pair_named("students")
REAL = Path(__file__).parents[2] / "checkpoints"


def workshop(folder: Path, monkeypatch: pytest.MonkeyPatch, part: str, pair: str = "wrn16_1", **query: str) -> AppTest:
    """The page with one of its parts open."""
    return opened(folder, monkeypatch, PAGE, pair=pair, workshop_part=part, **query)


@pytest.fixture
def photos(networks: Path, monkeypatch, fresh_caches) -> AppTest:
    return workshop(networks, monkeypatch, "Guess the photos", photos="3")


def guessed(app: AppTest, key: str, who: str, how_sure: int) -> AppTest:
    """The page once a photo was guessed and revealed."""
    app.segmented_control(key=f"who_{key}").set_value(who).run()
    assert app.button(key=f"reveal_{key}").disabled
    app.select_slider(key=f"sure_{key}").set_value(how_sure).run()
    return app.button(key=f"reveal_{key}").click().run()


@pytest.fixture
def page(monkeypatch, fresh_caches) -> AppTest:
    """The challenges on the stored networks."""
    return workshop(REAL, monkeypatch, "Challenges")


@pytest.fixture
def students(monkeypatch, fresh_caches) -> AppTest:
    """The same of the stored students: some photos of the gallery fool both, as their NAT network saw no negatives."""
    return workshop(REAL, monkeypatch, "Challenges", pair=STUDENTS.key)


@pytest.mark.checkpoints
@pytest.mark.parametrize("pair", [pair for pair in OFFERED if pair.key != "digits"], ids=lambda pair: pair.key)
def test_rounds_show_what_nat_changes_what_it_does_not_and_no_photo_twice(monkeypatch, fresh_caches, pair) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(REAL))
    said = stored_answers.all_gallery_answers(pair)
    seen = stored_answers.telling_picture(pair, 0.9)
    rounds = guessing.deal(said, 0.9, seen)
    assert rounds == guessing.deal(said, 0.9, seen)
    assert [sum(each.known for each in photos) for photos in rounds] == [2] * ROUNDS
    files = [each.file for photos in rounds for each in photos]
    assert len(files) == len(set(files)) == 5 * ROUNDS
    first = {each.file: (each.label, said[each.file]) for each in rounds[0]}
    sure = {file: {kind: answer.confidence > 0.9 for kind, answer in said.items()} for file, (_, said) in first.items()}
    told = [file for file in first if file.startswith("none") and sure[file]["baseline"] and not sure[file]["nat"]]
    wrong = [file for file, (label, said) in first.items() if sure[file]["nat"] and said["nat"].predicted != label]
    right = [file for file, (label, said) in first.items() if {each.predicted for each in said.values()} == {label}]
    # The students' NAT network was shown no negatives: it changes less, and there is one such photo in the gallery.
    assert len(told) >= (1 if pair is STUDENTS else 2)
    assert right
    assert rounds[0][0].file in told
    # The first lesson has told what both say of this one: there is another to begin with, but for the students.
    assert (seen in first) == (pair is STUDENTS)
    fooled_anywhere = [file for file, each in said.items() if file.startswith("none") and each["nat"].confidence > 0.9]
    assert wrong or not fooled_anywhere


def test_a_round_of_photos_is_guessed_revealed_and_followed_by_another(photos: AppTest) -> None:
    for number, picture in enumerate(guessing.photos(3, PAIR), start=1):
        key = score.photo_card(picture)
        assert f"Photo {number} of 5: {picture.shows}" in said(photos)
        assert photos.button(key=f"reveal_{key}").disabled
        guessed(photos, key, "both", 95)
        assert plain(f"{percent(0.95)}; it has") in said(photos)
        assert any(alt.startswith("Ten probabilities") for alt in alts(photos))
        photos.button(key="next_photo").click().run()
    won, most = sum(photos.session_state["workshop"].won.values()), 15
    assert words.round_over(won, most) in said(photos)
    assert words.score(won, most) in said(photos)
    photos.button(key="another_round").click().run()
    assert guessing.photos(4, PAIR)[0].shows in said(photos)
    photos.button(key="begin_again").click().run()
    assert "nothing guessed yet" in said(photos)


@pytest.mark.checkpoints
def test_ten_clicks_are_checked_in_the_visitors_own_playground(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(challenges.following, "tell", lambda card, *_: told.append(card))
    page.button(key="check_clicks").click().run()
    assert told == [], "the wall is told of no network that has not learned yet"
    none = Clicks(0, 0.0, 0, 0, 0)
    assert plain(games.clicks_verdict(none, score.MOST_CLICKS, score.FEW_SURE, met=False)) in said(page)
    angles = 2 * np.pi * np.arange(8) / 8
    ring = 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    playground = "views/playground/view.py"
    app = follow(page, playground, play_negatives="~".join(f"{x:.2f}_{y:.2f}" for x, y in ring))
    here = app.session_state["playground"].on
    app.session_state["playground"].reached = trained(here, 20)
    app = follow(app, PAGE, workshop_part="Challenges")
    app.button(key="check_clicks").click().run()
    assert "] Done" not in said(app)
    assert "8 negatives" in said(app)
    assert told == ["clicks"]
    app.session_state["playground"].reached = trained(here)
    app.button(key="check_clicks").click().run()
    assert "] Done: 8 negatives" in said(app)
    assert app.session_state["workshop"].won["clicks"] == 3


@pytest.mark.parametrize(
    ("found", "sentence", "met"),
    [
        (Clicks(8, 0.17, 120, 120, 400), "Done: 8 negatives", True),
        (Clicks(11, 0.17, 120, 120, 400), "that is more than 10 negatives", False),
        (Clicks(0, 0.95, 120, 120, 400), "Place negatives and press Train first", False),
        (Clicks(5, 0.0, 40, 120, 0), "after 0 steps. Place negatives", False),
        (Clicks(5, 0.0, 40, 120, 10), "gets only 40 of 120 points right", False),
        (Clicks(5, 0.31, 120, 120, 400), "You need less than 30 %", False),
    ],
)
def test_a_challenge_not_met_says_what_is_missing(found: Clicks, sentence: str, met: bool) -> None:
    assert found.met is met
    assert sentence in games.clicks_verdict(found, 10, 0.3, met=met).replace("\u00a0", " ")


def photo(*, fools: bool) -> str:
    """A photo of the gallery that shows none of the ten and fools both networks of the pair, or neither."""
    stored = [load_predictions(REAL, name, ["gallery"])["gallery"] for name in STUDENTS.names]
    sure = [dict(zip(each.ids, each.confidence > 0.9, strict=True)) for each in stored]
    return next(
        name
        for name in map(str, stored[0].ids)
        if name.startswith("none-") and all(each[name] == fools for each in sure)
    )


@pytest.mark.checkpoints
def test_a_photo_that_fools_both_and_one_that_does_not(students: AppTest) -> None:
    students.selectbox(key="fooling").set_value(photo(fools=False)).run()
    students.button(key="try_photo").click().run()
    assert "fools neither" in said(students)
    assert students.session_state["workshop"].won["photo"] == 0
    students.selectbox(key="fooling").set_value(photo(fools=True)).run()
    students.button(key="try_photo").click().run()
    assert "it fools both" in said(students)
    assert games.gallery_fools(len(challenges.fooling_both(STUDENTS)), 22) in said(students)
    students.selectbox(key="fooling").set_value(photo(fools=False)).run()
    students.button(key="try_photo").click().run()
    assert students.session_state["workshop"].won["photo"] == 3


@pytest.mark.checkpoints
def test_an_own_photo_counts_once_it_is_said_to_show_none_of_the_ten(students: AppTest) -> None:
    from nat_app.shared.gallery import FOLDER

    students.file_uploader[0].set_value(("mine.jpg", (FOLDER / photo(fools=True)).read_bytes(), "image/jpeg")).run()
    assert students.selectbox(key="fooling").value == next(iter(students.session_state["own_photos"].photos))
    assert students.button(key="try_photo").disabled
    students.toggle(key="fooling_none").set_value(True).run()
    students.button(key="try_photo").click().run()
    assert "mine.jpg: :green[■] Done" in said(students)


@pytest.mark.checkpoints
def test_the_factory_says_which_error_is_which_and_reveals_the_best_t(page: AppTest) -> None:
    text = said(page)
    found = factory.factory(PAIR)
    assert games.factory_task(found.stakes, set_title(found.set_name)) in text
    best, least = found.best["nat"].threshold, found.least["nat"]
    assert page.button(key="choose_factory").disabled
    near = T_STEPS[step_of(best)]
    page.select_slider(key="factory_t").set_value(near).run()
    page.button(key="choose_factory").click().run()
    assert plain(games.factory(near, found.cost("nat", near), best, least, 3, 3)) in said(page)
    assert any(alt.startswith("Cost of") for alt in alts(page))
    page.button(key="again_factory").click().run()
    assert page.button(key="choose_factory").disabled
    page.select_slider(key="factory_t").set_value(0.0).run()
    page.button(key="choose_factory").click().run()
    # What the first try won stays, though the second is far off.
    assert plain(games.factory(0.0, found.cost("nat", 0.0), best, least, 3, 3)) in said(page)


@pytest.mark.checkpoints
def test_a_choice_after_the_best_was_told_gives_few_points(page: AppTest) -> None:
    best = factory.factory(PAIR).best["nat"].threshold
    for t, won in ((0.0, 0), (T_STEPS[step_of(best)], AFTER)):
        page.select_slider(key="factory_t").set_value(t).run()
        page.button(key="choose_factory").click().run()
        assert page.session_state["workshop"].won["factory"] == won
        page.button(key="again_factory").click().run()


def test_in_german_the_costs_are_from_pictures_in_the_dative(networks: Path, monkeypatch, fresh_caches, german) -> None:
    app = workshop(networks, monkeypatch, "Challenges", lang="de")
    app.select_slider(key="factory_t").set_value(0.9).run()
    app.button(key="choose_factory").click().run()
    assert re.search(r"aus [\d.]+ Bildern \(CIFAR-10 Test\) und [\d.]+ Bildern \(CIFAR-100 Test\)\.", said(app))


@pytest.mark.checkpoints
def test_the_factory_says_in_german_what_its_costs_are_computed_from(german, monkeypatch, fresh_caches) -> None:
    app = workshop(REAL, monkeypatch, "Challenges", lang="de")
    app.select_slider(key="factory_t").set_value(0.9).run()
    app.button(key="choose_factory").click().run()
    assert "aus 10.000 Bildern (CIFAR-10 Test) und 10.000 Bildern (CIFAR-100 Test)." in said(app)


@pytest.mark.checkpoints
def test_the_costs_are_those_of_the_rates(monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(REAL))
    found, report = factory.factory(PAIR), stored_answers.card(PAIR.nat).report
    fooled, kept = report.sets[found.set_name].ncr["0.9"], report.share_kept["0.9"]
    share, prices = found.stakes.share_negatives, found.stakes.prices
    by_hand = 100 * (share * prices.wrongly_passed * fooled + (1 - share) * prices.needless_check * (1 - kept))
    assert found.cost("nat", 0.9) == pytest.approx(by_hand, abs=0.1)
    assert found.cost("nat", found.best["nat"].threshold) == pytest.approx(found.least["nat"])


@pytest.mark.checkpoints
@pytest.mark.parametrize("pair", [pair for pair in OFFERED if pair.key != "digits"], ids=lambda pair: pair.key)
def test_a_valley_is_seen_and_no_step_of_the_slider_is_cheaper_than_the_best(monkeypatch, fresh_caches, pair) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(REAL))
    found = factory.factory(pair)
    assert 1 <= found.stakes.prices.wrongly_passed / found.stakes.prices.needless_check <= 3
    for kind in KINDS:
        costs = found.costs(kind, np.array(T_STEPS))
        lowest = int(costs.argmin())
        assert 10 < lowest < len(T_STEPS) - 10
        assert costs[lowest] < 0.7 * min(costs[0], costs[-1])
        assert found.least[kind] <= costs[lowest] < 1.05 * found.least[kind]


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_cost_curve_marks_both_best_thresholds(colours) -> None:
    known, foreign = (dict.fromkeys(KINDS, np.array(values)) for values in ([0.5, 0.996], [0.4, 0.9955]))
    best: dict[Kind, Cheapest] = {"baseline": Cheapest(0.9955, 0.25, 0.5), "nat": Cheapest(0.4, 0.5, 0.5)}
    made = factory.Factory("noise", known, foreign, Stakes(Prices(2.0, 1.0), 0.5), best)
    figure = as_drawn(factory.cost_figure(made, 0.99, colours))
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [(trace.x[0], trace.y[0], trace.marker.color) for trace in marks] == [
        (pytest.approx(104.5 / 127), 25, colours.ground),
        (pytest.approx(40 / 127), 50, colours.nat),
    ]
    assert figure.layout.shapes[0].x0 == pytest.approx(99 / 127)
    names = [note for note in figure.layout.annotations if note.text.startswith("<b>")]
    assert [note.bgcolor for note in names] == [colours.ground] * 2


def test_a_result_by_link_is_said_to_be_no_proof(networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, PAGE, pair="wrn16_1", result="12-15")
    assert app.info[0].value == words.shared(12, 15)
    assert "result" not in app.session_state
    most = MOST_POINTS
    assert links.read({"result": f"{most}-{most}"}, [SETTINGS]) == ({"result": f"{most}-{most}"}, [])
    for wrong in ("16-15", "banana", "-1-5", "1", "1-1000", "999-999", f"1-{most + 3}", "7-10", "0-0"):
        bad = opened(networks, monkeypatch, PAGE, pair="wrn16_1", result=wrong)
        assert not bad.info
        assert complaint("result", wrong) in said(bad).replace("\\", "")


def test_a_round_of_an_older_link_is_still_one() -> None:
    assert links.read({"photos": "57"}, [SETTINGS]) == ({"photos": 57 % ROUNDS}, [])


def test_points_by_hand() -> None:
    assert score.for_guess(0.9, 0.95) == 3
    # Told as 40 %, which is five away; told as 65 %.
    assert score.for_guess(0.35, 0.4049) == 3
    assert score.for_guess(0.55, 0.6549) == 2
    assert words.who({"baseline": False, "nat": True}) == "nat"
    assert words.who({"baseline": False, "nat": False}) == "neither"


def test_who_comes_back_from_a_challenges_page_goes_on_at_its_card(networks: Path, monkeypatch, fresh_caches) -> None:
    def moved(app) -> list[str]:
        return [each["key"] for each in given(app) if each.get("times")]

    app = opened(networks, monkeypatch, PAGE, pair="wrn16_1", workshop_part="Challenges", t="0.7")
    assert moved(app) == []
    app.switch_page("views/playground/view.py").run()
    app.button(key="back_to_challenge").click().run()
    assert moved(app) == ["challenge_clicks"]
    assert app.session_state["t"] == 0.7
    assert moved(app.run()) == []
    # By the list of pages as well, and from what a class does with time left.
    app.switch_page("views/digits_live/view.py").run()
    assert moved(app.switch_page(PAGE).run()) == ["challenge_further"]
    # From a page to which no challenge sends, and once the challenges are not what was seen last, there is no such way.
    app.switch_page("views/evidence/view.py").run()
    assert not [each for each in app.button if each.key == "back_to_challenge"]
    assert moved(app.switch_page(PAGE).run()) == []
    app.session_state["workshop_part"] = "Guess the photos"
    app.switch_page(PAGE).run()
    app.switch_page("views/playground/view.py").run()
    assert not [each for each in app.button if each.key == "back_to_challenge"]
