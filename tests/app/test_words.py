"""The sentences of the app: each word function gives, for numbers chosen by hand, the very sentence that pages show."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from nat_app.shared import words
from nat_app.shared.counts import FEW, Compared, compare
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.words import Answer
from nat_app.views.attention import words as attention
from nat_app.views.bring_your_own import words as own
from nat_app.views.digits_live import words as digits
from nat_app.views.thresholds import words as thresholds
from nat_app.views.workshop import words as workshop
from nat_app.views.workshop.games import words as games
from nat_app.views.your_negatives import words as negatives
from nat_app.views.your_negatives.effects import Change, Effect
from nat_app.views.your_photos import words as photos
from nat_app.visit import verdicts
from nat_app.visit.training.fair_queue import waiting_sentence
from nat_core.measure.error_costs import Prices, Stakes
from nat_core.recipes import LEVELS
from nat_core.studies.level_findings import LevelFinding, LevelSpread
from tests.pages import plain, shown
from tests.synthetic import CLASSES

SURE, UNSURE = Answer(0.95, "ship"), Answer(0.2, "ship")
FOOLED, KEPT = {"baseline": 0.56, "nat": 0.05}, {"baseline": 0.91, "nat": 0.85}
AT, APART = {"baseline": 0.9, "nat": 0.9}, {"baseline": 0.71, "nat": 0.3}
ANSWERS = {"baseline": Answer(0.97, "ship"), "nat": Answer(0.2, "cat")}
HERE, USUAL = {"low": 0.1, "middle": 0.4, "high": 0.9}, {"low": 0.2, "middle": 0.3, "high": 0.8}
TOO_MUCH = SimpleNamespace(values=np.array([3.5, -0.08]), logit=2.5, blank=-0.7)
EXACT = SimpleNamespace(values=np.array([-1.251]), logit=-1.0, blank=0.25)
FURTHER = Change(0.2, 0.2, 0.2, 2_000, 0)
EFFECT = Effect(FURTHER, None, FURTHER, Change(0.77, 0.77, 0.7, 2_000, -1), Change(0.9, 0.9, 0.875, 2_000, -1))
FOUND = SimpleNamespace(values=np.array([1.5, -0.25]), logit=2.0, blank=0.7)
FAINT = SimpleNamespace(values=np.array([0.05, -0.004]), logit=0.1, blank=0.0)


def sure_of(baseline: int, nat: int, pictures: int) -> Compared:
    """Of so many pictures, the first ones that each network is sure of."""
    return compare({"baseline": np.arange(pictures) < baseline, "nat": np.arange(pictures) < nat})


def beside(nat: tuple[float, float, float], *seeds: tuple[float, float, float]) -> LevelFinding:
    """How far a pair lies apart over ten thousand pictures, low, middle and high, and pairs of baselines."""

    def spreads(*pairs: tuple[float, float, float]) -> dict[str, tuple[LevelSpread, ...]]:
        levels = zip(LEVELS, zip(*pairs, strict=True), strict=True)
        return {level: tuple(LevelSpread(10_000, mean, 0.01, ()) for mean in means) for level, means in levels}

    return LevelFinding(10_000, spreads(nat), spreads(*seeds), {})


def few_title(share: dict[Kind, float], pictures: int) -> str:
    """The title of Thresholds on few negatives, by confidence."""
    return thresholds.few_title(share, pictures, {"baseline": 0.9, "nat": 0.9}, known=False, score="confidence")


def known_title(sure: Compared, threshold: float) -> str:
    """The title on a visitor's pictures of things that the networks know."""
    return own.own_title(sure, threshold, known=True)


def verdict_on_negatives(sure: Compared) -> str:
    """What stands in the table beside negatives."""
    return own.verdict(sure, known=False)


def verdict_on_known(sure: Compared) -> str:
    """What stands in the table beside what the networks know."""
    return own.verdict(sure, known=True)


def warm(temperature: float, baseline: float) -> tuple[Any, ...]:
    """What a temperature makes of NCRs of .7 and .4: the baseline's is now this, NAT's is as before."""
    now = {"baseline": baseline, "nat": 0.4}
    return temperature, {"baseline": 0.7, "nat": 0.4}, now, {"baseline": 0.6, "nat": 0.5}, 0.9


WHOLE: list[tuple[Callable[..., str], tuple[Any, ...], str]] = [
    (words.nat_fooled, (SURE, SURE, 0.9, 0.052, "CIFAR-100 pictures"),
     "NAT is fooled by this one as well. That happens to 5 in 100 CIFAR-100 pictures."),
    (words.nat_fooled, (UNSURE, SURE, 0.9, 0.0004, "CIFAR-100 pictures"),
     "NAT is fooled by this one. That happens to fewer than 1 in 100 CIFAR-100 pictures."),
    (words.nat_fooled, (UNSURE, SURE, 0.9, None, ""), "NAT is fooled by this one."),
    (words.listed, (["a bird", "cat", "dog"],), "a bird, cat or dog"),
    (words.threshold_title, (FOOLED, AT, False), "Above 90 %, the baseline is fooled by 56 of 100, NAT by 5."),
    (words.threshold_title, (FOOLED, {"baseline": 0.995, "nat": 0.995}, False),
     "Above 99.5 %, the baseline is fooled by 56 of 100, NAT by 5."),
    (words.threshold_title, (KEPT, AT, True), "Above 90 %, the baseline keeps 91 of 100, NAT 85."),
    (words.threshold_title, (FOOLED, APART, False),
     "Keeping 95 of 100, the baseline is fooled by 56 of 100, NAT by 5."),
    (words.threshold_title, (KEPT, APART, True), "To keep 95 of 100, the baseline needs t = 0.71, NAT t = 0.30."),
    (thresholds.trade_sentence, (FOOLED, KEPT),
     "NAT is fooled by 51 fewer of 100, and turns away 6 more of 100 that it knows."),
    (thresholds.trade_sentence, (FOOLED, {"baseline": 0.85, "nat": 0.91}),
     "NAT is fooled by 51 fewer of 100, and turns away no more of what it knows."),
    (thresholds.trade_sentence, ({"baseline": 0.125, "nat": 0.018}, {"baseline": 0.943, "nat": 0.941}),
     "NAT is fooled by 10 fewer of 100, and turns away hardly more of what it knows."),
    (thresholds.trade_sentence, ({"baseline": 0.05, "nat": 0.06}, KEPT),
     "Here NAT is fooled more often than the baseline."),
    (thresholds.trade_sentence, ({"baseline": 0.5, "nat": 0.5}, KEPT), "Here NAT is fooled as often as the baseline."),
    (thresholds.trade, (FOOLED, KEPT, 10_000),
     "NAT is fooled by 51 fewer of 100, and turns away 6 more of 100 that it knows."),
    (thresholds.trade, ({"baseline": 0.1, "nat": 0.2}, KEPT, 40),
     "These pictures cannot tell which network is fooled less often: the difference may be chance."),
    (thresholds.trade, ({"baseline": 0.1, "nat": 0.2}, KEPT, 1_000),
     "Here NAT is fooled more often than the baseline."),
    (thresholds.trade, ({"baseline": 1, "nat": 1}, KEPT, 40), "Here NAT is fooled as often as the baseline."),
    (few_title, ({"baseline": 1 / 22, "nat": 3 / 22}, 22),
     "Above t = 0.90, the baseline is fooled by 1 of 22, NAT by 3."),
    (few_title, ({"baseline": 0, "nat": 1}, 6), "Above t = 0.90, the baseline is fooled by none of 6, NAT by 6."),
    (thresholds.few_trade, ({"baseline": 1 / 22, "nat": 3 / 22}, 22),
     "So few pictures cannot tell which network is fooled less often: 95 % intervals Baseline 1–22 %, NAT 5–33 %."),
    (thresholds.few_trade, ({"baseline": 20 / 22, "nat": 2 / 22}, 22),
     "NAT is fooled less often than the baseline, and by more than chance would make."),
    (photos.photos_title, (sure_of(7, 1, 12), 0, 0), "Of your 12, 7 fool the baseline, 1 NAT."),
    (photos.photos_title, (sure_of(1, 3, 5), 0, 0), "Of your 5, 1 fools the baseline, 3 NAT."),
    (photos.photos_title, (sure_of(2, 2, 5), 0, 0), "Each is fooled by 2 of your 5."),
    (photos.photos_title, (sure_of(0, 0, 5), 0, 0), "Neither is fooled by any of your 5."),
    (photos.photos_title, (sure_of(1, 0, 1), 0, 0), "It fools the baseline, not NAT."),
    (photos.photos_title, (sure_of(1, 1, 1), 2, 0), "The photo of a thing they never learned fools both."),
    (photos.photos_title, (None, 2, 1), "What do your photos show?"),
    (photos.photos_title, (None, 2, 0), "They know what these show."),
    (photos.photos_title, (None, 1, 0), "They know what this shows."),
    (photos.photos_title, (None, 0, 1), "What does your photo show?"),
    (photos.photos_sentence, (sure_of(7, 1, 12),),
     "The baseline is wrongly sure of 7 of your 12 (95 % interval 32–81 %), NAT of 1 (95 % interval 1–35 %). That is "
     "more than chance."),
    (photos.photos_sentence, (sure_of(3, 1, 5),),
     "The baseline is wrongly sure of 3 of your 5 (95 % interval 23–88 %), NAT of 1 (95 % interval 4–62 %). So few "
     "pictures cannot tell which network is fooled less often: the difference may be chance."),
    (photos.photos_sentence, (sure_of(3, 0, 3),), "Too few for a rate, so here is each one."),
    (photos.known_sentence, ({"baseline": 1, "nat": 0}, 1),
     "The photo of a thing they know is kept by the baseline alone."),
    (photos.known_sentence, ({"baseline": 2, "nat": 0}, 2),
     "Of the 2 photos of things they know, the baseline keeps 2, NAT 0."),
    (photos.problems, (["x"] * 8, 2), "x  \n" * 6 + "2 more files have the same problem.  \nThe other 2 are fine."),
    (attention.attention_title, (HERE, None),
     "Baseline and NAT differ most at the high level; another seed may differ as much."),
    # As the list of faults has it: the title found a difference that two baselines have as well.
    (attention.attention_title, (HERE, beside((0.37, 0.25, 0.32), (0.41, 0.27, 0.31), (0.34, 0.26, 0.33))),
     "Baseline and NAT differ no more than two seeds do: 0.320 apart at the high level, two baselines 0.310–0.330."),
    (attention.attention_title, (HERE, beside((0.3, 0.4, 0.6), (0.35, 0.2, 0.2))),
     "Baseline and NAT differ at the middle and the high level, more than two seeds do: 0.600 apart at the high "
     "level, two baselines 0.200."),
    (attention.attention_title, (HERE, beside((0.3, 0.4, 0.6), (0.35, 0.4, 0.2), (0.35, 0.4, 0.25))),
     "Baseline and NAT differ at the high level, more than two seeds do: 0.600 apart, two baselines "
     "0.200–0.250."),
    (attention.attention_title, (HERE, beside((0.6, 0.4, 0.5), (0.1, 0.2, 0.2))),
     "Baseline and NAT differ at every level, more than two seeds do: 0.600 apart at the low level, two baselines "
     "0.100."),
    (attention.attention_title, (None, None), "Where the networks look."),
    (attention.found_sentence, ("NAT", "cat", "integrated_gradients", FOUND),
     "NAT, cat: the logit is 2.00, and 0.70 on the mean colour, +1.30 apart; the pixels add up to +1.25, 0.05 missing: "
     "a sum of 64 steps is not quite the whole way between the two pictures."),
    (attention.found_sentence, ("NAT", "cat", "integrated_gradients", TOO_MUCH),
     "NAT, cat: the logit is 2.50, and \u22120.70 on the mean colour, +3.20 apart; the pixels add up to +3.42, 0.22 "
     "too much: a sum of 64 steps is not quite the whole way between the two pictures."),
    (attention.found_sentence, ("NAT", "cat", "integrated_gradients", EXACT),
     "NAT, cat: the logit is \u22121.00, and 0.25 on the mean colour, \u22121.25 apart; the pixels add up to "
     "\u22121.25."),
    (attention.found_sentence, ("NAT", "cat", "occlusion", FOUND),
     "NAT, cat: a covered square counts +1.50 at most and \u22120.25 at least."),
    (attention.found_sentence, ("NAT", "cat", "grad_cam", FAINT),
     "NAT, cat: a place counts +0.05 at most and 0.00 at least."),
    (own.own_title, (sure_of(4, 2, 6), 0.9), "Above 90 %, the baseline is fooled by 4 of your 6, NAT by 2."),
    (known_title, (sure_of(0, 3, 3), 0.9),
     "Too few for a rate: above 90 %, the baseline keeps none of your 3, NAT 3."),
    (own.own_title, (sure_of(200, 100, 300), 0.9), "Above 90 %, the baseline is fooled by 67 of 100, NAT by 33."),
    (own.own_sentence, (sure_of(1, 3, 22),),
     "22 pictures, 95 % intervals: baseline 1–22 %, NAT 5–33 %. So few pictures cannot tell which network is fooled "
     "less often: the difference may be chance."),
    (own.own_sentence, (sure_of(200, 100, 300),),
     "300 pictures, 95 % intervals: baseline 61–72 %, NAT 28–39 %. That is more than chance."),
    (own.own_sentence, (sure_of(9, 9, 40),), "40 pictures, 95 % intervals: baseline 12–38 %, NAT 12–38 %."),
    (own.own_sentence, (sure_of(2, 0, 3),), ""),
    (own.comparison_title, (sure_of(1, 3, 22), 0.9, "Gallery"),
     "Gallery: above 90 %, the baseline is fooled by 1 of 22, NAT by 3."),
    (own.comparison_title, (sure_of(2, 1, 3), 0.9, "Gallery"),
     "Gallery: too few for a rate. The baseline is fooled by 2, NAT by 1."),
    (own.share_cell, (4, 6), "66.7 % (30–90 %)"),
    (own.share_cell, (2, 3), "2"),
    (own.accuracy_sentence, (4, 6, 10),
     "Yours is correct on 66.7 % (30–90 %) of the 6 pictures that it should know."),
    (own.accuracy_sentence, (1800, 2000, 10),
     "Yours is correct on 90.0 % (89–91 %) of the 2,000 pictures that it should know."),
    (verdict_on_negatives, (sure_of(3, 1, 22),), "may be chance"),
    (verdict_on_negatives, (sure_of(200, 100, 300),), "NAT better"),
    (verdict_on_negatives, (sure_of(100, 200, 300),), "baseline better"),
    (verdict_on_negatives, (sure_of(3, 0, 3),), "too few"),
    (verdict_on_known, (sure_of(200, 100, 300),), "baseline better"),
    (verdict_on_known, (sure_of(20, 22, 23),), "may be chance"),
    (own.right_sentence, (sure_of(4, 5, 6),),
     "By your labels, the baseline is correct on 4 of your 6, NAT on 5. 95 % intervals: baseline 30–90 %, NAT 44–97 %. "
     "So few pictures cannot tell which network is correct more often: the difference may be chance."),
    (waiting_sentence, (0, 0.2), "Others are training now; you are first, and begin in about 1 s."),
    (waiting_sentence, (11, 12.4), "Others are training now; you are number 12, and begin in about 12 s."),
    (negatives.title, (0, 0, None, "nat"), "Choose things it was never taught."),
    (negatives.title, (0, 1, None, "nat"), "NAT is not sure of this photo. It was taught no such thing."),
    (negatives.title, (2, 3, None, "nat"), "NAT is sure of 2 of these 3. It was taught none of them."),
    (negatives.title, (1, 1, 0, "nat"), "It learned this photo: it was sure of it before, and no longer is."),
    (negatives.cost, (EFFECT,),
     "What it cost: correct on 87.5 % of 2,000 CIFAR-10 test pictures, before 90.0 %; keeps 70 of 100 of them, before "
     "77."),
    (negatives.shows_known, (["none", "cat", "another"], ["a.jpg", "tom", "b.jpg"], CLASSES),
     "tom shows a cat, one of the ten (and 1 other): as a negative it teaches the network to give up what it knows. "
     "Leave it out, or watch what it keeps fall."),
    (negatives.shows_known, (["none", None], ["a.jpg", "tom"], CLASSES), ""),
    (workshop.title, (5, 5, None, 45), "All five done. Now try the challenges."),
    (workshop.title, (4, 5, "Where does it fail?", 45), "4 of 5 done. Next: Where does it fail?"),
    (workshop.guessed, (0.6, 0.95, 0, 3), "You said 60 %. It is **95 %**. This card gives 0 of 3 points."),
    (workshop.photo_verdict, ("baseline", "both", 0.8, ANSWERS, 1, 3),
     "No: only the baseline is sure. You gave the baseline 80 %; it has 97 %. This card gives 1 of 3 points."),
    (thresholds.behind_sentence, ("nat", "ship", 1, 1000, 0.995),
     "NAT takes 1 of 1,000 pictures for a ship, and is sure of it (t = 0.995)."),
    (digits.title, ({"baseline": 0.44, "nat": 0.44}, 200), "Digits they never saw fool both: 44 of 100."),
    (digits.title, ({"baseline": 0.53, "nat": 0.17}, 400),
     "Digits they never saw fool the baseline 53 of 100 times, NAT 17 of 100."),
]  # fmt: skip
PARTS: list[tuple[Callable[..., str], tuple[Any, ...], str]] = [
    (thresholds.temperature_sentence, warm(2, 0.4),
     "Here the temperature alone brings the baseline to where NAT was without it."),
    (thresholds.temperature_sentence, warm(2, 0.6),
     "The temperature helps the baseline, but alone it does not cure it."),
    (thresholds.temperature_sentence, warm(2, 0.6), "fooled by 60 of 100 at temperature 2 (70 at 1), NAT by 40 (40)."),
    (thresholds.temperature_sentence, warm(0.5, 0.7), "The temperature alone does not cure the baseline"),
    (thresholds.temperature_sentence, warm(1, 0.7), "At temperature 1 the networks are as they were trained."),
    (attention.distance_sentence, (HERE, USUAL, "45 gallery pictures"),
     "How far baseline and NAT lie apart: low 0.100 (0.200), middle 0.400 (0.300), high 0.900 (0.800). In "
     "brackets the median of 45 gallery pictures."),
    (attention.faint, (Answer(0.12, "cat"), "NAT teacher", 10), "The map is faint, not broken."),
    (attention.spread_caption, ("10,000 test pictures",),
     "Diamond: this picture. Tick: the median of 10,000 test pictures;"),
    (negatives.full, (12,), "It learns at most 12 at once; deselect one"),
    (games.fools_both, ({"baseline": True, "nat": False}, ANSWERS), "It fools the baseline alone"),
    (games.fools_both, ({"baseline": False, "nat": True}, ANSWERS), "It fools NAT alone"),
    (games.factory_both, ({"baseline": 0.5, "nat": 0.6}, {"baseline": 10.0, "nat": 20.0}, 50.0),
     "Here the baseline is the cheaper one. With t = 1.00 a person checks every part, for 50.0."),
    (games.factory_both, ({"baseline": 0.9, "nat": 0.9}, {"baseline": 7.0, "nat": 7.0}, 50.0),
     "NAT 7.0 (t = 0.90). Here both cost the same."),
    (games.factory_both, ({"baseline": 0.9925, "nat": 0.72}, {"baseline": 21.94, "nat": 11.67}, 80.0),
     "At its best the baseline costs 21.9 (t = 0.9925), NAT 11.7 (t = 0.72). NAT is the cheaper one."),
    (games.factory_task, (Stakes(Prices(3.0, 1.0), 0.2), "CIFAR-100 test"),
     "Of a hundred parts 20 are foreign, things that NAT was never taught (CIFAR-100 test)."),
    (games.factory_task, (Stakes(Prices(3.0, 1.0), 0.2), "x"), "- **Wrongly passed**, costs 3:"),
    (games.factory_task, (Stakes(Prices(3.0, 1.0), 0.2), "x"), "- **Needless check**, costs 1:"),
    (games.factory, (0.9995, 12.34, 0.996007, 11.0, 1, 3),
     "At your t = 0.9995 a hundred parts cost **12.3**. The best of all is t = 0.996: 11.0."),
    (games.factory, (0.68, 20.59, 0.68349, 20.51, 3, 3),
     "At your t = 0.68 a hundred parts cost **20.6**. The best of all is t = 0.68349: 20.5."),
    (games.factory, (0.68, 20.51, 0.68349, 20.51, 3, 3),
     "At your t = 0.68 a hundred parts cost **20.5**. The best of all is t = 0.68: 20.5."),
    (digits.sentence, (100, 200, 400, 0.0, 0.3), "From step 200 on"),
    (digits.sentence, (300, 200, 400, 0.03, 0.1), "Watch how sure"),
    (digits.sentence, (400, 200, 400, 0.03, 0.17), "down to 3 of 100"),
    (digits.sentence, (400, 200, 400, 0.03, 0.05), "which it never saw."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("baseline", "nat", "label", "title"),
    [
        (0.95, 0.95, "none", "Both networks are sure, and both are wrong."),
        (0.95, 0.64, "none", "One network is sure. The other is only fairly sure."),
        (0.95, 0.5, "none", "One network is sure. The other hesitates."),
        (0.95, 0.2, "none", "One network is sure. The other says it does not know."),
        (0.64, 0.2, "none", "Neither network is sure, but the baseline is fairly sure."),
        (0.2, 0.7, "none", "Neither network is sure, but NAT is fairly sure."),
        (0.7, 0.7, "none", "Neither network is sure, but both are fairly sure."),
        (0.5, 0.2, "none", "Neither network is sure."),
        (0.2, 0.2, "none", "Both networks say that they do not know."),
        (0.2, 0.95, "none", "This time it is NAT that is sure, and wrong."),
        (0.95, 0.95, "ship", "Both networks know this one."),
        (0.95, 0.95, "dog", "Both networks are sure, and both are wrong."),
        (0.95, 0.8, "ship", "The baseline knows this one. NAT is only fairly sure."),
        (0.95, 0.3, "dog", "The baseline is sure, and wrong. NAT holds back."),
        (0.3, 0.95, "ship", "NAT knows this one. The baseline holds back."),
        (
            0.8,
            0.3,
            "ship",
            "Neither network is sure, but the baseline is fairly sure, although this is one of the ten.",
        ),
    ],
)
def test_sure_in_a_title_is_above_t_and_nothing_else(baseline: float, nat: float, label: str, title: str) -> None:
    assert words.picture_title(Answer(baseline, "ship"), Answer(nat, "ship"), label, 0.9) == title


@given(*[some.floats(0.1, 1)] * 3, some.sampled_from(["none", "ship", "dog"]))
def test_a_title_never_calls_sure_what_the_answers_do_not(baseline: float, nat: float, t: float, label: str) -> None:
    title = words.picture_title(Answer(baseline, "ship"), Answer(nat, "ship"), label, t)
    certain = max(baseline, nat) > t
    assert certain != title.startswith(("Neither", "Both networks say"))
    for kind, answer in (("baseline", baseline), ("nat", nat)):
        said = words.answer_sentence(kind, Answer(answer, "ship"), label, t)
        assert (". Sure, and" in said) == (answer > t)


@given(some.integers(1, 60).flatmap(lambda n: some.tuples(some.integers(0, n), some.integers(0, n), some.just(n))))
def test_no_verdict_is_given_where_chance_can_make_the_difference(counts: tuple[int, int, int]) -> None:
    sure = sure_of(*counts)
    said = own.own_sentence(sure)
    chance = sure.difference.low <= 0 <= sure.difference.high
    assert ("more than chance" in said) == (not chance and sure.pictures > FEW)
    for told in (said, own.right_sentence(sure)):
        assert "more often" not in told or "cannot tell which network" in told
    for known in (False, True):
        assert ("better" in own.verdict(sure, known=known)) == (not chance and sure.pictures > FEW)


def name_of(value: object) -> str | None:
    """A test's name: the function's room and its own name."""
    return f"{value.__module__.split('.')[-2]}.{value.__name__}" if callable(value) else None


@pytest.mark.parametrize(("function", "arguments", "sentence"), WHOLE, ids=name_of)
def test_a_sentence_is_said_whole(function: Callable[..., str], arguments: tuple, sentence: str) -> None:
    assert shown(plain(function(*arguments))) == sentence


@pytest.mark.parametrize(("function", "arguments", "part"), PARTS, ids=name_of)
def test_a_sentence_holds_what_the_numbers_decide(function: Callable[..., str], arguments: tuple, part: str) -> None:
    assert part in plain(function(*arguments))


def test_words_alone_hold_no_markup_of_the_app() -> None:
    """Bold type stands within a colour too; what a stranger wrote stays as it is."""
    said = verdicts.verdict_sentence("baseline", words.Answer(0.97, "**a** :red[b] c_d"), "none", 0.9)
    assert shown(words.plain(said)) == "Baseline 97\u00a0% **a** :red[b] c_d. ▲\u00a0Fooled: sure, and wrong."


SHARES: dict[Kind, float] = {"baseline": 0.75, "nat": 0.5}
SAME, OTHER = {"baseline": 0.9, "nat": 0.9}, {"baseline": 0.97, "nat": 0.8}


@pytest.mark.parametrize(("known", "at", "score", "says"), [
    (False, SAME, "confidence", "Above t = 0.90, the baseline is fooled by 3 of 4, NAT by 2."),
    (True, SAME, "confidence", "Above t = 0.90, the baseline keeps 3 of 4, NAT 2."),
    (False, OTHER, "confidence", "Keeping 95 of 100, the baseline is fooled by 3 of 4, NAT by 2."),
    (False, SAME, "energy", "Keeping 95 of 100 by energy, the baseline is fooled by 3 of 4, NAT by 2."),
])  # fmt: skip
def test_few_pictures_are_counted_at_the_thresholds_that_hold(known: bool, at, score: str, says: str) -> None:
    assert thresholds.few_title(SHARES, 4, at, known=known, score=score).replace("\xa0", " ") == says


def test_pictures_that_fool_are_said_to_be_sorted_by_the_score_that_sorted_them() -> None:
    by = {score: thresholds.how_sure_sentence(3, "NAT", ("99 %", "97 %"), score) for score in ("confidence", "energy")}
    assert by["confidence"] == "The 3 that NAT is most sure of: 99 % to 97 %."
    assert by["energy"] == "The 3 that NAT is most sure of by energy: 99 % to 97 %."
    same = {score: thresholds.how_sure_sentence(3, "NAT", ("100 %", "100 %"), score) for score in by}
    assert same["confidence"] == "The 3 that NAT is most sure of: 100 % each."
    assert same["energy"] == "The 3 that NAT is most sure of by energy: 100 % each."
