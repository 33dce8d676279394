"""Zip files as attackers make them: written record by record, since no library writes what is wrong."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hostile_pictures import BOMBS, HARMLESS, bmp, chunk, encoded, png, rows


@dataclass(frozen=True)
class Member:
    """One file of an archive; what is None is as it should be."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    size: int | None = None
    packed_size: int | None = None
    offset: int | None = None
    local_name: bytes | None = None
    extra: bytes = b""
    comment: bytes = b""
    version: int = 20
    crc: int | None = None


@dataclass(frozen=True)
class End:
    """What the end record says; what is None is as it should be."""

    number: int | None = None
    here: int | None = None
    length: int | None = None
    start: int | None = None
    disk: int = 0
    comment: bytes = b""
    comment_length: int | None = None
    larger: bytes | None = None
    """What stands before it: the record for large archives, and its locator."""


def _or(value: int | None, other: int) -> int:
    return other if value is None else value


def archive(*members: Member, end: End | None = None, before: bytes = b"") -> bytes:
    """A zip file of these members."""
    end, body, table = end or End(), bytearray(before), bytearray()
    for each in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = each.packed
        if packed is None:
            packed = packer.compress(each.data) + packer.flush() if each.method == 8 else each.data
        offset = _or(each.offset, len(body))
        local = each.name if each.local_name is None else each.local_name
        sizes = (
            _or(each.crc, zlib.crc32(each.data)),
            _or(each.packed_size, len(packed)),
            _or(each.size, len(each.data)),
        )
        body += struct.pack("<4s5H3I2H", b"PK\3\4", 20, each.flags, each.method, 0, 33, *sizes, len(local), 0)
        body += local + packed
        table += struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, each.version, each.flags, each.method, 0, 33, *sizes,
                             len(each.name), len(each.extra), len(each.comment), 0, 0, 0, offset)  # fmt: skip
        table += each.name + each.extra + each.comment
    start = len(body)
    number = _or(end.number, len(members))
    record = struct.pack("<4s4H2IH", b"PK\5\6", end.disk, end.disk, _or(end.here, number), number,
                         _or(end.length, len(table)), _or(end.start, start),
                         _or(end.comment_length, len(end.comment)))  # fmt: skip
    return bytes(body + table) + (end.larger or b"") + record + end.comment


def larger(number: int, length: int, start: int, place: int, *, size: int = 44, mark: bytes = b"PK\6\6") -> bytes:
    """The end record for large archives, which stands at `place`, and its locator."""
    record = struct.pack("<4sQ2H2I4Q", mark, size, 45, 45, 0, 0, number, number, length, start)
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, place, 1)


DOT = png(1, 1, chunk(b"IDAT", zlib.compress(bytes(4))))
"""A picture of one pixel."""
GOOD = Member(b"cat/1.png", DOT, method=0)
_TABLE = 46 + len(GOOD.name)
_START = 30 + len(GOOD.name) + len(DOT)


def _many(number: int, **options: object) -> bytes:
    return archive(*[Member(b"%d.png" % each, **options) for each in range(number)])  # type: ignore[arg-type]


def _nested(depth: int) -> bytes:
    inner = archive(GOOD)
    for _ in range(depth):
        inner = archive(Member(b"in.zip", inner))
    return inner


def _with_larger(**fields: int | bytes) -> bytes:
    """One picture, with a second end record that says something else of it than the first."""
    said = {"number": 1, "length": _TABLE, "start": _START, "place": _START + _TABLE} | fields
    return archive(GOOD, end=End(larger=larger(**said)))  # type: ignore[arg-type]


_NAMES = (
    b"/", b"//", b".", b"..", b"../..", b"\\", b"\0", b"\0.png", b"a\0/b.png", b" ", b"\xff\xfe.png", b"a" * 65_000,
    b"../../../etc/x.png", b"C:\\x.png", b"\\\\host\\share\\x.png", b"/dev/null.png", b"con.png", b"a//b.png",
    b"./a.png", b"a/../b.png", b"\n.png", b"\x1b[31m.png", b"<b>.png", b"$(x).png",
)  # fmt: skip
ATTACKS: dict[str, Callable[[], bytes]] = {
    # end records that lie, contradict each other, or hide another
    **{f"number of {each}": lambda each=each: archive(GOOD, end=End(number=each)) for each in (0, 2, 999, 65_535)},
    **{f"here {each}": lambda each=each: archive(GOOD, end=End(here=each)) for each in (0, 2, 65_535)},
    **{
        f"table of {each} bytes": lambda each=each: archive(GOOD, end=End(length=each))
        for each in (0, 1, _TABLE - 1, _TABLE + 1, 2**31, 2**32 - 1)
    },
    **{
        f"table at {each}": lambda each=each: archive(GOOD, end=End(start=each))
        for each in (0, 1, _START - 1, _START + 1, 2**31, 2**32 - 1)
    },
    "another disk": lambda: archive(GOOD, end=End(disk=1)),
    "disk of ones": lambda: archive(GOOD, end=End(disk=0xFFFF)),
    "comment cut short": lambda: archive(GOOD, end=End(comment=b"abc", comment_length=99)),
    "bytes behind the comment": lambda: archive(GOOD, end=End(comment=b"abc", comment_length=1)),
    "end record in the comment": lambda: archive(GOOD, end=End(comment=archive(Member(b"b.png", DOT)))),
    "end record in the comment, cut": lambda: archive(GOOD, end=End(comment=b"PK\5\6" + bytes(30))),
    "mark inside the end record": lambda: archive(GOOD, end=End(start=int.from_bytes(b"PK\5\6", "little"))),
    "mark inside the end record's length": lambda: archive(GOOD, end=End(length=int.from_bytes(b"PK\5\6", "little"))),
    "bytes before the archive": lambda: archive(GOOD, before=b"PK\3\4 junk", end=End(start=_START)),
    "no end record": lambda: archive(GOOD)[:-22],
    "end record cut short": lambda: archive(GOOD)[:-3],
    "end record alone, of a million": lambda: b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 65535, 65535, 60_000_000, 0, 0),
    "larger record of size 0": lambda: _with_larger(size=0),
    "larger record of size 2^63": lambda: _with_larger(size=2**63),
    "larger record of another mark": lambda: _with_larger(mark=b"PK\6\5"),
    "larger record elsewhere": lambda: _with_larger(place=0),
    "larger record beyond the end": lambda: _with_larger(place=2**62),
    **{f"larger number {each}": lambda each=each: _with_larger(number=each) for each in (0, 2, 2**32, 2**63)},
    **{f"larger length {each}": lambda each=each: _with_larger(length=each) for each in (0, 1, 2**40)},
    **{f"larger start {each}": lambda each=each: _with_larger(start=each) for each in (0, 1, 2**40)},
    "larger table of 47 MB behind a small record": lambda: archive(
        *[Member(b"a", method=0)] * 20,
        before=b"PK\3\4" + bytes(46_999_996),
        end=End(number=20, length=20 * 47, larger=larger(10**6, 47_000_000, 0, 47_000_000 + 20 * 78)),
    ),
    "locator without a record": lambda: archive(GOOD, end=End(larger=struct.pack("<4sIQI", b"PK\6\7", 0, 0, 1))),
    "locator alone": lambda: struct.pack("<4sIQI4s18x", b"PK\6\7", 0, 0, 1, b"PK\5\6"),
    "locator of two disks": lambda: _with_larger()[: -22 - 4] + b"\2\0\0\0" + _with_larger()[-22:],
    # too much
    "20,001 files": lambda: _many(20_001),
    "60,000 files": lambda: _many(60_000),
    "names of 4 MB": lambda: archive(*[Member(b"a" * 60_000 + b".png")] * 80),
    "comments of 5 MB": lambda: archive(*[Member(b"a.png", comment=bytes(60_000))] * 90),
    "extras of 5 MB": lambda: archive(*[Member(b"a.png", extra=bytes(60_000))] * 90),
    "9 x 45 MB of zeros": lambda: _many(9, data=bytes(45_000_000)),
    "a member of 51 MB": lambda: archive(Member(b"a.png", bytes(51_000_000))),
    "a member of 40 MB of zeros": lambda: archive(Member(b"a.png", bytes(40_000_000))),
    "a member of 4 GB": lambda: archive(Member(b"a.png", DOT, size=2**32 - 1)),
    "members that share their bytes": lambda: archive(
        Member(b"a.png", bytes(7_000_000)), *[Member(b"a.png", b"", packed=b"", packed_size=6_800, size=7_000_000,
                                                     offset=0)] * 50
    ),
    "20 x 24 Mpx of two colours": lambda: archive(
        *[Member(b"a/%d.png" % each, png(6000, 4000, rows(751 * 4000), depth=1, colours=0)) for each in range(20)]
    ),
    "a BMP of run lengths": lambda: archive(Member(b"a/0.bmp", bmp(25_165_824, 1, b"\0\1", bits=8, packing=1))),
    "an archive in an archive, 50 deep": lambda: _nested(50),
    # members that cannot be
    "no name": lambda: archive(Member(b"", DOT)),
    "no name, huge": lambda: archive(Member(b"", b"", packed_size=335_675_723, size=5_123)),
    "no name beside a good one": lambda: archive(GOOD, Member(b"", DOT)),
    **{f"name {name[:20]!r}": lambda name=name: archive(Member(name, DOT)) for name in _NAMES},
    "name that is not UTF-8": lambda: archive(Member(b"\xff\xfe.png", DOT, flags=0x800)),
    "two names": lambda: archive(Member(b"a.png", DOT, local_name=b"b.png")),
    "two names of other lengths": lambda: archive(Member(b"a.png", DOT, local_name=b"bb.png")),
    "the same name twice": lambda: archive(Member(b"a.png", DOT), Member(b"a.png", DOT)),
    **{f"member at {each}": lambda each=each: archive(Member(b"a.png", DOT, offset=each)) for each in (1, 99, 2**31)},
    **{f"method {each}": lambda each=each: archive(Member(b"a.png", DOT, method=each))
       for each in (1, 6, 9, 12, 14, 93, 95, 97, 99, 65_535)},
    "locked": lambda: archive(Member(b"a.png", DOT, flags=1)),
    "locked, strongly": lambda: archive(Member(b"a.png", DOT, flags=0x41)),
    "patched": lambda: archive(Member(b"a.png", DOT, flags=0x20)),
    "a version of 99": lambda: archive(Member(b"a.png", DOT, version=990)),
    "another code": lambda: archive(Member(b"a.png", DOT, crc=1)),
    "longer than it says": lambda: archive(Member(b"a.png", DOT, size=10)),
    "shorter than it says": lambda: archive(Member(b"a.png", DOT, size=99_999)),
    "packed shorter than it says": lambda: archive(Member(b"a.png", DOT, packed_size=9)),
    "packed longer than it says": lambda: archive(Member(b"a.png", DOT, packed_size=999)),
    "packed junk": lambda: archive(Member(b"a.png", DOT, packed=b"\xff" * 50)),
    "packed nothing": lambda: archive(Member(b"a.png", DOT, packed=b"")),
    "extra cut short": lambda: archive(Member(b"a.png", DOT, extra=b"\1\0\xff\xff")),
    "extra of large sizes, empty": lambda: archive(Member(b"a.png", DOT, size=2**32 - 1, extra=b"\1\0\0\0")),
    "extra of large sizes, cut": lambda: archive(Member(b"a.png", DOT, size=2**32 - 1, extra=b"\1\0\x08\0\1")),
    "extra of a size of 2^63": lambda: archive(
        Member(b"a.png", DOT, size=2**32 - 1, extra=b"\1\0\x08\0" + struct.pack("<Q", 2**63))
    ),
    "a folder that is a picture": lambda: archive(Member(b"a.png/", DOT)),
    "nothing": lambda: archive(),
    "zeros": lambda: b"PK\3\4" + bytes(1000),
    "two marks": lambda: b"PK\5\6" * 2,
    "a mark": lambda: b"PK\5\6",
    "marks without end": lambda: b"PK\5\6" * 20_000,
    "entries without end": lambda: b"PK\3\4" + b"PK\1\2" * 20_000 + archive()[-22:],
    # pictures that are attacks themselves
    **{f"holds {name}": lambda name=name: archive(Member(b"a/0.png", BOMBS[name](), method=0))
       for name in list(BOMBS)[:50]},
    **{f"holds {name}": lambda name=name: archive(Member(b"a/0.png", HARMLESS[name](), method=0))
       for name in ("PNG with a damaged comment", "JPEG whose tags lead in a circle")},
}  # fmt: skip
"""Archives that lie, hide something, or ask for far more than they hold, by how."""


def seeds() -> list[bytes]:
    """Small whole archives: pictures in folders and out of them, stored and packed, with a comment, for large sizes."""
    photo = encoded("JPEG", (20, 20))
    return [
        archive(GOOD, Member(b"dog/2.jpg", photo), Member(b"notes.txt", b"hello")),
        archive(Member(b"a.png", DOT), end=End(comment=b"a comment")),
        archive(Member(b"all/cat/", b"", method=0), Member(b"all/cat/1.jfif", photo, method=0)),
        _with_larger(),
        archive(*[Member(b"c%d/%d.png" % (each % 3, each), DOT) for each in range(12)]),
    ]


def mutants(number: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """So many altered archives, the same ones for the same start."""
    from tests.hostile_pictures import mutated

    whole = seeds()
    for each in range(start, start + number):
        draw = random.Random(each)
        seed = whole[each % len(whole)]
        # The records at the end are what is believed first.
        file = bytearray(mutated(seed, draw)) if draw.random() < 0.5 else bytearray(seed)
        for _ in range(draw.randint(0, 4) if file else 0):
            file[draw.randrange(max(0, len(file) - 150), len(file))] = draw.randrange(256)
        yield each, bytes(file)
