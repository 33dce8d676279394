"""Photos to guess, five a round: which network is sure, and how sure is the baseline?"""

import numpy as np
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared import charts
from nat_app.shared.gallery import GalleryPicture, gallery_pictures, gallery_square
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS
from nat_app.shared.settings import Setting
from nat_app.shared.words import CORNER, answer_sentence
from nat_app.views.workshop import score, words
from nat_app.views.workshop.score import GAME, PhotoGuess
from nat_app.views.workshop.settings import ROUND, ROUNDS

OUTSIDE, INSIDE = 3, 2
"""How many photos of a round show none of the ten things, and how many show one of them."""


def photos(number: int) -> tuple[GalleryPicture, ...]:
    """Return the photos of a round, the same ones for the same number.

    >>> [sum(picture.known for picture in photos(number)) for number in (0, 1)]
    [2, 2]
    """
    # By the round's number, so that a class with the same link guesses the same photos.
    generator = np.random.default_rng(number)
    outside, inside = ([each for each in gallery_pictures() if each.known is known] for known in (False, True))
    drawn = [outside[place] for place in generator.choice(len(outside), OUTSIDE, replace=False)]
    drawn += [inside[place] for place in generator.choice(len(inside), INSIDE, replace=False)]
    return tuple(drawn[place] for place in generator.permutation(len(drawn)))


def _key(number: int, picture: GalleryPicture) -> str:
    return f"photo_{number}_{picture.path.stem}"


def _who(key: str) -> Setting[str | None]:
    """Who is sure of a photo, as the visitor guesses."""
    return Setting(f"who_{key}", None)


def _how_sure(key: str) -> Setting[int]:
    """How sure the baseline is of a photo, as the visitor guesses, in percent."""
    return Setting(f"sure_{key}", 50)


def reveal(number: int, picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    """Take the guess about a photo and give its points."""
    key = _key(number, picture)
    guess = PhotoGuess(_who(key).value or "", _how_sure(key).value / 100)
    answers = {kind: stored_answers.gallery_answers(pair, picture.file)[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS}) == guess.who
    GAME.get().photos[key], GAME.get().photo = guess, key
    score.award(key, score.for_photo(right, guess.baseline, answers["baseline"].confidence))


def following() -> None:
    """Go on to the next photo."""
    GAME.get().photo = None


def another_round() -> None:
    """Go on to five other photos."""
    following()
    ROUND.put((ROUND.value + 1) % ROUNDS)


def draw(pair: Pair, threshold: float) -> None:
    """Draw the photo to guess, or the answer of the one just guessed, or what the round came to."""
    number, game = ROUND.value, GAME.get()
    shown = photos(number)
    keys = [_key(number, picture) for picture in shown]
    done = [key for key in keys if key in game.photos]
    # The photo just guessed stays, with its answer, until the visitor goes on to the first one that is not guessed yet.
    place = keys.index(game.photo) if game.photo in keys else len(done)
    if place == len(shown):
        st.markdown(words.round_over(sum(game.won[key] for key in keys), score.MOST * len(keys)))
        st.button("Five other photos", key="another_round", type="primary", on_click=another_round)
        return
    picture = shown[place]
    left, right = st.columns([1, 1.8], gap="medium")
    left.image(gallery_square(picture.file), width="stretch", alt=f"{picture.shows}; {CORNER}")
    left.caption(f"Photo {place + 1} of {len(shown)}: {picture.shows}. {picture.credit}.")
    with right:
        if game.photo == keys[place]:
            _answer(keys[place], picture, pair, threshold, last=place + 1 == len(shown))
        else:
            _question(number, picture, pair, threshold)


def _question(number: int, picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    key = _key(number, picture)
    who = st.segmented_control(
        words.who_is_sure(threshold), list(words.SURE), format_func=words.SURE.__getitem__, key=_who(key).key
    )
    st.slider("How sure is the baseline of its best answer? (%)", 10, 100, key=_how_sure(key).bind(), format="%d %%")
    if frame.hides("answers"):
        st.caption(words.TEACHER_HAS_IT)
        return
    st.button("Reveal", key=f"reveal_{key}", type="primary", disabled=who is None, on_click=reveal,
              args=(number, picture, pair, threshold))  # fmt: skip


def _answer(key: str, picture: GalleryPicture, pair: Pair, threshold: float, *, last: bool) -> None:
    said, guess = stored_answers.gallery_answers(pair, picture.file), GAME.get().photos[key]
    answers = {kind: said[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS})
    st.markdown(words.photo_verdict(right, guess.who, guess.baseline, answers, GAME.get().won[key], score.MOST))
    sentences = [answer_sentence(kind, answers[kind], picture.label, threshold) for kind in KINDS]
    st.plotly_chart(
        charts.paired_bars({kind: said[kind].probabilities for kind in KINDS}, said["nat"].classes, frame.colours()),
        key="guessed_bars",
        config=charts.CONFIG,
        alt=f"{charts.TEN_BY_BOTH} {' '.join(sentences)}",
    )
    st.markdown("  \n".join(sentences))
    st.button("How did I do?" if last else "Next photo", key="next_photo", type="primary", on_click=following)
