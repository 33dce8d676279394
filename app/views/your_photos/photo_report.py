"""What a visitor can take home about their photos: a CSV and a one-file report, made in memory when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, LIGHT, NAMES, Kind
from nat_app.shared.language import _
from nat_app.shared.page_file import page, png_url, thumbnail_url
from nat_app.shared.pairs import Pair
from nat_app.shared.words import percent, plain, threshold_share, threshold_text
from nat_app.views.your_photos.answer_cards import AnswerCard
from nat_app.views.your_photos.words import SQUARES
from nat_app.visit.verdicts import verdict
from nat_core import language
from nat_core.files import csv_text

PHOTO_SIDE = 200
IN_CSV = {True: "yes", False: "no", None: "not said"}
"""Whether a photo shows one of the classes."""
STYLE = f"""
body {{ font: 16px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }}
/* Both networks' columns are as wide as each other, so that their bars have one scale. */
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; }}
th:first-child {{ width: {PHOTO_SIDE}px; }}
th:nth-child(2) {{ width: 96px; }}
th, td {{ text-align: left; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
td {{ overflow-wrap: anywhere; }}
img {{ border-radius: .3rem; display: block; max-width: 100%; height: auto; }}
.seen {{ image-rendering: pixelated; }}
.bar {{ height: .6rem; margin: .2rem 0; min-width: 1px; }}
.baseline {{ background: repeating-linear-gradient(135deg, {LIGHT.baseline} 0 2px, transparent 2px 4px);
  outline: 1px solid {LIGHT.baseline}; }}
.nat {{ background: {LIGHT.nat}; }}
small {{ color: #555; }}
/* A phone shows a row in two lines, the photos above the answers, which say whose they are. */
@media (max-width: 640px) {{
  table, tbody {{ display: block; }}
  thead {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
  tr {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); border-bottom: 1px solid #ddd; }}
  td {{ border: none; }}
}}
"""


@dataclass(frozen=True)
class Conditions:
    """Under what the networks were asked about the photos."""

    pair: Pair
    threshold: float
    crop: str
    """A name of `images.CROPS`."""
    language: str = language.SOURCE
    """In which the report speaks; a table is the same in all."""


def photos_csv(cards: Sequence[AnswerCard], conditions: Conditions) -> str:
    """Return a row for each photo: both answers, whether they are sure at t, and all probabilities."""
    with language.speaking(language.SOURCE):
        t = threshold_text(conditions.threshold)
    classes = cards[0].said["nat"].classes
    answers = [f"{kind}_{what}" for kind in KINDS for what in ("network", "answer", "confidence", "sure")]
    each = [f"{kind}_{name}" for kind in KINDS for name in classes]
    rows: list[list] = [
        ["photo", "one_of_the_classes", "shows", "made_square_by", "t", *answers, "disagreement", *each]
    ]
    for card in cards:
        said = [value for kind in KINDS for value in _answer(card, kind, conditions)]
        probabilities = [f"{value:.6f}" for kind in KINDS for value in card.said[kind].probabilities]
        how = [IN_CSV[card.known], card.label or "", conditions.crop, t]
        rows.append([card.name, *how, *said, f"{card.disagreement:.6f}", *probabilities])
    return csv_text(rows)


def _answer(card: AnswerCard, kind: Kind, conditions: Conditions) -> list[str]:
    answer = card.said[kind].answer
    sure = "yes" if answer.confidence > conditions.threshold else "no"
    return [conditions.pair.by_kind[kind], answer.predicted, f"{answer.confidence:.6f}", sure]


def report_html(cards: Sequence[AnswerCard], conditions: Conditions, sentences: Sequence[str]) -> str:
    """Return a page that needs no other file: the finding, the sentences, and each photo with both answers.

    The first of the `sentences` is the title. No script is in it, and none could run.
    """
    # It is made when asked for, outside of the visit, where nobody has said which language to speak.
    with language.speaking(conditions.language):
        return page(sentences[0], _body(cards, conditions, sentences[1:]), STYLE, pictures=True)


def _body(cards: Sequence[AnswerCard], conditions: Conditions, sentences: Sequence[str]) -> str:
    paragraphs = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    heads = "".join(f"<th>{escape(head)}</th>" for head in (_("Photo"), _("What they see"), *NAMES.values()))
    rows = "\n".join(_row(card, conditions) for card in cards)
    how = SQUARES[conditions.crop]
    how = f"{how[:1].lower()}{how[1:]}"
    made = _(
        "Networks: {baseline} and {nat}. Sure means above {threshold}. Made square: {how}. Made with NAT Explorer.",
        **conditions.pair.by_kind,
        threshold=threshold_share(conditions.threshold),
        how=how,
    )
    return f"""{paragraphs}
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p><small>{escape(made)}</small></p>"""


def _row(card: AnswerCard, conditions: Conditions) -> str:
    alt = escape(_("the 32 x 32 pixels they see"))
    seen = f'<img class="seen" width="96" height="96" src="{png_url(card.pixels)}" alt="{alt}">'
    cells = "".join(_cell(card, kind, conditions) for kind in KINDS)
    # A file's name may hold anything, markup too.
    name = escape(card.name)
    photo = f'<img src="{thumbnail_url(card.photo, PHOTO_SIDE)}" alt="{name}">{name}'
    return f"<tr><td>{photo}</td><td>{seen}</td>{cells}</tr>"


def _cell(card: AnswerCard, kind: Kind, conditions: Conditions) -> str:
    answer = card.said[kind].answer
    bar = f'<div class="bar {kind}" style="width:{100 * answer.confidence:.1f}%"></div>'
    sentence = f"{NAMES[kind]}: {percent(answer.confidence)} {class_title(answer.predicted)}."
    said = plain(verdict(answer, card.label, conditions.threshold))
    return f"<td>{escape(sentence)}{bar}{escape(said)}</td>"
