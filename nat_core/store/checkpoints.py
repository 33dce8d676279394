"""Checkpoints: a network's weights, stored predictions and card in one folder, checked when read, written atomically.

<folder>/<name>/weights.safetensors      float16, norm statistics float32
<folder>/<name>/predictions.safetensors  logits, labels and ids by image set; the gallery's attention maps
<folder>/<name>/features*.safetensors    where there are any: see `nat_core.store.features`
<folder>/<name>/log.csv                  a row for each epoch of the training, where it was logged
<folder>/<name>/card.json                format, recipe, classes, ..., report, sha256 of the others; written last
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from nat_core.data.images import CROPS, FILTERS
from nat_core.errors import CheckpointError, TrainingError
from nat_core.files import Count, converted, is_there, names_in, read_json, seal, sealed, write_durably
from nat_core.language import legible
from nat_core.measure.predictions import MAX_CLASSES, Predictions, pack, unpack
from nat_core.measure.report import NetworkReport, evaluate
from nat_core.measure.variants import with_variants
from nat_core.recipes import ARCHITECTURE_NAMES, NAT_STRONG, RECIPES, Recipe, Role
from nat_core.store.tensors import half, packed, read_tensors, widened

FORMAT = 1
MAX_FILE_NAME = 255
"""The most bytes of a folder's name on the usual disks."""
CHECKPOINTS = "NAT_CHECKPOINTS"
"""The variable of the environment that names the folder of the networks."""
SHIPPED = "nat_checkpoints"
"""The package of networks in the wheel; a clone has them in ./checkpoints."""
LARGE = ("resnet18_baseline", "resnet18_nat", NAT_STRONG)
"""The networks that the wheel leaves out."""
WEIGHTS, PREDICTIONS, LOG, CARD = "weights.safetensors", "predictions.safetensors", "log.csv", "card.json"


@dataclass(frozen=True)
class OwnData:
    """A person's own pictures, that a network learnt from and was evaluated on."""

    known: str
    """The name of the folder or file of known classes; no path, which would say where on whose machine."""
    negatives: str | None
    pictures: dict[str, int]
    """How many, by the sets' names."""
    divided: str
    """How they were divided into those to learn from and those held out, in sentences."""
    sha256: dict[str, str]
    """Of the known pictures and of the negatives: see `nat_core.data.splits.Split`."""


@dataclass(frozen=True)
class Card:
    """What is known of a stored network."""

    name: str
    recipe: Recipe
    architecture: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    """Channel means of the training pictures, in [0, 1], that inputs are normalised with."""
    std: tuple[float, ...]
    preprocessing: dict[str, Any]
    """How a picture of any size becomes the network's input: size (pixels), crop, filter."""
    seed: Count
    parameters: Count
    hardware: str
    precision: str
    seconds: float
    """Time spent training, in seconds."""
    trained_at: str
    versions: dict[str, str]
    report: NetworkReport
    sha256: dict[str, str]
    format: int = FORMAT
    threads: Count | None = None
    """How many threads of the processor trained it, which its weights depend on; None on cards that do not say."""
    teacher_sha256: str | None = None
    """Of the weights of the teacher that it imitated."""
    data: OwnData | None = None
    """The pictures it learnt from, where they were a person's own."""

    def __post_init__(self) -> None:
        # All that is looked up later without asking, so that a card made by hand is refused when it is read.
        if not 2 <= len(self.classes) <= MAX_CLASSES or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"a network has from 2 to {MAX_CLASSES:,} classes of different names")
        if len(self.mean) != 3 or len(self.std) != 3 or not min(self.std) > 0:
            raise ValueError("mean and std are three numbers each, std above 0")
        if self.architecture not in ARCHITECTURE_NAMES:
            raise ValueError(f"unknown architecture {self.architecture!r:.40}; known: {', '.join(ARCHITECTURE_NAMES)}")
        crop, resample = self.crop_and_filter
        if crop not in CROPS or resample not in FILTERS:
            raise ValueError(f"preprocessing needs a crop of {', '.join(CROPS)} and a filter of {', '.join(FILTERS)}")
        if WEIGHTS not in self.sha256:
            raise ValueError(f"sha256 lacks {WEIGHTS}")

    @property
    def crop_and_filter(self) -> tuple[str, str]:
        """How its pictures are cut square and shrunk."""
        return self.preprocessing.get("crop", "centre"), self.preprocessing.get("filter", "bicubic")

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each reported image set for this network."""
        return self.recipe.roles

    @property
    def protocol(self) -> str:
        """The name of the schedule that the network was trained with."""
        return self.recipe.protocol


@dataclass(frozen=True, eq=False)
class StoredNetwork:
    """What was read of a stored network: all that it takes to build it again."""

    folder: Path
    """Where its own folder lies."""
    name: str
    """That folder's name."""
    card: Card
    weights: dict[str, np.ndarray]
    """By parameter name, float32."""


def own_folder(explicit: Path | str | None = None) -> Path:
    """Return where networks are stored: `explicit` (--checkpoints), else NAT_CHECKPOINTS, else ./checkpoints.

    >>> own_folder("my_networks").name
    'my_networks'
    """
    return Path(explicit or os.environ.get(CHECKPOINTS) or "checkpoints")


def shipped_folder() -> Path | None:
    """Return the folder of the small networks that an installed wheel brings; None where there is none."""
    found = find_spec(SHIPPED)
    # It holds no code, so it has no __init__.py: such a package may lie in several folders, some of them placeholders.
    locations = found.submodule_search_locations if found else None
    return next((Path(each) for each in locations or () if Path(each).is_dir()), None)


def checkpoints_folder(explicit: Path | str | None = None) -> Path:
    """Return the folder whose networks are shown where none is named.

    It is `own_folder`, unless nobody named a folder and ./checkpoints holds no network: then it is the one that the
    installed package brings, if it brings one. Nothing is ever stored there.

    >>> checkpoints_folder("my_networks").name
    'my_networks'
    """
    own, named = own_folder(explicit), explicit or os.environ.get(CHECKPOINTS)
    # A folder named on purpose stands, even an empty one: a message about it helps more than networks from elsewhere.
    return own if named or available(own) else shipped_folder() or own


def published_folders() -> tuple[Path, ...]:
    """Return the folders of the networks that come with the project: a clone's, and an installed package's.

    >>> all((folder / "digits_nat").is_dir() for folder in published_folders())
    True
    """
    clone = Path(__file__).parents[2] / "checkpoints"
    return tuple(dict.fromkeys(each for each in (clone, shipped_folder()) if each and available(each)))


def search_path(explicit: Path | str | None = None) -> tuple[Path, ...]:
    """Return the folders in which a network is looked for by its name, in their order.

    `explicit` stands alone: anyone who names a folder wants no network of the same name from elsewhere. Without it
    they are NAT_CHECKPOINTS, ./checkpoints and the installed package's.

    >>> search_path("my_networks") == (Path("my_networks"),)
    True
    """
    if explicit:
        return (Path(explicit),)
    return tuple(dict.fromkeys(each for each in (own_folder(), Path("checkpoints"), shipped_folder()) if each))


def folder_with(name: str, explicit: Path | str | None = None) -> Path:
    """Return the first folder of `search_path` that holds the network of that name.

    Raises CheckpointError where none does: it names the folders, and the command that gets the network.
    """
    _check_plain(name)
    folders = search_path(explicit)
    found = next((each for each in folders if is_there(each / name / CARD)), None)
    if found is not None:
        return found
    present = dict.fromkeys(each for folder in folders for each in available(folder))
    raise CheckpointError(
        f"No network {name} in {' or '.join(map(str, folders))}, which hold{'s' if len(folders) == 1 else ''} "
        f"{', '.join(present) or 'none'}. "
        f"{_how_to_get(name, tuple(present), explicit)}"
    )


def _check_plain(name: Any) -> None:
    """A network's name is that of its folder alone: a path would lead out of the folder that was named."""
    if not isinstance(name, str):
        raise TypeError(f"a network's name must be a text, like 'digits_nat', not a {type(name).__name__}")
    strange = not name.strip() or name in (".", "..") or set(name) & set("/\\\0") or legible(name) != name
    if strange or len(name.encode("utf-8", "replace")) > MAX_FILE_NAME:
        raise CheckpointError(
            f"No network is called {name[:80]!r}: give the name of its folder alone, without a path, and that folder's "
            "own as folder= or --checkpoints"
        )


def training_command(name: str) -> str | None:
    """Return the command that trains the network of that name; None where no command knows the name.

    >>> training_command("digits_nat"), training_command("nope")
    ('nat train digits_nat', None)
    """
    if name == NAT_STRONG:  # no recipe of its own: the queue trains it, by the study that chose it
        return f"nat reproduce --run full/{name}/seed0"
    return f"nat train {name}" if name in RECIPES else None


def _how_to_get(name: str, present: Sequence[str], folder: Path | str | None) -> str:
    command = training_command(name)
    # Without it the command would train into the usual folder, where the network may be already.
    if command and folder is not None and Path(folder) != own_folder():
        command += f" --out {quote(str(folder))}"
    # Nothing is trained over what lies there, so the command alone would be refused.
    if command and os.path.lexists(home := (own_folder() if folder is None else Path(folder)) / name):
        return f"Move {home} away, which holds no network, and train it with: {command}"
    if command and name in LARGE:
        return (
            f"The installed package leaves it out (24 MB): name the checkpoints folder of a clone of this project in "
            f"NAT_CHECKPOINTS, or train it with: {command}"
        )
    if command:
        return f"Train it with: {command}"
    # Nothing can be trained by a name that nobody knows: most likely it is mistyped.
    close = get_close_matches(name, [*present, *RECIPES, NAT_STRONG], n=1)
    meant = f"Is {close[0]} meant? " if close else ""
    choose = "Choose one of these" if present else f"The names that can be trained are {', '.join(RECIPES)}"
    return f"{meant}{choose}, or name the folder that holds it"


def available(folder: Path) -> tuple[str, ...]:
    """Return the names of the networks in a folder: those of the recipes first, in their order.

    Raises CheckpointError where the folder may not be read.

    >>> available(Path("nowhere"))
    ()
    """
    # By strings: the app asks this several times at each click, and paths would cost five times as much. A link that
    # leads nowhere is there, so that whoever reads the card says so.
    present = {name for name in names_in(folder) if os.path.lexists(os.path.join(folder, name, CARD))}
    return tuple([name for name in RECIPES if name in present] + sorted(present - set(RECIPES)))


def load_card(folder: Path, name: str) -> Card:
    """Return a network's card; CheckpointError where it is missing, damaged or of another format."""
    _check_plain(name)
    return _card(folder, name)


def _card(folder: Path, name: str) -> Card:
    """The card of a network whose name is known to be a folder's."""
    path = Path(folder) / name / CARD
    if not is_there(path):
        present = available(folder)
        held = ", ".join(present) or "none"
        raise CheckpointError(
            f"No network {name} in {folder}, which holds {held}. {_how_to_get(name, present, folder)}"
        )
    card = read_json(path, FORMAT, lambda values: converted(values, Card), "get the checkpoint again")
    # Reports from before they named the epochs have them from the recipe.
    return replace(card, report=replace(card.report, epochs=card.recipe.epochs))


def read_network(folder: Path, name: str) -> StoredNetwork:
    """Return what is stored of a network; CheckpointError where it is missing, damaged or of another format."""
    return _with_weights(Path(folder), name, load_card(folder, name))


def _with_weights(folder: Path, name: str, card: Card) -> StoredNetwork:
    arrays, _ = _read_checked(folder, name, card, WEIGHTS)
    return StoredNetwork(folder, name, card, widened(arrays))


def is_finished(
    out: Path, recipe: Recipe, seed: int, threads: int | None = None, source: OwnData | None = None
) -> bool:  # fmt: skip
    """Return whether `out` holds the network that learnt by that recipe, from those own pictures if any.

    `threads` counts where somebody asked for that many and the card says how many there were. Raises TrainingError
    where another network of that name is there.
    """
    home = out / recipe.name
    if not (home / CARD).is_file():
        return False
    card = _card(out, recipe.name)
    # By what the pictures show: a folder may have moved or have another name.
    if (card.data and card.data.sha256) != (source and source.sha256):
        raise TrainingError(f"{home} was trained on other pictures: choose another name or another --out for these")
    changed = recipe.differing(card.recipe)
    if changed is None and seed != card.seed:
        changed = ("seed", seed, card.seed)
    if changed is None and None not in (threads, card.threads) and threads != card.threads:
        changed = ("number of threads", threads, card.threads)
    if changed is None:
        return True
    what, now, then = changed
    raise TrainingError(
        f"{home} holds a network that was trained with another {what} ({then}, now {now}): ask for the same, or choose "
        "another --out"
    )


def find_teacher(recipe: Recipe, homes: Sequence[Path], seed: int) -> StoredNetwork | None:
    """Return the recipe's teacher from the first of `homes` that holds it; None for a recipe without one.

    It has to be the network of that recipe, of the student's own protocol, with seed 0 or the student's, and have
    learnt as `Recipe.usual_teacher` says. Raises TrainingError, saying what is there instead, where only others are,
    CheckpointError where none is.
    """
    if recipe.teacher is None:
        return None
    usual, others = recipe.usual_teacher, []
    holding = [home for home in dict.fromkeys(homes) if (home / recipe.teacher / CARD).is_file()]
    # Where there is none at all, reading its card says so and how to get it.
    for home in holding or homes[-1:]:
        card = _card(home, recipe.teacher)
        if (card.recipe.name, card.protocol) != (recipe.teacher, recipe.protocol) or card.seed not in (0, seed):
            others.append(f"{home} holds one of recipe {card.recipe.name}, protocol {card.protocol}, seed {card.seed}")
        elif usual and (found := usual.differing(card.recipe)):
            setting, asked, theirs = found
            others.append(f"{home} holds one with {setting} {theirs} in place of {asked}")
        else:
            return _with_weights(home, recipe.teacher, card)
    raise TrainingError(
        f"{recipe.name} learns from {recipe.teacher} of protocol {recipe.protocol}, seed "
        f"{' or '.join(map(str, sorted({0, seed})))}, but {' and '.join(others)}: train its teacher first, into the "
        "same --out"
    )


def load_predictions(folder: Path, name: str, sets: Sequence[str] | None = None) -> dict[str, Predictions]:
    """Return a network's predictions by image set, all of them or those of `sets` that are there.

    They are stored but for the variants of ILSVRC, which are derived from its predictions.
    """
    arrays, metadata = _read_checked(folder, name, load_card(folder, name), PREDICTIONS)
    stored = {key: value for key, value in arrays.items() if not key.startswith("maps/")}
    try:
        predictions = with_variants(unpack(name, stored, metadata))
    except Exception as error:  # unaltered since somebody wrote it, but by another program than this
        path = Path(folder) / name / PREDICTIONS
        raise CheckpointError(f"{path} holds no predictions ({error!s:.200}): get the checkpoint again") from error
    return {key: value for key, value in predictions.items() if sets is None or key in sets}


def load_maps(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Return the attention maps of the gallery's pictures by level, float32 (n, h, w), in the order of their ids."""
    arrays, _ = _read_checked(folder, name, load_card(folder, name), PREDICTIONS)
    return {
        key.removeprefix("maps/"): value.astype(np.float32) for key, value in arrays.items() if key.startswith("maps/")
    }


def load_weights(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Return a network's weights by parameter name, float32."""
    return read_network(folder, name).weights


def _read_checked(folder: Path, name: str, card: Card, file: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    path = Path(folder) / name / file
    if not is_there(path):
        raise CheckpointError(f"{path} is missing: get the checkpoint {name} again")
    return read_tensors(path, card.sha256.get(file, ""))


def renew_report(folder: Path, name: str) -> bool:
    """Compute a network's report again from its stored predictions and write its card; False where it says so already.

    For cards written before a set or a measure was reported, or before cards were sealed. Raises CheckpointError as
    `load_predictions` does.
    """
    card = load_card(folder, name)
    stored = load_predictions(folder, name)
    report = evaluate(
        stored, card.roles, seed=card.seed, protocol=card.protocol, classes=card.classes, epochs=card.recipe.epochs
    )
    if report == card.report:
        return seal(Path(folder) / name / CARD)
    write_card(Path(folder) / name, replace(card, report=report))
    return True


def write_card(home: Path, card: Card) -> None:
    """Write a network's card into its folder, as a whole and sealed: see `nat_core.files.sealed`."""
    # What is None is left out, so that a card from before a field existed stays the same when it is written again.
    values = {key: value for key, value in asdict(card).items() if value is not None}
    values |= {"recipe": card.recipe.to_json(), "report": card.report.to_json()}
    write_durably(home / CARD, sealed(json.dumps(values, indent=1)))


def save_checkpoint(
    folder: Path,
    name: str,
    *,
    weights: Mapping[str, np.ndarray],
    predictions: Mapping[str, Predictions],
    maps: Mapping[str, np.ndarray],
    card: Mapping[str, Any],
    log: bytes | None = None,
) -> Path:
    """Write a checkpoint as a whole: in a folder of its own, the card last, then renamed to its name.

    `card` gives the fields of `Card` but `name`, `sha256` and `format`; `maps` the gallery's attention maps by level,
    `log` the content of log.csv.
    Returns the checkpoint's folder. Raises CheckpointError where one of that name is there already.
    """
    home = Path(folder) / name
    if os.path.lexists(home):
        raise CheckpointError(f"{home} is there already: move it away, or write to another folder")
    # Beside its final place, so that one rename, which either happens or not, makes it visible.
    draft = Path(folder) / f".{name}.{os.getpid()}.tmp"
    shutil.rmtree(draft, ignore_errors=True)  # left there by a process of the same number that was killed
    draft.mkdir(parents=True)
    try:
        arrays, metadata = pack(predictions)
        arrays |= {f"maps/{level}": values.astype(np.float16) for level, values in maps.items()}
        digests = {
            WEIGHTS: write_durably(draft / WEIGHTS, packed(half(weights))),
            PREDICTIONS: write_durably(draft / PREDICTIONS, packed(arrays, metadata)),
        }
        if log is not None:
            digests[LOG] = write_durably(draft / LOG, log)
        write_card(draft, Card(name=name, sha256=digests, **card))
        os.replace(draft, home)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return home
