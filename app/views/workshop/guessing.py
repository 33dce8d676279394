"""Photos to guess, five a round: which network is sure, and how sure is the baseline?"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared import charts
from nat_app.shared import gallery as thumbnails
from nat_app.shared.gallery import GalleryPicture, gallery_pictures
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS
from nat_app.shared.words import CORNER, answer_sentence
from nat_app.views.workshop import cards as points
from nat_app.views.workshop import words

OUTSIDE, INSIDE = 3, 2
"""So many photos of a round show none of the ten things, and so many one of them."""
ROUNDS = 100


@dataclass(frozen=True)
class Guess:
    """What a visitor said of one photo."""

    who: str
    """A key of `workshop_words.SURE`."""
    baseline: float
    """How sure the baseline is, in [0, 1]."""


def photos(number: int) -> tuple[GalleryPicture, ...]:
    """Return the photos of a round, the same ones for the same number.

    >>> [sum(picture.known for picture in photos(number)) for number in (0, 1)]
    [2, 2]
    """
    generator = np.random.default_rng(number)
    outside, inside = ([each for each in gallery_pictures() if each.known is known] for known in (False, True))
    drawn = [outside[place] for place in generator.choice(len(outside), OUTSIDE, replace=False)]
    drawn += [inside[place] for place in generator.choice(len(inside), INSIDE, replace=False)]
    return tuple(drawn[place] for place in generator.permutation(len(drawn)))


def _guesses() -> dict[str, Guess]:
    return st.session_state.setdefault("photo_guesses", {})


def _key(number: int, picture: GalleryPicture) -> str:
    return f"photo_{number}_{picture.path.stem}"


def reveal(number: int, picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    """Take the guess about a photo and give its points."""
    key = _key(number, picture)
    guess = Guess(st.session_state[f"who_{key}"], st.session_state[f"sure_{key}"] / 100)
    answers = {kind: stored_answers.gallery_answers(pair, picture.file)[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS}) == guess.who
    _guesses()[key] = guess
    st.session_state["photo_open"] = key
    points.award(key, points.for_photo(right, guess.baseline, answers["baseline"].confidence))


def following() -> None:
    """Go on to the next photo."""
    st.session_state.pop("photo_open", None)


def another_round() -> None:
    """Go on to five other photos."""
    following()
    st.session_state["photos"] = (st.session_state["photos"] + 1) % ROUNDS


def draw(pair: Pair, threshold: float) -> None:
    """Draw the photo to guess, or the answer of the one just guessed, or what the round came to."""
    number = st.session_state.setdefault("photos", 0)
    shown = photos(number)
    keys = [_key(number, picture) for picture in shown]
    done = [key for key in keys if key in _guesses()]
    opened = st.session_state.get("photo_open")
    place = keys.index(opened) if opened in keys else len(done)
    if place == len(shown):
        st.markdown(words.round_over(sum(points.won()[key] for key in keys), points.MOST * len(keys)))
        st.button("Five other photos", key="another_round", type="primary", on_click=another_round)
        return
    picture = shown[place]
    left, right = st.columns([1, 1.8], gap="medium")
    left.image(thumbnails.gallery_square(picture.file), width="stretch", alt=f"{picture.shows}; {CORNER}")
    left.caption(f"Photo {place + 1} of {len(shown)}: {picture.shows}. {picture.credit}.")
    with right:
        if opened == keys[place]:
            _answer(keys[place], picture, pair, threshold, last=place + 1 == len(shown))
        else:
            _question(number, picture, pair, threshold)


def _question(number: int, picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    key = _key(number, picture)
    who = st.segmented_control(
        words.who_is_sure(threshold), list(words.SURE), format_func=words.SURE.__getitem__, key=f"who_{key}"
    )
    st.slider("How sure is the baseline of its best answer? (%)", 10, 100, 50, key=f"sure_{key}", format="%d %%")
    if frame.hides("answers"):
        st.caption(words.TEACHER_HAS_IT)
        return
    st.button("Reveal", key=f"reveal_{key}", type="primary", disabled=who is None, on_click=reveal,
              args=(number, picture, pair, threshold))  # fmt: skip


def _answer(key: str, picture: GalleryPicture, pair: Pair, threshold: float, *, last: bool) -> None:
    said, guess = stored_answers.gallery_answers(pair, picture.file), _guesses()[key]
    answers = {kind: said[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS})
    st.markdown(words.photo_verdict(right, guess.who, guess.baseline, answers, points.won()[key], points.MOST))
    sentences = [answer_sentence(kind, answers[kind], picture.label, threshold) for kind in KINDS]
    st.plotly_chart(
        charts.paired_bars({kind: said[kind].probabilities for kind in KINDS}, said["nat"].classes, frame.colours()),
        key="guessed_bars",
        config=charts.CONFIG,
        alt=f"Ten probabilities by both networks. {' '.join(sentences)}",
    )
    st.markdown("  \n".join(sentences))
    st.button("How did I do?" if last else "Next photo", key="next_photo", type="primary", on_click=following)
