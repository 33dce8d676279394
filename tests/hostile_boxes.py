"""HEIC, AVIF and TIFF as cameras and attackers make them: whole ones, put together from tiles, and bombs."""

import io
import struct
from collections.abc import Callable
from functools import cache

from PIL import Image, features

from nat_core.data.apart.process import kinds
from tests.hostile_pictures import encoded


def heif(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A gradient as HEIC."""
    import pillow_heif

    image = Image.linear_gradient("L").resize(size).convert(mode)
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **{"quality": 90} | options)
    return file.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ISO's base media format."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full(kind: bytes, version: int, *parts: bytes) -> bytes:
    """A box with a version."""
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def of_tiles(
    columns: int, *, tile: bytes, side: int, stated: tuple[int, int] | None = None, extra: bytes = b"", missing: int = 0
) -> bytes:
    """A HEIC as iPhones make them: a row of tiles, here all the same one, a whole HEIC of `side` x `side` pixels."""
    config = _found(tile, b"hvcC")
    pixels = tile[tile.index(b"mdat") + 4 :]
    width, height = stated or (columns * side, side)
    items, grid = range(1, columns + 1), columns + 1
    infos = [full(b"infe", 2, struct.pack(">HH4sx", item, 0, b"hvc1")) for item in items]
    infos.append(full(b"infe", 2, struct.pack(">HH4sx", grid, 0, b"grid")))
    shared = box(b"ipco", config, full(b"ispe", 0, struct.pack(">II", side, side)),
                 full(b"ispe", 0, struct.pack(">II", width, height)))  # fmt: skip
    owned = b"".join(struct.pack(">HBBB", item, 2, 0x81, 2) for item in items) + struct.pack(">HBB", grid, 1, 3)
    made = struct.pack(">4BII", 0, 1, 0, columns - 1, width, height)

    def meta(start: int) -> bytes:
        places = b"".join(struct.pack(">HHHHII", item, 0, 0, 1, start, len(pixels)) for item in items)
        places += struct.pack(">HHHHII", grid, 1, 0, 1, 0, len(made))
        return full(
            b"meta", 0,
            full(b"hdlr", 0, struct.pack(">I4s12xx", 0, b"pict")),
            full(b"pitm", 0, struct.pack(">H", grid)),
            full(b"iinf", 0, struct.pack(">H", grid), *infos),
            full(b"iref", 0, box(b"dimg", struct.pack(f">HH{columns - missing}H", grid, columns - missing,
                                                      *items[: columns - missing]))),
            box(b"iprp", shared, full(b"ipma", 0, struct.pack(">I", grid), owned)),
            full(b"iloc", 1, bytes([0x44, 0]), struct.pack(">H", grid), places),
            box(b"idat", made),
            extra,
        )  # fmt: skip

    start = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", pixels)


def _found(data: bytes, kind: bytes) -> bytes:
    place = data.index(kind) - 4
    return data[place : place + int.from_bytes(data[place : place + 4], "big")]


def still(kind: bytes, width: int, height: int, *parts: bytes, code: bytes = b"hvc1") -> bytes:
    """The boxes of a picture of so many pixels, of which there are none."""
    return box(b"ftyp", kind, bytes(4), b"mif1" + kind) + full(
        b"meta", 0,
        full(b"pitm", 0, struct.pack(">H", 1)),
        full(b"iinf", 0, struct.pack(">H", 1), full(b"infe", 2, struct.pack(">HH4sx", 1, 0, code))),
        box(b"iprp", box(b"ipco", full(b"ispe", 0, struct.pack(">II", width, height))),
            full(b"ipma", 0, struct.pack(">IHBB", 1, 1, 1, 1))),
        *parts,
    ) + box(b"mdat", bytes(100))  # fmt: skip


def tiff(tags: dict[int, tuple[int, ...]], pixels: bytes = bytes(64), order: str = "<", behind: bytes = b"") -> bytes:
    """A TIFF of these tags, whose numbers are of four bytes each, with its pixels from byte 8 on."""
    place = 8 + len(pixels)
    entries, far = b"", place + 2 + 12 * len(tags) + 4
    more = b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        where = packed if len(values) == 1 else struct.pack(order + "I", far + len(more))
        more += b"" if len(values) == 1 else packed
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + where
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", place)
    return start + pixels + struct.pack(order + "H", len(tags)) + entries + bytes(4) + more + behind


def plain(width: int, height: int, **more: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """The tags of a grey TIFF of one strip; `more` by its number behind a letter, as in t259."""
    tags = {256: (width,), 257: (height,), 258: (8,), 259: (1,), 262: (1,), 273: (8,), 277: (1,), 278: (height,),
            279: (width * height,)}  # fmt: skip
    return tags | {int(key[1:]): values for key, values in more.items()}


_MANY = full(
    b"iinf",
    1,
    struct.pack(">I", 2**31),
    *[full(b"infe", 2, struct.pack(">HH4sx", n, 0, b"hvc1")) for n in range(9_000)],
)
BOMBS: dict[str, Callable[[], bytes]] = {
    "HEIC of 2^32 a side": lambda: still(b"heic", 2**32 - 1, 2**32 - 1),
    "HEIC of 25 Mpx": lambda: still(b"heic", 5100, 5100),
    "HEIC one pixel high": lambda: still(b"heic", 70_000, 1),
    "HEIC of a million boxes": lambda: still(b"heic", 9, 9, *[box(b"free")] * 1_000_000),
    "HEIC of a million boxes behind it": lambda: still(b"heic", 9, 9) + box(b"free") * 1_000_000,
    "HEIC of 9,000 items": lambda: still(b"heic", 9, 9, _MANY),
    "HEIC of a million places": lambda: still(
        b"heic", 9, 9, full(b"iloc", 2, bytes(2), struct.pack(">I", 2**32 - 1), bytes(1_000_000))
    ),
    "HEIC of places of 65,535 pieces": lambda: still(
        b"heic", 9, 9, full(b"iloc", 0, bytes(2), struct.pack(">H", 65_535), (bytes(4) + b"\xff\xff") * 65_535)
    ),
    "HEIC of a million properties": lambda: still(b"heic", 9, 9, box(b"iprp", box(b"ipco", box(b"free") * 1_000_000))),
    "HEIC whose owners of properties have no end": lambda: still(
        b"heic", 9, 9, box(b"iprp", full(b"ipma", 0, struct.pack(">I", 2**32 - 1), bytes(1_000_000)))
    ),
    "HEIC without a picture": lambda: box(b"ftyp", b"heic", bytes(4)) + full(b"meta", 0),
    "HEIC of another codec": lambda: still(b"heic", 9, 9, code=b"vvc1"),
    "HEIC put over others": lambda: still(b"heic", 9, 9, code=b"iovl"),
    "HEIC whose box never ends": lambda: box(b"ftyp", b"heic", bytes(4)) + struct.pack(">I4sQ", 1, b"meta", 2**63),
    "HEIC that moves": lambda: box(b"ftyp", b"hevc", bytes(4)) + box(b"moov", bytes(1000)),
    "HEIC of 45 MB for 81 pixels": lambda: still(
        b"heic", 9, 9, full(b"iloc", 0, bytes([0x44, 0]), struct.pack(">4H2I", 1, 1, 0, 1, 500, 45_000_000))
    ) + box(b"mdat", bytes(45_000_000)),
    "AVIF of 178 Mpx": lambda: still(b"avif", 13_400, 13_300, code=b"av01"),
    "AVIF that moves": lambda: box(b"ftyp", b"avis", bytes(4)) + box(b"moov", bytes(1000)),
    "TIFF of 2^32 a side": lambda: tiff(plain(2**32 - 1, 2**32 - 1, t279=(64,))),
    "TIFF of 25 Mpx": lambda: tiff(plain(5100, 5100)),
    "TIFF of 24 Mpx without pixels": lambda: tiff(plain(4900, 5000, t279=(64,))),
    "TIFF of 24 Mpx from 64 bytes of LZW": lambda: tiff(plain(4900, 5000, t259=(5,), t279=(64,))),
    "TIFF of 65,535 channels": lambda: tiff(plain(4000, 4000, t277=(65_535,), t279=(64,), t259=(8,))),
    "TIFF of 10,000 bits": lambda: tiff(plain(4000, 4000, t258=(10_000,), t279=(64,), t259=(8,))),
    "TIFF of a million strips": lambda: tiff(plain(9, 9, t273=(8,) * 1_000_000, t279=(1,) * 1_000_000)),
    "TIFF of 65,535 entries": lambda: b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 256, 4, 1, 9) * 65_535,
    "TIFF whose strips lie behind it": lambda: tiff(plain(8, 8, t273=(2**31,))),
    "TIFF whose directory is itself": lambda: b"II*\0\0\0\0\0" + bytes(100),
    "TIFF of what a sensor measured": lambda: tiff(plain(8, 8, t262=(32803,))),
    "TIFF with a small picture first": lambda: tiff(plain(8, 8, t254=(1,))),
    "TIFF of 45 MB in a strip of 64 pixels": lambda: tiff(plain(8, 8, t279=(45_000_000,)), behind=bytes(45_000_000)),
    "TIFF of 45 MB in a packed strip of 64 pixels": lambda: tiff(
        plain(8, 8, t259=(5,), t279=(45_000_000,)), behind=bytes(45_000_000)
    ),
    "TIFF of old JPEG and 45 MB": lambda: tiff(plain(8, 8, t259=(6,)), behind=bytes(45_000_000)),
    "TIFF of a palette of 400 kB": lambda: tiff(plain(8, 8, t320=(0,) * 100_000)),
}  # fmt: skip
"""Files that ask for more than they may, or for what is not read, by what they do."""


PADDED: dict[str, Callable[[], bytes]] = {
    "behind its directory": lambda: tiff(plain(8, 8), bytes(range(64)), behind=bytes(45_000_000)),
    "before its directory": lambda: tiff(plain(8, 8), bytes(range(64)) + bytes(45_000_000)),
    "between its strips": lambda: tiff(
        plain(8, 8, t278=(4,), t273=(8, 44_000_040), t279=(32, 32)),
        bytes(range(32)) + bytes(44_000_000) + bytes(range(32, 64)),
    ),
    "in a comment": lambda: tiff(plain(8, 8, t270=(0,) * 11_000_000), bytes(range(64))),
    "in a profile, of the other order of bytes": lambda: tiff(
        plain(8, 8, t34675=(0,) * 11_000_000), bytes(range(64)), ">"
    ),
}
"""TIFFs of 64 shades of grey in 8 rows, with 45 MB elsewhere."""


@cache
def seeds() -> dict[str, bytes]:
    """Small whole pictures of those formats that have a decoder here."""
    tags = Image.Exif()
    tags[0x112] = 6
    found: dict[str, bytes] = {}
    if "HEIF" in kinds():
        found |= {f"HEIC {mode}": heif(mode=mode) for mode in ("L", "RGB", "RGBA")}
        found["HEIC of tiles"] = of_tiles(2, tile=heif((64, 64)), side=64)
    if features.check("avif"):
        found |= {f"AVIF {mode}": encoded("AVIF", mode=mode) for mode in ("L", "RGB", "RGBA")}
        found["AVIF frames"] = encoded("AVIF", save_all=True, append_images=[Image.new("RGB", (41, 23))])
        found["AVIF tags"] = encoded("AVIF", exif=tags)
    found |= {
        f"TIFF {mode}": encoded("TIFF", mode=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")
    }
    found |= {f"TIFF {kind}": encoded("TIFF", compression=kind)
              for kind in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")}  # fmt: skip
    found["TIFF fax"] = encoded("TIFF", mode="1", compression="group4")
    found["TIFF pages"] = encoded("TIFF", save_all=True, append_images=[Image.new("RGB", (41, 23))])
    found["TIFF tags"] = encoded("TIFF", tiffinfo={0x112: 6})
    return found
