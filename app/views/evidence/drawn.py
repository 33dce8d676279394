"""Finished cells as a table on the page: plain names, the paper's figures in grey, its place kept while it loads."""

import re

import pandas as pd
import streamlit as st

from nat_app.answers.plain_names import cell_of
from nat_app.shared.language import _
from nat_app.shared.words import kept_together, literal
from nat_core.paper.field_tables import NOT_MEASURED
from nat_core.paper.tables import ABSENT, Grid

_PAPERS_FIGURE = re.compile(r" (\([\d.,]+(?:\u00a0%)?\))")
ROW = 1.86
"""The height of a row of one line, in rem: on the wall it grows with the text."""

LABELS = 2
"""So many columns say what a row's numbers are of: a table of no others says nothing."""


def table(key: str, grid: Grid, alt: str, *, grey: bool = False) -> None:
    """Draw a grid; `alt` says what it holds to those who hear the page, `grey` is for what stands beside the point.

    A column in which no row has a number is left out, and a sentence below says so; files keep it.
    """
    grid, left_out = with_numbers(grid)
    shown, groups = frame_of(grid), ""
    if grey:
        # Nothing but the seed differs between runs of one recipe, so the column of changes is empty.
        shown = shown.loc[:, [name for name in shown.columns if (shown[name] != "").any()]]
        shown = shown.map(lambda cell: f":gray[{cell}]" if cell else "")
        # On a phone the style sheet says again what several rows have in common: in the same grey.
        groups = f" .st-key-wide_{key} tr[data-group]::before {{ color: var(--baseline); }}"
    # Streamlit fetches what draws tables once it is needed, so without this all below would jump.
    if not left_out or len(grid.header) > LABELS:
        st.html(f"<style>.st-key-wide_{key} {{ min-height: {ROW * (len(shown) + 1):.2f}rem; }}{groups}</style>")
        with st.container(key=f"wide_{key}"):
            st.table(shown, hide_index=True, border="horizontal", alt=alt)
    if left_out:
        columns = literal(", ".join(map(cell_of, left_out)))
        st.caption(_("Left out, because no row has a number there (not measured here): {columns}.", columns=columns))


def with_numbers(grid: Grid) -> tuple[Grid, tuple[str, ...]]:
    """Return the grid without the columns that nobody has measured here, and their headings.

    >>> with_numbers(Grid(("net", "a", "b"), (("mine", "0.1", "not measured"), ("published: theirs", "-", "-"))))
    (Grid(header=('net', 'a'), rows=(('mine', '0.1'), ('published: theirs', '-'))), ('b',))
    """
    columns = list(zip(*grid.rows, strict=True)) if grid.rows else [()] * len(grid.header)
    empty = [_(NOT_MEASURED) in cells and {*cells} <= {_(NOT_MEASURED), ABSENT, ""} for cells in columns]
    kept = [place for place, without in enumerate(empty) if not without]
    rows = tuple(tuple(row[place] for place in kept) for row in grid.rows)
    left_out = tuple(title for title, without in zip(grid.header, empty, strict=True) if without)
    return Grid(tuple(grid.header[place] for place in kept), rows), left_out


def frame_of(grid: Grid) -> pd.DataFrame:
    """The cells with the paper's figures in grey, so that one sees which are ours."""
    rows = [[_cell(cell) for cell in row] for row in grid.rows]
    found = pd.DataFrame(rows, columns=[kept_together(cell_of(name)).replace("_", "\\_") for name in grid.header])
    # What the code calls a student is said plainly in the very words that stand before it, once is enough.
    raw = list(zip(*grid.rows, strict=True)) if grid.rows else []
    twice = [
        place
        for place in range(1, len(raw))
        if raw[place] != raw[place - 1] and found.iloc[:, place].equals(found.iloc[:, place - 1])
    ]
    return found.drop(columns=found.columns[twice])


def _cell(text: str) -> str:
    """A cell as Markdown: a hyphen by itself would be a list, an underscore the beginning of italics.

    A number does not part from its deviation, its mark or its % sign, nor from the paper's beside it.
    """
    dashed = re.sub(r"^-(?=$| )", "\u2013", cell_of(text))
    together = dashed.replace(" ± ", "\u00a0±\u00a0").replace(" *", "\u00a0*").replace(" %", "\u00a0%")
    return _PAPERS_FIGURE.sub("\u00a0:gray[\\1]", together).replace("_", "\\_")
