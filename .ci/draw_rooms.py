"""Draws the rooms of the code and which room imports which, from the imports themselves: docs/pictures/rooms.svg.

    python .ci/draw_rooms.py [--check]

The order from top to bottom is that of import-linter's contracts in pyproject.toml. An arrow leads from a room to one
that it imports, unless a longer way leads there as well; a box names all that its room imports. Exits 1 with --check
where the drawing is out of date.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

import grimp

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "docs" / "pictures" / "rooms.svg"
COLUMNS = {"nat_core": 40, "nat_app": 520}
"""Where each package's column of boxes begins, in pixels."""
WIDTH, HEIGHT, GAP, TOP = 340, 62, 16, 56
STYLE = """<style>
text { font: 12px sans-serif; fill: #1f2328; } .name { font-weight: bold; font-size: 14px; }
.head { font-weight: bold; font-size: 16px; } .small { fill: #59636e; font-size: 11px; }
rect { fill: #f0f6fc; stroke: #0072b2; } .app { fill: #fff6ed; stroke: #b34700; }
path { fill: none; stroke: #59636e; stroke-width: 1.2; } .ground { fill: #ffffff; stroke: none; }
</style>"""
ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" style="fill: #59636e; stroke: none"/></marker></defs>'
)


@dataclass(frozen=True)
class Room:
    """A room, and what it imports."""

    name: str
    modules: int
    imports: tuple[str, ...]
    """The rooms of its own package that it imports, from the highest to the lowest."""
    engine: tuple[str, ...] = ()
    """For a room of the app: the engine's rooms that it imports."""


def layers(package: str) -> tuple[str, ...]:
    """The rooms of a package from the highest to the lowest, as the contract has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (found,) = (each["layers"] for each in contracts if each.get("containers") == [package])
    return tuple(room.strip() for layer in found for room in layer.replace(":", "|").split("|"))


def rooms(graph: grimp.ImportGraph, package: str) -> tuple[Room, ...]:
    """The rooms of a package with what they import."""
    names, engine = layers(package), layers("nat_core") if package == "nat_app" else ()
    found = []
    for name in names:
        whole = f"{package}.{name}"
        modules = graph.find_descendants(whole) | {whole}
        targets = {target for module in modules for target in graph.find_modules_directly_imported_by(module)}
        found.append(
            Room(
                name,
                sum(bool(graph.find_modules_directly_imported_by(m)) or m != whole for m in modules),
                tuple(each for each in names if each != name and _reaches(targets, f"{package}.{each}")),
                tuple(each for each in engine if _reaches(targets, f"nat_core.{each}")),
            )
        )
    return tuple(found)


def _reaches(targets: set[str], room: str) -> bool:
    """Whether one of the modules is this room or lies in it."""
    return any(target == room or target.startswith(f"{room}.") for target in targets)


def arrows(imports: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return the imports that no longer way stands for (the transitive reduction).

    >>> arrows({"cli": ("store", "files"), "store": ("files",), "files": ()})
    (('cli', 'store'), ('store', 'files'))
    """

    def below(name: str) -> set[str]:
        found, waiting = set(), [name]
        while waiting:
            if (each := waiting.pop()) not in found:
                found.add(each)
                waiting += imports[each]
        return found

    return tuple(
        (name, target)
        for name, targets in imports.items()
        for target in targets
        if not any(target in below(other) for other in targets if other != target)
    )


def drawn(package: str, found: Sequence[Room]) -> Iterator[str]:
    """The column of a package: its boxes and arrows."""
    left, kind = COLUMNS[package], ' class="app"' if package == "nat_app" else ""
    yield f'<text class="head" x="{left}" y="34">{package}</text>'
    places = {room.name: TOP + number * (HEIGHT + GAP) for number, room in enumerate(found)}
    for room in found:
        y = places[room.name]
        listed = ", ".join(room.imports) or "nothing of this package"
        also = f"; of nat_core: {', '.join(room.engine)}" if room.engine else ""
        yield f'<rect{kind} x="{left}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        yield f'<text class="name" x="{left + 10}" y="{y + 19}">{escape(room.name)}</text>'
        yield from _lines(f"imports {listed}{also}", left + 10, y + 32)
    order = {room.name: number for number, room in enumerate(found)}
    for upper, lower in arrows({room.name: room.imports for room in found}):
        yield _arrow(left, places[upper], places[lower], order[lower] - order[upper])


def _lines(text: str, x: int, y: int) -> Iterator[str]:
    """What a box says below its name, one line after another."""
    for number, line in enumerate(wrap(text, 58)):
        yield f'<text class="small" x="{x}" y="{y + 13 * number}">{escape(line)}</text>'


def _arrow(left: int, upper: int, lower: int, steps: int) -> str:
    """An arrow to the next room straight down, to a farther one in a bow at the right."""
    if steps == 1:
        middle = left + WIDTH // 2
        return f'<path d="M{middle} {upper + HEIGHT}V{lower}" marker-end="url(#arrow)"/>'
    side, bow = left + WIDTH, left + WIDTH + 18 * min(steps, 5)
    start, end = upper + HEIGHT // 2, lower + HEIGHT // 2
    return f'<path d="M{side} {start}C{bow} {start} {bow} {end} {side} {end}" marker-end="url(#arrow)"/>'


def drawing() -> str:
    """The whole drawing as SVG."""
    graph = grimp.build_graph("nat_core", "nat_app", cache_dir=None)
    columns = {package: rooms(graph, package) for package in COLUMNS}
    height = TOP + max(map(len, columns.values())) * (HEIGHT + GAP) + 10
    width = max(COLUMNS.values()) + WIDTH + 100
    parts = [part for package, found in columns.items() for part in drawn(package, found)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    says = "<title>The rooms of nat_core and nat_app, and which imports which</title>"
    ground = f'<rect class="ground" width="{width}" height="{height}"/>'
    return "\n".join([head, says, STYLE, ARROW, ground, *parts, "</svg>"]) + "\n"


def main() -> None:
    """Draw, or check that what is drawn is right."""
    content = drawing()
    if "--check" not in sys.argv:
        DRAWING.write_text(content, encoding="utf-8")
    elif not DRAWING.is_file() or DRAWING.read_text(encoding="utf-8") != content:
        raise SystemExit(f"out of date: {DRAWING.relative_to(ROOT)}: run python .ci/draw_rooms.py")


if __name__ == "__main__":
    main()
