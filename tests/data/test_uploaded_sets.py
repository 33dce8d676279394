"""Image sets from strangers: what is read, and one sentence for every way in which a file can be wrong."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nat_core.data import uploaded_sets
from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.data.sources.class_labels import places_among
from nat_core.data.sources.image_sets import PLAIN, read_npz
from nat_core.data.sources.streams import open_stream
from nat_core.data.uploaded_sets import labels_among, read_own_set
from nat_core.errors import UnreadableSet
from tests.present import present
from tests.pseudo import loose_in, speak_pseudo
from tests.uploads import npz, picture, zipped


def test_medmnists_keys_are_read_and_grey_pictures_become_coloured_and_32() -> None:
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    content = npz(train_images=images[:1], test_images=images, test_labels=np.array([[0], [2], [1]]))
    found = read_own_set(content, "mine.npz")
    assert found.pixels.shape == (3, 32, 32, 3)
    assert present(found.labels).tolist() == [0, 2, 1]
    assert found.classes == ("0", "1", "2")
    assert found.name == "mine.npz"


def test_without_a_test_part_the_next_one_is_read() -> None:
    pixels = np.full((2, 32, 32, 3), 9, np.uint8)
    found = read_own_set(npz(train_images=pixels), "mine.npz")
    assert (found.pixels == 9).all()
    assert found.labels is None


def test_class_folders_in_a_zip_file_give_labels_and_what_cannot_be_read_is_named() -> None:
    told = []
    files = {
        "all/ship/1.png": picture((1, 2, 3)),
        "all/cat/1.png": picture((250, 2, 3)),
        "all/cat/2.png": b"no picture",
    }
    found = read_own_set(zipped(files), "mine.zip", told.append)
    assert found.classes == ("cat", "ship")
    assert present(found.labels).tolist() == [1, 0]
    assert found.ids == ("ship/1.png", "cat/1.png")
    assert found.pixels[0, 0, 0].tolist() == [1, 2, 3]
    assert "2.png" in found.skipped[0]
    assert told == [0, 1 / 3, 2 / 3]


def test_pictures_in_no_folder_have_no_labels() -> None:
    found = read_own_set(zipped({"a.png": picture((0, 0, 0))}), "mine.zip")
    assert (found.labels, found.classes) == (None, ())


def test_of_too_many_pictures_some_are_taken_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded_sets, "MAX_PICTURES", 3)
    pixels = np.repeat(np.arange(9, dtype=np.uint8), 3072).reshape(9, 32, 32, 3)
    found = read_own_set(npz(test_images=pixels, test_labels=np.arange(9)), "mine.npz")
    assert found.pixels[:, 0, 0, 0].tolist() == [0, 4, 8]
    assert present(found.labels).tolist() == [0, 4, 8]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"hello", "mine is neither an .npz file nor a zip file"),
        (b"PK\x03\x04" + bytes(60), "is cut short or damaged"),
        (npz(pictures=np.zeros(3)), "has no array test_images (it holds pictures)"),
        (zipped({"a\nb\u202e.npy": b"x"}), "has no array test_images (it holds a b\ufffd)"),
        (npz(test_images=np.zeros((2, 32, 32), np.float32)), "(uint8), shaped (n, height, width)"),
        (npz(test_images=np.zeros((2, 32), np.uint8)), "they are uint8 (2, 32)"),
        (npz(test_images=np.zeros((0, 32, 32), np.uint8)), "holds no picture"),
        (npz(test_images=np.array([{}], object)), "holds Python objects, which are never unpickled"),
        (
            npz(test_images=np.zeros((1, 4, 4), np.uint8), test_labels=np.array(["cat"], object)),
            "save numbers, or names as text (dtype=str)",
        ),
        (npz(test_images=np.zeros((2, 32, 32), np.uint8), test_labels=np.zeros(3, int)), "labels of shape (3,)"),
        (
            npz(test_images=np.zeros((1, 4, 4), np.uint8), test_labels=np.array([5]), classes=np.array(["a"])),
            "labels count from 0",
        ),
        (npz(test_images=np.zeros((1, 4, 4), np.uint8), test_labels=np.array([0]), classes=np.zeros(2)), "(strings)"),
        (
            npz(test_images=np.zeros((1, 4, 4), np.uint8), test_labels=np.array(["x" * 201])),
            "give it a name of letters that can be shown, at most 200",
        ),
        (zipped({"test_images.npy": b"\x93NUMPY\x01\x00 cut short"}), "the array test_images is damaged"),
        (zipped({"notes.txt": b"hello"}), "holds no pictures"),
        (zipped({"cat/1.png": b"hello"}), "its only picture cannot be read. 1.png is text"),
    ],
    ids=["text", "damaged", "keys", "odd keys",
         "float", "flat", "empty", "pickle", "pickled names", "labels", "counts", "classes", "long",
         "header", "no pictures", "broken"],
)  # fmt: skip
def test_a_wrong_file_gets_one_sentence_in_every_language(content: bytes, expected: str, monkeypatch) -> None:
    with pytest.raises(UnreadableSet) as raised:
        read_own_set(content, "mine")
    assert expected in str(raised.value)
    assert str(raised.value).endswith(".")
    speak_pseudo(monkeypatch)
    with pytest.raises(UnreadableSet) as raised:
        read_own_set(content, "mine")
    assert loose_in(str(raised.value), frozenset({"mine", "test", "labels"})) == []


@pytest.mark.parametrize(
    "content", [b"hello", npz(pictures=np.zeros(3)), zipped({"notes.txt": b"hello"})], ids=["text", "npz", "zip"]
)
def test_a_files_name_stays_on_one_line(content: bytes) -> None:
    with pytest.raises(UnreadableSet, match=r"^my set\ufffd\ufffd\.zip") as raised:
        read_own_set(content, "my\nset\u202e\ud800.zip")
    assert "\n" not in str(raised.value)


def test_what_is_too_large_gets_one_sentence() -> None:
    # Made here and not beside the others: packing takes seconds, which every process would spend in collecting.
    with pytest.raises(UnreadableSet, match=r"unpacks to 440 MB, more than the 400 MB.*\.$"):
        read_own_set(npz(test_images=np.zeros((500, 800, 1100), np.uint8)), "mine")
    with pytest.raises(UnreadableSet, match=r"holds more than the 20,000 files.*\.$"):
        read_own_set(zipped({f"{number}.txt": b"" for number in range(20_001)}), "mine")


def test_an_array_that_lies_about_its_size_is_refused() -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (9, 32, 32)})
    with pytest.raises(UnreadableSet, match="the array test_images is damaged"):
        read_own_set(zipped({"test_images.npy": header.getvalue() + bytes(100)}), "mine")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_array_that_could_unpack_without_a_limit_is_refused(compression: int) -> None:
    stored, buffer = zipfile.ZipFile(io.BytesIO(npz(test_images=np.zeros((2, 32, 32), np.uint8)))), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("test_images.npy", stored.read("test_images.npy"))
    with pytest.raises(UnreadableSet, match=r"a\.npz: the array test_images is packed in a way we do not open"):
        read_own_set(buffer.getvalue(), "a.npz")


@pytest.mark.parametrize(
    "keys",
    [
        ("test_images", "test_labels", "classes"),
        ("x_test", "y_test", "class_names"),
        ("X_test", "Y_test", "label_names"),
        ("images", "labels", "classes"),
        ("data", "targets", "classes"),
    ],
)
@pytest.mark.parametrize(
    "labels",
    [np.array([1, 0, 1]), np.array([1.0, 0.0, 1.0]), np.array([[0, 1], [1, 0], [0, 1]]), np.array(["b", "a", "b"])],
    ids=["whole", "float", "one-hot", "names"],
)
def test_the_fields_usual_keys_and_kinds_of_labels_are_read(keys: tuple[str, str, str], labels: np.ndarray) -> None:
    images = np.zeros((3, 32, 32, 3), np.uint8)
    given = dict(zip(keys, (images, labels, np.array(["a", "b"])), strict=True))
    found = read_own_set(npz(**given), "mine.npz")
    assert present(found.labels).tolist() == [1, 0, 1]
    assert (found.classes, found.passed_over) == (("a", "b"), ())


def test_of_an_array_that_is_not_read_a_sentence_tells() -> None:
    images = np.zeros((2, 32, 32, 3), np.uint8)
    found = read_own_set(npz(test_images=images, train_images=images, answers=np.array([1, 0])), "mine.npz")
    assert found.labels is None
    assert found.passed_over == (
        "It also holds answers, not read: labels are read from test_labels, their names from classes.",
    )
    # Labels of a part that is not there are those of the pictures that are, for whoever saved them.
    alone = read_own_set(npz(test_images=images, train_labels=np.array([1, 0]), Test_Images=images), "mine.npz")
    assert alone.labels is None
    assert "It also holds train_labels, Test_Images, not read" in alone.passed_over[0]
    # Weights' files and the like hold many.
    many = read_own_set(npz(images=images, **{f"a{number}": images for number in range(8)}), "mine.npz")
    assert "It also holds a0, a1, a2, a3, a4 and 3 more, not read" in many.passed_over[0]


@pytest.mark.parametrize("beside", ["README.txt", ".DS_Store", "__MACOSX/._test_images.npy"])
def test_what_lies_beside_its_arrays_makes_no_other_file_of_an_npz(beside: str) -> None:
    content = io.BytesIO(npz(test_images=np.zeros((2, 32, 32, 3), np.uint8)))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(beside, b"x")
    found = read_own_set(content.getvalue(), "mine.npz")
    assert len(found) == 2
    assert bool(found.passed_over) == (beside == "README.txt")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_contradict_each_other() -> None:
    content = io.BytesIO(npz(test_images=np.zeros((2, 32, 32, 3), np.uint8)))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("test_images.npy", b"x")
    with pytest.raises(UnreadableSet, match=r"mine\.npz holds two arrays test_images: save it again"):
        read_own_set(content.getvalue(), "mine.npz")


def test_one_picture_in_colour_is_not_taken_for_many_grey_ones() -> None:
    with pytest.raises(UnreadableSet, match="may be one picture in colour"):
        read_own_set(npz(test_images=np.zeros((32, 32, 3), np.uint8)), "mine.npz")


@pytest.mark.parametrize("keys", [("x_test", "y_test"), ("images", "labels"), ("test_images", "test_labels")])
def test_the_command_line_reads_the_keys_that_the_page_reads(keys: tuple[str, str], tmp_path: Path) -> None:
    pixels, path = np.arange(2 * 3072, dtype=np.uint8).reshape(2, 32, 32, 3), tmp_path / "mine.npz"
    path.write_bytes(npz(**dict(zip(keys, (pixels, np.array([1, 0])), strict=True)), answers=np.zeros(2)))
    stream = open_stream(path)
    assert present(stream.labels).tolist() == [1, 0]
    assert next(stream.parts()).pixels[PLAIN].tolist() == pixels.tolist()
    assert "It also holds answers, not read" in stream.passed_over[0]


def test_of_an_array_that_is_not_read_python_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(npz(test_images=np.zeros((2, 32, 32, 3), np.uint8), test_label=np.array([1, 0])))
    assert "It also holds test_label, not read" in read_npz(path).passed_over[0]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("plane", "car", "cats"), [0, 1, 3]),
        (("Aeroplane", "auto mobile", "LKW"), [0, -1, 9]),
        (("Flugzeug", "Vogel", "Teapot"), [0, 2, -1]),
    ],
)
def test_classes_are_known_by_the_fields_other_names(theirs: tuple[str, ...], ours: list[int]) -> None:
    found = read_own_set(npz(test_images=np.zeros((3, 4, 4), np.uint8), test_labels=np.arange(3),
                             classes=np.array(theirs)), "mine")  # fmt: skip
    assert present(labels_among(found, CIFAR10_CLASSES)).tolist() == ours


def test_the_exact_name_comes_before_another_for_the_same() -> None:
    assert places_among(["plane", "airplane"], ["airplane", "plane"]) == [1, 0]
    assert places_among(["1 - one", "two"], ["0", "1", "2"]) == [1, 2]


def test_labels_are_matched_by_name_or_not_at_all() -> None:
    found = read_own_set(npz(test_images=np.zeros((2, 4, 4), np.uint8), test_labels=np.array([1, 0]),
                             classes=np.array(["Teapot", "Cat"])), "mine")  # fmt: skip
    assert present(labels_among(found, ("cat", "dog"))).tolist() == [0, -1]
    assert labels_among(found, ("dog",)) is None
