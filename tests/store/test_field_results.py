"""Results on the field's sets: stored beside the networks, of the weights that are there, read strictly."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.errors import CheckpointError
from nat_core.files import SEAL
from nat_core.store.checkpoints import WEIGHTS, load_card
from nat_core.store.field_results import FILE, FieldResult, load_field_results, store_field_results


@pytest.fixture
def result(networks: Path) -> FieldResult:
    """A made-up result of a network that is there."""
    digest = load_card(networks, "wrn16_1_nat").sha256[WEIGHTS]
    return FieldResult("wrn16_1_nat", digest, "svhn", 26_032, 0.9, 0.3, 0.1)


def test_results_are_added_and_replaced(networks: Path, result: FieldResult, tmp_path: Path) -> None:
    cards = {"wrn16_1_nat": load_card(networks, "wrn16_1_nat")}
    assert load_field_results(tmp_path, cards) == {}
    assert store_field_results(tmp_path, [result]) == tmp_path / FILE
    store_field_results(tmp_path, [replace(result, set="dtd")])
    better = replace(result, auroc=0.95)
    store_field_results(tmp_path, [better])
    assert load_field_results(tmp_path, cards) == {"wrn16_1_nat": {"svhn": better, "dtd": replace(result, set="dtd")}}
    assert len((tmp_path / FILE).read_text().splitlines()) == 8  # a line a result, and the seal's


def test_results_of_other_weights_say_nothing_of_these(networks: Path, result: FieldResult, tmp_path: Path) -> None:
    store_field_results(tmp_path, [replace(result, sha256="0" * 64), replace(result, network="gone")])
    assert load_field_results(tmp_path, {"wrn16_1_nat": load_card(networks, "wrn16_1_nat")}) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ('{"format": 2, "results": []}', "has format 2, this version reads format 1"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "results": [{"network": "a"}]}', "is damaged"),
        ('{"format": 1, "results": ' + "[" * 100_000, "is damaged"),
    ],
)
def test_a_damaged_file_is_one_sentence_and_is_not_written_over(
    content: str, message: str, result: FieldResult, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text(content)
    for act in (lambda: load_field_results(tmp_path, {}), lambda: store_field_results(tmp_path, [result])):
        with pytest.raises(CheckpointError, match=message):
            act()
    assert (tmp_path / FILE).read_text() == content


def test_a_share_above_one_is_refused(result: FieldResult, tmp_path: Path) -> None:
    path = store_field_results(tmp_path, [result])
    values = json.loads(path.read_text())
    values["results"][0]["auroc"] = 1.5
    del values[SEAL]
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="auroc"):
        load_field_results(tmp_path, {})
