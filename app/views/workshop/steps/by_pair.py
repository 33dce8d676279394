"""Sentences of the lessons that say other things of other networks: of students, or where there is no price."""

from nat_app.shared.counts import Compared
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import N_, _
from nat_app.shared.words import percent

STUDENT = N_(
    "NAT is a student here: it was shown no negatives, and learned where to look from a network that was shown some."
)
"""What a network whose teacher alone saw negatives was shown."""


def shown(count: int, name: str, fooled: float) -> str:
    """Return what NAT was shown: `count` pictures of a set by its title, and the share of them that fools it.

    >>> shown(50_000, "CIFAR-100 train", 0.03).replace(chr(160), " ")
    'NAT was trained to have no opinion about 50,000 pictures (CIFAR-100 train). Of those, 3 % still fool it.'
    """
    return _(
        "NAT was trained to have no opinion about {count:,} pictures ({name}). Of those, {fooled} still fool it.",
        count=count,
        name=name,
        fooled=percent(fooled),
    )


def reached(found: Compared) -> str:
    """Return whether what NAT learned reached photos that it was never shown, of which so many fool each network."""
    if found.fewer == "nat":
        return _(
            "The effect reached photos that NAT was never shown, but not all of them: nobody can show a network "
            "everything that it was never taught."
        )
    if found.fewer == "baseline":
        return _(
            "The effect did not reach these photos, which NAT was never shown: nobody can show a network everything "
            "that it was never taught."
        )
    return _(
        "These photos, which NAT was never shown, cannot tell whether the effect reached them: the difference may be "
        "chance."
    )


def price(kept: dict[Kind, float]) -> str:
    """Return what NAT's caution costs, from the shares that each network keeps of what it knows, as they are written.

    >>> price({"baseline": 0.92, "nat": 0.86}).replace(chr(160), " ")
    'And there is a price: at this t NAT keeps 86 % of what it knows, the baseline 92 %.'
    >>> price({"baseline": 0.854, "nat": 0.851}).replace(chr(160), " ")
    'There is hardly a price here: at this t both keep 85 % of what they know.'
    """
    both = {kind: percent(share) for kind, share in kept.items()}
    if both["nat"] == both["baseline"]:
        return _("There is hardly a price here: at this t both keep {share} of what they know.", share=both["nat"])
    if kept["nat"] < kept["baseline"]:
        return _("And there is a price: at this t NAT keeps {nat} of what it knows, the baseline {baseline}.", **both)
    return _("There is no price here: at this t NAT keeps {nat} of what it knows, the baseline {baseline}.", **both)


def fooled_where(unseen: float, set_name: str, trained: tuple[float, str] | None) -> str:
    """Return which share of a set that it never saw fools NAT, and before it that of one that it learned from.

    >>> fooled_where(0.16, "ILSVRC", (0.03, "CIFAR-100 train")).replace(chr(160), " ")
    '3 % of CIFAR-100 train (used in training), 16 % of ILSVRC (never seen)'
    """
    never = _("{fooled} of {name} (never seen)", fooled=percent(unseen), name=set_name)
    if trained is None:
        return never
    used = _("{fooled} of {name} (used in training)", fooled=percent(trained[0]), name=trained[1])
    return f"{used}, {never}"
