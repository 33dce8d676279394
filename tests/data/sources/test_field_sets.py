"""The sets on which others report: small files in the layouts in which they are distributed, and damaged ones."""

import gzip
import io
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from nat_core.data.sets import describe, load_set
from nat_core.data.sources import arrays, photo_sets
from nat_core.data.sources.field_sets import FIELD_SETS
from nat_core.data.sources.image_sets import Look
from nat_core.data.sources.photo_sets import left_out
from nat_core.errors import MissingDataset, UnreadableSet


def picture(path: Path, grey: int = 7, size: tuple[int, int] = (64, 64)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (grey,) * 3).save(path, "PNG")


# --- Tiny ImageNet ---------------------------------------------------------------------------------------------------


def tiny_imagenet(data: Path, classes: Mapping[str, str]) -> Path:
    """Tiny ImageNet's `val` with one picture a line: file name to WordNet id."""
    home = data / "tiny-imagenet-200" / "val"
    for grey, name in enumerate(classes):
        picture(home / "images" / name, grey)
    lines = (f"{name}\t{wordnet}\t0\t32\t44\t62\n" for name, wordnet in classes.items())
    (home / "val_annotations.txt").write_text("".join(lines))
    return home


def test_tiny_imagenet_is_read_without_what_cifar10_knows_and_what_openood_chooses_by(tmp_path: Path) -> None:
    tiny_imagenet(
        tmp_path,
        {
            "val_0.JPEG": "n03444034",  # a go-kart
            "val_1.JPEG": "n02123045",  # a tabby: a cat
            "val_2.JPEG": "n07873807",  # a pizza: kept for choosing
            "val_10.JPEG": "n04067472",  # a reel
        },
    )
    images = load_set("tiny_imagenet", tmp_path)
    assert images.ids == ("val_0.JPEG", "val_10.JPEG")
    assert images.pixels[:, 0, 0, 0].tolist() == [0, 3]
    assert images.labels is None


def test_who_has_openoods_list_gets_the_pictures_on_it(tmp_path: Path) -> None:
    tiny_imagenet(tmp_path, {"val_0.JPEG": "n03444034", "val_1.JPEG": "n02123045", "val_2.JPEG": "n03444034"})
    lists = tmp_path / "benchmark_imglist" / "cifar10"
    lists.mkdir(parents=True)
    (lists / "test_tin.txt").write_text("tin/val/images/val_1.JPEG -1\n\ntin/val/images/val_2.JPEG -1\n")
    assert load_set("tiny_imagenet", tmp_path).ids == ("val_1.JPEG", "val_2.JPEG")


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        (b"val_0.JPEG\n", r"val_annotations\.txt, line 1: needs 2 columns, not 'val_0\.JPEG'"),
        (b"\xff\xfe\x00", "is no text"),
        (b"val_7.JPEG\tn03444034\n", r"images lacks 'val_7\.JPEG', which its list names"),
        (b"../../secret.png\tn03444034\n", r"images lacks '\.\./\.\./secret\.png"),
        (b"/etc/passwd\tn03444034\n", "images lacks '/etc/passwd"),
        (b"a\0b\tn03444034\n", "images lacks"),
        (b"", "no picture is left"),
    ],
)
def test_damaged_annotations_are_one_sentence(tmp_path: Path, annotations: bytes, message: str) -> None:
    home = tiny_imagenet(tmp_path, {"val_0.JPEG": "n03444034"})
    picture(home.parent / "secret.png")
    (home / "val_annotations.txt").write_bytes(annotations)
    with pytest.raises(UnreadableSet, match=message) as caught:
        load_set("tiny_imagenet", tmp_path)
    assert "\n" not in str(caught.value)


def test_annotations_that_are_missing_or_endless_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tiny_imagenet(tmp_path, {"val_0.JPEG": "n03444034"})
    monkeypatch.setattr(photo_sets, "MAX_LIST", 10)
    with pytest.raises(UnreadableSet, match="is longer than any list of pictures"):
        load_set("tiny_imagenet", tmp_path)
    (home / "val_annotations.txt").unlink()
    with pytest.raises(UnreadableSet, match="is missing: it says what the pictures show"):
        load_set("tiny_imagenet", tmp_path)


def test_a_picture_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    home = tiny_imagenet(tmp_path, {"val_0.JPEG": "n03444034", "val_1.JPEG": "n03444034"})
    (home / "images" / "val_0.JPEG").write_bytes(b"cut")
    images = load_set("tiny_imagenet", tmp_path)
    assert images.ids == ("val_1.JPEG",)
    assert len(images.skipped) == 1
    assert "val_0.JPEG" in images.skipped[0]


# --- Places365 -------------------------------------------------------------------------------------------------------


def places(data: Path, folder: str = "val_256") -> Path:
    home = data / "places365"
    for number, grey in ((1, 10), (2, 20), (3, 30)):
        picture(home / folder / f"Places365_val_0000000{number}.jpg", grey, (50, 40))
    (home / "categories_places365.txt").write_text("/a/airfield 0\n/a/alley 1\n/f/field/wild 2\n")
    (home / "places365_val.txt").write_text(
        "Places365_val_00000001.jpg 2\nPlaces365_val_00000002.jpg 0\nPlaces365_val_00000003.jpg 1\n"
    )
    return home


@pytest.mark.parametrize("folder", ["val_256", "val_large"])
def test_places_are_read_without_the_scenes_of_airplanes_and_the_like(tmp_path: Path, folder: str) -> None:
    places(tmp_path, folder)
    images = load_set("places365", tmp_path)
    assert images.ids == ("Places365_val_00000001.jpg", "Places365_val_00000003.jpg")
    assert images.pixels[:, 5, 5, 0].tolist() == [10, 30]


def test_places_in_openoods_folders_are_read_alike(tmp_path: Path) -> None:
    for scene, number in (("field-wild", 5), ("parking_lot", 6), ("alley", 4)):
        picture(tmp_path / "places365" / scene / f"Places365_val_0000000{number}.jpg", number)
    images = load_set("places365", tmp_path)
    assert images.ids == ("alley/Places365_val_00000004.jpg", "field-wild/Places365_val_00000005.jpg")


def test_scenes_are_called_as_the_list_of_those_left_out_calls_them(tmp_path: Path) -> None:
    home = places(tmp_path)
    (home / "categories_places365.txt").write_text("/a/alley 0\n/p/parking_garage/indoor 1\n/h/hangar/outdoor 2\n")
    assert load_set("places365", tmp_path).ids == ("Places365_val_00000002.jpg",)


def test_a_scene_without_a_name_is_one_sentence(tmp_path: Path) -> None:
    home = places(tmp_path)
    (home / "categories_places365.txt").write_text("/a/airfield 0\n")
    with pytest.raises(UnreadableSet, match="numbers a scene 2 that has no name"):
        load_set("places365", tmp_path)


def test_what_is_left_out_is_named_with_its_source() -> None:
    assert "n02123045" in left_out("tiny_imagenet")  # a tabby
    assert "parking_lot" in left_out("places365")
    assert not left_out("tiny_imagenet") & left_out("tiny_imagenet_validation")
    assert "arXiv 2306.09301" in (Path(photo_sets.__file__).parent / "overlap.json").read_text(encoding="utf-8")


# --- Textures, LSUN, iSUN --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["dtd", "dtd/dtd"])
def test_textures_are_all_of_them_or_those_of_the_first_test_list(tmp_path: Path, folder: str) -> None:
    for name in ("banded/banded_0002.jpg", "zigzagged/zigzagged_0001.jpg", "dotted/dotted_0003.jpg"):
        picture(tmp_path / folder / "images" / name, len(name))
    (tmp_path / folder / "labels").mkdir()
    (tmp_path / folder / "labels" / "test1.txt").write_text("zigzagged/zigzagged_0001.jpg\nbanded/banded_0002.jpg\n")
    assert len(load_set("dtd", tmp_path)) == 3
    assert load_set("dtd_test1", tmp_path).ids == ("zigzagged/zigzagged_0001.jpg", "banded/banded_0002.jpg")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("lsun", "lsun_test/0/1/a1b2.webp"),
        ("lsun_crop", "LSUN/test/0.jpg"),
        ("lsun_resize", "LSUN_resize/LSUN_resize/0.jpg"),
        ("isun", "iSUN/iSUN_patches/0.jpeg"),
    ],
)
def test_folders_of_photos_are_read_with_all_that_lies_below(tmp_path: Path, name: str, file: str) -> None:
    picture(tmp_path / file, 99, (32, 32))
    (tmp_path / file).with_name("notes.txt").write_text("no picture")
    images = load_set(name, tmp_path)
    assert (len(images), images.name) == (1, name)
    assert images.pixels[0, 0, 0].tolist() == [99, 99, 99]


def test_pictures_are_cut_as_a_network_asks(tmp_path: Path) -> None:
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = 200
    (tmp_path / "iSUN").mkdir()
    Image.fromarray(wide).save(tmp_path / "iSUN" / "0.png")
    reader = FIELD_SETS["isun"].read
    assert reader("isun", tmp_path, Look(crop="centre")).pixels.min() == 200
    assert reader("isun", tmp_path, Look(crop="squash", resample="nearest")).pixels.min() == 0


# --- MNIST and SVHN --------------------------------------------------------------------------------------------------


def idx(values: np.ndarray, magic: int = 0x803) -> bytes:
    return struct.pack(">4I", magic, *values.shape) + values.tobytes()


def digits(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28)).astype(np.uint8)


@pytest.mark.parametrize(
    ("folder", "zipped"), [("MNIST/raw", True), ("MNIST/raw", False), ("mnist", True), ("MNIST", False)]
)
def test_mnist_is_its_training_and_test_pictures(tmp_path: Path, folder: str, zipped: bool) -> None:
    home = tmp_path / folder
    home.mkdir(parents=True)
    for file, values in zip(arrays.MNIST_FILES, (digits(3, 0), np.full((2, 28, 28), 9, np.uint8)), strict=True):
        content = idx(values)
        (home / f"{file}.gz" if zipped else home / file).write_bytes(gzip.compress(content) if zipped else content)
    images = load_set("mnist", tmp_path)
    assert images.pixels.shape == (5, 32, 32, 3)
    np.testing.assert_array_equal(images.pixels[3:], np.full((2, 32, 32, 3), 9))


MNIST_DAMAGE = {
    "labels": gzip.compress(struct.pack(">2I", 0x801, 3) + b"123" * 8),
    "cut": gzip.compress(idx(digits(3, 0)))[:-900],
    "too few": gzip.compress(idx(digits(3, 0))[:-1]),
    "too many": gzip.compress(idx(digits(3, 0)) + b"?"),
    "no gzip": b"no gzip",
    "a bomb": gzip.compress(struct.pack(">4I", 0x803, 2**31, 28, 28) + b"\0" * 1_000_000),
    "another size": gzip.compress(idx(np.zeros((3, 30, 30), np.uint8))),
    "empty": b"",
}


@pytest.mark.parametrize("kind", MNIST_DAMAGE)
def test_damaged_files_of_mnist_are_one_sentence(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "mnist"
    home.mkdir()
    for file in arrays.MNIST_FILES:
        (home / f"{file}.gz").write_bytes(MNIST_DAMAGE[kind])
    with pytest.raises(UnreadableSet, match=r"train-images.*get it again$"):
        load_set("mnist", tmp_path)


def matrix(**changes: np.ndarray) -> bytes:
    file = io.BytesIO()
    whole = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4)).astype(np.uint8)
    savemat(file, {"X": whole, "y": np.array([[1], [10], [3], [2]], np.uint8)} | changes, do_compression=True)
    return file.getvalue()


def test_svhn_is_read_with_the_pictures_in_front(tmp_path: Path) -> None:
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "test_32x32.mat").write_bytes(matrix())
    images = load_set("svhn", tmp_path)
    expected = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4)).astype(np.uint8)
    np.testing.assert_array_equal(images.pixels[3], expected[..., 3])
    assert (len(images), images.labels) == (4, None)


SVHN_DAMAGE = {
    "cut": matrix()[:3000],
    "a few bytes wrong": matrix()[:400] + b"\0" * 40 + matrix()[440:],
    "no .mat": b"no matrix at all" * 40,
    "empty": b"",
    "another shape": matrix(X=np.zeros((32, 30, 3, 4), np.uint8)),
    "numbers with a point": matrix(X=np.zeros((32, 32, 3, 4), np.float64)),
    "one picture without its axis": matrix(X=np.zeros((32, 32, 3), np.uint8)),
    "HDF5": b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n" * 40,
}


@pytest.mark.parametrize("kind", SVHN_DAMAGE)
def test_damaged_files_of_svhn_are_one_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "test_32x32.mat").write_bytes(SVHN_DAMAGE[kind])
    with pytest.raises(UnreadableSet, match=r"test_32x32\.mat.*get .*again$") as caught:
        load_set("svhn", tmp_path)
    assert "\n" not in str(caught.value)


def test_more_pictures_than_svhn_has_are_refused_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MAX_PICTURES", 3)
    monkeypatch.setattr("scipy.io.loadmat", lambda *_, **__: pytest.fail("it was unpacked"))
    (tmp_path / "test_32x32.mat").write_bytes(matrix())
    with pytest.raises(UnreadableSet, match="holds no pictures X of 32 x 32 x 3"):
        load_set("svhn", tmp_path)


# --- noise, and what is there ----------------------------------------------------------------------------------------


def test_noise_is_as_outlier_exposure_describes_it() -> None:
    gaussian, rademacher, blob = (load_set(name).pixels for name in ("gaussian", "rademacher", "blob"))
    assert len(gaussian) == len(rademacher) == len(blob) == 10_000
    # N(0, .5) beyond 1 is cut off: 2 sigma on either side, 4.55 % of the values.
    assert (np.abs(gaussian) == 1).mean() == pytest.approx(0.0455, abs=0.001)
    assert gaussian[np.abs(gaussian) < 1].mean() == pytest.approx(0, abs=0.001)
    assert np.unique(rademacher).tolist() == [-1, 1]
    assert rademacher.mean() == pytest.approx(0, abs=0.002)
    # Blurred below .75 is black, and nothing lies between: edges are definite.
    assert blob.min() == -1
    assert not ((blob > -1) & (blob < 0.5 - 1e-6)).any()
    # The blur goes across the colours too: they differ little within a shape.
    inside = (blob > -1).all(3)
    assert blob[inside].std(1).mean() < 0.05
    assert all(each.dtype == np.float32 for each in (gaussian, rademacher, blob))


def test_the_blobs_are_what_scikit_image_would_blur() -> None:
    # skimage.filters.gaussian is scipy's, with mode "nearest" and four deviations; one picture by hand.
    from scipy.ndimage import gaussian_filter

    from nat_core.data.sources.noise import blob

    drawn = (np.random.default_rng(0).random((2, 32, 32, 3), np.float32) < 0.7).astype(np.float32)
    smooth = gaussian_filter(drawn[1], 1.5, mode="nearest", truncate=4.0)
    smooth[smooth < 0.75] = 0
    np.testing.assert_allclose(blob(2)[1], smooth * 2 - 1, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, each in FIELD_SETS.items() if each.places])
def test_a_missing_set_says_what_where_and_how(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingDataset, match=f"No image set {name}: looked for") as caught:
        load_set(name, tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value)) < 400


def test_nat_data_says_which_are_there(tmp_path: Path) -> None:
    places(tmp_path)
    picture(tmp_path / "LSUN_resize" / "0.png")
    (tmp_path / "cifar-100-python").mkdir()
    rows = {row.name: row for row in describe(tmp_path)}
    made = {"noise", "digits", "gaussian", "rademacher", "blob"}
    assert {name for name, row in rows.items() if row.present} - made == {"places365", "lsun_resize", "cifar100"}
    assert rows["cifar100"].where == str(tmp_path / "cifar-100-python")
    assert rows["svhn"].how_to_get == "nat data --download svhn"
    assert set(FIELD_SETS) < set(rows)
