"""Several networks trained side by side in one process, each a few steps at a time.

On a GPU each has its own stream, so that one network's kernels fill what another's leave idle, and the card has work of
all others while the host measures or saves one. What each learns is the same as alone.
"""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")
Steps = Generator[None, None, Path]
"""A training under way, as `nat_core.training.loop.in_turns` returns it."""


def side_by_side(trainings: Mapping[Key, Steps]) -> Iterator[tuple[Key, Path | Exception]]:
    """Let each take its steps in turn; yield each with what it came to, a folder or an error, as soon as it ends.

    An error ends that one alone. A stop ends all: each saves its state, and what the first of them says is raised.

    >>> def training():
    ...     yield
    ...     return Path("runs/mine")
    >>> list(side_by_side({"mine": training()}))[0][1].name
    'mine'
    """
    under_way = dict(trainings)
    try:
        while under_way:
            for key, steps in list(under_way.items()):
                try:
                    next(steps)
                except StopIteration as end:
                    del under_way[key]
                    yield key, end.value
                except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                    del under_way[key]
                    yield key, error
    except (KeyboardInterrupt, GeneratorExit) as stop:
        raise _stop_of(list(under_way.values()), stop) from None


def _stop_of(trainings: list[Steps], stop: BaseException) -> BaseException:
    """Stop all of them, and return what the first one says of it."""
    said: list[BaseException] = []
    for steps in trainings:
        try:
            steps.throw(stop)
        except StopIteration:
            continue
        except BaseException as error:  # noqa: BLE001 - the others are stopped as well
            said.append(error)
    return next((each for each in said if isinstance(each, KeyboardInterrupt)), stop)
