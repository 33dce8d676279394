"""Ours beside the paper's, cell by cell, as one picture; and where a reader's own runs stand.

A cell is one network's NCR on one set at one threshold. The paper has 64 of them, of which 16 stand beside two networks
of ours. Its tables with all numbers are `nat_core.paper.tables`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_high

from nat_core.language import N_, _, ngettext, number
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import difference, difference_text
from nat_core.paper.figures import PAPER, PAPER_SETS, THRESHOLD_KEYS
from nat_core.recipes import PAIRS
from nat_core.results.drawings.panels import BASELINE, NARROW, NAT, POINTED_OUT, WIDE, Drawing, Panel

ROWS = (
    (N_("ResNet-18 (the paper's first table)"), PAIRS["resnet18"]),
    (
        N_("Attention-transfer students, WRN-16-1 of WRN-40-1 (the paper's second table)"),
        ("wrn16_1_baseline", *PAIRS["students"]),
    ),
)
"""A row of panels for each of the paper's tables."""
LEGEND = N_(
    "NCR, the share of negatives with confidence above t, on the paper's four sets. Crosses: the paper's; circles: "
    "ours. Grey and hollow: without negatives (dotted: the plain WRN-16-1, of which the paper does not say whether it "
    "is meant); blue and filled: NAT. A circle on its cross repeats the paper; lower is better."
)
OWN = N_("Purple squares: the networks in your folder, filled with negatives, hollow without.")
_DOTTED, _PANEL, _ROW, _TOP = "1 4", 118, 186, 60


@dataclass(frozen=True)
class Cell:
    """One NCR of the paper's beside one network of ours; shares in [0, 1], None where nothing was."""

    network: str
    set_name: str
    threshold: str
    paper: float
    ours: float | None
    own: float | None


def cells(ours: Mapping[str, NetworkReport], own: Mapping[str, NetworkReport] | None = None) -> tuple[Cell, ...]:
    """Return every cell of ours with the paper's, and with a reader's own reports where there are any.

    >>> len(cells({})), cells({})[0].paper
    (80, 0.96)
    """
    return tuple(
        Cell(name, set_name, key, figures.ncr[set_name][key], _rate(ours, name, set_name, key),
             _rate(own or {}, name, set_name, key))
        for name, figures in PAPER.items()
        for set_name in PAPER_SETS
        for key in THRESHOLD_KEYS
    )  # fmt: skip


def papers_cells() -> int:
    """Return how many cells the paper has: a row of its tables counts once, however many of ours stand beside it.

    >>> papers_cells()
    64
    """
    rows = {id(figures): figures for figures in PAPER.values()}
    return sum(len(of_set) for figures in rows.values() for of_set in figures.ncr.values())


def _rate(reports: Mapping[str, NetworkReport], name: str, set_name: str, key: str) -> float | None:
    found = reports[name].sets.get(set_name) if name in reports else None
    return None if found is None else found.ncr[key]


def sentences(found: Sequence[Cell]) -> tuple[str, ...]:
    """Return how far ours, and a reader's own, lie from the paper's; nothing where nothing was measured.

    >>> sentences(cells({}))
    ()
    """
    return tuple(said for said in (_sentence(found, "ours"), _sentence(found, "own")) if said)


def _sentence(found: Sequence[Cell], which: str) -> str:
    apart = {each: abs(difference(value, each.paper)) for each in found if (value := getattr(each, which)) is not None}
    if not apart:
        return ""
    farthest = max(apart, key=lambda each: apart[each])
    named = {
        "all": len(found), "cells": papers_cells(), "middle": difference_text(median_high(apart.values())),
        "most": difference_text(apart[farthest]), "network": farthest.network, "set": farthest.set_name,
        "t": _t(farthest.threshold),
    }  # fmt: skip
    if which == "own":
        return ngettext(
            "Your networks have {count} of these {all}, {most} away ({network} on {set} at t = {t}).",
            "Your networks have {count} of these {all}: {middle} away in the middle, {most} at most "
            "({network} on {set} at t = {t}).",
            len(apart),
            **named,
        )
    return ngettext(
        "{count} of {all} cells of ours that stand beside the paper's {cells} was measured, {most} away ({network} on "
        "{set} at t = {t}).",
        "{count} of {all} cells of ours that stand beside the paper's {cells} were measured: half of them lie within "
        "{middle} of the paper's, the farthest {most} away ({network} on {set} at t = {t}).",
        len(apart),
        **named,
    )


def plot(found: Sequence[Cell], *, narrow: bool = False, say: Callable[[str], str] = str) -> Drawing:
    """Return a row of panels for each of the paper's tables, a panel for each set; a `narrow` one fits a phone.

    `say` names an image set as a page heads a column with it.
    """
    across = 2 if narrow else len(PAPER_SETS)
    lines = len(PAPER_SETS) // across
    top_of_panels = _TOP + (36 if narrow else 0)  # a title takes three lines there
    high = top_of_panels + _ROW * lines
    alt = " ".join([_("NCR of the paper's networks and of ours, on four sets at four thresholds."), *sentences(found)])
    drawing = Drawing(NARROW if narrow else WIDE, high * len(ROWS) - 20, alt, say)
    width = (drawing.width - 40) / across
    for row, (title, names) in enumerate(ROWS):
        top = high * row
        drawing.title(_(title), top)
        for place, set_name in enumerate(PAPER_SETS):
            left = 44 + width * (place % across)
            upper = top + top_of_panels + _ROW * (place // across)
            panel = Panel(left, upper, width - 44, _PANEL, (-0.3, 3.3), (0.0, 1.0))
            _panel(drawing, panel, set_name, [each for each in found if each.set_name == set_name], names)
    return drawing


def _t(key: str) -> str:
    """A threshold as the language writes it."""
    return number(float(key), "g")


_WITH_NEGATIVES = (PAIRS["resnet18"][1], PAIRS["students"][1])


def _panel(drawing: Drawing, panel: Panel, set_name: str, found: Sequence[Cell], names: Sequence[str]) -> None:
    drawing.axes(panel, "", drawing.say(set_name), ())
    for place, key in enumerate(THRESHOLD_KEYS):
        drawing.text((panel.at((place, 0))[0], panel.top + panel.height + 16), _t(key), anchor="middle")
    drawing.text((panel.left + panel.width / 2, panel.top + panel.height + 32), "t", anchor="middle")
    by_name = {name: [each for each in found if each.network == name] for name in names}
    for name, of_one in by_name.items():
        with_negatives = name in _WITH_NEGATIVES
        colour = NAT if with_negatives else BASELINE
        spots = [panel.at((place, each.ours)) for place, each in enumerate(of_one) if each.ours is not None]
        drawing.line(spots, colour, 1.5, _DOTTED if name == PAIRS["wrn16_1"][0] else "")
        for place, each in enumerate(of_one):
            drawing.cross(panel.at((place, each.paper)), colour, 4)
            if each.ours is not None:
                drawing.dot(panel.at((place, each.ours)), colour, hollow=not with_negatives, radius=3.5)
    # Last, so that nothing lies on a reader's own.
    for name, of_one in by_name.items():
        for place, each in enumerate(of_one):
            if each.own is not None:
                hollow = name not in _WITH_NEGATIVES
                drawing.square(panel.at((place, each.own)), POINTED_OUT, 7, hollow=hollow)
