"""The verb `nat train`: which recipe is meant, with which fields set, for which seeds. Torch comes last."""

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any, get_type_hints

from nat_core.cli.parser import count
from nat_core.data.sets import data_folder
from nat_core.errors import CommandError, Stopped
from nat_core.language import plural
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.ranks.group import Ranks, joined
from nat_core.recipes import RECIPES, Recipe, recipe_in_protocol, recipe_named
from nat_core.store.checkpoints import checkpoints_folder, is_finished, load_card, own_folder

OWN_ARCHITECTURE = "wrn16_1"
"""Of a network on your own pictures, unless a recipe or --set names another: the smallest that learns photos."""


def train(options: argparse.Namespace) -> int:
    """Train one network a seed into --out; a finished one is left as it is with --resume, and refused without."""
    # argparse gives every word after --seeds to it, so a name that stands last is found there.
    if options.name is None and options.seeds and not options.seeds[-1].isdigit():
        *options.seeds, options.name = options.seeds
    try:
        recipe, seeds = chosen_recipe(options), chosen_seeds(options)
    except ValueError as error:
        return options.refuse(str(error))
    with joined(options.device) as ranks:
        _train_all(recipe, seeds, options, ranks)
    return 0


def _train_all(recipe: Recipe, seeds: Sequence[int], options: argparse.Namespace, ranks: Ranks) -> None:
    """Train a network a seed. Of several processes the first one alone says what came of it."""
    out = options.out or own_folder(options.checkpoints)
    reports = {}
    for seed in seeds:
        named = recipe if len(seeds) == 1 else replace(recipe, name=f"{recipe.name}_seed{seed}")
        # Of own pictures only the training can tell, which reads them.
        kept = ranks.count == 1 and options.resume and not options.known
        if kept and is_finished(out, named, seed, options.threads):
            print(f"{named.name} is finished: {out / named.name}")
        else:
            with _told_of(list(reports)):
                _train_one(named, seed, out, options, ranks)
        if ranks.first:
            reports[named.name] = load_card(out, named.name).report
    if len(reports) > 1:
        print("\n".join(over_seeds(list(reports.values()))))
    if options.known and ranks.first:
        print(f"try it with: nat predict PICTURE --networks {next(iter(reports))} --checkpoints {out}")


@contextmanager
def _told_of(finished: Sequence[str]) -> Iterator[None]:
    """Where the block is stopped, say which networks of the same command are finished."""
    try:
        yield
    except Stopped as stop:
        if finished:
            kept = f"{', '.join(finished)} {'is' if len(finished) == 1 else 'are'} finished and kept with --resume"
            raise Stopped(stop.number, f"{stop.said}; {kept}") from None
        raise


def _train_one(recipe: Recipe, seed: int, out: Path, options: argparse.Namespace, ranks: Ranks) -> None:
    from nat_core.training.loop import train as train_network

    try:
        home = train_network(
            recipe,
            known=options.known,
            negatives=options.negatives,
            data=data_folder(options.data),
            out=out,
            teachers=checkpoints_folder(options.checkpoints),
            seed=seed,
            device=options.device,
            threads=options.threads,
            resume=options.resume,
            progress=ranks.first,
            log_test=options.log_test,
        )
    except ValueError as error:
        raise CommandError(str(error)) from None
    if not ranks.first:
        return
    trained = load_card(out, recipe.name).report
    print(f"{recipe.name}: accuracy {accuracy_text(trained.accuracy)}")
    for set_name, each in trained.negatives.items():
        rates = ", ".join(f"NCR_{key} {rate_text(value)}" for key, value in each.ncr.items())
        print(f"  {set_name} ({plural(each.images, 'picture')}): {rates}")
    compare = "" if options.known else f"; compare it with: nat report --checkpoints {out}"
    print(f"stored in {home}{compare}")


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """Return the recipe that a command means; ValueError, naming the known ones, where there is none.

    On your own pictures NAME may be a recipe, whose settings are then taken, or any name for the new network.
    """
    if options.known:
        recipe = _own_recipe(options.name, options.known, options.negatives, options.protocol)
    elif options.name is None:
        raise ValueError(f"name a recipe ({', '.join(RECIPES)}), or your own pictures with --known")
    elif options.negatives:
        raise ValueError("--negatives goes with --known: name the pictures to learn as well")
    else:
        recipe = _in_protocol(options.name, options.protocol)
    return with_settings(recipe, [*options.set, *([f"epochs={options.epochs}"] if options.epochs else [])])


def _own_recipe(name: str | None, known: Path, negatives: Path | None, protocol: str | None) -> Recipe:
    folder = Path(os.path.realpath(known))
    # Short enough for a name with what is added to it, whatever the folder is called.
    stem = re.sub(r"[^\w-]+", "_", folder.name.removesuffix(".npz"))[:40].strip("_-") or "own"
    if name is not None and name in RECIPES:
        recipe = _in_protocol(name, protocol)
        # Another name than the published network's: its pictures and classes are others.
        return replace(recipe, name=f"{name}_on_{stem}")
    if protocol:
        raise ValueError(f"--protocol {protocol} goes with a recipe's name: {', '.join(RECIPES)}")
    return Recipe(name or f"{stem}_{'nat' if negatives else 'baseline'}", OWN_ARCHITECTURE)


def _in_protocol(name: str, protocol: str | None) -> Recipe:
    recipe = recipe_named(name)
    try:
        return recipe_in_protocol(name, protocol) if protocol else recipe
    except ValueError as error:
        raise CommandError(str(error)) from None


def chosen_seeds(options: argparse.Namespace) -> list[int]:
    """Return the seeds of a command, each once; ValueError where one is no whole number from 0 up.

    >>> chosen_seeds(argparse.Namespace(seeds=["1", "1", "2"], seed=0))
    [1, 2]
    """
    try:
        return list(dict.fromkeys(map(count, options.seeds))) if options.seeds else [options.seed]
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"--seeds: each {error}") from None


def with_settings(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """Return the recipe with fields set by words like `negative_weight=2`.

    Lists are divided by commas (`attention_levels=low,high`), sizes written as `sizes=24:0.55,32:1`, None as `none`.
    Raises ValueError that names the known fields, or what a field needs.

    >>> with_settings(RECIPES["digits_nat"], ["negative_weight=2", "flip=true", "sizes=16:0.5,32:1"]).sizes
    ((16, 0.5), (32, 1.0))
    """
    kinds, changes = get_type_hints(Recipe), {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"--set needs FIELD=VALUE, not {assignment!r}")
        if name not in kinds:
            raise ValueError(f"unknown field {name!r} of a recipe; known: {', '.join(kinds)}")
        try:
            changes[name] = _value(text, str(kinds[name]))
        except ValueError:
            raise ValueError(
                f"{name} needs {_NEEDS.get(str(kinds[name]), 'SIZE:SHARE,...')}, not {text!r:.60}"
            ) from None
    return replace(recipe, **changes)


_NEEDS = {str(int): "a whole number", str(float): "a number", str(bool): "true or false"}


def _value(text: str, kind: str) -> Any:
    """The text as the kind of value that a field takes, the kind written as Python writes it."""
    if kind == str(bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if kind in (str(int), str(float)):
        return _number(text, int if kind == str(int) else float)
    if kind == str(str | None):
        return None if text.lower() in ("none", "") else text
    if kind == str(tuple[str, ...]):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == str(str):
        return text
    pairs = [part.split(":") for part in text.split(",")]
    return tuple((_number(size, int), _number(share, float)) for size, share in pairs)


def _number(text: str, kind: type[int] | type[float]) -> int | float:
    # int() and float() alone would take "1_000", " 7 " and the digits of other scripts, as `parser.count` says.
    if not text.isascii() or "_" in text or text != text.strip():
        raise ValueError(text)
    return kind(text)


def over_seeds(reports: Sequence[NetworkReport]) -> list[str]:
    """Return a line on the accuracy over seeds, and one on each set of negatives: mean, smallest and largest."""
    lines = [f"over {len(reports)} seeds: accuracy {_spread([100 * each.accuracy for each in reports], 2)} %"]
    for name in reports[0].negatives:
        rates = [each.sets[name].ncr["0.9"] for each in reports if name in each.sets]
        lines.append(f"  {name}: NCR_0.9 {_spread(rates, 3)}")
    return lines


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
