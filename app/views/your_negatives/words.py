"""The sentences of Your negatives, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import (
    HARD_SPACE,
    article,
    count_of_100,
    literal,
    of_100,
    percent_fine,
    plural,
    threshold_share,
)
from nat_app.views.your_negatives.effects import Change, Effect
from nat_app.visit.labels import ANOTHER, NONE, how_many

LITTLE, PARTLY = 0.85, 0.5
"""Above this share of what fooled it before, other pictures are as good as unprotected; below the second, protected."""
DEAR = 0.5
"""From this share of what it gained elsewhere on, what it lost of the things it knows is told first."""


def title(sure: int, photos: int, after: int | None, kind: Kind, *, untaught: bool = True) -> str:
    """Return the finding on the photos themselves: how many the network is sure of, and was before it learned them.

    `untaught` is whether all of them show things of no class, as the visitor says.

    >>> title(3, 5, 0, "baseline")
    'It learned these 5: it was sure of 3 before; now of none.'
    """
    if not photos:
        return "Choose things it was never taught."
    if after is not None:
        if photos == 1:
            return ONE_LEARNED[bool(sure), bool(after)]
        return f"It learned these {photos}: it was sure of {sure or 'none'} before; now of {after or 'none'}."
    never = f" It was taught {'no such thing' if photos == 1 else 'none of them'}." if untaught else ""
    if photos == 1:
        return f"{NAMES[kind]} is {'sure' if sure else 'not sure'} of this photo.{never}"
    return f"{NAMES[kind]} is sure of {sure or 'none'} of these {photos}.{never}"


ONE_LEARNED = {
    (True, False): "It learned this photo: it was sure of it before, and no longer is.",
    (True, True): "It learned this photo, and is still sure of it.",
    (False, False): "It learned this photo: it was not sure of it before, and is not now.",
    (False, True): "It learned this photo: it was not sure of it before, and now is.",
}
"""The finding on a single photo, by whether the network was sure of it before, and is after."""


def stands_in(chosen: str, here: str) -> str:
    """Return why another pair than the chosen one learns.

    >>> stands_in("Large network (ResNet-18)", "Small network (WRN-16-1)")
    'Large network (ResNet-18) has no stored features to learn from; here Small network (WRN-16-1) learns in its place.'
    """
    return f"{chosen} has no stored features to learn from; here {here} learns in its place."


def lesson(effect: Effect, beside: bool) -> str:
    """Return what learning them did for pictures that it did not learn: the lesson of the page, good or bad.

    Inside the band of noise nothing is said to have changed, and what it lost of the classes is never praised.
    """
    further = effect.further
    told = (
        f"It is now sure of {count_of_100(further.after)} in 100 of the {further.pictures:,} CIFAR-100 pictures it "
        f"never saw; before, {count_of_100(further.before)}."
    )
    if effect.others is not None:
        was, now = effect.others.counts
        told += (
            f" Of the {plural(effect.others.pictures, 'other photo')} here, {now or 'none'}; before, {was or 'none'}."
        )
    return f"{told} **{_outcome(effect, beside)}**"


def _outcome(effect: Effect, beside: bool) -> str:
    further, lost, gained = effect.further, effect.kept.before - effect.kept.after, effect.further.direction < 0
    price = ""
    if effect.kept.direction < 0:
        if not gained or lost > DEAR * (further.before - further.after):
            return f"It gave up part of what it knows: {_kept(effect.kept)}."
        price = f" It has its price: {_kept(effect.kept)}."
    if further.direction > 0:
        return f"Elsewhere it is surer than before.{price}"
    if not gained:
        return f"No other change is larger than chance makes.{price}"
    left = further.after / further.before
    if left > LITTLE:
        return f"It protects little else.{price}"
    if left > PARTLY:
        return f"It protects others in part.{price}"
    if beside:
        return f"That came with the many and varied pictures beside yours.{price}"
    return f"These photos protect others too.{price}"


def _kept(kept: Change) -> str:
    return f"of the ten things it keeps {count_of_100(kept.after)} in 100, before {count_of_100(kept.before)}"


def cost(effect: Effect) -> str:
    """Return what it cost on the ten classes."""
    kept, correct = effect.kept, effect.correct
    return (
        f"What it cost: correct on {percent_fine(correct.after)} of {correct.pictures:,} CIFAR-10 test pictures, "
        f"before {percent_fine(correct.before)}; keeps {of_100(kept.after)} of them, before "
        f"{count_of_100(kept.before)}."
    )


def rows(effect: Effect) -> dict[str, Change]:
    """Return what the chart of sets draws, by the names of its rows."""
    own = "Sure of your photo" if effect.own.pictures == 1 else f"Sure of your {effect.own.pictures}"
    others = {f"Sure of {plural(effect.others.pictures, 'other')}": effect.others} if effect.others else {}
    return {
        own: effect.own,
        **others,
        "Sure of CIFAR-100": effect.further,
        "Keeps of CIFAR-10": effect.kept,
        "Correct on CIFAR-10": effect.correct,
    }


def waits(number: int) -> str:
    """Return why the visitor is asked what their photos show."""
    which = "your photo shows" if number == 1 else f"{number} of your photos show"
    return f"Say what {which}: teach it no opinion on a thing it knows, and it forgets that thing."


def shows_known(labels: Sequence[str | None], names: Sequence[str], classes: Sequence[str]) -> str:
    """Return the warning for photos that show things of the classes, "" where none does; names and labels in order."""
    known = [(name, label) for name, label in zip(names, labels, strict=True) if label not in (None, NONE)]
    if not known:
        return ""
    name, label = known[0]
    shows = f"one of {how_many(classes)}" if label == ANOTHER else f"{article(str(label))}, one of {how_many(classes)}"
    more = f" (and {plural(len(known) - 1, 'other')})" if len(known) > 1 else ""
    return (
        f"{literal(name)} shows {literal(shows)}{more}: as a negative it teaches the network to give up what it knows. "
        "Leave it out, or watch what it keeps fall."
    )


def unlearned(threshold: float) -> str:
    """Return what to do, before anything was learned."""
    return f"Sure means above {threshold_share(threshold)}. Press Train: it learns to have no opinion on them."


def how(photos: int, copies: int, known: int, beside: int, steps: int, seconds: float) -> str:
    """Return how it was taught, for the caption."""
    others = f", {beside:,} CIFAR-100 pictures" if beside else ""
    each = "" if photos == 1 else " each"
    return (
        f"Only a small two-layer head was trained on top of the frozen network; it started as an exact copy of the "
        f"last layer: {steps} steps in {seconds:.1f} s, from {plural(photos, 'photo')} with {copies} moved copies{each}"
        f"{others} and {known:,} CIFAR-10 pictures. The vertical mark: as many steps without any negative. A change is "
        f"told where its 95{HARD_SPACE}% interval, from before and from that mark, leaves no room for chance. Nothing "
        "is stored."
    )


def changed() -> str:
    """Return the sentence for choices made after the last training."""
    return "The bars show what was learned last. Press Train to teach it what you chose now."


def full(most: int) -> str:
    """Return why no further photo can be chosen."""
    return f"It learns at most {most} at once; deselect one to choose another."
