"""Every page in every state, run without a browser: one, many, broken, missing, damaged."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.pictures import FOLDER, gallery
from nat_core.checkpoints import CARD, PREDICTIONS
from tests.synthetic import write_network, write_pairs

MAIN = str(Path(__file__).parents[1] / "app" / "main.py")
PAGES = ("views/see_it.py", "views/your_photos.py", "views/thresholds.py", "views/attention.py")
BEE = (FOLDER / "none-bee.jpg").read_bytes()


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up checkpoints of the small pair, the middle pair, both students and the digits."""
    folder = write_pairs(tmp_path_factory.mktemp("networks"), "wrn16_1", "wrn40_1", "digits")
    write_network(folder, "wrn16_1_student_of_baseline", seed=2)
    write_network(folder, "wrn16_1_student_of_nat", seed=3)
    return folder


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    """No page sees what another test cached."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch):
    """Return a function that opens a page on a folder of checkpoints."""

    def opened(folder: Path, page: str = PAGES[0], **state: object) -> AppTest:
        monkeypatch.setenv("NAT_CHECKPOINTS", str(folder))
        app = AppTest.from_file(MAIN, default_timeout=60)
        for key, value in state.items():
            app.session_state[key] = value
        app.run()
        return app if page == PAGES[0] else app.switch_page(page).run()

    return opened


def said(app: AppTest) -> str:
    """All words of a page, with ordinary spaces."""
    assert not app.exception, app.exception
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.warning, *app.code]
    return "\n".join(str(part.value) for part in parts).replace("\u00a0", " ")


def alts(app: AppTest) -> list[str]:
    """The descriptions of all charts and pictures of a page."""
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    return charts + [image.alt for images in app.image for image in images.proto.imgs]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_a_finding_and_describes_what_it_draws(start, networks: Path, page: str) -> None:
    app = start(networks, page)
    assert said(app)
    assert len(app.title) == 1
    assert app.title[0].value.endswith(".")
    assert all(alts(app))
    assert alts(app)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_take_the_colours_of_the_theme(start, networks: Path, monkeypatch, theme: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.context["theme"] = theme
    app.run()
    spec = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert ("#0072B2" in spec, "#56B4E9" in spec) == (theme == "light", theme == "dark")


def test_see_it_begins_with_the_middle_pair_where_the_large_one_is_not_trained(start, networks: Path) -> None:
    app = start(networks)
    assert app.selectbox(key="pair").value == "wrn40_1"
    assert "Large network: not trained yet" in app.selectbox(key="pair").options


def test_see_it_shows_another_picture_for_a_click_and_for_the_list(start, networks: Path) -> None:
    app = start(networks)
    app.button(key="thumb_ship1").click().run()
    assert app.session_state["picture"] == "ship1.jpg"
    assert app.title[0].value == "Both networks know this one."
    assert "Sure, and right." in said(app)
    app.selectbox(key="picture").set_value("none-teapot.jpg").run()
    assert any(alt.startswith("black teapot") for alt in alts(app))
    assert "Sure, and wrong." in said(app)


def test_see_it_says_where_nat_is_fooled_as_well(start, networks: Path) -> None:
    app = start(networks)
    files = [picture.file for picture in gallery() if not picture.known]
    texts = {file: said(app.selectbox(key="picture").set_value(file).run()) for file in files}
    fooled = [text for text in texts.values() if "NAT is fooled by this one as well." in text]
    assert 0 < len(fooled) < len(files)
    assert all("in 100 CIFAR-100 pictures." in text for text in fooled)
    assert all("Both networks are sure, and both are wrong." in text for text in fooled)


def test_see_it_gives_its_three_numbers_with_how_many_pictures(start, networks: Path) -> None:
    text = said(start(networks))
    assert "accuracy on 1,000 CIFAR-10 test pictures" in text
    assert "sure above 90 %, 1,000 CIFAR-100 test pictures (NCR)" in text


def test_see_it_credits_the_author(start, networks: Path) -> None:
    app = start(networks, picture="dog1.jpg")
    assert "Dirk Vorderstraße, CC BY 2.0." in said(app)


def test_see_it_imports_no_torch(networks: Path) -> None:
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({MAIN!r}, default_timeout=60).run()\n"
        "assert not app.exception and app.title[0].value\n"
        "for key in ('thumb_none-bee', 'thumb_cat1'): app.button(key=key).click().run()\n"
        "for page in ('views/thresholds.py', 'views/attention.py'):\n"
        "    assert not app.switch_page(page).run().exception\n"
        "print('torch' in sys.modules)\n"
    )
    environment = {"NAT_CHECKPOINTS": str(networks), "PATH": "", "PYTHONPATH": str(Path(MAIN).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split()[-1] == "False"


@pytest.mark.parametrize("page", PAGES[:3])
def test_a_pair_that_is_not_trained_gives_the_commands(start, tmp_path: Path, page: str) -> None:
    app = start(tmp_path, page)
    text = said(app)
    assert "This pair is not trained yet." in text
    assert "No network `wrn16_1_baseline` here. Train it with the command below, or choose another pair." in text
    assert app.code[0].value == "nat train wrn16_1_baseline\nnat train wrn16_1_nat"


def test_half_a_pair_names_the_other_half(start, tmp_path: Path) -> None:
    write_network(tmp_path, "wrn16_1_baseline")
    app = start(tmp_path)
    assert app.code[0].value == "nat train wrn16_1_nat"


def test_attention_without_any_of_its_networks_gives_the_commands(start, tmp_path: Path) -> None:
    app = start(tmp_path, PAGES[3])
    assert app.title[0].value == "None of the four networks is trained yet."
    assert "nat train wrn40_1_nat" in app.code[0].value


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
    assert not app.get("plotly_chart")


def test_a_checkpoint_trained_anew_is_read_anew(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    app = start(tmp_path)
    before = app.get("plotly_chart")[1].proto.spec
    for file in (tmp_path / "wrn16_1_nat").iterdir():
        file.unlink()
    (tmp_path / "wrn16_1_nat").rmdir()
    write_network(tmp_path, "wrn16_1_nat", seed=9)
    assert app.run().get("plotly_chart")[1].proto.spec != before


def test_digits_have_thresholds_but_no_gallery(start, networks: Path) -> None:
    app = start(networks, pair="digits")
    assert app.title[0].value == "This pair has not been asked about the photos."
    app.switch_page(PAGES[2]).run()
    assert "Digits 8-9 · never seen" in app.pills(key="set").options
    assert "The paper has no such networks." in said(app)


def test_thresholds_move_by_slider_and_by_the_papers_buttons(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    assert app.title[0].value.replace("\u00a0", " ").startswith("Above 90 %, the baseline is fooled by ")
    before = said(app)
    app.slider(key="t").set_value(0.2).run()
    assert app.title[0].value.replace("\u00a0", " ").startswith("Above 20 %")
    assert said(app) != before
    app.button(key="t_0.6").click().run()
    assert app.slider(key="t").value == 0.6
    assert "Fooled by" in said(app)
    assert "Keeps" in said(app)


def test_the_threshold_holds_on_every_page(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    app.slider(key="t").set_value(0.35).run()
    assert "sure above 35 %" in said(app.switch_page(PAGES[0]).run())
    assert app.switch_page(PAGES[1]).run().slider(key="t").value == 0.35
    assert app.switch_page(PAGES[2]).run().slider(key="t").value == 0.35


def test_every_image_set_has_a_chip_with_its_role(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    chips = app.pills(key="set")
    assert chips.options == [
        "CIFAR-10 test · known",
        "CIFAR-100 train · used in training",
        "CIFAR-100 test · same source",
        "ILSVRC · never seen",
        "Noise · never seen",
    ]
    for name, count in (("ilsvrc", "300 ILSVRC"), ("cifar100_train", "2,000 CIFAR-100 train")):
        assert f"{count} pictures" in said(app.pills(key="set").set_value(name).run())
    app.pills(key="set").set_value("cifar10_test").run()
    assert "the baseline keeps" in app.title[0].value


def test_keeping_95_of_100_moves_each_network_to_its_own_threshold(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    app.toggle(key="keep95").set_value(True).run()
    assert app.title[0].value.startswith("Keeping 95 of 100, the baseline is fooled by ")
    assert said(app).count("Keeps 95 of 100") == 2
    assert app.slider(key="t").disabled


def test_tables_stand_beside_the_papers(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    assert len(app.table) == 4
    table = app.table[1].value
    assert list(table.columns) == ["t", "Baseline", "paper's base", "NAT", "paper's NAT", "Baseline keeps", "NAT keeps"]
    assert list(table["paper's base"]) == ["0.971", "0.839", "0.671", "0.558"]
    assert "The paper's network is a ResNet-18" in said(app)


def test_curves_download_as_csv(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.pairs import pair_named
    from app.tables import curves_csv, report_csv

    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    lines = curves_csv(pair_named("wrn16_1")).splitlines()
    assert lines[0] == "network,set,role,images,t,share_above_t,share_kept"
    assert len(lines) == 1 + 2 * 7 * 101
    assert lines[1] == "wrn16_1_baseline,cifar10_test,in distribution,1000,0.00,1.000000,1.000000"
    assert "wrn40_1_nat" in report_csv()


def test_your_photos_invites_while_there_is_none(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    assert app.title[0].value == "Try it on your own photos."
    assert "Nothing here yet. Drop in photos of things that are not an airplane, automobile, " in said(app)


def test_one_photo_is_too_few_for_a_rate(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    text = said(app)
    assert "Too few for a rate, so here is each one." in text
    assert len(app.get("plotly_chart")) == 1
    assert ":gray[**Baseline**]" in text
    assert "1 photo," in text


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
    assert warning.endswith("The other one is fine.")
    assert len(app.get("plotly_chart")) == 1


def test_only_bad_files_leave_the_page_empty(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("empty.jpg", b"", "image/jpeg").run()
    assert app.title[0].value == "Try it on your own photos."
    assert "No other photo came with it." in said(app)


def test_twelve_samples_come_from_stored_predictions_sorted_by_disagreement(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.button(key="try_samples").click().run()
    text = said(app)
    assert app.toggle(key="samples").value
    assert "of your 9 (95 % interval" in text
    assert "Of the 3 photos of things they know, the baseline keeps" in text
    assert len(app.get("plotly_chart")) == 8
    app.get("pagination")[0].set_value(2).run()
    assert len(app.get("plotly_chart")) == 4


def test_the_visitor_says_whether_a_photo_is_one_of_the_ten(start, networks: Path) -> None:
    app = start(networks, PAGES[1], t=0.0)
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    assert ":orange[▲] Fooled" in said(app)
    switch = next(toggle for toggle in app.toggle if toggle.key.startswith("known_"))
    switch.set_value(True).run()
    assert ":green[■] Kept." in said(app)
    assert "None of these is a thing they were never taught" in said(app)


def test_photos_stay_until_the_visitor_forgets_them(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    app.switch_page(PAGES[0]).run()
    app.switch_page(PAGES[1]).run()
    assert len(app.get("plotly_chart")) == 1
    app.button(key="forget").click().run()
    assert app.title[0].value == "Try it on your own photos."


def test_a_photo_taken_out_of_the_drop_zone_is_gone(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    app.file_uploader(key="uploads").clear().run()
    assert app.title[0].value == "Try it on your own photos."


def test_too_many_photos_are_said_to_be_too_many(start, networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.visitor.MOST", 2)
    app = start(networks, PAGES[1])
    files = [(f"{number}.jpg", BEE, "image/jpeg") for number in range(3)]
    app.file_uploader(key="uploads").set_value(files).run()
    assert "These are the first 2; 1 photo more would be too many at once." in said(app)


def test_the_camera_waits_behind_a_switch(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    assert not app.camera_input
    app.toggle(key="camera").set_value(True).run()
    app.camera_input(key="shot").upload("shot.jpg", BEE, "image/jpeg").run()
    assert len(app.get("plotly_chart")) == 1
    assert "Camera" in said(app)


def test_damaged_weights_are_said_when_a_photo_needs_them(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    weights = tmp_path / "wrn16_1_nat" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    app = start(tmp_path, PAGES[1])
    app.file_uploader(key="uploads").upload("bee.jpg", BEE, "image/jpeg").run()
    assert len(app.warning) == 1
    assert "is truncated or altered" in app.warning[0].value


def test_attention_compares_the_teachers_and_shares_a_scale_by_level(start, networks: Path) -> None:
    app = start(networks, PAGES[3])
    assert app.title[0].value.startswith("Baseline and NAT look most differently at the ")
    assert "In brackets the median of the 45 gallery pictures." in said(app)
    app.selectbox(key="looked_at").set_value("none-bee.jpg").run()
    assert any("bee" in alt.lower() for alt in alts(app))


def test_attention_names_those_that_stand_in_and_those_that_are_missing(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    app = start(tmp_path, PAGES[3])
    text = said(app)
    assert "stands in for `wrn16_1_student_of_baseline`" in text
    assert app.code[0].value == "nat train wrn40_1_baseline\nnat train wrn40_1_nat"
    assert app.title[0].value.startswith("Baseline and NAT look most differently")


def test_attention_shows_the_visitors_own_photo(start, networks: Path) -> None:
    app = start(networks, PAGES[1])
    app.file_uploader(key="uploads").upload("my_bee.jpg", BEE, "image/jpeg").run()
    app.switch_page(PAGES[3]).run()
    choice = app.selectbox(key="looked_at")
    assert choice.options[0] == "my_bee.jpg"
    choice.select_index(0).run()
    assert "my\\_bee\\.jpg" in said(app)
    assert app.get("plotly_chart")


def test_a_link_restores_a_page(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params.update({"t": "0.35", "pair": "wrn16_1", "set": "noise", "picture": "cat1.jpg", "v": "1"})
    app.run()
    assert "sure above 35 %" in said(app)
    assert app.selectbox(key="pair").value == "wrn16_1"
    assert app.selectbox(key="picture").value == "cat1.jpg"
    app.switch_page(PAGES[2]).run()
    assert app.pills(key="set").value == "noise"
    assert app.slider(key="t").value == 0.35


@pytest.mark.parametrize("value", ["banana", "7", "-1", "nan", ""])
def test_a_bad_link_falls_back_with_one_sentence(networks: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["t"] = value
    app.run()
    text = said(app).replace("\\", "")
    assert f"This link has a setting we do not know (t={value}). We used 0.9." in text
    assert "sure above 90 %" in text


def test_the_link_holds_what_was_chosen(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.context["url"] = "http://localhost:8501"
    app.run()
    app.button(key="thumb_cat1").click().run()
    assert app.sidebar.code[0].value == "http://localhost:8501?pair=wrn40_1&t=0.9&picture=cat1.jpg&v=1"


def test_a_set_that_one_network_lacks_is_left_out(start, tmp_path: Path) -> None:
    write_network(tmp_path, "wrn16_1_baseline", leave_out=("ilsvrc", "cifar100_test"))
    write_network(tmp_path, "wrn16_1_nat", seed=1)
    assert "1,000 Noise pictures (NCR)" in said(start(tmp_path)), said(start(tmp_path))
    app = start(tmp_path, PAGES[2])
    assert said(app)
    assert [option.split(" · ")[0] for option in app.pills(key="set").options] == [
        "CIFAR-10 test",
        "CIFAR-100 train",
        "Noise",
    ]
    assert len(app.table) == 2


def test_ilsvrc_is_shown_three_ways(start, networks: Path) -> None:
    app = start(networks, PAGES[2])
    assert "variant" not in [box.key for box in app.selectbox]
    app.pills(key="set").set_value("ilsvrc").run()
    assert app.selectbox(key="variant").options == [
        "ILSVRC",
        "ILSVRC without the ten classes",
        "ILSVRC without look-alikes",
    ]
    assert "of 300 ILSVRC pictures" in said(app)
    app.selectbox(key="variant").set_value("ilsvrc_strict_near").run()
    assert "of 100 ILSVRC without look-alikes pictures" in said(app)
    app.pills(key="set").set_value("noise").run()
    assert "of 1,000 Noise pictures" in said(app)
