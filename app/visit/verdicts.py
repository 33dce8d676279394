"""What is said of a visitor's own photo: nothing is right or wrong before they have said what it shows."""

from nat_app.shared.classes import article, class_title
from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.language import N_, _
from nat_app.shared.words import Answer, Grade, grade, literal, percent, picture_title
from nat_app.visit.labels import ANOTHER, NONE

_ONE: dict[Kind, str] = {"baseline": N_("Only the baseline is sure."), "nat": N_("Only NAT is sure.")}


def verdict_sentence(kind: Kind, answer: Answer, label: str | None, threshold: float) -> str:
    """Return one network's verdict on a card: its name, how sure of what, and what that means at the threshold."""
    colour = "gray" if kind == "baseline" else "blue"
    name = literal(class_title(answer.predicted))
    return f":{colour}[**{NAMES[kind]}**] {percent(answer.confidence)} {name}. {verdict(answer, label, threshold)}"


def verdict(answer: Answer, label: str | None, threshold: float) -> str:
    """Return the verdict on a visitor's photo at the threshold, with its mark: a triangle fools, a square is kept.

    `label` is what it shows: a class, `labels.ANOTHER` or NONE; None, while nobody has said, gives no verdict.
    """
    sure = answer.confidence > threshold
    if label is None:
        if sure:
            return _("◇\u00a0Sure: right or wrong depends on what it shows.")
        return _("◇\u00a0Not sure: right or wrong depends on what it shows.")
    if label == NONE:
        return _(":orange[▲]\u00a0Fooled: sure, and wrong.") if sure else _("○\u00a0Not fooled.")
    if not sure:
        return _("□\u00a0Turned away, though it is a thing it knows.")
    # Of a thing that they know, any sure answer counts as kept, right or not: that is what the tables count as well.
    if answer.predicted == label:
        return _(":green[■]\u00a0Kept.")
    if label == ANOTHER:
        return _(":green[■]\u00a0Kept, as the wrong one.")
    return _(":green[■]\u00a0Kept, as the wrong one: it is {what}.", what=literal(article(label)))


def title(baseline: Answer, nat: Answer, label: str | None, threshold: float) -> str:
    """Return the finding about one photo of a visitor's in one or two short sentences.

    >>> title(Answer(0.95, "cat"), Answer(0.5, "cat"), None, 0.9)
    'Only the baseline is sure.'
    """
    if label is not None:
        return picture_title(baseline, nat, label, threshold)
    grades: dict[Kind, Grade] = {"baseline": grade(baseline.confidence, threshold),
                                 "nat": grade(nat.confidence, threshold)}  # fmt: skip
    sure = [kind for kind, how in grades.items() if how == "sure"]
    if len(sure) == 1:
        return _(_ONE[sure[0]])
    if sure:
        return _("Both networks are sure.")
    if set(grades.values()) == {"no opinion"}:
        return _("Both networks say that they do not know.")
    return _("Neither network is sure.")
