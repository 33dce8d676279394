"""Teach your own: what is held out, what came of a training, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from nat_app.shared.drawing.palette import LIGHT
from nat_app.shared.words import Answer
from nat_app.views.teach_your_own import learning, words
from nat_app.views.teach_your_own.charts import kept_and_fooled
from nat_app.views.teach_your_own.outcome import Outcome, judge
from nat_app.views.workshop.games import teaching as challenge
from nat_core.store.features import Features
from nat_core.store.own_heads import HEADS, NONE_CLASS
from tests.hostile_heads import taught
from tests.pages import as_drawn, plain


def features_of(name: str, labels: list[int], ids: tuple[str, ...] | None = None) -> Features:
    values = np.arange(len(labels), dtype=np.float32)[:, None] + np.ones(2, np.float32)
    return Features(name, ids or tuple(map(str, labels)), values, np.array(labels))


def test_held_out_are_kinds_that_no_head_learned_without_those_called_like_a_thing() -> None:
    unseen = features_of(learning.UNSEEN, [0, 1, 2, 28, 30])  # 28 is cup
    photos = features_of(learning.PHOTOS, [-1, -1, -1], ("n01_coffee_mug.jpg", "n02_loafer.jpg", "n03_mugwump.jpg"))
    stored = {learning.UNSEEN: unseen, learning.PHOTOS: photos}
    kinds = learning.like_things(["Cups", "Mug"])
    assert kinds == ("cup",)
    found = learning.held_out(stored, kinds, ["Cups", "Mug"])[:, 0].tolist()
    assert found == [1, 3, 5, 2, 3]
    assert learning.held_out({learning.UNSEEN: unseen}, (), [])[:, 0].tolist() == [1, 3, 4, 5]
    assert learning.of_kinds(unseen, learning.PARITY, ())[:, 0].tolist() == [2]


@pytest.mark.usefixtures("german")
def test_a_kind_is_known_by_its_german_name_too() -> None:
    assert learning.like_things(["Flasche", "Buch"]) == ("bottle",)


def outcome(
    kept: tuple[int, int, int], fooled: tuple[int, int, int], photos: int = 18, pictures: int = 2_000
) -> Outcome:
    """So many photos kept and pictures that fool, by each of the three heads."""

    def first(count: int, of: int) -> np.ndarray:
        return np.arange(of) < count

    own, others = (dict(zip(HEADS, each, strict=True)) for each in (kept, fooled))
    return Outcome({kind: first(own[kind], photos) for kind in HEADS},
                   {kind: first(photos - 1, photos) for kind in HEADS},
                   {kind: first(others[kind], pictures) for kind in HEADS})  # fmt: skip


@pytest.mark.parametrize(
    ("found", "sentence", "expected"),
    [
        (outcome((18, 9, 5), (1400, 300, 80)), words.title,
         "Without negatives, 70 of 100 other pictures fool it; with them, 15 of 100."),
        (outcome((18, 9, 5), (1400, 1395, 80)), words.title,
         "With negatives, 70 of 100 other pictures fool it; without, 70 of 100. That may be chance."),
        (outcome((18, 4, 5), (1, 1, 1)), words.kept, "That is the price of its doubt."),
        (outcome((6, 5, 5), (1, 1, 1)), words.kept, "So few photos cannot tell which of the two keeps more."),
        (outcome((0, 18, 5), (1, 1, 1)), words.kept, "NAT keeps more, and by more than chance."),
        (outcome((18, 9, 1), (1400, 300, 80)), words.rival,
         "It is fooled less often than NAT. It keeps fewer of your photos."),
        (outcome((18, 9, 9), (1400, 300, 305)), words.rival,
         "These pictures cannot tell which of the two is fooled less often. So few photos cannot tell which keeps more "
         "of yours."),
        (outcome((18, 1, 17), (1400, 100, 305)), words.rival,
         "It is fooled more often than NAT. It keeps more of your photos."),
    ],
)  # fmt: skip
def test_a_verdict_is_given_where_chance_cannot_make_the_difference(found: Outcome, sentence, expected: str) -> None:
    assert plain(sentence(found)).endswith(expected)


def test_things_that_it_cannot_tell_apart_are_told() -> None:
    """17 of 18 are named correctly; of 17 of one thing, always naming that one would do as well."""
    found = outcome((18, 9, 5), (1400, 300, 80))
    assert words.not_apart(replace(found, likeliest=9)) == ""
    told = words.not_apart(replace(found, likeliest=17))
    assert "of 18 photos that it never saw, the baseline names 17 correctly" in told
    assert "would get 17" in told


def test_the_counts_and_their_intervals_are_said() -> None:
    told = plain(words.kept(outcome((18, 9, 5), (1400, 300, 80))))
    assert "the baseline keeps 18 (17 of them correctly), NAT 9 (9)." in told
    assert "95 % intervals: 82–100 %, 29–71 %." in told


def test_a_head_is_judged_by_what_never_was_learned_and_none_is_no_answer() -> None:
    heads = taught()
    found = judge(heads, np.random.default_rng(1).random((7, 4)).astype(np.float32), 0.5)
    own = heads.of_own(NONE_CLASS)
    assert found.keeps(NONE_CLASS) == int((own.probabilities[:, :2].max(axis=1) > 0.5).sum())
    assert (found.photos, found.pictures, found.likeliest) == (3, 7, 2)


@pytest.mark.parametrize("confidence", [0.9, 0.91])
def test_what_a_head_says_of_a_photo(confidence: float) -> None:
    told = plain(words.photo_sentence("nat", Answer(confidence, "a_mug"), 0.9))
    assert told == ("NAT: 91 % a\\_mug. Sure." if confidence > 0.9 else "NAT: at most 90 % a\\_mug, so none of these.")


def test_the_chart_has_its_three_heads_twice_with_intervals() -> None:
    figure = as_drawn(kept_and_fooled(outcome((18, 9, 5), (1400, 300, 80)), LIGHT))
    assert [bar.x[0] for bar in figure.data] == pytest.approx([1, 0.5, 5 / 18, 0.7, 0.15, 0.04])
    assert figure.data[1].error_x.array[0] == pytest.approx(0.2095, abs=1e-3)
    assert len({bar.marker.pattern.shape for bar in figure.data}) == 3


def test_the_challenge_is_met_where_nat_doubts_others_and_not_the_visitors() -> None:
    assert challenge.is_met(outcome((18, 9, 5), (1400, 700, 80)))
    assert not challenge.is_met(outcome((18, 8, 5), (1400, 700, 80)))
    assert not challenge.is_met(outcome((18, 9, 5), (1400, 701, 80)))
    assert not challenge.is_met(outcome((0, 0, 0), (0, 0, 0)))
    assert plain(challenge.verdict(outcome((18, 9, 5), (1400, 300, 80)), met=True)) == (
        ":green[■] Done: NAT is fooled by 15 of 100 other pictures, the baseline by 70 of 100; NAT keeps 9 of the 18 "
        "photos, the baseline 18."
    )
