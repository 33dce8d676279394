"""What a run learns from and is held against: the image sets that its recipe names, or own pictures, and a teacher."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nat_core.data.augmentation import QUARTER_TURNS
from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import ImageSet
from nat_core.data.splits import read_known, read_negatives
from nat_core.measure.predictions import BACKGROUND
from nat_core.measure.variants import without_variants
from nat_core.network.inference import Network
from nat_core.recipes import BACKGROUND_TARGET, OWN, OWN_NEGATIVES, Recipe
from nat_core.store.checkpoints import OwnData


@dataclass(frozen=True, eq=False)
class TrainingPictures:
    """The pictures of one run, the recipe as it learns from them, and the teacher that it imitates."""

    recipe: Recipe
    known: ImageSet
    """Those to learn, with labels and classes."""
    negatives: tuple[ImageSet, ...] = ()
    """The sets to be neutral on, which share the negatives of a batch, but for what is made up on the fly."""
    mixed_with: ImageSet | None = None
    """Those that are mixed into all others."""
    data: Path | None = None
    """Where image sets that are known by name lie."""
    own: Mapping[str, ImageSet] = field(default_factory=dict)
    """A person's own sets, by the names under which they are reported."""
    source: OwnData | None = None
    """What a card says of a person's own pictures."""
    told: tuple[str, ...] = ()
    """Sentences on a person's own pictures: how they were divided, what was left out, what became of the batch."""
    teacher: Network | None = None
    """Whom it imitates; None where there is nobody."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What a network that learns from them tells apart, in the order of the logits."""
        return (*self.known.classes, *([BACKGROUND] if self.recipe.divergence == BACKGROUND_TARGET else []))

    @property
    def outputs(self) -> int:
        """How many logits it has while it learns: the classes', and four more where it is to tell how far some turn."""
        return len(self.classes) + (QUARTER_TURNS if self.recipe.rotated_per_batch else 0)

    @property
    def mean(self) -> tuple[float, ...]:
        """The channel means of the known pictures, in [0, 1]."""
        return tuple(float(each) / 255 for each in self.known.pixels.reshape(-1, 3).mean(0))

    @property
    def std(self) -> tuple[float, ...]:
        """Their standard deviations, in [0, 1], at least one step of a pixel: pictures of one colour have none."""
        return tuple(max(float(each), 1.0) / 255 for each in self.known.pixels.reshape(-1, 3).std(0))

    @property
    def reported(self) -> list[str]:
        """The names of the sets that a finished network is run on."""
        # The gallery shows the ten CIFAR-10 classes and things outside them: it says nothing of other classes.
        gallery = ["gallery"] if self.recipe.in_distribution == "cifar10" else []
        return [*without_variants(self.recipe.roles), *gallery]

    def named(self, name: str) -> ImageSet:
        """Return a set that is reported on, by its name; MissingDataset where it is not there."""
        return load_set(name, self.data, self.own)


@dataclass(frozen=True, eq=False)
class Subject:
    """What a run is to learn: the recipe as it learns it, and a person's own pictures.

    That is enough to tell whether its network is there already; the sets that have names are read after that.
    """

    recipe: Recipe
    own: Mapping[str, ImageSet] = field(default_factory=dict)
    """As in `TrainingPictures`, like what follows."""
    source: OwnData | None = None
    told: tuple[str, ...] = ()


def subject_of(recipe: Recipe, known: Path | str | None = None, negatives: Path | str | None = None) -> Subject:
    """Return what a recipe learns; a person's own pictures are read from `known` and `negatives`.

    Of own ones, without `negatives` the recipe's own negatives serve, where it names any; a batch larger than the
    pictures there are is made smaller. Raises MissingDataset where they are not there, ValueError where they cannot be
    learnt from (see `nat_core.data.splits`).
    """
    if known is not None:
        return _own_pictures(recipe, known, negatives)
    if recipe.in_distribution == OWN or negatives is not None:
        raise ValueError(f"{recipe.name} needs known pictures of your own: say where they are, with known=")
    return Subject(recipe)


def pictures_of(
    subject: Subject, data: Path | None = None, teacher: Network | None = None
) -> TrainingPictures:  # fmt: skip
    """Return its pictures, the sets with names from `data`; MissingDataset where one is not there."""
    recipe, own = subject.recipe, subject.own
    # What is to be learnt comes first: where others are missing as well, that is the one to name.
    known = load_set(recipe.training_set, data, own)
    negatives = tuple(load_set(name, data, own) for name in recipe.negative_sets)
    mixed_with = load_set(recipe.mixed_with, data) if recipe.mixed_with else None
    return TrainingPictures(recipe, known, negatives, mixed_with, data, own, subject.source, subject.told, teacher)


def _own_pictures(recipe: Recipe, known: Path | str, negatives: Path | str | None) -> Subject:
    if recipe.held_out:
        raise ValueError("held_out is for CIFAR-10 and the digits: of own pictures a part is held out anyway")
    if negatives is not None and (shared := _shared(Path(known), Path(negatives))):
        raise ValueError(
            f"known and negatives share {shared}: what is to be learnt cannot be what to be neutral on, so name "
            "two folders or files of which neither lies in the other"
        )
    ours = read_known(known)
    theirs = None if negatives is None else read_negatives(negatives)
    changes = {"in_distribution": OWN, "protocol": OWN, "negatives": OWN_NEGATIVES if theirs else recipe.negatives}
    recipe, sentences = fitting(replace(recipe, **changes), len(ours.train), len(theirs.train) if theirs else None)
    splits = [ours] if theirs is None else [ours, theirs]
    parts = [part for split in splits for part in (split.train, split.held_out)]
    source = OwnData(
        known=Path(os.path.realpath(known)).name,
        negatives=None if negatives is None else Path(os.path.realpath(negatives)).name,
        pictures={part.name: len(part) for part in parts},
        divided=" ".join(split.how for split in splits),
        sha256={split.train.name: split.sha256 for split in splits},
    )
    skipped = dict.fromkeys(each for part in parts for each in (*part.skipped, *part.passed_over))
    told = (*(split.how for split in splits), *sentences, *skipped)
    return Subject(recipe, {part.name: part for part in parts}, source, told)


def _shared(known: Path, negatives: Path) -> Path | None:
    """The inner one of two places of which one is, or lies in, the other; None where both are apart."""
    # By names: `Path.resolve` raises, of no kind that anybody expects, where links lead in a circle.
    ours, theirs = (Path(os.path.realpath(each)) for each in (known, negatives))
    if ours.is_relative_to(theirs):
        return known
    return negatives if theirs.is_relative_to(ours) else None


def fitting(recipe: Recipe, known: int, negatives: int | None) -> tuple[Recipe, list[str]]:
    """The recipe with a batch that the pictures fill at least four times, its negatives in the same proportion."""
    size, count, sentences = recipe.batch_size, recipe.negatives_per_batch, []
    if size - (count if recipe.negatives_inside and recipe.has_negatives else 0) > known:
        size = max(2, known // 4)
        if recipe.has_negatives:  # of a recipe without any, there is nothing to make smaller or to tell
            fewest = len(recipe.synthetic) + bool(recipe.negatives and count)
            count = max(fewest, round(size * count / recipe.batch_size))
        size = max(size, count + 1) if recipe.negatives_inside else size
        sentences.append(f"{recipe.batch_size} pictures a step are more than the {known:,} to learn: {size} are taken.")
    if negatives is not None and count - len(recipe.synthetic) > negatives:
        count = negatives + len(recipe.synthetic)
    if count != recipe.negatives_per_batch:
        plural = "" if count == 1 else "s"
        sentences.append(f"Each step shows {count} negative{plural} instead of {recipe.negatives_per_batch}.")
    return replace(recipe, batch_size=size, negatives_per_batch=count), sentences
