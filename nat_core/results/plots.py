"""The plots of the results page, from stored predictions and numbers; none shows a picture of a data set."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np

from nat_core.measure.metrics import ncr_by_share_kept, ncr_curve
from nat_core.measure.predictions import Predictions
from nat_core.measure.rounding import rate_text
from nat_core.paper.figures import CONTRASTS
from nat_core.recipes import HEADLINE_SETS, IN_DISTRIBUTION, LEVELS, UNSEEN
from nat_core.results.drawings.panels import BASELINE, FAINT, GROUND, INK, NAT, POINTED_OUT, Drawing, Panel
from nat_core.store.checkpoints import available, load_card, load_predictions
from nat_core.studies.level_findings import LevelFinding, PairLevels, findings, means, schedules
from nat_core.studies.rows import NOISE_STAND_INS, Noise, OverSeeds, StudyRow, measure_on

THRESHOLDS = np.arange(101) / 100
"""Where the curves by threshold are computed."""
SHARES = np.arange(50, 101) / 100
"""The shares kept at which the other curves are computed."""
HEADLINE = HEADLINE_SETS[0]
LEVELS_LEGEND = (
    "Blue: baseline and NAT of one seed. Hollow grey: two baselines of different seeds, where there are. Thick line: "
    "half of the pictures; thin: 90 of 100; circle: the mean."
)
MATRIX_LEGEND = (
    "Rows: what each was taught with; columns: what it was tested on. Darker: sure more often. Framed: negatives of "
    "the kind that it was taught with. ▼ ▲: below or above the first row by more than the noise."
)


def curves(folder: Path) -> dict[str, Drawing]:
    """Return NCR by threshold and NCR by share kept for every stored pair, by the file's stem.

    >>> curves(Path("nowhere"))
    {}
    """
    present, drawn = available(folder), {}
    for baseline, nat in CONTRASTS:
        # A network that is NAT in several contrasts is drawn once, against the baseline of the first.
        if baseline in present and nat in present and f"ncr-{nat}" not in drawn:
            drawn[f"ncr-{nat}"] = curves_of(folder, baseline, nat)
    return drawn


def curves_of(folder: Path, baseline: str, nat: str) -> Drawing:
    """Return NCR by threshold and NCR by share kept of two stored networks; CheckpointError where one is damaged."""
    roles = load_card(folder, nat).roles
    known = next(name for name, role in roles.items() if role == IN_DISTRIBUTION)
    negatives = HEADLINE if HEADLINE in roles else next(name for name, role in roles.items() if role == UNSEEN)
    networks = {name: load_predictions(folder, name, [known, negatives]) for name in (baseline, nat)}
    pictures = len(networks[nat][negatives])
    drawing = Drawing(760, 300, f"NCR of {baseline} and {nat} on {negatives}, by threshold and by share kept")
    left, right = Panel(60, 50, 270, 190), Panel(440, 50, 270, 190, x_range=(0.5, 1.0))
    drawing.text((16, 20), f"{nat} and {baseline} on {negatives}, {pictures:,} pictures", bold=True)
    drawing.axes(left, "threshold t", "share fooled (NCR) and kept (dotted)")
    drawing.axes(right, f"share of {known} kept", "NCR", ticks=(0.5, 0.6, 0.7, 0.8, 0.9, 1))
    for (name, stored), colour in zip(networks.items(), (BASELINE, NAT), strict=True):
        _both(drawing, left, right, stored[known], stored[negatives], colour, "6 3" if name == baseline else "")
    drawing.text((60, 294), f"dashed grey: {baseline}", colour=BASELINE)
    drawing.text((440, 294), f"blue: {nat}", colour=NAT)
    return drawing


def _both(
    drawing: Drawing, left: Panel, right: Panel, known: Predictions, negatives: Predictions, colour: str, dashes: str
) -> None:
    fooled, kept = (ncr_curve(each.confidence, THRESHOLDS) for each in (negatives, known))
    by_share = ncr_by_share_kept(known.confidence, negatives.confidence, SHARES)
    drawing.line([left.at((t, rate)) for t, rate in zip(THRESHOLDS, fooled, strict=True)], colour, 2, dashes)
    drawing.line([left.at((t, rate)) for t, rate in zip(THRESHOLDS, kept, strict=True)], colour, 1, "1 3")
    drawing.line([right.at((share, rate)) for share, rate in zip(SHARES, by_share, strict=True)], colour, 2, dashes)


def levels(pairs: Sequence[PairLevels]) -> Drawing | None:
    """Return how far the maps lie apart by level on the headline set, a panel for each pair; None without any.

    >>> levels([]) is None
    True
    """
    found = [(first, second, each) for first, second, name, each in findings(pairs) if name == HEADLINE]
    if not found:
        return None
    drawing = Drawing(760, 46 + 130 * len(found), f"Distance of attention maps by level on {HEADLINE}")
    drawing.text((16, 20), f"Distance of two networks' attention maps on {HEADLINE}", bold=True)
    # Fifths, as the ticks are: every line ends within the panel, beside which the means have their room.
    spreads = [each for _first, _second, found_here in found for group in (found_here.nat, found_here.seeds)
               for several in group.values() for each in several]  # fmt: skip
    fifths = max(5, ceil(5 * max(each.quantiles[-1] for each in spreads)))
    for number, (first, second, each) in enumerate(found):
        panel = Panel(90, 58 + 130 * number, 570, 84, x_range=(0.0, fifths / 5), y_range=(-0.5, 2.5))
        drawing.text(
            (16, panel.top - 8),
            f"{first.name} and {second.name}, {schedules(first, second)}, {each.pictures:,} pictures",
        )
        _levels(drawing, panel, each)
        drawing.ticks(panel, "", [fifth / 5 for fifth in range(fifths + 1)])
    return drawing


def _levels(drawing: Drawing, panel: Panel, found: LevelFinding) -> None:
    for row, level in enumerate(reversed(LEVELS)):
        drawing.text((panel.left - 8, panel.at((0, row))[1] + 4), level, anchor="end")
        drawing.line([panel.at((edge, row - 0.5)) for edge in panel.x_range], FAINT)
        groups = ((found.seeds[level], BASELINE, True, row + 0.2), (found.nat[level], NAT, False, row - 0.1))
        for spreads, colour, hollow, height in groups:
            for position, each in enumerate(spreads):
                place = height - 0.12 * position
                drawing.line([panel.at((end, place)) for end in (each.quantiles[0], each.quantiles[-1])], colour, 1)
                drawing.line([panel.at((end, place)) for end in (each.quantiles[1], each.quantiles[3])], colour, 3)
                drawing.dot(panel.at((each.mean, place)), colour, hollow=hollow, radius=3.5)
        drawing.text((panel.left + panel.width + 8, panel.at((0, row))[1] + 4), means(found.nat[level]), colour=NAT)


def study(
    title: str, rows: Sequence[StudyRow], reference: StudyRow | None, noise: Noise, set_name: str
) -> Drawing | None:
    """Return NCR at 95 % kept of every row that was run on a set, the noise around the reference shaded.

    >>> study("a", (), None, Noise(()), "noise") is None
    True
    """
    measure = measure_on(set_name, "ncr_at_95_kept")
    shown = _shown(rows, set_name)
    if not shown:
        return None
    drawing = Drawing(760, 80 + 20 * len(shown), f"{title}: NCR at 95 % kept on {set_name}, run by run")
    panel = Panel(230, 40, 470, 20 * len(shown), y_range=(-0.5, len(shown) - 0.5))
    drawing.text((16, 20), f"{title}: NCR at 95 % kept on {set_name}", bold=True)
    centre = reference.over_seeds(measure) if reference else None
    deviation = _noise_on(noise, reference, set_name)
    if centre is not None and deviation is not None:
        # Of one seed against the reference's seeds, so the band is as wide as it gets: rows of more seeds need less.
        width = noise.margin(deviation, 1, centre.seeds)
        ends = [min(1.0, max(0.0, centre.mean + side * width)) for side in (-1, 1)]
        drawing.area(panel.at((ends[0], panel.y_range[1])), panel.at((ends[1], panel.y_range[0])), FAINT)
    # Reversed, because heights grow upwards and the first row is to stand at the top.
    for number, (row, found) in enumerate(reversed(shown)):
        place = panel.at((found.mean, number))
        drawing.text((panel.left - 10, place[1] + 4), row.label, anchor="end")
        if found.deviation is not None:
            drawing.line([panel.at((found.mean + side * found.deviation, number)) for side in (-1, 1)], INK, 2)
        plain = _unseen_by(row, set_name)
        drawing.dot(place, POINTED_OUT if row is reference else BASELINE if plain else NAT, hollow=plain)
        drawing.text((panel.left + panel.width + 8, place[1] + 4), rate_text(found.mean))
    drawing.ticks(panel, "NCR at 95 % kept", (0, 0.2, 0.4, 0.6, 0.8, 1))
    return drawing


def study_legend(rows: Sequence[StudyRow], reference: StudyRow | None, noise: Noise, set_name: str) -> str:
    """Return what the marks of `study` mean, of those that are in it.

    >>> study_legend((), None, Noise(()), "noise")
    ''
    """
    shown = _shown(rows, set_name)
    said = []
    if any(row is reference for row, _found in shown):
        shaded = "" if _noise_on(noise, reference, set_name) is None else ", the noise around it shaded"
        said.append(f"Purple: the network that the others are held against{shaded}.")
    if any(_unseen_by(row, set_name) for row, _found in shown):
        said.append("Hollow: trained without negatives of this kind.")
    if any(found.deviation is not None for _row, found in shown):
        said.append("Bars: one standard deviation over seeds, where there are several.")
    return " ".join(said)


def _shown(rows: Sequence[StudyRow], set_name: str) -> list[tuple[StudyRow, OverSeeds]]:
    measure = measure_on(set_name, "ncr_at_95_kept")
    return [(row, found) for row in rows if (found := row.over_seeds(measure)) is not None]


def _noise_on(noise: Noise, reference: StudyRow | None, set_name: str) -> float | None:
    measures = (measure_on(name, "ncr_at_95_kept") for name in (set_name, NOISE_STAND_INS.get(set_name, set_name)))
    return noise.deviation_of([] if reference is None else [reference], *measures)


def _unseen_by(row: StudyRow, set_name: str) -> bool:
    """Whether no run of it was taught with negatives of the set's source."""
    return all(report.sets[set_name].role == UNSEEN for report in row.reports)


def matrix(title: str, rows: Sequence[StudyRow], reference: StudyRow, noise: Noise) -> Drawing:
    """Return NCR at 95 % kept of every row that was run on every set: one map of trained on x tested on."""
    shown = [reference, *(row for row in rows if row.reports and row is not reference)]
    sets = tuple(dict.fromkeys(name for row in shown for name in row.reports[0].negatives))
    side, high = 570 // len(sets), 26  # the columns share what the rows' names and the margins leave of the width
    heading = f"{title}: NCR at 95 % kept, trained on by tested on"
    drawing = Drawing(760, 110 + high * len(shown), heading)
    drawing.text((16, 20), heading, bold=True)
    for column, name in enumerate(sets):
        parts = name.split("_")
        for line, part in enumerate(parts):
            drawing.text((175 + side * (column + 0.5), 92 - 14 * (len(parts) - line)), part, anchor="middle")
    for number, row in enumerate(shown):
        top = 90 + high * number
        drawing.text((165, top + 17), row.label, anchor="end")
        for column, name in enumerate(sets):
            _matrix_cell(drawing, (175 + side * column, top), (side - 2, high - 2), row, reference, noise, name)
    return drawing


def _matrix_cell(
    drawing: Drawing,
    corner: tuple[int, int],
    size: tuple[int, int],
    row: StudyRow,
    reference: StudyRow,
    noise: Noise,
    name: str,
) -> None:
    measure = measure_on(name, "ncr_at_95_kept")
    found = row.over_seeds(measure)
    if found is None:
        return
    (left, top), (width, height) = corner, size
    drawing.area(corner, (left + width, top + height), _shade(found.mean))
    if row.reports[0].sets[name].role != UNSEEN:
        ends = [(left, top), (left + width, top), (left + width, top + height), (left, top + height), (left, top)]
        drawing.line(ends, INK, 2)
    side = "within" if row is reference else noise.side(row, reference, measure)
    mark = {"below": " ▼", "above": " ▲"}.get(side, "")
    colour = INK if found.mean < 0.9 else GROUND  # either way a contrast of 4 or more
    drawing.text((left + width / 2, top + height / 2 + 4), rate_text(found.mean) + mark, anchor="middle", colour=colour)


def _shade(share: float) -> str:
    """White at 0, the app's blue at 1."""
    parts = [round(255 + share * (int(NAT[place : place + 2], 16) - 255)) for place in (1, 3, 5)]
    return "#" + "".join(f"{part:02X}" for part in parts)
