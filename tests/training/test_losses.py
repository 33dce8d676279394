"""The objective against numbers worked by hand, torch's own functions and autograd."""

from math import log

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nat_core.training.losses import (
    DIVERGENCES,
    TARGETS,
    attention_transfer_loss,
    distillation_loss,
    kl_from_uniform,
    nat_loss,
)

LARGEST = torch.finfo(torch.float32).max
rows = st.lists(
    st.lists(st.floats(-30, 30, width=32), min_size=5, max_size=5), min_size=1, max_size=6
).map(torch.tensor)  # fmt: skip


def test_kl_from_uniform_is_the_number_worked_by_hand() -> None:
    # softmax = (3/4, 1/4): 1/2 log((1/2)/(3/4)) + 1/2 log((1/2)/(1/4)) = 1/2 log(4/3)
    logits = torch.tensor([[log(3.0), 0.0]])
    assert kl_from_uniform(logits).item() == pytest.approx(0.5 * log(4 / 3), rel=1e-6)


@given(rows)
def test_kl_from_uniform_is_what_torch_computes(logits: torch.Tensor) -> None:
    uniform = torch.full_like(logits, 1 / 5)
    expected = functional.kl_div(functional.log_softmax(logits, 1), uniform, reduction="none").sum(1)
    torch.testing.assert_close(kl_from_uniform(logits), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", DIVERGENCES)
@given(rows, st.floats(-50, 50, width=32))
def test_each_divergence_is_nonnegative_and_blind_to_a_shift(name: str, logits: torch.Tensor, shift: float) -> None:
    distance = DIVERGENCES[name](logits)
    assert (distance >= 0).all()
    torch.testing.assert_close(DIVERGENCES[name](logits + shift), distance, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("classes", [2, 3, 7, 10, 100, 1000])
def test_each_divergence_vanishes_at_uniform(name: str, classes: int) -> None:
    distance = DIVERGENCES[name](torch.full((3, classes), 7.25))
    assert distance.max().item() <= 1e-6
    if name == "kl_from_uniform":
        assert distance.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("extreme", [[LARGEST, -LARGEST, 0.0], [1e4, -1e4, 3.0], [-LARGEST] * 3, [LARGEST, 0.0, 0.0]])
def test_each_divergence_and_its_slope_are_finite_for_any_finite_logits(name: str, extreme: list[float]) -> None:
    logits = torch.tensor([extreme], requires_grad=True)
    distance = DIVERGENCES[name](logits)
    distance.sum().backward()
    assert torch.isfinite(distance).all()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kl_to_uniform", 0.75 * log(1.5) + 0.25 * log(0.5)),
        ("jensen_shannon", (0.75 * log(0.75 / 0.625) + 0.25 * log(0.25 / 0.375) + 0.5 * log(0.5 / 0.625)
                            + 0.5 * log(0.5 / 0.375)) / 2),
        ("brier", 0.125),
        ("hellinger", 1 - (0.375**0.5 + 0.125**0.5)),
        ("centred_logits", (log(3) / 2) ** 2),
        # The square root of 3 : 1 is its softer answer, at T = 2.
        ("softened", 1 / (1 + 3**-0.5) * log(4 / 3 / (1 + 3**-0.5)) + 1 / (1 + 3**0.5) * log(4 / (1 + 3**0.5))),
    ],
)  # fmt: skip
def test_each_sibling_is_the_number_worked_by_hand(name: str, value: float) -> None:
    assert DIVERGENCES[name](torch.tensor([[log(3.0), 0.0]])).item() == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("name", TARGETS)
def test_each_row_has_a_divergence_of_its_own(name: str) -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(2))
    alone = torch.cat([TARGETS[name](row[None]) for row in logits])
    assert alone.shape == (4,)
    assert len(set(alone.tolist())) == 4
    torch.testing.assert_close(TARGETS[name](logits), alone)


def test_kl_from_uniform_of_a_row_does_not_hang_on_the_height_of_another() -> None:
    # Taken off all rows, the largest logit of the first would leave nothing of the second.
    alone = kl_from_uniform(torch.tensor([[3.0, 0.0]]))
    assert kl_from_uniform(torch.tensor([[1000.0, 0.0], [3.0, 0.0]]))[1] == alone[0]


def test_kl_from_uniform_is_never_a_hair_below_nothing() -> None:
    nearly = 1e-4 * torch.randn(1000, 10, generator=torch.Generator().manual_seed(0))
    # What rounding leaves of half of these would be below 0.
    assert kl_from_uniform(nearly).min() == 0


def test_the_background_is_the_last_class() -> None:
    assert TARGETS["background_class"](torch.tensor([[0.0, 0.0, log(2.0)]])).item() == pytest.approx(log(2.0), rel=1e-6)


@pytest.mark.parametrize("name", [name for name in DIVERGENCES if name != "softened"])
def test_each_divergence_has_the_slope_that_finite_differences_give(name: str) -> None:
    logits = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    assert torch.autograd.gradcheck(DIVERGENCES[name], (logits,))


def test_the_softer_answer_is_a_fixed_target() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), requires_grad=True)
    DIVERGENCES["softened"](logits).sum().backward()
    torch.testing.assert_close(logits.grad, functional.softmax(logits, 1) - functional.softmax(logits / 2, 1))


def test_nat_loss_is_one_mean_over_all_pictures() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0]])
    labels = torch.tensor([0, 2])
    entropies = functional.cross_entropy(logits[:2], labels, reduction="none")
    negative = log(3) * 0 + -log(3) - functional.log_softmax(logits[2:], 1).mean()
    loss = nat_loss(logits, labels)
    assert loss.total.item() == pytest.approx((entropies.sum() + negative).item() / 3, rel=1e-6)
    assert loss.cross_entropy.item() == pytest.approx(entropies.mean().item(), rel=1e-6)
    assert loss.divergence.item() == pytest.approx(negative.item(), rel=1e-6)


def test_nat_loss_without_negatives_is_cross_entropy() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    torch.testing.assert_close(nat_loss(logits, labels).total, functional.cross_entropy(logits, labels))


def test_a_weight_counts_the_negatives_only() -> None:
    logits = torch.tensor([[2.0, 0.0], [5.0, 0.0]])
    labels = torch.tensor([1])
    plain, doubled = nat_loss(logits, labels), nat_loss(logits, labels, negative_weight=2.0)
    assert (doubled.total - plain.total).item() == pytest.approx(plain.divergence.item() / 2, rel=1e-5)


NEGATIVES = torch.tensor([[0.0, 0.0], [log(3.0), 0.0], [0.0, 2 * log(3.0)], [0.0, 0.0]])
"""One known picture and three negatives, whose KL(uniform || softmax) are these."""
KLS = (log(4 / 3) / 2, log(25 / 9) / 2, 0.0)


def test_only_the_hardest_negatives_count_where_that_is_said() -> None:
    label = torch.tensor([0])
    assert nat_loss(NEGATIVES, label).total.item() == pytest.approx((log(2) + sum(KLS)) / 4, rel=1e-6)
    two = nat_loss(NEGATIVES, label, hardest=2)
    assert two.total.item() == pytest.approx((log(2) + sum(KLS)) / 3, rel=1e-6)
    assert two.divergence.item() == pytest.approx(sum(KLS) / 2, rel=1e-6)
    assert nat_loss(NEGATIVES, label, hardest=1).divergence.item() == pytest.approx(KLS[1], rel=1e-6)
    assert nat_loss(NEGATIVES, label, hardest=9).total.item() == nat_loss(NEGATIVES, label).total.item()


def test_the_two_parts_may_have_means_of_their_own() -> None:
    loss = nat_loss(NEGATIVES, torch.tensor([0]), negative_weight=0.5, separate_means=True)
    assert (loss.cross_entropy.item(), loss.divergence.item()) == pytest.approx((log(2), sum(KLS) / 3), rel=1e-6)
    assert loss.total.item() == pytest.approx(log(2) + 0.5 * sum(KLS) / 3, rel=1e-6)


def test_labels_may_be_smoothed() -> None:
    logits, labels = torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0]]), torch.tensor([0, 1])
    expected = functional.cross_entropy(logits, labels, label_smoothing=0.3)
    torch.testing.assert_close(nat_loss(logits, labels, label_smoothing=0.3).total, expected)


def test_nat_loss_refuses_an_unknown_divergence_and_names_the_known() -> None:
    with pytest.raises(ValueError, match=f"'kl'; known: {', '.join(TARGETS)}$"):
        nat_loss(torch.zeros(1, 3), torch.tensor([0]), divergence="kl")


def test_nat_loss_refuses_more_labels_than_rows() -> None:
    with pytest.raises(ValueError, match="2 labels for 1 rows"):
        nat_loss(torch.zeros(1, 3), torch.tensor([0, 1]))


def test_attention_transfer_is_the_number_worked_by_hand() -> None:
    # Two positions: Q_S = (1, 0), Q_T = (0.6, 0.8); the mean of (0.16, 0.64) is 0.4, twice for two groups.
    student = torch.tensor([[[[2.0, 0.0]]]])
    teacher = torch.tensor([[[[3.0, 12.0**0.5]]]])
    assert attention_transfer_loss([student, student], [teacher, teacher]).item() == pytest.approx(0.8, rel=1e-6)


def test_attention_transfer_is_blind_to_channels_and_scale() -> None:
    group = torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    wider = torch.cat([group, group], 1) * 3
    assert attention_transfer_loss([group], [wider]).item() == pytest.approx(0, abs=1e-12)


def test_attention_transfer_may_compare_how_strongly_they_look_as_well() -> None:
    # Means of squares: (4, 0) and (3, 12); the mean of 1 and 144.
    student, teacher = torch.tensor([[[[2.0, 0.0]]]]), torch.tensor([[[[3.0**0.5, 12.0**0.5]]]])
    assert attention_transfer_loss([student], [teacher], normalised=False).item() == pytest.approx(72.5, rel=1e-6)


def test_attention_transfer_refuses_another_number_of_groups() -> None:
    with pytest.raises(ValueError, match="1 groups, its teacher 2"):
        attention_transfer_loss([torch.zeros(1, 1, 1, 1)], [torch.zeros(1, 1, 1, 1)] * 2)


def test_distillation_is_what_torch_computes() -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 3, 5, generator=generator)
    soft = functional.softmax(teacher / 4, 1)
    expected = 16 * (soft * (soft.log() - functional.log_softmax(student / 4, 1))).sum(1).mean()
    torch.testing.assert_close(distillation_loss(student, teacher, 4.0), expected)
    assert distillation_loss(student, teacher).item() == distillation_loss(student, teacher, 4.0).item()
    assert distillation_loss(student, student, 0.5).item() == pytest.approx(0, abs=1e-6)


def test_distillation_refuses_a_temperature_of_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        distillation_loss(torch.zeros(1, 2), torch.zeros(1, 2), 0.0)
