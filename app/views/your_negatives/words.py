"""The sentences of Your negatives, computed like those of `nat_app.shared.words`."""

from collections.abc import Sequence

from nat_app.shared.classes import article
from nat_app.shared.drawing.palette import SUBJECTS, Kind
from nat_app.shared.language import N_, _, ngettext, pgettext
from nat_app.shared.words import count_of_100, literal, of_100, percent_fine, threshold_share
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
    >>> title(3, 5, 3, "baseline"), title(0, 5, 0, "baseline")
    ('It learned these 5: it is sure of 3, as before.', 'It learned these 5: it is sure of none, as before.')
    """
    if not photos:
        return _("Choose things it was never taught.")
    if after is not None:
        if photos == 1:
            return _(ONE_LEARNED[bool(sure), bool(after)])
        if sure == after:
            return _("It learned these {photos}: it is sure of {after}, as before.", photos=photos, after=_of(after))
        return _(
            "It learned these {photos}: it was sure of {before} before; now of {after}.",
            photos=photos,
            before=_of(sure),
            after=_of(after),
        )
    if photos == 1:
        found = _("{name} is not sure of this photo.", name=SUBJECTS[kind])
        if sure:
            found = _("{name} is sure of this photo.", name=SUBJECTS[kind])
        never = _("It was taught no such thing.")
    else:
        found = _("{name} is sure of {sure} of these {photos}.", name=SUBJECTS[kind], sure=_of(sure), photos=photos)
        never = _("It was taught none of them.")
    return f"{found} {never}" if untaught else found


def _of(number: int) -> str:
    """How many photos it is sure of."""
    return str(number) if number else pgettext("sure of how many", "none")


ONE_LEARNED = {
    (True, False): N_("It learned this photo: it was sure of it before, and no longer is."),
    (True, True): N_("It learned this photo, and is still sure of it."),
    (False, False): N_("It learned this photo: it was not sure of it before, and is not now."),
    (False, True): N_("It learned this photo: it was not sure of it before, and now is."),
}
"""The finding on a single photo, by whether the network was sure of it before, and is after."""


def stands_in(chosen: str, here: str) -> str:
    """Return why another pair than the chosen one learns.

    >>> stands_in("Large network (ResNet-18)", "Small network (WRN-16-1)")
    'Large network (ResNet-18) has no stored features to learn from; here Small network (WRN-16-1) learns in its place.'
    """
    return _(
        "{chosen} has no stored features to learn from; here {here} learns in its place.", chosen=chosen, here=here
    )


def lesson(effect: Effect, beside: bool) -> str:
    """Return what learning them did for pictures that it did not learn: the lesson of the page, good or bad.

    Inside the band of noise nothing is said to have changed, and what it lost of the classes is never praised.
    """
    further = effect.further
    told = _(
        "It is now sure of {after} in 100 of the {pictures:,} CIFAR-100 pictures it never saw; before, {before}.",
        after=count_of_100(further.after),
        pictures=further.pictures,
        before=count_of_100(further.before),
    )
    if effect.others is not None:
        was, now = effect.others.counts
        others = ngettext(
            "Of the {count:,} other photo here, {now}; before, {was}.",
            "Of the {count:,} other photos here, {now}; before, {was}.",
            effect.others.pictures,
            now=_of(now),
            was=_of(was),
        )
        told = f"{told} {others}"
    return f"{told} **{_outcome(effect, beside)}**"


def _outcome(effect: Effect, beside: bool) -> str:
    """What came of it in the end: what it lost of the classes is named, first of all where nothing was worth it."""
    further, known = effect.further, _known(effect)
    lost = {name: each.before - each.after for name, each in known.items() if each.direction < 0}
    if not lost:
        return _reach(effect, beside)
    worst = max(lost, key=lambda name: lost[name])
    numbers = {"after": count_of_100(known[worst].after), "before": count_of_100(known[worst].before)}
    if further.direction >= 0 or lost[worst] > DEAR * (further.before - further.after):
        return _(_GAVE_UP[worst], **numbers)
    return f"{_reach(effect, beside)} {_(_PRICE[worst], **numbers)}"


def _known(effect: Effect) -> dict[str, Change]:
    """What changed of the pictures of the classes."""
    return {"kept": effect.kept, "correct": effect.correct}


_GAVE_UP = {
    "kept": N_("It gave up part of what it knows: of the ten things it keeps {after} in 100, before {before}."),
    "correct": N_("It gave up part of what it knows: it is correct on {after} in 100, before {before}."),
}
"""What is said of a loss where nothing, or not enough, was gained elsewhere."""
_PRICE = {
    "kept": N_("It has its price: of the ten things it keeps {after} in 100, before {before}."),
    "correct": N_("It has its price: it is correct on {after} in 100, before {before}."),
}


def _reach(effect: Effect, beside: bool) -> str:
    """How far what it learned reaches beyond the photos."""
    further, others = effect.further, effect.others
    if further.direction > 0:
        return _("Elsewhere it is more certain than before.")
    if further.direction == 0:
        if any(each.direction for each in (*_known(effect).values(), *([others] if others else []))):
            return _(
                "On those CIFAR-100 pictures the change is no larger than chance, or as many steps without negatives, "
                "would make."
            )
        return _("No other change is larger than chance, or as many steps without negatives, would make.")
    left = further.after / further.before
    if left > LITTLE:
        return _("It protects little else.")
    # Where it is surer of the other photos than before, it protects some things at most.
    if left > PARTLY or (others is not None and others.direction > 0):
        return _("It protects others in part.")
    if beside:
        return _("That came with the many and varied pictures beside yours.")
    return _("These photos protect others too.")


def cost(effect: Effect) -> str:
    """Return what it cost on the ten classes."""
    kept, correct = effect.kept, effect.correct
    return _(
        "What it cost: correct on {correct} of {pictures:,} CIFAR-10 test pictures, before {correct_before}; keeps "
        "{kept} of them, before {kept_before}.",
        correct=percent_fine(correct.after),
        pictures=correct.pictures,
        correct_before=percent_fine(correct.before),
        kept=of_100(kept.after),
        kept_before=count_of_100(kept.before),
    )


def accuracy_row() -> str:
    """Return the name of the row that is an accuracy; its amounts have the decimal that the sentence below has."""
    return _("Correct on CIFAR-10")


def rows(effect: Effect) -> dict[str, Change]:
    """Return what the chart of sets draws, by the names of its rows."""
    own, others = effect.own, effect.others
    first = _("Sure of your photo") if own.pictures == 1 else _("Sure of your {photos}", photos=own.pictures)
    found = {first: own}
    if others:
        found[ngettext("Sure of {count:,} other", "Sure of {count:,} others", others.pictures)] = others
    return found | {
        _("Sure of CIFAR-100"): effect.further,
        _("Keeps of CIFAR-10"): effect.kept,
        accuracy_row(): effect.correct,
    }


def alone(name: str, before: str, after: str | None) -> str:
    """Return what the bars of one photo say, for those who cannot see them.

    >>> alone("Teapot", "90 %", "4 %"), alone("Teapot", "90 %", None)
    ('Teapot: 90 % before, 4 % after.', 'Teapot: 90 %.')
    """
    if after is None:
        return f"{name}: {before}."
    return _("{name}: {before} before, {after} after.", name=name, before=before, after=after)


def waits(number: int) -> str:
    """Return why the visitor is asked what their photos show."""
    return ngettext(
        "Say what your photo shows: teach it no opinion about a thing it knows, and it forgets that thing.",
        "Say what {count:,} of your photos show: teach it no opinion about a thing it knows, and it forgets that "
        "thing.",
        number,
    )


def shows_known(labels: Sequence[str | None], names: Sequence[str], classes: Sequence[str]) -> str:
    """Return the warning for photos that show things of the classes, "" where none does; names and labels in order."""
    known = [(name, label) for name, label in zip(names, labels, strict=True) if label not in (None, NONE)]
    if not known:
        return ""
    name, label = known[0]
    shows = _("one of {classes}", classes=how_many(classes))
    if label != ANOTHER:
        shows = _("{thing}, one of {classes}", thing=article(str(label), "accusative"), classes=how_many(classes))
    if more := len(known) - 1:
        shows = ngettext("{shows} (and {count:,} other)", "{shows} (and {count:,} others)", more, shows=shows)
    return _(
        "{name} shows {shows}: as a negative it teaches the network to give up what it knows. Leave it out, or watch "
        "what it keeps fall.",
        name=literal(name),
        shows=literal(shows),
    )


def unlearned(threshold: float, *, learns: bool = False) -> str:
    """Return what to do, before anything was learned, or what it does while it `learns`."""
    if learns:
        return _(
            "Sure means above {threshold}. It is learning to have no opinion about them.",
            threshold=threshold_share(threshold),
        )
    return _(
        "Sure means above {threshold}. Press Train: it learns to have no opinion about them.",
        threshold=threshold_share(threshold),
    )


def how(photos: int, copies: int, known: int, beside: int, steps: int, seconds: float) -> str:
    """Return how it was taught, for the caption."""
    taught = ngettext(
        "{count:,} photo with {copies} moved copies",
        "{count:,} photos with {copies} moved copies each",
        photos,
        copies=copies,
    )
    if beside:
        taught = _("{taught}, {beside:,} CIFAR-100 pictures", taught=taught, beside=beside)
    trained = _(
        "Only a small two-layer head was trained on top of the frozen network; it started as an exact copy of the last "
        "layer: {steps} steps in {seconds:.1f}\u00a0s, from {taught} and {known:,} CIFAR-10 pictures.",
        steps=steps,
        seconds=seconds,
        taught=taught,
        known=known,
    )
    read = _(
        "The short vertical marks: as many steps without any negative. A change is told where its 95\u00a0% interval, "
        "from before and from that mark, leaves no room for chance. Nothing is stored."
    )
    return f"{trained} {read}"


def changed() -> str:
    """Return the sentence for choices made after the last training."""
    return _("The bars show what was learned last. Press Train to teach it what you chose now.")


def full(most: int) -> str:
    """Return why no further photo can be chosen."""
    return _("It learns at most {most} at once; deselect one to choose another.", most=most)
