"""The sentences of an opened photo: how long the networks stay sure on the way into noise or another picture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, SUBJECTS, Kind
from nat_app.shared.language import N_, _
from nat_app.shared.words import literal, percent, threshold_share
from nat_core.measure.predictions import Predictions


@dataclass(frozen=True)
class Way:
    """One way to change a photo, in steps."""

    title: str
    slider: str
    """What its slider asks."""
    of: str
    """What there is more and more of: "noise"."""
    end: str
    """What it has become at the end."""
    furthest: float
    """The end of the way, 1 where a photo has turned into something else altogether."""


WAYS = {
    "noise": Way(N_("Fade into noise"), N_("How much of it is noise"), N_("noise"), N_("noise alone"), 1.0),
    "picture": Way(
        N_("Fade into another picture"),
        N_("How much of it is the other picture"),
        N_("of the other picture"),
        N_("the other picture"),
        1.0,
    ),
    "add": Way(
        N_("Add noise"),
        N_("Noise added, 100 % being how much photos vary"),
        N_("added noise"),
        N_("the most noise"),
        2.0,
    ),
}
"""Each by its key; their words are marked, and translated where they are said."""
STEPS = 51
"""How many pictures lie on every way, both ends included."""


def shares(way: Way) -> Float[np.ndarray, "51"]:
    """Return the shares of the way at its steps, from 0 to its furthest."""
    return np.linspace(0, way.furthest, STEPS)


def percents(way: Way) -> tuple[int, ...]:
    """Return the same steps in percent, as the slider counts them.

    >>> percents(WAYS["add"])[:3], percents(WAYS["add"])[-1]
    ((0, 4, 8), 200)
    """
    return tuple(round(100 * float(share)) for share in shares(way))


def stays_sure_sentence(swept: dict[Kind, Predictions], way: Way, classes: tuple[str, ...], threshold: float) -> str:
    """Return how far each network stays sure on the way, and whether it is sure again at the end."""
    sure = _("Sure means above {threshold}.", threshold=threshold_share(threshold))
    return " ".join([sure, *(_stays_sure(SUBJECTS[kind], swept[kind], way, classes, threshold) for kind in KINDS)])


def _stays_sure(network: str, said: Predictions, way: Way, classes: tuple[str, ...], threshold: float) -> str:
    sure = said.confidence > threshold
    # First, as argmin would find no step at which it is not sure, and name the first one.
    if sure.all():
        return _("{network} stays sure all the way.", network=network)
    # argmin finds the first step at which it is not sure; of those that follow, only the last one counts.
    until = {"share": percent(float(shares(way)[int(sure.argmin()) - 1])), "of": _(way.of)}
    again = {"end": _(way.end), "name": literal(class_title(classes[said.predicted[-1]]))}
    if sure[0] and sure[-1]:
        return _(
            "{network} stays sure up to {share} {of}, and of {end} it is sure again: {name}.",
            network=network,
            **until,
            **again,
        )
    if sure[0]:
        return _("{network} stays sure up to {share} {of}.", network=network, **until)
    if sure[-1]:
        return _(
            "{network} is not sure to begin with, and of {end} it is sure again: {name}.", network=network, **again
        )
    return _("{network} is not sure to begin with.", network=network)


def step_caption(way: Way, place: int) -> str:
    """Return what stands under the picture at a step: "What the networks see, with 40 % noise"."""
    share = percent(float(shares(way)[place]))
    return _("What the networks see, with {share} {of}", share=share, of=_(way.of))
