"""Tables written down: text, Markdown and LaTeX for people, CSV and JSON for programs; no cell is computed here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tabulate import LATEX_ESCAPE_RULES, SEPARATING_LINE, tabulate

from nat_core.files import csv_text
from nat_core.language import SOURCE, speaking
from nat_core.measure.report import NetworkReport
from nat_core.measure.scores import CONFIDENCE, MEASURES
from nat_core.paper.figures import PAPER, PaperFigures
from nat_core.paper.findings import findings
from nat_core.paper.tables import THRESHOLD_FREE, Grid, ReportTable, sheets
from nat_core.recipes import IN_DISTRIBUTION

JSON_FORMAT = 1
"""Version of the JSON of `nat report`."""


@dataclass(frozen=True)
class Annex:
    """Further tables, written down after the reports' own."""

    sheets: tuple[ReportTable, ...] = ()
    records: tuple[tuple[str | int | float | None, ...], ...] = ()
    """Rows of the CSV."""
    values: Mapping[str, Any] | None = None
    """Further keys of the JSON."""


NO_ANNEX = Annex()


def render(reports: Mapping[str, NetworkReport], format: str = "text", annex: Annex = NO_ANNEX) -> str:
    """The reports by network name as "text", "markdown", "csv", "json" or "latex", the paper's figures beside ours.

    JSON: {"format": 1, "networks": {NAME: the report's fields}}, and the annex's keys. Raises ValueError for another
    format.

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
    # A file is in English whoever asks for it: other programs and papers go on with it.
    with speaking(SOURCE):
        return writers[format](reports, annex)


def text(reports: Mapping[str, NetworkReport], annex: Annex = NO_ANNEX) -> str:
    """All tables in columns for a terminal, then the findings.

    >>> text({}).splitlines()[0]
    "Table 1. ResNet-18 (the paper's first table)"
    """
    blocks = []
    for sheet in (*sheets(reports), *annex.sheets):
        grids = "\n\n".join(_columns(grid) for grid in sheet.grids)
        blocks.append("\n".join([sheet.title, "=" * len(sheet.title), "", grids, "", *sheet.notes]))
    found = findings(reports)
    return "\n\n\n".join(blocks + (["\n".join(["Findings", *(f"- {each}" for each in found)])] if found else [])) + "\n"


def markdown(reports: Mapping[str, NetworkReport], annex: Annex = NO_ANNEX) -> str:
    """All tables as Markdown, then the findings as a list.

    >>> markdown({}).splitlines()[0]
    "**Table 1. ResNet-18 (the paper's first table)**"
    """
    blocks = [markdown_sheet(sheet) for sheet in (*sheets(reports), *annex.sheets)]
    found = findings(reports)
    return "\n\n".join(blocks + (["**Findings**", "\n".join(f"- {each}" for each in found)] if found else [])) + "\n"


def markdown_sheet(sheet: ReportTable) -> str:
    """One table of the report as Markdown: its title, its grids, its notes as a list.

    >>> markdown_sheet(ReportTable("Table 1. T", Grid(("a",), ()), Grid(("b",), ()), ("c",))).splitlines()[-1]
    '- c'
    """
    notes = "\n".join(f"- {note}" for note in sheet.notes)
    return "\n\n".join([f"**{sheet.title}**", *map(markdown_table, sheet.grids), notes])


def latex(reports: Mapping[str, NetworkReport], annex: Annex = NO_ANNEX) -> str:
    r"""All tables as LaTeX `table` environments; the document needs \usepackage{booktabs}.

    >>> latex({}).splitlines()[1]
    '\\begin{table}'
    """
    lines = [r"% needs \usepackage{booktabs}"]
    for sheet in (*sheets(reports), *annex.sheets):
        caption = sheet.title.partition(". ")[2]
        lines += [
            r"\begin{table}",
            r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\caption{{{latex_escaped(caption)}}}",
        ]
        for grid in replace(sheet, scores=_printed(sheet.scores)).grids:
            lines += [_tabular(grid), r"\par\medskip"]
        lines += [r"\begin{flushleft}\footnotesize", *(latex_escaped(note) + r"\par" for note in sheet.notes)]
        lines += [r"\end{flushleft}", r"\end{table}", ""]
    # The one sign of ours beyond ASCII, which older LaTeX does not read.
    return "\n".join(lines).replace("±", r"$\pm$")


def csv(reports: Mapping[str, NetworkReport], annex: Annex = NO_ANNEX) -> str:
    """Every number of every report in a row of its own, with the paper's where it has one; no threshold: empty.

    Not rounded, and with no layout to undo: a spreadsheet filters and pivots it as it is.

    >>> csv({}).strip()
    'network,set,role,images,metric,threshold,value,paper,score'
    """
    header = ("network", "set", "role", "images", "metric", "threshold", "value", "paper", "score")
    rows: list[Sequence[object]] = [header]
    for network, report in reports.items():
        rows += [(network, *row) for row in _records(network, report)]
    return csv_text([*rows, *annex.records])


def _columns(grid: Grid) -> str:
    """The cells aligned under their heading."""
    # Cells are text already: tabulate would read them as numbers and write 0.030 as 0.03.
    return tabulate(grid.rows, grid.header, "simple", disable_numparse=True)


def markdown_table(grid: Grid) -> str:
    """The cells as a Markdown table.

    >>> markdown_table(Grid(("t", "NCR"), (("0.9", "0.1"),))).splitlines()[-1]
    '| 0.9 | 0.1 |'
    """
    # Not padded as tabulate pads: the results page holds some hundred long rows.
    lines = [grid.header, ("---",) * len(grid.header), *grid.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _tabular(grid: Grid) -> str:
    """The cells as a LaTeX `tabular` with booktabs' rules, a little space before each group."""
    # tabulate draws its separating line as one more midrule. They part the groups, and are then replaced by a space.
    rows: list[Sequence[str] | str] = []
    for row in grid.rows:
        rows += [SEPARATING_LINE, row] if rows and row[0] and rows[-1][0] == "" else [row]
    head, *groups = tabulate(rows, grid.header, "latex_booktabs", disable_numparse=True).split("\\midrule\n")
    return head + "\\midrule\n" + "\\addlinespace\n".join(groups)


def _printed(scores: Grid) -> Grid:
    """The rows of a table by score that fit on a sheet of paper: those of the first measure."""
    starts = [place for place, row in enumerate(scores.rows) if row[0]]
    return replace(scores, rows=scores.rows[: starts[1]] if len(starts) > 1 else scores.rows)


def latex_escaped(text: str) -> str:
    """The text with LaTeX's own characters made harmless, as tabulate does it in a table's cells.

    >>> latex_escaped("95 % of a_b")
    '95 \\\\% of a\\\\_b'
    """
    return "".join(LATEX_ESCAPE_RULES.get(character, character) for character in text)


def _records(network: str, report: NetworkReport) -> Iterator[tuple[str | int | float | None, ...]]:
    """The rows of one network: set, role, images, metric, threshold, value, the paper's value, by which score."""
    paper = PAPER.get(network, PaperFigures("", None, {}))
    known = report.in_distribution
    own = (known, IN_DISTRIBUTION, None if known is None else report.sets[known].images)
    yield (*own, "accuracy", None, report.accuracy, paper.accuracy, None)
    yield (*own, "ece", None, report.ece, None, CONFIDENCE)
    for key, value in report.share_kept.items():
        yield (*own, "share_kept", key, value, None, CONFIDENCE)
    for name, each in report.negatives.items():
        for key, value in each.ncr.items():
            yield (name, each.role, each.images, "ncr", key, value, paper.ncr.get(name, {}).get(key), CONFIDENCE)
        for field in THRESHOLD_FREE:
            yield (name, each.role, each.images, field, None, getattr(each, field), None, CONFIDENCE)
        for score, found in each.by_score.items():
            # Those of confidence that every report has stand above.
            for field in MEASURES:
                if score == CONFIDENCE and field in THRESHOLD_FREE:
                    continue
                yield (name, each.role, each.images, field, None, getattr(found, field), None, score)


def _json(reports: Mapping[str, NetworkReport], annex: Annex) -> str:
    networks = {name: report.to_json() for name, report in reports.items()}
    return json.dumps({"format": JSON_FORMAT, "networks": networks, **(annex.values or {})}, indent=2, allow_nan=False)
