"""What stands on one card of Your photos, and how the cards are counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from nat_app.answers import computed_answers, stored_answers
from nat_app.shared.gallery import GalleryPicture, samples
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS, Kind
from nat_app.views.your_photos.settings import shows_known
from nat_app.views.your_photos.words import FEW
from nat_app.visit import photos
from nat_app.visit.photos import Photo
from nat_core.measure.metrics import wilson_interval


@dataclass(frozen=True, eq=False)
class Card:
    """One photo and what both networks say of it."""

    key: str
    name: str
    """The file's name, or what a sample shows."""
    photo: UInt8[np.ndarray, "h w 3"]
    """For display, whole."""
    pixels: UInt8[np.ndarray, "32 32 3"]
    """What the networks see."""
    known: bool
    """Whether it shows one of the classes: as the visitor says, or as the gallery does."""
    asks: bool
    """Whether the visitor is asked for that."""
    said: dict[Kind, stored_answers.OwnAnswer]

    @property
    def disagreement(self) -> float:
        """How far apart the two networks' confidences lie, in [0, 1]."""
        return abs(self.said["baseline"].answer.confidence - self.said["nat"].answer.confidence)


@dataclass(frozen=True)
class Count:
    """How the cards are counted at one threshold."""

    outside: int
    """Photos of things of no class."""
    fooled: dict[Kind, int]
    """How many of them each network is sure of."""
    intervals: dict[Kind, tuple[float, float]] | None
    """The 95 % intervals of both shares; None where there are too few photos."""
    known: int
    kept: dict[Kind, int]


def all_cards(pair: Pair, with_samples: bool) -> list[Card]:
    """Return the visitor's photos, and the samples if wanted, those that the networks disagree on most first."""
    cards = [from_photo(pair, photo) for photo in photos.photos().values()]
    if with_samples:
        cards += [from_sample(pair, picture) for picture in samples()]
    return sorted(cards, key=lambda card: card.disagreement, reverse=True)


def from_photo(pair: Pair, photo: Photo) -> Card:
    """Return the card of a visitor's photo."""
    # Nobody but the visitor can say; a photo counts as outside the classes until they do.
    known = shows_known(photo.key).value
    return Card(
        photo.key, photo.name, photo.photo, photo.pixels, known, True, stored_answers.answers(pair, photo.pixels)
    )


def from_sample(pair: Pair, picture: GalleryPicture) -> Card:
    """Return the card of a gallery picture, from the stored predictions where it is made square as those were."""
    crop = photos.crop()
    photo, pixels = computed_answers.gallery_photo(picture.file, crop)
    # The stored predictions were made of the gallery's centres.
    stored = crop == photos.CENTRE
    said = stored_answers.gallery_answers(pair, picture.file) if stored else stored_answers.answers(pair, pixels)
    return Card(picture.path.stem, picture.shows.capitalize(), photo, pixels, picture.known, False, said)


def confidences(cards: Sequence[Card]) -> dict[Kind, Float[np.ndarray, " n"]]:
    """Return how sure each network is of each photo."""
    return {kind: np.array([card.said[kind].answer.confidence for card in cards]) for kind in KINDS}


def count_cards(cards: Sequence[Card], threshold: float) -> Count:
    """Count at the threshold; `threshold` in [0, 1]."""
    outside = [card for card in cards if not card.known]
    known = [card for card in cards if card.known]
    fooled = {kind: _sure(outside, kind, threshold) for kind in KINDS}
    intervals = None
    if len(outside) > FEW:
        intervals = {kind: tuple(wilson_interval(fooled[kind], len(outside))) for kind in KINDS}
    kept = {kind: _sure(known, kind, threshold) for kind in KINDS}
    return Count(len(outside), fooled, intervals, len(known), kept)


def _sure(cards: Sequence[Card], kind: Kind, threshold: float) -> int:
    return sum(card.said[kind].answer.confidence > threshold for card in cards)
