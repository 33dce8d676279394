"""Recipes: everything that defines one network's training, as plain frozen data, and the table of the known ones."""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from nat_core.ilsvrc import ILSVRC, VARIANTS

LEVELS = ("low", "middle", "high")
THRESHOLDS = (0.4, 0.6, 0.8, 0.9)
"""The thresholds t at which the paper reports NCR_t."""

IN_DISTRIBUTION, TRAINED_ON, SAME_SOURCE, UNSEEN = "in distribution", "trained on", "same source", "unseen"
"""The roles that an image set can have for a network."""

_NEGATIVE_SETS = {
    "cifar10": ("cifar100_train", "cifar100_test", ILSVRC, *VARIANTS, "noise"),
    "digits": ("digits_67_train", "digits_67_test", "digits_89", "noise"),
}


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. Each field is marked (paper) or (ours) for where its default comes from."""

    name: str
    """Name of the recipe and of its folder in `checkpoints/`."""
    architecture: str
    """Key of `models.ARCHITECTURES`."""
    in_distribution: str = "cifar10"
    """Source of the classes to learn: `cifar10` (paper) or `digits`."""
    negatives: str | None = None
    """Name of the image set of negatives, `cifar100_train` (paper); None trains without any (baseline, student)."""
    teacher: str | None = None
    """Name of the network whose attention maps are imitated; None trains without a teacher."""
    protocol: str = "cpu"
    """Name of the schedule: `cpu` and `digits` (ours)."""
    epochs: int = 30
    """Passes over the in-distribution training pictures (ours: the paper gives none)."""
    sizes: tuple[tuple[int, float], ...] = ((24, 0.55), (32, 1.0))
    """Side of the pictures in pixels until that share of the schedule (ours); the last share is 1."""
    batch_size: int = 64
    """In-distribution pictures a step, or all pictures a step where `negatives_inside` (paper)."""
    negatives_per_batch: int = 8
    """Negatives a step (paper)."""
    negatives_inside: bool = False
    """True takes the negatives out of the 64; False puts them beside the 64 (ours: the paper leaves it open)."""
    negative_weight: float = 1.0
    """Factor on the divergence of each negative (paper: 1)."""
    divergence: str = "kl_from_uniform"
    """Key of `losses.DIVERGENCES` (paper: KL(uniform || softmax))."""
    learning_rate: float = 0.1
    """Peak learning rate at a batch of 64; scaled in proportion to the in-distribution batch (ours)."""
    momentum: float = 0.9
    """Nesterov momentum of SGD (ours)."""
    warm_up: float = 0.15
    """Share of the schedule in which the learning rate rises from 0; it then falls linearly to 0 (ours)."""
    weight_decay: float = 5e-4
    """L2 penalty on the weights of convolutions and linear layers, not on norms and biases (ours)."""
    padding: int = 4
    """Reflected pixels around a 32 x 32 picture before the random crop, in proportion at other sizes (ours)."""
    flip: bool = True
    """Mirror half of the pictures left to right (ours)."""
    precision: str = "auto"
    """`float32`, `bfloat16` (autocast), or `auto`: the faster of the two on the machine at hand (ours)."""
    attention_weight: float = 1000.0
    """Beta, the weight of attention transfer where there is a teacher (the published code's value)."""
    distillation_weight: float = 0.0
    """Weight of knowledge distillation from the teacher's logits; 0 is off (paper: attention alone)."""
    distillation_temperature: float = 4.0
    """Temperature of the distillation."""

    def __post_init__(self) -> None:
        if self.in_distribution not in _NEGATIVE_SETS:
            raise ValueError(
                f"unknown in-distribution source {self.in_distribution!r}; known: {', '.join(_NEGATIVE_SETS)}"
            )
        if self.epochs < 1 or self.batch_size < 2 or self.negatives_per_batch < 0:
            raise ValueError("a recipe needs epochs >= 1, batch_size >= 2 and negatives_per_batch >= 0")
        if self.negatives and self.negatives_inside and self.negatives_per_batch >= self.batch_size:
            raise ValueError(
                f"{self.negatives_per_batch} negatives inside a batch of {self.batch_size} leave no room to learn"
            )
        if not self.sizes or self.sizes[-1][1] != 1.0:
            raise ValueError(f"the last of sizes must reach share 1.0, not {self.sizes}")

    @property
    def roles(self) -> dict[str, str]:
        """The role of each reported image set for this network, the in-distribution test set first.

        >>> recipe_named("wrn16_1_nat").roles["cifar100_test"]
        'same source'
        """
        roles = {f"{self.in_distribution}_test": IN_DISTRIBUTION}
        for name in _NEGATIVE_SETS[self.in_distribution]:
            whole = ILSVRC if name in VARIANTS else name
            roles[name] = UNSEEN
            if self.negatives == whole:
                roles[name] = TRAINED_ON
            elif self.negatives and _source(whole) == _source(self.negatives):
                roles[name] = SAME_SOURCE
        return roles

    def to_json(self) -> dict[str, Any]:
        """The recipe as plain values for a card."""
        return asdict(self) | {"sizes": [list(pair) for pair in self.sizes]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Recipe":
        """Read what `to_json` wrote; TypeError or ValueError where a field is unknown, missing or impossible."""
        return cls(**values | {"sizes": tuple((int(size), float(share)) for size, share in values["sizes"])})


def _source(name: str) -> str:
    return re.sub("_(train|test|fit|held_out)$", "", name)


_DIGITS = Recipe(
    "digits_baseline",
    "wrn10_1",
    in_distribution="digits",
    protocol="digits",
    epochs=50,
    sizes=((16, 0.8), (32, 1.0)),
    flip=False,
    precision="float32",
)


def _family(architecture: str, **settings: Any) -> list[Recipe]:
    baseline = Recipe(f"{architecture}_baseline", architecture, **settings)
    return [baseline, replace(baseline, name=f"{architecture}_nat", negatives="cifar100_train")]


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in [
        *_family("resnet18", epochs=24, sizes=((16, 1 / 3), (24, 2 / 3), (32, 1.0)), batch_size=128,
                 negatives_per_batch=16),
        *_family("wrn40_1"),
        *_family("wrn16_1"),
        Recipe("wrn16_1_student_of_baseline", "wrn16_1", teacher="wrn40_1_baseline"),
        Recipe("wrn16_1_student_of_nat", "wrn16_1", teacher="wrn40_1_nat"),
        _DIGITS,
        replace(_DIGITS, name="digits_nat", negatives="digits_67_train"),
    ]
}  # fmt: skip


def recipe_named(name: str) -> Recipe:
    """Return the recipe of that name; ValueError names the known ones."""
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; known: {', '.join(RECIPES)}")
    return RECIPES[name]
