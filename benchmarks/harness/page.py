"""docs/performance.md, and the sentences on speed in README.md and docs/start.md, all from what was kept."""

from collections.abc import Iterator, Sequence

from benchmarks.harness import growth
from benchmarks.harness.figures import TIMES, Benchmark, Figure, shown
from benchmarks.harness.kept import Entry, Stamp

HEAD = """# How fast it is

Written from what `nat bench` measured; no figure here is typed. A ratio says how many times as long the other side
took, which is what people run instead, in the same process: five rounds, the two sides in turn, the median and, in
brackets, the least and the most. *Goal* is what we set ourselves before. A row that was not measured again keeps its
older figure and date; the machines and versions stand below. Where a goal is missed, the reason is named under the
table.

"""
COLUMNS = "| What | Beside | Goal | Measured | Each took | Goal met | When |\n|---|---|---|---|---|---|---|"


def page(
    benchmarks: Sequence[Benchmark], kept: dict[str, Entry], curves: Sequence[tuple[growth.Curve, Stamp]] = ()
) -> str:
    """Return the page of all benchmarks' figures, a table a section, and of how cost grows."""
    figures = {figure.name for benchmark in benchmarks for figure in benchmark.figures}
    stamps = [entry.stamp for name, entry in kept.items() if name in figures]
    machines = list(dict.fromkeys(map(_machine, stamps)))
    parts = [HEAD.rstrip("\n")]
    for section in dict.fromkeys(benchmark.section for benchmark in benchmarks):
        parts += _section(section, [each for each in benchmarks if each.section == section], kept, machines)
    parts += growth.section(curves)
    listed = [f"{number}. {machine}" for number, machine in enumerate(machines, 1)]
    return "\n".join([*parts, *(["", "## Measured on", "", *listed] if listed else []), ""])


def _section(title: str, benchmarks: list[Benchmark], kept: dict[str, Entry], machines: list[str]) -> list[str]:
    figures = [figure for benchmark in benchmarks for figure in benchmark.figures]
    missed = [each for each in figures if each.name in kept and not kept[each.name].met(each)]
    lines = ["", f"## {title}", "", *COLUMNS.splitlines()]
    for benchmark in benchmarks:
        lines += [_row(figure, kept.get(figure.name), machines, benchmark) for figure in benchmark.figures]
    if missed:
        lines += ["", "Missed:", ""]
        lines += [f"- {each.title}: {each.reason or 'nobody has found out why yet.'}" for each in missed]
    return lines


def _row(figure: Figure, entry: Entry | None, machines: list[str], benchmark: Benchmark) -> str:
    if entry is None:
        where = "not measured here" if "cuda" in benchmark.needs else "not measured"
        found = f"{where}; {figure.earlier}" if figure.earlier else where
        return f"| {figure.title} | {figure.against} | {figure.goal.words(amx=True)} | {found} |  |  |  |"
    stamp, unit = entry.stamp, figure.goal.unit
    met = "yes" if entry.met(figure) else "no"
    when = f"{stamp.date}, load {stamp.load:g} [{machines.index(_machine(stamp)) + 1}]"
    cells = (figure.title, figure.against, figure.goal.words(stamp.amx), spread(entry, unit), _sides(entry), met, when)
    return f"| {' | '.join(cells)} |"


def spread(entry: Entry, unit: str) -> str:
    """Return the median with the least and the most of the rounds, where there are several."""
    values = entry.found.values
    note = f" {entry.found.note}" if entry.found.note else ""
    if len(set(values)) == 1:
        return f"**{shown(values[0], unit)}**{note}"
    return f"**{shown(entry.found.middle, unit)}** ({shown(min(values), '')} to {shown(max(values), '')}){note}"


def _sides(entry: Entry) -> str:
    if not entry.found.ours:
        return ""
    ours, theirs = (sorted(side)[len(side) // 2] for side in (entry.found.ours, entry.found.theirs))
    return f"{duration(ours)}, the other {duration(theirs)}"


def duration(seconds: float) -> str:
    """Return a time as one reads it.

    >>> duration(0.00042), duration(0.2), duration(3.21)
    ('0.42 ms', '200 ms', '3.21 s')
    """
    return shown(seconds, "s") if seconds >= 1 else shown(1000 * seconds, "ms")


def _machine(stamp: Stamp) -> str:
    return f"{stamp.hardware}; {stamp.versions}"


def sentences(benchmarks: Sequence[Benchmark], kept: dict[str, Entry], wanted: dict[str, str]) -> str:
    """Return a paragraph: each wanted figure's sentence with its median in place of {}, what was not measured left out.

    `wanted` is a clause by figure; the paragraph ends with where the rest stands.
    """
    units = {figure.name: figure.goal.unit for each in benchmarks for figure in each.figures}
    said = list(_clauses(units, kept, wanted))
    if not said:
        return "`nat bench` measures it on your machine; nothing was measured yet."
    return f"Measured by `nat bench`: {'; '.join(said)}."


def _clauses(units: dict[str, str], kept: dict[str, Entry], wanted: dict[str, str]) -> Iterator[str]:
    for name, clause in wanted.items():
        if name in kept:
            value = shown(kept[name].found.middle, "" if units[name] == TIMES else units[name])
            yield clause.format(value)
