"""What a visitor takes home of their photos: a CSV, and a report that is one file; made in memory, when asked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image

from nat_app.shared.files import _url, page, png_url
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS, LIGHT, NAMES, Kind
from nat_app.shared.words import percent
from nat_app.views.your_photos.cards import Card
from nat_app.views.your_photos.words import SQUARES, verdict
from nat_core.files import csv_text

PHOTO_SIDE = 200
STYLE = f"""
body {{ font: 16px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
img {{ border-radius: .3rem; display: block; }}
.seen {{ image-rendering: pixelated; }}
.bar {{ height: .6rem; margin: .2rem 0; min-width: 1px; }}
.baseline {{ background: repeating-linear-gradient(135deg, {LIGHT.baseline} 0 2px, transparent 2px 4px);
  outline: 1px solid {LIGHT.baseline}; }}
.nat {{ background: {LIGHT.nat}; }}
small {{ color: #555; }}
"""


@dataclass(frozen=True)
class Asked:
    """What the photos were asked with."""

    pair: Pair
    threshold: float
    crop: str
    """A name of `images.CROPS`."""


def photos_csv(cards: Sequence[Card], asked: Asked) -> str:
    """Return a row for each photo: both answers, whether they are sure at t, and all probabilities."""
    classes = cards[0].said["nat"].classes
    answers = [f"{kind}_{what}" for kind in KINDS for what in ("network", "answer", "confidence", "sure")]
    each = [f"{kind}_{name}" for kind in KINDS for name in classes]
    rows = [["photo", "one_of_the_classes", "made_square_by", "t", *answers, "disagreement", *each]]
    for card in cards:
        said = [value for kind in KINDS for value in _answer(card, kind, asked)]
        probabilities = [f"{value:.6f}" for kind in KINDS for value in card.said[kind].probabilities]
        known = "yes" if card.known else "no"
        own = [card.name, known, asked.crop, f"{asked.threshold:.2f}", *said, f"{card.disagreement:.6f}"]
        rows.append([*own, *probabilities])
    return csv_text(rows)


def _answer(card: Card, kind: Kind, asked: Asked) -> list[str]:
    answer = card.said[kind].answer
    sure = "yes" if answer.confidence > asked.threshold else "no"
    return [asked.pair.by_kind[kind], answer.predicted, f"{answer.confidence:.6f}", sure]


def report_html(cards: Sequence[Card], asked: Asked, sentences: Sequence[str]) -> str:
    """Return a page that needs no other file: the finding, the sentences, and each photo with both answers.

    The first of the `sentences` is the title. No script is in it, and none could run.
    """
    paragraphs = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences[1:])
    networks = " and ".join(escape(name) for name in asked.pair.names)
    rows = "\n".join(_row(card, asked) for card in cards)
    body = f"""{paragraphs}
<table>
<thead><tr><th>Photo</th><th>What they see</th><th>Baseline</th><th>NAT</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p><small>Networks: {networks}. Sure means above {percent(asked.threshold)}. Made square: {SQUARES[asked.crop].lower()}.
Made with NAT Explorer.</small></p>"""
    return page(sentences[0], body, STYLE, pictures=True)


def _row(card: Card, asked: Asked) -> str:
    photo = Image.fromarray(card.photo)
    photo.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    seen = f'<img class="seen" width="96" height="96" src="{png_url(card.pixels)}" alt="the 32 x 32 pixels they see">'
    cells = "".join(_cell(card, kind, asked) for kind in KINDS)
    name = escape(card.name)
    return f'<tr><td><img src="{_url(photo, "JPEG")}" alt="{name}">{name}</td><td>{seen}</td>{cells}</tr>'


def _cell(card: Card, kind: Kind, asked: Asked) -> str:
    answer = card.said[kind].answer
    bar = f'<div class="bar {kind}" style="width:{100 * answer.confidence:.1f}%"></div>'
    says = f"{NAMES[kind]}: {percent(answer.confidence)} {answer.predicted}."
    return f"<td>{escape(says)}{bar}{escape(without_markup(verdict(answer, card.known, asked.threshold)))}</td>"


def without_markup(text: str) -> str:
    """Return a sentence of `photo_words` without its colours and bold type.

    >>> without_markup(":orange[▲] **Fooled**: sure, and wrong.")
    '▲ Fooled: sure, and wrong.'
    """
    return re.sub(r":[a-z]+\[([^\]]*)\]", r"\1", text).replace("**", "")
