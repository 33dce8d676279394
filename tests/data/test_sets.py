"""Image sets: readers on small files made here, names, roles' sets, what is said when something is missing."""

from dataclasses import replace
from hashlib import sha1
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_core.data import sets
from nat_core.data.sets import SETS, data_folder, describe, load_set, noise
from nat_core.data.sources.image_sets import ImageSet, as_32, read_class_folders, read_folder, read_npz
from nat_core.errors import MissingDataset
from nat_core.language import speaking
from tests.hostile_pictures import encoded
from tests.present import present


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)


def write_npz(path: Path, **changes: np.ndarray) -> Path:
    arrays: dict[str, Any] = {
        "train_images": pictures(3), "train_labels": np.array([[0], [1], [1]]),
        "test_images": pictures(2, 1), "test_labels": np.array([1, 0]), "classes": np.array(["cat", "dog"]),
    } | changes  # fmt: skip
    np.savez(path, **arrays)
    return path


def test_an_npz_with_medmnist_keys_is_read(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "cifar10.npz")
    train, test = read_npz(path, "train"), load_set("cifar10_test", tmp_path)
    np.testing.assert_array_equal(train.pixels, pictures(3))
    assert present(train.labels).tolist() == [0, 1, 1]
    assert train.classes == ("cat", "dog")
    assert test.name == "cifar10_test"
    assert test.ids[0] == sha1(pictures(2, 1)[0].tobytes(), usedforsecurity=False).hexdigest()[:16]


def test_grey_pictures_of_another_size_become_32_pixels_in_colour(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "x.npz", test_images=np.full((2, 28, 28), 9, np.uint8))
    np.testing.assert_array_equal(read_npz(path).pixels, np.full((2, 32, 32, 3), 9))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_images": np.zeros((2, 32, 32, 3), np.float32)}, r"must be pictures .*\(uint8\)"),
        ({"test_labels": np.zeros(5, np.int64)}, r"2 pictures but test_labels of shape \(5,\)"),
        ({"test_images": np.zeros((2, 32, 32, 4), np.uint8)}, r"must be pictures .*\(uint8\)"),
    ],
)
def test_an_npz_of_another_kind_is_refused(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_npz(write_npz(tmp_path / "x.npz", **changes))


def test_a_damaged_or_foreign_npz_is_refused(tmp_path: Path) -> None:
    whole = write_npz(tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("cut", "text"):
        with pytest.raises(ValueError, match="cannot be read"):
            read_npz(tmp_path / f"{name}.npz")
    with pytest.raises(ValueError, match="has no array val_images"):
        read_npz(tmp_path / "whole.npz", "val")


def test_an_npz_is_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", test_images=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="never unpickled"):
        read_npz(tmp_path / "x.npz")


def test_a_folder_of_any_pictures_is_read_and_bad_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (50, 40), (10, 20, 30)).save(tmp_path / "b.png")
    Image.new("L", (7, 9), 200).save(tmp_path / "deep" / "a.bmp")
    (tmp_path / "c.jpg").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("ignored")
    images = read_folder(tmp_path)
    assert images.ids == ("b.png", "deep/a.bmp")
    assert images.pixels[0, 16, 16].tolist() == [10, 20, 30]
    assert images.pixels[1, 16, 16].tolist() == [200, 200, 200]
    assert len(images.skipped) == 1
    assert "c.jpg" in images.skipped[0]


def test_class_folders_number_their_classes_alphabetically(tmp_path: Path) -> None:
    for name, grey in (("dog", 5), ("cat", 9)):
        (tmp_path / "cifar10" / "test" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32), (grey,) * 3).save(tmp_path / "cifar10" / "test" / name / "0.png")
    images = load_set("cifar10_test", tmp_path)
    assert images.classes == ("cat", "dog")
    assert [int(picture.mean()) for picture in images.pixels] == [9, 5]
    assert present(images.labels).tolist() == [0, 1]
    assert read_class_folders(tmp_path / "cifar10" / "test").ids == ("cat/0.png", "dog/0.png")


def test_noise_is_drawn_once_per_seed_and_normal() -> None:
    assert len(noise()) == 10_000
    assert abs(noise().pixels.mean()) < 0.001
    assert abs(noise().pixels.std() - 1) < 0.001
    np.testing.assert_array_equal(noise(3, count=4).pixels, noise(3, count=4).pixels)
    assert not np.array_equal(noise(3, count=4).pixels, noise(4, count=4).pixels)


def test_digits_are_split_without_overlap() -> None:
    sets = {name: load_set(name) for name in SETS if name.startswith("digits")}
    assert {name: len(each) for name, each in sets.items()} == {
        "digits_train": 862, "digits_test": 221, "digits_67_train": 304, "digits_67_test": 56, "digits_89": 354,
        "digits_fit": 624, "digits_held_out": 238, "digits_6_train": 151, "digits_7_train": 153,
        "digits_all_train": 1437, "digits_all_test": 360,
    }  # fmt: skip
    assert set(present(sets["digits_test"].labels).tolist()) == set(range(6))
    assert sets["digits_67_train"].labels is None
    assert not set(sets["digits_train"].ids) & set(sets["digits_test"].ids)


def test_the_gallery_has_each_of_the_ten_classes_and_things_outside_them() -> None:
    gallery = load_set("gallery")
    assert set(present(gallery.labels).tolist()) == {-1, *range(10)}
    assert all(
        (identity.startswith("none")) == (label < 0)
        for identity, label in zip(gallery.ids, present(gallery.labels), strict=True)
    )


@pytest.mark.parametrize("name", ["cifar10_test", "cifar100_train", "ilsvrc"])
def test_a_missing_set_says_what_where_and_how(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingDataset, match=name) as caught:
        load_set(name, tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert ("nat data --download" in str(caught.value)) != (name == "ilsvrc")


def test_an_empty_folder_and_an_unknown_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ilsvrc").mkdir()
    with pytest.raises(MissingDataset, match="No picture in"):
        load_set("ilsvrc", tmp_path)
    with pytest.raises(MissingDataset, match="No folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(MissingDataset, match="No image set at"):
        read_npz(tmp_path / "none.npz")
    with pytest.raises(ValueError, match=r"'stl10'; known: .*cifar10_test.*svhn"):
        load_set("stl10")


def test_what_is_missing_is_said_in_the_language_that_is_spoken(tmp_path: Path) -> None:
    with speaking("de"):
        with pytest.raises(
            MissingDataset, match=r"Keine Bildersammlung cifar100_test: gesucht wurde nach .* mit: nat data"
        ):
            load_set("cifar100_test", tmp_path)
        with pytest.raises(
            MissingDataset, match=r"Keine Bildersammlung ilsvrc: gesucht wurde nach .* Ordner mit Fotos"
        ):
            load_set("ilsvrc", tmp_path)
        assert [row.how_to_get for row in describe(tmp_path) if row.name == "ilsvrc"] == [
            "lege Fotos von ILSVRC 2012 (image-net.org, mit Anmeldung) in diesen Ordner"
        ]


def test_describe_says_what_is_there(tmp_path: Path) -> None:
    write_npz(tmp_path / "cifar100.npz")
    rows = {row.name: row for row in describe(tmp_path)}
    assert [name for name, row in rows.items() if row.present] == [
        "cifar100", "noise", "digits", "gaussian", "rademacher", "blob",
    ]  # fmt: skip
    assert rows["cifar10"].how_to_get == "nat data --download cifar10"


def test_the_data_folder_is_explicit_then_the_environment_then_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_DATA", "from_environment")
    assert data_folder("explicit") == Path("explicit")
    assert data_folder() == Path("from_environment")
    monkeypatch.delenv("NAT_DATA")
    assert data_folder() == Path("data")


def test_digits_are_scikit_learns_whether_its_file_is_read_or_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "find_spec", lambda name: None)  # as if its file lay elsewhere
    for asked, read in zip(sets.all_digits.__wrapped__(), sets.all_digits(), strict=True):
        np.testing.assert_array_equal(asked, read)


@pytest.mark.parametrize(("wanted", "part"), [((10,), "all"), ((), "all"), ((1, 2), "some")])
def test_digits_that_are_none_are_refused(wanted: tuple[int, ...], part: str) -> None:
    with pytest.raises(ValueError, match=r"digits are some of 0 to 9, in the parts all, .*; not \["):
        sets.digit_pictures(wanted, part)


def test_pictures_that_were_handed_over_are_a_set_like_others() -> None:
    mine = ImageSet("own_photos", pictures(1), ("a",))
    assert load_set("own_photos", own={"own_photos": mine}) is mine
    with pytest.raises(MissingDataset, match="No image set own_others: no such pictures were handed over"):
        load_set("own_others", own={"own_photos": mine})


@pytest.mark.parametrize(("given", "says"), [
    ({"ids": ("a",)}, "mine: 1 ids for 2 pictures: give one each"),
    ({"labels": np.array([0, 2]), "classes": ("cat", "dog")}, "labels go up to 2, but the number of named classes"),
])  # fmt: skip
def test_a_set_whose_parts_do_not_fit_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(ImageSet("mine", pictures(2), ("a", "b")), **given)


@pytest.mark.parametrize("images", [np.zeros((2, 8, 8), np.float32), np.zeros((8, 8), np.uint8)])
def test_what_are_no_pictures_are_not_made_32_pixels_wide(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"mine.npz: pictures must be uint8 \(n, h, w\) or \(n, h, w, 3\), not "):
        as_32(images, "mine.npz")


def test_held_out_digits_are_training_digits_of_their_own() -> None:
    known = {name: set(load_set(name).ids) for name in ("digits_fit", "digits_held_out", "digits_train", "digits_test")}
    assert known["digits_fit"] | known["digits_held_out"] == known["digits_train"]
    assert not known["digits_fit"] & known["digits_held_out"]
    assert not known["digits_train"] & known["digits_test"]
    six, seven = (set(load_set(name).ids) for name in ("digits_6_train", "digits_7_train"))
    assert six | seven == set(load_set("digits_67_train").ids)
    assert (len(six), len(seven)) == (151, 153)


def test_in_a_folder_every_picture_counts_and_what_systems_add_does_not(tmp_path: Path) -> None:
    photo = encoded("JPEG")
    files = {
        "cat/1.jfif": photo, "cat/2": photo, "dog/1.JPEG": photo, "dog/2.heic": b"\0\0\0\x24ftypheic\0\0\0\0mif1heic",
        "dog/3.tif": b"II*\0 a TIFF", "dog/notes.txt": b"hello", ".ipynb_checkpoints/1.jpg": photo,
        "cat/.hidden.jpg": photo, "cat/@eaDir/1.jpg": photo, "__MACOSX/cat/1.jpg": photo, "Thumbs.db": photo,
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = read_class_folders(tmp_path)
    assert found.ids == ("cat/1.jfif", "cat/2", "dog/1.JPEG")
    assert found.classes == ("cat", "dog")
    assert (found.name, read_class_folders(tmp_path, "pets").name) == (tmp_path.name, "pets")
    assert found.labels is not None
    assert present(found.labels).tolist() == [0, 0, 1]
    assert [Path(sentence.split(" is cut short or damaged")[0]).name for sentence in found.skipped] == [
        "2.heic",
        "3.tif",
    ]
    assert found.passed_over == (
        "1 file is not a picture, so it was passed over.",
        "5 hidden or system files (a dot before the name, __MACOSX, @eaDir, Thumbs.db, desktop.ini and the like) were "
        "found, so they were passed over.",
    )
    assert found.take(np.array([2])).passed_over == found.passed_over
