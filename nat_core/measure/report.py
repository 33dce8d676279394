"""Reports: the plain numbers of one network, computed from its predictions, and read from and written to JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nat_core.files import Count, Share, converted
from nat_core.measure import metrics
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.measure.scores import CONFIDENCE, Separation, check_scores, separations
from nat_core.measure.variants import with_variants
from nat_core.recipes import IN_DISTRIBUTION, THRESHOLDS


def threshold_key(threshold: float) -> str:
    """The name of a threshold among a report's numbers.

    >>> threshold_key(0.4)
    '0.4'
    """
    return f"{threshold:g}"


@dataclass(frozen=True)
class SetReport:
    """One network on one image set; every number but `images` is a fraction in [0, 1].

    The in-distribution set has its own entry, so that its pictures are counted: there `ncr` is the share kept, and
    the other three compare the set with itself.
    """

    images: Count
    """How many pictures the numbers come from."""
    role: str
    """What the set is to this network: in distribution, trained on, same source or unseen."""
    ncr: dict[str, Share]
    """Share of the pictures with confidence > t, by threshold."""
    ncr_at_95_kept: Share
    """NCR at the largest t that keeps 95 % of the in-distribution set."""
    auroc: Share
    """Area under the ROC curve, negatives positive, score = -confidence."""
    fpr95: Share
    """Share of the in-distribution set rejected at the first threshold that rejects 95 % of the negatives."""
    by_score: dict[str, Separation] = field(default_factory=dict)
    """NCR at 95 % kept, AUROC, AUPR and FPR95 by each score of the logits, confidence among them; empty in reports from
    before they were reported."""

    def __post_init__(self) -> None:
        _check_thresholds("ncr", self.ncr)
        check_scores(self.by_score)


@dataclass(frozen=True)
class NetworkReport:
    """All published numbers of one network; fractions in [0, 1]."""

    accuracy: Share
    ece: Share
    """Expected calibration error on the in-distribution set, 15 bins."""
    seed: Count
    protocol: str
    classes: tuple[str, ...]
    share_kept: dict[str, Share]
    """Share of the in-distribution set with confidence > t, right or wrong, by threshold."""
    sets: dict[str, SetReport]
    epochs: Count | None = None
    """How many passes it learned for, which a protocol's name alone does not say; None where that is not known."""

    def __post_init__(self) -> None:
        _check_thresholds("share_kept", self.share_kept)

    @property
    def in_distribution(self) -> str | None:
        """The name of the in-distribution set; None if it is not among the sets."""
        return next((name for name, each in self.sets.items() if each.role == IN_DISTRIBUTION), None)

    @property
    def negatives(self) -> dict[str, SetReport]:
        """The sets without the in-distribution one: those of which NCR speaks."""
        return {name: each for name, each in self.sets.items() if each.role != IN_DISTRIBUTION}

    def to_json(self) -> dict[str, Any]:
        """The report as JSON's own types: what `nat report --format json` prints of this network."""
        # What is not known is left out, so that a report from before the field existed stays as it was.
        sets = {
            name: {key: value for key, value in asdict(each).items() if key != "by_score" or value}
            for name, each in self.sets.items()
        }
        values = asdict(self) | {"classes": list(self.classes), "sets": sets}
        return values if self.epochs is not None else {key: each for key, each in values.items() if key != "epochs"}

    @classmethod
    def from_json(cls, values: Any) -> "NetworkReport":
        """The report of which `values` is the JSON. Raises ValueError saying what is missing, unknown or no share."""
        return converted(values, cls)


def evaluate(
    predictions: Mapping[str, Predictions],
    roles: Mapping[str, str],
    *,
    seed: int,
    protocol: str,
    classes: Sequence[str],
    epochs: int | None = None,
) -> NetworkReport:
    """The report of one network from its predictions by set, in the order of `roles` (set name to role).

    A set without a role (the gallery) or without predictions is left out; the variants of ILSVRC are derived from it.
    `seed`, `protocol` and `epochs` are handed through. Predictions with a background class are read raw
    (`nat_core.measure.predictions`).
    Raises ValueError unless exactly one set with predictions is in distribution, with labels and `classes` logits.
    """
    predictions = with_variants(predictions)
    if classes[-1] == BACKGROUND:
        predictions = raw(predictions)
    # One set alone: confidence, thresholds and every comparison refer to it.
    known = [name for name, role in roles.items() if role == IN_DISTRIBUTION and name in predictions]
    if len(known) != 1:
        raise ValueError(f"needs the predictions of one set in distribution; got {known} among {sorted(predictions)}")
    reference = predictions[known[0]]
    if reference.labels is None or reference.logits.shape[1] != len(classes):
        raise ValueError(f"{known[0]} needs labels and {len(classes)} logits a picture; got {reference.logits.shape}")
    correct = reference.predicted == reference.labels
    return NetworkReport(
        accuracy=metrics.accuracy(reference.predicted, reference.labels),
        ece=metrics.expected_calibration_error(reference.confidence, correct),
        seed=seed,
        protocol=protocol,
        classes=tuple(classes),
        share_kept={threshold_key(t): metrics.share_kept(reference.confidence, t) for t in THRESHOLDS},
        sets={n: evaluate_set(reference, predictions[n], role) for n, role in roles.items() if n in predictions},
        epochs=epochs,
    )


def evaluate_set(reference: Predictions, predictions: Predictions, role: str) -> SetReport:
    """The report of one image set, beside the network's predictions of its in-distribution set, `reference`.

    `role` is what the set is to the network (`nat_core.recipes.Role`). Raises ValueError where a set is empty.

    >>> import numpy as np
    >>> two = Predictions("net", "a", ("0", "1"), np.float32([[0, 9], [9, 0]]))
    >>> evaluate_set(two, two, "unseen").auroc
    0.5
    """
    confidence, by_score = predictions.confidence, separations(reference, predictions)
    sure = by_score[CONFIDENCE]
    return SetReport(
        images=len(predictions),
        role=role,
        ncr={threshold_key(t): metrics.negative_confidence_rate(confidence, t) for t in THRESHOLDS},
        ncr_at_95_kept=sure.ncr_at_95_kept,
        auroc=sure.auroc,
        fpr95=sure.fpr95,
        by_score=by_score,
    )


def _check_thresholds(field: str, values: Mapping[str, float]) -> None:
    # All of them and no other: tables, pages and studies look each one up without asking.
    keys = [threshold_key(t) for t in THRESHOLDS]
    if sorted(values) != keys:
        raise ValueError(f"{field} needs the thresholds {', '.join(keys)}; got {', '.join(sorted(values)) or 'none'}")
