"""What chance does to pictures: crops, mirrors, quarter turns, blank squares, mixing.

Each is drawn on the processor, as small tensors that follow from a generator, and done where the pictures lie: a GPU's
own generator would give other numbers for the same seed, and what is drawn beforehand can be sent for many steps at
once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

QUARTER_TURNS = 4
"""How many ways a picture can be turned by quarters."""
MOST_ROUNDS = 4
"""How often a picture is mixed with another at most."""
_BETA = 3.0
"""How far the beta distributions of the mixing lie from even: the larger, the more of the picture stays."""

InMemory = UInt8[Tensor, "_ _ _ 3"] | Float[Tensor, "_ _ _ 3"]
"""Pictures as they lie in memory: uint8, or float32 that is normalised already."""


def mapped(function: Callable[..., Tensor], drawn: Any, *more: Any) -> Any:
    """Return what was drawn with each of its tensors replaced by the function of it, and of those at its place in more.

    >>> mapped(lambda one: one + 1, Crops(torch.zeros(1, 2), torch.ones(1, 2))).columns.tolist()
    [[2.0, 2.0]]
    """
    if isinstance(drawn, Tensor):
        return function(drawn, *more)
    return drawn and type(drawn)(*(mapped(function, *parts) for parts in zip(drawn, *more, strict=True)))


# --- crops and mirrors -----------------------------------------------------------------------------------------------


class Crops(NamedTuple):
    """Which rows and columns of its picture each crop shows."""

    rows: Int[Tensor, "n height"]
    columns: Int[Tensor, "n width"]


def draw_crops(count: int, side: int, padding: int, flip: bool, generator: torch.Generator) -> Crops:
    """Return crops of square pictures of so many pixels a side, each moved by up to `padding` with reflected edges.

    With `flip`, half of them are mirrored. The rows and columns that a crop of the padded picture would show, so that
    no padded copy is made.
    """
    # A crop of the padded picture is the picture moved: one shift for its rows, one for its columns.
    shift = torch.randint(2 * padding + 1, (2, count), generator=generator)
    rows, columns = shift.unbind()
    if flip:
        # Mirrored after the shift: both are uniform around the middle, so the order changes no distribution.
        mirrored = torch.rand(count, generator=generator) < 0.5
        columns = columns.add(mirrored, alpha=2 * padding + 1)
    moves = _moves(side, padding)
    return Crops(moves.index_select(0, rows), moves.index_select(0, columns))


@lru_cache(maxsize=8)
def _moves(side: int, padding: int) -> Int[Tensor, "moves side"]:
    """Where each pixel of a line comes from that is moved by -padding to padding; then the same, mirrored.

    There are few ways to move a picture, so that none is computed for each picture anew.
    """
    moved = _reflect(torch.arange(side) + torch.arange(-padding, padding + 1)[:, None], side)
    return torch.cat([moved, moved.flip(1)])


def _reflect(position: Int[Tensor, "moves length"], length: int) -> Int[Tensor, "moves length"]:
    # The first fold mirrors what lies left of 0, the second what lies right of the last; a shift that is longer than a
    # tiny picture stays at its edge.
    return (length - 1 - (length - 1 - position.abs()).abs()).clamp(0, length - 1)


def cropped(pixels: InMemory, chosen: Int[Tensor, " n"], crops: Crops) -> InMemory:
    """Return the chosen pictures, each cropped: two gathers for the whole batch; all lie on one device."""
    height, width = pixels.shape[1:3]
    # Whole rows first, then the three numbers of each pixel within them: to look up every pixel in the whole set by a
    # number of its own takes half as long again.
    rows = (chosen[:, None] * height + crops.rows).flatten()
    taken = pixels.view(-1, 3 * width).index_select(0, rows).view(*crops.rows.shape, 3 * width)
    within = (crops.columns[:, :, None] * 3 + torch.arange(3, device=pixels.device)).flatten(1)[:, None]
    return taken.gather(2, within.expand(-1, height, -1)).view(*taken.shape[:2], crops.columns.shape[1], 3)


def turned(pixels: UInt8[Tensor, "n side side 3"], turns: Int[Tensor, " n"]) -> UInt8[Tensor, "n side side 3"]:
    """Return each square picture turned to the left by so many quarters, 0 to 3.

    >>> turned(torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3), torch.tensor([1]))[0, 0, 0].tolist()
    [3, 4, 5]
    """
    ways = torch.stack([pixels.rot90(quarters, (1, 2)) for quarters in range(QUARTER_TURNS)])
    return ways[turns, torch.arange(len(pixels), device=pixels.device)]


# --- blank squares ---------------------------------------------------------------------------------------------------


class Squares(NamedTuple):
    """Which rows and columns of each picture lie in its square."""

    rows: Bool[Tensor, "n height"]
    columns: Bool[Tensor, "n width"]


def draw_squares(count: int, size: tuple[int, int], side: int, generator: torch.Generator) -> Squares:
    """Return squares of `side` pixels, each around a random pixel of its picture of that height and width.

    A square may reach beyond the edge. Source: DeVries and Taylor 2017, "Improved Regularization ... with Cutout".
    """
    # The centre is uniform over the picture and not over what keeps the square inside: the paper found that better.
    spans = []
    for length in size:
        first = torch.randint(length, (count, 1), generator=generator) - side // 2
        place = torch.arange(length)
        spans.append((place >= first) & (place < first + side))
    return Squares(*spans)


def blanked(images: Float[Tensor, "n 3 h w"], squares: Squares) -> Float[Tensor, "n 3 h w"]:
    """Return normalised pictures with their squares at the mean colour, 0.

    >>> squares = draw_squares(1, (8, 8), 16, torch.Generator())
    >>> int((blanked(torch.ones(1, 3, 8, 8), squares) != 0).sum()) < 3 * 8 * 8
    True
    """
    # Rows and columns are marked apart; a pixel is blanked where both are.
    blank = squares.rows[:, :, None] & squares.columns[:, None, :]
    return images.masked_fill(blank[:, None], 0.0)


# --- mixing ----------------------------------------------------------------------------------------------------------


class Mixing(NamedTuple):
    """How each picture is mixed, in up to MOST_ROUNDS rounds."""

    rounds: Int[Tensor, " n"]
    """How many of them count, from 0 up."""
    others: Int[Tensor, "n rounds"]
    """Which foreign picture each round would take."""
    coins: Bool[Tensor, "n rounds 3"]
    """Whether it takes that one or another crop of the same picture, multiplies or adds, and leads away."""
    weights: Float[Tensor, "n rounds 3"]
    """From Beta(3, 1), by its inverse distribution function: torch's own draw takes no generator."""


def draw_mixing(count: int, available: int, generator: torch.Generator) -> Mixing:
    """Return how so many pictures are mixed, with `available` foreign ones to choose from."""
    rounds = torch.randint(MOST_ROUNDS + 1, (count,), generator=generator)
    others, coins, weights = [], [], []
    for _ in range(MOST_ROUNDS):
        others.append(torch.randint(available, (count,), generator=generator))
        coins.append((torch.rand(3, count, generator=generator) < 0.5).T)
        weights.append(torch.rand(3, count, generator=generator).pow(1 / _BETA).T)
    return Mixing(rounds, torch.stack(others, 1), torch.stack(coins, 1), torch.stack(weights, 1))


def mixed(
    pixels: UInt8[Tensor, "n h w 3"],
    again: UInt8[Tensor, "n h w 3"],
    pictures: UInt8[Tensor, "count h w 3"],
    mixing: Mixing,
) -> UInt8[Tensor, "n h w 3"]:
    """Return each picture mixed 0 to 4 times with one of `pictures` or with `again`, another crop of the same.

    Each time the two are added or multiplied (as geometric means are), by weights drawn anew from beta distributions.
    Source: Hendrycks et al. 2022, "PixMix", with beta 3 and k 4, without their colour operations in place of `again`.

    >>> grey = torch.full((2, 4, 4, 3), 128, dtype=torch.uint8)
    >>> mixed(grey, grey, grey, draw_mixing(2, 2, torch.Generator().manual_seed(0))).shape
    torch.Size([2, 4, 4, 3])
    """
    result, own = pixels.float() / 255, again.float() / 255
    for done in range(MOST_ROUNDS):
        foreign, multiplied, beyond = mixing.coins[:, done, :, None, None, None].unbind(1)
        # 1 less what Beta(3, 1) draws is drawn from Beta(1, 3).
        large, small, more = mixing.weights[:, done, :, None, None, None].unbind(1)
        # Half of the time the other picture is taken away instead of added.
        ours = torch.where(beyond, 2 - more, large)
        theirs = torch.where(beyond, small - 1, 1 - small)
        other = torch.where(foreign, pictures[mixing.others[:, done]].float() / 255, own)
        added = (ours * (2 * result - 1) + theirs * (2 * other - 1) + 1) / 2
        product = (2 * result).clamp_min(1e-6).pow(ours) * (2 * other).clamp_min(1e-6).pow(theirs) / 2
        now = (mixing.rounds > done)[:, None, None, None]
        result = torch.where(now, torch.where(multiplied, product, added).clamp(0, 1), result)
    return (result * 255).round().byte()
