"""What a network learned of a visitor's negatives, before and after, as bars in plain HTML; no Streamlit here."""

from collections.abc import Container, Sequence
from html import escape

from nat_app.shared.drawing.bars import TICKS, at, drawing, shown
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import _, pgettext
from nat_app.shared.words import ENOUGH, of_100, percent, percent_fine, threshold_text

ROW = 2.875
"""The height of a row, in rem: of its two bars, and of what keeps it apart from the next."""
LONGEST = 22
"""How many letters of a row's name are shown at most."""


def before_after(
    names: Sequence[str],
    before: Sequence[float],
    after: Sequence[float] | None,
    kind: Kind,
    *,
    axis: str,
    alt: str,
    threshold: float | None = None,
    alone: Sequence[float] | None = None,
    pictures: Sequence[int] | None = None,
    fine: Container[str] = (),
) -> str:
    """Return two bars a row, hatched before learning and solid after it, all in [0, 1] and labelled in percent.

    `after` is None where nothing was learned yet; `kind` is the network's, whose colour the hatched bars have.
    `pictures` is how many each row is a share of: few are labelled as counts. The rows in `fine` have a decimal, as
    accuracies do. `threshold` draws a line and names it; `alone` marks where as much training without negatives leads.
    `axis` says what is drawn, `alt` what is found.

    >>> before_after(["a cat"], [0.9], [0.2], "nat", axis="how sure", alt="Less sure.").count('class="bar"')
    2
    """
    learned = [(pgettext("learning", "before"), before, f"{kind} hatched")]
    if after is not None:
        learned.append((pgettext("learning", "after"), after, "nat"))
    rows = []
    for row, name in enumerate(names):
        few = None if pictures is None or pictures[row] >= ENOUGH else pictures[row]
        track = "".join(
            _bar(name, when, shares[row], drawn, _amount(shares[row], few, fine=name in fine))
            for when, shares, drawn in learned
        )
        if alone is not None:
            without = _("as long without negatives")
            track += at(100 * alone[row], "alone", title=f"{name}, {without}: {percent_fine(alone[row])}")
        rows.append((_short(name), track))
    ticks = [at(100 * tick, "value", f"{tick:.0%}".replace("%", "\u00a0%")) for tick in TICKS]
    head, line = ("", "") if threshold is None else _limit(threshold)
    return drawing(rows, [line], ticks, alt=alt, height=ROW, kind="nat-bars nat-taught", head=head, foot=axis)


def _limit(threshold: float) -> tuple[str, str]:
    """The name of the threshold, above the drawing on the side that has room for it, and its line."""
    place, side = 100 * threshold, "leftward" if threshold > 0.5 else "rightward"
    name = at(place, f"words {side}", escape(f"t\u00a0=\u00a0{threshold_text(threshold)}"))
    return f'<span class="over">{name}</span>', at(place, "limit")


def _amount(share: float, few: int | None, *, fine: bool) -> str:
    """A share in percent, or a count of the `few` pictures that it is a share of."""
    if few is not None:
        return of_100(share, few)
    return percent_fine(share) if fine else percent(share)


def _bar(name: str, when: str, share: float, kind: str, amount: str) -> str:
    """One bar, with its amount beside the row, in one column where no mark runs through it."""
    told = shown(f"{name}, {when}: {percent_fine(share)}")
    drawn = f'<span class="{kind}" style="width: {100 * share:.2f}%" title="{told}"></span>'
    return f'<span class="bar">{drawn}<span class="amount">{escape(f"{amount} {when}")}</span></span>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
