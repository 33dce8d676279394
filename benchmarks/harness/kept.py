"""What was measured, kept one entry a figure in benchmarks/performance.json, and what it was measured on."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.harness.figures import Figure, Found
from nat_core.files import write_durably

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "benchmarks" / "performance.json"
VERSIONS = (
    "torch", "torchvision", "numpy", "pillow", "streamlit", "torchmetrics", "scikit-learn", "captum"
)  # fmt: skip
"""The packages whose versions stand beside the figures, as far as they are there."""


@dataclass(frozen=True)
class Stamp:
    """When and on what a benchmark ran."""

    date: str
    hardware: str
    amx: bool
    versions: str
    load: float
    """The number of processes that waited for a core in the minute before."""


@dataclass(frozen=True)
class Entry:
    """One figure as it was last measured."""

    found: Found
    stamp: Stamp

    def met(self, figure: Figure) -> bool:
        """Whether the figure's goal is reached."""
        return figure.goal.met(self.found.middle, self.stamp.amx)


def stamp(gpu: bool = False) -> Stamp:
    """Return the stamp of what runs now, on the processor or on a GPU."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    flags = _cpu("flags").split()
    cores = f"{_cpu('model name') or platform.machine()}, {os.cpu_count()} cores"
    features = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags]
    hardware = f"{cores} ({', '.join(features)})" if features else cores
    if gpu:
        import torch

        hardware = torch.cuda.get_device_name()
    return Stamp(f"{datetime.now(UTC):%Y-%m-%d}", hardware, "amx_bf16" in flags, ", ".join(_versions()), round(load, 2))


def _cpu(field: str) -> str:
    """What Linux says of the first core."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for name in VERSIONS:
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue


def load(path: Path = KEPT) -> dict[str, Entry]:
    """Return what is kept, by figure; nothing where nothing was."""
    if not path.is_file():
        return {}
    return {name: _entry(name, plain) for name, plain in json.loads(path.read_text("utf-8")).items()}


def _entry(name: str, plain: dict[str, Any]) -> Entry:
    rounds = {side: tuple(plain.get(side, ())) for side in ("values", "ours", "theirs")}
    return Entry(Found(name, note=plain.get("note", ""), **rounds), Stamp(**plain["measured"]))


def keep(entries: dict[str, Entry], path: Path = KEPT) -> None:
    """Write new entries beside the older ones of other figures."""
    merged = load(path) | entries
    plain = {name: dict(_plain(entry)) for name, entry in sorted(merged.items())}
    write_durably(path, (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode())


def _plain(entry: Entry) -> Iterator[tuple[str, Any]]:
    for side in ("values", "ours", "theirs"):
        if rounds := getattr(entry.found, side):
            yield side, [float(f"{each:.5g}") for each in rounds]
    if entry.found.note:
        yield "note", entry.found.note
    yield "measured", vars(entry.stamp)
