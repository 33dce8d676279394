"""nat evaluate: known pictures, negatives and pictures of which nobody said what they are, in text, JSON and CSV."""

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
from PIL import Image

from nat_core.__main__ import main
from nat_core.cli.evaluate import check_output
from nat_core.data.sets import load_set
from nat_core.errors import CommandError
from nat_core.measure.predictions import softmax
from nat_core.measure.rounding import rate_text
from nat_core.measure.scores import MEASURES
from nat_core.network import inference
from nat_core.store.checkpoints import load_card, load_predictions

NETWORKS = ["digits_baseline", "digits_nat"]


@pytest.fixture
def networks(digits_networks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small networks, where every command looks for them."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(digits_networks))
    return digits_networks


@pytest.fixture
def sorted_photos(tmp_path: Path) -> Path:
    """Six pictures in one folder a class: two of the digits 0 and 3 each, and two of 8, which no network was taught."""
    test, eights = load_set("digits_test"), load_set("digits_89")
    assert test.labels is not None
    wanted = {digit: test.pixels[test.labels == digit][:2] for digit in (0, 3)} | {8: eights.pixels[:2]}
    for digit, pictures in wanted.items():
        folder = tmp_path / "photos" / str(digit)
        folder.mkdir(parents=True)
        for number, pixels in enumerate(pictures):
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "photos"


def as_json(capsys: pytest.CaptureFixture[str]) -> dict:
    answer = json.loads(capsys.readouterr().out)
    assert answer["format"] == 1
    return answer


def test_negatives_are_measured_beside_the_stored_test_pictures(
    networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "eights.npz", tmp_path / "logits.npz"
    np.savez(source, test_images=load_set("digits_89").pixels)
    arguments = ["evaluate", *NETWORKS, "--images", str(source), "--negatives", "--device", "cpu", "--json"]
    assert main([*arguments, "--output", str(target)]) == 0
    answer, stored = as_json(capsys), np.load(target)
    assert answer["images"] == {"name": "eights", "pictures": 354, "skipped": []}
    kinds = ("ascending", "logits")
    assert sorted(stored) == [f"{kind}_digits_{name}" for kind in kinds for name in ("baseline", "nat")]
    assert [(part["network"], part["kind"]) for part in answer["parts"]] == [(name, "negatives") for name in NETWORKS]
    for part in answer["parts"]:
        report = load_card(networks, part["network"]).report
        known = load_predictions(networks, part["network"])["digits_test"].confidence
        confidence = softmax(stored[f"logits_{part['network']}"]).max(axis=1)
        is_negative, score = np.r_[np.zeros(len(known)), np.ones(354)], -np.r_[known, confidence]
        assert part["above"]["0.9"] == (confidence > 0.9).mean()
        assert np.array_equal(stored[f"ascending_{part['network']}"], np.sort(confidence))
        assert part["auroc"] == pytest.approx(sklearn.metrics.roc_auc_score(is_negative, score))
        assert part["aupr_negatives"] == pytest.approx(sklearn.metrics.average_precision_score(is_negative, score))
        assert part["fpr95"] == pytest.approx(report.sets["digits_89"].fpr95, abs=0.02)
        energies = [-np.logaddexp.reduce(each, axis=1) for each in (
            load_predictions(networks, part["network"])["digits_test"].logits.astype(np.float64),
            stored[f"logits_{part['network']}"].astype(np.float64),
        )]  # fmt: skip
        assert list(part["by_score"]) == ["confidence", "entropy", "gen", "energy", "max_logit"]
        by_energy = sklearn.metrics.roc_auc_score(is_negative, np.r_[*energies])
        assert part["by_score"]["energy"]["auroc"] == pytest.approx(by_energy)
        assert part["by_score"]["confidence"] == {measure: part[measure] for measure in MEASURES}
        assert part["ncr_at_95_kept"] == pytest.approx(report.sets["digits_89"].ncr_at_95_kept, abs=0.02)
        assert (part["beside"], part["beside_images"], part["accuracy"]) == ("digits_test", len(known), None)
        assert part["beside_kept"] == report.share_kept


def test_folders_named_after_classes_hold_known_pictures_and_the_others_negatives(
    networks: Path, sorted_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "digits_nat", "--images", str(sorted_photos), "--device", "cpu"]
    assert main([*arguments, "--json"]) == 0
    known, negatives = as_json(capsys)["parts"]
    assert (known["kind"], known["images"], known["beside"], known["auroc"]) == ("known", 4, "digits_test", None)
    assert known["accuracy"] in (0, 0.25, 0.5, 0.75, 1)
    assert (negatives["kind"], negatives["images"], negatives["accuracy"]) == ("negatives", 2, None)
    assert (negatives["beside"], negatives["beside_images"]) == ("photos", 4)
    assert negatives["beside_kept"] == known["above"]
    assert negatives["auroc"] * 8 == int(negatives["auroc"] * 8)  # 4 x 2 pairs, no ties

    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "digits_nat on photos: 4 pictures of its classes",
        f"accuracy {100 * known['accuracy']:.2f} %",
    ]
    assert "digits_nat on photos: 2 negatives" in lines
    assert "beside those of its classes (4 pictures):" in lines
    row = next(line.split() for line in lines if line.startswith("AUROC"))
    assert row == ["AUROC", *(rate_text(each["auroc"]) for each in negatives["by_score"].values())]
    assert known["by_score"] == {}
    assert lines[-1].split() == ["0.9", *(rate_text(each["above"]["0.9"]) for each in (negatives, known))]


def test_known_pictures_are_not_to_be_called_negatives(
    networks: Path, sorted_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "digits_nat", "--images", str(sorted_photos), "--negatives"]) == 1
    assert "digits_nat was taught 0, 3, so photos holds more than negatives" in capsys.readouterr().err


def test_pictures_that_may_show_anything_have_no_ncr(
    networks: Path, sorted_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "digits_nat", "--images", str(sorted_photos / "3"), "--device", "cpu"]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("digits_nat on 3: 2 pictures, which may show anything: no NCR\n")
    assert "share of these above t" in text
    assert "AUROC" not in text
    assert main([*arguments, "--json"]) == 0
    (part,) = as_json(capsys)["parts"]
    assert part["kind"] == "pictures"
    assert {part[name] for name in ("accuracy", "auroc", "fpr95", "aupr_negatives", "ncr_at_95_kept")} == {None}


def test_csv_has_a_row_a_network_and_kind_of_picture(
    networks: Path, sorted_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *NETWORKS, "--images", str(sorted_photos), "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["network"], row["kind"]) for row in rows] == [
        (name, kind) for name in NETWORKS for kind in ("known", "negatives")
    ]
    assert rows[0]["auroc"] == rows[1]["accuracy"] == ""
    assert 0 <= float(rows[1]["above_0.9"]) <= 1
    assert rows[0]["gen_aupr_negatives"] == ""
    assert 0 <= float(rows[1]["gen_aupr_negatives"]) <= 1
    assert float(rows[0]["accuracy"]) * 4 == int(float(rows[0]["accuracy"]) * 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--json", "--csv"], "not allowed with argument"), (["--device", "tpu"], "invalid choice: 'tpu'")],
)
def test_a_wrong_command_is_status_2(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", "digits_nat", "--images", "photos", *arguments])
    assert sentence in capsys.readouterr().err


def test_the_output_is_checked_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing" / "logits.npz"
    assert main(["evaluate", "no network", "--images", "no folder", "--output", str(missing)]) == 1
    assert capsys.readouterr().err == (
        f"nat evaluate: --output {missing}: there is no folder {missing.parent}: make it first\n"
    )
    with pytest.raises(CommandError, match="is a folder: name a file in it"):
        check_output(tmp_path)
    with pytest.raises(CommandError, match=r"is to be an \.npz file: call it .*logits\.npz"):
        check_output(tmp_path / "logits.txt")
    check_output(tmp_path / "logits.npz")
    assert list(tmp_path.iterdir()) == []
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npz")
        with pytest.raises(CommandError, match="is there already and no regular file: name another"):
            check_output(tmp_path / "pipe.npz")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything can be written to here")
def test_a_folder_that_is_locked_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CommandError, match="cannot be written to"):
        check_output(tmp_path / "logits.npz")


def test_progress_is_shown_on_standard_error_where_somebody_watches(
    networks: Path, sorted_photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "digits_nat", "--images", str(sorted_photos), "--json"]
    assert main(arguments) == 0
    quiet = capsys.readouterr()
    assert quiet.err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(arguments) == 0
    watched = capsys.readouterr()
    assert "photos: 100%" in watched.err
    assert watched.out == quiet.out


@pytest.mark.parametrize(("asked", "said"), [
    ([], True), (["--precision", "float32"], False), (["--precision", "bfloat16"], False)
])  # fmt: skip
def test_many_pictures_are_scored_in_the_faster_precision_and_that_is_said(
    asked: list[str], said: bool, networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(inference, "faster", lambda model, side: "bfloat16")
    monkeypatch.setattr(inference, "MANY", 300)
    source = tmp_path / "eights.npz"
    np.savez(source, test_images=load_set("digits_89").pixels)
    assert main(["evaluate", "digits_nat", "--images", str(source), "--negatives", "--device", "cpu", *asked]) == 0
    sentence = "digits_nat is scored in bfloat16, which is faster here and moves shares by up to .002"
    assert (sentence in capsys.readouterr().err) is said
    assert main([*(["evaluate", "digits_nat", "--device", "cpu", "--negatives", "--images"]), str(source), "--output",
                 str(tmp_path / "logits.npz")]) == 0  # fmt: skip
    assert sentence not in capsys.readouterr().err
