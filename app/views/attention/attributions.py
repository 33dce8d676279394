"""Attributions to Plotly figures: what speaks for a class and what against it, on one scale centred on 0.

The second tab of Attention: which pixels speak for an answer, computed when asked for, with progress and a stop.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from jaxtyping import Float, UInt8

from nat_app.answers import live_answers
from nat_app.frame import frame
from nat_app.shared import charts
from nat_app.shared.palette import Palette
from nat_app.views.attention import words as explain_words
from nat_app.views.attention.maps import LEVELS
from nat_app.views.attention.networks import Look
from nat_app.views.attention.words import METHODS, OWN_ANSWER, STRETCHED, Found, faint
from nat_core.data.images import image_id

SCALE = "BrBG"
"""Brown against, teal for: neither is a network's or a verdict's colour, and colour-blind eyes tell them apart."""


def attribution_maps(
    values: Mapping[str, Float[np.ndarray, "_ _"]], colours: Palette, *, own_scale: bool = False, height: int = 390
) -> go.Figure:
    """Return signed maps side by side, by their titles, at their own values; 0 is the middle of the scale.

    All share one scale; with `own_scale` each has its own, with its largest value in its title.
    """
    figure = go.Figure().set_subplots(rows=1, cols=len(values), horizontal_spacing=0.05)
    largest = {title: float(np.abs(each).max()) or 1.0 for title, each in values.items()}
    shared = max(largest.values())
    for column, (title, each) in enumerate(values.items(), start=1):
        end = largest[title] if own_scale else shared
        figure.add_heatmap(
            z=each,
            colorscale=SCALE,
            zmin=-end,
            zmax=end,
            showscale=column == 1 and not own_scale,
            colorbar=_bar(end),
            hovertemplate="%{z:+.3g}<extra></extra>",
            row=1,
            col=column,
        )
        axis = "" if column == 1 else str(column)
        figure.update_yaxes(scaleanchor=f"x{axis}", row=1, col=column)
        text = f"{title}, {-end:.2g} to {end:.2g}" if own_scale else title
        figure.add_annotation(x=0, xref=f"x{axis} domain", y=1, yref=f"y{axis} domain", xanchor="left",
                              yanchor="bottom", align="left", text=text, showarrow=False,
                              font={"color": colours.line})  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    return figure.update_layout(
        height=height, margin={"l": 4, "r": 4, "t": 44, "b": 56}, dragmode=False, font={"size": 13}
    )


def _bar(end: float) -> dict:
    """The colour bar, below the maps."""
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": 0,
        "ypad": 8,
        "yanchor": "top",
        "len": 0.8,
        "thickness": 10,
        "tickvals": [-end, 0, end],
        "ticktext": [f"{-end:.2g} against", "0", f"{end:.2g} for"],
        "tickangle": 0,
    }


@st.fragment
def draw(pixels: UInt8[np.ndarray, "32 32 3"], compared: tuple[Look, ...]) -> None:
    """Draw the choices, the button, and the maps once they are there; only this part is drawn again."""
    method, answer, options = _choices(compared)
    question = (tuple(look.network for look in compared), image_id(pixels), method, answer, options)
    if st.session_state.get("computed") and "explained" not in st.session_state:
        _ask(question)  # a link came with it
    st.session_state["computed"] = st.session_state.get("explained") == question
    place = st.empty()
    if not st.session_state["computed"]:
        place.button("Compute", key="compute", type="primary", icon=":material/play_arrow:", on_click=_ask,
                     args=(question,))  # fmt: skip
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0)
        st.button("Stop", key="stop_explaining", icon=":material/stop:", on_click=_ask, args=(None,))
    with frame.checked():
        said = [look.said for look in compared if look.said]
        targets = [each.answer.predicted if answer == OWN_ANSWER else answer for each in said]
        found = []
        for number, (look, target) in enumerate(zip(compared, targets, strict=True)):

            def show(share: float, number: int = number, look: Look = look) -> None:
                bar.progress((number + share) / len(compared), explain_words.working(look.short, method, share))

            chosen = said[0].classes.index(target)
            found.append(live_answers.explained(look.network, pixels, method, chosen, options, show))
    place.empty()
    _maps(compared, method, targets, found)


def _choices(compared: tuple[Look, ...]) -> tuple[str, str, tuple[tuple[str, str | None], ...]]:
    """Draw the choices; return the method, the answer to explain, and the method's options."""
    classes = next(look.said.classes for look in compared if look.said)
    st.session_state.setdefault("method", "integrated_gradients")
    method = st.segmented_control("How", list(METHODS), format_func=lambda key: METHODS[key].title, required=True,
                                  key="method") or "integrated_gradients"  # fmt: skip
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    answer = left.selectbox("What speaks for", [OWN_ANSWER, *classes], key="speaks_for")
    options = ()
    if method == "grad_cam":
        st.session_state.setdefault("grad_cam_level", "high")
        level = right.segmented_control("Level", list(LEVELS), required=True, key="grad_cam_level")
        options = (("level", level),)
    st.caption(METHODS[method].says)
    return method, answer, options


def _maps(compared: tuple[Look, ...], method: str, targets: Sequence[str], found: Sequence[Found]) -> None:
    """Draw what was found, a map a network, with its sentences."""
    own_scale = st.toggle("Each its own scale", key="own_scale_signed")
    titles = [f"<b>{look.short}</b><br>{target}" for look, target in zip(compared, targets, strict=True)]
    sentences = [
        explain_words.found_sentence(look.short, target, method, each)
        for look, target, each in zip(compared, targets, found, strict=True)
    ]
    st.plotly_chart(
        attribution_maps(
            dict(zip(titles, (each.values for each in found), strict=True)), frame.colours(), own_scale=own_scale
        ),
        key="signed_maps",
        config=charts.CONFIG,
        alt=f"{METHODS[method].title}. {' '.join(sentences)}",
    )
    st.markdown("  \n".join(sentences))
    for look in compared:
        if look.said and (sentence := faint(look.said.answer, look.short, len(look.said.classes))):
            st.caption(sentence)
    st.caption(explain_words.UNITS + (f" {STRETCHED}" if own_scale else ""))


def _ask(question: tuple | None) -> None:
    st.session_state["explained"] = question
