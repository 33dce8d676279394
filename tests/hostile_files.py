"""Files made to break their readers: crafted ones, by what is wrong with each, and mutants of sound ones.

A `Target` is one kind of file with its reader. What a reader may raise is its own kind of error, in one sentence.
`benchmarks/reliability_files.py` measures the same attacks.
"""

import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from nat_core.errors import CheckpointError, NatError, UnreadableSet
from nat_core.files import sealed, unsealed

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 6, 3)).astype(np.uint8)


@dataclass(frozen=True)
class Target:
    """One kind of file."""

    name: str
    read: Callable[[bytes], object]
    refuses: type[NatError]
    sound: tuple[bytes, ...]
    """What mutants are made of."""
    crafted: Mapping[str, bytes]

    def attacked_by(self, content: bytes) -> str | None:
        """Read a file, and return the sentence that refuses it, None where it is taken. Anything else is raised."""
        try:
            self.read(content)
        except self.refuses as error:
            return str(error)
        return None

    def mutants(self, number: int, seed: int = 0) -> Iterator[bytes]:
        """Files with a few changes each, the same ones for the same seed."""
        chance = random.Random(seed)
        for _ in range(number):
            yield mutant(chance.choice(self.sound), chance)


WORDS = (
    b"",
    b"\0",
    b"\xff" * 8,
    b"9" * 30,
    b"[" * 40,
    b"{",
    b'"',
    b"\\ud800",
    b"null",
    b"-1",
    b"1e999",
    b"NaN",
    b"PK\5\6",
    b"PK\1\2",
    b"\x93NUMPY\1\0",
    b"'descr'",
    b"(2,",
    b"True",
    b'"data_offsets":[0,4]',
    b"__metadata__",
)
"""What is put in somewhere: pieces that mean something to one of the readers."""


def mutant(content: bytes, chance: random.Random) -> bytes:
    """Return the content with one to six changes: bits, bytes, words, and pieces cut, doubled or swapped."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(found) + 1)
        end = min(len(found), place + chance.choice((1, 2, 4, 8, 64)))
        kind = chance.randrange(6)
        if kind == 0 and place < len(found):
            found[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[place:end] = chance.randbytes(end - place)
        elif kind == 2:
            found[place : chance.choice((place, end))] = chance.choice(WORDS)
        elif kind == 3:
            del found[place:end]
        elif kind == 4:
            found[place:place] = found[place:end] * chance.choice((1, 2, 30))
        elif place < len(found):
            found[place:end] = int.to_bytes(chance.choice((0, 1, 2**31, 2**63, 2**64 - 1)), 8, "little")
    return bytes(found)


# --- image sets ------------------------------------------------------------------------------------------------------

DESCR, ORDER, SHAPE = "'|u1'", "False", "(2, 4, 4)"
_DESCRS = ("'|u1'", "'|O'", "'<U999999999'", "'<U0'", "'|V8'", "'<c16'", "'M8[ns]'", "[('a', '|u1')]", "'<f8'", "None",
           "'\\\\'", "'" + "u" * 500 + "'", "1", "('|u1', (2,))", "'|S0'", "'>i8'")  # fmt: skip
_ORDERS = ("False", "True", "None", "0", "'True'", "[]")
_SHAPES = (
    "(2, 4, 4)",
    "()",
    "(2,)",
    "(-1, 4, 4)",
    "(2, 4.5, 4)",
    "(True, 4, 4)",
    "[2, 4, 4]",
    "(0, 4, 4)",
    "(2, 0, 4)",
    "(4294967296, 4294967296)",
    "(9223372036854775807, 2, 2)",
    "(" + "9" * 400 + ",)",
    "(" + "1, " * 70 + ")",
    "(1, 100000, 1)",
    "(32, 1, 1)",
    "(2, 4, 4, 1)",
    "(2, 4, 2, 2)",
    "None",
    "2",
    "((2,), 4)",
    "(2L, 4, 4)",
)


def array(header: str, values: bytes = bytes(32), version: int = 1, length: int | None = None) -> bytes:
    """The bytes of one .npy with this header, sound or not."""
    text = header.encode("utf-8", "surrogatepass") + b"\n"
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, "little") + text + values


def zipped(members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a zip file with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def header(descr: str = DESCR, order: str = ORDER, shape: str = SHAPE) -> str:
    """An array's header of these parts."""
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


_TEXTS = (
    "",
    "{",
    "{}",
    "[" * 4000,
    "{" * 4000,
    "-" * 4000 + "1",
    "{[]:1}",
    "{None: 1}",
    "  \n x\n y",
    "\ud800",
    "\0" * 99,
    "{'descr': '|u1'}",
    header() + "x",
    header()[1:],
    header().replace("'", '"'),
    header() * 2,
    "lambda: 0",
    "().__class__",
    "'%s' % 1",
    "1 if 1 else 2",
    "f'{1}'",
    "b'a'",
    "...",
    "1_0",
    "0x1",
    "1e999",
    "'a' 'b'",
)
"""Headers that are none, or that ask to be evaluated."""


def crafted_sets() -> dict[str, bytes]:
    """.npz files, by what is wrong with each."""
    headers = {f"{descr:.30} {order}": header(descr, order) for descr, order in product(_DESCRS, _ORDERS)}
    headers |= {
        f"{shape:.30} {descr}": header(descr, "False", shape) for shape, descr in product(_SHAPES, _DESCRS[::5])
    }
    headers |= {f"text {text[:20]!r}": text for text in _TEXTS}
    found = {f"header {what} v{version}": zipped({"test_images.npy": array(text, version=version)})
             for (what, text), version in product(headers.items(), (1, 2))}  # fmt: skip
    lengths = (0, 1, 10, 127, 4096, 4097, 65535)
    found |= {f"header of {size}": zipped({"test_images.npy": array(header(), length=size)}) for size in lengths}
    whole = zipped({"test_images.npy": array(header()), "test_labels.npy": array(header(shape="(2,)"), b"\0\1")})
    found |= {f"cut at {place}": whole[:place] for place in range(0, len(whole), 9)}
    found |= {f"packed by {packing}": zipped({"test_images.npy": array(header())}, packing)
              for packing in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)}  # fmt: skip
    blank = array(header(shape="(60000, 32, 32)"), bytes(60000 * 1024))
    return found | {"bomb": zipped({"test_images.npy": blank}), "many": zipped({f"{n}.npy": b"" for n in range(1500)})}


@cache
def image_sets() -> Target:
    """.npz files as visitors bring them."""
    from nat_core.data.uploaded_sets import read_own_set

    def npz(**arrays: Any) -> bytes:
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    sound = (
        npz(test_images=PIXELS, test_labels=np.array([0, 1, 0, 1]), classes=np.array(["a", "b"])),
        npz(val_images=PIXELS[..., 0], val_labels=np.eye(4)),
        npz(test_images=PIXELS, test_labels=np.array(["a", "b", "b", "a"])),
        zipped({"test_images.npy": array(header()), "test_labels.npy": array(header(shape="(2,)"), b"\0\1")}),
    )
    return Target("sets", lambda content: read_own_set(content, "a.npz"), UnreadableSet, sound, crafted_sets())


# --- networks --------------------------------------------------------------------------------------------------------

_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    2**70,
    "",
    "x" * 300,
    "\ufffd",
    [],
    [[]],
    {},
    {"a": {}},
    [None],
    [1, "a"],
)
"""JSON's values that no field expects everywhere."""


def tensors_file(head: Any, data: bytes, length: int | None = None) -> bytes:
    """The bytes of a safetensors file with this header, sound or not."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def _weights() -> bytes:
    from safetensors.torch import save

    from nat_core.network.models import build

    return save(build("wrn10_1", 2, seed=3).state_dict())


def crafted_networks() -> dict[str, bytes]:
    """safetensors files, by what is wrong with each."""
    whole = _weights()
    size = int.from_bytes(whole[:8], "little")
    head, data = json.loads(whole[8 : 8 + size]), whole[8 + size :]
    found = {}
    for key in ("classifier.weight", "norm.running_var"):
        for part, odd in product(("dtype", "shape", "data_offsets"), _ODD):
            found[f"{key} {part} {odd!r:.20}"] = tensors_file(head | {key: head[key] | {part: odd}}, data)
        for odd in _ODD:
            found[f"{key} {odd!r:.20}"] = tensors_file(head | {key: odd}, data)
        found[f"no {key}"] = tensors_file({each: place for each, place in head.items() if each != key}, data)
    for kind in ("F64", "F16", "BF16", "I32", "U8", "BOOL", "F8_E4M3", "F4", "C64"):
        place = head["norm.weight"] | {"dtype": kind}
        found[f"type {kind}"] = tensors_file(head | {"norm.weight": place}, data)
    for number, shape in product((1, 300, 2001, 40_000), ([0], [], [0, 2**30])):
        empty = {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 if not shape else 0]}
        found[f"{number} of {shape}"] = tensors_file({f"t{n}": empty for n in range(number)}, bytes(4))
    for text in (
        b"",
        b"{",
        b"[]",
        b"1",
        b"[" * 40_000,
        b'{"a":' * 40_000,
        b'{"\\ud800":1}',
        b"\xff" * 99,
        b'{"a":NaN}',
    ):
        for length in (None, 0, 1, 2**31, 2**63):
            found[f"text {text[:12]!r} of {length}"] = tensors_file(text, data, length)
    found |= {f"cut at {place}": whole[:place] for place in range(0, 4000, 40)}
    found |= {f"metadata {odd!r:.20}": tensors_file(head | {"__metadata__": odd}, data) for odd in _ODD}
    for begin in (b"PK\3\4", b"\x80\2}q\0.", b"\x80\4\x95", b"GIF89a", b"\x93NUMPY"):
        found[f"begins with {begin!r}"] = begin + whole
    return found | {"longer": whole + b"\0", "scalar": tensors_file(
        {"classifier.weight": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}, bytes(4))}  # fmt: skip


@cache
def own_networks() -> Target:
    """safetensors files as visitors bring them."""
    from safetensors.numpy import save

    from nat_core.network.uploaded_networks import Described, read_network

    small = save({"classifier.weight": np.zeros((2, 4), np.float32), "stem.weight": np.zeros((0, 3), np.float16)})
    described = Described(("cat", "dog"))
    read_network(_weights(), "a.safetensors", described)  # what PyTorch loads once is no matter of a file
    return Target("networks", lambda content: read_network(content, "a.safetensors", described), CheckpointError,
                  (small, small[:-3], _weights()[:4000]), crafted_networks())  # fmt: skip


# --- cards and states ------------------------------------------------------------------------------------------------


def _with_odd_fields(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The object with each of its fields, and theirs, replaced by every odd value, or left out."""
    for key, value in values.items():
        for odd in _ODD:
            yield f"{path}{key} {odd!r:.20}", values | {key: odd}
        yield f"no {path}{key}", {each: given for each, given in values.items() if each != key}
        if isinstance(value, dict):
            for what, changed in _with_odd_fields(value, f"{path}{key}."):
                yield what, values | {key: changed}


def _odd_files(sound: bytes) -> dict[str, bytes]:
    """Cards with a right seal and odd fields, and files that are no cards."""
    found = {what: sealed(json.dumps(values)) for what, values in _with_odd_fields(unsealed(sound)) if values}
    texts = (
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"format":' * 50_000,
        b'{"format": 1, "a": "\\ud800"}',
        b"\xff\xfe",
        b'{"format": NaN}',
        b'{"format": 1e999}',
        b"\0" * 99,
        b'"' + b"x" * 100_000 + b'"',
    )
    found |= {f"text {text[:12]!r}": text for text in texts}
    return found | {f"cut at {place}": sound[:place] for place in range(0, len(sound), max(1, len(sound) // 60))}


@cache
def cards() -> Target:
    """A network's card.json, as anyone may have got it, and as a visitor brings it."""
    from nat_core.network.uploaded_networks import read_card
    from nat_core.store.checkpoints import CARD, load_card
    from tests.synthetic import write_network

    folder = Path(tempfile.mkdtemp())
    path = write_network(folder, "digits_nat") / CARD
    sound = path.read_bytes()

    def read(content: bytes) -> None:
        path.write_bytes(content)
        refused = None
        for reader in (lambda: load_card(folder, "digits_nat"), lambda: read_card(content, CARD)):
            try:
                reader()
            except CheckpointError as error:
                refused = error
        if refused is not None:
            raise refused

    bare = json.dumps({key: value for key, value in unsealed(sound).items() if key != "report"}).encode()
    return Target("cards", read, CheckpointError, (sound, bare, b'{"classes": ["a", "b"], "std": [1, 1, 1]}'),
                  _odd_files(sound))  # fmt: skip


@cache
def states() -> Target:
    """The card of a run's newest state: a damaged one is passed over, never raised."""
    from nat_core.training.state import SavedState, newest_state, save_state

    folder = Path(tempfile.mkdtemp())
    epoch = {"losses": [1.0, 2.0, 3.0, 4.0], "steps": 3, "since": 0.5}
    settings = {"seed": 0, "recipe": {"name": "r"}, "precision": "float32", "threads": 1}
    for step in (1, 2):
        save_state(folder, SavedState(step, 1.5, {"model/weight": np.ones(3, np.float32)}, settings, epoch))
    path = folder / "00000002.json"
    sound = path.read_bytes()

    def read(content: bytes) -> None:
        path.write_bytes(content)
        told: list[str] = []
        found = newest_state(folder, told.append)
        if found is None or (found.step == 1) != bool(told):
            raise AssertionError(f"state {found} after {told}")
        if told:
            raise CheckpointError(told[0])

    bare = json.dumps(unsealed(sound)).encode()
    return Target("states", read, CheckpointError, (sound, bare), _odd_files(sound))


def targets() -> tuple[Target, ...]:
    """Every kind of file."""
    return image_sets(), own_networks(), cards(), states()
