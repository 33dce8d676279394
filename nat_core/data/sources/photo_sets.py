"""Sets that are distributed as folders of photos, in their own layouts, without the classes that CIFAR-10 knows.

Which classes are left out stands in overlap.json. Whoever has OpenOOD's own lists of pictures in `benchmark_imglist`
gets exactly the pictures on them instead.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from nat_core.data.sources.image_sets import PLAIN, ImageSet, Look, read_files, read_folder
from nat_core.errors import MissingDataset, UnreadableSet

OPENOOD_LISTS = "benchmark_imglist/cifar10"
"""Where OpenOOD's lists lie, below the data folder."""
TINY_IMAGENET, PLACES, TEXTURES = "tiny-imagenet-200", "places365", ("dtd", "dtd/dtd")
"""The folders below the data folder; torchvision unpacks the textures into a folder in a folder."""
PLACES_PICTURES = ("val_256", "val_large")
FOLDERS = {"lsun": "lsun_test", "lsun_crop": "LSUN", "lsun_resize": "LSUN_resize", "isun": "iSUN"}
"""The sets of which every picture counts, by their folders."""
MAX_LIST = 20_000_000
"""The most bytes of a list of pictures; the longest, of Places365, has 2 million."""


@cache
def left_out(key: str) -> frozenset[str]:
    """Return the classes that are left out, by a key of overlap.json; of Tiny ImageNet their WordNet ids.

    >>> len(left_out("tiny_imagenet")), len(left_out("tiny_imagenet_validation")), len(left_out("places365"))
    (24, 20, 26)
    """
    overlap = json.loads((Path(__file__).parent / "overlap.json").read_text(encoding="utf-8"))
    # n02123045_tabby, but parking_lot: only what begins with an id has a name after it.
    return frozenset(each.partition("_")[0] if each[1:9].isdigit() else each for each in overlap[key])


def read_tiny_imagenet(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return Tiny ImageNet's validation pictures of the 156 classes that OpenOOD tests on beside CIFAR-10.

    They lie in `val/images`, their classes in `val/val_annotations.txt`. Raises MissingDataset where that is not there,
    UnreadableSet where the annotations are damaged or name a picture that is not there.
    """
    home = data / TINY_IMAGENET / "val"
    if not (home / "images").is_dir():
        raise MissingDataset(f"No image set {name}: looked for {home / 'images'}. {GET_TINY_IMAGENET}")
    classes = dict(_pairs(home / "val_annotations.txt", columns=2))
    excluded = left_out("tiny_imagenet") | left_out("tiny_imagenet_validation")
    return _chosen(name, data, home / "images", classes, excluded, "test_tin.txt", look)


def read_places(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return the validation pictures of Places365 of the 339 scenes in which CIFAR-10's classes are rare.

    They lie in `val_256` (or `val_large`), beside `places365_val.txt` and `categories_places365.txt`; or, as OpenOOD
    hands them out, in one folder a scene. Raises MissingDataset where neither is there, UnreadableSet where a list is
    damaged or names a picture that is not there.
    """
    home = data / PLACES
    pictures = next((home / each for each in PLACES_PICTURES if (home / each).is_dir()), None)
    if pictures is None:
        files = {file.name: file for file in sorted(home.glob("*/Places365_val_*.jpg"))}
        if not files:
            raise MissingDataset(f"No image set {name}: looked for {home / PLACES_PICTURES[0]}. {GET_PLACES}")
        scenes = {file: path.parent.name for file, path in files.items()}
        return _chosen(name, data, home, scenes, left_out("places365"), "test_places365.txt", look, files)
    scenes = {number: _scene(each) for each, number in _pairs(home / "categories_places365.txt", columns=2)}
    numbered = dict(_pairs(home / "places365_val.txt", columns=2))
    unknown = next((number for number in numbered.values() if number not in scenes), None)
    if unknown is not None:
        raise UnreadableSet(f"{home / 'places365_val.txt'} numbers a scene {unknown} that has no name: get it again")
    classes = {file: scenes[number] for file, number in numbered.items()}
    return _chosen(name, data, pictures, classes, left_out("places365"), "test_places365.txt", look)


def _scene(path: str) -> str:
    """/f/field/wild as OpenOOD's lists call it: field-wild."""
    return "-".join(path.strip("/").split("/")[1:])


def read_textures(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return the Describable Textures, `images/CLASS/`: all 5,640, or for `dtd_test1` those of `labels/test1.txt`.

    OpenOOD and Outlier Exposure take all; none is left out beside CIFAR-10. Raises MissingDataset where they are not
    there, UnreadableSet where the list is damaged or names a picture that is not there.
    """
    home = next((data / each for each in TEXTURES if (data / each / "images").is_dir()), None)
    if home is None:
        raise MissingDataset(
            f"No image set {name}: looked for {data / TEXTURES[0] / 'images'}. Get it with: nat data --download dtd"
        )
    if name != "dtd_test1":
        return _folder(home / "images", name, look)
    listed = [file for file, _ in _pairs(home / "labels" / "test1.txt", columns=1)]
    return read_files([_inside(home / "images", each) for each in listed], home / "images", name, look)


def read_photos(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return every picture of one of FOLDERS. Raises MissingDataset where there is none."""
    folder = data / FOLDERS[name]
    if not folder.is_dir():
        raise MissingDataset(f"No image set {name}: looked for {folder}. {GET_FOLDERS[name]}")
    return _folder(folder, name, look)


def _folder(path: Path, name: str, look: Look) -> ImageSet:
    return read_folder(path, name, look.crop, look.resample, size=look.size, progress=look.progress)


def _chosen(
    name: str,
    data: Path,
    home: Path,
    classes: dict[str, str],
    excluded: frozenset[str],
    list_name: str,
    look: Look,
    files: dict[str, Path] | None = None,
) -> ImageSet:
    """The pictures on OpenOOD's list, if it is there, else those of the classes that are not excluded."""
    listed = _openood(data / OPENOOD_LISTS / list_name)
    wanted = [
        file for file, each in sorted(classes.items()) if (each not in excluded if listed is None else file in listed)
    ]
    if not wanted:
        raise UnreadableSet(f"{home}: no picture is left once the classes that CIFAR-10 knows are taken out")
    return read_files([files[each] if files else _inside(home, each) for each in wanted], home, name, look)


def _openood(path: Path) -> frozenset[str] | None:
    """The names of the pictures on a list of OpenOOD's; None where it is not there."""
    if not path.is_file():
        return None
    return frozenset(file.rpartition("/")[2] for file, _ in _pairs(path, columns=1))


def _pairs(path: Path, *, columns: int) -> Iterator[tuple[str, str]]:
    """The first two columns of each line of a list ("" for a second that need not be there)."""
    for number, line in enumerate(_lines(path), start=1):
        cells = line.split()
        if cells and len(cells) < columns:
            raise UnreadableSet(f"{path}, line {number}: needs {columns} columns, not {line[:80]!r}: get it again")
        if cells:
            yield cells[0], cells[1] if len(cells) > 1 else ""


def _lines(path: Path) -> Sequence[str]:
    if not path.is_file():
        raise UnreadableSet(f"{path} is missing: it says what the pictures show")
    if path.stat().st_size > MAX_LIST:
        raise UnreadableSet(f"{path} is longer than any list of pictures: get it again")
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise UnreadableSet(f"{path} is no text: get it again") from None


def _inside(home: Path, file: str) -> Path:
    """The file of that name below `home`: a list may not lead out of its folder."""
    path = home / file
    if "\0" in file or Path(file).is_absolute() or ".." in Path(file).parts or not path.is_file():
        raise UnreadableSet(f"{home} lacks {file[:80]!r}, which its list names: unpack the archive again")
    return path


# --- how to get them -------------------------------------------------------------------------------------------------

GET_TINY_IMAGENET = (
    "Unpack tiny-imagenet-200.zip (cs231n.stanford.edu/tiny-imagenet-200.zip) in the data folder; val/ is read"
)
GET_PLACES = (
    "Unpack val_256.tar and filelist_places365-standard.tar (places2.csail.mit.edu/download.html) in places365/"
)
GET_FOLDERS = {
    "lsun": "Export LSUN's test_lmdb into lsun_test/, with github.com/fyu/lsun: data.py export test_lmdb --out_dir "
    "lsun_test",
    "lsun_crop": "Unpack ODIN's LSUN.tar.gz (github.com/facebookresearch/odin) in the data folder",
    "lsun_resize": "Unpack ODIN's LSUN_resize.tar.gz (github.com/facebookresearch/odin) in the data folder",
    "isun": "Unpack ODIN's iSUN.tar.gz (github.com/facebookresearch/odin) in the data folder",
}
