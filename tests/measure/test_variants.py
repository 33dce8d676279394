"""ILSVRC three ways: which classes are left out, and the same rows of one stored set behind all three."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nat_core.data.sets import load_set
from nat_core.errors import MissingDataset
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import evaluate
from nat_core.measure.variants import left_out, places_kept, variants_of, with_variants, without_variants
from nat_core.recipes import VARIANTS, Recipe, recipe_named
from nat_core.store.checkpoints import load_card, load_predictions, renew_report, save_checkpoint
from tests.present import present

TENCH, COCK, AIRSHIP = "n01440764_tench.jpg", "n01514668_cock.jpg", "n02692877_airship.jpg"
SURE, UNSURE = [9.0] + [0.0] * 9, [0.0] * 10


def stored(ids: tuple[str, ...] = (TENCH, COCK, AIRSHIP)) -> dict[str, Predictions]:
    """Sure of the cock and the airship, not of the tench; and the in-distribution set that every report needs."""
    return {
        "cifar10_test": Predictions("net", "cifar10_test", ("0" * 16,), np.array([SURE], np.float32), np.array([0])),
        "ilsvrc": Predictions("net", "ilsvrc", ids, np.array([UNSURE, SURE, SURE][: len(ids)], np.float32)),
    }


def test_the_variants_leave_out_the_classes_counted_in_the_source() -> None:
    assert [len(left_out(name)) for name in VARIANTS] == [213, 277]
    assert left_out("ilsvrc_strict") < left_out("ilsvrc_strict_near")
    with pytest.raises(ValueError, match="'ilsvrc'; known: ilsvrc_strict, ilsvrc_strict_near"):
        left_out("ilsvrc")


def test_class_folders_name_the_class_as_well_as_files_and_other_names_do_not() -> None:
    assert present(places_kept("ilsvrc_strict", ["n01440764/a.jpg", "n01514668/b.jpg"])).tolist() == [0]
    assert places_kept("ilsvrc_strict", [TENCH, "holiday.jpg"]) is None


def test_a_report_derives_them_from_the_stored_rows() -> None:
    roles = recipe_named("wrn16_1_nat").roles
    report = evaluate(stored(), roles, seed=0, protocol="cpu", classes=tuple("abcdefghij"))
    assert {name: each.images for name, each in report.negatives.items()} == {
        "ilsvrc": 3, "ilsvrc_strict": 2, "ilsvrc_strict_near": 1,
    }  # fmt: skip
    assert [each.ncr["0.9"] for each in report.negatives.values()] == [pytest.approx(2 / 3), 0.5, 0.0]


def test_photos_without_wordnet_ids_have_no_variants() -> None:
    assert list(with_variants(stored(("holiday.jpg",)))) == ["cifar10_test", "ilsvrc"]
    assert list(with_variants(stored((TENCH,)))) == ["cifar10_test", "ilsvrc", *VARIANTS]
    assert list(with_variants({"ilsvrc": stored((COCK,))["ilsvrc"].take(np.array([0]), "ilsvrc")})) == ["ilsvrc"]


def test_networks_trained_on_ilsvrc_are_trained_on_its_variants() -> None:
    roles = Recipe("r", "wrn16_1", negatives="ilsvrc").roles
    assert {roles[name] for name in ("ilsvrc", *VARIANTS)} == {"trained on"}


def test_short_lists_leave_the_variants_out() -> None:
    names = list(recipe_named("wrn16_1_nat").roles)
    assert without_variants(names) == ("cifar10_test", "cifar100_train", "cifar100_test", "ilsvrc", "noise")
    assert variants_of("ilsvrc", names) == tuple(VARIANTS)
    assert variants_of("noise", names) == ()


def test_the_pictures_are_the_same_subset(tmp_path: Path) -> None:
    (tmp_path / "ilsvrc").mkdir()
    for shade, name in enumerate((TENCH, COCK, AIRSHIP)):
        Image.new("RGB", (32, 32), (shade,) * 3).save(tmp_path / "ilsvrc" / name)
    strict = load_set("ilsvrc_strict", tmp_path)
    assert (strict.name, strict.ids) == ("ilsvrc_strict", (TENCH, AIRSHIP))
    assert strict.pixels[:, 0, 0, 0].tolist() == pytest.approx([0, 2], abs=1)
    Image.new("RGB", (32, 32)).save(tmp_path / "ilsvrc" / "holiday.jpg")
    with pytest.raises(MissingDataset, match="WordNet ids"):
        load_set("ilsvrc_strict", tmp_path)


def test_a_card_written_before_is_renewed_from_what_is_stored(tmp_path: Path) -> None:
    recipe = recipe_named("wrn16_1_nat")
    classes = tuple("abcdefghij")
    older = evaluate(
        stored(), {name: role for name, role in recipe.roles.items() if name not in VARIANTS},
        seed=0, protocol="cpu", classes=classes,
    )  # fmt: skip
    card = {
        "recipe": recipe, "architecture": "wrn16_1", "classes": classes, "mean": (0.5,) * 3, "std": (0.2,) * 3,
        "preprocessing": {}, "seed": 0, "parameters": 1, "hardware": "", "precision": "float32", "seconds": 1.0,
        "trained_at": "", "versions": {}, "report": older,
    }  # fmt: skip
    home = save_checkpoint(tmp_path, recipe.name, weights={"w": np.zeros(1)}, predictions=stored(), maps={}, card=card)
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.name != "card.json"}
    assert renew_report(tmp_path, recipe.name)
    assert not renew_report(tmp_path, recipe.name)
    renewed = load_card(tmp_path, recipe.name)
    assert renewed.report.sets["ilsvrc_strict_near"].ncr["0.9"] == 0.0
    assert renewed.report.sets["ilsvrc"] == older.sets["ilsvrc"]
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.name != "card.json"} == before
    assert len(load_predictions(tmp_path, recipe.name, ["ilsvrc_strict"])["ilsvrc_strict"]) == 2
