"""The words of Attention: where the networks look and how far that differs; what each attribution measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from nat_app.shared.language import N_, _, ngettext, pgettext
from nat_app.shared.pairs import pictures_of, set_title
from nat_app.shared.words import Answer
from nat_core.measure.rounding import difference, distance_text
from nat_core.recipes import LEVELS
from nat_core.studies.level_findings import LevelFinding, means

STRETCHED = N_(
    "Each map is stretched to its own largest value: a faint one looks as strong as any, so compare shapes only."
)


STEPS = 64
"""How many steps of the way integrated gradients are summed over."""


@dataclass(frozen=True)
class Method:
    """One attribution of `nat_core.network.explain`, by its function's name in METHODS."""

    title: str
    during: str
    """What it is called while it is computed."""
    measures: str
    """What it measures, in one or two sentences; {steps} are STEPS."""


METHODS = {
    "integrated_gradients": Method(
        N_("Integrated gradients"),
        N_("integrated gradients"),
        N_(
            "Every pixel's share of what lifts the answer from a plain picture of the mean colour to this one. "
            "The shares add up to that, but for what a sum of {steps} steps misses."
        ),
    ),
    "occlusion": Method(
        N_("Occlusion"),
        N_("occlusion"),
        N_("How far the answer falls when a square of 8 x 8 pixels is covered with the mean colour, every 4 pixels."),
    ),
    "grad_cam": Method(
        N_("Grad-CAM"),
        N_("Grad-CAM"),
        N_("Where a level is active, weighted by how the answer depends on each channel: as coarse as the level is."),
    ),
}
OWN_ANSWER = N_("its own answer")
"""The choice that each network is asked about what it says itself."""
UNITS = N_("Teal speaks for the answer, brown against it, in units of its logit (the number before the softmax).")


class AttributionLike(Protocol):
    """What the sentences need of a `nat_core.network.explain.Attribution`; that module imports torch."""

    @property
    def values(self) -> np.ndarray:
        """The share of each place."""
        ...

    @property
    def logit(self) -> float:
        """The answer's logit on the picture."""
        ...

    @property
    def blank(self) -> float:
        """The same on a plain picture of the mean colour."""
        ...


def measures(method: str) -> str:
    """Return what an attribution measures, by its key in METHODS."""
    return _(METHODS[method].measures, steps=STEPS)


def found_sentence(name: str, answer: str, method: str, found: AttributionLike) -> str:
    """Return what an attribution came to: its sum beside the logits (integrated gradients), or its largest value."""
    # The one method whose shares must add up, so the reader can check the sum against the two logits.
    if method == "integrated_gradients":
        return f"{name}, {answer}: {_added_up(float(found.values.sum()), found.logit, found.blank)}"
    most, least = float(found.values.max()), float(found.values.min())
    if method == "occlusion":
        told = _("a covered square counts {most:+.2f} at most and {least:+.2f} at least.", most=most, least=least)
    else:
        told = _("a place counts {most:+.2f} at most and {least:+.2f} at least.", most=most, least=least)
    return f"{name}, {answer}: {told}"


def _added_up(total: float, logit: float, blank: float) -> str:
    """Return what integrated gradients add up to beside what they should, and what is missing or too much."""
    # Of the numbers as they are read, so that the sentence adds up.
    whole = difference(logit, blank, 2)
    gap = difference(whole, total, 2)
    told = _(
        "the logit is {logit:.2f}, and {blank:.2f} on the mean colour, {whole:+.2f} apart; the pixels add up to "
        "{total:+.2f}",
        logit=logit,
        blank=blank,
        whole=whole,
        total=total,
    )
    if not gap:
        return f"{told}."
    amount = _("{gap:.2f} missing", gap=abs(gap)) if gap * whole > 0 else _("{gap:.2f} too much", gap=abs(gap))
    return _(
        "{told}, {amount}: a sum of {steps} steps is not quite the whole way between the two pictures.",
        told=told,
        amount=amount,
        steps=STEPS,
    )


def working(name: str, method: str, share: float) -> str:
    """Return what stands beside the progress bar."""
    return _("{name}: {method}, {percent:.0f}\u00a0%", name=name, method=_(METHODS[method].during), percent=100 * share)


PLACES: dict[tuple[str, ...], str] = {
    ("low",): N_("the low level"),
    ("middle",): N_("the middle level"),
    ("high",): N_("the high level"),
    ("low", "middle"): N_("the low and the middle level"),
    ("low", "high"): N_("the low and the high level"),
    ("middle", "high"): N_("the middle and the high level"),
    ("low", "middle", "high"): N_("every level"),
}
"""How a sentence names some of the levels, after "at"."""


def level_name(level: str) -> str:
    """Return a level's name by itself, for a choice.

    >>> [level_name(level) for level in ("low", "middle", "high")]
    ['low', 'middle', 'high']
    """
    return {
        "low": pgettext("an attention level", "low"),
        "middle": pgettext("an attention level", "middle"),
        "high": pgettext("an attention level", "high"),
    }[level]


def attention_title(distances: dict[str, float] | None, beside: LevelFinding | None) -> str:
    """Return where baseline and NAT look differently, and how far that is from what another seed makes.

    `distances` are those of their maps on this picture, by level; `beside` is how far they lie apart over many
    pictures and how far two baselines of different seeds, None where no such two were compared.
    """
    if distances is None:
        return _("Where the networks look.")
    if beside is None:
        furthest = max(distances, key=lambda level: distances[level])
        return _(
            "Baseline and NAT differ most at {level}; another seed may differ as much.",
            level=_(PLACES[(furthest,)]),
        )
    exceeding = beside.exceeding
    level = max(exceeding or LEVELS, key=lambda each: _beyond(beside, each))
    said = {
        "level": _(PLACES[(level,)]),
        "nat": means(beside.nat[level]),
        "seeds": means(beside.seeds[level]),
    }
    if not exceeding:
        return _(
            "Baseline and NAT differ no more than two seeds do: {nat} apart at {level}, two baselines {seeds}.",
            **said,
        )
    if exceeding == (level,):
        return _(
            "Baseline and NAT differ at {level}, more than two seeds do: {nat} apart, two baselines {seeds}.",
            **said,
        )
    return _(
        "Baseline and NAT differ at {levels}, more than two seeds do: {nat} apart at {level}, two baselines {seeds}.",
        levels=_(PLACES[exceeding]),
        **said,
    )


def _beyond(found: LevelFinding, level: str) -> float:
    """How much farther the nearest baseline and NAT network lie apart at a level than the farthest two baselines."""
    return min(each.mean for each in found.nat[level]) - max(each.mean for each in found.seeds[level])


def strongest(values: Float[np.ndarray, "rows columns"]) -> str:
    """Return in which ninth of the picture a map is strongest on average, in words.

    >>> strongest(np.eye(6)[::-1] * [1, 1, 0, 0, 0, 0])
    'bottom left'
    """
    ninths = (
        pgettext("where in a picture", "top left"),
        pgettext("where in a picture", "top"),
        pgettext("where in a picture", "top right"),
        pgettext("where in a picture", "left"),
        pgettext("where in a picture", "centre"),
        pgettext("where in a picture", "right"),
        pgettext("where in a picture", "bottom left"),
        pgettext("where in a picture", "bottom"),
        pgettext("where in a picture", "bottom right"),
    )
    means = [part.mean() for row in np.array_split(values, 3) for part in np.array_split(row, 3, axis=1)]
    return ninths[int(np.argmax(means))]


def looks_sentence(name: str, maps: Mapping[str, Float[np.ndarray, "_ _"]]) -> str:
    """Return where a network's maps are strongest, for those who cannot see them; `maps` by level."""
    return _(
        "{name} looks most at the {low} (low level), the {middle} (middle level) and the {high} (high level).",
        name=name,
        low=strongest(maps["low"]),
        middle=strongest(maps["middle"]),
        high=strongest(maps["high"]),
    )


def distance_sentence(here: Mapping[str, float], usual: Mapping[str, float], pictures: str) -> str:
    """Return the distances between two networks' maps on this picture, and their median over many `pictures`."""
    apart = {level: distance_text(each) for level, each in here.items()}
    apart |= {f"usual_{level}": distance_text(each) for level, each in usual.items()}
    # Maps have length 1 and no value below 0: without a place in common they lie the square root of 2 apart.
    return _(
        "How far baseline and NAT lie apart: low {low} ({usual_low}), middle {middle} "
        "({usual_middle}), high {high} ({usual_high}). In brackets the median of {pictures}. 0 is the same "
        "map, 1.41 is nothing in common.",
        **apart,
        pictures=pictures,
    )


def maps_caption(strength: float, own_scale: bool) -> str:
    """Return what stands below the maps: what they are, and how far their colours can be trusted."""
    parts = [
        _("Attention map: mean(A²) over the channels of a group."),
        _(STRETCHED) if own_scale else _("One colour scale a column, for all networks."),
    ]
    if strength < 1 and not own_scale:
        parts.append(_("The photo shines through, so colours are duller than in the bar."))
    return " ".join(parts)


def spread_title(set_name: str) -> str:
    """Return the plain name of the pictures that a picture is set beside.

    >>> spread_title("gallery"), spread_title("noise")
    ('The gallery', 'Noise')
    """
    return _("The gallery") if set_name == "gallery" else set_title(set_name)


def spread_pictures(set_name: str, number: int) -> str:
    """Return how many pictures a spread is of, and which.

    >>> spread_pictures("gallery", 45), spread_pictures("ilsvrc", 1000)
    ('45 gallery pictures', '1,000 ILSVRC pictures')
    """
    if set_name == "gallery":
        return ngettext("{count:,} gallery picture", "{count:,} gallery pictures", number)
    return pictures_of(set_name, number)


def spread_caption(pictures: str, *, seeds: bool = False) -> str:
    """Return what stands below the chart of distances; `seeds` where it has two baselines beside."""
    told = _(
        "Diamond: this picture. Tick: the median of {pictures}; the thick line holds half of them, the thin one 90 of "
        "100.",
        pictures=pictures,
    )
    beside = _("Hollow circle: the median of two baselines that differ in their seed alone.")
    return f"{told} {beside}" if seeds else told


def without_students(missing: Sequence[str]) -> str:
    """Return that a pair's students are not trained yet, before the commands that train them."""
    if len(missing) == 1:
        return _("One of its students is not trained yet:")
    return _("Its students are not trained yet:")


def faint(answer: Answer, name: str, classes: int) -> str:
    """Return the sentence for a network with hardly an opinion; "" where it has one."""
    # Up to twice chance: what a map shows then is which way an undecided network happens to lean.
    if answer.confidence > 2 / classes:
        return ""
    return _("{name} favours no class here, so there is little to see. The map is faint, not broken.", name=name)
