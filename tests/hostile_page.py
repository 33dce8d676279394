"""A page of hostile texts, each through the app's own escapes into every kind of element; for a test in a browser.

streamlit run tests/hostile_page.py, opened at /?from=0&to=40
"""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nat_app.shared.drawing import bars
from nat_app.shared.drawing.charts import label
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.words import literal
from tests.hostile import PAYLOADS

first, last = int(st.query_params.get("from", "0")), int(st.query_params.get("to", str(len(PAYLOADS))))
chosen = PAYLOADS[first:last]
st.title("Hostile texts", anchor=False)
for number, text in enumerate(chosen, start=first):
    with st.container(key=f"text_{number}"):
        st.markdown(literal(text))
    st.markdown(f"**{literal(text)}** beside :blue[it]")
    st.caption(literal(text), help=literal(text))
    st.warning(f"- {literal(text)}")
    st.button(literal(text), key=f"button_{number}")
    with st.expander(literal(text)):
        st.subheader(literal(text), anchor=False)
st.pills("Pills", [literal(text) for text in chosen], key="pills")
st.segmented_control("Segments", [literal(text) for text in chosen], key="segments")
st.tabs([literal(text) for text in chosen[:8]])
st.progress(0.5, literal(chosen[0]))
st.selectbox("Plain", chosen, key="plain")
names = [label(text) for text in chosen]
figure = go.Figure(go.Bar(x=[1] * len(names), y=list(range(len(names))), orientation="h", customdata=names))
figure.update_traces(hovertemplate="%{customdata}<extra></extra>", text=names, textposition="inside")
figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names)
figure.add_annotation(x=0, y=0, text=f"<b>{names[0]}</b>", showarrow=False)
figure.update_layout(height=60 + 22 * len(names))
st.plotly_chart(figure, key="chart")
st.html(bars.paired_bars(dict.fromkeys(KINDS, np.full(len(chosen), 0.5)), chosen, alt=chosen[0]))
st.markdown("The end.")
