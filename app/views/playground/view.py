"""Playground: two small networks learn the same points of a plane, one of them with negatives beside them."""

from functools import partial

import streamlit as st

from nat_app.frame import frame
from nat_app.shared.language import _, number
from nat_app.views.playground import settings, stage, state, words
from nat_app.views.playground.presets import PRESETS, choose
from nat_core.small.plane import CLASSES

t = frame.threshold()


@st.fragment
def play() -> None:
    """Draw the stage; what the browser tells of it draws this part alone again."""
    stage.draw(state.begun(), t, frame.colours())


def experiments() -> None:
    """Draw the presets, and the question of the one that was chosen."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="presets"):
        st.markdown(_("**Try this**"), width="content")
        for name, preset in PRESETS.items():
            st.button(_(preset.name), key=f"try_{name}", on_click=choose, args=(name,))
    tried = settings.TRIED.value
    st.caption(_(PRESETS[tried].question) if tried else _("Each sets the playground up anew and asks a question."))


def choices() -> None:
    """Draw what can be chosen, folded."""
    with st.expander(_("Points, networks and objective"), icon=":material/tune:"):
        first, second, third = st.columns(3, gap="medium")
        with first:
            _names(_("Points"), words.SHAPES, settings.SHAPE)
            st.select_slider(_("Classes"), CLASSES, key=settings.CLASS_COUNT.bind(), persist_state="session")
            st.select_slider(
                _("Noise"), settings.NOISES, format_func=_tenths, key=settings.NOISE.bind(), persist_state="session",
                help=_("By how much the points' spread is multiplied"),
            )  # fmt: skip
            st.number_input(
                _("Seed (points and start)"), 0, settings.MOST_SEED, key=settings.SEED.bind(), persist_state="session"
            )
        with second:
            st.number_input(
                _("Negatives per press"), 1, settings.MOST_COUNT, key=settings.COUNT.bind(), persist_state="session"
            )
            st.select_slider(
                _("Weight of the negatives"), settings.WEIGHTS, format_func=_tenths, key=settings.WEIGHT.bind(),
                persist_state="session",
            )  # fmt: skip
            _names(_("Divergence"), words.DIVERGENCES, settings.DIVERGENCE)
        with third:
            st.select_slider(_("Units in a layer"), settings.WIDTHS, key=settings.WIDTH.bind(), persist_state="session")
            st.select_slider(
                _("Hidden layers"), settings.LAYERS, key=settings.LAYER_COUNT.bind(), persist_state="session"
            )
            _names(_("Activation"), words.ACTIVATIONS, settings.ACTIVATION)
            st.select_slider(
                _("Learning rate (Adam)"), settings.RATES, format_func=number, key=settings.RATE.bind(),
                persist_state="session",
            )  # fmt: skip


def _tenths(value: float) -> str:
    return number(value, ".1f")


def _names(label: str, names: dict[str, str], setting: settings.Setting[str]) -> None:
    st.selectbox(
        label, list(names), format_func=lambda name: _(names[name]), key=setting.bind(), persist_state="session"
    )


st.title(_(words.TITLE), anchor=False)
frame.offer("playground", partial(state.planes_csv, state.PLAYING.get()))
# The key's style keeps what is drawn again from turning grey, which would flash.
with st.container(key="steady_planes"):
    play()
experiments()
choices()
