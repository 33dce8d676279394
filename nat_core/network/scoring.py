"""Scoring of any number of pictures: part by part, by as many processes as there are, and kept part by part.

A part's logits follow from its pictures alone, whoever computes them. So several processes give what one does, and of
a killed one what it kept is used by the next.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import numpy as np
from safetensors.numpy import save
from tqdm import tqdm

from nat_core.data.sources.image_sets import ImageSet, Look, none_readable
from nat_core.data.sources.streams import Stream, StreamPart
from nat_core.files import write_durably
from nat_core.measure.predictions import Predictions, hex_ids, is_hash, packed_ids
from nat_core.network.inference import Network, predict
from nat_core.ranks.group import ALONE, Ranks
from nat_core.store.checkpoints import WEIGHTS
from nat_core.store.tensors import read_arrays

_DAMAGED = "score the pictures again"


@dataclass(frozen=True, eq=False)
class _Answers:
    """Every network's logits on one part."""

    number: int
    ids: tuple[str, ...]
    logits: tuple[np.ndarray, ...]
    """float32, one array a network, in their order."""
    skipped: tuple[str, ...]

    def packed(self) -> bytes:
        """The part as the content of a safetensors file."""
        arrays = {f"logits/{place:03d}": each for place, each in enumerate(self.logits)}
        told: dict[str, object] = {"number": self.number, "skipped": self.skipped}
        if all(map(is_hash, self.ids)):
            arrays["ids"] = packed_ids(self.ids)
        else:
            told["ids"] = self.ids
        return save(arrays, {"part": json.dumps(told)})

    @classmethod
    def unpacked(cls, content: bytes) -> "_Answers":
        """The part that `packed` was made of; CheckpointError where it is none."""
        arrays, metadata = read_arrays(content, "a part of the scores", _DAMAGED)
        told = json.loads(metadata["part"])
        ids = hex_ids(arrays["ids"]) if "ids" in arrays else tuple(told["ids"])
        logits = tuple(arrays[key] for key in sorted(arrays) if key.startswith("logits/"))
        return cls(told["number"], ids, logits, tuple(told["skipped"]))


class KeptParts:
    """The parts that are on the disk already, so that a killed scoring goes on; without a folder, none."""

    def __init__(
        self,
        folder: Path | None,
        stream: Stream,
        networks: Sequence[Network],
        precisions: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep in `folder`, below which parts of other pictures, networks or precisions stand apart."""
        self._whole = folder
        if folder is not None:
            told = [stream.digest(), *(json.dumps([each.name, each.card and each.card.sha256[WEIGHTS]])
                                       for each in networks), *sorted(_rounded(precisions).items())]  # fmt: skip
            self._folder = folder / sha256(json.dumps(told).encode()).hexdigest()[:16]

    def found(self) -> dict[int, bytes]:
        """Return the whole and unaltered ones by their numbers."""
        if self._whole is None or not self._folder.is_dir():
            return {}
        there = {}
        for path in sorted(self._folder.glob("*-*.safetensors")):
            number, _, digest = path.stem.partition("-")
            content = path.read_bytes()
            if number.isdecimal() and sha256(content).hexdigest()[:16] == digest:
                there[int(number)] = content
        return there

    def keep(self, number: int, content: bytes) -> None:
        """Keep one more. OSError as writing does."""
        if self._whole is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            digest = sha256(content).hexdigest()[:16]
            write_durably(self._folder / f"{number:06d}-{digest}.safetensors", content)


def forget(folder: Path) -> None:
    """Remove what was kept in a folder, of other pictures and networks too: what it was kept for is written."""
    if folder.is_dir():
        with suppress(OSError):  # it is in nobody's way
            shutil.rmtree(folder)


def score(
    networks: Sequence[Network], stream: Stream, ranks: Ranks = ALONE, kept: KeptParts | None = None,
    progress: bool = False, precisions: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[Predictions], ImageSet] | None:  # fmt: skip
    """Return each network's predictions on all pictures of a stream, and the set of them without its pixels.

    Of several `ranks` each computes every so-many-th part, and the first one alone returns what all of them found. What
    is `kept` is not computed again. `progress` shows a bar on standard error. `precisions` are those of `predict` by
    the networks' names, float32 of what is not named. Raises MissingDataset where no picture can be read, otherwise as
    the readers and `predict` do.

    >>> from nat_core.data.sources.streams import open_stream
    >>> from nat_core.network.models import build
    >>> network = Network("untrained", build("wrn10_1", 2, seed=0).eval(), ("cat", "dog"), (0.5,) * 3, (0.25,) * 3)
    >>> gallery = open_stream(Path(__file__).parents[1] / "data" / "gallery")
    >>> found, images = score([network], gallery)
    >>> found[0].logits.shape, len(images)
    ((45, 2), 45)
    """
    mine = list(_own_parts(networks, stream, ranks, kept or KeptParts(None, stream, networks), progress, precisions))
    # Each rank's in one message: their lengths before them, as they stand side by side.
    lengths = np.array([len(each) for each in mine], np.int64).tobytes()
    every = zip(ranks.gathered(lengths), ranks.gathered(b"".join(mine)), strict=True)
    if not ranks.first:
        return None
    parts = sorted((part for sizes, content in every for part in _apart(sizes, content)), key=lambda each: each.number)
    return _together(networks, stream, parts)


def _rounded(precisions: Mapping[str, str]) -> dict[str, str]:
    """Those that are not float32: what was kept before there were others is still found."""
    return {name: each for name, each in precisions.items() if each != "float32"}


def _own_parts(
    networks: Sequence[Network],
    stream: Stream,
    ranks: Ranks,
    kept: KeptParts,
    progress: bool,
    precisions: Mapping[str, str],
) -> Iterator[bytes]:
    """This rank's parts, those that are kept already first."""
    own, there = set(range(ranks.number, len(stream.counts), ranks.count)), kept.found()
    yield from (there[number] for number in own & there.keys())
    missing, counts = own - there.keys(), stream.counts
    looks = {network.name: _look(network) for network in networks}
    name = stream.name if ranks.count == 1 else f"{stream.name}, process {ranks.number + 1} of {ranks.count}"
    with tqdm(total=sum(counts[each] for each in own), initial=sum(counts[each] for each in own & there.keys()),
              desc=name, disable=not progress, unit="picture", mininterval=1.0, dynamic_ncols=True) as bar:  # fmt: skip
        for part in stream.parts(tuple(dict.fromkeys(looks.values())), missing.__contains__):
            content = _answered(networks, stream.name, part, looks, precisions).packed()
            kept.keep(part.number, content)
            bar.update(counts[part.number])
            yield content


def _look(network: Network) -> Look:
    crop, resample = network.card.crop_and_filter if network.card else ("centre", "bicubic")
    return Look(crop, resample)


def _answered(
    networks: Sequence[Network], name: str, part: StreamPart, looks: dict[str, Look], precisions: Mapping[str, str]
) -> _Answers:
    logits = [
        predict(
            network,
            part.pixels[looks[network.name]],
            name=name,
            ids=part.ids,
            precision=precisions.get(network.name, "float32"),
        ).logits
        if part.ids
        else np.empty((0, len(network.classes)), np.float32)
        for network in networks
    ]
    return _Answers(part.number, part.ids, tuple(logits), part.skipped)


def _apart(sizes: bytes, content: bytes) -> Iterator[_Answers]:
    ends = np.cumsum(np.frombuffer(sizes, np.int64)).tolist()
    for first, last in zip([0, *ends], ends, strict=False):
        yield _Answers.unpacked(content[first:last])


def _together(
    networks: Sequence[Network], stream: Stream, parts: Sequence[_Answers]
) -> tuple[list[Predictions], ImageSet]:
    ids = tuple(identity for part in parts for identity in part.ids)
    if not ids:
        raise none_readable(stream.path)
    # One byte stands for all pixels: nobody looks at them any more, and a million pictures would not fit.
    pixels = np.broadcast_to(np.uint8(0), (len(ids), 1, 1, 3))
    skipped = tuple(sentence for part in parts for sentence in part.skipped)
    images = ImageSet(stream.name, pixels, ids, stream.labels, stream.classes, skipped, stream.passed_over)
    images = _with_folders(images) if stream.from_folder else images
    found = [
        Predictions(
            network.name, stream.name, ids, np.concatenate([part.logits[place] for part in parts]), images.labels
        )
        for place, network in enumerate(networks)
    ]
    return found, images


def _with_folders(images: ImageSet) -> ImageSet:
    """The set of a folder with its sub-folders as classes, if no picture lies outside of them."""
    folders = [identity.rpartition("/")[0].rpartition("/")[2] for identity in images.ids]
    if not all(folders):  # pictures that lie outside belong to no class: then the folders are none
        return images
    classes = tuple(sorted(set(folders)))
    places = {name: place for place, name in enumerate(classes)}
    return replace(images, classes=classes, labels=np.array([places[each] for each in folders], np.int64))
