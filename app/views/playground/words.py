"""The sentences of the playground, computed like those of `nat_app.shared.words`."""

from nat_app.shared.palette import Kind
from nat_app.shared.words import percent, plural

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


def title(sure: dict[Kind, float], step: int, negatives: int) -> str:
    """Return the finding: how much of the empty plane each network is falsely sure of, in [0, 1].

    >>> title({"baseline": 0.96, "nat": 0.15}, 400, 20).replace("\\u00a0", " ")
    'The baseline is falsely sure on 96 % of the plane, NAT on 15 %.'
    """
    if step == 0:
        return "Two networks, the same points, the same start."
    baseline, nat = percent(sure["baseline"]), percent(sure["nat"])
    if not negatives and sure["baseline"] == sure["nat"]:
        return f"Both are falsely sure on {baseline} of the plane."
    if sure["nat"] > sure["baseline"]:
        return f"Here NAT is falsely sure on {nat} of the plane, the baseline on {baseline}."
    return f"The baseline is falsely sure on {baseline} of the plane, NAT on {nat}."


def sentence(sure: dict[Kind, float], step: int, negatives: int) -> str:
    """Return what to do next, or what the two planes show."""
    if not negatives:
        return EMPTY
    shown = plural(negatives, "negative")
    if step == 0:
        return f"{shown} to learn from. Press Train: both learn the points, NAT the negatives too."
    if sure["nat"] < sure["baseline"] / 2:
        return f"NAT was shown {shown}, and gave up its sureness where they lie, and about there."
    if sure["nat"] < sure["baseline"]:
        return f"NAT was shown {shown}, and is sure as before wherever there were none."
    return f"NAT was shown {shown}. Train on, or add some where it is still sure."


def learns(kind: Kind, points: int, negatives: int) -> str:
    """Return what a network learns from, its name in its colour."""
    if kind == "baseline":
        return f":gray[**Baseline**], learns {plural(points, 'point')}"
    return f":blue[**NAT**], learns {plural(points, 'point')} and {plural(negatives, 'negative')}"


def gauge(rate: float) -> str:
    """Return "Falsely sure on 96 % of the empty plane", the number in bold."""
    return f"Falsely sure on **{percent(rate)}** of the empty plane"


def right(number: int, points: int, step: int) -> str:
    """Return how many of the known points a network classifies correctly, and after how many steps."""
    return f"Right about {number} of {plural(points, 'point')} after {plural(step, 'step')}."


def caption(threshold: float, cells: int, margin: float, extent: float) -> str:
    """Return what the colours and marks mean, and what the share counts."""
    return (
        f"Full colour: confidence above {percent(threshold)}; the paler, the less sure. Orange is the empty plane "
        f"({cells:,} cells further than {margin:g} from every point, on a plane {2 * extent:g} wide), green lies about "
        "the points. Lines: where the answer changes. Crosses: negatives, shown to NAT alone."
    )


def describe(name: str, rate: float, points: int, negatives: int) -> str:
    """Return what one plane shows, for those who do not see it."""
    return (
        f"{name}: a plane with {plural(points, 'point')} and {plural(negatives, 'negative')}. "
        f"Falsely sure on {percent(rate)} of the empty plane."
    )
