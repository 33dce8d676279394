"""What a visit to the playground holds: its negatives, and how far its two networks have learned, as its browser told.

The networks learn in the visitor's browser (`browser/`, `nat_core/small/twins.js`), so that a class costs the server
next to nothing. It tells of them when training stops, and before the visitor turns to anything else.
"""

from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated
from uuid import uuid4

import msgspec
import numpy as np
from jaxtyping import Bool, Float

from nat_app.frame import links
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.settings import Held
from nat_app.views.playground.settings import COUNT, MOST_NEGATIVES, PLACES, SEED, SETTINGS, SLOW, Choices, current
from nat_core.files import Count, converted, csv_text
from nat_core.measure.predictions import softmax
from nat_core.small import plane
from nat_core.small.starts import start_weights

STEPS = 400
"""After so many steps the lessons look at the networks."""
LARGEST = 1e7
"""The largest weight that is taken over: no training comes near it, and of the widest networks whose weights are all
as large the answers are still finite."""
Coordinate = Annotated[float, msgspec.Meta(ge=-plane.EXTENT, le=plane.EXTENT)]


@dataclass(frozen=True)
class Edited:
    """What the browser tells once its visitor has changed the negatives."""

    number: Count
    """How often they were changed so far."""
    places: Annotated[list[tuple[Coordinate, Coordinate]], msgspec.Meta(max_length=MOST_NEGATIVES)]


@dataclass(frozen=True)
class Reaching:
    """What the browser tells of its networks."""

    start: str
    """The name of the start from which they learned."""
    step: Count
    weights: str
    """Both networks' weights as float32, in base64, the baseline first."""
    learned: Count
    """How many negatives NAT has learned from since its start, at different places."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What the networks are given."""

    chosen: Choices
    points: plane.Points
    held_out: plane.Points
    """Points of the same kind, from which nothing is learned."""
    empty: Bool[np.ndarray, " cells"]
    """Which cells of the grid are empty plane."""
    negatives: Float[np.ndarray, "m 2"]


@dataclass(frozen=True, eq=False)
class Reached:
    """How far both networks have learned, the baseline first."""

    step: int
    weights: Float[np.ndarray, "2 parameters"]
    learned: int = 0
    """How many negatives NAT has learned from since its start, at different places."""


@dataclass(frozen=True, eq=False)
class PlaneAnswer:
    """One network's answers all over the plane, cell by cell of the grid, row by row from below."""

    confidence: Float[np.ndarray, " cells"]
    falsely_sure: float
    right: int
    """How many of the known points it classifies correctly."""


@dataclass
class Playing:
    """The playground of one visit."""

    name: str = field(default_factory=lambda: uuid4().hex)
    """What tells it from another visit of the same browser."""
    starts: int = 0
    """How often its networks began."""
    made_of: tuple = ()
    """What they began with: other points, another size or seed are another start."""
    links: int = 0
    """How many links to the playground had been followed when they began."""
    presses: int = 0
    """How often negatives were added, so that each press adds different ones."""
    heard: int = 0
    """The number of the last change of the negatives that the browser told of."""
    reached: Reached | None = None
    """What the browser told last; None as long as it is the start."""
    on: Scene | None = None
    """The scene that the page last showed."""

    @property
    def start(self) -> str:
        """What names this start among all others."""
        return f"{self.name}.{self.starts}"


PLAYING = Held("playground", Playing)


def scene() -> Scene:
    """Return the scene of this visit, by its settings."""
    playing = PLAYING.get()
    playing.on = scene_of(current(), PLACES.value)
    return playing.on


def scene_of(chosen: Choices, negatives: Float[np.ndarray, "m 2"]) -> Scene:
    """Return the scene with these choices and these negatives."""
    return Scene(chosen, *_ground(chosen.shape, chosen.classes, chosen.noise, chosen.seed), negatives)


@lru_cache(maxsize=64)
def _ground(shape: str, classes: int, noise: float, seed: int) -> tuple[plane.Points, plane.Points, np.ndarray]:
    points, held_out = (
        plane.draw_points(shape, classes, seed=seed, noise=noise, held_out=other) for other in (False, True)
    )
    return points, held_out, plane.empty_cells(plane.grid(), points.positions)


def begun() -> Playing:
    """Return this visit's playground, its networks at a new start where their points, size, seed or link changed."""
    chosen, playing = current(), PLAYING.get()
    # Weight, divergence and learning rate are not among them: they may change while the networks learn on.
    made_of = (chosen.shape, chosen.noise, chosen.seed, chosen.sizes, chosen.activation)
    followed = links.times_followed(SETTINGS.page)
    if playing.links != followed:
        # A link's negatives are those of a first press.
        playing.links, playing.presses, playing.made_of = followed, int(len(PLACES.value) > 0), ()
    if playing.made_of != made_of:
        playing.made_of, playing.reached = made_of, None
        playing.starts += 1
    return playing


def begin_anew() -> None:
    """Let the networks begin anew, whatever they were made of."""
    PLAYING.get().made_of = ()


# --- what the networks say -------------------------------------------------------------------------------------------


def answers_of(here: Scene, reached: Reached | None, threshold: float) -> dict[Kind, PlaneAnswer]:
    """Return what both networks say all over the plane as they are, None at their start; imports torch."""
    sizes, seed = here.chosen.sizes, here.chosen.seed
    weights = np.repeat(start_weights(sizes, seed)[None], 2, axis=0) if reached is None else reached.weights
    found: dict[Kind, PlaneAnswer] = {}
    both = zip(*logits_of(here.chosen, weights, plane.grid(), here.points.positions), strict=True)
    for kind, (logits, own) in zip(KINDS, both, strict=True):
        confidence = softmax(logits).max(axis=1)
        right = int((own.argmax(axis=1) == here.points.labels).sum())
        found[kind] = PlaneAnswer(confidence, plane.falsely_sure(confidence, here.empty, threshold), right)
    return found


def logits_of(
    chosen: Choices, weights: Float[np.ndarray, "2 parameters"], *places: Float[np.ndarray, "_ 2"]
) -> list[Float[np.ndarray, "2 _ classes"]]:
    """Return both networks' logits at some places of the plane, an array for each group of them; imports torch."""
    import torch

    from nat_core.small.twins import Architecture, forward

    # A copy: what a browser sent cannot be written to, of which torch would warn.
    held, architecture = torch.from_numpy(weights.copy()), Architecture(chosen.sizes, chosen.activation)
    with torch.inference_mode():
        return [forward(held, architecture, torch.from_numpy(each)).numpy() for each in places]


def trained_answers(here: Scene, threshold: float, steps: int = STEPS) -> dict[Kind, PlaneAnswer]:
    """Return what both networks say once they have trained from their start; imports torch."""
    return answers_of(here, trained(here, steps), threshold)


def trained(here: Scene, steps: int = STEPS) -> Reached:
    """Return how far both networks come in so many steps from their start, by the engine; imports torch."""
    import torch

    from nat_core.small import playground

    chosen = here.chosen
    settings = playground.Settings(
        width=chosen.width,
        layers=chosen.layers,
        activation=chosen.activation,
        learning_rate=chosen.rate,
        divergence=chosen.divergence,
        negative_weight=chosen.weight,
        seed=chosen.seed,
    )
    torch.set_num_threads(1)
    start = playground.start(settings, here.points.classes)
    *_, last = playground.train(start, here.points, here.negatives, settings, steps)
    return Reached(last.step, last.weights.numpy(), len(here.negatives) if chosen.weight else 0)


def planes_csv(playing: Playing) -> str:
    """What both networks say all over the plane: x, y, whether it is empty there, both confidences; imports torch.

    Of what the browser told last: it tells before its visitor turns to the button that asks for this.
    """
    rows: list[tuple] = [("x", "y", "empty", *(f"{kind}_confidence" for kind in KINDS))]
    if playing.on is None:
        return csv_text(rows)
    said = answers_of(playing.on, playing.reached, 0.0)
    confidences = zip(*(said[kind].confidence for kind in KINDS), strict=True)
    for (x, y), empty, both in zip(plane.grid(), playing.on.empty, confidences, strict=True):
        rows.append((f"{x:.3f}", f"{y:.3f}", "yes" if empty else "no", *(f"{each:.6f}" for each in both)))
    return csv_text(rows)


# --- what the browser tells ------------------------------------------------------------------------------------------


def add(kind: str) -> None:
    """Add negatives of this kind, different ones at every press."""
    if kind not in plane.NEGATIVES:
        return
    drawn = _draw(kind)
    # Those of the first press lie there again where Clear, which begins anew, was taken back.
    while (PLACES.value[:, None] == drawn).all(axis=2).any():
        drawn = _draw(kind)
    PLACES.put(np.concatenate([PLACES.value, drawn])[:MOST_NEGATIVES])


def _draw(kind: str) -> Float[np.ndarray, "m 2"]:
    """Return the negatives of the next press: from the seed and the press alone, so that the same give the same."""
    playing = PLAYING.get()
    seed = SEED.value + 1000 * playing.presses
    playing.presses += 1
    return plane.draw_negatives(kind, COUNT.value, seed=seed)


def edit(told: object) -> None:
    """Take over the negatives as the visitor has changed them, `told` as `Edited`; anything else is passed over.

    So is what was heard already.
    """
    try:
        edited = converted(told, Edited)
    except ValueError:
        return
    playing = PLAYING.get()
    if edited.number <= playing.heard:
        return
    playing.heard = edited.number
    PLACES.put(np.array(edited.places, np.float32).reshape(-1, 2))
    if not edited.places:
        playing.presses = 0


def reach(told: object) -> None:
    """Take over how far the networks have learned, `told` as `Reaching`.

    What is not of this start, or no two networks of its size, is passed over.
    """
    playing = PLAYING.get()
    try:
        reaching = converted(told, Reaching)
        weights = np.frombuffer(b64decode(reaching.weights, validate=True), "<f4")
    except ValueError:
        return
    parameters = len(start_weights(current().sizes, 0))
    # Not true of NaN.
    if reaching.start == playing.start and weights.size == 2 * parameters and (np.abs(weights) <= LARGEST).all():
        playing.reached = Reached(reaching.step, weights.reshape(2, parameters), reaching.learned)


def slow(told: object) -> None:
    """Take over whether training is shown update by update."""
    SLOW.put(bool(told))
