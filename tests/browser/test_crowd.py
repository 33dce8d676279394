"""Visitors who train at once, on each page that trains on the server: all are served, and nobody sees an error.

Six in every run; thirty, the least that is promised, where endurance is asked for.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browsing import ROOT, served
from tests.visitors import Visitor


def on_digits(visitor: Visitor) -> str:
    """Train both networks on the digits to their end."""
    visitor.press("Train")
    visitor.wait_until(lambda: "6 and 7 taught NAT doubt about 8 and 9" in visitor.text)
    return visitor.text


def on_your_negatives(visitor: Visitor) -> str:
    """Teach the stored network the five photos that are chosen at first."""
    visitor.press("Train")
    visitor.wait_until(lambda: "It learned these 5: it " in visitor.text)
    return visitor.text


PAGES: dict[str, Callable[[Visitor], str]] = {
    "digits_live": on_digits,
    "your_negatives": on_your_negatives,
}


@pytest.mark.checkpoints
@pytest.mark.slow
@pytest.mark.parametrize("each", [3, pytest.param(15, marks=pytest.mark.endurance)])
def test_visitors_train_at_once_and_all_are_served(each: int) -> None:
    ready = threading.Barrier(each * len(PAGES), timeout=300)
    waited = []

    def visit(page: str) -> str:
        try:
            with Visitor(address, page, "pair=wrn16_1") as visitor:
                ready.wait()
                last = PAGES[page](visitor)
                waited.append(visitor.seen("Others are training now"))
                return last
        except BaseException:
            ready.abort()
            raise

    with served(ROOT / "checkpoints") as address, ThreadPoolExecutor(each * len(PAGES)) as crowd:
        visits = {page: [crowd.submit(visit, page) for _ in range(each)] for page in PAGES}
        texts = {page: {visited.result() for visited in those} for page, those in visits.items()}
    # The same seed and the same digits: everyone sees the same end, whoever trained beside them.
    assert len(texts["digits_live"]) == 1
    assert sum(waited) >= each, "hardly anyone had to wait, so they did not train at once"
