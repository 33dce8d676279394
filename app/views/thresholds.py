"""Thresholds: where to draw the line, and what each choice costs."""

import streamlit as st

from app import cached, charts, frame, sweeps, tables, words
from app.pairs import ROLE_TITLES, set_title
from app.palette import KINDS, NAMES
from nat_core.ilsvrc import variants_of, without_variants
from nat_core.recipes import THRESHOLDS

pair = frame.chosen_pair()
frame.require(pair.names)
sets = cached.shared_sets(pair)
known = cached.known_set(pair.nat)
chips = without_variants(sets)
if st.session_state.get("set") not in chips:
    st.session_state["set"] = cached.headline_set(pair)
locked = st.session_state.get("keep95", False)
chosen = st.session_state["set"]
variants = (chosen, *variants_of(chosen, sets))
if st.session_state.get("variant") in variants:
    chosen = st.session_state["variant"]
t = frame.threshold()
at = cached.thresholds_keeping_95(pair) if locked else dict.fromkeys(KINDS, t)
rates, kept = cached.rates(pair, chosen, at), cached.shares_kept(pair, at)


def move(value: float) -> None:
    """Move the threshold to this value."""
    st.session_state["t"] = value


def chip(name: str) -> str:
    """An image set's name with its role for the NAT network."""
    return f"{set_title(name)} · {ROLE_TITLES.get(sets[name].role, sets[name].role)}"


title = words.threshold_title(rates, at, chosen == known)
st.title(title, anchor=False)
slider, buttons, lock = st.columns([2.2, 1.8, 1.25], gap="medium", vertical_alignment="bottom")
slider.slider(
    "Threshold t: count an answer as sure above it",
    0.0,
    1.0,
    step=0.01,
    key="t",
    disabled=locked,
    persist_state="session",
)
with buttons.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
    st.caption("The paper's", width="content")
    for value in THRESHOLDS:
        st.button(f"{value:g}", key=f"t_{value:g}", on_click=move, args=(value,), disabled=locked)
lock.toggle(
    "Keep 95 of 100",
    key="keep95",
    persist_state="session",
    help="Moves each network to its own t, at which it keeps 95 of 100 pictures that it knows: the fair comparison.",
)
st.pills(
    "Pictures", list(chips), format_func=chip, key="set", required=True, persist_state="session",
    label_visibility="collapsed",
)  # fmt: skip

left, right = st.columns([2.6, 1], gap="medium")
with left:
    st.plotly_chart(
        sweeps.confidence_histograms(
            cached.histograms(pair, chosen, sweeps.FINE_BINS), at, rates, frame.colours(), known=chosen == known
        ),
        key="histograms",
        config=charts.CONFIG,
        alt=f"How sure both networks are of {set_title(chosen)}. {title}",
    )
with right:
    negatives = cached.headline_set(pair) if chosen == known else chosen
    fooled = cached.rates(pair, negatives, at)
    for kind in KINDS:
        with st.container(key=f"figure_{kind}", gap=None):
            name = f":gray[**{NAMES[kind]}**]" if kind == "baseline" else f":blue[**{NAMES[kind]}**]"
            st.caption(f"{name}, t = {at[kind]:.2f}")
            st.markdown(f":orange[▲] {words.fooled_by(fooled[kind])}  \n:green[■] {words.keeps(kept[kind])}")
    st.markdown(words.trade_sentence(fooled, kept))
    st.caption(
        f"▲ of {sets[negatives].images:,} {set_title(negatives)} pictures (NCR), "
        f"■ of {sets[known].images:,} {set_title(known)} pictures."
    )

    if len(variants) > 1:
        st.selectbox(
            "Which photos",
            variants,
            format_func=set_title,
            key="variant",
            persist_state="session",
            help="Some photos of ILSVRC show one of the ten classes, or something much like it: being sure of those "
            "is no mistake.",
        )

st.header("At every threshold", anchor=False)
for column, curves, title, key in zip(
    st.columns(2, gap="medium"),
    (cached.curves(pair, negatives), cached.kept_curves(pair)),
    ("fooled (NCR)", "kept of what it knows"),
    ("ncr_curves", "kept_curves"),
    strict=True,
):
    column.plotly_chart(
        sweeps.rate_curves(curves, cached.CURVE, at, frame.colours(), title),
        key=key,
        config=charts.CONFIG,
        alt=f"Share {title} against the threshold, baseline and NAT. {words.trade_sentence(fooled, kept)}",
    )
st.caption(
    f"Left: {sets[negatives].images:,} {set_title(negatives)} pictures. "
    f"Right: {sets[known].images:,} {set_title(known)} pictures. Circles: the paper's four thresholds."
)

st.header("Beside the paper", anchor=False)
names = [name for name in chips if name != known]
# Row by row, so that on a phone the tables stand in their order.
places = [place for _ in range(0, len(names), 2) for place in st.columns(2, gap="medium")]
for name, place in zip(names, places, strict=False):
    with place:
        st.markdown(f"**{chip(name)}**, {sets[name].images:,} pictures")
        st.table(
            tables.comparison(pair, name),
            hide_index=True,
            border="horizontal",
            alt=f"NCR on {set_title(name)} beside the paper's, and the share kept",
        )
st.caption(words.comparison_note(pair.paper is not None, pair.paper_note))
with st.container(horizontal=True):
    st.download_button(
        "Download the curves (CSV)",
        lambda: tables.curves_csv(pair),
        file_name=f"nat-{pair.key}-curves.csv",
        mime="text/csv",
        key="download_curves",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        "Download the paper's tables with ours (CSV)",
        tables.report_csv,
        file_name="nat-report.csv",
        mime="text/csv",
        key="download_report",
        icon=":material/download:",
        on_click="ignore",
    )
