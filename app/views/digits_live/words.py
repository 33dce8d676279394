"""The sentences of Digits live, computed like those of `nat_app.shared.words`."""

from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.language import N_, _
from nat_app.shared.words import of_100, percent_fine, threshold_share

START = N_("Two networks that know nothing yet.")
OTHER_NETWORKS = N_(
    "Thresholds and Evidence speak of two other networks, the digits baseline and digits NAT, which are convolutional "
    "and learned in small batches, so their numbers on 8 and 9 differ."
)
"""Why the same digits have other numbers on other pages; this page's networks are trained here and now."""


def title(fooled: dict[Kind, float], step: int) -> str:
    """Return the finding: how many unseen digits fool each network; rates in [0, 1]."""
    if step == 0:
        return _(START)
    if fooled["baseline"] == fooled["nat"]:
        return _("Digits they never saw fool both: {rate}.", rate=of_100(fooled["nat"]))
    return _(
        "Digits they never saw fool the baseline {baseline} times, NAT {nat}.",
        baseline=of_100(fooled["baseline"]),
        nat=of_100(fooled["nat"]),
    )


def sentence(step: int, shown_from: int, steps: int, lowest: float, last: float) -> str:
    """Return what happens now; `lowest` and `last` are NAT's rates on 8 and 9, the lowest since it saw negatives."""
    if step == 0:
        return _(
            "Press Train: both learn to read 0 to 5. NAT is shown 6 and 7 as well, and learns to have no opinion about "
            "them; neither ever sees 8 or 9."
        )
    if step <= shown_from:
        return _(
            "Both have learned the same so far. From step {step} on NAT is shown 6 and 7 as well.", step=shown_from
        )
    if step < steps:
        return _("NAT is shown 6 and 7, never 8 and 9. Watch how sure it is of those.")
    if last > lowest + 0.05:
        return _(
            "6 and 7 taught NAT doubt about 8 and 9: down to {rate}. As it learned on, some of its certainty came "
            "back: these two digits alone do not stand for all others.",
            rate=of_100(lowest),
        )
    return _("6 and 7 taught NAT doubt about 8 and 9, which it never saw.")


def known(kind: Kind, accuracy: float, kept: float, pictures: int) -> str:
    """Return what a network makes of the digits that it learned."""
    return _(
        "{network}: correct on {share} of {pictures} other pictures of 0 to 5, keeps {kept}.",
        network=NAMES[kind],
        share=percent_fine(accuracy),
        pictures=pictures,
        kept=of_100(kept),
    )


def seen(kind: Kind, drawn: int, fooled: int) -> str:
    """Return how many of the digits that are drawn fool a network."""
    return _("{network}: of these {drawn}, fooled by {fooled}", network=NAMES[kind], drawn=drawn, fooled=fooled)


def describe(step: int, steps: int, baseline: str, nat: str) -> str:
    """Return what the curves show, for those who do not see them; the shares in percent."""
    return _(
        "After {step} of {steps} steps, unseen digits fool the baseline in {baseline}, NAT in {nat} of all cases.",
        step=step,
        steps=steps,
        baseline=baseline,
        nat=nat,
    )


def caption(unseen: int, known: int, negatives: int, threshold: float, seed: int) -> str:
    """Return what was counted, and what the networks are."""
    counted = _(
        "Fooled (▲): sure above {t} (NCR) of {unseen} pictures of 8 and 9; the first are drawn. Each network has 64 "
        "hidden units and learns from {known} pictures of 0 to 5, NAT from {negatives} pictures of 6 and 7 too. Same "
        "start (seed {seed}), full batches, Adam. Pictures: scikit-learn's 8 x 8 digits (UCI, CC BY 4.0).",
        t=threshold_share(threshold),
        unseen=unseen,
        known=known,
        negatives=negatives,
        seed=seed,
    )
    return f"{counted} {_(OTHER_NETWORKS)}"
