"""The sentences of Digits live, computed like those of `nat_app.shared.words`."""

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import of_100, percent, percent_fine, plural


def title(fooled: dict[Kind, float], step: int) -> str:
    """Return the finding: how many unseen digits fool each network; rates in [0, 1]."""
    if step == 0:
        return "Two networks that know nothing yet."
    if fooled["baseline"] == fooled["nat"]:
        return f"Digits they never saw fool both: {of_100(fooled['nat'])}."
    return f"Digits they never saw fool the baseline {of_100(fooled['baseline'])} times, NAT {of_100(fooled['nat'])}."


def sentence(step: int, shown_from: int, steps: int, lowest: float, last: float) -> str:
    """Return what happens now; `lowest` and `last` are NAT's rates on 8 and 9, the lowest since it saw negatives."""
    if step == 0:
        return (
            "Press Train: both learn to read 0 to 5. NAT is shown 6 and 7 as well, and learns to have no opinion about "
            "them; neither ever sees 8 or 9."
        )
    if step <= shown_from:
        return f"Both have learned the same so far. From step {shown_from} on NAT is shown 6 and 7 as well."
    if step < steps:
        return "NAT is shown 6 and 7, never 8 and 9. Watch how sure it is of those."
    if last > lowest + 0.05:
        return (
            f"6 and 7 taught NAT doubt about 8 and 9: down to {of_100(lowest)}. As it learned on, some of its "
            "certainty came back: these two digits alone do not stand for all others."
        )
    return "6 and 7 taught NAT doubt about 8 and 9, which it never saw."


def known(kind: Kind, accuracy: float, kept: float, pictures: int) -> str:
    """Return what a network makes of the digits that it learned."""
    right = f"correct on {percent_fine(accuracy)} of {pictures} other pictures of 0 to 5"
    return f"{NAMES[kind]}: {right}, keeps {of_100(kept)}."


def caption(unseen: int, known: int, negatives: int, threshold: float, seed: int) -> str:
    """Return what was counted, and what the networks are."""
    return (
        f"Fooled (▲): sure above {percent(threshold)} (NCR) of {unseen} pictures of 8 and 9; the first are drawn. "
        f"Each network has 64 hidden units and learned {known} pictures of 0 to 5, NAT "
        f"{plural(negatives, 'picture')} of 6 and 7 too. Same start (seed {seed}), full batches, Adam. "
        "Pictures: scikit-learn's 8 x 8 digits (UCI, CC BY 4.0)."
    )
