"""Teach your own: names, photos, training, what came of it, undo, a file to keep; and bad input of every kind."""

import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from streamlit.testing.v1 import AppTest

from nat_app.answers.stored_answers import stamp_of
from nat_app.frame.links import read
from nat_app.shared.gallery import FOLDER, gallery_pictures
from nat_app.shared.pairs import pair_named
from nat_app.views.teach_your_own import learning, project, saved, words
from nat_app.views.teach_your_own.outcome import judge
from nat_app.views.teach_your_own.project import Project, ProjectSession, Thing, TrainedProject
from nat_app.views.teach_your_own.settings import SAMPLES, SETTINGS, TO_TRY
from nat_app.views.workshop.games import teaching as challenge
from nat_app.views.workshop.teaching.teacher import solutions
from nat_core.errors import CheckpointError
from nat_core.small import own_things
from nat_core.store.checkpoints import load_card
from nat_core.store.own_heads import HEADS, MOST_EACH, from_bytes
from tests.hostile_heads import taught
from tests.pages import MAIN, alts, bars, charts, plain, said, waited_for
from tests.pseudo import loose_words, speak_pseudo
from tests.uploads import picture, zipped

PAGE = "views/teach_your_own/view.py"
WORKSHOP = "views/workshop/view.py"


def teaching(app: AppTest) -> ProjectSession:
    """What the visit is teaching."""
    return app.session_state["teach_your_own"]


def counts(app: AppTest) -> list[int]:
    """How many photos each thing has."""
    return [len(thing.photos) for thing in teaching(app).now.things]


def trained(app: AppTest) -> AppTest:
    """The page once it has learned."""
    end = time.monotonic() + 180
    while (turn := teaching(app).turn) is not None:
        assert time.monotonic() < end
        waited_for(turn)
        app.run()
    return app


def drop(app: AppTest, number: int, files: dict[str, bytes]) -> AppTest:
    """The page once these files were dropped on a thing."""
    if teaching(app).opened != number:
        app.button(key=f"photos_{number}").click().run()
    zone = app.file_uploader(key=f"teach_uploads_{number}_{teaching(app).zones}")
    for name, content in files.items():
        zone.upload(name, content, "image/png")
    return zone.run()


def colours(number: int, blue: int = 0) -> dict[str, bytes]:
    """So many pictures, each of another colour, by their files' names."""
    return {f"{blue}_{each}.png": picture((each, 255 - each, blue)) for each in range(number)}


def named(app: AppTest, *names: str) -> AppTest:
    """The page once its things have these names."""
    for field, name in zip(app.text_input, names, strict=False):
        field.set_value(name).run()
    return app


def project_of(folder: Path, *names: str) -> Project:
    """Two things of three of the gallery's photos each that were taught, by drawn weights."""
    heads = taught(channels=64)
    stems = [stem for each in SAMPLES.values() for stem in each]
    photos = [project.sample(stem) for stem in stems]
    things = (Thing(1, names[0], tuple(photos[:6])), Thing(2, names[1], tuple(photos[6:])))
    card = load_card(folder, "wrn16_1_baseline")
    heads = type(heads)(card.name, card.sha256["weights.safetensors"], tuple(names), heads.heads, heads.labels,
                        heads.left_out)  # fmt: skip
    learned = frozenset((thing.number, photo.key) for thing in things for photo in thing.photos)
    return Project(things, (), TrainedProject(heads, (1, 2), learned, (), (61, 0.4)))


@pytest.fixture
def page(start, taught_networks: Path) -> AppTest:
    """The page as a visit begins."""
    return start(taught_networks, PAGE)


@pytest.fixture
def done(start, taught_networks: Path) -> AppTest:
    """The page with two things that were taught."""
    return start(taught_networks, PAGE, teach_your_own=ProjectSession(project_of(taught_networks, "mug", "book")))


def test_twelve_free_photos_are_taught_and_tried_while_the_visitor_comes_and_goes(
    start, taught_networks: Path, monkeypatch
) -> None:
    # A twelfth of the steps: what they learn is tested elsewhere.
    monkeypatch.setattr(own_things, "train", partial(own_things.train, steps=25))
    app = start(taught_networks, PAGE, teach_samples=True)
    assert [thing.name for thing in teaching(app).now.things] == list(SAMPLES)
    assert counts(app) == [6, 6]
    assert app.title[0].value == words.BEGIN
    app.button(key="own_train").click().run()
    app.switch_page("views/see_it/view.py").run()
    trained(app.switch_page(PAGE).run())
    found = teaching(app).now.taught
    assert found is not None
    outcome = learning.outcome("wrn16_1_baseline", found, 0.9)
    assert outcome.photos == 12
    assert app.title[0].value == words.title(outcome)
    assert plain(words.kept(outcome)) in said(app)
    assert "Of your 12 photos, each judged by heads that never saw it" in said(app)
    assert plain(words.rival(outcome)) in said(app)
    # 60 made-up pictures of ten kinds, of which every other is learned; and the gallery's that are not to be tried.
    stored = learning.computed_answers.stored_features("wrn16_1_baseline")
    own = len(gallery_pictures()) - len(TO_TRY) - 12
    assert found.took is not None
    assert found.took[0] == int((stored[learning.WORLD].labels % 2 == 1).sum()) + own
    app.button(key="thumb_none-bee").click().run()
    assert app.session_state["teach_tried"] == "none-bee"
    # A second training needs no network, and undo goes back before the first.
    assert len(teaching(app).features) == 12
    app.button(key="teach_undo_step").click().run()
    assert app.title[0].value == words.BEGIN
    assert counts(app) == [6, 6]


def test_a_link_brings_the_samples_later_in_a_visit_too_and_a_copied_one_only_where_they_are_all_there_is(
    page: AppTest,
) -> None:
    """The workshop's card leads here when the visitor has long looked around."""
    assert counts(page) == [0, 0]
    page.session_state["teach_samples"] = True
    assert counts(page.run()) == [6, 6]
    named(page, "soup", "wild animal")
    assert page.session_state["teach_samples"]
    for _step in range(2):
        page.button(key="teach_undo_step").click().run()
    assert counts(page) == [0, 0]
    assert not page.session_state["teach_samples"]
    drop(page, 1, colours(1))
    page.session_state["teach_samples"] = True
    assert counts(page.run()) == [1, 0]
    page.button(key="use_samples").click().run()
    assert page.session_state["teach_samples"]
    next(each for each in page.button if (each.key or "").startswith("thumb_teach_")).click().run()
    assert not page.session_state["teach_samples"]


def test_cancelling_leaves_all_as_it_was(start, taught_networks: Path) -> None:
    app = start(taught_networks, PAGE, teach_samples=True)
    app.button(key="own_train").click().run()
    if teaching(app).turn is not None:
        app.button(key="own_cancel").click().run()
        assert teaching(app).now.taught is None
    assert teaching(app).turn is None
    assert not app.exception


def test_what_is_missing_is_told_one_thing_at_a_time(page: AppTest) -> None:
    assert page.button(key="own_train").disabled
    assert words.nameless(1) in said(page)
    named(page, "mug", "Mug")
    assert words.same_name("Mug") in said(page)
    named(page, "mug", "<b>book</b>")
    assert words.too_few(5, "mug", 5) in said(page)
    drop(page, 1, colours(1))
    assert counts(page) == [1, 0]
    assert words.too_few(4, "mug", 5) in said(page)
    drop(page, 1, colours(5))
    assert words.too_few(5, "<b>book</b>", 5).replace("\\", "") in said(page)
    drop(page, 2, colours(5, blue=9))
    assert counts(page) == [5, 5]
    assert not page.button(key="own_train").disabled


def test_photos_come_in_from_files_and_zip_files_and_each_shows_one_thing(page: AppTest) -> None:
    named(page, "mug", "book")
    drop(page, 1, colours(3) | {"broken.png": picture((1, 2, 3))[:40]})
    assert counts(page) == [3, 0]
    assert sum("broken.png" in each for each in teaching(page).notes) == 1
    drop(page, 1, {"again.png": colours(1)["0_0.png"]})
    assert counts(page) == [3, 0]
    assert words.twice("again.png") in said(page)
    drop(page, 2, {"same.png": colours(1)["0_0.png"], "all.zip": zipped(colours(2, blue=7) | {"notes.txt": b"none"})})
    assert counts(page) == [3, 2]
    assert words.elsewhere("same.png", "mug") in said(page)
    assert words.no_pictures(1) in said(page)
    drop(page, 0, {"negative.png": picture((200, 200, 200))})
    assert len(teaching(page).now.negatives) == 1
    drop(page, 1, {"other.png": picture((200, 200, 200))})
    assert words.elsewhere("other.png", "") in said(page)
    named(page, "", "book")
    drop(page, 2, {"third.png": colours(1)["0_0.png"]})
    assert words.elsewhere("third.png", "thing 1") in said(page), "a thing without a name is none of the negatives"
    next(each for each in page.button if str(each.key).startswith("thumb_teach_1")).click().run()
    assert counts(page) == [2, 2]
    page.button(key="teach_undo_step").click().run()
    assert counts(page) == [3, 2]


def test_a_name_that_is_too_long_is_cut_and_that_is_said(page: AppTest) -> None:
    """A field that takes only so many characters would take nothing of a longer text that is pasted."""
    named(page, "n" * 300, "book")
    page.text_input(key="thing_name_1").set_value("m" * 41).run()
    assert teaching(page).now.things[0].name == page.text_input(key="thing_name_1").value == "m" * 40
    assert words.name_cut(40) in said(page)


def test_what_is_wrong_with_a_file_is_told_where_it_was_dropped(page: AppTest) -> None:
    """Beside Train it would be a screen away on a phone; there it is told once the drop zone is closed."""
    drop(page, 1, {"broken.png": picture((1, 2, 3))[:40]})
    assert order(page) == ["warning", "photos_2"]
    page.button(key="photos_1").click().run()
    assert order(page) == ["photos_2", "warning"]


def order(app: AppTest) -> list[str]:
    """What comes first on the page: what is told, or the second thing."""
    found = [each for each in app.main if each.type == "warning" or getattr(each, "key", None) == "photos_2"]
    return [(each.key or "") if each.type == "button" else each.type for each in found]


def test_sixty_photos_are_as_many_as_there_is_room_for(page: AppTest) -> None:
    drop(page, 1, colours(60))
    assert counts(page) == [MOST_EACH, 0]
    assert words.too_many(60 - MOST_EACH, MOST_EACH) in said(page)
    drop(page, 2, {f"{each}.png": b"no picture" for each in range(9)})
    assert len(teaching(page).notes) == 7
    assert teaching(page).notes[-1] == words.more(3)


def test_things_are_added_named_removed_and_brought_back(page: AppTest) -> None:
    named(page, "mug", "book")
    for number in range(3, 7):
        page.button(key="add_thing").click().run()
        assert teaching(page).opened == number
    assert page.button(key="add_thing").disabled
    page.button(key="photos_1").click().run()
    page.button(key="remove_1").click().run()
    assert [thing.number for thing in teaching(page).now.things] == [2, 3, 4, 5, 6]
    page.text_input(key="thing_name_2").set_value("  a \u202e long\tname " + "x" * 60).run()
    assert teaching(page).now.things[0].name.startswith("a \ufffd long name xxx")
    assert len(teaching(page).now.things[0].name) <= 40
    for _step in range(2):
        page.button(key="teach_undo_step").click().run()
    assert [thing.name for thing in teaching(page).now.things][:2] == ["mug", "book"]
    assert page.text_input(key="thing_name_2").value == "book"
    page.switch_page("views/see_it/view.py").run()
    page.switch_page(PAGE).run()
    assert page.text_input(key="thing_name_1").value == "mug"


def test_the_threshold_moves_what_both_keep_and_what_fools_them(done: AppTest) -> None:
    found = teaching(done).now.taught
    assert found is not None
    for t in (0.9, 0.5):
        if t != 0.9:
            done.select_slider(key="t").set_value(t).run()
        outcome = learning.outcome("wrn16_1_baseline", found, t)
        assert done.title[0].value == words.title(outcome)
        assert words.chart_alt(outcome) in alts(done)
        shares = [trace.x[0] for trace in charts(done)["own_shares"].data]
        assert shares == pytest.approx([*(outcome.keeps(kind) / 3 for kind in HEADS),
                                      *(outcome.fools(kind) / outcome.pictures for kind in HEADS)])  # fmt: skip


def test_a_renamed_thing_is_called_so_and_a_changed_one_asks_for_training(done: AppTest) -> None:
    assert words.changed() not in said(done)
    named(done, "cup")
    assert saved.names_of(teaching(done).now) == ("cup", "book")
    assert words.changed() not in said(done)
    assert "cup" in [each.text for each in bars(done)[0].iter()]
    done.button(key="thumb_teach_1_none-coffee").click().run()
    assert words.changed() in said(done)
    # Something that was taught and is gone is still called as it was.
    done.button(key="add_thing").click().run()
    done.button(key="photos_2").click().run()
    done.button(key="remove_2").click().run()
    assert saved.names_of(teaching(done).now) == ("cup", "book")


def test_a_photo_of_ones_own_is_tried_and_a_broken_one_is_told(done: AppTest) -> None:
    zone = done.file_uploader(key=f"try_uploads_{teaching(done).zones}")
    zone.upload("bad.png", b"no picture", "image/png").run()
    assert teaching(done).tried is None
    assert "bad.png" in said(done)
    zone = done.file_uploader(key=f"try_uploads_{teaching(done).zones}")
    zone.upload("mine.jpg", (FOLDER / "cat1.jpg").read_bytes(), "image/jpeg").run()
    assert teaching(done).tried is not None
    assert "bad.png" not in said(done)
    done.button(key="thumb_dog1").click().run()
    assert teaching(done).tried is None


@pytest.mark.parametrize("with_photos", [False, True])
def test_a_file_is_saved_and_opened_again(done: AppTest, start, taught_networks: Path, with_photos: bool) -> None:
    content = saved.content(teaching(done).now, photos=with_photos)
    found, photos = from_bytes(content, "mine")
    assert found.names == ("mug", "book")
    assert (photos is not None) == with_photos
    assert done.get("download_button")[0].proto.label == "Save"
    app = start(taught_networks, PAGE)
    app.file_uploader(key="open_things_0").upload("mine.safetensors", content, "application/octet-stream").run()
    assert counts(app) == ([6, 6] if with_photos else [0, 0])
    assert [each.value for each in app.text_input] == ["mug", "book"]
    now = teaching(app).now.taught
    assert now is not None
    assert app.title[0].value == words.title(learning.outcome("wrn16_1_baseline", now, 0.9)) == done.title[0].value
    assert words.changed() not in said(app)
    if with_photos:
        assert not app.button(key="own_train").disabled
    app.button(key="teach_undo_step").click().run()
    assert app.title[0].value == words.BEGIN


def test_another_file_or_one_of_another_network_is_refused_in_a_sentence(page: AppTest, taught_networks: Path) -> None:
    from nat_core.store.own_heads import to_bytes

    odd = {
        "not a safetensors file": b"PK\x03\x04" * 9,
        "it has no header": b"",
        "is not used here": to_bytes(taught()),
        "holds other things than what was taught here": save({"a": np.zeros(3)}, {"made": "elsewhere"}),
    }
    for reason, content in odd.items():
        zone = page.file_uploader(key=f"open_things_{teaching(page).zones}")
        zone.upload("odd.safetensors", content, "application/octet-stream").run()
        (note,) = teaching(page).notes
        assert reason in note
        assert "odd.safetensors" in said(page)
    card = load_card(taught_networks, "wrn16_1_baseline")
    small = taught()
    fits = type(small)(card.name, card.sha256["weights.safetensors"], small.names, small.heads, small.labels,
                       small.left_out)  # fmt: skip
    zone = page.file_uploader(key=f"open_things_{teaching(page).zones}")
    zone.upload("small.safetensors", to_bytes(fits), "application/octet-stream").run()
    assert "does not fit the network" in teaching(page).notes[0]
    assert teaching(page).now.taught is None


def test_without_features_the_page_says_how_to_get_them(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert app.title[0].value == "No network here has stored features to learn from."
    assert app.code[0].value == "nat features wrn16_1_baseline"


def test_its_first_picture_needs_no_torch(taught_networks: Path) -> None:
    program = (
        "import sys\n"
        "from concurrent.futures import Future\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from nat_app.answers import stored_answers\n"
        "from nat_app.views.teach_your_own import learning\n"
        "stored_answers.warm_up = Future\n"  # what begins to import it once the page is drawn
        "learning.make_ready = str\n"
        f"app = AppTest.from_file({MAIN!r}, default_timeout=60)\n"
        "app.session_state['teach_samples'] = True\n"
        f"app = app.run().switch_page({PAGE!r}).run()\n"
        "assert not app.exception and not app.button(key='own_train').disabled\n"
        "print('torch' in sys.modules)\n"
    )
    environment = {"NAT_CHECKPOINTS": str(taught_networks), "PATH": "", "PYTHONPATH": str(Path(MAIN).parents[1])}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert ended.stdout.split()[-1] == "False"


def test_a_link_holds_the_sample_and_nothing_of_the_visitors() -> None:
    assert read({"teach_samples": "1", "teach_tried": "none-bee"}, [SETTINGS])[1] == []
    assert len(read({"teach_tried": "none-pizza"}, [SETTINGS])[1]) == 1
    assert {setting.key for setting in SETTINGS.settings} == {"teach_samples", "teach_tried"}
    assert not {stem for each in SAMPLES.values() for stem in each} & {*TO_TRY}


# --- the workshop, and languages -------------------------------------------------------------------------------------


def test_the_workshop_looks_at_what_was_taught(start, taught_networks: Path, monkeypatch) -> None:
    monkeypatch.setattr(challenge, "is_met", lambda _found: True)
    app = start(taught_networks, WORKSHOP, pair="wrn16_1", workshop_part="Challenges")
    app.button(key="check_teach").click().run()
    assert challenge.NOTHING in said(app)
    app.session_state["teach_your_own"] = ProjectSession(project_of(taught_networks, "mug", "book"))
    app.button(key="check_teach").click().run()
    assert ":green[■] Done: NAT is fooled by" in said(app)
    assert app.session_state["workshop"].won == {"teach": 3}


def test_the_teacher_is_told_how_the_free_photos_meet_the_challenge(
    taught_networks: Path, networks: Path, monkeypatch, fresh_caches
) -> None:
    monkeypatch.setattr(own_things, "train", partial(own_things.train, steps=25))
    monkeypatch.setattr(challenge, "is_met", lambda found: found.keeps("nat") < 12)
    monkeypatch.setenv("NAT_CHECKPOINTS", str(taught_networks))
    *_others, last = solutions(pair_named("wrn16_1"))
    said = re.fullmatch(
        r"Teach it \"none of these\": .* with t = ([\d.]+): NAT is fooled by .* NAT keeps (\d+) of the 12 .*",
        plain(last),
    )
    assert said is not None
    heads = learning.taught_by_samples(taught_networks, "wrn16_1_baseline", stamp_of("wrn16_1_baseline"))
    # The lowest t that does it, and what is kept there.
    assert int((heads.of_own("nat").confidence > float(said[1])).sum()) == int(said[2]) < 12
    monkeypatch.setattr(challenge, "is_met", lambda found: False)
    assert "no t does it" in challenge.example()
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    assert challenge.example() == ""


def test_a_class_hears_of_what_a_phone_taught(start, taught_networks: Path, monkeypatch) -> None:
    heard: list[tuple] = []
    monkeypatch.setattr(challenge.following, "tell", lambda *said: heard.append(said))
    state = ProjectSession(project_of(taught_networks, "mug", "book"))
    app = start(taught_networks, WORKSHOP, pair="wrn16_1", workshop_part="Challenges", teach_your_own=state)
    app.button(key="check_teach").click().run()
    assert state.now.taught is not None
    found = learning.outcome("wrn16_1_baseline", state.now.taught, 0.9)
    points = 3 if challenge.is_met(found) else 0
    assert heard == [("teach", found.fools("nat") / found.pictures, points)]


def test_no_word_of_the_page_lacks_its_translation(start, taught_networks: Path, monkeypatch) -> None:
    speak_pseudo(monkeypatch)
    state = ProjectSession(project_of(taught_networks, "12", "34"))
    app = start(taught_networks, PAGE, lang="xx", teach_your_own=state)
    app.button(key="photos_0").click().run()
    assert loose_words(app) == []
    app.button(key="add_thing").click().run()
    assert loose_words(app) == []


def test_it_speaks_german(start, taught_networks: Path) -> None:
    state = ProjectSession(project_of(taught_networks, "Tasse", "Buch"))
    app = start(taught_networks, PAGE, lang="de", teach_your_own=state)
    assert state.now.taught is not None
    found = judge(state.now.taught.heads, learning.held_out(
        learning.computed_answers.stored_features("wrn16_1_baseline"), (), ()), 0.9)  # fmt: skip
    assert f"Davon behält die Baseline {found.keeps('baseline') or '0'} (" in said(app)
    assert app.title[0].value == words.title(found)
    app.button(key="add_thing").click().run()
    assert "Ding 3 hat noch keinen Namen: Gib ihm einen." in said(app)
    with pytest.raises(CheckpointError):
        from_bytes(b"", "x")
