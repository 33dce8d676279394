"""The sentences of the challenges."""

from collections.abc import Sequence

from nat_app.shared.classes import any_of
from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.language import N_, _, ngettext
from nat_app.shared.words import Answer, class_title, literal, percent, threshold_share, threshold_text
from nat_app.views.workshop.score import Clicks
from nat_app.views.workshop.words import for_card
from nat_core.language import number
from nat_core.measure.error_costs import Stakes
from nat_core.measure.rounding import DECIMALS, difference

CLICKS_TITLE = N_("Ten clicks")
PHOTO_TITLE = N_("A photo that fools both")
FACTORY_TITLE = N_("A threshold for a factory")
FURTHER_TITLE = N_("Go further")
FURTHER = {
    "your_photos": N_(
        "**The photos of the class.** Everyone takes photos of things, animals or toys, no portraits: who finds one "
        "that both networks get wrong, and one that neither is sure of?"
    ),
    "your_negatives": N_(
        "**Your negatives.** Teach NAT a few photos that fool it, and see which others it doubts afterwards, and what "
        "that costs among the things it knows."
    ),
    "digits_live": N_(
        "**Digits live.** Two networks learn to read digits in under a minute. What do they make of an 8, which "
        "neither was ever shown?"
    ),
}
"""What a class does with time left, by the page that it needs; each takes ten minutes or more."""


def clicks_task(most: int, goal: float, threshold: float) -> str:
    """Return what the first challenge asks."""
    return ngettext(
        "Leave NAT falsely sure (above {threshold}) on less than {goal} of the playground's empty plane, with at most "
        "{count} negative. Click on the plane, or use the arrow keys and Enter, train, then come back and check.",
        "Leave NAT falsely sure (above {threshold}) on less than {goal} of the playground's empty plane, with at most "
        "{count} negatives. Click on the plane, or use the arrow keys and Enter, train, then come back and check.",
        most,
        threshold=threshold_share(threshold),
        goal=percent(goal),
    )


def clicks_verdict(found: Clicks, most: int, goal: float, *, met: bool) -> str:
    """Return whether the playground meets the first challenge, or the one thing that is missing."""
    state = ngettext(
        "{count} negative, NAT falsely sure on {share} of the empty plane",
        "{count} negatives, NAT falsely sure on {share} of the empty plane",
        found.negatives,
        share=percent(found.falsely_sure),
    )
    if met:
        return _(":green[■]\u00a0Done: {state}.", state=state)
    # One thing at a time, in the order in which a pupil can mend them.
    if found.negatives > most:
        return ngettext("{state}: that is more than {count} negative. Clear, and place fewer.",
                        "{state}: that is more than {count} negatives. Clear, and place fewer.", most,
                        state=state)  # fmt: skip
    if found.negatives == 0 or found.step == 0:
        return ngettext("{state}, after {count} step. Place negatives and press Train first.",
                        "{state}, after {count} steps. Place negatives and press Train first.", found.step,
                        state=state)  # fmt: skip
    if found.falsely_sure >= goal:
        return _("{state}. You need less than {goal}. Where is it still sure?", state=state, goal=percent(goal))
    return ngettext("{state}, but it gets only {right} of {count} point right. Train on.",
                    "{state}, but it gets only {right} of {count} points right. Train on.", found.points,
                    state=state, right=found.right)  # fmt: skip


def clicks_example(negatives: int, share: float) -> str:
    """Return how the first challenge can be met, for the teacher."""
    return ngettext(
        "Ten clicks: {count} negative in a ring around all points leaves NAT falsely sure on {share} of the empty "
        "plane.",
        "Ten clicks: {count} negatives in a ring around all points leave NAT falsely sure on {share} of the empty "
        "plane.",
        negatives,
        share=percent(share),
    )


def photo_task(classes: Sequence[str], threshold: float) -> str:
    """Return what the second challenge asks."""
    return _(
        "Find a photo of something that is not {things}, and that both networks are nevertheless sure about (above "
        "{threshold}). No portraits. Photos stay in memory and are gone when you leave.",
        things=any_of(classes),
        threshold=threshold_share(threshold),
    )


def fools_both(fooled: dict[Kind, bool], answers: dict[Kind, Answer]) -> str:
    """Return whether a photo fools both networks."""
    said = ", ".join(
        f"{NAMES[kind]} {percent(each.confidence)} {literal(class_title(each.predicted))}"
        for kind, each in answers.items()
    )
    if all(fooled.values()):
        return _(":green[■]\u00a0Done, it fools both. {said}.", said=said)
    if fooled["baseline"]:
        return _("It fools the baseline alone. {said}. Try another.", said=said)
    if fooled["nat"]:
        return _("It fools NAT alone. {said}. Try another.", said=said)
    return _("It fools neither. {said}. Try another.", said=said)


def gallery_fools(fools: int, photos: int) -> str:
    """Return how many photos of the gallery fool both."""
    return ngettext(
        "Of the gallery's {photos} photos of other things, {count} fools both.",
        "Of the gallery's {photos} photos of other things, {count} fool both.",
        fools,
        photos=photos,
    )


def photo_examples(names: Sequence[str]) -> str:
    """Return which photos of the gallery meet the second challenge, for the teacher."""
    if not names:
        return _("A photo that fools both: none of the gallery does, so it takes one of your own.")
    return _("A photo that fools both: in the gallery {names}.", names=", ".join(names))


def factory_task(stakes: Stakes, foreign: str) -> str:
    """Return what the third challenge asks, and which error is which."""
    return _(
        "A camera sorts parts. Where NAT is sure (above t), a part counts as one of the ten things and goes on; where "
        "it is not, a person checks it. Of a hundred parts {parts} are foreign, things that NAT was never taught "
        "({foreign}).\n\n"
        "- **Wrongly passed**, costs {passed:g}: it is sure of a foreign part. It was fooled.\n"
        "- **Needless check**, costs {check:g}: it knows the part but is not sure, so a person checks it in vain.\n\n"
        "Which t would you choose?",
        parts=foreign_parts(stakes),
        foreign=foreign,
        passed=stakes.prices.wrongly_passed,
        check=stakes.prices.needless_check,
    )


def foreign_parts(stakes: Stakes) -> str:
    """Return how many of a hundred parts are foreign.

    >>> from nat_core.measure.error_costs import Prices
    >>> foreign_parts(Stakes(Prices(3.0, 1.0), 0.2))
    '20'
    """
    return f"{100 * stakes.share_negatives:.0f}"


def factory(chosen: float, cost: float, best: float, least: float, points: int, most: int) -> str:
    """Return what a choice of t costs beside the best one of all; costs are for 100 parts."""
    told = threshold_text(best)
    if told == threshold_text(chosen) and round(cost, 1) != round(least, 1):
        # Two costs of one t would contradict each other.
        told = number(best, ".5g")
    return _(
        "At your t\u00a0=\u00a0{chosen} a hundred parts cost **{cost:.1f}**. The best of all is t\u00a0=\u00a0{best}: "
        "{least:.1f}. {card}",
        chosen=threshold_text(chosen),
        cost=cost,
        best=told,
        least=least,
        card=for_card(points, most),
    )


def factory_both(best: dict[Kind, float], least: dict[Kind, float], by_hand: float) -> str:
    """Return the best t and the least cost of both networks, beside the cost where a person looks at every part."""
    # Computed, as a visitor's own pair need not come out as ours does.
    dearer = difference(least["nat"], least["baseline"], DECIMALS["cost"])
    if dearer < 0:
        compared = _("NAT is the cheaper one.")
    elif dearer > 0:
        compared = _("Here the baseline is the cheaper one.")
    else:
        compared = _("Here both cost the same.")
    return _(
        "At its best the baseline costs {baseline:.1f} (t\u00a0=\u00a0{t_baseline}), NAT {nat:.1f} "
        "(t\u00a0=\u00a0{t_nat}). {compared} "
        "With t\u00a0=\u00a0{one:.2f} a person checks every part, for {by_hand:.1f}.",
        baseline=least["baseline"],
        t_baseline=threshold_text(best["baseline"]),
        nat=least["nat"],
        t_nat=threshold_text(best["nat"]),
        compared=compared,
        one=1.0,
        by_hand=by_hand,
    )


def factory_example(both: str) -> str:
    """Return what the third challenge comes to at best, for the teacher; `both` is what `factory_both` says."""
    return f"{_(FACTORY_TITLE)}: {both}"


def factory_source(stakes: Stakes, known: str, foreign: str) -> str:
    """Return what the costs are computed from, and why these prices.

    `known` and `foreign` are how many pictures of which set, in the dative.
    """
    return _(
        "Cost = {parts} × {passed:g} × share fooled + {known_parts} × {check:g} × share of the known not kept, from "
        "{known} and {foreign}. The best t is that of all thresholds, not of the slider's steps alone. Prices and "
        "foreign parts are chosen for each pair of networks so that the choice matters: for both, the cost falls and "
        "rises again. Hollow circle and dashes: baseline. Filled circle and line: NAT.",
        parts=foreign_parts(stakes),
        passed=stakes.prices.wrongly_passed,
        known_parts=number(100 * (1 - stakes.share_negatives), ".0f"),
        check=stakes.prices.needless_check,
        known=known,
        foreign=foreign,
    )
