"""What `nat_core` offers by a network's name alone: the store and inference, with the folder found for you.

The rooms below take a folder and a name; here a name is enough (`nat_core.store.checkpoints.search_path` says where
it is looked for). Torch is imported by the functions that run a network.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nat_core.data.sources.image_sets import ImageSet
from nat_core.data.uploaded_sets import labels_among
from nat_core.measure.evaluation import Evaluation, evaluate_logits
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.measure.report import NetworkReport
from nat_core.store import checkpoints
from nat_core.store.checkpoints import Card

if TYPE_CHECKING:
    import torch

    from nat_core.network.inference import Network


def load_network(
    name: str | Path, *, folder: Path | str | None = None, device: "str | torch.device" = "cpu"
) -> "Network":
    """Return a stored network, ready for `predict`.

    It is looked for in `folder`, or without one in NAT_CHECKPOINTS, in ./checkpoints and among the small networks that
    come with the installed package. A path is a local snapshot of a hub's repository, as `nat export --hub` writes it
    (model.safetensors and config.json), and is read as a stranger's file is. `device` is auto, cpu, cuda or mps, or
    PyTorch's own. Raises CheckpointError where the network is missing (the message says how to get it) or damaged,
    ValueError for a device that this machine does not have.

    >>> load_network("digits_nat").classes
    ('0', '1', '2', '3', '4', '5')
    """
    from nat_core.network import inference
    from nat_core.network.exchange import snapshot

    if isinstance(name, Path) or (isinstance(name, str) and folder is None and snapshot.is_snapshot(Path(name))):
        if folder is not None:
            raise ValueError("a snapshot is a folder by itself: leave out folder=")
        return snapshot.read_snapshot(Path(name), inference.choose_device(device))
    return inference.load_network(checkpoints.folder_with(name, folder), name, inference.choose_device(device))


def load_predictions(
    name: str, sets: Iterable[str] | str | None = None, *, folder: Path | str | None = None
) -> dict[str, Predictions]:
    """Return a network's stored predictions by image set, all of them or those of `sets`; no torch.

    `sets` is one name or several. Looked for, and raises, as `load_network` does, and ValueError for a set of which
    there are no predictions, naming those that there are. Those of a network with a background class are read raw, as
    its report reads them.

    >>> len(load_predictions("digits_nat")["digits_test"])
    221
    """
    home = checkpoints.folder_with(name, folder)
    found = checkpoints.load_predictions(home, name)
    if sets is not None:
        wanted = (sets,) if isinstance(sets, str) else tuple(sets)
        if missing := [each for each in wanted if each not in found]:
            raise ValueError(f"{name} has no stored predictions on {missing[0]!r:.80}; it has: {', '.join(found)}")
        found = {each: found[each] for each in wanted}
    # The background is no answer: a network that is sure of it is not sure of any class.
    return raw(found) if checkpoints.load_card(home, name).classes[-1] == BACKGROUND else found


def load_card(name: str, *, folder: Path | str | None = None) -> Card:
    """Return what is known of a stored network: recipe, classes, seed, hardware, report; no torch.

    Looked for, and raises, as `load_network` does.

    >>> load_card("digits_nat").recipe.negatives
    'digits_67_train'
    """
    return checkpoints.load_card(checkpoints.folder_with(name, folder), name)


def load_report(name: str, *, folder: Path | str | None = None) -> NetworkReport:
    """Return a stored network's published numbers, fractions in [0, 1]; no torch.

    Looked for, and raises, as `load_network` does.

    >>> load_report("digits_nat").in_distribution
    'digits_test'
    """
    return load_card(name, folder=folder).report


def evaluate(
    network: "Network",
    *,
    known: ImageSet | Predictions,
    negatives: ImageSet | Predictions | Mapping[str, ImageSet | Predictions],
    batch_size: int | None = None,
    progress: bool = False,
) -> Evaluation:
    """Return NCR, accuracy, the share kept, AUROC, AUPR and FPR95 of a network on pictures, or on its predictions.

    `known` shows classes that the network was taught, `negatives` nothing that it was taught: one set, or several by
    name. The classes of `known` are matched to the network's by name, whatever their order; a set without labels has
    no accuracy, and pictures with the label -1 (none of the classes) are left out. `batch_size` and `progress` are
    `predict`'s. The formulas are those of `evaluate_logits`. Raises ValueError where `known` shows a class that the
    network was not taught, TypeError where it is no image set, and as `predict` and `evaluate_logits` do.

    >>> network, test = load_network("digits_nat"), load_predictions("digits_nat")
    >>> report = evaluate(network, known=test["digits_test"], negatives=test["digits_89"])
    >>> report.accuracy == load_report("digits_nat").accuracy
    True
    """
    # One rule for one set and for many, so that a report always says which negatives a number is of.
    several = {_name(negatives): negatives} if isinstance(negatives, ImageSet | Predictions) else negatives
    _check_sets(known, several)
    if any(isinstance(each, ImageSet) for each in (known, *several.values())):
        from nat_core.network.inference import need_network

        need_network(network)

    def answered(each: ImageSet | Predictions) -> Predictions:
        # Stored predictions are enough to evaluate, without torch.
        if isinstance(each, Predictions):
            return each
        from nat_core.network.inference import predict

        found = predict(network, each, batch_size=batch_size, progress=progress)
        return raw({each.name: found})[each.name] if network.classes[-1] == BACKGROUND else found

    labels = known.labels if isinstance(known, Predictions) else _labels_of(known, network.classes)
    return evaluate_logits(answered(known), {name: answered(each) for name, each in several.items()}, labels)


_SETS = "an image set (nat.read_folder, nat.load_set) or predictions (nat.predict)"


def _check_sets(known: object, negatives: object) -> None:
    """Raise TypeError where they are not what `evaluate` takes, the negatives already by name."""
    if not isinstance(negatives, Mapping):
        raise TypeError(f"negatives must be {_SETS}, or several of these by name; got a {type(negatives).__name__}")
    for what, each in [("known", known), *((f"negatives {name!r:.40}", each) for name, each in negatives.items())]:
        if not isinstance(each, ImageSet | Predictions):
            raise TypeError(f"{what} must be {_SETS}; got a {type(each).__name__}")


def _name(each: ImageSet | Predictions) -> str:
    return each.name if isinstance(each, ImageSet) else each.set_name


def _labels_of(known: ImageSet, classes: tuple[str, ...]) -> np.ndarray | None:
    """The known pictures' labels as the network's class numbers; None for a set without labels."""
    if known.labels is None or not known.classes:
        return known.labels
    # By name, as a person's folders come in the order of the alphabet; -1 stands for a class that has no namesake.
    labels = labels_among(known, classes)
    taught = {name.casefold() for name in classes}
    shown = {known.classes[label] for label in np.unique(known.labels) if label >= 0}
    others = [name for name in known.classes if name in shown and name.casefold() not in taught]
    if labels is None or others:
        raise ValueError(
            f"known shows classes that the network was not taught: {', '.join(others[:10])}. It knows "
            f"{', '.join(classes)}: take the others out, or name them as negatives"
        )
    return labels
