"""The sentences of the playground, computed like those of `nat_app.shared.words`."""

from dataclasses import dataclass

from nat_app.shared.palette import Kind
from nat_app.shared.words import percent, plural, threshold_share

EMPTY = "No negatives yet, so both are the same. Add a ring and press Train."
SHAPES = {"blobs": "Blobs", "moons": "Moons", "spirals": "Spirals", "rings": "Rings"}
NEGATIVES = {"ring": "Ring", "corner": "Corner", "blob": "Blob", "uniform": "Uniform"}
ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sine": "sine"}
DIVERGENCES = {
    "kl_from_uniform": "KL(uniform ‖ softmax), as in the paper",
    "kl_to_uniform": "KL(softmax ‖ uniform), entropy",
    "jensen_shannon": "Jensen-Shannon",
    "brier": "Squared distance (Brier)",
    "hellinger": "Hellinger",
    "centred_logits": "Variance of the logits",
    "softened": "Its own answer, softened (AOE)",
}


@dataclass(frozen=True)
class Negatives:
    """How many negatives there are, and what the networks that are shown have to do with them."""

    lying: int
    """How many lie in the plane now."""
    learned: int
    """How many the NAT network has learned from since its start, at different places."""
    new: int
    """How many places of those that lie there it has not learned yet."""
    gone: int
    """How many of those that it learned no longer lie there."""


@dataclass(frozen=True)
class Reach:
    """Where in the empty plane NAT is no longer sure, though the baseline is; shares in [0, 1]."""

    lost: float
    """Of the empty plane."""
    far: float
    """Of what was lost, what lies farther than the margin from every negative that it learned."""


def title(sure: dict[Kind, float], step: int, learned: int) -> str:
    """Return the finding: how much of the empty plane each network is falsely sure of, in [0, 1].

    >>> title({"baseline": 0.96, "nat": 0.15}, 400, 20).replace("\\u00a0", " ")
    'The baseline is falsely sure on 96 % of the empty plane, NAT on 15 %.'
    """
    if step == 0:
        return "Two networks, the same points, the same start."
    baseline, nat = percent(sure["baseline"]), percent(sure["nat"])
    if not learned and sure["baseline"] == sure["nat"]:
        return f"Both are falsely sure on {baseline} of the empty plane."
    if sure["nat"] > sure["baseline"]:
        return f"Here NAT is falsely sure on {nat} of the empty plane, the baseline on {baseline}."
    return f"The baseline is falsely sure on {baseline} of the empty plane, NAT on {nat}."


def sentence(step: int, negatives: Negatives, reach: Reach, margin: float) -> str:
    """Return what to do next, or what learning the negatives did, as far as it went; `margin` in units of the plane."""
    if not negatives.learned:
        if not negatives.lying:
            return EMPTY
        shown = plural(negatives.lying, "negative")
        if step == 0:
            return f"{shown} to learn from. Press Train: both learn the points, NAT the negatives too."
        return f"NAT has not learned from the {shown} yet, so both are still the same. Press Train."
    return " ".join(filter(None, (_learned(negatives.learned, reach, margin), _since(negatives))))


def _learned(number: int, reach: Reach, margin: float) -> str:
    learned = f"NAT learned from {plural(number, 'negative')}"
    if not reach.lost:
        return f"{learned}, and is still sure wherever the baseline is. Train on, or add some where it is sure."
    # Where it went, and not where it ought to go: a ring empties the plane out to its corners.
    which = "that one" if number == 1 else "every one of them"
    return (
        f"{learned}: on {percent(reach.lost)} of the empty plane it is no longer sure where the baseline is. Of that, "
        f"{percent(reach.far)} lies farther than {margin:g} from {which}."
    )


def _since(negatives: Negatives) -> str:
    """Return what was done with the negatives since they were learned."""
    if negatives.new:
        are = "lies there that it has" if negatives.new == 1 else "lie there that it has"
        return f"{negatives.new} more {are} not learned yet: press Train."
    if negatives.gone:
        which = "They no longer lie" if not negatives.lying else f"{negatives.gone} of them no longer lie"
        return f"{which} there, but what it learned stays: rewind, or train on without them."
    return ""


def learns(kind: Kind, points: int, negatives: Negatives, step: int) -> str:
    """Return what a network has learned from, or is to learn from before the first step; its name in its colour."""
    name, when = (":gray[**Baseline**]" if kind == "baseline" else ":blue[**NAT**]"), "learned" if step else "to learn"
    also = ""
    if kind == "nat" and (number := negatives.learned if step else negatives.lying):
        also = f" and {plural(number, 'negative')}"
    return f"{name}, {when}: {plural(points, 'point')}{also}"


def gauge(rate: float) -> str:
    """Return "Falsely sure on 96 % of the empty plane", the number in bold."""
    return f"Falsely sure on **{percent(rate)}** of the empty plane"


def right(number: int, points: int, step: int) -> str:
    """Return how many of the known points a network classifies correctly, and after how many steps."""
    after = plural(step, "step")
    if number == points:
        return f"Gets all {points} points right after {after}."
    return f"Correct on {number} of {plural(points, 'point')} after {after}."


def caption(threshold: float, cells: int, margin: float, extent: float) -> str:
    """Return what the colours and marks mean, and what the share counts."""
    return (
        f"Full colour: confidence above {threshold_share(threshold)}; the paler, the less sure. Orange is the empty "
        f"plane ({cells:,} cells farther than {margin:g} from every point, on a plane {2 * extent:g} wide), green the "
        "area around the points. Lines: where the answer changes. Crosses: negatives, for NAT alone."
    )


def describe(name: str, rate: float, points: int, negatives: int) -> str:
    """Return what one plane shows, for those who do not see it."""
    return (
        f"{name}: a plane with {plural(points, 'point')} and {plural(negatives, 'negative')}. "
        f"Falsely sure on {percent(rate)} of the empty plane."
    )
