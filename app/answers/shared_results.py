"""Results that are the same for all visitors, computed once; what Streamlit's caches do, at a hundredth of their cost.

Those turn every argument into bytes and hash them at each call, which took half of an answer of Thresholds. Here the
arguments themselves are the key, as with `functools.lru_cache`, so they have to be hashable.
"""

import threading
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from typing import Any, Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_FORGET: list[Callable[[], None]] = []


class _Slot(Generic[Result]):
    """The place of one result, empty until it is first asked for."""

    def __init__(self, function: Callable[..., Result], *arguments: Any) -> None:
        self._lock, self._found = threading.Lock(), []
        self._compute = partial(function, *arguments)

    def result(self) -> Result:
        with self._lock:  # visitors who ask at the same time wait for one of them
            if not self._found:
                self._found.append(self._compute())
            return self._found[0]


def shared_by_all(most: int) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Keep a function's results for all visitors, the `most` that were asked for last; nobody may change one.

    What raises is computed anew. A result must not depend on the visitor but by the arguments: words have their
    language among them.

    >>> @shared_by_all(most=8)
    ... def doubled(number: int) -> list[int]:
    ...     return [number, number]
    >>> doubled(1) is doubled(1)
    True
    """

    def sharing(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        slots = lru_cache(most)(partial(_Slot, function))
        _FORGET.append(slots.cache_clear)

        @wraps(function)
        def shared(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            if named:
                raise TypeError(f"{function.__name__} takes its arguments by place, not {', '.join(named)} by name")
            return slots(*arguments).result()

        return shared

    return sharing


def forget_all() -> None:
    """Compute everything anew; for tests, in which one server follows the other."""
    for forget in _FORGET:
        forget()
