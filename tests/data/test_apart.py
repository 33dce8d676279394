"""HEIC, AVIF and TIFF: read as all others where their decoders are, refused before them where they ask too much."""

import io
import os
import random
import struct
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import AvifImagePlugin, Image, ImageOps

from nat_core.data.apart import process
from nat_core.data.apart.heif import brands, examine_heif
from nat_core.data.headers.examine import examine, is_picture
from nat_core.data.images import read_image, read_photo
from nat_core.errors import UnreadableImage
from tests.hostile_boxes import BOMBS, PADDED, box, full, heif, of_tiles, plain, seeds, still, tiff
from tests.hostile_pictures import encoded, mutated

GRADIENT = Image.linear_gradient("L")
HEIC = pytest.mark.skipif("HEIF" not in process.kinds(), reason="pillow-heif is not installed")


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, name="x")
    sentence = str(caught.value)
    assert sentence.startswith("x ")
    assert sentence.count(". ") == 0
    return sentence


@pytest.mark.parametrize("name", seeds())
def test_whole_pictures_are_read_as_the_png_of_the_same(name: str) -> None:
    data = seeds()[name]
    shown = read_photo(data).astype(int)
    if name == "HEIC of tiles":
        assert shown.shape == (64, 128, 3)
        assert np.abs(shown[:, :64] - shown[:, 64:]).max() <= 1
        return
    size = (64, 48) if name.startswith("HEIC") else (41, 23)
    mode = name.split()[1] if name.split()[1] in ("1", "L", "P", "LA", "RGBA", "CMYK", "I;16") else "RGB"
    image = GRADIENT.resize(size).convert("1" if name == "TIFF fax" else mode)
    file = io.BytesIO()
    (image.convert("RGB") if mode == "CMYK" else image).save(file, "PNG")
    expected = read_photo(file.getvalue()).astype(int)
    if name.endswith("tags"):
        expected = np.rot90(expected, -1)
    # Half of these formats lose what JPEG loses.
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < 3


@HEIC
def test_a_turned_heic_is_upright() -> None:
    photo = Image.new("RGB", (96, 64), "navy")
    photo.paste("white", (0, 0, 96, 20))
    tags = Image.Exif()
    tags[0x112] = 6  # the camera was held upright: the box in the file says so, which its decoder follows
    file = io.BytesIO()
    import pillow_heif

    pillow_heif.from_pillow(photo).save(file, exif=tags.tobytes(), quality=95)
    assert read_photo(file.getvalue()).shape in ((96, 64, 3), (64, 96, 3))
    ours, theirs = read_photo(file.getvalue()), np.asarray(ImageOps.exif_transpose(_opened(file)).convert("RGB"))
    assert np.abs(ours.astype(int) - theirs).max() <= 2


def _opened(file: io.BytesIO) -> Image.Image:
    import pillow_heif

    return pillow_heif.open_heif(io.BytesIO(file.getvalue())).to_pillow()


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_a_decoder_is_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", lambda: frozenset({"HEIF", "AVIF", "TIFF"}))
    monkeypatch.setattr(process, "decode", lambda *_: pytest.fail("asked a decoder"))
    data = BOMBS[name]()
    tracemalloc.start()
    start = time.process_time()
    try:
        refused(data)
        assert time.process_time() - start < 2
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("HEIC of 25 Mpx", "x is 5,100 x 5,100 pixels, more than the 24 megapixels read of a HEIC file"),
        ("AVIF that moves", "x moves and holds no still picture"),
        ("TIFF of 24 Mpx without pixels", "x states 4,900 x 5,000 pixels but holds too few bytes"),
        ("TIFF of what a sensor measured", "x is a camera raw file, which is not read here"),
        ("HEIC of 9,000 items", "x is in more than the 20,000 pieces"),
    ],
)
def test_what_is_said_of_them(name: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", lambda: frozenset({"HEIF", "AVIF", "TIFF"}))
    assert refused(BOMBS[name]()).startswith(told)


# Parts of a picture of 9 x 9 pixels: what stands in it beside all that a picture needs, and what is then said of it.
ODD_BOXES = {
    "a box of another kind among the items": (full(b"iinf", 0, bytes(2), box(b"free")), ""),
    "an item of the first version": (full(b"iinf", 0, bytes(2), full(b"infe", 0, bytes(9))), ""),
    "a box of another kind among the properties": (box(b"iprp", box(b"free")), ""),
    "two pieces of one item": (full(b"iloc", 0, bytes([0x44, 0]), struct.pack(">4H4I", 1, 1, 0, 2, 0, 9, 9, 9)), ""),
    "more than 65,535 items may be counted": (
        full(b"iloc", 2, bytes([0x44, 0]), struct.pack(">2I3H2I", 1, 1, 0, 0, 1, 9, 9)),
        "",
    ),
    "such a place cut short": (
        full(b"iloc", 2, bytes([0x44, 0]), struct.pack(">2I3HI", 1, 1, 0, 0, 1, 9)),
        "x is cut short",
    ),
    "a place cut short": (full(b"iloc", 0, bytes([0x44, 0]), struct.pack(">4H", 1, 1, 0, 1)), "x is cut short"),
    "65,535 tiles": (full(b"iref", 0, box(b"dimg", struct.pack(">HH", 1, 65_535))), "x is in more than"),
    "100 megapixels in other items": (
        box(
            b"iprp",
            box(b"ipco", full(b"ispe", 0, struct.pack(">II", 4_800, 4_800))),
            full(b"ipma", 0, struct.pack(">I", 5), *[struct.pack(">HBB", item, 1, 2) for item in range(2, 7)]),
        ),
        "x is in more than",
    ),
}


@pytest.mark.parametrize("what", ODD_BOXES)
def test_odd_boxes_are_passed_over_or_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", lambda: frozenset({"HEIF"}))
    part, told = ODD_BOXES[what]
    data = still(b"heic", 9, 9, part)
    if told:
        assert refused(data).startswith(told)
    else:
        assert examine(data, "x").size == (9, 9)


def test_a_first_box_that_says_nothing_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", lambda: frozenset({"HEIF"}))
    rest = still(b"heic", 9, 9)[len(box(b"ftyp", b"heic", bytes(4), b"mif1heic")) :]
    assert refused(box(b"ftyp", b"heic", bytes(4), b"mif1" * 70) + rest).startswith("x is cut short or damaged")
    assert brands(rest) == set()
    assert not is_picture(rest)


def test_without_their_decoders_each_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", frozenset)
    for data, what in (
        (encoded("TIFF"), "a TIFF or camera raw file"),
        (BOMBS["AVIF of 178 Mpx"](), "an AVIF picture"),
        (BOMBS["HEIC of 25 Mpx"](), "a HEIC photo, as iPhones take them"),
    ):
        assert refused(data).startswith(f"x is {what}")
        assert is_picture(data)


@HEIC
def test_a_grid_with_too_few_tiles_or_more_pixels_than_it_states() -> None:
    tile = heif((64, 64))
    assert refused(of_tiles(3, tile=tile, side=64, missing=1)).startswith("x is cut short or damaged")
    assert "megapixels" in refused(of_tiles(2, tile=tile, side=64, stated=(60_000, 60_000)))


@HEIC
def test_a_picture_larger_than_its_boxes_say_is_not_taken() -> None:
    """The size stands in the pixels' own header once more, at which nobody has looked."""
    whole = heif((64, 64))
    place = whole.index(b"ispe") + 8
    assert refused(whole[:place] + bytes([0, 0, 0, 8, 0, 0, 0, 8]) + whole[place + 8 :])


def test_a_decoder_that_makes_more_pixels_than_were_stated_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "decode", lambda kind, data: ((99, 99), bytes(3 * 99 * 99)))
    assert refused(encoded("TIFF")).startswith("x is cut short or damaged")


def test_of_many_pages_the_first_is_read_and_the_others_are_cut_off() -> None:
    pages = seeds()["TIFF pages"]
    assert len(examine(pages, "x").data) < 0.6 * len(pages)
    with Image.open(io.BytesIO(examine(pages, "x").data)) as image:
        assert getattr(image, "n_frames", 1) == 1
    assert read_photo(tiff(plain(8, 8), bytes(range(64)), ">")).max() == 63


@pytest.mark.parametrize("name", PADDED)
def test_a_tiff_is_decoded_without_what_its_pixels_do_not_need(name: str) -> None:
    data = PADDED[name]()
    tracemalloc.start()
    try:
        assert len(examine(data, "x").data) < 1_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert read_photo(data)[..., 0].tolist() == np.arange(64).reshape(8, 8).tolist()


BEHIND = {
    "free room": box(b"free", bytes(45_000_000)),
    "a film": box(b"mpvd", bytes(45_000_000)),
    "more pixels": box(b"mdat", bytes(45_000_000)),
    "a box of 64 bits": struct.pack(">I4sQ", 1, b"mdat", 45_000_016) + bytes(45_000_000),
    "a box to the end": struct.pack(">I4s", 0, b"mdat") + bytes(45_000_000),
}


@pytest.mark.parametrize("kind", [pytest.param("HEIC RGB", marks=HEIC), pytest.param("HEIC of tiles", marks=HEIC),
                                  "AVIF RGB", "AVIF frames"])  # fmt: skip
@pytest.mark.parametrize("behind", BEHIND)
def test_what_lies_behind_a_still_picture_is_cut_off(kind: str, behind: str) -> None:
    alone = seeds()[kind]
    tracemalloc.start()
    try:
        header = examine(alone + BEHIND[behind], "x")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000  # 45 of them are the file's own
    finally:
        tracemalloc.stop()
    assert len(header.data) <= len(alone)
    np.testing.assert_array_equal(read_photo(alone + BEHIND[behind]), read_photo(alone))


@pytest.mark.parametrize("head", [struct.pack(">I4s", 0, b"mdat"), struct.pack(">I4sQ", 1, b"mdat", 0)])
def test_a_box_that_is_cut_states_its_new_length(head: bytes) -> None:
    """Of the 100 bytes in it an item has the first 9."""
    item = full(b"iloc", 0, bytes([0x44, 0]), struct.pack(">4H2I", 1, 1, 0, 1, 0, 9))
    before = len(still(b"heic", 9, 9, item)) - 108
    item = item[:-8] + struct.pack(">2I", before + len(head), 9)
    wide = len(head) > 8
    whole = head[:8] + struct.pack(">Q", 116) if wide else head
    data = still(b"heic", 9, 9, item)[:before] + whole + bytes(100)
    cut = examine_heif(data, "x").data
    assert len(cut) == before + len(head) + 9
    assert cut[before:] == (struct.pack(">I4sQ", 1, b"mdat", 25) if wide else head) + bytes(9)


KINDS_OF_TIFF = {
    "fax": ("1", {"compression": "group3"}),
    "differences": ("RGB", {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
    "JPEG": ("YCbCr", {"compression": "jpeg"}),
    "inks": ("CMYK", {"compression": "packbits"}),
    "palette": ("P", {"compression": "tiff_adobe_deflate"}),
    "transparent": ("RGBA", {}),
    "big end first": ("I;16B", {}),
    "one row a strip": ("RGB", {"strip_size": 1}),
    "turned": ("RGB", {"tiffinfo": {274: 8}}),
}


@pytest.mark.parametrize("name", KINDS_OF_TIFF)
def test_a_tiff_written_anew_is_the_same_picture(name: str) -> None:
    mode, options = KINDS_OF_TIFF[name]
    file = io.BytesIO()
    whole = GRADIENT.convert("I;16").convert(mode) if mode == "I;16B" else GRADIENT.convert("RGB").convert(mode)
    whole.save(file, "TIFF", **options)
    with Image.open(file) as before, Image.open(io.BytesIO(examine(file.getvalue(), "x").data)) as after:
        assert (after.mode, after.size, after.getexif().get(274)) == (
            before.mode,
            before.size,
            before.getexif().get(274),
        )
        assert after.tobytes() == before.tobytes()


RAMP = np.linspace(0, 1, 16)
"""Shares of white."""


def measured(values: np.ndarray, order: str, **more: tuple[int, ...]) -> bytes:
    """A grey TIFF of one row of values."""
    return tiff(plain(16, 1, t258=(8 * values.itemsize,), **more, t279=(values.nbytes,)), values.tobytes(), order)


# The fourth is one that Pillow does not read.
@pytest.mark.parametrize(("order", "first"), [("<", "black"), ("<", "white"), (">", "black")])
def test_grey_tiffs_of_16_bits_in_either_order_of_bytes_and_of_colours(order: str, first: str) -> None:
    content = measured((RAMP * 65_535).astype(order + "u2"), order, t262=(int(first == "black"),))
    wanted = RAMP if first == "black" else 1 - RAMP
    assert np.abs(read_photo(content)[0, :, 0] - 255 * wanted).max() <= 1


def test_a_grey_tiff_of_12_bits_is_as_bright_as_one_of_8() -> None:
    content = tiff(plain(16, 1, t258=(12,), t279=(24,)), bytes.fromhex("000800fff0ff") * 4)
    assert read_photo(content)[0, :4, 0].tolist() == [0x00, 0x80, 0xFF, 0x0F]


@pytest.mark.parametrize(("kind", "format"), [("f4", 3), ("f2", 3), ("f8", 3), ("i2", 2), ("u4", 1), ("i4", 2)])
def test_tiffs_that_do_not_say_what_is_white_are_not_guessed_at(kind: str, format: int) -> None:
    told = refused(measured(RAMP.astype(f"<{kind}"), "<", t339=(format,)))
    assert told.startswith("x is a TIFF of measured values")


def test_strips_that_share_their_bytes_are_pixels_from_nothing() -> None:
    many = plain(1000, 1000, t278=(1,), t273=(8,) * 1000, t279=(1000,) * 1000)
    assert refused(tiff(many, bytes(1000))).startswith("x is cut short or damaged")


@pytest.mark.skipif("AVIF" not in process.kinds(), reason="Pillow has no AVIF")
def test_an_avif_of_a_few_bytes_has_few_pixels() -> None:
    assert read_photo(encoded("AVIF", (1000, 1000))).shape == (512, 512, 3)
    assert "holds too few bytes" in refused(still(b"avif", 4000, 4000, code=b"av01"))


def attempted(data: bytes) -> str:
    """The sentence that refuses a file, or that it was read."""
    try:
        return "read" if read_image(data, name="x").shape == (32, 32, 3) else ""
    except UnreadableImage as error:
        return str(error)


def test_mutants_are_read_or_refused_in_a_sentence() -> None:
    """And the process that decodes them outlives most: as few are started as possible."""
    whole = list(seeds().values())
    for number in range(400):
        said = attempted(mutated(whole[number % len(whole)], random.Random(number)))
        assert said == "read" or (said.startswith("x ") and "\n" not in said)


def test_a_decoder_that_hangs_or_dies_is_replaced_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    process.end_all()
    sound = encoded("TIFF")
    assert read_image(sound).shape == (32, 32, 3)
    (worker,) = process.idle
    monkeypatch.setattr(process, "SECONDS", 0.2)
    worker.process.send_signal(19)  # SIGSTOP: it neither answers nor ends
    start = time.monotonic()
    assert refused(sound) == "x takes longer than 0 s to decode: export it as JPEG or PNG."
    assert time.monotonic() - start < 30
    monkeypatch.undo()
    assert read_image(sound).shape == (32, 32, 3)
    (worker,) = process.idle
    worker.process.kill()
    worker.process.wait()
    assert "is damaged or of a rare kind" in refused(sound)
    assert read_image(sound).shape == (32, 32, 3), "the next one has a process again"


@pytest.mark.skipif(not os.path.exists("/proc/self/limits"), reason="only Linux tells")
def test_the_process_is_held_to_its_memory_and_writes_no_file() -> None:
    read_image(encoded("TIFF"))
    with open(f"/proc/{process.idle[-1].process.pid}/limits", encoding="utf-8") as file:
        limits = {line[:26].strip(): line[26:].split()[0] for line in file}
    assert (limits["Max data size"], limits["Max file size"]) == (str(process.PROCESS_MEMORY), "0")


def test_a_process_that_has_decoded_enough_makes_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    process.end_all()
    monkeypatch.setattr(process, "MOST", 1)
    assert read_image(encoded("TIFF")).shape == (32, 32, 3)
    assert not process.idle


def test_requests_are_answered_in_turn_and_what_cannot_be_had_by_nothing(tmp_path: Path) -> None:
    sound, broken = encoded("TIFF"), encoded("TIFF")[:60]
    requests = b"".join(struct.pack(">4sI", b"TIFF", len(each)) + each for each in (sound, broken, sound))
    (tmp_path / "asked").write_bytes(requests + b"TIF")
    with (tmp_path / "asked").open("rb") as asked, (tmp_path / "answers").open("wb") as answers:
        process.serve(asked, answers)
    image = Image.open(io.BytesIO(sound))
    whole = struct.pack(">II", *image.size) + image.convert("RGB").tobytes()
    assert (tmp_path / "answers").read_bytes() == whole + bytes(8) + whole


UNLIMITED = """
import resource, runpy
def setrlimit(*given): raise OSError("no limits here")
resource.setrlimit = setrlimit
runpy.run_module("nat_core.data.apart.process", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_the_process_answers_over_its_pipes_and_ends_with_them_where_no_limits_are_had_too() -> None:
    sound = encoded("TIFF")
    asked = struct.pack(">4sI", b"TIFF", len(sound)) + sound
    image = Image.open(io.BytesIO(sound))
    ended = subprocess.run([sys.executable, "-c", UNLIMITED], input=asked * 2, capture_output=True, check=True)
    answer = struct.pack(">II", *image.size) + image.convert("RGB").tobytes()
    assert ended.stdout == process.READY + 2 * answer


def test_a_grey_picture_of_12_bits_is_answered_with_8(tmp_path: Path) -> None:
    greys = tiff(plain(16, 1, t258=(12,), t262=(1,), t279=(24,)), bytes.fromhex("000800fff0ff") * 4)
    (tmp_path / "asked").write_bytes(struct.pack(">4sI", b"TIFF", len(greys)) + greys)
    with (tmp_path / "asked").open("rb") as asked, (tmp_path / "answers").open("wb") as answers:
        process.serve(asked, answers)
    pixels = bytes(np.repeat([0x00, 0x80, 0xFF, 0x0F], 3).tolist() * 4)
    assert (tmp_path / "answers").read_bytes() == struct.pack(">II", 16, 1) + pixels


@pytest.mark.parametrize("there", [False, True])
def test_decoders_of_the_process_take_one_core_and_any_size(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[dict[str, object]] = []
    plugin = SimpleNamespace(register_heif_opener=lambda **given: registered.append(given))
    monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
    monkeypatch.setattr(process, "kinds", lambda: {"HEIF"} if there else set())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    monkeypatch.setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", 0)
    process.prepare()
    assert (Image.MAX_IMAGE_PIXELS, AvifImagePlugin.DEFAULT_MAX_THREADS) == (None, 1)
    plainly = {"thumbnails": False, "depth_images": False, "aux_images": False}
    assert registered == ([plainly | {"decode_threads": 1}] if there else [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_the_process_asks_for_its_limits_and_does_without_those_that_it_does_not_get(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import resource

    asked: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", asked.__setitem__)
    process.hold()
    memory = process.PROCESS_MEMORY
    assert asked == {
        resource.RLIMIT_CORE: (0, 0), resource.RLIMIT_FSIZE: (0, 0), resource.RLIMIT_DATA: (memory, memory)
    }  # fmt: skip

    def refused(*given: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refused)
    process.hold()
