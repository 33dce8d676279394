"""The workshop as a game: what a guess is worth, when a challenge is met, and what a visit has guessed and won."""

from dataclasses import dataclass, field

from nat_app.shared.drawing.palette import Kind
from nat_app.shared.gallery import GalleryPicture, gallery_pictures
from nat_app.shared.settings import Held
from nat_app.shared.words import Answer
from nat_app.views.workshop.settings import AFTER, CHALLENGES, LESSON, LESSONS, MOST

NEAR = ((0.05, 3), (0.10, 2), (0.20, 1))
"""How close a guess must come, as a share, and the points that it earns."""
WHO = frozenset(("baseline", "nat", "both", "neither"))
"""Who can be sure of a photo."""
MOST_CLICKS = 10
FEW_SURE = 0.30
"""NAT has to be falsely sure on less of the empty plane than this."""
SURE = 0.9
"""The threshold t at which the first two challenges count, as the lessons do: a fixed one, or t = 0 would meet one."""


def for_guess(guess: float, truth: float) -> int:
    """Return the points for a guess of a share in [0, 1]: 3 within five hundredths, 2 within ten, 1 within twenty.

    >>> [for_guess(guess, 0.5) for guess in (0.45, 0.59, 0.31, 0.9)]
    [3, 2, 1, 0]
    """
    return next((points for within, points in NEAR if apart(guess, truth) <= within), 0)


def apart(guess: float, truth: float) -> float:
    """Return how far a guess in whole hundredths lies from what is told: the truth, rounded as a page writes it.

    >>> apart(0.6, 0.65), apart(0.35, 0.4049)
    (0.05, 0.05)
    """
    # 0.65 - 0.6 is 0.050000000000000044, and yet within five hundredths.
    return round(abs(guess - round(100 * truth) / 100), 6)


def for_photo(right: bool, guess: float, truth: float) -> int:
    """Return the points for one photo: 1 for who is sure, 2 for a confidence within ten hundredths, 1 within twenty.

    >>> [for_photo(True, 0.5, 0.55), for_photo(False, 0.5, 0.65), for_photo(False, 0.5, 0.9)]
    [3, 1, 0]
    """
    return int(right) + min(for_guess(guess, truth), 2)


def for_cost(cost: float, least: float) -> int:
    """Return the points for a choice by its cost beside the least possible one: 3 within 2 %, 2 within 10, 1 within 50.

    >>> [for_cost(cost, 1.0) for cost in (1.01, 1.1, 1.4, 2.0)]
    [3, 2, 1, 0]
    """
    # A cost on the very bound counts, whatever the floats make of it.
    return next((points for factor, points in ((1.02, 3), (1.10, 2), (1.50, 1)) if cost <= factor * least + 1e-12), 0)


@dataclass(frozen=True)
class PhotoGuess:
    """What a visitor said of one photo."""

    who: str
    """One of `WHO`."""
    baseline: float
    """How sure the baseline is, in [0, 1]."""


@dataclass(frozen=True)
class Clicks:
    """The visitor's playground as it was when they asked."""

    negatives: int
    falsely_sure: float
    """NAT's share of the empty plane, in [0, 1]."""
    right: int
    points: int
    step: int

    @property
    def met(self) -> bool:
        """Whether the challenge is met: few negatives, trained, points classified correctly, little falsely sure."""
        learned = self.step > 0 and self.right >= 0.95 * self.points
        return 0 < self.negatives <= MOST_CLICKS and learned and self.falsely_sure < FEW_SURE


@dataclass(frozen=True)
class TriedPhoto:
    """A photo that was tried on both networks."""

    name: str
    answers: dict[Kind, Answer]

    @property
    def fooled(self) -> dict[Kind, bool]:
        """Which network is sure of it, though it shows none of the ten things."""
        return {kind: answer.confidence > SURE for kind, answer in self.answers.items()}


@dataclass
class Game:
    """What one visit has guessed and won."""

    won: dict[str, int] = field(default_factory=dict)
    """Points by card."""
    told: set[str] = field(default_factory=set)
    """The cards whose answer was told: a further try gives few points."""
    lessons: dict[str, float] = field(default_factory=dict)
    """The guesses that were revealed, shares in [0, 1] by lesson."""
    photos: dict[str, PhotoGuess] = field(default_factory=dict)
    """The guesses about photos, by their cards."""
    photo: str | None = None
    """The card of the photo whose answer is shown."""
    clicks: Clicks | None = None
    tried: TriedPhoto | None = None
    factory: float | None = None
    """The threshold that was chosen for the factory."""


@dataclass
class LastView:
    """What a visit keeps though it begins the workshop again."""

    part: str | None = None
    """The part that was open last: tabs forget it when the visitor goes to another page."""
    result: str | None = None
    """The result that a link brought."""


def photo_card(picture: GalleryPicture) -> str:
    """Return the card of a photo: one for each, in whichever round it is asked about, so nobody guesses it twice."""
    return f"photo_{picture.path.stem}"


CARDS = frozenset((*LESSONS, *CHALLENGES, *map(photo_card, gallery_pictures())))
"""All cards that give points."""
GAME = Held("workshop", Game)
SHOWN = Held("workshop_shown", LastView)


def award(card: str, points: int) -> None:
    """Give a card's points; those of an earlier try stay where they are more."""
    won = GAME.get().won
    won[card] = max(points, won.get(card, 0))


def reveal(card: str, points: int) -> None:
    """Tell a card's answer and give the points of the guess: of one made after that no more than `AFTER`."""
    told = GAME.get().told
    award(card, min(points, AFTER) if card in told else points)
    told.add(card)


def begin_again() -> None:
    """Forget all that was guessed and won."""
    GAME.forget()
    LESSON.forget()


def total() -> tuple[int, int]:
    """Return the points won and those that could have been, of the cards done so far."""
    won = GAME.get().won
    return sum(won.values()), MOST * len(won)
