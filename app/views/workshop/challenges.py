"""The workshop's three challenges: what they ask, and whether they are met."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_app.answers import stored_answers
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS, Kind
from nat_app.shared.words import Answer
from nat_core.measure.metrics import Prices, cheapest, cost_curve

MOST_CLICKS = 10
FEW_SURE = 0.30
"""NAT has to be falsely sure on less of the empty plane than this."""
SURE = 0.9
"""The threshold of the first two challenges."""
PRICES = Prices(false_alarm=10.0, miss=1.0)
PARTS = 100
"""How many parts the factory's costs are for; half of them are foreign."""
CLICKS_LINK = {"play_shape": "blobs", "play_classes": "3", "play_seed": "0", "play_count": "1"}
"""The playground where the first challenge begins: every press adds one negative."""


@dataclass(frozen=True)
class Clicks:
    """The visitor's playground as it was when they asked."""

    negatives: int
    falsely_sure: float
    """NAT's share of the empty plane, in [0, 1]."""
    right: int
    points: int
    step: int

    @property
    def met(self) -> bool:
        """Whether the challenge is met: few negatives, trained, points classified correctly, little falsely sure."""
        learned = self.step > 0 and self.right >= 0.95 * self.points
        return 0 < self.negatives <= MOST_CLICKS and learned and self.falsely_sure < FEW_SURE


def look_at_playground() -> Clicks:
    """Return how the visitor's playground stands; imports torch."""
    from nat_app.views.playground import state as playground

    here = playground.scene()
    # Training may have gone on since the visitor left that page.
    playground.follow()
    now, answer = playground.networks(), playground.answers(SURE)["nat"]
    return Clicks(len(here.negatives), answer.falsely_sure, answer.right, len(here.points.labels), now.step)


@dataclass(frozen=True)
class Tried:
    """A photo that was tried on both networks."""

    name: str
    answers: dict[Kind, Answer]

    @property
    def fooled(self) -> dict[Kind, bool]:
        """Which network is sure of it, though it shows none of the ten things."""
        return {kind: answer.confidence > SURE for kind, answer in self.answers.items()}


def fooling_both(pair: Pair) -> int:
    """Return how many of the gallery's photos of no class fool both networks."""
    tried = [Tried(each.name, gallery_answers(pair, each.file)) for each in gallery_pictures() if not each.known]
    return sum(all(each.fooled.values()) for each in tried)


def gallery_answers(pair: Pair, file: str) -> dict[Kind, Answer]:
    """Return what both networks say of a gallery photo, from what is stored."""
    said = stored_answers.gallery_answers(pair, file)
    return {kind: said[kind].answer for kind in KINDS}


@dataclass(frozen=True, eq=False)
class Factory:
    """What errors cost at every t in hundredths, for both networks."""

    costs: dict[Kind, Float[np.ndarray, " 101"]]
    """The cost of a hundred parts."""
    set_name: str
    """The foreign parts."""

    @property
    def best(self) -> dict[Kind, float]:
        """The cheapest t of each network."""
        return {kind: cheapest(stored_answers.CURVE, costs) for kind, costs in self.costs.items()}

    def cost(self, kind: Kind, threshold: float) -> float:
        """The cost of a hundred parts at a t, in [0, 1]."""
        # round, because 100 * 0.29 is 28.999999999999996.
        return float(self.costs[kind][round(100 * threshold)])


def factory(pair: Pair) -> Factory:
    """Return what errors cost, from the stored predictions of what each network knows and of its headline negatives."""
    foreign = stored_answers.headline_of(pair)
    costs: dict[Kind, np.ndarray] = {}
    for kind, name in pair.by_kind.items():
        known = stored_answers.predictions(name, stored_answers.known_set(name)).confidence
        strange = stored_answers.predictions(name, foreign).confidence
        costs[kind] = PARTS * cost_curve(known, strange, stored_answers.CURVE, PRICES)
    return Factory(costs, foreign)
