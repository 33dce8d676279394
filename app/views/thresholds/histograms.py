"""The histograms of Thresholds: line, fills and sentences follow the finger; the app hears of it on release.

The browser is given the sentences of every threshold to choose and computes none itself. It reads the
native slider while that is dragged; the line in the chart can be dragged as well.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float

from nat_app.answers import score_rates, stored_answers
from nat_app.answers.shared_results import shared_by_all
from nat_app.frame import frame
from nat_app.frame.settings import THRESHOLD
from nat_app.shared import words
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind, Palette
from nat_app.shared.language import N_, Titles, _, number
from nat_app.shared.page_file import SVG_SCRIPT
from nat_app.shared.pairs import Pair
from nat_app.shared.score_scales import SCORE_AXES, T_STEPS, Scale
from nat_app.shared.words import threshold_title
from nat_app.views.thresholds.settings import LIVE, MOVED_BY_T
from nat_app.views.thresholds.words import few_title, trade
from nat_core.language import current
from nat_core.measure.predictions import Predictions
from nat_core.measure.scores import CONFIDENCE, scores_of

HEIGHT = 390
BARS = 50
"""How many bars there are, each two hundredths wide."""
ROUND = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
PANEL = {True: N_("{network}\u2003kept: {share}"), False: N_("{network}\u2003fooled: {share}")}
"""What stands above a network's bars, by whether it knows what they show."""
SHORT_AXES: Titles[str] = Titles(
    {
        "entropy": N_("minus the entropy"),
        "gen": N_("minus GEN's entropy"),
        "energy": N_("minus its energy"),
        "max_logit": N_("its largest logit"),
    }
)
"""What an axis of another score than confidence shows, where there is little room."""
_HERE = Path(__file__).parent
_NUMBERS = (
    '<div class="{kind}"><p class="name"></p><ul class="numbers">'
    '<li><span class="fooling" aria-hidden="true">▲</span>&nbsp;<span class="fooled"></span></li>'
    '<li><span class="keeping" aria-hidden="true">■</span>&nbsp;<span class="kept"></span></li></ul></div>'
)
STYLE = (_HERE / "histograms.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "histograms.js").read_text(encoding="utf-8")
HTML = (
    '<div class="live"><div class="drawing"></div><div class="words">'
    + "".join(_NUMBERS.format(kind=kind) for kind in KINDS)
    + '<p class="trade"></p><p class="source"></p></div></div>'
)
_component = st.components.v2.component(
    "live_threshold",
    html=HTML,
    css=STYLE,
    js=SVG_SCRIPT + SCRIPT,
)


@dataclass(frozen=True)
class Sizes:
    """How many pictures the rates are of."""

    chosen: int
    negatives: int
    known: int


@dataclass(frozen=True)
class Rates:
    """Both networks' rates at some thresholds, all in [0, 1]."""

    chosen: dict[Kind, Float[np.ndarray, " k"]]
    """The share of the chosen image set above t."""
    fooled: dict[Kind, Float[np.ndarray, " k"]]
    """NCR on the negatives that the sentences speak of."""
    kept: dict[Kind, Float[np.ndarray, " k"]]
    """The share kept of what they know."""
    sizes: Sizes


def sentences(
    rates: Rates, at: dict[Kind, Float[np.ndarray, " k"]], *, known: bool, score: str = CONFIDENCE
) -> list[dict[str, Any]]:
    """Return what the page says at each threshold: its title, each network's numbers, and the trade.

    `at` are each network's thresholds of the score, of confidence in [0, 1]; `known` is for the in-distribution set as
    the chosen one.
    """
    return [_sentences_at(rates, at, place, known, score) for place in range(len(at["nat"]))]


def at_every_step(pair: Pair, sets: tuple[str, str, str], sizes: Sizes, scale: Scale) -> list[dict[str, Any]]:
    """Return the sentences at each step of the scale; `sets` are the chosen one, the negatives and what is known."""
    stamps = tuple(stored_answers.stamp_of(name) for name in pair.names)
    return _at_every_step(stored_answers.folder(), pair, stamps, sets, sizes, scale, current())


# Hundreds of sentences that a visitor moves past; the same for all who speak a language.
@shared_by_all(most=64)
def _at_every_step(
    where: Path, pair: Pair, stamps: tuple[tuple[int, ...], ...], sets: tuple[str, str, str], sizes: Sizes,
    scale: Scale, language: str,
) -> list[dict[str, Any]]:  # fmt: skip
    chosen, fooled, kept = (score_rates.curves(pair, each, scale) for each in sets)
    steps = dict.fromkeys(KINDS, scale.steps)
    return sentences(Rates(chosen, fooled, kept, sizes), steps, known=sets[0] == sets[2])


def _sentences_at(rates: Rates, at: dict[Kind, Any], place: int, known: bool, score: str) -> dict[str, Any]:
    chosen, fooled, kept, here = (
        {kind: float(each[kind][place]) for kind in KINDS} for each in (rates.chosen, rates.fooled, rates.kept, at)
    )
    panel, sizes = PANEL[known], rates.sizes
    texts: dict[str, Any] = {
        kind: {
            "name": f"{NAMES[kind]}, t = {words.threshold_text(here[kind])}",
            "panel": _(panel, network=NAMES[kind], share=_share(chosen[kind], sizes.chosen)),
            "fooled": words.fooled_by(fooled[kind], sizes.negatives),
            "kept": words.keeps(kept[kind], sizes.known),
        }
        for kind in KINDS
    }
    # The page's own title: the script writes it there while the line moves.
    title = threshold_title(chosen, here, known, score)
    if sizes.chosen < words.ENOUGH:
        title = few_title(chosen, sizes.chosen, here, known=known, score=score)
    return texts | {"title": title, "trade": trade(fooled, kept, sizes.negatives)}


@st.fragment
def draw_slider(drawn_at: float, *, locked: bool) -> None:
    """Draw the slider of t; `drawn_at` is the t that the rest of the page is drawn at.

    Once it is let go, it alone is drawn again: the browser has moved line, fills and sentences by then. So the app
    only has to hear of it. Where a part is open that only the app can move, the page follows.
    """
    frame.threshold_slider(_("Threshold t: sure above it"), disabled=locked)
    if THRESHOLD.value != drawn_at and any(fold.open.value for fold in MOVED_BY_T):
        st.rerun()


def _share(share: float, pictures: int) -> str:
    return words.percent(share) if pictures >= words.ENOUGH else words.of_100(share, pictures)


def draw(
    shares: dict[Kind, Float[np.ndarray, " bars"]], said: list[dict[str, Any]], at: dict[Kind, float],
    colours: Palette, *, known: bool, scale: Scale, classes: int, alt: str, source: str,
    on_move: Callable[[float], None],
) -> None:  # fmt: skip
    """Draw how sure both networks are of one image set beside the sentences, `shares` of the pictures in equal bars.

    The bars divide the scale's axis. `said` are the sentences at each threshold to choose, or one entry where
    each network has its own threshold in `at`; `on_move` is told the threshold on release of the line. The title of
    the threshold where the line stands follows `alt` in the drawing's description.
    """
    data = drawing(shares, at, known=known, scale=scale, classes=classes) | {
        "t": at["nat"],
        "locked": len(said) == 1,
        "says": said,
        "alt": alt,
        "source": source,
        "colours": colours_of(colours, known=known),
    }
    _component(key=LIVE.key, data=data, on_moved_change=lambda: LIVE.hear(on_move))


def drawing(
    shares: dict[Kind, Float[np.ndarray, " bars"]], at: dict[Kind, float], *, known: bool, scale: Scale, classes: int
) -> dict[str, Any]:
    """Return what the script draws by, but for where t stands, what is said of it and the colours."""
    top = 1.08 * max(float(each.max()) for each in shares.values())
    return {
        # By these keys the script finds the slider to follow and the row of sets on the page.
        "slider": "t",
        "chips": "set",
        "at": at,
        "places": {kind: float(scale.places(np.array([at[kind]]))[0]) for kind in KINDS},
        "marks": {kind: f"t = {words.threshold_text(at[kind])}" for kind in KINDS},
        "steps": list(T_STEPS),
        "step_marks": [f"t = {words.threshold_text(step)}" for step in T_STEPS],
        "shares": {kind: each.tolist() for kind, each in shares.items()},
        "top": top,
        "ticks": ticks(top),
        "no_opinion": no_opinion(scale, classes),
        "axis_ticks": axis_ticks(scale),
        **_axis_titles(scale, classes),
        "y_axis": _("share of pictures"),
        "height": HEIGHT,
    }


def colours_of(colours: Palette, *, known: bool) -> dict[str, str]:
    """Return the colours of networks, lines, and what lies beyond the threshold: right of known pictures only."""
    shares = {"fooled": colours.fooled, "kept": colours.kept, "beyond": colours.kept if known else colours.fooled}
    return {kind: colours.of(kind) for kind in KINDS} | {"line": colours.line, "faint": colours.faint} | shares


def no_opinion(scale: Scale, classes: int) -> float | None:
    """Return where on the scale's axis equal probabilities lie, in [0, 1]; None where that is beyond it or nowhere.

    Energy and the largest logit know none: the same probabilities come of logits of any size.

    >>> no_opinion(Scale(), 10), no_opinion(Scale(1.0, "energy", 0.0, 9.0), 10)
    (0.1, None)
    """
    if scale.score in ("energy", "max_logit"):
        return None
    uniform = scores_of(Predictions("", "", ("",), np.zeros((1, classes))), scale.score)
    return float(scale.places(uniform)[0]) if scale.low <= uniform[0] <= scale.high else None


def axis_ticks(scale: Scale) -> list[tuple[float, str]]:
    """Return where the ticks of the scale's axis stand, in [0, 1], and what they say: of confidence in percent.

    >>> axis_ticks(Scale(1.0, "energy", -2.0, 8.0))
    [(0.2, '0'), (0.4, '2'), (0.6, '4'), (0.8, '6'), (1.0, '8')]
    """
    if scale.is_confidence:
        return [(share, f"{100 * share:.0f}{words.HARD_SPACE}%") for share in (0, 0.25, 0.5, 0.75, 1)]
    length = scale.high - scale.low
    step = next(each * 10**power for power in range(9) for each in (1, 2, 5) if length <= 5 * each * 10**power)
    first = math.ceil(scale.low / step)
    values = [times * step for times in range(first, math.floor(scale.high / step) + 1)]
    return [((value - scale.low) / length, number(value, ",")) for value in values if value > scale.low]


def _axis_titles(scale: Scale, classes: int) -> dict[str, str]:
    """What stands below the axis, and what where there is little room."""
    title = SCORE_AXES[scale.score]
    if scale.is_confidence:
        return {
            "axis": _("{axis}; dashed: no opinion, 1/{classes}", axis=title, classes=classes),
            "short_axis": _("how sure it is; dashed: 1/{classes}", classes=classes),
        }
    short = SHORT_AXES[scale.score]
    if no_opinion(scale, classes) is None:
        return {"axis": title, "short_axis": short}
    return {
        "axis": _("{axis}; dashed: no opinion", axis=title),
        "short_axis": _("{axis}; dashed: no opinion", axis=short),
    }


def ticks(top: float) -> list[float]:
    """Return the ticks of an axis of shares from 0 to `top`: at most five, at round numbers.

    >>> ticks(0.43)
    [0.0, 0.2, 0.4]
    """
    step = next((each for each in ROUND if top / each < 4), ROUND[-1])
    # 0.6 / 0.2 is 2.9999999999999996, hence the hair more.
    return [round(step * number, 2) for number in range(int(top / step + 1e-9) + 1)]
