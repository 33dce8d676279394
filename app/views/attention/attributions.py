"""The second tab of Attention: which pixels speak for an answer, computed on demand, with progress and a stop."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from jaxtyping import Float, UInt8

from nat_app.answers import computed_answers
from nat_app.frame import frame, revealed
from nat_app.frame.wall import fitted
from nat_app.shared.classes import class_title
from nat_app.shared.drawing.charts import CONFIG, label
from nat_app.shared.drawing.palette import Palette
from nat_app.shared.language import _, written
from nat_app.shared.settings import Setting
from nat_app.shared.words import literal
from nat_app.views.attention import words
from nat_app.views.attention.attention_rows import AttentionRow
from nat_app.views.attention.maps import LEVELS
from nat_app.views.attention.settings import COMPUTED, GRAD_CAM_LEVEL, METHOD, OWN_SCALE_SIGNED, SPEAKS_FOR
from nat_app.views.attention.words import METHODS, OWN_ANSWER, STRETCHED, AttributionLike, faint
from nat_core.data.images import image_id

EXPLAINED: Setting[tuple | None] = Setting("explained", None)
"""What was asked to be computed last; None where it was stopped."""
SCALE = "BrBG"
"""Brown against, teal for: neither is a network's or a verdict's colour, and colour-blind eyes tell them apart."""


def attribution_maps(
    values: Mapping[str, Float[np.ndarray, "_ _"]], colours: Palette, *, own_scale: bool = False, height: int = 390
) -> go.Figure:
    """Return signed maps side by side, by their titles, at their own values; 0 is the middle of the scale.

    All share one scale; with `own_scale` each has its own, with its largest value in its title.
    """
    figure = go.Figure().set_subplots(rows=1, cols=len(values), horizontal_spacing=0.05)
    # 1 for a map of zeros: a scale needs two ends.
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
        # Square cells, however wide the column is.
        figure.update_yaxes(scaleanchor=f"x{axis}", row=1, col=column)
        text = _("{title}, {low:.2g} to {high:.2g}", title=title, low=-end, high=end) if own_scale else title
        figure.add_annotation(x=0, xref=f"x{axis} domain", y=1, yref=f"y{axis} domain", xanchor="left",
                              yanchor="bottom", align="left", text=text, showarrow=False,
                              font={"color": colours.line})  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    return figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": 44, "b": 56},
        dragmode=False,
        font={"size": 13, "color": colours.line},
        separators=written(".,"),
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
        "ticktext": [_("{value:.2g} against", value=-end), "0", _("{value:.2g} for", value=end)],
        "tickangle": 0,
    }


@st.fragment
def draw(pixels: UInt8[np.ndarray, "32 32 3"], compared: tuple[AttentionRow, ...]) -> None:
    """Draw the choices, the button, and the maps once they are there; only this part is drawn again."""
    method, answer, options = _choices(compared)
    question = (tuple(row.network for row in compared), image_id(pixels), method, answer, options)
    if COMPUTED.value and EXPLAINED.value is None:
        EXPLAINED.put(question)  # a link came with it
    # Whatever is chosen anew makes another question, so no old map stays below new choices.
    COMPUTED.put(EXPLAINED.value == question)
    # One place for the button or the progress: whichever is over gives way to what comes next.
    place = st.empty()
    if not COMPUTED.value:
        place.button(_("Compute"), key="compute", type="primary", icon=":material/play_arrow:", on_click=_compute,
                     args=(question,))  # fmt: skip
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0)
        st.button(_("Stop"), key="stop_explaining", icon=":material/stop:", on_click=_stop)
    with frame.checked():
        said = [row.said for row in compared]
        targets = [each.answer.predicted if answer == OWN_ANSWER else answer for each in said]
        found = []
        for done, (row, target) in enumerate(zip(compared, targets, strict=True)):

            def show(share: float, done: int = done, row: AttentionRow = row) -> None:
                # Here the run ends once Stop is pressed: Streamlit looks for that whenever it is called.
                bar.progress((done + share) / len(compared), words.working(literal(row.short), method, share))

            chosen = said[0].classes.index(target)
            found.append(computed_answers.explained(row.network, pixels, method, chosen, options, show))
    place.empty()
    with st.container(key="attributions"):
        _maps(compared, method, targets, found)
        revealed.focus(COMPUTED.key, "attributions", _(METHODS[method].title))


def _choices(compared: tuple[AttentionRow, ...]) -> tuple[str, str, tuple[tuple[str, str | int | None], ...]]:
    """Draw the choices; return the method, the answer to explain, and the method's options."""
    classes = compared[0].said.classes
    method = st.segmented_control(_("How"), list(METHODS), format_func=lambda key: _(METHODS[key].title), required=True,
                                  key=METHOD.bind()) or METHOD.default  # fmt: skip
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    answer = left.selectbox(
        _("What speaks for"),
        [OWN_ANSWER, *classes],
        format_func=lambda each: _(OWN_ANSWER) if each == OWN_ANSWER else class_title(each),
        key=SPEAKS_FOR.key,
    )
    # Pairs and no dict: they are part of a cache's key.
    options = (("steps", words.STEPS),) if method == "integrated_gradients" else ()
    if method == "grad_cam":
        level = right.segmented_control(_("Level"), list(LEVELS), format_func=words.level_name, required=True,
                                        key=GRAD_CAM_LEVEL.bind())  # fmt: skip
        options = (("level", level),)
    st.caption(words.measures(method))
    return method, answer, options


def _maps(
    compared: tuple[AttentionRow, ...], method: str, targets: Sequence[str], found: Sequence[AttributionLike]
) -> None:
    """Draw what was found, a map a network, with its sentences."""
    own_scale = st.toggle(_("Each its own scale"), key=OWN_SCALE_SIGNED.key)
    named = [class_title(target) for target in targets]
    titles = [f"<b>{label(row.short)}</b><br>{label(answer)}" for row, answer in zip(compared, named, strict=True)]
    sentences = [
        words.found_sentence(row.short, answer, method, each)
        for row, answer, each in zip(compared, named, found, strict=True)
    ]
    st.plotly_chart(
        fitted(
            attribution_maps(
                dict(zip(titles, (each.values for each in found), strict=True)), frame.colours(), own_scale=own_scale
            )
        ),
        key="signed_maps",
        config=CONFIG,
        alt=f"{_(METHODS[method].title)}. {' '.join(sentences)}",
    )
    st.markdown("  \n".join(map(literal, sentences)))
    for row in compared:
        if sentence := faint(row.said.answer, literal(row.short), len(row.said.classes)):
            st.caption(sentence)
    st.caption(_(words.UNITS) + (f" {_(STRETCHED)}" if own_scale else ""))


def _compute(question: tuple) -> None:
    """Have a question answered, and the focus on its maps then."""
    EXPLAINED.put(question)
    revealed.mark(COMPUTED.key)


def _stop() -> None:
    EXPLAINED.forget()
    COMPUTED.put(False)
