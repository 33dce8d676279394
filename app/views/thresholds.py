"""Thresholds: where to draw the line, and what each choice costs."""

import streamlit as st

from app import cached, charts, frame, tables, words
from app.pairs import ROLE_TITLES, set_title
from app.palette import KINDS, NAMES
from nat_core.recipes import THRESHOLDS

pair = frame.chosen_pair()
frame.require(pair.names)
report = cached.card(pair.nat).report
known = cached.known_set(pair.nat)
if st.session_state.get("set") not in report.sets:
    st.session_state["set"] = cached.headline_set(pair)
locked = st.session_state.get("keep95", False)
chosen = st.session_state["set"]
t = frame.threshold()
at = cached.thresholds_keeping_95(pair) if locked else dict.fromkeys(KINDS, t)
rates, kept = cached.rates(pair, chosen, at), cached.shares_kept(pair, at)


def move(value: float) -> None:
    """Move the threshold to this value."""
    st.session_state["t"] = value


def chip(name: str) -> str:
    """An image set's name with its role for the NAT network."""
    return f"{set_title(name)} · {ROLE_TITLES.get(report.sets[name].role, report.sets[name].role)}"


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
    "Pictures", list(report.sets), format_func=chip, key="set", required=True, persist_state="session",
    label_visibility="collapsed",
)  # fmt: skip

left, right = st.columns([2.6, 1], gap="medium")
with left:
    st.plotly_chart(
        charts.confidence_histograms(
            cached.histograms(pair, chosen, charts.FINE_BINS), at, frame.colours(), known=chosen == known
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
        f"▲ of {report.sets[negatives].images:,} {set_title(negatives)} pictures (NCR), "
        f"■ of {report.sets[known].images:,} {set_title(known)} pictures."
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
        charts.rate_curves(curves, cached.CURVE, at, frame.colours(), title),
        key=key,
        config=charts.CONFIG,
        alt=f"Share {title} against the threshold, baseline and NAT. {words.trade_sentence(fooled, kept)}",
    )
st.caption(
    f"Left: {report.sets[negatives].images:,} {set_title(negatives)} pictures. "
    f"Right: {report.sets[known].images:,} {set_title(known)} pictures. Circles: the paper's four thresholds."
)

st.header("Beside the paper", anchor=False)
names = list(report.negatives)
for number, name in enumerate(names):
    if number % 2 == 0:
        columns = st.columns(2, gap="medium")
    with columns[number % 2]:
        st.markdown(f"**{chip(name)}**, {report.sets[name].images:,} pictures")
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
