"""Your negatives: choose, train, see what it did and did not do, undo, cancel; and every sentence."""

import re
import shutil
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from jaxtyping import Bool
from streamlit.testing.v1 import AppTest

import nat_app
from nat_app.frame.links import read
from nat_app.shared.gallery import FOLDER
from nat_app.shared.pairs import pair_named
from nat_app.views.your_negatives import words
from nat_app.views.your_negatives.charts import before_after
from nat_app.views.your_negatives.effects import Change, Effect, change
from nat_app.views.your_negatives.settings import SETTINGS, TAUGHT
from nat_core.language import use
from tests.pages import alts, drawn, parts, places, plain, said, waited_for
from tests.pseudo import loose_words, speak_pseudo
from tests.synthetic import write_pairs

PAGE = "views/your_negatives/view.py"
BARS = "nat-bars nat-taught"


def teaching(app: AppTest):
    """What the visit is teaching and has taught."""
    return app.session_state["your_negatives"]


def finished(app: AppTest) -> AppTest:
    """The page once it has learned."""
    end = time.monotonic() + 60
    while (turn := teaching(app).turn) is not None:
        assert time.monotonic() < end
        waited_for(turn)
        app.run()
    return app


def test_it_learns_the_chosen_photos_says_what_that_did_and_undoes_it(start, taught_networks: Path) -> None:
    page = start(taught_networks, PAGE, pair="wrn16_1")
    assert page.title[0].value == words.title(0, 5, None, "baseline")
    assert page.button(key="teach_undo").disabled
    assert "none of them" in page.title[0].value
    (chart,) = drawn(page, BARS)
    assert chart.get("aria-label", "").startswith("How sure"), chart.get("aria-label")
    page.button(key="thumb_none-zebra").click().run()
    assert page.session_state["taught"] == TAUGHT.default[:-1]
    assert "4 of at most 12 chosen" in said(page)
    page.button(key="teach_train").click().run()
    finished(page)
    text = said(page)
    assert "60 CIFAR-100 pictures" in text
    assert "18 other photos" in text
    assert "What it cost" in text
    for counted in ("4 photos", "8 moved copies", "60 CIFAR-10 pictures"):
        assert counted in text
    done = teaching(page).history[-1]
    before, after = (int((each["own"].confidence > 0.9).sum()) for each in (done.before, done.after))
    assert page.title[0].value == words.title(before, 4, after, "baseline")
    assert done.after["own"].confidence.mean() < done.before["own"].confidence.mean()
    np.testing.assert_array_equal(done.before["own"].ids, done.after["own"].ids)
    page.button(key="thumb_none-bee").click().run()
    assert words.changed() in said(page)
    page.button(key="teach_undo").click().run()
    assert page.title[0].value == words.title(0, 5, None, "baseline")


def test_while_it_learns_nobody_is_told_to_press_train() -> None:
    assert words.unlearned(0.9).endswith("Press Train: it learns to have no opinion about them.")
    assert plain(words.unlearned(0.9, learns=True)) == (
        "Sure means above 90 %. It is learning to have no opinion about them."
    )


def test_cancelling_changes_nothing(start, taught_networks: Path) -> None:
    page = start(taught_networks, PAGE, pair="wrn16_1", taught_beside=True)
    page.button(key="teach_train").click().run()
    if teaching(page).turn is not None:
        assert "Press Train" not in said(page)
        page.button(key="teach_cancel").click().run()
    assert teaching(page).turn is None
    assert len(teaching(page).history) <= 1
    said(page)


def test_a_network_without_features_is_told_how_to_get_them(start, taught_networks: Path) -> None:
    page = start(taught_networks, PAGE, pair="wrn16_1", taught_kind="nat")
    assert page.title[0].value == "This network has no stored features to learn from."
    assert page.code[0].value == "nat features wrn16_1_nat"


def test_another_pair_learns_in_the_place_of_one_without_features(start, taught_networks: Path, tmp_path: Path) -> None:
    folder = write_pairs(tmp_path / "networks", "wrn40_1")
    shutil.copytree(taught_networks, folder, dirs_exist_ok=True)
    (folder / "resnet18_baseline").mkdir()
    (folder / "resnet18_baseline" / "card.json").write_text("{")
    page = start(folder, PAGE, pair="wrn40_1")
    assert words.stands_in(pair_named("wrn40_1").title, pair_named("wrn16_1").title) in said(page)
    page.button(key="teach_train").click().run()
    assert teaching(finished(page)).history[-1].network == "wrn16_1_baseline"


def test_a_link_names_samples_and_nothing_else() -> None:
    query = {"taught": "none-bee.jpg,none-zebra.jpg", "taught_kind": "nat", "taught_beside": "1"}
    values, complaints = read(query, [SETTINGS])
    assert values == {"taught": ("none-bee.jpg", "none-zebra.jpg"), "taught_kind": "nat", "taught_beside": True}
    assert complaints == []
    assert len(read({"taught": "cat1.jpg"}, [SETTINGS])[1]) == 1


def figure(*given, **options) -> ElementTree.Element:
    """The drawing, parsed."""
    return ElementTree.fromstring(before_after(*given, axis="share", alt="All.", **options))


def amounts(drawing: ElementTree.Element) -> list[str]:
    """What stands beside the bars, from top to bottom."""
    return [plain(each.text or "") for each in parts(drawing, "amount")]


def test_the_chart_has_both_bars_the_stroke_and_short_names() -> None:
    both = figure(["a", "b" * 30], [0.9, 0.2], [0.1, 0.25], "baseline", alone=[0.8, 0.3])
    assert [each.get("class") for each in both.iter() if "style" in each.attrib and "title" in each.attrib] == [
        "baseline hatched", "nat", "alone"] * 2  # fmt: skip
    assert (places(both, "baseline"), places(both, "nat"), places(both, "alone")) == ([90, 20], [10, 25], [80, 30])
    assert amounts(both) == ["90 % before", "10 % after", "20 % before", "25 % after"]
    assert plain(parts(both, "alone")[0].get("title", "")) == "a, as long without negatives: 80.0 %"
    assert [len(each.text or "") for each in parts(both, "name")] == [1, 22]
    assert len(parts(figure(["a"], [0.5], None, "nat"), "bar")) == 1
    assert (both.get("role"), both.get("aria-label")) == ("img", "All.")


def test_the_threshold_is_a_line_with_its_name_on_the_side_that_has_room() -> None:
    for t, side in ((0.9, "leftward"), (0.3, "rightward")):
        line = figure(["a"], [0.5], None, "nat", threshold=t)
        assert places(line, "limit") == places(line, "words") == [100 * t]
        (name,) = parts(line, "words")
        assert (plain(name.text or ""), name.get("class")) == (f"t = {t:.2f}", f"words {side}")


def test_both_networks_bars_before_learning_are_hatched_in_their_own_colours() -> None:
    style = (Path(nat_app.__file__).parent / "frame" / "style.css").read_text(encoding="utf-8")
    for kind, rule in (("baseline", r"\.nat-bars \.bar > \.baseline"), ("nat", r"\.nat-taught \.bar > \.nat\.hatched")):
        (declared,) = re.findall(rule + r" \{([^}]*)\}", style)
        assert f"repeating-linear-gradient(135deg, var(--{kind})" in declared
        (bar, _) = parts(figure(["a"], [0.5], None, kind), "bar")[0]
        assert bar.get("class") == f"{kind} hatched"


def test_the_name_of_a_strangers_photo_is_shown_as_it_is() -> None:
    drawing = figure(['<img src=x>"&'], [0.5], None, "nat")
    assert [each.text for each in parts(drawing, "name")] == ['<img src=x>"&']
    assert not list(drawing.iter("img"))


def test_shares_of_few_photos_are_labelled_as_counts() -> None:
    few = figure(["a", "b"], [0.4, 0.3], [0, 0.2], "nat", pictures=[5, 2_000])
    assert amounts(few) == ["2 of 5 before", "none of 5 after", "30 % before", "20 % after"]


def test_an_accuracy_has_the_decimal_that_the_sentence_below_it_has() -> None:
    # Else 96.5 % and 96.4 % would be 97 % and 96 % in the chart: a loss ten times as large as the one that is told.
    both = figure(["kept", "correct"], [0.965, 0.965], [0.964, 0.964], "baseline", fine={"correct"})
    assert amounts(both) == ["96 % before", "96 % after", "96.5 % before", "96.4 % after"]


def moved(before: float, after: float, direction: int | None = None, pictures: int = 2_000) -> Change:
    """A change that is more than chance wherever it is one, or of the given direction."""
    certain = (after > before) - (after < before)
    return Change(before, before, after, pictures, certain if direction is None else direction)


def effect_of(further: Change, kept: Change | None = None, correct: Change | None = None, others: int = 0) -> Effect:
    """What learning five photos changed, where it is sure of 5 of 17 others now, of 6 before."""
    kept, correct = kept or moved(0.8, 0.8), correct or moved(0.9, 0.9)
    return Effect(moved(0.6, 0, pictures=5), moved(6 / 17, 5 / 17, others, 17), further, kept, correct)


NO_LARGER = "larger than chance, or as many steps without negatives, would make."


def rising(percent: int) -> Bool[np.ndarray, "2000"]:
    """Of 2,000 pictures, those that a network is sure of: the first so many percent."""
    return np.arange(2000) < 20 * percent


@pytest.mark.parametrize(
    ("effect", "beside", "ending"),
    [
        (effect_of(moved(0.2, 0.25)), False, "**Elsewhere it is more certain than before.**"),
        # The row of the list: 30 before and 30 after, for the same photos, is no finding.
        (effect_of(moved(0.304, 0.296, 0)), False, f"**No other change is {NO_LARGER}**"),
        (effect_of(moved(0.2, 0.19)), False, "**It protects little else.**"),
        (effect_of(moved(0.2, 0.15)), False, "**It protects others in part.**"),
        (effect_of(moved(0.2, 0.05)), True, "**That came with the many and varied pictures beside yours.**"),
        (effect_of(moved(0.2, 0.05)), False, "**These photos protect others too.**"),
        (effect_of(moved(0.3, 0.1), moved(0.84, 0.64)), False,
         "**It gave up part of what it knows: of the ten things it keeps 64 in 100, before 84.**"),
        (effect_of(moved(0.3, 0.3), moved(0.84, 0.8)), True,
         "**It gave up part of what it knows: of the ten things it keeps 80 in 100, before 84.**"),
        (effect_of(moved(0.3, 0.1), moved(0.84, 0.81)), False,
         "**These photos protect others too. It has its price: of the ten things it keeps 81 in 100, before 84.**"),
        (effect_of(moved(0.3, 0.1), correct=moved(0.9, 0.6)), False,
         "**It gave up part of what it knows: it is correct on 60 in 100, before 90.**"),
        (effect_of(moved(0.3, 0.1), moved(0.84, 0.82), moved(0.9, 0.87)), True,
         "**That came with the many and varied pictures beside yours. It has its price: it is correct on 87 in 100, "
         "before 90.**"),
        # It is surer than before, but as many steps without negatives would have made it surer still.
        (effect_of(change(rising(40), rising(66), rising(49))), False, f"**No other change is {NO_LARGER}**"),
        # It is no other change than none that is no larger than chance makes.
        (effect_of(moved(0.3, 0.3), moved(0.8, 0.84)), False,
         f"**On those CIFAR-100 pictures the change is no {NO_LARGER}**"),
        (effect_of(moved(0.3, 0.3), others=-1), False,
         f"**On those CIFAR-100 pictures the change is no {NO_LARGER}**"),
        (effect_of(moved(0.2, 0.05), others=1), False, "**It protects others in part.**"),
    ],
)  # fmt: skip
def test_the_lesson_is_told_as_it_came_out(effect: Effect, beside: bool, ending: str) -> None:
    told = words.lesson(effect, beside)
    assert told.endswith(ending)
    assert "Of the 17 other photos here, 5; before, 6." in told


SHARES = some.integers(1, 99).map(lambda hundredths: hundredths / 100)
CHANGES = some.builds(moved, SHARES, SHARES, some.sampled_from([None, 0]))


@given(CHANGES, CHANGES, CHANGES, some.sampled_from([-1, 0, 1]), some.booleans())
def test_a_loss_is_never_praised(further: Change, kept: Change, correct: Change, others: int, beside: bool) -> None:
    effect = effect_of(further, kept, correct, others)
    outcome = words.lesson(effect, beside).partition("**")[2]
    lost = [each for each in (kept, correct) if each.direction < 0]
    assert bool(lost) == outcome.endswith(tuple(f"before {round(100 * each.before)}.**" for each in lost))
    praised = "protect others too" in outcome or "That came with" in outcome
    assert not praised or (further.direction < 0 and others <= 0)
    if praised:
        # What was gained is at least twice what was lost.
        gained = further.before - further.after
        assert all(each.before - each.after <= gained / 2 for each in lost)
    if "No other change" in outcome:
        assert [each.direction for each in (further, kept, correct)] == [0, 0, 0]
        assert others == 0


def test_a_change_is_told_apart_from_chance_and_from_the_steps_alone() -> None:
    thirty, some = np.arange(2_000) < 600, np.random.default_rng(0).random(2_000)
    noisy = np.where(some < 0.004, ~thirty, thirty)
    assert change(thirty, thirty, noisy).direction == 0
    assert change(thirty, thirty, np.arange(2_000) < 300).direction == -1
    assert change(thirty, thirty, np.arange(2_000) < 900).direction == 1
    # As many steps without negatives did as much.
    assert change(thirty, np.arange(2_000) < 300, np.arange(2_000) < 300).direction == 0
    # Certain, but not seen in the numbers of a hundred.
    assert change(thirty, thirty, np.arange(2_000) < 592).direction == 0


def test_own_photos_are_asked_about_and_a_known_thing_is_warned_of(start, taught_networks: Path) -> None:
    page = start(taught_networks, PAGE, pair="wrn16_1")
    cat = (FOLDER / "cat1.jpg").read_bytes()
    page.file_uploader(key="negative_uploads").upload("my_cat.jpg", cat, "image/jpeg").run()
    assert "taught" not in page.title[0].value
    assert words.waits(1) in said(page)
    (asked,) = (each for each in page.segmented_control if each.key.startswith("shows_"))
    asked.set_value("another").run()
    assert words.waits(1) not in said(page)
    assert "shows one of the ten: as a negative it teaches the network to give up what it knows" in said(page)
    (asked,) = (each for each in page.segmented_control if each.key.startswith("shows_"))
    asked.set_value("none").run()
    assert not page.warning
    assert page.title[0].value.endswith("It was taught no such thing.")


def test_no_word_of_the_page_lacks_its_translation(start, taught_networks: Path, monkeypatch) -> None:
    speak_pseudo(monkeypatch)
    page = start(taught_networks, PAGE, pair="wrn16_1", lang="xx", taught_beside=True)
    assert loose_words(page) == []
    page.file_uploader(key="negative_uploads").upload("1.jpg", (FOLDER / "cat1.jpg").read_bytes(), "image/jpeg").run()
    (asked,) = (each for each in page.segmented_control if each.key.startswith("shows_"))
    asked.set_value("another").run()
    assert len(page.warning) == 1
    assert loose_words(page) == []
    page.button(key="teach_train").click().run()
    finished(page)
    page.button(key="thumb_none-bee").click().run()
    assert len(drawn(page, BARS)) == 2
    assert loose_words(page) == []


def test_what_was_learned_is_told_in_german_and_again_in_english(start, taught_networks: Path) -> None:
    page = start(taught_networks, PAGE, pair="wrn16_1", lang="de")
    assert page.title[0].value == "Die Baseline ist bei keinem dieser 5 Fotos sicher. Nichts davon kam im Training vor."
    page.button(key="teach_train").click().run()
    finished(page)
    done = teaching(page).history[-1]
    before, after = (int((each["own"].confidence > 0.9).sum()) or "keinem" for each in (done.before, done.after))
    told = f"Es hat diese 5 Fotos gelernt: Vorher war es bei {before} davon sicher, jetzt bei {after}."
    if before == after:
        told = f"Es hat diese 5 Fotos gelernt: Es ist bei {after} davon sicher, wie vorher."
    assert page.title[0].value == told
    kept, was = (
        round(100 * float((each["cifar10_test"].confidence > 0.9).mean())) for each in (done.after, done.before)
    )
    assert f"behält es {kept} von 100, vorher {was}." in said(page)
    first = float(done.after["own"].confidence[0])
    assert f"Teekanne: vorher {100 * float(done.before['own'].confidence[0]):.0f} %, nachher {100 * first:.0f} %." in (
        alts(page)[0].replace("\u00a0", " ")
    )
    page.selectbox(key="lang").set_value("en").run()
    use("en")
    assert words.changed() not in said(page)
    assert "Teapot: " in alts(page)[0]
