"""NAT Explorer's engine: Negative Awared Training, from image sets to trained networks, predictions and reports.

```python
import nat_core as nat

network = nat.load_network("wrn16_1_nat")
said = nat.predict(network, nat.read_folder("my_photos"))
print(nat.ncr(said, 0.9), nat.auroc(nat.load_predictions("wrn16_1_nat")["cifar10_test"], said))
```

Importing this package imports nothing heavy: each name is fetched when it is first used. The lower floor (recipes,
image sets, predictions, metrics, evaluations, cards) is NumPy alone; the upper floor (networks, losses, training) is
torch; streamlit is nowhere.
"""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nat_core.api import evaluate, load_card, load_network, load_predictions, load_report
    from nat_core.data.sets import load_set
    from nat_core.data.sources.image_sets import ImageSet, read_class_folders, read_folder, read_npz
    from nat_core.errors import (
        Busy,
        CheckpointError,
        CommandError,
        DivergedError,
        DownloadError,
        MayNotRead,
        MissingDataset,
        NatError,
        NetworkError,
        NoNetwork,
        NotServed,
        RanksError,
        Stopped,
        TrainingError,
        UnreadableImage,
        UnreadableSet,
    )
    from nat_core.measure.evaluation import Evaluation, NegativesEvaluation, evaluate_logits
    from nat_core.measure.feature_scores import knn_score, rmds_score, vim_score
    from nat_core.measure.metrics import (
        accuracy,
        aupr,
        auroc,
        energy,
        entropy,
        expected_calibration_error,
        fpr95,
        generalised_entropy,
        maximum_logit,
        ncr,
        ncr_at_share_kept,
        ncr_curve,
        negative_confidence_rate,
        share_kept,
        threshold_keeping,
    )
    from nat_core.measure.predictions import Predictions, softmax
    from nat_core.measure.report import NetworkReport, SetReport
    from nat_core.measure.scores import SCORES, Separation, scores_of, separation, separations
    from nat_core.network.inference import Network, features, predict, predict_with_maps
    from nat_core.network.wrapping import wrap
    from nat_core.recipes import RECIPES, THRESHOLDS, Recipe, recipe_named
    from nat_core.store.checkpoints import Card
    from nat_core.training.loop import train
    from nat_core.training.losses import attention_transfer_loss, kl_from_uniform, nat_loss

__version__ = "0.1.0"

__all__ = [
    "RECIPES",
    "SCORES",
    "THRESHOLDS",
    "Busy",
    "Card",
    "CheckpointError",
    "CommandError",
    "DivergedError",
    "DownloadError",
    "Evaluation",
    "ImageSet",
    "MayNotRead",
    "MissingDataset",
    "NatError",
    "NegativesEvaluation",
    "Network",
    "NetworkError",
    "NetworkReport",
    "NoNetwork",
    "NotServed",
    "Predictions",
    "RanksError",
    "Recipe",
    "Separation",
    "SetReport",
    "Stopped",
    "TrainingError",
    "UnreadableImage",
    "UnreadableSet",
    "__version__",
    "accuracy",
    "attention_transfer_loss",
    "aupr",
    "auroc",
    "energy",
    "entropy",
    "evaluate",
    "evaluate_logits",
    "expected_calibration_error",
    "features",
    "fpr95",
    "generalised_entropy",
    "kl_from_uniform",
    "knn_score",
    "load_card",
    "load_network",
    "load_predictions",
    "load_report",
    "load_set",
    "maximum_logit",
    "nat_loss",
    "ncr",
    "ncr_at_share_kept",
    "ncr_curve",
    "negative_confidence_rate",
    "predict",
    "predict_with_maps",
    "read_class_folders",
    "read_folder",
    "read_npz",
    "recipe_named",
    "rmds_score",
    "scores_of",
    "separation",
    "separations",
    "share_kept",
    "softmax",
    "threshold_keeping",
    "train",
    "vim_score",
    "wrap",
]


# One function a module, so that each import is a statement that type checkers and import-linter see.


def _api() -> ModuleType:
    from nat_core import api

    return api


def _sets() -> ModuleType:
    from nat_core.data import sets

    return sets


def _image_sets() -> ModuleType:
    from nat_core.data.sources import image_sets

    return image_sets


def _errors() -> ModuleType:
    from nat_core import errors

    return errors


def _evaluation() -> ModuleType:
    from nat_core.measure import evaluation

    return evaluation


def _feature_scores() -> ModuleType:
    from nat_core.measure import feature_scores

    return feature_scores


def _metrics() -> ModuleType:
    from nat_core.measure import metrics

    return metrics


def _predictions() -> ModuleType:
    from nat_core.measure import predictions

    return predictions


def _report() -> ModuleType:
    from nat_core.measure import report

    return report


def _scores() -> ModuleType:
    from nat_core.measure import scores

    return scores


def _inference() -> ModuleType:
    from nat_core.network import inference

    return inference


def _wrapping() -> ModuleType:
    from nat_core.network import wrapping

    return wrapping


def _recipes() -> ModuleType:
    from nat_core import recipes

    return recipes


def _checkpoints() -> ModuleType:
    from nat_core.store import checkpoints

    return checkpoints


def _losses() -> ModuleType:
    from nat_core.training import losses

    return losses


def _loop() -> ModuleType:
    from nat_core.training import loop

    return loop


_HOMES: dict[Callable[[], ModuleType], tuple[str, ...]] = {
    _api: ("evaluate", "load_card", "load_network", "load_predictions", "load_report"),
    _sets: ("load_set",),
    _image_sets: ("ImageSet", "read_class_folders", "read_folder", "read_npz"),
    _errors: ("Busy", "CheckpointError", "CommandError", "DivergedError", "DownloadError", "MayNotRead",
              "MissingDataset", "NatError", "NetworkError", "NoNetwork", "NotServed", "RanksError", "Stopped",
              "TrainingError", "UnreadableImage", "UnreadableSet"),
    _evaluation: ("Evaluation", "NegativesEvaluation", "evaluate_logits"),
    _feature_scores: ("knn_score", "rmds_score", "vim_score"),
    _metrics: ("accuracy", "aupr", "auroc", "energy", "entropy", "expected_calibration_error", "fpr95",
               "generalised_entropy", "maximum_logit", "ncr", "ncr_at_share_kept", "ncr_curve",
               "negative_confidence_rate", "share_kept", "threshold_keeping"),
    _predictions: ("Predictions", "softmax"),
    _report: ("NetworkReport", "SetReport"),
    _scores: ("SCORES", "Separation", "scores_of", "separation", "separations"),
    _inference: ("Network", "features", "predict", "predict_with_maps"),
    _wrapping: ("wrap",),
    _recipes: ("RECIPES", "THRESHOLDS", "Recipe", "recipe_named"),
    _checkpoints: ("Card",),
    _losses: ("attention_transfer_loss", "kl_from_uniform", "nat_loss"),
    _loop: ("train",),
}  # fmt: skip
"""The public names by the module that they live in."""


def __getattr__(name: str) -> Any:
    """Return a public name when it is first used, and keep it; AttributeError for any other."""
    for module, names in _HOMES.items():
        if name in names:
            return globals().setdefault(name, getattr(module(), name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, used already or not."""
    return sorted({*globals(), *__all__})
