"""Experiments to try in the playground: each a press, and a question that watching answers."""

from dataclasses import dataclass, field
from typing import Any

from nat_app.shared.language import N_
from nat_app.views.playground import settings, state
from nat_app.views.playground.settings import FIRST_COUNT, PLACES, SETTINGS, TRIED
from nat_core.small.plane import draw_negatives


@dataclass(frozen=True)
class Preset:
    """One experiment; what it does not choose is as the playground begins."""

    name: str
    question: str
    negatives: str | None = None
    """A kind of negatives, as many as a first press adds; None for no negatives."""
    chosen: dict[settings.Setting[Any], Any] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "ring": Preset(
        N_("A ring around everything"),
        N_("Does the ring take certainty away only at its crosses, or farther out as well?"),
        "ring",
    ),
    "corner": Preset(
        N_("One corner only"),
        N_("NAT learns doubt in one corner. What does it say in the other three?"),
        "corner",
    ),
    "amid": Preset(
        N_("Negatives amid the points"),
        N_("Some negatives lie among the points. What does that cost NAT on the points themselves?"),
        "uniform",
        {settings.WEIGHT: 5.0},
    ),
    "heart": Preset(
        N_("Learned by heart"),
        N_("Noisy points and a large network: when does the loss on held-out points begin to rise?"),
        None,
        {
            settings.SHAPE: "moons",
            settings.CLASS_COUNT: 4,
            settings.NOISE: 2.0,
            settings.WIDTH: 64,
            settings.RATE: 0.03,
        },
    ),
    "waves": Preset(
        N_("Waves instead of rays"),
        N_("The units are sines, not ReLU. Is the network still surest far away from all points?"),
        None,
        {settings.ACTIVATION: "sine"},
    ),
    "leaps": Preset(
        N_("Too large a step"),
        N_("A learning rate of 3: how far does training get before it blows up?"),
        "ring",
        {settings.RATE: 3.0},
    ),
}


def choose(name: str) -> None:
    """Set the playground up for an experiment, from the start."""
    preset = PRESETS[name]
    for setting in SETTINGS.settings:
        setting.forget()
    for setting, value in preset.chosen.items():
        setting.put(value)
    if preset.negatives is not None:
        PLACES.put(draw_negatives(preset.negatives, FIRST_COUNT, seed=settings.FIRST_SEED))
    # Its negatives count as a press, so that the next press does not draw the very same ones.
    state.PLAYING.get().presses = int(preset.negatives is not None)
    state.begin_anew()
    TRIED.put(name)
