"""The sentences of the class on the wall."""

import statistics
from collections.abc import Callable, Sequence

from nat_app.shared.language import N_, _, ngettext, written
from nat_app.shared.words import percent, percent_fine, threshold_text
from nat_app.views.workshop import score

ALONE = N_(
    "The app serves this computer alone. To let the phones of a class in, stop it and start it with this command; it "
    "prints a link for you and a QR code for the class, and this part shows them to project."
)
FOR_PHONES = N_(
    "Open this address on a phone in the same network, or scan the code.\n\n"
    "Your photos go to this one computer, stay in its memory, and are gone when you close the page. Even so, no "
    "portraits of classmates.\n\n"
    "To take a photo, press *Upload* on the page *Your photos*: the phone offers its own camera there. Browsers give a "
    "page the camera itself only over HTTPS, which a local network does not have."
)
OPEN_IT = N_(
    "Open a class, and the guesses and points of all phones fill a chart on the wall while they come in. No names: "
    "the app knows a phone only by a random number, and forgets all of it when you close the class, or an hour after "
    "the last guess."
)
TEACHER_OPENS = N_("Your teacher opens the class, with the link that the terminal shows.")
NO_ROOM = N_("This server has no room for another class. One is free an hour after its last guess at the latest.")
CLOSE = N_("All guesses and points are forgotten at once. Download them first if you want to keep them.")
DO_NOT_PROJECT = N_("Whoever has this link teaches the class: for your own second device, not for the wall.")


def here(phones: int, joined: int) -> str:
    """Return how many phones are in the class, and how many of them are there now.

    >>> here(1, 1), here(20, 23)
    ('**1** phone is here.', '**20** of 23 phones are here.')
    """
    if phones == joined:
        return ngettext("**{count}** phone is here.", "**{count}** phones are here.", joined)
    return _("**{phones}** of {joined} phones are here.", phones=phones, joined=joined)


def finding(guesses: Sequence[float], phones: int) -> str:
    """Return what a class guessed of a share: how many did, and the guess in the middle.

    >>> finding((0.2, 0.6, 0.9), 4).replace(chr(160), " ")
    '3 of 4 phones have guessed. The guess in the middle is 60 %.'
    >>> finding((0.96, 0.97), 2).replace(chr(160), " ")
    '2 of 2 phones have guessed. The guess in the middle is 96.5 %.'
    """
    if not guesses:
        return _("Nobody has guessed yet.")
    return ngettext(
        "One phone of {phones} has guessed: {median}.",
        "{count} of {phones} phones have guessed. The guess in the middle is {median}.",
        len(guesses),
        phones=phones,
        median=_middle_share(statistics.median(guesses)),
    )


def answer(guesses: Sequence[float], truth: float) -> str:
    """Return what it is, and how many came close to what is told, as their points count it.

    >>> answer((0.2, 0.6, 0.9), 0.65).replace(chr(160), " ")
    'It is **65 %**; 1 of 3 came within ten percentage points.'
    """
    if not guesses:
        return _("It is **{truth}**.", truth=percent(truth))
    near = sum(score.apart(guess, truth) <= 0.1 for guess in guesses)
    return _("It is **{truth}**; {near} of {all} came within ten percentage points.",
             truth=percent(truth), near=near, all=len(guesses))  # fmt: skip


def points(won: Sequence[int]) -> str:
    """Return what a class has won.

    >>> points((3, 6, 9))
    'Points of 3 phones: from 3 to 9, 6 in the middle.'
    >>> points((6, 6))
    'Points of 2 phones: 6 each.'
    """
    if not won:
        return _("Nobody has any points yet.")
    if len(won) > 1 and min(won) == max(won):
        return _("Points of {count} phones: {least} each.", count=len(won), least=min(won))
    return ngettext(
        "Points of {count} phone: {least}.",
        "Points of {count} phones: from {least} to {most}, {median:g} in the middle.",
        len(won),
        least=min(won),
        most=max(won),
        median=statistics.median(won),
    )


def clicks(shares: Sequence[float], goal: float) -> str:
    """Return how many phones met the challenge of the ten clicks."""
    if not shares:
        return _("Nobody has had the playground checked yet.")
    return ngettext(
        "{met} of {count} playground is falsely sure on less than {goal} of the empty plane.",
        "{met} of {count} playgrounds are falsely sure on less than {goal} of the empty plane.",
        len(shares),
        met=sum(share < goal for share in shares),
        goal=percent(goal),
    )


def photos(fooled: Sequence[float]) -> str:
    """Return how many phones found a photo that fools both networks."""
    if not fooled:
        return _("Nobody has tried a photo yet.")
    return ngettext(
        "{found} of {count} phone found a photo that fools both networks.",
        "{found} of {count} phones found a photo that fools both networks.",
        len(fooled),
        found=round(sum(fooled)),
    )


def taught(fooled: Sequence[float]) -> str:
    """Return how often other pictures fool what the phones taught.

    >>> taught((0.1, 0.3)).replace(chr(160), " ")
    'Of 2 phones, NAT is fooled by 10 % to 30 % of other pictures; 20 % is in the middle.'
    """
    if not fooled:
        return _("Nobody has taught anything yet.")
    spread = _spread(fooled, percent, _middle_share)
    if len(fooled) > 1 and spread["least"] == spread["most"]:
        return _("On each of {count} phones, NAT is fooled by {least} of other pictures.", count=len(fooled), **spread)
    return ngettext(
        "Of {count} phone, NAT is fooled by {least} of other pictures.",
        "Of {count} phones, NAT is fooled by {least} to {most} of other pictures; {median} is in the middle.",
        len(fooled),
        **spread,
    )


def thresholds(chosen: Sequence[float]) -> str:
    """Return which t a class chose for the factory."""
    if not chosen:
        return _("Nobody has chosen a t yet.")
    spread = _spread(chosen, threshold_text, _middle_threshold)
    if len(chosen) > 1 and spread["least"] == spread["most"]:
        return _("{count} phones have chosen a t, each of them {least}.", count=len(chosen), **spread)
    return ngettext(
        "{count} phone has chosen a t: {least}.",
        "{count} phones have chosen a t, from {least} to {most}; {median} is in the middle.",
        len(chosen),
        **spread,
    )


def _spread(shares: Sequence[float], said: Callable[[float], str], middle: Callable[[float], str]) -> dict[str, str]:
    """Return what a sentence names of many phones' shares: the ends as `said` writes them, the middle as `middle`."""
    return {"least": said(min(shares)), "most": said(max(shares)), "median": middle(statistics.median(shares))}


def _middle_share(middle: float) -> str:
    """Return the median of shares in percent, with the half where it lies between two whole ones: 96.5 %, not 96 %."""
    return percent_fine(middle) if abs(100 * middle % 1 - 0.5) < 1e-6 else percent(middle)


def _middle_threshold(middle: float) -> str:
    """Return the median of chosen thresholds with all its digits, where it lies between two that were chosen."""
    said = f"{middle:.7g}"
    return written(said) if len(said) > len("0.00") else threshold_text(middle)


def best_threshold(best: float) -> str:
    """Return the t at which NAT costs least."""
    return _("The best t of all is **{best}**.", best=threshold_text(best))
