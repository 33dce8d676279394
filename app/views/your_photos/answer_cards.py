"""What stands on one card of Your photos, and how the cards are counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from nat_app.answers import computed_answers, stored_answers
from nat_app.shared.counts import Compared, compare
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import GalleryPicture, samples
from nat_app.shared.pairs import Pair
from nat_app.visit import labels, photos
from nat_app.visit.photos import Photo


@dataclass(frozen=True, eq=False)
class AnswerCard:
    """One photo and what both networks say of it."""

    key: str
    name: str
    """The file's name, or what a sample shows."""
    photo: UInt8[np.ndarray, "h w 3"]
    """For display, whole."""
    pixels: UInt8[np.ndarray, "32 32 3"]
    """What the networks see."""
    label: str | None
    """What it shows, as the visitor says or the gallery: a class, `labels.ANOTHER` or NONE; None while nobody said."""
    asks: bool
    """Whether the visitor is asked for that."""
    said: dict[Kind, stored_answers.OwnAnswer]
    credit: str = ""
    """Whose photo it is and under which licence, of a sample."""

    @property
    def known(self) -> bool | None:
        """Whether it shows one of the classes; None while nobody has said."""
        return None if self.label is None else self.label != labels.NONE

    @property
    def disagreement(self) -> float:
        """How far apart the two networks' confidences lie, in [0, 1]."""
        return abs(self.said["baseline"].answer.confidence - self.said["nat"].answer.confidence)


@dataclass(frozen=True)
class PhotoCounts:
    """How the cards are counted at one threshold."""

    fooled: Compared | None
    """How many photos of things of no class each network is sure of; None where there are no such photos."""
    known: int
    """Photos of things of the classes."""
    kept: dict[Kind, int]
    waiting: int
    """Photos of which nobody has said what they show: they count nowhere."""


def all_cards(pair: Pair, with_samples: bool) -> list[AnswerCard]:
    """Return the visitor's photos, and the samples if wanted, those that the networks disagree on most first."""
    cards = [from_photo(pair, photo) for photo in photos.photos().values()]
    if with_samples:
        cards += [from_sample(pair, picture) for picture in samples()]
    return sorted(cards, key=lambda card: card.disagreement, reverse=True)


def from_photo(pair: Pair, photo: Photo) -> AnswerCard:
    """Return the card of a visitor's photo."""
    said = stored_answers.answers(pair, photo.pixels)
    # A cat that both call a cat is no mistake, and nobody but the visitor can say that it is one.
    label = labels.shows(photo.key, said["nat"].classes).value
    return AnswerCard(photo.key, photo.name, photo.photo, photo.pixels, label, True, said)


def from_sample(pair: Pair, picture: GalleryPicture) -> AnswerCard:
    """Return the card of a gallery picture, from the stored predictions where it is made square as those were."""
    crop = photos.crop()
    photo, pixels = computed_answers.gallery_photo(picture.file, crop)
    # The stored predictions were made of the gallery's centres.
    stored = crop == photos.CENTRE
    said = stored_answers.gallery_answers(pair, picture.file) if stored else stored_answers.answers(pair, pixels)
    credit = f"{picture.caption}. {picture.credit}."
    return AnswerCard(picture.path.stem, picture.caption, photo, pixels, picture.label, False, said, credit)


def confidences(cards: Sequence[AnswerCard]) -> dict[Kind, Float[np.ndarray, " n"]]:
    """Return how sure each network is of each photo."""
    return {kind: np.array([card.said[kind].answer.confidence for card in cards], float) for kind in KINDS}


def count_cards(cards: Sequence[AnswerCard], threshold: float) -> PhotoCounts:
    """Count at the threshold; `threshold` in [0, 1]."""
    outside = [card for card in cards if card.known is False]
    known = [card for card in cards if card.known]
    fooled = compare(_sure(outside, threshold)) if outside else None
    kept = {kind: int(sure.sum()) for kind, sure in _sure(known, threshold).items()}
    return PhotoCounts(fooled, len(known), kept, sum(card.label is None for card in cards))


def _sure(cards: Sequence[AnswerCard], threshold: float) -> dict[Kind, Bool[np.ndarray, " n"]]:
    return {kind: confidence > threshold for kind, confidence in confidences(cards).items()}
