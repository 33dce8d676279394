"""The probabilities of one picture as bars, and the rows that such drawings share; no Streamlit here.

They are plain HTML, which a browser draws at once: Plotly would bring 4.7 MB of scripts before the first of them is
seen. Colours and lengths are the style sheet's (frame/style.css), so that bars fit their column, follow the theme, and
grow on the wall.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import Float

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind
from nat_app.shared.language import N_, _
from nat_app.shared.words import percent, percent_fine
from nat_core.language import legible

TEN_BY_BOTH = N_("Ten probabilities by both networks.")
"""How the text for those who cannot see the bars of both networks begins."""
BOTH_LEGEND = N_("Hatched grey bars: baseline. Solid blue bars: NAT. Dashed: no opinion.")
"""What the marks of both networks' bars mean; it stands below them."""
AXIS = 1.2
"""The share at the right end of a drawing, so that the label of a bar of 100 % has room."""
TICKS = (0, 0.5, 1)
ROW, ROOMY_ROW = 1.49, 2.6
"""The height of a class in a drawing, in rem, and where there are few of them."""
FEW = 6


def probability_bars(
    probabilities: Float[np.ndarray, " classes"], classes: Sequence[str], kind: Kind, *, alt: str
) -> str:
    """Return one network's probabilities of one picture as horizontal bars, the winner labelled, 1/c dashed.

    `probabilities` in [0, 1], one for each of `classes`; `alt` says the finding to whoever does not see them.

    >>> probability_bars(np.array([0.9, 0.1]), ("cat", "dog"), "nat", alt="NAT: 90 % cat.").count('class="nat"')
    2
    """
    even = _at(1 / len(classes), "words", escape(_("no opinion, 1/{classes}", classes=len(classes))))
    head = _cell(f"whose {kind}", NAMES[kind]) + f'<span class="over">{even}</span>'
    return _drawing({kind: probabilities}, classes, alt, head, _("how sure it is"))


def paired_bars(
    probabilities: Mapping[Kind, Float[np.ndarray, " classes"]], classes: Sequence[str], *, alt: str
) -> str:
    """Return both networks' probabilities of one picture, two bars a class, each winner labelled, 1/c dashed."""
    return _drawing({kind: probabilities[kind] for kind in KINDS}, classes, alt)


def _drawing(said: Mapping[Kind, np.ndarray], classes: Sequence[str], alt: str, head: str = "", foot: str = "") -> str:
    winners = {kind: int(each.argmax()) for kind, each in said.items()}
    rows = []
    for place, name in enumerate(map(class_title, classes)):
        bars = [_bar(kind, float(each[place]), name, place == winners[kind]) for kind, each in said.items()]
        rows.append((name, "".join(bars)))
    lines = [_at(share, "tick") for share in TICKS] + [_at(1 / len(classes), "even")]
    ticks = [_at(share, "value", f"{share:.0%}".replace("%", "\u00a0%")) for share in TICKS]
    height = ROW if len(classes) > FEW else ROOMY_ROW
    return drawing(rows, lines, ticks, alt=alt, height=height, head=head, foot=foot)


def _bar(kind: Kind, probability: float, name: str, wins: bool) -> str:
    said = f"{NAMES[kind]}, {name}: {percent_fine(probability)}"
    label = f'<span class="label">{escape(percent(probability))}</span>' if wins else ""
    width = f"{100 * probability / AXIS:.2f}%"
    return f'<span class="bar"><span class="{kind}" style="width: {width}" title="{shown(said)}"></span>{label}</span>'


def _cell(kind: str, text: str) -> str:
    return f'<span class="{kind}">{shown(text)}</span>'


def _at(share: float, kind: str, content: str = "") -> str:
    return at(100 * share / AXIS, kind, content)


def drawing(
    rows: Sequence[tuple[str, str]], lines: Iterable[str], ticks: Iterable[str], *, alt: str, height: float,
    kind: str = "nat-bars", head: str = "", foot: str = "",
) -> str:  # fmt: skip
    """Return rows as a drawing: a name and what lies along its track each, over `lines` and above an axis of `ticks`.

    `height` of a row in rem; `kind` are its classes in the style sheet; `head` stands above, and `foot` says what the
    axis measures.
    """
    drawn = "".join(_cell("name", name) + f'<span class="track">{track}</span>' for name, track in rows)
    style = f"--row: {height}rem; --rows: {len(rows)}"
    return (
        f'<div class="{kind}" role="img" aria-label="{escape(alt)}" style="{style}">'
        f'{head}<span class="lines">{"".join(lines)}</span>{drawn}'
        f'<span class="axis">{"".join(ticks)}</span>{_cell("means", foot) if foot else ""}</div>'
    )


def at(place: float, kind: str, content: str = "", title: str = "") -> str:
    """Return a mark of a drawing at a place of its track, in percent; `title` is told under the pointer.

    >>> at(50, "tick")
    '<span class="tick" style="left: 50.00%"></span>'
    """
    told = f' title="{shown(title)}"' if title else ""
    return f'<span class="{kind}" style="left: {place:.2f}%"{told}>{content}</span>'


def shown(text: str) -> str:
    """Return a text, a stranger's too, so that a page shows it as it is: no tag, no entity.

    >>> shown("<b>cat</b> & dog")
    '&lt;b&gt;cat&lt;/b&gt; &amp; dog'
    """
    return escape(legible(text))
