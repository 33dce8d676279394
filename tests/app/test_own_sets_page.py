"""Bring your own image set: read, asked of both networks, shown on Thresholds, handed out, forgotten."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.pairs import own_name, pictures_of, set_title
from nat_app.views.bring_your_own import samples, words
from nat_app.visit import brought_along
from nat_core.data.uploaded_sets import read_own_set
from tests.pages import PAGES, live_data, now, plain, said, shown
from tests.pseudo import PSEUDO, loose_words, speak_pseudo
from tests.synthetic import CLASSES
from tests.uploads import npz, picture, zipped

PAGE = "views/bring_your_own/view.py"
FLOWERS = zipped({"rose/1.png": picture((200, 10, 10)), "rose/2.png": picture((90, 9, 9)), "tulip/1.png": b"no picture",
                  "tulip/2.png": picture((250, 250, 0))})  # fmt: skip


def bring(app: AppTest, name: str, content: bytes, role: str = brought_along.NEGATIVES) -> AppTest:
    app.file_uploader(key="own_set_file").upload(name, content, "application/zip").run()
    app.segmented_control(key="own_set_role").set_value(role).run()
    return app.button(key="ask_set").click().run()


def brought(app: AppTest) -> str:
    """The name of the image set that was brought."""
    (name,) = app.session_state["brought_along"].sets
    return name


def test_nothing_yet_says_what_to_bring(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert app.title[0].value == words.NOTHING_YET
    assert app.button(key="ask_set").disabled


def test_class_folders_are_asked_and_become_a_set_of_thresholds(start, networks: Path) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "my flowers, 2.zip", FLOWERS)
    text = said(app)
    title = app.title[0].value.replace("\u00a0", " ")
    assert title.startswith("Too few for a rate: above 90 %, the baseline is fooled by ")
    assert "of your 3, NAT by " in title
    assert shown(words.set_line(3, 2, ["1.png is text"])) in text
    see = next(button for button in app.button if button.label == "See it on Thresholds")
    see.click().run()
    assert not app.exception
    app.switch_page(PAGES[2]).run()
    assert shown(app.pills(key="set").options[-1]) == f"{set_title(brought(app))} · negatives"
    assert f"of {pictures_of(brought(app), 3)} (NCR)" in plain(live_data(app)["source"])
    app.session_state["fold_classes"] = app.session_state["fold_paper"] = True
    app.run()
    assert "2 of 2" in said(app)
    app.switch_page(PAGES[1]).run()
    app.button(key="try_samples").click().run()
    assert not app.exception


def test_own_known_pictures_are_what_is_kept(start, networks: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)
    content = npz(test_images=pixels, test_labels=np.arange(20) % 10, classes=np.array(CLASSES))
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.npz", content, "in distribution")
    assert "the baseline keeps" in app.title[0].value
    assert "By your labels, the baseline is correct on " in said(app)
    assert "20 pictures, 95 % intervals: baseline " in said(app)
    app.session_state["set"] = next(iter(app.session_state["brought_along"].sets))
    app.switch_page(PAGES[2]).run()
    assert "the baseline keeps" in app.title[0].value
    assert f"of {pictures_of(brought(app), 20)}." in plain(live_data(app)["source"])
    assert now(app)["nat"]["panel"].startswith("NAT\u2003kept: ")


def test_a_sample_is_asked_with_one_press_and_can_be_looked_at(start, networks: Path) -> None:
    app = start(networks, PAGE, pair="wrn16_1").button(key="try_set").click().run()
    others = sum(not picture.known for picture in gallery_pictures())
    assert plain(app.title[0].value).startswith("Above 90 %, the baseline is fooled by ")
    assert f"of your {others}, NAT by " in plain(app.title[0].value)
    assert f"{others} pictures in {others} classes." in said(app)
    assert not app.warning
    # The file is what such files look like: it is read as a visitor's own is.
    read = read_own_set(samples.image_set().content, "sample.npz")
    assert (len(read), read.passed_over) == (others, ())
    assert "bee" in read.classes


def test_labels_that_say_nothing_are_named_and_never_dropped_in_silence(start, networks: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)
    app = start(networks, PAGE, pair="wrn16_1")
    app = bring(app, "a.npz", npz(test_images=pixels, test_labels=np.arange(20) % 10), "in distribution")
    assert "Its labels are numbers without names, so no answer is held against them" in said(app)
    assert "correct on" not in said(app)
    named = np.array(["plane", "car", "teapot", "mug"])
    app = bring(
        app, "b.npz", npz(test_images=pixels + 1, test_labels=np.arange(20) % 4, classes=named), "in distribution"
    )
    assert "By your labels, on the 10 pictures of classes that they know, the baseline is correct on" in said(app)
    assert "The networks know none of the classes teapot, mug, so" in said(app)


def test_negatives_that_bear_a_known_class_are_doubted(start, networks: Path) -> None:
    files = {"plane/1.png": picture((200, 10, 10)), "rose/2.png": picture((90, 9, 9))}
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.zip", zipped(files))
    assert "Its class plane is one that the networks know: is it none of theirs even so?" in said(app)


def test_another_pair_is_asked_when_the_visitor_wants_it(start, networks: Path) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.zip", FLOWERS)
    app.switch_page(PAGES[2]).run()
    app.selectbox(key="pair").set_value("wrn40_1").run()
    assert "not been asked" in said(app)
    assert not any("Yours" in option for option in app.pills(key="set").options)
    app.button(key="ask_own").click().run()
    assert shown(app.pills(key="set").options[-1]) == f"{set_title(brought(app))} · negatives"


def test_its_predictions_are_a_table_with_a_row_for_each_picture_and_network(networks: Path, start) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.zip", FLOWERS)
    brought = next(iter(app.session_state["brought_along"].sets.values()))
    from nat_app.answers.own_sets import predictions_csv

    rows = list(csv.reader(io.StringIO(predictions_csv(brought, ("wrn16_1_baseline", "wrn16_1_nat"), CLASSES))))
    assert rows[0] == ["place", "picture", "label", "network", "answer", "confidence", *CLASSES]
    assert [row[:4] for row in rows[1:3]] == [
        ["0", "rose/1.png", "rose", "wrn16_1_baseline"],
        ["1", "rose/2.png", "rose", "wrn16_1_baseline"],
    ]
    assert len(rows) == 7
    assert sum(map(float, rows[1][6:])) == pytest.approx(1, abs=1e-4)


def test_a_wrong_file_gets_one_sentence_and_what_was_there_stays(start, networks: Path) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.zip", FLOWERS)
    app = bring(app, "wrong.npz", npz(pictures=np.zeros(3)))
    assert len(app.warning) == 1
    assert "no array test" in app.warning[0].value
    assert len(app.session_state["brought_along"].sets) == 1


def test_a_forgotten_set_is_gone(start, networks: Path) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "mine.zip", FLOWERS)
    next(button for button in app.button if button.label == "Forget it").click().run()
    assert app.title[0].value == words.NOTHING_YET
    app.switch_page(PAGES[2]).run()
    assert not any("Yours" in option for option in app.pills(key="set").options)


def test_no_word_of_the_page_is_left_untranslated(start, networks: Path, monkeypatch, tmp_path: Path) -> None:
    speak_pseudo(monkeypatch)
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    app = start(networks, PAGE, pair="wrn16_1", lang=PSEUDO)
    assert loose_words(app) == []
    app = app.button(key="try_set").click().run()
    app = app.button(key="try_network").click().run()
    assert loose_words(app, frozenset(["sample", "student", "baseline"])) == []


def test_the_page_speaks_german(german, start, networks: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    app = start(networks, PAGE, pair="wrn16_1", lang="de").button(key="try_set").click().run()
    (each,) = app.session_state["brought_along"].sets.values()
    fooled = {name: int((each.said[name].confidence > 0.9).sum()) for name in ("wrn16_1_baseline", "wrn16_1_nat")}
    assert plain(app.title[0].value) == (
        f"Über 90 % lässt sich die Baseline von {fooled['wrn16_1_baseline']} von deinen {len(each.images)} täuschen, "
        f"NAT von {fooled['wrn16_1_nat']}."
    )
    app = app.button(key="try_network").click().run()
    assert list(app.table[0].value.columns) == ["Bilder", "Anzahl", "Anteil", "Baseline", "NAT", "Urteil"]
    assert re.fullmatch(r"\d+,\d % \(\d+–\d+ %\)", plain(app.table[0].value["NAT"][0]))


def test_a_name_holds_the_digest_so_that_two_sets_of_one_title_are_two() -> None:
    assert own_name("12ab", "a/b.zip") == "own/12ab/a b.zip"
