"""What others publish on CIFAR-10 and negatives, typed once: three comparisons, each with its sets and its source.

Every figure was read in the source that stands beside it, and none is taken over from a third place.
"""

from dataclasses import dataclass, field

from nat_core.language import N_, number
from nat_core.measure.rounding import accuracy_text, rate_text, spread_text
from nat_core.measure.scores import CONFIDENCE


@dataclass(frozen=True)
class PublishedFigure:
    """A published number as a fraction in [0, 1]."""

    value: float
    deviation: float | None = None
    """Standard deviation over seeds, where the source gives one."""

    def __str__(self) -> str:
        """Four decimals, which are all that the sources give.

        >>> str(PublishedFigure(0.8803, 0.0025))
        '0.8803 ± 0.0025'
        """
        return number(self.value, ".4f") + ("" if self.deviation is None else f" ± {number(self.deviation, '.4f')}")

    @property
    def as_rate(self) -> str:
        """What stands in a table beside our own rates, with as many decimals as they have.

        >>> PublishedFigure(0.8803, 0.0025).as_rate
        '0.880 ± 0.003'
        """
        return rate_text(self.value) + spread_text(self.deviation)

    @property
    def as_accuracy(self) -> str:
        """The same of an accuracy.

        >>> PublishedFigure(0.9506, 0.003).as_accuracy
        '95.06 ± 0.30 %'
        """
        return accuracy_text(self.value, self.deviation)


@dataclass(frozen=True)
class PublishedFigures:
    """One row of a published table."""

    method: str
    architecture: str
    negatives: str
    """What it learnt from beside CIFAR-10; "none"."""
    accuracy: PublishedFigure | None = None
    means: dict[tuple[str, str], PublishedFigure] = field(default_factory=dict)
    """By measure (a field of `SetReport`) and group of sets: the mean over the group."""
    sets: dict[str, dict[str, PublishedFigure]] = field(default_factory=dict)
    """By measure and set."""
    score: str | None = CONFIDENCE
    """By which score its rates are, as `nat_core.measure.scores` names it; None for one that is not among ours."""


@dataclass(frozen=True)
class PublishedBenchmark:
    """One comparison of others: its sets in groups, and what was published on them."""

    name: str
    """Its name for programs."""
    label: str
    title: str
    groups: dict[str, tuple[str, ...]]
    measures: tuple[str, ...]
    """Fields of `SetReport` that the source gives, the first being the one of its means."""
    published: tuple[PublishedFigures, ...]
    source: str
    notes: tuple[str, ...] = ()

    @property
    def sets(self) -> tuple[str, ...]:
        """All sets, in the order of the groups."""
        return tuple(name for names in self.groups.values() for name in names)


def _percent(value: float, deviation: float | None = None) -> PublishedFigure:
    """A figure as it is printed in the source, in percent."""
    return PublishedFigure(round(value / 100, 6), None if deviation is None else round(deviation / 100, 6))


# --- OpenOOD ---------------------------------------------------------------------------------------------------------


def _openood(
    method: str,
    near: tuple[float, float],
    far: tuple[float, float],
    accuracy: tuple[float, float],
    negatives: str,
    score: str | None = CONFIDENCE,
) -> PublishedFigures:
    means = {("auroc", "near"): _percent(*near), ("auroc", "far"): _percent(*far)}
    return PublishedFigures(method, "ResNet-18", negatives, _percent(*accuracy), means, score=score)


OPENOOD = PublishedBenchmark(
    "openood",
    "OpenOOD",
    N_("Its near and far sets beside CIFAR-10 (v1.5)"),
    {"near": ("cifar100_test", "tiny_imagenet"), "far": ("mnist", "svhn", "dtd", "places365")},
    ("auroc", "fpr95"),
    (
        _openood("MSP", (88.03, 0.25), (90.73, 0.43), (95.06, 0.30), N_("none")),
        _openood("Cutout, MSP", (90.53, 0.20), (92.96, 0.70), (95.79, 0.12), N_("none")),
        _openood(N_("energy"), (87.58, 0.46), (91.21, 0.92), (95.06, 0.30), N_("none"), "energy"),
        _openood("kNN", (90.64, 0.20), (92.96, 0.14), (95.06, 0.30), N_("none"), "knn"),
        _openood("Outlier Exposure, MSP", (94.82, 0.21), (96.00, 0.13), (94.63, 0.26), "Tiny ImageNet-597"),
        _openood("RotPred + PixMix", (94.86, 0.14), (98.18, 0.14), (95.91, 0.25), N_("none"), None),
    ),
    N_(
        "OpenOOD v1.5's leaderboard, results/cifar10.csv of github.com/Jingkang50/OpenOOD, branch leaderboard, f969dfa "
        "(Zhang et al. 2023, arXiv 2306.09301): ResNet-18, 100 epochs, mean ± standard deviation over three seeds"
    ),
    (
        N_(
            "The leaderboard gives the means alone. FPR95 is OpenOOD's too: negatives are the positive class, and the "
            "first threshold with a recall of 0.95 counts."
        ),
        N_(
            "OpenOOD measures CIFAR-100 on 9,000 of the 10,000 test pictures (1,000 are for choosing), and shrinks "
            "pictures with a bilinear filter; here it is the network's own, bicubic."
        ),
    ),
)

# --- Outlier Exposure ------------------------------------------------------------------------------------------------

_OE_SETS = ("gaussian", "rademacher", "blob", "dtd", "svhn", "places365", "lsun", "cifar100_test")


def _outlier_exposure(
    method: str, negatives: str, error: float, means: tuple[float, float], fpr95: tuple[float, ...],
    auroc: tuple[float, ...],
) -> PublishedFigures:  # fmt: skip
    columns = {"fpr95": fpr95, "auroc": auroc}
    return PublishedFigures(
        method,
        "WRN-40-2",
        negatives,
        _percent(100 - error),
        {(measure, "all"): _percent(mean) for measure, mean in zip(columns, means, strict=True)},
        {
            measure: dict(zip(_OE_SETS, map(_percent, column), strict=True))  # strict: a figure left out would shift
            for measure, column in columns.items()
        },
    )


# The files call the last set CIFAR-10; the script that wrote them takes CIFAR-100 beside a network of CIFAR-10.
OUTLIER_EXPOSURE = PublishedBenchmark(
    "outlier_exposure",
    "Outlier Exposure",
    N_("Its sets beside CIFAR-10"),
    {"all": _OE_SETS},
    ("fpr95", "auroc"),
    (
        _outlier_exposure(
            "MSP", N_("none"), 5.16, (34.94, 89.27),
            (14.39, 47.55, 16.20, 42.82, 28.82, 47.54, 38.74, 43.47),
            (94.72, 79.93, 94.54, 88.37, 91.83, 87.80, 89.08, 87.88),
        ),
        _outlier_exposure(
            N_("Outlier Exposure, fine-tuned"), "80 Million Tiny Images", 5.27, (9.50, 97.81),
            (0.69, 0.49, 0.57, 12.16, 4.76, 17.28, 12.08, 27.95),
            (99.60, 99.78, 99.83, 97.72, 98.43, 96.23, 97.57, 93.31),
        ),
        _outlier_exposure(
            N_("Outlier Exposure, from scratch"), "80 Million Tiny Images", 4.26, (6.15, 98.56),
            (0.29, 0.64, 0.88, 3.74, 2.11, 11.88, 5.99, 23.68),
            (99.80, 99.65, 99.75, 99.07, 99.47, 97.24, 98.72, 94.79),
        ),
    ),
    N_(
        "CIFAR/snapshots/cifar10_wrn_{baseline,oe_tune,oe_scratch}_test.txt of github.com/hendrycks/outlier-exposure, "
        "e6ede98 (Hendrycks, Mazeika and Dietterich 2019, arXiv 1812.04606): one network each, the mean of ten draws "
        "of 2,000 pictures of a set beside the 10,000 test pictures; the fine-tuned network's are the paper's"
    ),
    (
        N_(
            "FPR95 has the direction of ours: negatives are the positive class. Its script takes the threshold whose "
            "recall is nearest 0.95, ours the first with at least 0.95."
        ),
        N_(
            "Its Places365 are the 69 scenes outside the 365 (Places69, says its author), so that column compares two "
            "sets of places. The noise is made here as it describes it, in the space of normalised inputs."
        ),
    ),
)  # fmt: skip

# --- the energy score ------------------------------------------------------------------------------------------------


def _energy(method: str, negatives: str, mean: float, score: str = "energy") -> PublishedFigures:
    means = {("ncr_at_95_kept", "all"): _percent(mean)}
    return PublishedFigures(method, "WRN-40-2", negatives, means=means, score=score)


ENERGY = PublishedBenchmark(
    "energy",
    "Energy",
    N_("The six sets of the energy score's paper beside CIFAR-10"),
    {"all": ("dtd", "svhn", "places365", "lsun_crop", "lsun_resize", "isun")},
    ("ncr_at_95_kept",),
    (
        _energy("MSP", N_("none"), 51.04, CONFIDENCE),
        _energy(N_("energy"), N_("none"), 33.01),
        _energy("Outlier Exposure, MSP", "80 Million Tiny Images", 8.53, CONFIDENCE),
        _energy(N_("energy, fine-tuned"), "80 Million Tiny Images", 3.32),
    ),
    N_(
        "the README of github.com/wetliu/energy_ood, 77f3c09 (Liu et al. 2020, arXiv 2010.03759): the mean over six "
        "sets"
    ),
    (
        N_(
            "Its FPR95 is the other direction: the share of the negatives that passes where 95 % of CIFAR-10 are kept, "
            "which is our NCR at 95 % kept."
        ),
    ),
)

BENCHMARKS = (OPENOOD, OUTLIER_EXPOSURE, ENERGY)
