"""Photos to guess, five a round, dealt by what the pair says of them: which network is sure, and how sure?"""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame, revealed
from nat_app.frame.settings import THRESHOLD
from nat_app.frame.together import following
from nat_app.shared.drawing import bars
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import GalleryPicture, gallery_pictures, gallery_square
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair
from nat_app.shared.settings import Setting
from nat_app.shared.words import Answer, answer_sentence, threshold_share
from nat_app.views.workshop import score, words
from nat_app.views.workshop.score import GAME, PhotoGuess, photo_card
from nat_app.views.workshop.settings import INSIDE, OUTSIDE, ROUND, ROUNDS
from nat_app.views.workshop.wall.sending import send

Answers = Mapping[str, Mapping[Kind, Answer]]
"""What both networks say of the gallery's pictures, by file."""


def deal(said: Answers, threshold: float, seen: str = "") -> tuple[tuple[GalleryPicture, ...], ...]:
    """Return the rounds: each shows what NAT changes, what it does not, and where it is fooled too, as far as they go.

    Of things that no network was taught, two of which the baseline alone is sure, and one of which NAT is sure as
    well; of known ones, one of which both are sure and right, and one other, first of all one that NAT is sure of and
    wrong about. No photo comes twice, and the file `seen`, whose answer the first lesson tells, last of its kind.
    `threshold` in [0, 1].
    """
    groups: dict[str, list[GalleryPicture]] = {name: [] for name in ("told", "fooled", "neither", "right", "other")}
    # In a mixed order, but the same for everybody: a class with the same link guesses the same photos.
    pictures = np.random.default_rng(0).permutation(np.array(gallery_pictures(), dtype=object))
    for picture in sorted(pictures, key=lambda each: (each.file == seen, not _nat_wrong(each, said, threshold))):
        groups[_group(picture, said, threshold)].append(picture)
    generator, rounds = np.random.default_rng(1), []
    for _round in range(ROUNDS):
        drawn = [_take(groups, wanted) for wanted in SLOTS]
        # First a photo that shows what the round is about; where the others are is not to be guessed from their order.
        rounds.append((drawn[0], *(drawn[1 + place] for place in generator.permutation(len(drawn) - 1))))
    return tuple(rounds)


SLOTS = (
    *[("told", "neither", "fooled")] * (OUTSIDE - 1),
    ("fooled", "neither", "told"),
    ("right", "other"),
    *[("other", "right")] * (INSIDE - 1),
)
"""From which groups each photo of a round is taken: the first that has one left."""


def _take(groups: dict[str, list[GalleryPicture]], wanted: tuple[str, ...]) -> GalleryPicture:
    return next(groups[name] for name in wanted if groups[name]).pop(0)


def _nat_wrong(picture: GalleryPicture, said: Answers, threshold: float) -> bool:
    nat = said[picture.file]["nat"]
    return nat.confidence > threshold and nat.predicted != picture.label


def _group(picture: GalleryPicture, said: Answers, threshold: float) -> str:
    answers = said[picture.file]
    sure = {kind: answers[kind].confidence > threshold for kind in KINDS}
    if not picture.known:
        return "fooled" if sure["nat"] else "told" if sure["baseline"] else "neither"
    right = all(sure[kind] and answers[kind].predicted == picture.label for kind in KINDS)
    return "right" if right else "other"


def photos(number: int, pair: Pair) -> tuple[GalleryPicture, ...]:
    """Return the photos of a round for a pair, the same ones for the same number."""
    # By the t that everybody begins with: no photo of a round is to change while the slider moves.
    seen = stored_answers.telling_picture(pair, THRESHOLD.default)
    return deal(stored_answers.all_gallery_answers(pair), THRESHOLD.default, seen)[number]


def _who(card: str) -> Setting[str | None]:
    """Who is sure of a photo, as the visitor guesses."""
    return Setting(f"who_{card}", None)


def _how_sure(card: str) -> Setting[int | None]:
    """How sure the baseline is of a photo, as the visitor guesses, in percent; None until the slider is moved."""
    return Setting(f"sure_{card}", None)


def guess_slider(label: str, guess: Setting[int | None]) -> None:
    """Draw the slider of a guess in percent: it begins with none, so that only what was chosen counts."""
    guess.bind()
    st.select_slider(
        label,
        (None, *range(101)),
        format_func=lambda share: words.NOT_YET if share is None else f"{share} %",
        key=guess.key,
        persist_state="session",
    )


def reveal(picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    """Take the guess about a photo and give its points."""
    card = photo_card(picture)
    who, how_sure = _who(card).value, _how_sure(card).value
    if who is None or how_sure is None:
        return
    guess = PhotoGuess(who, how_sure / 100)
    answers = {kind: stored_answers.gallery_answers(pair, picture.file)[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS}) == guess.who
    GAME.get().photos[card], GAME.get().photo = guess, card
    revealed.mark(card)
    points = score.for_photo(right, guess.baseline, answers["baseline"].confidence)
    score.reveal(card, points)
    following.tell(card, guess.baseline, points, pair.key)


def next_photo() -> None:
    """Go on to the next photo."""
    GAME.get().photo = None


def another_round() -> None:
    """Go on to five other photos."""
    next_photo()
    ROUND.put((ROUND.value + 1) % ROUNDS)


def draw(pair: Pair, threshold: float) -> None:
    """Draw the photo to guess, or the answer of the one just guessed, or what the round came to."""
    game = GAME.get()
    shown = photos(ROUND.value, pair)
    keys = [photo_card(picture) for picture in shown]
    # The photo just guessed stays, with its answer, until the visitor goes on to the first one that is not guessed yet.
    ahead = next((place for place, key in enumerate(keys) if key not in game.photos), len(keys))
    place = keys.index(game.photo) if game.photo in keys else ahead
    if place == len(shown):
        st.markdown(words.round_over(sum(game.won[key] for key in keys), score.MOST * len(keys)))
        st.button(_("Five other photos"), key="another_round", type="primary", on_click=another_round)
        return
    picture = shown[place]
    left, right = st.columns([1, 1.8], gap="medium")
    left = left.container(key="photo_and_caption")
    # The key's style keeps the place of the picture until it comes.
    with left.container(key="photo_to_guess"):
        st.image(gallery_square(picture.file), width="stretch", alt=picture.alt)
    left.caption(
        _(
            "Photo {number} of {all}: {shows}. {credit}.",
            number=place + 1,
            all=len(shown),
            shows=picture.shows,
            credit=picture.credit,
        )
    )
    with right.container(key="photo_answer"):
        if game.photo == keys[place]:
            _answer(keys[place], picture, pair, threshold, last=ahead == len(shown))
        else:
            _question(keys[place], picture, pair, threshold)


def _question(key: str, picture: GalleryPicture, pair: Pair, threshold: float) -> None:
    who = st.segmented_control(
        words.who_is_sure(threshold_share(threshold)),
        list(words.SURE),
        format_func=lambda who: _(words.SURE[who]),
        key=_who(key).key,
    )
    guess_slider(_("How sure is the baseline of its best answer?"), _how_sure(key))
    if frame.hides("answers"):
        how_sure = _how_sure(key).value
        send(key, None if how_sure is None else how_sure / 100, pair)
        return
    st.button(_("Reveal"), key=f"reveal_{key}", type="primary", disabled=who is None or _how_sure(key).value is None,
              on_click=reveal, args=(picture, pair, threshold))  # fmt: skip


def _answer(key: str, picture: GalleryPicture, pair: Pair, threshold: float, *, last: bool) -> None:
    said, guess = stored_answers.gallery_answers(pair, picture.file), GAME.get().photos[key]
    answers = {kind: said[kind].answer for kind in KINDS}
    right = words.who({kind: answers[kind].confidence > threshold for kind in KINDS})
    st.markdown(words.photo_verdict(right, guess.who, guess.baseline, answers, GAME.get().won[key], score.MOST))
    sentences = [answer_sentence(kind, answers[kind], picture.label, threshold) for kind in KINDS]
    probabilities = {kind: said[kind].probabilities for kind in KINDS}
    alt = " ".join([_(bars.TEN_BY_BOTH), *sentences])
    st.html(bars.paired_bars(probabilities, said["nat"].classes, alt=alt))
    st.caption(_(bars.BOTH_LEGEND))
    st.markdown("  \n".join(sentences))
    st.button(_("How did I do?") if last else _("Next photo"), key="next_photo", type="primary", on_click=next_photo)
    revealed.focus(key, "photo_answer")
