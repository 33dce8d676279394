"""Pictures that are scored part by part: the same numbers for one process, for two, and for one that was killed."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nat_core.__main__ import main
from nat_core.data.sets import load_set
from nat_core.data.sources import streams
from nat_core.data.sources.image_sets import read_folder, read_npz
from nat_core.data.sources.streams import PLAIN, open_stream
from nat_core.errors import MissingDataset, UnreadableSet
from nat_core.network import scoring
from nat_core.network.inference import load_network, predict
from nat_core.network.scoring import KeptParts, forget, score
from tests.working_ranks import ended, run_both, start_ranks

NETWORKS = ("digits_baseline", "digits_nat")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 64 pictures: of 354 there are six."""
    monkeypatch.setattr(streams, "PART", 64)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 files in folders of classes, two of them no pictures."""
    home = tmp_path_factory.mktemp("photos") / "photos"
    test = load_set("digits_test")
    assert test.labels is not None
    for number in range(148):
        folder = home / str(test.labels[number])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(test.pixels[number]).save(folder / f"{number:03d}.png")
    (home / "0" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (home / "notes.txt").write_text("none")
    return home


@pytest.fixture(scope="module")
def eights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """354 pictures as an .npz file."""
    path = tmp_path_factory.mktemp("npz") / "eights.npz"
    np.savez_compressed(path, test_images=load_set("digits_89").pixels)
    return path


@pytest.mark.parametrize("kind", ["photos", "eights"])
def test_parts_are_the_whole_set_in_order(kind: str, request: pytest.FixtureRequest) -> None:
    source = request.getfixturevalue(kind)
    whole = read_folder(source) if source.is_dir() else read_npz(source)
    stream = open_stream(source)
    parts = list(stream.parts())
    assert [len(each.ids) + len(each.skipped) for each in parts] == stream.counts
    assert np.array_equal(np.concatenate([each.pixels[PLAIN] for each in parts]), whole.pixels)
    assert tuple(identity for each in parts for identity in each.ids) == whole.ids
    assert tuple(sentence for each in parts for sentence in each.skipped) == whole.skipped
    assert [each.number for each in stream.parts(wanted=lambda number: number % 2 == 1)] == [1, 3, 5][: len(parts) // 2]


def test_pictures_of_other_sizes_and_orders_are_streamed_as_they_are_read(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (70, 8, 9), np.uint8)
    for name, array in {"rows": grey, "columns": np.asfortranarray(grey)}.items():
        np.savez(tmp_path / f"{name}.npz", test_images=array, test_labels=np.arange(70) % 3)
        parts = list(open_stream(tmp_path / f"{name}.npz").parts())
        whole = read_npz(tmp_path / f"{name}.npz")
        assert np.array_equal(np.concatenate([each.pixels[PLAIN] for each in parts]), whole.pixels)
        labels = open_stream(tmp_path / f"{name}.npz").labels
        assert labels is not None
        assert labels.tolist() == (np.arange(70) % 3).tolist()


@pytest.mark.parametrize("kind", ["photos", "eights"])
def test_scores_are_those_of_the_whole_set_at_once(
    kind: str, digits_networks: Path, request: pytest.FixtureRequest
) -> None:
    source, network = request.getfixturevalue(kind), load_network(digits_networks, "digits_nat")
    whole = predict(network, read_folder(source) if source.is_dir() else read_npz(source))
    found = score([network], open_stream(source))
    assert found is not None
    (predictions,), images = found
    assert np.allclose(predictions.logits, whole.logits, atol=1e-4)
    assert predictions.ids == images.ids == whole.ids
    assert images.classes == (("0", "1", "2", "3", "4", "5") if source.is_dir() else ())


def test_what_a_killed_scoring_kept_is_not_computed_again(
    digits_networks: Path, eights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, stream, seen = load_network(digits_networks, "digits_nat"), open_stream(eights), []
    whole = score([network], stream)
    with monkeypatch.context() as patch:
        keep = KeptParts.keep
        patch.setattr(KeptParts, "keep", lambda self, number, content: number < 4 and keep(self, number, content))
        score([network], stream, kept=KeptParts(tmp_path / "parts", stream, [network]))
    kept = KeptParts(tmp_path / "parts", stream, [network])
    assert sorted(kept.found()) == [0, 1, 2, 3]
    # An altered one is none.
    altered = next((tmp_path / "parts").glob("*/000002-*"))
    altered.write_bytes(altered.read_bytes()[:-1] + b"!")
    monkeypatch.setattr(scoring, "predict", lambda *given, **more: seen.append(1) or predict(*given, **more))
    again = score([network], stream, kept=kept)
    assert len(seen) == 3
    assert whole is not None
    assert again is not None
    assert np.array_equal(whole[0][0].logits, again[0][0].logits)
    # Those of other networks are others.
    other = load_network(digits_networks, "digits_baseline")
    assert not KeptParts(tmp_path / "parts", stream, [other]).found()
    forget(tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_readable_picture_is_told(tmp_path: Path, digits_networks: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(MissingDataset, match=r"No picture in .* can be read"):
        score([load_network(digits_networks, "digits_nat")], open_stream(tmp_path))


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"other_images": np.zeros((2, 4, 4), np.uint8)}, "has no array test_images: use MedMNIST's key names"),
        ({"test_images": np.zeros((2, 4, 4))}, "must be pictures of whole numbers from 0 to 255"),
    ],
)
def test_arrays_that_are_no_pictures_are_told(arrays: dict[str, np.ndarray], told: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(UnreadableSet, match=told):
        open_stream(tmp_path / "a.npz")


def test_an_empty_folder_and_what_is_neither_folder_nor_npz_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("none")
    for name in ("empty", "notes.txt", "nowhere.npz"):
        with pytest.raises(MissingDataset, match=name):
            open_stream(tmp_path / name)


def test_two_processes_find_what_one_finds(
    digits_networks: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*NETWORKS, "--images", str(photos), "--checkpoints", str(digits_networks), "--device", "cpu", "--json"]
    output = ("--output", str(tmp_path / "two.npz"))
    ranks = start_ranks(2, tmp_path, run_both, tmp_path, ["evaluate", *given, *output],
                        ["predict", str(photos), "--checkpoints", str(digits_networks), "--json"])  # fmt: skip
    assert main(["evaluate", *given, "--output", str(tmp_path / "one.npz")]) == 1
    # One file cannot be read: the first process says so, with the status that one process ends with.
    assert ended(ranks) == [1, 0], (tmp_path / "errors.txt").read_text()
    assert (tmp_path / "errors.txt").read_text().count("broken.png") == 2
    assert [(tmp_path / f"1_{verb}.json").read_text() for verb in ("evaluate", "predict")] == ["", ""]
    together, alone = json.loads((tmp_path / "0_evaluate.json").read_text()), json.loads(capsys.readouterr().out)
    assert together == alone
    assert together["images"]["pictures"] == 148
    with np.load(tmp_path / "two.npz") as two, np.load(tmp_path / "one.npz") as one:
        assert two.files == one.files
        for key in one.files:
            assert np.array_equal(two[key], one[key]), key
    # What was kept on the way is gone.
    assert not [each for each in tmp_path.iterdir() if each.name.endswith(".parts")]
    assert main(["predict", str(photos), "--checkpoints", str(digits_networks), "--json"]) == 1
    printed = capsys.readouterr().out
    assert (tmp_path / "0_predict.json").read_text() == printed
    assert printed == json.dumps(json.loads(printed), indent=2) + "\n"
    assert len(json.loads(printed)["images"]) == 149
