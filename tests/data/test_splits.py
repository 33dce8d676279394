"""Own pictures in two parts: as the folders or arrays say, or a fifth of each class held out, the same each time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_core.data.sources.image_sets import read_class_folders, read_folder
from nat_core.data.splits import every_fifth, read_known, read_negatives
from nat_core.errors import MissingDataset
from tests.present import present


def draw(folder: Path, count: int, colour: str = "red") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = Image.new("RGB", (40, 36), colour)
        picture.putpixel((0, 0), (number, 0, 0))
        picture.save(folder / f"{number}.png")


def arrays(count: int, classes: int = 2) -> dict[str, Any]:
    pixels = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)
    return {"train_images": pixels, "train_labels": np.arange(count) % classes}


def test_undivided_class_folders_give_every_fifth_picture_of_each_class(tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "cat", 20, "red")
    draw(tmp_path / "photos" / "dog", 6, "blue")
    split = read_known(tmp_path / "photos")
    assert (len(split.train), len(split.held_out)) == (20, 6)  # 4 of 20 cats and 2 of 6 dogs are held out
    assert np.bincount(present(split.held_out.labels)).tolist() == [4, 2]
    assert split.train.classes == split.held_out.classes == ("cat", "dog")
    assert (split.train.name, split.held_out.name) == ("own_train", "own_test")
    assert not set(split.train.ids) & set(split.held_out.ids)
    assert split.how == "One in five pictures of each class in photos is held out to evaluate on: 6 of 26."
    assert read_known(tmp_path / "photos").held_out.ids == split.held_out.ids


@pytest.mark.parametrize(("learnt", "val"), [("train", "val"), ("Training", "Validation")])
def test_train_and_val_folders_are_the_parts_and_classes_go_by_name(tmp_path: Path, learnt: str, val: str) -> None:
    for name, count in ((f"{learnt}/cat", 3), (f"{learnt}/dog", 4), (f"{val}/dog", 2)):
        draw(tmp_path / name, count)
    split = read_known(tmp_path)
    assert (len(split.train), len(split.held_out)) == (7, 2)
    assert present(split.held_out.labels).tolist() == [1, 1]
    assert split.how == f"2 pictures of {tmp_path.name}/val are held out to evaluate on."


def test_two_folders_for_one_part_are_classes(tmp_path: Path) -> None:
    for name in ("train", "training"):
        draw(tmp_path / name, 5)
    assert read_known(tmp_path).train.classes == ("train", "training")


def test_a_class_called_train_is_a_class(tmp_path: Path) -> None:
    draw(tmp_path / "train", 5)
    draw(tmp_path / "car", 5)
    assert read_known(tmp_path).train.classes == ("car", "train")


def test_negatives_lie_in_any_folders(tmp_path: Path) -> None:
    draw(tmp_path / "sea", 3)
    draw(tmp_path / "sky" / "grey", 7)
    split = read_negatives(tmp_path)
    assert (len(split.train), len(split.held_out), split.train.labels, split.train.classes) == (8, 2, None, ())
    assert (split.train.name, split.held_out.name) == ("own_negatives_train", "own_negatives_test")


def test_an_npz_file_is_divided_by_its_keys_or_here(tmp_path: Path) -> None:
    whole = arrays(20)
    np.savez(tmp_path / "whole.npz", **whole)
    np.savez(tmp_path / "parts.npz", **whole, classes=["a", "b"], test_images=whole["train_images"][:4],
             test_labels=[0, 1, 0, 1])  # fmt: skip
    assert (len(read_known(tmp_path / "whole.npz").train), read_known(tmp_path / "whole.npz").train.classes) == (
        16,
        ("0", "1"),
    )
    parts = read_known(tmp_path / "parts.npz")
    assert (len(parts.train), len(parts.held_out), parts.train.classes) == (20, 4, ("a", "b"))
    assert len(read_negatives(tmp_path / "parts.npz").held_out) == 4


def test_the_digest_follows_from_the_pictures_and_not_from_where_they_lie(tmp_path: Path) -> None:
    for home in ("here", "there"):
        draw(tmp_path / home / "cat", 5)
        draw(tmp_path / home / "dog", 5)
    here, there = read_known(tmp_path / "here"), read_known(tmp_path / "there")
    assert here.sha256 == there.sha256
    draw(tmp_path / "there" / "dog", 6)
    assert read_known(tmp_path / "there").sha256 != here.sha256


def test_a_fifth_is_rounded_up_and_does_not_depend_on_other_classes() -> None:
    alone, together = every_fifth(np.zeros(11, np.int64)), every_fifth(np.array([0] * 11 + [1] * 4))
    assert alone.sum() == 3
    np.testing.assert_array_equal(together[:11], alone)
    assert together[11:].sum() == 1


def test_what_cannot_be_learnt_from_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingDataset, match="neither a folder of pictures nor"):
        read_known(tmp_path / "nowhere")
    draw(tmp_path / "one" / "cat", 4)
    with pytest.raises(ValueError, match="holds 1 class, cat: two or more"):
        read_known(tmp_path / "one")
    draw(tmp_path / "one", 1)
    with pytest.raises(ValueError, match=r"0\.png lies in none"):
        read_known(tmp_path / "one")
    draw(tmp_path / "few" / "cat", 4)
    draw(tmp_path / "few" / "dog", 1)
    with pytest.raises(ValueError, match="its class dog needs at least two pictures"):
        read_known(tmp_path / "few")
    draw(tmp_path / "strange" / "train" / "cat", 2)
    draw(tmp_path / "strange" / "train" / "dog", 2)
    draw(tmp_path / "strange" / "test" / "owl", 2)
    with pytest.raises(ValueError, match="owl is a class of the held-out pictures alone"):
        read_known(tmp_path / "strange")
    draw(tmp_path / "single", 1)
    with pytest.raises(ValueError, match="its set needs at least two pictures"):
        read_negatives(tmp_path / "single")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"train_labels": None}, "has no array train_labels"),
        ({"train_images": None}, "has no array train_images"),
        ({"train_labels": np.arange(20) % 3 - 1}, "goes from -1 to 1, .*labels count from 0"),
        ({"classes": np.array(["only"])}, "goes from 0 to 1, but the number of named classes is 1"),
    ],
)
def test_an_npz_file_without_what_it_needs_is_refused(tmp_path: Path, changes: dict, sentence: str) -> None:
    held = {key: value for key, value in (arrays(20) | changes).items() if value is not None}
    np.savez(tmp_path / "mine.npz", **held)
    with pytest.raises(ValueError, match=sentence):
        read_known(tmp_path / "mine.npz")


@pytest.mark.parametrize("read", [read_known, read_negatives])
def test_no_name_is_not_the_current_folder(read: Any) -> None:
    with pytest.raises(MissingDataset, match=r"^no folder and no file is named: say where the pictures are$"):
        read("")


def test_folders_that_are_links_are_followed_once_and_never_in_circles(tmp_path: Path) -> None:
    draw(tmp_path / "elsewhere", 3, "blue")
    draw(tmp_path / "photos" / "cat", 3)
    (tmp_path / "photos" / "dog").symlink_to(tmp_path / "elsewhere")
    assert read_known(tmp_path / "photos").train.classes == ("cat", "dog")
    (tmp_path / "photos" / "dog" / "again").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "cat" / "self").symlink_to(".")
    found = read_folder(tmp_path / "photos")
    assert found.ids == tuple(f"{name}/{number}.png" for name in ("cat", "dog") for number in range(3))
    assert [each.split("/photos/")[1] for each in found.passed_over] == [
        "cat/self is a link to a folder that was read already, so it was passed over.",
        "dog/again is a link to a folder that was read already, so it was passed over.",
    ]


def test_a_folder_is_read_by_its_own_name_and_not_by_that_of_a_link_to_it(tmp_path: Path) -> None:
    draw(tmp_path / "zebra", 2)
    (tmp_path / "a_link").symlink_to(tmp_path / "zebra")
    assert read_folder(tmp_path).ids == ("zebra/0.png", "zebra/1.png")
    with pytest.raises(ValueError, match="no picture in the class folder a_link can be read"):
        read_class_folders(tmp_path)


def test_a_class_without_pictures_is_refused_by_its_name(tmp_path: Path) -> None:
    draw(tmp_path / "cat", 3)
    draw(tmp_path / "dog", 3)
    (tmp_path / ".cache").mkdir()  # a system's own is no class
    assert read_known(tmp_path).train.classes == ("cat", "dog")
    (tmp_path / "empty").mkdir()
    (tmp_path / "unread").mkdir()
    (tmp_path / "unread" / "1.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="no picture in the class folders empty, unread can be read: put pictures"):
        read_known(tmp_path)


def test_a_class_that_no_array_shows_is_refused_by_its_name(tmp_path: Path) -> None:
    values = arrays(20) | {"classes": np.array(["cat", "dog", "bee"])}
    test = {name.replace("train", "test"): value for name, value in arrays(20, 3).items()}
    np.savez(tmp_path / "mine.npz", **values, **test)
    with pytest.raises(ValueError, match="there is no picture of class bee to learn from"):
        read_known(tmp_path / "mine.npz")


def test_no_class_of_ones_own_is_the_background(tmp_path: Path) -> None:
    for name in ("cat", "background"):
        draw(tmp_path / "photos" / name, 3)
    np.savez(tmp_path / "mine.npz", **arrays(20), classes=np.array(["background", "cat"]))
    for path in (tmp_path / "photos", tmp_path / "mine.npz"):
        with pytest.raises(ValueError, match="may not be called 'background', which stands for none of the classes"):
            read_known(path)


@pytest.mark.parametrize(
    "names", [["cat", ""], ["cat", "  "], ["cat", "d\x07g"], ["cat\n", "dog"], ["c\u202eat", "dog"]]
)
def test_classes_need_names_that_can_be_shown(tmp_path: Path, names: list[str]) -> None:
    np.savez(tmp_path / "mine.npz", **arrays(20), classes=np.array(names))
    with pytest.raises(ValueError, match=r"mine\.npz: a class is called .*: give it a name of letters"):
        read_known(tmp_path / "mine.npz")


def test_a_folder_that_may_not_be_opened_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "open", 2)
    draw(tmp_path / "shut", 2)
    listed = Path.iterdir

    def refused(folder: Path) -> Iterator[Path]:
        if folder.name == "shut":
            raise PermissionError
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)  # who may do everything, as in a container, is refused nothing
    found = read_folder(tmp_path)
    assert found.ids == ("open/0.png", "open/1.png")
    assert [each.rpartition("/")[2] for each in found.passed_over] == ["shut may not be opened, so it was passed over."]


def test_a_file_that_may_not_be_opened_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(tmp_path, 2)
    opened = Path.open

    def refused(file: Path, *how: object, **more: object) -> object:
        if file.name == "0.png":
            raise PermissionError(13, "Permission denied", str(file))
        return opened(file, *how, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    found = read_folder(tmp_path)
    assert found.ids == ("1.png",)
    assert any("0.png" in each for each in found.skipped)
