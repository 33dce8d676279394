"""Every page in every state, run without a browser: one, many, broken, missing, damaged."""

import itertools
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers import stored_answers
from nat_app.shared import words
from nat_app.shared.counts import TOO_FEW, compare
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import FOLDER, gallery_pictures, samples
from nat_app.shared.pairs import pair_named, pictures_of
from nat_app.shared.words import Answer
from nat_app.views.attention import words as attention_words
from nat_app.views.your_photos import words as photo_words
from nat_app.visit import photos
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import CARD, PREDICTIONS, load_card
from tests.pages import MAIN, PAGES, alts, bars, complaint, drawn, invites, plain, said, told
from tests.synthetic import CLASSES, write_network, write_pairs

pytestmark = pytest.mark.usefixtures("kept_caches")
SURE = Answer(0.99, "ship")
FURTHEST = {attention_words.attention_title({level: 1.0}, None) for level in LEVELS}
"""What Attention finds without other seeds, by the level at which the maps differ most."""
BEE = (FOLDER / "none-bee.jpg").read_bytes()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_a_finding_and_describes_what_it_draws(start, networks: Path, page: str) -> None:
    app = start(networks, page)
    assert said(app)
    assert len(app.title) == 1
    assert app.title[0].value.endswith(".")
    assert all(alts(app))
    assert alts(app)


def test_see_it_begins_with_the_middle_pair_where_the_large_one_is_not_trained(start, networks: Path) -> None:
    app = start(networks)
    assert app.selectbox(key="pair").value == "wrn40_1"
    large = [option for option in app.selectbox(key="pair").options if option.startswith("Large")]
    assert [option.endswith("not trained yet") for option in large] == [True, True]


def finding(file: str) -> str:
    """What the stored answers of the middle pair on a picture of the gallery come to."""
    (picture,) = (each for each in gallery_pictures() if each.file == file)
    stored = stored_answers.gallery_answers(pair_named("wrn40_1"), file)
    return words.picture_title(stored["baseline"].answer, stored["nat"].answer, picture.label, 0.9)


def test_see_it_shows_another_picture_for_a_click_and_for_the_list(start, networks: Path) -> None:
    app = start(networks)
    app.button(key="thumb_ship1").click().run()
    assert app.session_state["picture"] == "ship1.jpg"
    assert app.title[0].value == finding("ship1.jpg")
    assert "Sure, and right." in said(app)
    app.selectbox(key="see_it_listed").set_value("none-teapot.jpg").run()
    assert any(alt.startswith("black teapot") for alt in alts(app))
    assert "Sure, and wrong." in said(app)


def test_see_it_says_where_nat_is_fooled_as_well(start, networks: Path) -> None:
    app = start(networks)
    files = [picture.file for picture in gallery_pictures() if not picture.known]
    texts = {file: said(app.selectbox(key="see_it_listed").set_value(file).run()) for file in files}
    rate = load_card(networks, "wrn40_1_nat").report.sets["cifar100_test"].ncr["0.9"]
    as_well = words.nat_fooled(SURE, SURE, 0.9, rate, "CIFAR-100 pictures")
    fooled = [text for text in texts.values() if as_well in text]
    assert 0 < len(fooled) < len(files)
    assert all(words.picture_title(SURE, SURE, "none", 0.9) in text for text in fooled)
    assert not any(
        words.nat_fooled(SURE, SURE, 0.9, None, "") in texts[file] for file in files if texts[file] not in fooled
    )


def test_see_it_gives_its_three_numbers_with_how_many_pictures(start, networks: Path) -> None:
    text = said(start(networks))
    assert f"accuracy on {pictures_of('cifar10_test', 1000)}" in text
    assert plain(f"sure above {words.threshold_share(0.9)}, {pictures_of('cifar100_test', 1000)} (NCR)") in text


@pytest.mark.checkpoints
@pytest.mark.parametrize(("pair", "students"), [("students", True), ("wrn16_1", False)])
def test_see_it_says_of_students_that_they_saw_no_negatives(start, pair: str, students: bool) -> None:
    text = said(start(Path(__file__).parents[2] / "checkpoints", pair=pair))
    assert ("Both are students of the same shape" in text) is students
    assert ("The NAT network was shown 50,000 pictures of other things as well" in text) is not students


def test_see_it_credits_the_author(start, networks: Path) -> None:
    app = start(networks, picture="dog1.jpg")
    (dog,) = (picture for picture in gallery_pictures() if picture.file == "dog1.jpg")
    assert dog.author
    assert f"{dog.author}, {dog.licence}." in said(app)


def test_see_it_imports_no_torch(networks: Path) -> None:
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({MAIN!r}, default_timeout=60).run()\n"
        "assert not app.exception and app.title[0].value\n"
        "for key in ('thumb_none-bee', 'thumb_cat1'): app.button(key=key).click().run()\n"
        "for page in ('views/thresholds/view.py', 'views/attention/view.py'):\n"
        "    assert not app.switch_page(page).run().exception\n"
        "print('torch' in sys.modules)\n"
    )
    environment = {"NAT_CHECKPOINTS": str(networks), "PATH": "", "PYTHONPATH": str(Path(MAIN).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split()[-1] == "False"


def to_train(key: str) -> str:
    """The commands that train a pair."""
    return "\n".join(f"nat train {name}" for name in pair_named(key).names)


@pytest.mark.parametrize("page", PAGES)
def test_a_pair_that_is_not_trained_gives_the_commands(start, tmp_path: Path, page: str) -> None:
    app = start(tmp_path, page)
    text = said(app)
    assert "This pair is not trained yet." in text
    assert "`wrn16_1_baseline`" in text
    assert app.code[0].value == to_train("wrn16_1")


def test_half_a_pair_names_the_other_half(start, tmp_path: Path) -> None:
    write_network(tmp_path, "wrn16_1_baseline")
    app = start(tmp_path)
    assert app.code[0].value == "nat train wrn16_1_nat"


@pytest.mark.parametrize("file", [CARD, PREDICTIONS])
@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_checkpoint_gives_one_sentence(start, tmp_path: Path, page: str, file: str) -> None:
    write_pairs(tmp_path, "wrn16_1")
    damaged = tmp_path / "wrn16_1_nat" / file
    damaged.write_bytes(damaged.read_bytes()[:100])
    app = start(tmp_path, page)
    text = said(app)
    assert app.title[0].value == "This network cannot be read."
    assert len(app.warning) == 1
    assert "wrn16_1_nat" in text
    assert not bars(app)


def test_a_checkpoint_trained_anew_is_read_anew(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    app = start(tmp_path)
    before = ElementTree.tostring(bars(app)[1])
    for file in (tmp_path / "wrn16_1_nat").iterdir():
        file.unlink()
    (tmp_path / "wrn16_1_nat").rmdir()
    write_network(tmp_path, "wrn16_1_nat", seed=9)
    assert ElementTree.tostring(bars(app.run())[1]) != before


def test_the_threshold_holds_on_every_page(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    app.select_slider(key="t").set_value(0.35).run()
    assert plain(f"sure above {words.threshold_share(0.35)}") in said(app.switch_page(PAGES[0]).run())
    assert app.switch_page(PAGES[1]).run().select_slider(key="t").value == 0.35
    assert app.switch_page(PAGES[2]).run().select_slider(key="t").value == 0.35


def test_a_page_that_ends_early_leaves_the_choice_of_another_pair(start, networks: Path, tmp_path: Path) -> None:
    for folder, page in ((networks, "views/your_photos/view.py"), (tmp_path, "views/see_it/view.py")):
        app = start(folder, page)
        assert not app.exception
        assert [each.key for each in app.sidebar.selectbox] == ["pair", "lang"]
        assert [each.key for each in app.sidebar.toggle] == ["wall"]


def test_your_photos_invites_while_there_is_none(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    assert invites(app)
    assert photo_words.nothing_here(CLASSES) in said(app)


def test_one_photo_is_too_few_for_a_rate(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    app.button(key="none_of_them").click().run()
    text = said(app)
    assert TOO_FEW in text
    assert len(bars(app)) == 1
    assert ":gray[**Baseline**]" in text
    assert "1 photo. Sure means" in text


def test_bad_files_are_named_and_the_others_shown(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40)
    app.file_uploader(key="uploads").set_value(
        [("bee.jpg", BEE, "image/jpeg"), ("note_1.png", b"some words", "image/png"), ("IMG.heic", heic, "image/heic")]
    ).run()
    warning = app.warning[0].value
    assert len(app.warning) == 1
    assert "note\\_1\\.png" in warning
    assert "JPEG" in warning
    assert warning.endswith(photo_words.others_are_fine(1))
    assert len(bars(app)) == 1


def test_only_bad_files_leave_the_page_empty(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("empty.jpg", b"", "image/jpeg").run()
    assert invites(app)
    assert photo_words.others_are_fine(0) in said(app)


def test_twelve_samples_come_from_stored_predictions_sorted_by_disagreement(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.button(key="try_samples").click().run()
    text = said(app)
    assert app.toggle(key="samples").value
    sure: dict[bool, dict[Kind, np.ndarray]] = {False: {}, True: {}}
    for known, kind in itertools.product((False, True), KINDS):
        stored = (stored_answers.gallery_answers(pair_named("wrn40_1"), each.file)[kind]
                  for each in samples() if each.known == known)  # fmt: skip
        sure[known][kind] = np.array([each.answer.confidence > 0.9 for each in stored])
    fooled, kept = compare(sure[False]), compare(sure[True])
    assert (fooled.pictures, kept.pictures) == (9, 3)
    assert app.title[0].value == photo_words.photos_title(fooled, 3, 0)
    assert plain(photo_words.photos_sentence(fooled)) in text
    assert photo_words.known_sentence(kept.counts, 3) in text
    assert "not counted" not in text
    assert len(bars(app)) == 8
    app.get("pagination")[0].set_value(2).run()
    assert len(bars(app)) == 4


def test_the_visitor_says_whether_a_photo_is_one_of_the_ten(start, networks: Path) -> None:
    app = start(networks, PAGES[1], t=0.0)
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    assert "Fooled" not in said(app)
    assert photo_words.waiting_sentence(1) in said(app)
    (asked,) = (each for each in app.segmented_control if each.key.startswith("shows_"))
    said_by = asked.options[0]
    asked.set_value("none").run()
    assert said(app).count(":orange[▲] Fooled") == 2
    assert "not counted" not in said(app)
    (asked,) = (each for each in app.segmented_control if each.key.startswith("shows_"))
    asked.set_value("another").run()
    assert "■] Kept" in said(app)
    assert app.title[0].value == photo_words.photos_title(None, 1, 0)
    assert said_by


def test_photos_stay_until_the_visitor_forgets_them(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    app.switch_page(PAGES[0]).run()
    app.switch_page(PAGES[1]).run()
    assert len(bars(app)) == 1
    app.button(key="forget").click().run()
    assert invites(app)


def test_a_photo_taken_out_of_the_drop_zone_is_gone(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    app.file_uploader(key="uploads").clear().run()
    assert invites(app)


def test_too_many_photos_are_said_to_be_too_many(start, networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_app.visit.photos.MOST", 2)
    app = start(networks, PAGES[1])
    files = [(f"{number}.jpg", BEE, "image/jpeg") for number in range(3)]
    app.file_uploader(key="uploads").set_value(files).run()
    assert photos.too_many(1) in said(app)


def test_the_camera_waits_behind_a_switch(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    assert not app.camera_input
    app.toggle(key="camera").set_value(True).run()
    app.camera_input(key="shot").upload("shot.jpg", BEE, "image/jpeg").run()
    assert len(bars(app)) == 1
    assert "Camera" in said(app)


def test_damaged_weights_are_said_when_a_photo_needs_them(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    weights = tmp_path / "wrn16_1_nat" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    app = start(tmp_path, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    assert len(app.warning) == 1
    assert "truncated" in app.warning[0].value


def test_attention_compares_the_chosen_pair(start, networks: Path) -> None:
    app = start(networks, PAGES[3])
    assert app.title[0].value in FURTHEST
    assert "45 gallery pictures" in said(app)
    app.selectbox(key="looked_at").set_value("none-bee.jpg").run()
    assert any("bee" in alt.lower() for alt in alts(app))


def test_attention_names_the_commands_for_what_is_missing(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    app = start(tmp_path, PAGES[3], pair="wrn40_1")
    assert app.code[0].value == to_train("wrn40_1")
    assert not drawn(app, "nat-looks")
    write_pairs(tmp_path, "wrn40_1")
    app = start(tmp_path, PAGES[3], pair="wrn40_1")
    assert attention_words.without_students(("", "")) in said(app)
    assert app.code[0].value == to_train("students")
    assert app.title[0].value in FURTHEST


def test_attention_shows_the_visitors_own_photo(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("my_bee.jpg", BEE, "image/jpeg").run()
    app.switch_page(PAGES[3]).run()
    choice = app.selectbox(key="looked_at")
    assert choice.options[0] == "my_bee.jpg"
    choice.select_index(0).run()
    assert "my_bee.jpg" in said(app)
    assert drawn(app, "nat-looks")


def test_a_link_restores_a_page(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params.update({"t": "0.35", "pair": "wrn16_1", "set": "noise", "picture": "cat1.jpg", "v": "1"})
    app.run()
    assert plain(f"sure above {words.threshold_share(0.35)}") in said(app)
    assert app.selectbox(key="pair").value == "wrn16_1"
    assert app.selectbox(key="see_it_listed").value == "cat1.jpg"
    app.switch_page(PAGES[2]).run()
    assert app.pills(key="set").value == "noise"
    assert app.select_slider(key="t").value == 0.35


@pytest.mark.parametrize("value", ["banana", "7", "-1", "nan", ""])
def test_a_bad_link_falls_back_with_one_sentence(networks: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["t"] = value
    app.run()
    text = said(app).replace("\\", "")
    assert complaint("t", value) in text
    assert plain(f"sure above {words.threshold_share(0.9)}") in text


def test_the_link_holds_what_was_chosen(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    told(app, url="http://localhost:8501")
    app.run()
    app.session_state["copy_link"] = True
    app.button(key="thumb_cat1").click().run()
    assert app.sidebar.code[0].value == "http://localhost:8501?pair=wrn40_1&t=0.9&picture=cat1.jpg&v=1"


def test_the_sidebar_says_from_which_seed_the_pair_began(start, networks: Path) -> None:
    app = start(networks, "views/see_it/view.py")
    assert any("(seed 0)" in caption.value for caption in app.sidebar.caption)
