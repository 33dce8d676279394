"""The only loader: what the pages ask of checkpoints, pictures and networks, cached.

Stored predictions need no torch; `warm_up`, `answer` and `network` import it, once for all visitors.
"""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float, UInt8

from nat_app.answers.shared_results import shared_by_all
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair, default_pair
from nat_app.shared.words import Answer
from nat_app.visit import brought_along
from nat_core.data.images import image_id
from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import ImageSet
from nat_core.files import csv_text
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import NetworkReport, SetReport, evaluate_set
from nat_core.recipes import headline_set
from nat_core.store import checkpoints
from nat_core.store.feature_reports import FeatureReport, feature_report
from nat_core.store.features import has_features
from nat_core.store.runs import RUNS, DivergedRun, RunRecord, load_ended, with_networks

GALLERY = "gallery"


@dataclass(frozen=True)
class OwnAnswer:
    """What one network says of a visitor's photo, and where it looks."""

    probabilities: Float[np.ndarray, " classes"]
    classes: tuple[str, ...]
    maps: dict[str, Float[np.ndarray, "_ _"]]

    @property
    def answer(self) -> Answer:
        """Its most probable class and how sure it is."""
        winner = int(self.probabilities.argmax())
        return Answer(float(self.probabilities[winner]), self.classes[winner])


def folder() -> Path:
    """Where the checkpoints are looked for."""
    return checkpoints.checkpoints_folder()


def published_reports() -> dict[str, NetworkReport] | None:
    """The reports of the project's own networks, where others are looked at; None where those are the ones shown.

    Of an installed package that is the small ones alone.
    """
    own = folder().resolve()
    others = [each.resolve() for each in checkpoints.published_folders()]
    if own in others:
        return None
    found: dict[str, NetworkReport] = {}
    for each in others:
        for name in _present(each):
            with suppress(checkpoints.CheckpointError):  # what is not shown here is no fault to speak of
                found.setdefault(name, _card(each, name, _stamp(each, name)).report)
    return found or None


def present() -> tuple[str, ...]:
    """The names of the checkpoints that are here, damaged ones too; none where nobody may look."""
    return _present(folder())


def _present(where: Path) -> tuple[str, ...]:
    try:
        return checkpoints.available(where)
    except checkpoints.CheckpointError:  # of which whoever starts the app is told
        return ()


def card(name: str) -> checkpoints.Card:
    """The card of a network. Raises CheckpointError where it is missing or damaged."""
    if name in brought_along.networks():
        return brought_along.networks()[name].card
    return _card(folder(), name, stamp_of(name))


def predictions(name: str, set_name: str) -> Predictions:
    """One network's predictions of one set, stored or of the visitor's. Raises CheckpointError as `card` does."""
    if set_name in brought_along.sets():
        return brought_along.sets()[set_name].said[name]
    found = all_predictions(name)
    if set_name not in found:
        raise checkpoints.CheckpointError(
            _(
                "{name} has no stored predictions of {set_name}: get the checkpoint again",
                name=name,
                set_name=set_name,
            )
        )
    return found[set_name]


def all_predictions(name: str) -> dict[str, Predictions]:
    """One network's stored predictions by image set. Raises CheckpointError as `card` does."""
    if name in brought_along.networks():
        return brought_along.networks()[name].predictions
    return _stored(folder(), name, stamp_of(name))


def maps(name: str) -> dict[str, Float[np.ndarray, "n _ _"]]:
    """One network's stored attention maps of the gallery, by level."""
    if name in brought_along.networks():
        return brought_along.networks()[name].maps
    return _maps(folder(), name, stamp_of(name))


def has_gallery(name: str) -> bool:
    """Whether the gallery's predictions are stored: networks of digits have none."""
    return GALLERY in all_predictions(name)


def stamp_of(name: str) -> tuple[int, ...]:
    """Changes whenever a checkpoint is written anew, so that no page shows the old one."""
    return _stamp(folder(), name)


def _stamp(where: Path, name: str) -> tuple[int, ...]:
    # By strings: this is asked dozens of times at each click, and paths would cost four times as much.
    try:
        with os.scandir(os.path.join(where, name)) as entries:
            found = sorted((each.name, each.stat()) for each in entries)
    except OSError:  # a visitor's own network lies on no disk
        return ()
    return tuple(number for _, stat in found for number in (stat.st_mtime_ns, stat.st_size))


@shared_by_all(most=64)
def _card(where: Path, name: str, stamp: tuple[int, ...]) -> checkpoints.Card:
    return checkpoints.load_card(where, name)


@shared_by_all(most=32)
def _stored(where: Path, name: str, stamp: tuple[int, ...]) -> dict[str, Predictions]:
    # All sets at once: the file is read and its SHA-256 checked as a whole, whichever of them a page asks for.
    return checkpoints.load_predictions(where, name)


@shared_by_all(most=64)
def _maps(where: Path, name: str, stamp: tuple[int, ...]) -> dict[str, np.ndarray]:
    return checkpoints.load_maps(where, name)


def runs() -> Mapping[str, RunRecord]:
    """Every recorded run by its key, the networks that are here among them, but for damaged ones.

    Raises CheckpointError where the file of runs is damaged.
    """
    return _runs_and_networks(folder(), _changed(), tuple((name, stamp_of(name)) for name in present()))


def diverged_runs() -> Mapping[str, DivergedRun]:
    """Every run whose loss stopped being a number, by its key. Raises CheckpointError as `runs` does."""
    return _ended(folder(), _changed())[1]


def _changed() -> int | None:
    """Changes whenever the file of runs does; None where there is none."""
    file = folder() / RUNS
    return file.stat().st_mtime_ns if file.is_file() else None


@shared_by_all(most=4)
def _ended(where: Path, changed: int | None) -> tuple[dict[str, RunRecord], dict[str, DivergedRun]]:
    return load_ended(where)


@shared_by_all(most=2)
def _runs_and_networks(
    where: Path, changed: int | None, stamps: tuple[tuple[str, tuple[int, ...]], ...]
) -> dict[str, RunRecord]:
    found = _ended(where, changed)[0]
    for name, _of in stamps:
        with suppress(checkpoints.CheckpointError):  # the page names what is damaged
            found = with_networks(found, where, [name])
    return found


def features_report(name: str) -> FeatureReport | None:
    """What scores from features achieve of a network, fitted when first asked for; None without stored features."""
    if name in brought_along.networks() or not has_features(folder(), name):
        return None
    return _features_report(folder(), name, stamp_of(name))


@shared_by_all(most=16)
def _features_report(where: Path, name: str, stamp: tuple[int, ...]) -> FeatureReport:
    return feature_report(where, name)


def read_ahead() -> None:
    """Read what the first page asks for of the pair that a visit begins with; the page names what is damaged."""
    where = folder()
    with suppress(checkpoints.CheckpointError):
        for name in default_pair(_present(where)).names:
            stamp = _stamp(where, name)
            _card(where, name, stamp)
            _stored(where, name, stamp)


# --- rates -----------------------------------------------------------------------------------------------------------


def known_set(name: str) -> str:
    """The name of a network's in-distribution set."""
    found = card(name).report.in_distribution
    if found is None:
        raise checkpoints.CheckpointError(
            _("the card of {name} reports no pictures of its own classes: train it again", name=name)
        )
    return found


def sets(name: str) -> dict[str, SetReport]:
    """The reports of the image sets that one network was asked about: those of its card, then the visitor's own."""
    brought = {each.name: each.role for each in brought_along.sets().values() if name in each.said}
    return card(name).report.sets | {
        key: _own_report(folder(), name, key, role, stamp_of(name)) for key, role in brought.items()
    }


# The cache is that of all visitors; the name of an own set holds its digest, so nobody meets another's.
@shared_by_all(most=64)
def _own_report(where: Path, name: str, set_name: str, role: str, stamp: tuple[int, ...]) -> SetReport:
    return evaluate_set(predictions(name, known_set(name)), predictions(name, set_name), role)


def shared_sets(pair: Pair) -> dict[str, SetReport]:
    """The image sets that both networks were asked about, as the NAT network reports them."""
    theirs = sets(pair.baseline)
    return {name: each for name, each in sets(pair.nat).items() if name in theirs}


def headline_of(pair: Pair) -> str:
    """The negatives that stand for all: CIFAR-100 test where it is reported, else the first not trained on."""
    found = headline_set({name: each.role for name, each in shared_sets(pair).items()})
    if found is None:
        raise ValueError(f"{pair.key} was asked about no negatives")
    return found


def image_set(name: str, data: Path) -> ImageSet:
    """The pictures of a set. Raises MissingDataset where they are not on this disk."""
    return brought_along.sets()[name].images if name in brought_along.sets() else _image_set(name, data)


# Two at most: 50,000 pictures of 32 x 32 pixels take 154 MB.
@shared_by_all(most=2)
def _image_set(name: str, data: Path) -> ImageSet:
    return load_set(name, data)


# --- the gallery -----------------------------------------------------------------------------------------------------


def gallery_answers(pair: Pair, file: str) -> dict[Kind, OwnAnswer]:
    """What both networks say of one gallery picture, from the stored predictions."""
    found: dict[Kind, OwnAnswer] = {}
    for kind, name in pair.by_kind.items():
        stored = predictions(name, GALLERY)
        found[kind] = OwnAnswer(stored.probabilities[stored.ids.index(file)], tuple(card(name).classes), {})
    return found


def gallery_look(name: str, file: str) -> OwnAnswer:
    """What one network says of one gallery picture, with its attention maps, from what is stored."""
    stored = predictions(name, GALLERY)
    place = stored.ids.index(file)
    found = {level: each[place] for level, each in maps(name).items()}
    return OwnAnswer(stored.probabilities[place], tuple(card(name).classes), found)


def all_gallery_answers(pair: Pair) -> dict[str, dict[Kind, Answer]]:
    """The most probable class of each gallery picture by both networks, with its confidence, by the picture's file."""
    found: dict[str, dict[Kind, Answer]] = {picture.file: {} for picture in gallery_pictures()}
    for kind, name in pair.by_kind.items():
        stored, classes = predictions(name, GALLERY), card(name).classes
        for file, confidence, predicted in zip(stored.ids, stored.confidence, stored.predicted, strict=True):
            if file in found:
                found[file][kind] = Answer(float(confidence), classes[predicted])
    return found


def telling_picture(pair: Pair, threshold: float) -> str:
    """The thing they were never taught that shows best what NAT changes: the one a visitor sees first.

    The baseline is sure of it and NAT is not, where there is such a picture, and they differ most.
    """
    said = all_gallery_answers(pair)

    def tells(file: str) -> tuple[bool, float]:
        baseline, nat = (said[file][kind].confidence for kind in KINDS)
        return baseline > threshold >= nat, baseline - nat

    return max((picture.file for picture in gallery_pictures() if not picture.known), key=tells)


# --- a visitor's own photo -------------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def warm_up() -> Future:
    """Begin to import torch in the background, once for all visitors; return its future."""
    # A future, so that pages which need torch can wait for it, and an error of the import reaches them.
    return ThreadPoolExecutor(1, thread_name_prefix="warm-up").submit(_import_torch)


def _import_torch() -> None:
    import nat_core.network.inference  # noqa: F401


def answer(name: str, pixels: UInt8[np.ndarray, "32 32 3"]) -> OwnAnswer:
    """What one network says of a picture, computed once for each picture and network; only numbers are kept."""
    return _answer(folder(), name, stamp_of(name), image_id(pixels), pixels)


def answers(pair: Pair, pixels: UInt8[np.ndarray, "32 32 3"]) -> dict[Kind, OwnAnswer]:
    """What both networks of a pair say of a picture."""
    names = pair.by_kind
    return {kind: answer(names[kind], pixels) for kind in KINDS}


@st.cache_data(max_entries=4096, show_spinner=False)
def _answer(where: Path, name: str, stamp: tuple[int, ...], identity: str, _pixels: np.ndarray) -> OwnAnswer:
    from nat_core.network import inference

    loaded = network(where, name, stamp)
    predicted, found = inference.predict_with_maps(loaded, _pixels[np.newaxis])
    return OwnAnswer(
        predicted.probabilities[0], tuple(loaded.classes), {level: each[0] for level, each in found.items()}
    )


def network(where: Path, name: str, stamp: tuple[int, ...]):
    """One network ready to predict, loaded once; `stamp` is that of `stamp_of`."""
    return (
        brought_along.networks()[name].network
        if name in brought_along.networks()
        else stored_network(where, name, stamp)
    )


@shared_by_all(most=16)
def stored_network(where: Path, name: str, stamp: tuple[int, ...]):
    """One stored network ready to predict, loaded once; where no visit is, as in a process that trains."""
    from nat_core.network.inference import load_network

    return load_network(where, name)


def probabilities_csv(file: str, said: dict[Kind, OwnAnswer], names: dict[Kind, str]) -> str:
    """Every probability of both networks for one picture: picture, network, class, probability."""
    rows: list[tuple[str, ...]] = [("picture", "network", "class", "probability")]
    for kind, each in said.items():
        pairs = zip(each.classes, each.probabilities, strict=True)
        rows += [(file, names[kind], name, f"{probability:.6f}") for name, probability in pairs]
    return csv_text(rows)
