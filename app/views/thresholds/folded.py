"""The folded parts of Thresholds, each computed only once it is opened.

They hold the rates at every threshold, the fair comparison, the classes that negatives are taken for with the pictures
behind a bar, and the tables beside the paper's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from nat_app.answers import score_rates, stored_answers
from nat_app.frame import frame, links
from nat_app.frame.wall import fitted
from nat_app.shared.classes import class_title
from nat_app.shared.drawing.charts import CONFIG
from nat_app.shared.drawing.palette import AMID, KINDS, NAMES, Kind
from nat_app.shared.language import N_, _, ngettext, number
from nat_app.shared.pairs import Pair, in_markdown, pictures_of, set_title
from nat_app.shared.score_scales import CONFIDENT, KEPT, TEMPERATURES, Scale
from nat_app.shared.words import comparison_note, literal, percent, threshold_text
from nat_app.views.thresholds import charts, rate_tables, words
from nat_app.views.thresholds.settings import (
    BEHIND_CLASS,
    BEHIND_KIND,
    CLASS_BARS,
    CLASSES,
    CURVES,
    FAIR,
    PAPER,
    TEMPERATURE,
    Fold,
)
from nat_app.visit import brought_along
from nat_core.data.sets import CIFAR100_CLASSES, data_folder, describe
from nat_core.errors import MissingDataset
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import SetReport
from nat_core.measure.scores import CONFIDENCE, FPR95_NOTE, SCORE_NAMES, scores_of

SHEET_COLUMNS, SHEET_ROWS, SHEET_SIDE = 12, 3, 72
PAPERS_CIRCLES = N_("Circles: the paper's four thresholds.")
HALVES = [half / 2 for half in range(round(2 * TEMPERATURES[0]), round(2 * TEMPERATURES[1]) + 1)]
"""The temperatures to choose from."""
MOST_KINDS = 10
"""How many kinds of negatives are shown: those that fool NAT most."""


@dataclass(frozen=True, eq=False)
class OwnKinds:
    """The kinds of negatives that fool NAT most, by the image set's own labels."""

    names: tuple[str, ...]
    rates: dict[Kind, Float[np.ndarray, " k"]]
    """NCR on each, in [0, 1]."""
    pictures: tuple[int, int]
    """The fewest and the most pictures of a kind."""
    of: int
    """How many kinds the set has."""


@dataclass(frozen=True, eq=False)
class ContactSheet:
    """Some of the pictures behind a bar in one image, those it is most sure of first."""

    image: UInt8[np.ndarray, "h w 3"]
    shown: int
    sure: tuple[float, float]
    """The score of the first and of the last; of confidence in [0, 1]."""


def shares_by_class(
    pair: Pair, set_name: str, at: dict[Kind, float], scale: Scale = CONFIDENT
) -> dict[Kind, Float[np.ndarray, " classes"]]:
    """For each class, the share of a set's pictures that a network is sure are of it; together its NCR."""
    shares = {}
    for kind, name in pair.by_kind.items():
        each = score_rates.tempered(name, set_name, scale.temperature)
        above = score_rates.scores(name, set_name, scale) > at[kind]
        counts = np.bincount(each.predicted[above], minlength=each.logits.shape[1])
        shares[kind] = counts / len(each)
    return shares


def own_kinds(pair: Pair, set_name: str, at: dict[Kind, float], scale: Scale = CONFIDENT) -> OwnKinds | None:
    """NCR by the image set's own classes, those that fool NAT most first; None where no labels are stored."""
    labels = stored_answers.predictions(pair.nat, set_name).labels
    if set_name in brought_along.sets():
        names = brought_along.sets()[set_name].images.classes
    else:
        names = CIFAR100_CLASSES if set_name.startswith("cifar100") else ()
    if not names or labels is None:
        return None
    counts = np.bincount(labels, minlength=len(names))
    rates = {
        kind: np.bincount(labels, weights=score_rates.scores(name, set_name, scale) > at[kind], minlength=len(names))
        / np.maximum(counts, 1)
        for kind, name in pair.by_kind.items()
    }
    # lexsort sorts by its last key first: by NAT's rate, then by the baseline's. Kinds without a picture are left out.
    worst = [place for place in np.lexsort((-rates["baseline"], -rates["nat"])) if counts[place]][:MOST_KINDS]
    some = counts[counts > 0]
    return OwnKinds(
        tuple(words.kind_title(names[place]) for place in worst),
        {kind: rates[kind][worst] for kind in KINDS},
        (int(some.min()), int(some.max())),
        len(some),
    )


def count_behind(predictions: Predictions, threshold: float, predicted: int, score: str = CONFIDENCE) -> int:
    """How many pictures a network is sure are of this class."""
    return int(_behind(predictions, threshold, predicted, score).sum())


def sheet(
    network: str, predictions: Predictions, threshold: float, predicted: int, score: str = CONFIDENCE
) -> ContactSheet | None:
    """The pictures that a network is most sure are of this class; None where this disk holds none of them.

    Raises MissingDataset where the image set is not on this disk.
    """
    images = stored_answers.image_set(predictions.set_name, data_folder())
    where = {identity: place for place, identity in enumerate(images.ids)}
    found, values = np.flatnonzero(_behind(predictions, threshold, predicted, score)), scores_of(predictions, score)
    found = found[np.argsort(-values[found], kind="stable")]
    # Those on this disk only: a folder of photos may have changed since they were asked about.
    found = [place for place in found if predictions.ids[place] in where][: SHEET_COLUMNS * SHEET_ROWS]
    if not found:
        return None
    pixels = [_visible(network, images.pixels[where[predictions.ids[place]]]) for place in found]
    sure = values[[found[0], found[-1]]]
    return ContactSheet(_contact_sheet(pixels), len(found), (float(sure[0]), float(sure[1])))


def _behind(predictions: Predictions, threshold: float, predicted: int, score: str) -> Bool[np.ndarray, " n"]:
    return (scores_of(predictions, score) > threshold) & (predictions.predicted == predicted)


def _visible(network: str, pixels: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as it is, or, of values that are already normalised, as it would have looked before."""
    if pixels.dtype == np.uint8:
        return pixels
    card = stored_answers.card(network)
    return np.clip(255 * (pixels * np.array(card.std) + np.array(card.mean)), 0, 255).astype(np.uint8)


def _contact_sheet(pixels: list[np.ndarray]) -> UInt8[np.ndarray, "h w 3"]:
    columns, step = min(len(pixels), SHEET_COLUMNS), SHEET_SIDE + 4
    rows = -(-len(pixels) // SHEET_COLUMNS)
    canvas = Image.new("RGB", (columns * step - 4, rows * step - 4), (127, 127, 127))
    for place, each in enumerate(pixels):
        corner = (place % SHEET_COLUMNS * step, place // SHEET_COLUMNS * step)
        # Pixel by pixel, as the networks see them: smoothed, they would show more than there is.
        canvas.paste(Image.fromarray(each).resize((SHEET_SIDE, SHEET_SIDE), Image.Resampling.NEAREST), corner)
    return np.asarray(canvas)


@dataclass(frozen=True)
class ChosenView:
    """Where the visitor stands: which networks, which pictures, which thresholds of which score."""

    pair: Pair
    chosen: str
    negatives: str
    """The chosen set, or, where that is what they know, the set that stands for all negatives."""
    known: str
    sets: Mapping[str, SetReport]
    at: dict[Kind, float]
    scale: Scale

    def pictures_of(self, name: str, case: Literal["nominative", "dative"] = "nominative") -> str:
        """A set's name with how many pictures it has, for Markdown."""
        return in_markdown(name, pictures_of(name, self.sets[name].images, case))


def _expander(fold: Fold):
    # It says whether it is open: Streamlit itself would compute, and send, what is folded away.
    return st.expander(_(fold.title), key=fold.open.key, on_change="rerun")


def every_threshold(place: ChosenView) -> None:
    """Draw both networks' rates at every threshold."""
    with (fold := _expander(CURVES)):
        if not fold.open:
            return
        fooled = score_rates.curves(place.pair, place.negatives, place.scale)
        kept = score_rates.curves(place.pair, place.known, place.scale)
        other = "" if place.scale.is_confidence else SCORE_NAMES[place.scale.score]
        titles = {
            "ncr_curves": (_("fooled (NCR)"), fooled, place.negatives),
            "kept_curves": (_("kept of what it knows"), kept, place.known),
        }
        for column, (key, (title, curves, name)) in zip(st.columns(2, gap="medium"), titles.items(), strict=True):
            column.plotly_chart(
                fitted(charts.rate_curves(curves, place.scale.steps, place.at, frame.colours(), title, of_score=other)),
                key=key,
                config=CONFIG,
                alt=words.curve_sentence(title, place.at, score_rates.rates(place.pair, name, place.at, place.scale)),
            )
        sides = _(
            "Fooled: {negatives}. Kept: {known}.",
            negatives=place.pictures_of(place.negatives),
            known=place.pictures_of(place.known),
        )
        lines = [words.own_thresholds(place.at, place.scale.score), _("That is where the lines are.")]
        st.caption(" ".join([sides, *(lines if other else [_(PAPERS_CIRCLES)])]))


def fair(place: ChosenView) -> None:
    """Draw NCR against the share kept by the chosen score, what each score achieves, and what a temperature does."""
    with (fold := _expander(FAIR)):
        if not fold.open:
            return
        found = score_rates.separations(place.pair, place.known, place.negatives, place.scale)
        ncr = {kind: found[kind].measured.ncr_at_95_kept for kind in KINDS}
        auroc = {kind: found[kind].measured.auroc for kind in KINDS}
        sentence = words.score_sentence(ncr, auroc, place.scale.score)
        left, right = st.columns([1.6, 1], gap="medium")
        left.plotly_chart(
            fitted(charts.fooled_for_kept({kind: found[kind].ncr for kind in KINDS}, KEPT, frame.colours())),
            key="fair_curves",
            config=CONFIG,
            alt=" ".join([_("NCR against the share kept."), sentence]),
        )
        with right:
            st.markdown(sentence)
            if not place.scale.is_confidence:
                st.markdown(words.lead_sentence(place.scale.score, _passed(place, place.scale.temperature), ncr))
            # Not a slider of numbers: it would write them as the browser is used to, whatever the page speaks.
            st.select_slider(
                _("Temperature: every logit is divided by it, for both networks"),
                HALVES,
                format_func=lambda value: number(value, ".1f"),
                key=TEMPERATURE.bind(),
                persist_state="session",
            )
            st.markdown(_temperature_sentence(place))
        st.markdown(_("**By each score: baseline / NAT**"))
        with st.container(key="wide_scores"):
            st.table(
                rate_tables.by_score(place.pair, place.known, place.negatives, place.scale.temperature),
                hide_index=True,
                border="horizontal",
                alt=_("What each score achieves on {set}, baseline and NAT", set=set_title(place.negatives)),
            )
        st.caption(f"{place.pictures_of(place.negatives)}, {place.pictures_of(place.known)}. {_(FPR95_NOTE)}")


def _passed(place: ChosenView, temperature: float, score: str = CONFIDENCE) -> dict[Kind, float]:
    """NCR where each network keeps 95 % by a score, in [0, 1]."""
    found = score_rates.separations(place.pair, place.known, place.negatives, Scale(temperature, score))
    return {kind: each.measured.ncr_at_95_kept for kind, each in found.items()}


def _temperature_sentence(place: ChosenView) -> str:
    scale = place.scale
    plain, now = (_passed(place, temperature, scale.score) for temperature in (1.0, scale.temperature))
    t, kept = frame.threshold(), None
    if scale.is_confidence:
        kept = score_rates.rates(place.pair, place.known, dict.fromkeys(KINDS, t), scale)
    return words.temperature_sentence(scale.temperature, plain, now, kept, t)


def by_class(place: ChosenView) -> None:
    """Draw which classes the negatives are taken for, which kinds of them fool most, and the pictures behind a bar."""
    with (fold := _expander(CLASSES)):
        if not fold.open:
            return
        classes = tuple(stored_answers.card(place.pair.nat).classes)
        shares = shares_by_class(place.pair, place.negatives, place.at, place.scale)
        kinds = own_kinds(place.pair, place.negatives, place.at, place.scale)
        named = [class_title(name) for name in classes]
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown(_("**What they are taken for**"))
            st.plotly_chart(
                fitted(charts.class_bars(shares, named, _("share of all negatives"), frame.colours())),
                key=CLASS_BARS.key,
                config=CONFIG,
                on_select=lambda: _select(classes),
                selection_mode="points",
                alt=" ".join(
                    [
                        _("Share of the negatives that each network is sure are of a class."),
                        words.bars_sentence(shares, named),
                    ]
                ),
            )
            st.caption(
                _(
                    "Of {pictures}. Grey, hatched: baseline; blue: NAT. Choose a bar.",
                    pictures=place.pictures_of(place.negatives, "dative"),
                )
            )
        with right:
            if kinds is not None:
                _kinds(kinds)
        _pictures(place, classes)


def _kinds(kinds: OwnKinds) -> None:
    st.markdown(_("**The {most} of {all} kinds that fool NAT most**", most=len(kinds.names), all=kinds.of))
    st.plotly_chart(
        fitted(charts.class_bars(kinds.rates, kinds.names, _("fooled (NCR)"), frame.colours())),
        key="kind_bars",
        config=CONFIG,
        alt=" ".join([_("NCR by the negatives' own class."), words.bars_sentence(kinds.rates, kinds.names)]),
    )
    fewest, most = kinds.pictures
    many = number(most, ",") if fewest == most else _("{fewest:,} to {most:,}", fewest=fewest, most=most)
    st.caption(_("Each kind: {many} pictures, so a rate may be off by several in 100.", many=many))


def _select(classes: Sequence[str]) -> None:
    """Take over the bar that was chosen."""

    def take(points: list) -> None:
        # Empty where the visitor takes the choice back; the pictures stay.
        if points:
            kind, place = (int(each) for each in points[0]["customdata"][:2])
            chosen: Kind = KINDS[kind]
            BEHIND_CLASS.put(classes[place])
            BEHIND_KIND.put(chosen)

    CLASS_BARS.hear(take)


def _pictures(place: ChosenView, classes: Sequence[str]) -> None:
    """Draw the pictures behind a bar, or say how to get them."""
    # The networks of digits have other classes, and nothing may have been chosen yet.
    if BEHIND_CLASS.value not in classes:
        BEHIND_CLASS.put(classes[_tallest(place)])
    who, what = st.columns(2, gap="medium", vertical_alignment="bottom")
    kind: Kind = who.segmented_control(
        _("Pictures that fool"), KINDS, format_func=lambda each: NAMES[each], key=BEHIND_KIND.bind(), required=True
    ) or BEHIND_KIND.default  # fmt: skip
    predicted = what.selectbox(_("into seeing"), classes, format_func=class_title, key=BEHIND_CLASS.key)
    network = place.pair.by_kind[kind]
    predictions, score = score_rates.tempered(network, place.negatives, place.scale.temperature), place.scale.score
    behind = count_behind(predictions, place.at[kind], classes.index(predicted), score)
    st.markdown(words.behind_sentence(kind, predicted, behind, len(predictions), place.at[kind]))
    if not behind:
        return
    try:
        with st.spinner(_("Reading the pictures."), show_time=True):
            found = sheet(network, predictions, place.at[kind], classes.index(predicted), score)
    except (MissingDataset, ValueError) as error:
        _how_to_get(place.negatives, str(error))
        return
    if found is None:
        st.caption(_("The pictures on this disk are not those that the networks were asked about."))
        return
    first, last = map(percent if place.scale.is_confidence else threshold_text, found.sure)
    st.image(
        found.image,
        alt=ngettext(
            "{count:,} picture that {network} is sure are {what}",
            "{count:,} pictures that {network} is sure are {what}",
            found.shown,
            network=AMID[kind],
            what=class_title(predicted),
        ),
    )
    st.caption(words.how_sure_sentence(found.shown, AMID[kind], (first, last), score))


def _tallest(place: ChosenView) -> int:
    return int(shares_by_class(place.pair, place.negatives, place.at, place.scale)["nat"].argmax())


def _how_to_get(name: str, why: str) -> None:
    """Say that the pictures are not on this disk, and which command gets them."""
    missing = _("The pictures are not on this disk.")
    st.caption(f"{missing} {literal(why.partition('. ')[0])}.")
    command = next((each.how_to_get for each in describe() if name.partition("_")[0] == each.name), "")
    if command.startswith("nat "):
        st.code(command, language="bash")
    elif command:
        st.caption(_("To get them, {how}.", how=command))


def beside_the_paper(place: ChosenView, named: Sequence[tuple[str, str]]) -> None:
    """Draw a table for each set of negatives, beside the paper's; `named` are the sets with their titles."""
    with (fold := _expander(PAPER)):
        if not fold.open:
            return
        tables = st.container(key="paper_tables")
        for name, title in named:
            with tables.container():
                st.markdown(_("**{set}**, {count:,} pictures", set=title, count=place.sets[name].images))
                st.table(
                    rate_tables.comparison(place.pair, name),
                    hide_index=True,
                    border="horizontal",
                    alt=_("NCR on {set} beside the paper's, and the share kept", set=set_title(name)),
                )
        note = comparison_note(place.pair.paper is not None, place.pair.paper_note)
        by_confidence = _("By confidence, as in the paper, whatever is chosen above.")
        st.caption(note if place.scale.is_confidence else f"{by_confidence} {note}")
        st.page_link(
            links.file_of("evidence"), label=_("All tables, claims and cards: Evidence"), icon=":material/fact_check:"
        )
