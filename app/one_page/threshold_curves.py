"""Thresholds as the file carries them: each pair's histograms of each stored set, and what is said at every step.

All of it is what the page Thresholds of the app hands to its own script, which draws it here as well.
"""

from typing import Any

import numpy as np

from nat_app.answers import score_rates, stored_answers
from nat_app.shared import words
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.language import _, pgettext
from nat_app.shared.pairs import ROLE_TITLES, Pair, pictures_of, set_title
from nat_app.shared.score_scales import CONFIDENT, T_STEPS
from nat_app.views.thresholds import histograms
from nat_app.views.thresholds.words import sources
from nat_core.recipes import IN_DISTRIBUTION


def of_pair(pair: Pair) -> dict[str, Any]:
    """Return what Thresholds shows of a pair, by image set, in the language that is spoken."""
    sets = stored_answers.shared_sets(pair)
    return {
        "first": stored_answers.headline_of(pair),
        "sets": {name: _of_set(pair, name) for name in sets},
        "chips": {
            name: f"{set_title(name)} · {ROLE_TITLES.get(each.role, each.role)}" for name, each in sets.items()
        },
    }  # fmt: skip


def _of_set(pair: Pair, chosen: str) -> dict[str, Any]:
    sets, own = stored_answers.shared_sets(pair), stored_answers.known_set(pair.nat)
    known = chosen if sets[chosen].role == IN_DISTRIBUTION else own
    negatives = stored_answers.headline_of(pair) if chosen == known else chosen
    names = chosen, negatives, known
    sizes = histograms.Sizes(*(sets[name].images for name in names))
    at = score_rates.thresholds_keeping_95(pair, known)
    above, fooled, kept = (
        {kind: np.array([share]) for kind, share in score_rates.rates(pair, name, at).items()} for name in names
    )
    here = {kind: np.array([at[kind]]) for kind in KINDS}
    locked = histograms.sentences(histograms.Rates(above, fooled, kept, sizes), here, known=chosen == known)
    drawn = histograms.drawing(
        score_rates.histograms(pair, chosen, histograms.BARS),
        at,
        known=chosen == known,
        scale=CONFIDENT,
        classes=len(stored_answers.card(pair.nat).classes),
    )
    return drawn | {
        "known": chosen == known,
        "says": histograms.at_every_step(pair, names, sizes, CONFIDENT),
        "keeping": locked,
        "alt": _("How sure both networks are of {set}.", set=set_title(chosen)),
        "source": sources(
            pictures_of(negatives, sizes.negatives, "dative"), pictures_of(known, sizes.known, "dative"), 1.0
        ),
    }


def figures(pair: Pair) -> dict[str, Any]:
    """Return the three numbers of See it, and how often NAT is fooled, at every step of the threshold."""
    negatives, known = stored_answers.headline_of(pair), stored_answers.known_set(pair.nat)
    reports = {kind: stored_answers.card(name).report for kind, name in pair.by_kind.items()}
    card, sets = stored_answers.card(pair.nat), reports["nat"].sets
    of_negatives, of_known = pictures_of(negatives, sets[negatives].images), pictures_of(known, sets[known].images)
    fooled, kept = (score_rates.curves(pair, name) for name in (negatives, known))
    return {
        "right": {
            "title": _("Correct on what they know"),
            "values": [{kind: words.percent_fine(each.accuracy) for kind, each in reports.items()}],
            "source": _("accuracy on {pictures}", pictures=pictures_of(known, sets[known].images, "dative")),
        },
        "fooled": {
            "title": _("Fooled by things never taught"),
            "values": _each_step(fooled),
            "source": _("sure above {threshold}, {pictures} (NCR)", threshold="{threshold}", pictures=of_negatives),
        },
        "kept": {
            "title": _("Kept of what they know"),
            "values": _each_step(kept),
            "source": _("sure above {threshold}, {pictures}", threshold="{threshold}", pictures=of_known),
        },
        "nat_fooled": [_nat_fooled(negatives, step, float(fooled["nat"][place])) for place, step in enumerate(T_STEPS)],
        "telling": [stored_answers.telling_picture(pair, step) for step in T_STEPS],
        "why": words.why(card.report, card.classes, taught=card.recipe.teacher is not None),
    }


def _each_step(rates: dict[Any, np.ndarray]) -> list[dict[str, str]]:
    return [
        {kind: words.of_100(float(rates[kind][place])) for kind in KINDS} for place in range(len(T_STEPS))
    ]  # fmt: skip


def _nat_fooled(negatives: str, threshold: float, rate: float) -> list[str]:
    """What is said of a picture that fools NAT alone, and of one that fools both."""
    # Of which part of a set they are is no matter here.
    name = set_title(negatives).removesuffix(" test").removesuffix(" Test")
    pictures = pgettext("dative", "{set} pictures", set=name)
    return [
        # Confidences below and above any threshold, so that each says the same at every step.
        words.nat_fooled(words.Answer(baseline, "cat"), words.Answer(2.0, "cat"), threshold, rate, pictures)
        for baseline in (-1.0, 2.0)
    ]
