"""Reports as tables for people (text, Markdown, LaTeX) and for spreadsheets (CSV), the paper's figures beside ours."""

import csv as csv_writer
import io
import json
import re
from collections.abc import Iterator, Mapping

from nat_core.findings import findings
from nat_core.paper import PAPER, PaperFigures
from nat_core.recipes import IN_DISTRIBUTION
from nat_core.report import NetworkReport
from nat_core.sheets import BY_ITSELF, Grid, sheets

JSON_FORMAT = 1
LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"} | {c: f"\\{c}" for c in "%_&#${}"}


def render(reports: Mapping[str, NetworkReport], format: str = "text") -> str:
    """The reports by network name as "text", "markdown", "csv", "json" or "latex", the paper's figures beside ours.

    JSON: {"format": 1, "networks": {NAME: the report's fields}}. Raises ValueError for another format.

    >>> render({}, "json").split()
    ['{', '"format":', '1,', '"networks":', '{}', '}']
    """
    writers = {
        "text": text,
        "markdown": markdown,
        "csv": csv,
        "json": _json,
        "latex": latex,
    }
    if format not in writers:
        raise ValueError(f"unknown format {format!r}; known: {', '.join(writers)}")
    return writers[format](reports)


def text(reports: Mapping[str, NetworkReport]) -> str:
    """All tables in columns for a terminal, then the findings.

    >>> text({}).splitlines()[0]
    "Table 1. ResNet-18 (the paper's first table)"
    """
    blocks = []
    for sheet in sheets(reports):
        grids = "\n\n".join(_columns(grid) for grid in (sheet.networks, sheet.rates))
        blocks.append("\n".join([sheet.title, "=" * len(sheet.title), "", grids, "", *sheet.notes]))
    found = findings(reports)
    return "\n\n\n".join(blocks + (["\n".join(["Findings", *(f"- {each}" for each in found)])] if found else [])) + "\n"


def markdown(reports: Mapping[str, NetworkReport]) -> str:
    """All tables as Markdown, then the findings as a list.

    >>> markdown({}).splitlines()[0]
    "**Table 1. ResNet-18 (the paper's first table)**"
    """
    blocks = []
    for sheet in sheets(reports):
        blocks += [f"**{sheet.title}**", pipes(sheet.networks), pipes(sheet.rates)]
        blocks.append("\n".join(f"- {note}" for note in sheet.notes))
    found = findings(reports)
    return "\n\n".join(blocks + (["**Findings**", "\n".join(f"- {each}" for each in found)] if found else [])) + "\n"


def latex(reports: Mapping[str, NetworkReport]) -> str:
    r"""All tables as LaTeX `table` environments; the document needs \usepackage{booktabs}.

    >>> latex({}).splitlines()[1]
    '\\begin{table}'
    """
    lines = [r"% needs \usepackage{booktabs}"]
    for sheet in sheets(reports):
        caption = sheet.title.partition(". ")[2]
        lines += [
            r"\begin{table}",
            r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\caption{{{escaped(caption)}}}",
        ]
        lines += [*_tabular(sheet.networks), r"\par\medskip", *_tabular(sheet.rates), r"\par\medskip"]
        lines += [r"\begin{flushleft}\footnotesize", *(escaped(note) + r"\par" for note in sheet.notes)]
        lines += [r"\end{flushleft}", r"\end{table}", ""]
    return "\n".join(lines)


def csv(reports: Mapping[str, NetworkReport]) -> str:
    """Every number of every report in a row of its own, with the paper's where it has one; no threshold: empty.

    >>> csv({}).strip()
    'network,set,role,images,metric,threshold,value,paper'
    """
    buffer = io.StringIO()
    writer = csv_writer.writer(buffer, lineterminator="\n")
    writer.writerow(["network", "set", "role", "images", "metric", "threshold", "value", "paper"])
    for network, report in reports.items():
        writer.writerows(
            [network, *("" if cell is None else cell for cell in row)] for row in _records(network, report)
        )
    return buffer.getvalue()


def _columns(grid: Grid) -> str:
    """The cells aligned under their heading."""
    widths = [max(map(len, column)) for column in zip(grid.header, *grid.rows, strict=True)]
    lines = [grid.header, tuple("-" * width for width in widths), *grid.rows]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def pipes(grid: Grid) -> str:
    """The cells as a Markdown table."""
    lines = [grid.header, ("---",) * len(grid.header), *grid.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _tabular(grid: Grid) -> Iterator[str]:
    """The cells as a LaTeX `tabular` with booktabs' rules, a little space before each group."""
    yield rf"\begin{{tabular}}{{{'l' * len(grid.header)}}}"
    yield r"\toprule"
    yield " & ".join(map(escaped, grid.header)) + r" \\"
    yield r"\midrule"
    for position, row in enumerate(grid.rows):
        if position and row[0] and grid.rows[position - 1][0] == "":
            yield r"\addlinespace"
        yield " & ".join(map(escaped, row)) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"


def escaped(cell: str) -> str:
    """The text with LaTeX's own characters made harmless."""
    return re.sub(r"[\\~^<>|%_&#${}]", lambda found: LATEX[found.group()], cell)


def _records(network: str, report: NetworkReport) -> Iterator[tuple[str | int | float | None, ...]]:
    """The rows of one network: set, role, images, metric, threshold, value, the paper's value."""
    paper = PAPER.get(network, PaperFigures("", None, {}))
    known = report.in_distribution
    own = (known, IN_DISTRIBUTION, None if known is None else report.sets[known].images)
    yield (*own, "accuracy", None, report.accuracy, paper.accuracy)
    yield (*own, "ece", None, report.ece, None)
    for key, value in report.share_kept.items():
        yield (*own, "share_kept", key, value, None)
    for name, each in report.negatives.items():
        for key, value in each.ncr.items():
            yield (name, each.role, each.images, "ncr", key, value, paper.ncr.get(name, {}).get(key))
        for field in BY_ITSELF:
            yield (name, each.role, each.images, field, None, getattr(each, field), None)


def _json(reports: Mapping[str, NetworkReport]) -> str:
    networks = {name: report.to_json() for name, report in reports.items()}
    return json.dumps({"format": JSON_FORMAT, "networks": networks}, indent=2, allow_nan=False)
