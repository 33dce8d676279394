"""Published files altered at every byte: always noticed, always said. The quick share takes some of the large ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from nat_core.errors import CheckpointError
from nat_core.recipes import LEVELS, recipe_named
from nat_core.store.checkpoints import CARD, PREDICTIONS, WEIGHTS, load_card, load_predictions, load_weights
from nat_core.store.features import FEATURES, Features, load_features, save_features
from nat_core.store.field_results import FILE as FIELD_FILE
from nat_core.store.field_results import FieldResult, load_field_results, store_field_results
from nat_core.store.runs import RUNS, DivergedRun, add_run, load_ended, record_of
from nat_core.studies.choice import FILE as CHOICE
from nat_core.studies.choice import load_choice
from nat_core.studies.level_findings import FILE as LEVELS_FILE
from nat_core.studies.level_findings import NetworkId, PairLevels, load_levels, save_levels, spread
from tests.synthetic import write_network

NAME = "digits_nat"
READERS: dict[str, Callable[[Path], object]] = {
    f"{NAME}/{CARD}": lambda folder: load_card(folder, NAME),
    f"{NAME}/{WEIGHTS}": lambda folder: load_weights(folder, NAME),
    f"{NAME}/{PREDICTIONS}": lambda folder: load_predictions(folder, NAME),
    f"{NAME}/{FEATURES}": lambda folder: load_features(folder, NAME),
    RUNS: load_ended,
    LEVELS_FILE: load_levels,
    FIELD_FILE: lambda folder: load_field_results(folder, {}),
}
SEALED = [file for file in READERS if file.endswith(".json")]


def published(folder: Path) -> None:
    """Fill a folder with everything that is published."""
    write_network(folder, NAME)
    values = np.random.default_rng(0).random((9, 64)).astype(np.float32)
    some = Features("digits_test", tuple(f"{number:016x}" for number in range(9)), values, np.arange(9) % 6)
    save_features(folder, NAME, {"digits_test": some})
    add_run(folder, "digits/digits_nat/seed0", record_of(folder, NAME))
    add_run(folder, "digits/wild/seed0", DivergedRun(recipe_named(NAME), 0, "diverged at step 3 of 9"))
    one = NetworkId.of(load_card(folder, NAME))
    distances = {level: spread(np.array([0.1, 0.2])) for level in LEVELS}
    save_levels(folder, [PairLevels(one, one, {"noise": distances})])
    store_field_results(folder, [FieldResult(NAME, "0" * 64, "blob", 100, 0.9, 0.1, 0.05)])


@contextmanager
def altered(path: Path, place: int, value: int) -> Iterator[None]:
    """The file with another byte at that place while the block runs."""
    with path.open("r+b") as file:
        file.seek(place)
        before = file.read(1)
        file.seek(place)
        file.write(bytes([before[0] ^ value]))
        file.flush()
        yield
        file.seek(place)
        file.write(before)


def check(folder: Path, file: str, places: range) -> None:
    path, read = folder / file, READERS[file]
    read(folder)  # whole, it is read
    for place in places:
        # Two kinds of damage: the smallest, which turns digits into digits, and the largest.
        for value in (1, 255):
            with altered(path, place, value), pytest.raises(CheckpointError) as caught:
                read(folder)
            assert path.name in str(caught.value)
    read(folder)


@pytest.mark.parametrize("file", SEALED)
def test_a_sealed_file_altered_at_any_byte_is_noticed_and_said(published_folder: Path, file: str) -> None:
    size = (published_folder / file).stat().st_size
    check(published_folder, file, range(0, size - 200, 1 if file.endswith(CARD) else 97))
    check(published_folder, file, range(size - 200, size))  # the seal and what stands around it


@pytest.mark.parametrize("file", [file for file in READERS if file not in SEALED])
def test_a_large_file_altered_at_some_bytes_is_noticed_and_said(published_folder: Path, file: str) -> None:
    size = (published_folder / file).stat().st_size
    check(published_folder, file, range(0, size, max(97, size // 50)))


@pytest.mark.endurance
@pytest.mark.parametrize("file", READERS)
def test_a_file_altered_at_every_byte_is_noticed_and_said(published_folder: Path, file: str) -> None:
    check(published_folder, file, range((published_folder / file).stat().st_size))


PUBLISHED = Path(__file__).parents[2] / "checkpoints"


@pytest.mark.checkpoints
@pytest.mark.parametrize("path", sorted([*PUBLISHED.glob("*/card.json"), *PUBLISHED.glob("*.json")]), ids=str)
def test_what_is_published_is_sealed(path: Path) -> None:
    assert path.read_bytes()[-81:-68] == b',\n"digest": "'


def test_a_choice_is_sealed_as_well(tmp_path: Path) -> None:
    content = (PUBLISHED / CHOICE).read_bytes()
    for place in (*range(0, len(content), 97), *range(len(content) - 90, len(content))):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        (tmp_path / CHOICE).write_bytes(changed)
        with pytest.raises(CheckpointError, match=r"chooses again|update"):
            load_choice(tmp_path)
