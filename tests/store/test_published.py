"""The committed networks: what their cards say is what their stored predictions give, and what their weights give."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from nat_core.data.sets import ImageSet, load_set
from nat_core.errors import MissingDataset
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import evaluate
from nat_core.measure.variants import places_kept
from nat_core.network.inference import Network, load_network, predict, predict_with_maps
from nat_core.recipes import ILSVRC, VARIANTS
from nat_core.store.checkpoints import WEIGHTS, available, load_card, load_maps, load_predictions
from nat_core.store.runs import load_runs
from nat_core.studies.plan import PlannedRun
from tests.present import present

FOLDER = Path(__file__).parents[2] / "checkpoints"
NAMES = available(FOLDER)
Stored = Callable[[str], dict[str, Predictions]]
Loaded = Callable[[str], Network]


@pytest.fixture(scope="module")
def stored_by() -> Stored:
    """What gives a network's stored predictions, read once for all tests here."""
    return cache(partial(load_predictions, FOLDER))


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """What gives a network, read once for all tests here."""
    return cache(partial(load_network, FOLDER))


@pytest.mark.checkpoints
def test_there_are_networks() -> None:
    assert {"digits_baseline", "digits_nat"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_noted_of_a_networks_run_is_what_its_card_reports(name: str) -> None:
    """Else the page Evidence, which reads the notes, would know less than the results page, which reads the cards."""
    card = load_card(FOLDER, name)
    noted = load_runs(FOLDER).get(PlannedRun(card.recipe, card.seed).key)
    assert noted is None or noted.report == card.report


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_computed_from_what_is_stored(name: str, stored_by: Stored) -> None:
    card = load_card(FOLDER, name)
    report = evaluate(
        stored_by(name),
        card.roles,
        seed=card.seed,
        protocol=card.protocol,
        classes=card.classes,
        epochs=card.recipe.epochs,
    )
    assert report == card.report
    assert set(card.roles) == set(report.sets)


@pytest.mark.checkpoints
def test_a_student_s_card_names_its_teacher_s_weights_and_a_processor_s_its_threads() -> None:
    cards = {name: load_card(FOLDER, name) for name in NAMES}
    taught = {card.recipe.teacher: card for card in cards.values() if card.recipe.teacher}
    assert len(taught) == 2
    for teacher, card in taught.items():
        assert card.teacher_sha256 == cards[teacher].sha256[WEIGHTS]
    on_processors = {name: card.threads for name, card in cards.items() if "thread" in card.hardware}
    assert on_processors == {"digits_baseline": 1, "digits_nat": 1}


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_is_answered_again_from_the_weights(name: str, stored_by: Stored, loaded: Loaded) -> None:
    stored = stored_by(name).get("gallery")
    card = load_card(FOLDER, name)
    assert (stored is not None) == (card.recipe.in_distribution == "cifar10")
    if stored is not None:
        gallery = load_set("gallery")
        again, maps = predict_with_maps(loaded(name), gallery.pixels, ids=gallery.ids)
        assert stored.ids == gallery.ids
        np.testing.assert_allclose(again.logits, stored.logits, atol=0.02)
        for level, values in load_maps(FOLDER, name).items():
            np.testing.assert_allclose(maps[level], values, rtol=5e-3, atol=5e-3)


def _drawn_or_shipped(name: str) -> bool:
    return name == "noise" or name.startswith("digits")


PAIRS = [(name, each) for name in NAMES for each in load_card(FOLDER, name).roles]


def _read(name: str, sets: dict[str, ImageSet]) -> ImageSet:
    """The image set, read once for all networks, and the photos once for all variants, as `load_set` takes them."""
    if name in VARIANTS:
        photos = _read(ILSVRC, sets)
        return photos.take(present(places_kept(name, photos.ids)))
    if name not in sets:
        sets[name] = load_set(name)
    return sets[name]


@pytest.mark.data
@pytest.mark.parametrize("number", [16, pytest.param(200, marks=pytest.mark.endurance)])
@pytest.mark.parametrize(("name", "image_set"), PAIRS)
def test_stored_logits_are_those_of_the_weights(
    name: str, image_set: str, number: int, sets: dict, stored_by: Stored, loaded: Loaded
) -> None:
    try:
        images = _read(image_set, sets)
    except MissingDataset as error:
        pytest.skip(str(error))
    stored = stored_by(name)[image_set]
    places = {identity: place for place, identity in enumerate(stored.ids)}
    chosen = np.random.default_rng(0).permutation(len(images))[:number]
    some = images.take(chosen)
    expected = stored.logits[[places[identity] for identity in some.ids]]
    logits = predict(loaded(name), some.pixels, ids=some.ids).logits
    # float16 has 11 bits: half a unit in the last place is 2^-11 of the value; the rest is another order of sums.
    np.testing.assert_allclose(logits, expected, rtol=2e-3, atol=0.02)
    assert len(stored) == len(images)


@pytest.fixture(scope="module")
def sets() -> dict:
    """The image sets read so far."""
    return {}
