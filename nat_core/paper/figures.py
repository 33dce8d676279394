"""The paper's figures, typed once, and the tables in which ours stand beside them.

Source: "Negative Awared Training: Be Neutral on Negative Samples", section Experiments: both NCR tables, and the two
accuracies of its text. Its "ILSVRC 2012 Samples" are set beside our `ilsvrc`; how it selected them, it does not say.
"""

from dataclasses import dataclass

from nat_core.language import N_
from nat_core.recipes import NAT_STRONG, PAIRS

# As the paper's tables have them, and written here rather than taken from our own thresholds: these never change.
THRESHOLD_KEYS = ("0.4", "0.6", "0.8", "0.9")
PAPER_SETS = ("cifar100_train", "cifar100_test", "ilsvrc", "noise")


@dataclass(frozen=True)
class PaperFigures:
    """What the paper reports of one of our networks."""

    label: str
    """The row's name in the paper: base, NAT or ori."""
    accuracy: float | None
    """Share of the CIFAR-10 test set classified correctly, in [0, 1]; None where the paper gives none."""
    ncr: dict[str, dict[str, float]]
    """NCR in [0, 1] by our name of the set, then by threshold."""


def _columns(*columns: tuple[float, ...]) -> dict[str, dict[str, float]]:
    """The columns of one network, a set each in the paper's order, by set and threshold."""
    # Strict: a figure left out while typing would shift all those after it to the wrong set or threshold.
    return {
        name: dict(zip(THRESHOLD_KEYS, column, strict=True)) for name, column in zip(PAPER_SETS, columns, strict=True)
    }


_NEVER = (0.0, 0.0, 0.0, 0.0)

_STUDENT_OF_BASELINE = PaperFigures(
    "ori",
    None,
    _columns(
        (0.974, 0.835, 0.661, 0.542),
        (0.974, 0.837, 0.657, 0.538),
        (0.946, 0.776, 0.591, 0.462),
        (0.966, 0.647, 0.311, 0.150),
    ),
)

PAPER: dict[str, PaperFigures] = {
    "resnet18_baseline": PaperFigures(
        "base",
        0.9554,
        _columns(
            (0.960, 0.817, 0.649, 0.534),
            (0.971, 0.839, 0.671, 0.558),
            (0.949, 0.764, 0.563, 0.434),
            (0.736, 0.145, 0.006, 0.0001),
        ),
    ),
    "resnet18_nat": PaperFigures(
        "NAT",
        0.9503,
        _columns((0.028, 0.012, 0.005, 0.002), (0.072, 0.045, 0.026, 0.018), (0.063, 0.036, 0.019, 0.012), _NEVER),
    ),
    # "ori" may be a plain student or the student of a baseline teacher: the paper does not say, so both are shown.
    "wrn16_1_baseline": _STUDENT_OF_BASELINE,
    "wrn16_1_student_of_baseline": _STUDENT_OF_BASELINE,
    "wrn16_1_student_of_nat": PaperFigures(
        "NAT",
        None,
        _columns((0.194, 0.116, 0.063, 0.038), (0.230, 0.151, 0.097, 0.062), (0.190, 0.115, 0.066, 0.042), _NEVER),
    ),
}


@dataclass(frozen=True)
class Table:
    """Which networks one table compares, on which sets, and whether the paper has it."""

    title: str
    networks: tuple[str, ...]
    sets: tuple[str, ...]
    """The columns that stand even where no network is trained yet; further reported sets follow them."""
    in_paper: bool
    always: bool = True
    """Whether it is shown where none of its networks is trained."""
    note: str = ""
    """What its reader must know of its networks; a sentence."""


TABLES = (
    Table(N_("ResNet-18 (the paper's first table)"), ("resnet18_baseline", "resnet18_nat"), PAPER_SETS, in_paper=True),
    Table(
        N_("Attention-transfer students, WRN-16-1 of WRN-40-1 (the paper's second table)"),
        ("wrn16_1_baseline", "wrn16_1_student_of_baseline", "wrn16_1_student_of_nat"),
        PAPER_SETS,
        in_paper=True,
        note=N_(
            "The two students differ in the teacher alone; in protocol cpu the plain network learns for more epochs."
        ),
    ),
    Table(
        N_("The teachers and the plain WRN-16-1 pair (not in the paper)"),
        ("wrn40_1_baseline", "wrn40_1_nat", "wrn16_1_baseline", "wrn16_1_nat"),
        PAPER_SETS,
        in_paper=False,
    ),
    Table(N_("Digits (not in the paper)"), ("digits_baseline", "digits_nat"), (), in_paper=False, always=False),
)

CONTRASTS = (
    *(PAIRS[name] for name in ("resnet18", "wrn40_1", "wrn16_1", "students")),
    (PAIRS["wrn16_1"][0], PAIRS["students"][1]),
    PAIRS["digits"],
)
"""The paper's comparison: (without, with) the knowledge of negatives."""
COMPARED = (*CONTRASTS, (PAIRS["resnet18"][1], NAT_STRONG))
"""The comparisons that are put into words; the last is ours, NAT and the one of many more negatives."""
