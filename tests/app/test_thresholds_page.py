"""Thresholds in every state, run without a browser: its live chart's sentences, its folds, its links."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers import score_rates
from nat_app.frame import links
from nat_app.frame.settings import EVERYWHERE, THRESHOLD
from nat_app.shared import score_scales, words
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.pairs import ROLE_TITLES, pair_named, pictures_of, set_title
from nat_app.views.thresholds import folded, histograms, settings
from nat_app.views.thresholds import words as threshold_words
from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions
from nat_core.measure.rounding import rate_text
from nat_core.measure.scores import FPR95_NOTE, MEASURES, SCORE_NAMES, SCORES, scores_of, separations
from nat_core.recipes import Role
from nat_core.store.checkpoints import load_predictions
from tests.pages import MAIN, PAGES, alts, complaint, live_data, now, plain, said
from tests.present import present
from tests.pseudo import loose_in, loose_words, speak_pseudo
from tests.synthetic import CLASSES, write_network

PAGE = PAGES[2]
OPEN = {fold.open.key: True for fold in (settings.CURVES, settings.FAIR, settings.CLASSES, settings.PAPER)}


def chip(name: str, role: Role) -> str:
    """What stands on the chip of an image set."""
    return f"{set_title(name)} · {ROLE_TITLES[role]}"


def finding(at: dict[Kind, float]) -> str:
    """What the middle pair's rates on CIFAR-100's test pictures come to at these thresholds."""
    return words.threshold_title(score_rates.rates(pair_named("wrn40_1"), "cifar100_test", at), at, False)


def score_words(networks: Path, score: str) -> str:
    """What the middle pair achieves by a score, computed from its stored predictions."""
    found = {}
    for kind, name in pair_named("wrn40_1").by_kind.items():
        stored = load_predictions(networks, name, ["cifar10_test", "cifar100_test"])
        found[kind] = score_scales.separate(stored["cifar10_test"], stored["cifar100_test"], score)
    ncr = {kind: each.measured.ncr_at_95_kept for kind, each in found.items()}
    auroc = {kind: each.measured.auroc for kind, each in found.items()}
    return threshold_words.score_sentence(ncr, auroc, score)


def test_digits_have_thresholds_but_no_gallery(start, networks: Path) -> None:
    app = start(networks, pair="digits")
    assert app.title[0].value == "This pair has not been asked about the photos."
    app.switch_page(PAGE).run()
    app.session_state["fold_paper"] = True
    app.run()
    assert chip("digits_89", Role.UNSEEN) in app.pills(key="set").options
    assert words.comparison_note(False, "") in said(app)
    assert threshold_words.DIGITS_ELSEWHERE in live_data(app)["source"]
    assert threshold_words.DIGITS_ELSEWHERE not in live_data(start(networks, PAGE))["source"]


def test_thresholds_move_by_slider_and_by_the_papers_buttons(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert app.title[0].value == finding(dict.fromkeys(KINDS, 0.9))
    before = now(app)
    app.select_slider(key="t").set_value(0.2).run()
    assert app.title[0].value == finding(dict.fromkeys(KINDS, 0.2))
    assert now(app) != before
    app.button(key="t_0.6").click().run()
    assert app.select_slider(key="t").value == 0.6
    assert now(app)["nat"]["fooled"].startswith("Fooled by ")
    assert now(app)["nat"]["kept"].startswith("Keeps ")


def test_the_live_chart_holds_a_sentence_for_every_threshold_and_the_title_is_one_of_them(start, networks) -> None:
    app = start(networks, PAGE, t=0.35)
    data = live_data(app)
    assert len(data["says"]) == len(data["steps"]) == len(data["step_marks"]) == len(score_scales.T_STEPS)
    assert app.title[0].value == data["says"][35]["title"]
    assert data["says"][-1]["baseline"]["fooled"] == words.fooled_by(0.0)
    assert data["says"][0]["nat"]["kept"] == words.keeps(1.0)
    assert sum(data["shares"]["nat"]) == pytest.approx(1)
    assert data["no_opinion"] == 0.1
    assert f"{pictures_of('cifar100_test', 1000)} (NCR)" in data["source"]


def test_every_image_set_has_a_chip_with_its_role(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert app.pills(key="set").options == [
        chip("cifar10_test", Role.IN_DISTRIBUTION),
        chip("cifar100_train", Role.TRAINED_ON),
        chip("cifar100_test", Role.SAME_SOURCE),
        chip("ilsvrc", Role.UNSEEN),
        chip("noise", Role.UNSEEN),
    ]
    for name, count in (("ilsvrc", "300 ILSVRC"), ("cifar100_train", "2,000 CIFAR-100 train")):
        assert f"{count} pictures" in live_data(app.pills(key="set").set_value(name).run())["source"]
    app.pills(key="set").set_value("cifar10_test").run()
    assert "the baseline keeps" in app.title[0].value
    assert now(app)["nat"]["panel"].startswith("NAT\u2003kept: ")


def test_keeping_95_of_100_moves_each_network_to_its_own_threshold(start, networks: Path) -> None:
    app = start(networks, PAGE)
    app.toggle(key="keep95").set_value(True).run()
    assert app.title[0].value == finding(live_data(app)["at"])
    assert [now(app)[kind]["kept"] for kind in ("baseline", "nat")] == [words.keeps(0.95)] * 2
    assert live_data(app)["locked"]
    assert app.select_slider(key="t").disabled


def test_folds_are_closed_and_hold_nothing_until_they_are_opened(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert not app.get("plotly_chart")
    assert not app.table
    app = start(networks, PAGE, **OPEN)
    assert len(app.get("plotly_chart")) == 5
    assert all(alts(app))
    # By what each chart shows, not by where it stands: on a phone one is below the other.
    assert f"Fooled: {pictures_of('cifar100_test', 1000)}. Kept: {pictures_of('cifar10_test', 1000)}." in said(app)


def test_tables_stand_beside_the_papers(start, networks: Path) -> None:
    app = start(networks, PAGE, fold_paper=True)
    assert len(app.table) == 4
    table = app.table[1].value
    assert list(table.columns) == ["t", "Baseline", "paper's base", "NAT", "paper's NAT", "Baseline keeps", "NAT keeps"]
    assert list(table["paper's base"]) == ["0.971", "0.839", "0.671", "0.558"]
    assert pair_named("wrn40_1").paper_note in said(app)


@pytest.mark.parametrize("score", list(SCORES))
def test_every_score_has_its_curve_and_its_sentence(start, networks: Path, score: str) -> None:
    app = start(networks, PAGE, fold_fair=True, score=score)
    assert plain(score_words(networks, score)) in said(app)
    assert ("in place of confidence, the lead of NAT" in said(app)) == (score != "confidence")
    assert threshold_words.temperature_sentence(1, {}, {}, {}, 0.9) in said(app)


def test_a_temperature_moves_both_networks_and_is_said_beside_the_numbers(start, networks: Path) -> None:
    app = start(networks, PAGE, fold_fair=True)
    before = live_data(app)["shares"]
    app.select_slider(key="temperature").set_value(4.0).run()
    after = live_data(app)
    assert all(after["shares"][kind] != before[kind] for kind in ("baseline", "nat"))
    assert after["source"].endswith("Temperature 4.")
    assert "at temperature 4" in said(app)


def test_the_pictures_behind_a_bar_or_the_command_that_gets_them(
    start, networks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    app = start(networks, PAGE, fold_classes=True, behind_class="ship", behind_kind="baseline")
    stored = load_predictions(networks, "wrn40_1_baseline", ["cifar100_test"])["cifar100_test"]
    sure_ships = int(((stored.confidence > 0.9) & (stored.logits.argmax(1) == CLASSES.index("ship"))).sum())
    assert plain(threshold_words.behind_sentence("baseline", "ship", sure_ships, 1000, 0.9)) in said(app)
    commands = [code.value.split() for code in app.code if code.value.startswith("nat")]
    assert commands == [["nat", "data", "--download", "cifar100"]]
    app = start(networks, PAGE, fold_classes=True, set="noise", pair="wrn16_1")
    assert "on this disk" in said(app)


def test_the_sheet_shows_the_most_sure_first(networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches) -> None:
    from nat_core.data.sets import noise

    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    ids = noise().ids[:3]
    logits = np.array([[0, 9] + [0] * 8, [0, 12] + [0] * 8, [20] + [0] * 9], np.float32)
    predictions = Predictions("wrn16_1_nat", "noise", ids, logits)
    sheet = present(folded.sheet("wrn16_1_nat", predictions, 0.5, 1))
    assert sheet.shown == 2
    assert sheet.image.shape == (72, 148, 3)
    assert sheet.sure == (predictions.confidence[1], predictions.confidence[0])
    assert folded.count_behind(predictions, 0.5, 0) == 1
    assert folded.sheet("wrn16_1_nat", predictions, 0.5, 5) is None


def test_shares_by_class_add_up_to_ncr(networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    pair = pair_named("wrn16_1")
    at: dict[Kind, float] = {"baseline": 0.9, "nat": 0.6}
    shares = folded.shares_by_class(pair, "cifar100_test", at)
    assert {kind: each.sum() for kind, each in shares.items()} == pytest.approx(
        score_rates.rates(pair, "cifar100_test", at)
    )
    assert folded.own_kinds(pair, "noise", at) is None
    energy = score_scales.Scale(2.0, "energy")
    at = score_rates.thresholds_keeping_95(pair, "cifar10_test", energy)
    shares = folded.shares_by_class(pair, "cifar100_test", at, energy)
    assert {kind: each.sum() for kind, each in shares.items()} == pytest.approx(
        score_rates.rates(pair, "cifar100_test", at, energy)
    )


def test_a_score_tells_apart_as_the_metrics_say() -> None:
    known = Predictions("net", "known", ("a", "b"), np.array([[4, 0], [6, 0]], np.float32))
    negatives = Predictions("net", "none", ("c", "d"), np.array([[1, 0], [5, 0]], np.float32))
    found = score_scales.separate(known, negatives, "energy")
    assert found.measured.auroc == 0.75
    assert found.measured.ncr_at_95_kept == metrics.ncr_at_share_kept(known.confidence, negatives.confidence)
    assert found.ncr[94] == found.measured.ncr_at_95_kept
    with pytest.raises(ValueError, match="unknown score 'luck'; known: confidence, entropy, gen, energy, max_logit"):
        score_scales.separate(known, negatives, "luck")


def test_curves_download_as_csv(networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches) -> None:
    from nat_app.views.thresholds.rate_tables import curves_csv, rated

    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    lines = curves_csv(rated(pair_named("wrn16_1"))).splitlines()
    assert lines[0] == "network,set,role,images,t,share_above_t,share_kept,score"
    assert len(lines) == 1 + 2 * 7 * len(score_scales.T_STEPS)
    assert lines[1] == "wrn16_1_baseline,cifar10_test,in distribution,1000,0,1.000000,1.000000,confidence"
    assert lines[-1].startswith("wrn16_1_nat,noise,unseen,1000,1,")
    by_energy = curves_csv(rated(pair_named("wrn16_1")), score_scales.Scale(1.0, "energy", -5.0, 15.0)).splitlines()
    assert len(by_energy) == 1 + 2 * 7 * 101
    assert by_energy[2].split(",")[4:] == ["-4.8", "1.000000", "1.000000", "energy"]


@pytest.mark.parametrize("score", [score for score in SCORES if score != "confidence"])
def test_by_another_score_each_network_stands_where_it_keeps_95_of_100(start, networks: Path, score: str) -> None:
    app = start(networks, PAGE)
    app.selectbox(key="score").set_value(score).run()
    at, shares = {}, {}
    for kind, name in pair_named("wrn40_1").by_kind.items():
        stored = load_predictions(networks, name, ["cifar10_test", "cifar100_test"])
        at[kind] = metrics.threshold_keeping(scores_of(stored["cifar10_test"], score))
        shares[kind] = float(np.mean(scores_of(stored["cifar100_test"], score) > at[kind]))
    assert app.title[0].value == words.threshold_title(shares, at, False, score)
    assert f"Keeping 95 of 100 by {SCORE_NAMES[score]}, the baseline is fooled by" in app.title[0].value
    data = live_data(app)
    assert data["locked"]
    assert data["at"] == pytest.approx(at)
    assert all(0 <= data["places"][kind] <= 1 for kind in KINDS)
    assert data["marks"]["nat"] == f"t = {words.threshold_text(at['nat'])}"
    assert sum(data["shares"]["nat"]) == pytest.approx(1)
    assert threshold_words.own_thresholds(at, score) in said(app)
    # There is no slider to move: t is no number in [0, 1] there.
    assert [slider.key for slider in (*app.slider, *app.select_slider)] == []
    app.pills(key="set").set_value("cifar10_test").run()
    assert plain(app.title[0].value).startswith(f"To keep 95 of 100 by {SCORE_NAMES[score]}, the baseline needs t = ")
    app.selectbox(key="score").set_value("confidence").run()
    assert app.select_slider(key="t").value == 0.9


def test_every_score_stands_in_a_table_of_what_it_achieves(start, networks: Path) -> None:
    app = start(networks, PAGE, fold_fair=True, score="gen", temperature=2.0)
    (table,) = app.table
    assert list(table.value.columns) == ["score", *MEASURES.values()]
    assert list(table.value["score"]) == list(score_scales.SCORE_TITLES.values())
    found = {}
    for kind, name in pair_named("wrn40_1").by_kind.items():
        stored = load_predictions(networks, name, ["cifar10_test", "cifar100_test"])
        warm = {each: replace(stored[each], logits=stored[each].logits / np.float32(2)) for each in stored}
        found[kind] = separations(warm["cifar10_test"], warm["cifar100_test"])
    cell = dict(zip(table.value["score"], table.value["AUPR, negatives"], strict=True))["Energy"]
    assert cell == " / ".join(rate_text(found[kind]["energy"].aupr_negatives) for kind in KINDS)
    assert FPR95_NOTE in said(app)


@pytest.mark.parametrize("score", ["entropy", "energy"])
def test_every_fold_follows_the_chosen_score(start, networks: Path, score: str) -> None:
    app = start(networks, PAGE, score=score, behind_class="ship", behind_kind="baseline", **OPEN)
    assert all(alts(app))
    assert "Circles" not in said(app)
    assert "By confidence, as in the paper, whatever is chosen above." in said(app)
    stored = load_predictions(networks, "wrn40_1_baseline", ["cifar10_test", "cifar100_test"])
    at = metrics.threshold_keeping(scores_of(stored["cifar10_test"], score))
    others = stored["cifar100_test"]
    sure_ships = int(((scores_of(others, score) > at) & (others.predicted == CLASSES.index("ship"))).sum())
    assert plain(threshold_words.behind_sentence("baseline", "ship", sure_ships, 1000, at)) in said(app)


def test_the_axis_of_a_score_has_round_ticks_inside_it_and_a_place_for_no_opinion() -> None:
    for low, high in ((-3.0, 0.0), (-40.0, 7.0), (0.0, 1.0), (2.0, 953.0)):
        ticks = histograms.axis_ticks(score_scales.Scale(1.0, "energy", low, high))
        assert 1 <= len(ticks) <= 6
        for place, text in ticks:
            assert 0 < place <= 1
            value = float(text.replace("\u2212", "-").replace(",", ""))
            assert value == pytest.approx(low + place * (high - low))
    assert histograms.axis_ticks(score_scales.CONFIDENT)[2] == (0.5, "50\u00a0%")
    entropy = histograms.no_opinion(score_scales.Scale(1.0, "entropy", -4.0, 0.0), 10)
    assert entropy == pytest.approx(1 - np.log(10) / 4)
    assert histograms.no_opinion(score_scales.Scale(1.0, "entropy", -1.0, 0.0), 10) is None


def test_a_scale_places_what_lies_beyond_its_ends_at_them() -> None:
    scale = score_scales.Scale(1.0, "energy", -2.0, 8.0)
    assert scale.places(np.array([-3.0, -2.0, 0.5, 8.0, 9.0])).tolist() == [0, 0, 0.25, 1, 1]
    assert scale.steps[[0, 50, 100]].tolist() == [-2, 3, 8]


def test_t_has_every_hundredth_and_near_1_ten_steps_for_every_ten_times_less_that_is_left() -> None:
    steps = score_scales.T_STEPS
    assert list(steps) == sorted(set(steps))
    assert {hundredth / 100 for hundredth in range(101)} <= set(steps)
    assert {0.35, 0.991, 0.9953, 0.9995, 0.99995} & set(steps) == {0.35, 0.991, 0.9995, 0.99995}
    assert [steps[score_scales.step_of(each)] for each in steps] == list(steps)
    assert len({words.threshold_text(step) for step in steps}) == len({words.threshold_share(step) for step in steps})
    assert len({words.threshold_text(step) for step in steps}) == len(steps)


@pytest.mark.parametrize(("text", "value"), [("0.9", 0.9), ("0.333", 0.33), ("0.9953", 0.995), ("0.99989", 0.9999)])
def test_links_of_any_threshold_hold_and_stand_on_a_step_of_the_slider(text: str, value: float) -> None:
    assert links.read({"t": text}, [EVERYWHERE]) == ({"t": value}, [])
    assert links.write("http://here/", [(THRESHOLD, value)]) == f"http://here/?t={value}&v=1"


def test_near_1_the_slider_and_the_sentences_tell_thresholds_apart(start, networks: Path) -> None:
    app = start(networks, PAGE)
    app.select_slider(key="t").set_value(0.995).run()
    assert app.title[0].value.startswith("Above 99.5\u00a0%, the baseline is fooled by")
    assert now(app)["nat"]["name"] == "NAT, t = 0.995"
    assert live_data(app)["step_marks"][score_scales.step_of(0.9995)] == "t = 0.9995"


def test_a_set_that_one_network_lacks_is_left_out(start, tmp_path: Path) -> None:
    write_network(tmp_path, "wrn16_1_baseline", leave_out=("ilsvrc", "cifar100_test"))
    write_network(tmp_path, "wrn16_1_nat", seed=1)
    assert f"{pictures_of('noise', 1000)} (NCR)" in said(start(tmp_path))
    app = start(tmp_path, PAGE, fold_paper=True)
    assert said(app)
    assert [option.split(" · ")[0] for option in app.pills(key="set").options] == [
        "CIFAR-10 test",
        "CIFAR-100 train",
        "Noise",
    ]
    assert len(app.table) == 2


def test_ilsvrc_is_shown_three_ways(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert "variant" not in [group.key for group in app.get("button_group")]
    app.pills(key="set").set_value("ilsvrc").run()
    variant = app.segmented_control(key="variant")
    assert variant.options == [set_title(name) for name in ("ilsvrc", "ilsvrc_strict", "ilsvrc_strict_near")]
    assert pictures_of("ilsvrc", 300) in live_data(app)["source"]
    variant.set_value("ilsvrc_strict_near").run()
    assert pictures_of("ilsvrc_strict_near", 100) in live_data(app)["source"]
    app.pills(key="set").set_value("noise").run()
    assert pictures_of("noise", 1000) in live_data(app)["source"]


def test_a_link_opens_folds_and_sets_the_temperature(networks: Path, monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params.update({"temperature": "2.5", "score": "energy", "fold_fair": "1", "v": "1"})
    app.switch_page(PAGE).run()
    assert app.select_slider(key="temperature").value == 2.5
    assert app.selectbox(key="score").value == "energy"
    assert "By energy" in said(app)


@pytest.mark.parametrize("value", ["0", "11", "1.3", "nan", "hot"])
def test_a_temperature_that_no_slider_has_is_said(networks: Path, monkeypatch, fresh_caches, value: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["temperature"] = value
    app.run()
    assert complaint("temperature", value) in said(app).replace("\\", "")


# --- in other languages ---------------------------------------------------------------------------------------------


def loose_in_live(app: AppTest) -> list[str]:
    """What the live chart was given to say outside of any message; its first and its last sentences stand for all."""
    data = live_data(app)
    sentences = [text for says in (data["says"][0], data["says"][-1]) for text in says.values()]
    parts = [part for text in sentences for part in (text.values() if isinstance(text, dict) else [text])]
    parts += [data[key] for key in ("alt", "source", "axis", "short_axis", "y_axis")]
    return [each for part in parts for each in loose_in(part)]


@pytest.mark.parametrize("score", ["confidence", "energy"])
def test_no_word_of_the_page_lacks_its_translation(
    start, networks: Path, small_cifar: Path, monkeypatch, score: str
) -> None:
    speak_pseudo(monkeypatch)
    monkeypatch.setenv("NAT_DATA", str(small_cifar))
    app = start(networks, PAGE, lang="xx", score=score, temperature=2.0, **OPEN)
    assert len(app.table) == 5
    assert loose_words(app) + loose_in_live(app) == []
    assert loose_in_live(start(networks, PAGE, lang="xx", set="cifar10_test", keep95=True)) == []


def test_the_page_is_told_in_german_with_numbers_as_german_writes_them(start, networks: Path) -> None:
    app = start(networks, PAGE, lang="de", fold_paper=True, fold_curves=True)
    at = dict.fromkeys(KINDS, 0.9)
    rates = score_rates.rates(pair_named("wrn40_1"), "cifar100_test", at)
    told = (f"Über 90 % lässt sich die Baseline von {round(100 * rates['baseline'])} von 100 täuschen, NAT von "
            f"{round(100 * rates['nat'])}.")  # fmt: skip
    assert plain(app.title[0].value) == told
    assert now(app)["nat"]["panel"].startswith("NAT\u2003getäuscht: ")
    assert live_data(app)["y_axis"] == "Anteil der Bilder"
    assert live_data(app)["step_marks"][score_scales.step_of(0.995)] == "t = 0,995"
    assert app.select_slider(key="t").options[90] == "0,90"
    assert app.button(key="t_0.6").label == "0,6"
    assert list(app.table[1].value["Paper: base"]) == ["0,971", "0,839", "0,671", "0,558"]
    fooled = f"Baseline {100 * rates['baseline']:.1f} % bei t = 0,90".replace(".", ",", 1)
    assert fooled in plain(alts(app)[0])


def test_a_lead_is_the_difference_of_the_rates_in_the_table() -> None:
    """Written 0.640 and 0.360, 0.466 and 0.330; before they are rounded they lie 0.281 and 0.137 apart."""
    said = threshold_words.lead_sentence(
        "energy", {"baseline": 0.64049, "nat": 0.35951}, {"baseline": 0.46649, "nat": 0.32951}
    )
    assert said == "By energy in place of confidence, the lead of NAT shrinks from 0.280 to 0.136."
