"""Results that all visitors share: computed once, however many ask at the same time, and anew after an error."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nat_app.answers.shared_results import forget_all, shared_by_all


def test_eight_who_ask_at_once_wait_for_one_computation() -> None:
    computed, together = [], threading.Barrier(8)

    @shared_by_all(most=4)
    def found(number: int) -> object:
        computed.append(number)
        threading.Event().wait(0.05)
        return object()

    def ask(number: int) -> object:
        together.wait()
        return found(number)

    found(0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [1] * 8))
    assert computed == [0, 1]
    assert len(set(map(id, answers))) == 1


def test_an_error_reaches_who_asked_and_is_not_kept() -> None:
    tries = []

    @shared_by_all(most=4)
    def found() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not yet")
        return "there"

    with pytest.raises(OSError, match="not yet"):
        found()
    assert [found(), found()] == ["there", "there"]
    assert len(tries) == 2


def test_what_was_asked_for_longest_ago_is_let_go_and_all_of_it_on_demand() -> None:
    computed = []

    @shared_by_all(most=2)
    def found(number: int) -> int:
        computed.append(number)
        return number

    for number in (1, 2, 3, 3, 1):
        found(number)
    assert computed == [1, 2, 3, 1]
    forget_all()
    found(1)
    assert computed == [1, 2, 3, 1, 1]


def test_arguments_have_one_spelling() -> None:
    @shared_by_all(most=2)
    def found(number: int) -> int:
        return number

    with pytest.raises(TypeError, match="not number by name"):
        found(number=1)
