"""What a study shows, in plain words: each difference with the noise it is held against, every number computed."""

from collections.abc import Sequence

from nat_core.recipes import UNSEEN
from nat_core.sheets import figure
from nat_core.study_rows import HIGHEST_KEY, STANDS_IN, Measure, Noise, Row, Side, accuracy, on

COSTLY = "†"
"""Marks what lowers NCR, or does not, at a lower accuracy."""
JUDGED: dict[Side, str] = {
    "within": "within the noise",
    "below": "more than the noise",
    "above": "more than the noise",
    "unknown": "not judged",
}


def unjudged(reference: str | None, rows: Sequence[Row], noise: Noise) -> str:
    """Return why differences are not judged, "" where they are."""
    if reference is None:
        return ""
    if not any(row.label == reference and row.reports for row in rows):
        return f"{reference} has not been run yet, so there is nothing to hold the others against."
    if noise.deviation(accuracy) is None:
        return (
            f"The noise floor has {noise.seeds} of its three seeds, so no difference is judged yet: "
            "`nat reproduce --study noise_floor`."
        )
    return ""


def summary(rows: Sequence[Row], reference: Row, noise: Noise, set_name: str) -> str:
    """Return which rows have a lower NCR than the reference where each keeps 95 %, which a higher, which neither.

    Each with its NCR, the lowest first, and a mark where that costs accuracy.
    """
    measure = on(set_name, "ncr_at_95_kept")
    groups: dict[Side, list[tuple[float, str]]] = {"below": [], "within": [], "above": []}
    costly = False
    for row in rows:
        side, found = _side(row, reference, noise, set_name, "ncr_at_95_kept"), row.over_seeds(measure)
        if row is reference or found is None or side not in groups:
            continue
        dear = noise.side(row, reference, accuracy) == "below"
        costly |= dear
        groups[side].append((found.mean, f"`{row.label}` {figure(found.mean)}{COSTLY if dear else ''}"))
    named = {side: ", ".join(text for _, text in sorted(each)) or "none" for side, each in groups.items()}
    own = reference.over_seeds(measure)
    value = "" if own is None else f" ({figure(own.mean)})"
    return (
        f"NCR on {set_name} where each keeps 95 %, against `{reference.label}`{value}: lower by more than the noise: "
        f"{named['below']}; within the noise: {named['within']}; higher by more than the noise: {named['above']}."
    ) + (f" {COSTLY} less accurate by more than the noise." if costly else "")


def sentences(rows: Sequence[Row], reference: Row, noise: Noise, set_name: str) -> tuple[str, ...]:
    """Return a sentence for each row that was run: accuracy, NCR at 0.9 and at 95 % kept, beside the reference's."""
    return tuple(
        f"`{row.label}` ({_seeds(row)}): {_accuracy(row, reference, noise)}; "
        f"NCR_{HIGHEST_KEY} {_rate(row, reference, noise, set_name, 'ncr', HIGHEST_KEY)}; "
        f"at 95 % kept {_rate(row, reference, noise, set_name, 'ncr_at_95_kept')}."
        for row in rows
        if row.reports and row is not reference
    )


def protections(rows: Sequence[Row], reference: Row, noise: Noise) -> tuple[str, ...]:
    """Return a sentence for each row that was run: the sets on which its NCR, 95 % kept, is below the reference's.

    A set of the kind that the row was taught with is marked so.
    """
    found = []
    for row in rows:
        if not row.reports or row is reference:
            continue
        groups: dict[Side, list[str]] = {"below": [], "within": [], "above": [], "unknown": []}
        for name, each in row.reports[0].negatives.items():
            mark = "" if each.role == UNSEEN else " (its own kind)"
            groups[_side(row, reference, noise, name, "ncr_at_95_kept")].append(name + mark)
        named = {side: ", ".join(names) or "none" for side, names in groups.items()}
        sentence = f"`{row.label}` protects against: {named['below']}; within the noise: {named['within']}"
        found.append(sentence + (f"; worse on: {named['above']}." if groups["above"] else "."))
    return tuple(found)


def _seeds(row: Row) -> str:
    return f"{len(row.reports)} {'seed' if len(row.reports) == 1 else 'seeds'}"


def _accuracy(row: Row, reference: Row, noise: Noise) -> str:
    ours, theirs = row.over_seeds(accuracy), reference.over_seeds(accuracy)
    if ours is None or theirs is None:
        return "accuracy not measured"
    judged = JUDGED[noise.side(row, reference, accuracy)]
    return f"accuracy {100 * ours.mean:.2f} %, {100 * (ours.mean - theirs.mean):+.2f} points, {judged}"


def _rate(row: Row, reference: Row, noise: Noise, set_name: str, field: str, key: str | None = None) -> str:
    measure = on(set_name, field, key)
    ours, theirs = row.over_seeds(measure), reference.over_seeds(measure)
    if ours is None or theirs is None:
        return "not measured"
    judged = JUDGED[_side(row, reference, noise, set_name, field, key)]
    return f"{figure(ours.mean)}, {ours.mean - theirs.mean:+.3f}, {judged}"


def _side(row: Row, reference: Row, noise: Noise, set_name: str, field: str, key: str | None = None) -> Side:
    of_noise: Measure = on(STANDS_IN.get(set_name, set_name), field, key)
    return noise.side(row, reference, on(set_name, field, key), of_noise)
