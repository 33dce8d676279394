"""The score over a reload: what a visit guessed and won goes to the browser's memory of its tab, and is read back once.

What comes back may have been changed by hand, so all of it is checked; it is no proof, as no result is.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import streamlit as st

from nat_app.shared.settings import Held, Told
from nat_app.views.workshop.score import CARDS, GAME, MOST, WHO, Game, PhotoGuess
from nat_app.views.workshop.settings import LESSONS
from nat_core.files import Share, converted, parsed_json

MOST_BYTES = 100_000
Points = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
KEPT: Told[object] = Told("kept_score", lambda told: told["kept"])
"""The score that the browser kept, as it says; anything may stand there."""
_component = st.components.v2.component(
    "kept_score", js=(Path(__file__).parent / "kept.js").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Guessed:
    """What was said of one photo."""

    who: str
    baseline: Share


@dataclass(frozen=True)
class KeptScore:
    """What outlives a reload."""

    won: dict[str, Points]
    told: list[str]
    lessons: dict[str, Share]
    photos: dict[str, Guessed]
    factory: Share | None


@dataclass
class Settled:
    """Whether this visit knows what its browser had kept, or has begun without it."""

    yes: bool = False


SETTLED = Held("workshop_kept", Settled)


def text_of(game: Game) -> str:
    """Return what of a game outlives a reload, as JSON."""
    photos = {card: Guessed(guess.who, guess.baseline) for card, guess in game.photos.items()}
    kept = KeptScore(game.won, sorted(game.told), game.lessons, photos, game.factory)
    return msgspec.json.encode(asdict(kept)).decode()


def game_of(text: str) -> Game:
    """Return the game that a browser kept. Raises ValueError where it holds what no game does.

    >>> game_of(text_of(Game(won={"guess": 2}, told={"guess"}, lessons={"guess": 0.7}))).won
    {'guess': 2}
    """
    kept = converted(parsed_json(text.encode(), MOST_BYTES), KeptScore)
    unknown = {*kept.won, *kept.told, *kept.photos} - CARDS or kept.lessons.keys() - {*LESSONS}
    unknown = unknown or {guess.who for guess in kept.photos.values()} - WHO
    if unknown:
        raise ValueError(f"no card of the workshop: {', '.join(sorted(unknown))[:80]}")
    photos = {card: PhotoGuess(guess.who, guess.baseline) for card, guess in kept.photos.items()}
    return Game(won=kept.won, told={*kept.told}, lessons=kept.lessons, photos=photos, factory=kept.factory)


def take_back(text: object) -> None:
    """Go on with the game that the browser kept, unless this visit has begun one of its own."""
    if SETTLED.get().yes:
        return
    SETTLED.get().yes = True
    try:
        game = game_of(text if isinstance(text, str) else "")
    # Whoever changed it by hand begins anew.
    except ValueError:
        return
    if GAME.get() == Game():
        GAME.put(game)


def draw() -> None:
    """Let the browser keep the score, or ask it for the one that it kept; there is nothing to see."""
    game, settled = GAME.get(), SETTLED.get()
    settled.yes |= game != Game()
    _component(
        key=KEPT.key,
        data={"score": text_of(game) if settled.yes else None},
        on_kept_change=lambda: KEPT.hear(take_back),
    )
