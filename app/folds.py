"""What Thresholds holds below its picture, each part folded, and computed only once it is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app import behind, cached, charts, counted, frame, rates, sweeps, tables, threshold_words, words
from app.links import FOLDS
from app.pairs import Pair, pictures_of, set_title
from app.palette import KINDS, NAMES, Kind
from app.scores import KEPT, SCORE_HELP, SCORE_NAMES, SCORE_TITLES, TEMPERATURES
from nat_core.data.sets import MissingDataset, describe
from nat_core.measure.report import SetReport


@dataclass(frozen=True)
class Place:
    """Where the visitor stands: which networks, which pictures, which thresholds."""

    pair: Pair
    chosen: str
    negatives: str
    """The chosen set, or, where that is what they know, the set that stands for all negatives."""
    known: str
    sets: Mapping[str, SetReport]
    at: dict[Kind, float]
    temperature: float

    def counted(self, name: str) -> str:
        """A set's name with how many pictures it has."""
        return pictures_of(name, self.sets[name].images)


def _fold(key: str):
    return st.expander(FOLDS[key], key=key, on_change="rerun")


def every_threshold(place: Place) -> None:
    """Draw both networks' rates at every threshold."""
    with (fold := _fold("fold_curves")):
        if not fold.open:
            return
        fooled = rates.curves(place.pair, place.negatives, place.temperature)
        kept = rates.curves(place.pair, place.known, place.temperature)
        titles = {"ncr_curves": ("fooled (NCR)", fooled), "kept_curves": ("kept of what it knows", kept)}
        for column, (key, (title, curves)) in zip(st.columns(2, gap="medium"), titles.items(), strict=True):
            column.plotly_chart(
                sweeps.rate_curves(curves, counted.CURVE, place.at, frame.colours(), title),
                key=key,
                config=charts.CONFIG,
                alt=f"Share {title} against the threshold, baseline and NAT.",
            )
        st.caption(
            f"Left: {place.counted(place.negatives)}. Right: {place.counted(place.known)}. "
            "Circles: the paper's four thresholds."
        )


def fair(place: Place) -> None:
    """Draw NCR against the share kept by a score of choice, and what a temperature changes."""
    with (fold := _fold("fold_fair")):
        if not fold.open:
            return
        st.session_state.setdefault("score", "confidence")
        score = st.segmented_control(
            "Score", list(SCORE_TITLES), format_func=lambda name: SCORE_TITLES[name], key="score", required=True,
            persist_state="session", help=SCORE_HELP,
        ) or "confidence"  # fmt: skip
        found = rates.separations(place.pair, place.known, place.negatives, score, place.temperature)
        ncr = {kind: found[kind].ncr_at_95_kept for kind in KINDS}
        sentence = threshold_words.score_sentence(ncr, {kind: found[kind].auroc for kind in KINDS}, SCORE_NAMES[score])
        left, right = st.columns([1.6, 1], gap="medium")
        left.plotly_chart(
            sweeps.fooled_for_kept({kind: found[kind].ncr for kind in KINDS}, KEPT, frame.colours()),
            key="fair_curves",
            config=charts.CONFIG,
            alt=f"NCR against the share kept. {sentence}",
        )
        with right:
            st.markdown(sentence)
            st.slider(
                "Temperature: every logit is divided by it, for both networks",
                *TEMPERATURES,
                step=0.5,
                key="temperature",
                persist_state="session",
            )
            st.markdown(_temperature_sentence(place))
            st.caption(f"{place.counted(place.negatives)}, {place.counted(place.known)}.")


def _temperature_sentence(place: Place) -> str:
    plain, now = (
        {
            kind: each.ncr_at_95_kept
            for kind, each in rates.separations(
                place.pair, place.known, place.negatives, "confidence", temperature
            ).items()
        }
        for temperature in (1.0, place.temperature)
    )
    t = frame.threshold()
    kept = rates.rates(place.pair, place.known, dict.fromkeys(KINDS, t), place.temperature)
    return threshold_words.temperature_sentence(place.temperature, plain, now, kept, t)


def by_class(place: Place) -> None:
    """Draw which classes the negatives are taken for, which kinds of them fool most, and the pictures behind a bar."""
    with (fold := _fold("fold_classes")):
        if not fold.open:
            return
        classes = tuple(cached.card(place.pair.nat).classes)
        shares = behind.shares_by_class(place.pair, place.negatives, place.at, place.temperature)
        kinds = behind.own_kinds(place.pair, place.negatives, place.at, place.temperature)
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown("**What they are taken for**")
            st.plotly_chart(
                sweeps.class_bars(shares, classes, "share of all negatives", frame.colours()),
                key="class_bars",
                config=charts.CONFIG,
                on_select=lambda: _select(classes),
                selection_mode="points",
                alt="Share of the negatives that each network is sure are of a class.",
            )
            st.caption(f"Of {place.counted(place.negatives)}. Grey, hatched: baseline; blue: NAT. Choose a bar.")
        with right:
            if kinds is not None:
                _kinds(kinds)
        _pictures(place, classes)


def _kinds(kinds: behind.OwnKinds) -> None:
    st.markdown(f"**The {len(kinds.names)} of {kinds.of} kinds that fool NAT most**")
    st.plotly_chart(
        sweeps.class_bars(kinds.rates, kinds.names, "fooled (NCR)", frame.colours()),
        key="kind_bars",
        config=charts.CONFIG,
        alt=f"NCR by the negatives' own class. Most: {words.listed(kinds.names[:3])}.",
    )
    fewest, most = kinds.pictures
    many = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    st.caption(f"Each kind: {many} pictures, so a rate may be off by several in 100.")


def _select(classes: Sequence[str]) -> None:
    """Take over the bar that was chosen."""
    points = st.session_state["class_bars"]["selection"]["points"]
    if points:
        kind, number = points[0]["customdata"][:2]
        st.session_state["behind_kind"], st.session_state["behind_class"] = kind, classes[int(number)]


def _pictures(place: Place, classes: Sequence[str]) -> None:
    """Draw the pictures behind a bar, or say how to get them."""
    if st.session_state.get("behind_class") not in classes:
        st.session_state["behind_class"] = classes[_tallest(place)]
    st.session_state.setdefault("behind_kind", "nat")
    who, what = st.columns(2, gap="medium", vertical_alignment="bottom")
    kind: Kind = who.segmented_control(
        "Pictures that fool", KINDS, format_func=lambda each: NAMES[each], key="behind_kind", required=True
    ) or "nat"  # fmt: skip
    predicted = what.selectbox("into seeing", classes, key="behind_class")
    network = place.pair.by_kind[kind]
    predictions = counted.tempered(network, place.negatives, place.temperature)
    number = behind.count_behind(predictions, place.at[kind], classes.index(predicted))
    st.markdown(threshold_words.behind_sentence(kind, predicted, number, len(predictions), place.at[kind]))
    if not number:
        return
    try:
        with st.spinner("The pictures are read.", show_time=True):
            sheet = behind.sheet(network, predictions, place.at[kind], classes.index(predicted))
    except (MissingDataset, ValueError) as error:
        _how_to_get(place.negatives, str(error))
        return
    if sheet is None:
        st.caption("The pictures on this disk are others than those that the networks were asked about.")
        return
    first, last = map(words.percent, sheet.sure)
    st.image(sheet.image, alt=f"{words.plural(sheet.shown, 'picture')} that {NAMES[kind]} is sure are {predicted}")
    st.caption(f"The {sheet.shown} that {NAMES[kind]} is most sure of: {first} to {last}.")


def _tallest(place: Place) -> int:
    return int(behind.shares_by_class(place.pair, place.negatives, place.at, place.temperature)["nat"].argmax())


def _how_to_get(name: str, why: str) -> None:
    """Say that the pictures are not on this disk, and which command gets them."""
    st.caption(f"The pictures are not on this disk. {words.literal(why.partition('. ')[0])}.")
    command = next((each.how_to_get for each in describe() if name.partition("_")[0] == each.name), "")
    if command.startswith("nat "):
        st.code(command, language="bash")
    elif command:
        st.caption(f"To get them, {command}.")


def beside_the_paper(place: Place, named: Sequence[tuple[str, str]]) -> None:
    """Draw a table for each set of negatives, beside the paper's; `named` are the sets with their titles."""
    with (fold := _fold("fold_paper")):
        if not fold.open:
            return
        # Row by row, so that on a phone the tables stand in their order.
        places = [each for _ in range(0, len(named), 2) for each in st.columns(2, gap="medium")]
        for (name, title), column in zip(named, places, strict=False):
            with column:
                st.markdown(f"**{title}**, {place.sets[name].images:,} pictures")
                st.table(
                    tables.comparison(place.pair, name),
                    hide_index=True,
                    border="horizontal",
                    alt=f"NCR on {set_title(name)} beside the paper's, and the share kept",
                )
        st.caption(words.comparison_note(place.pair.paper is not None, place.pair.paper_note))
        st.page_link("views/evidence.py", label="All tables, claims and cards: Evidence", icon=":material/fact_check:")
