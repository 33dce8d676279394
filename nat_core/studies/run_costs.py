"""What a run costs: the pictures that it trains on, and how long that takes by the runs that are recorded."""

from collections.abc import Callable, Hashable, Mapping
from statistics import median

from nat_core.recipes import Recipe
from nat_core.store.runs import RunRecord
from nat_core.studies.choice import pictures_a_step

PICTURES = {"cifar10": 50_000, "digits": 862}
"""Training pictures of each set to learn."""
FULL_SIDE = 32
"""The side of the pictures that are counted, in pixels."""
_ALIKE: tuple[Callable[[Recipe], Hashable], ...] = (
    lambda recipe: (_kind(recipe), recipe.sizes, recipe.epochs, pictures_a_step(recipe)),
    lambda recipe: (_kind(recipe), recipe.sizes, pictures_a_step(recipe)),
    lambda recipe: _kind(recipe),
)
"""Which recorded runs tell of another one's speed: the first of these by which any is like it."""


def steps(recipe: Recipe) -> int:
    """Return how many steps a recipe takes.

    >>> steps(Recipe("a", "wrn16_1", epochs=2))
    1562
    """
    inside = recipe.negatives_per_batch if recipe.negatives_inside and recipe.has_negatives else 0
    pictures = PICTURES[recipe.in_distribution] * (0.9 if recipe.held_out else 1)
    return int(pictures // (recipe.batch_size - inside) * recipe.epochs)


def spans(recipe: Recipe) -> tuple[tuple[int, float], ...]:
    """Return each side of the pictures, in pixels, with the share of the steps that it takes.

    >>> spans(Recipe("a", "wrn16_1", sizes=((16, 0.5), (32, 1.0))))
    ((16, 0.5), (32, 0.5))
    """
    ends = [0.0, *(end for _size, end in recipe.sizes)]
    return tuple((size, end - start) for (size, end), start in zip(recipe.sizes, ends, strict=False))


def pictures_trained(recipe: Recipe) -> float:
    """Return how many pictures run through the network while it learns, a smaller one as its share of a full one.

    >>> pictures_trained(Recipe("a", "wrn16_1", epochs=2, sizes=((16, 0.5), (32, 1.0))))
    62480.0
    """
    whole = sum(share * (size / FULL_SIDE) ** 2 for size, share in spans(recipe))
    return steps(recipe) * pictures_a_step(recipe) * whole


def measured_seconds(recipe: Recipe, records: Mapping[str, RunRecord]) -> dict[str, float]:
    """Return how long a recipe would train, by hardware, as fast as what is recorded there; none for a kind unknown.

    A speed is the median of the runs most like it: of its cost to the epoch, else of its step, else of its network.

    >>> measured_seconds(Recipe("a", "wrn16_1"), {})
    {}
    """
    found = {}
    for hardware in dict.fromkeys(run.hardware for run in records.values()):
        there = [run for run in records.values() if run.hardware == hardware and run.seconds > 0]
        for alike in _ALIKE:
            speeds = [
                pictures_trained(run.recipe) / run.seconds
                for run in there
                if run.recipe.in_distribution in PICTURES and alike(run.recipe) == alike(recipe)
            ]
            if speeds:
                found[hardware] = pictures_trained(recipe) / median(speeds)
                break
    return found


def _kind(recipe: Recipe) -> Hashable:
    return recipe.architecture, recipe.in_distribution, recipe.teacher is not None
