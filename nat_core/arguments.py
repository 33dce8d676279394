"""What the command line's words mean: a recipe's name, whole numbers. argparse prints what they raise."""

import argparse
from pathlib import Path

from nat_core.recipes import Recipe, recipe_named

DEVICES = ("auto", "cpu", "cuda", "mps")


def recipe(name: str) -> Recipe:
    """Return the recipe of that name; ArgumentTypeError names the known ones."""
    try:
        return recipe_named(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def count(text: str) -> int:
    """Return a whole number from 0 up; ArgumentTypeError for anything else.

    >>> count("12")
    12
    """
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"needs a whole number from 0 up, not {text!r}")
    return int(text)


def at_least_one(text: str) -> int:
    """Return a whole number from 1 up; ArgumentTypeError for anything else."""
    if (number := count(text)) < 1:
        raise argparse.ArgumentTypeError(f"needs a whole number from 1 up, not {text!r}")
    return number


def device_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add --device, one of DEVICES; `what` says what for."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help=f"{what} (default: auto, the fastest there is)"
    )


def data_option(parser: argparse.ArgumentParser) -> None:
    """Add --data, the folder of the image sets."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where the image sets are (default: $NAT_DATA, ./data)"
    )


def checkpoints_option(parser: argparse.ArgumentParser, what: str = "where the networks are") -> None:
    """Add --checkpoints, a folder of networks; `what` says what for."""
    parser.add_argument(
        "--checkpoints", type=Path, metavar="DIR", help=f"{what} (default: $NAT_CHECKPOINTS, ./checkpoints)"
    )
