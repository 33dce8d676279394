"""Visitors with marks of their own, and floods: nobody sees another's, and everybody else is still served."""

import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nat_app.views.thresholds.settings import MOVED_BY_T
from tests.browsing import serving
from tests.uploads import picture
from tests.visitors import THRESHOLD_SLIDER, BackMsg, Visitor

VISITORS, PAGES = 6, ("your_photos", "attention", "your_photos", "workshop", "see_it", "thresholds")


@pytest.fixture(scope="module")
def public(networks) -> Iterator[tuple[str, object]]:
    """A public server and its process."""
    with serving(networks, "--public") as started:
        yield started


def marked(address: str, number: int, barrier: threading.Barrier) -> tuple[int, list[str]]:
    """One visit with a marked photo and a marked link; returns how much was looked at, and whose marks were seen."""
    cookie, mark = f"visitor{number}", f"MARK{number:03}X"
    others, seen, looked = [f"MARK{each:03}X" for each in range(VISITORS) if each != number], [], 0
    headers = {"Cookie": f"nat_visitor={cookie}"}
    with Visitor(address, "your_photos", f"pair=wrn16_1&mine={mark}", headers=headers) as visit:
        assert mark in visit.everything
        visit.upload(f"{mark}.png", picture((number * 9, 90, 90)), cookie)
        assert f"{mark}" in visit.text
        barrier.wait(timeout=180)
        for _ in range(3):
            visit.again()
            found = visit.everything
            looked += len(others)
            seen += [each for each in others if each in found]
    return looked, seen


@pytest.mark.slow
def test_nobody_sees_the_marks_of_others(public) -> None:
    address, _ = public
    barrier = threading.Barrier(VISITORS)
    with ThreadPoolExecutor(VISITORS) as pool:
        found = list(pool.map(lambda number: marked(address, number, barrier), range(VISITORS)))
    assert sum(looked for looked, _ in found) == 3 * VISITORS * (VISITORS - 1)
    assert [seen for _, seen in found] == [[]] * VISITORS


@pytest.mark.slow
def test_a_flood_of_reruns_from_one_socket_leaves_others_served(public) -> None:
    address, server = public
    again = BackMsg()
    again.rerun_script.page_name = "see_it"
    with Visitor(address, "see_it") as flood, Visitor(address, "thresholds") as other:
        for _ in range(500):
            flood.send(again)
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=60) as answer:
            assert answer.read() == b"ok"
        other.slide(THRESHOLD_SLIDER, 0.5)
        other.again()
        assert "50" in other.text
    assert server.poll() is None


@pytest.mark.parametrize("fold", ["", *(fold.open.key for fold in MOVED_BY_T)])
def test_a_moved_threshold_draws_the_slider_alone_or_all_that_the_browser_cannot_move(public, fold: str) -> None:
    address, _ = public
    with Visitor(address, "thresholds", f"pair=wrn16_1&t=0.9{f'&{fold}=1' if fold else ''}") as visit:
        assert "Above 90" in visit.text
        whole = len(visit.drawn)
        visit.slide(THRESHOLD_SLIDER, 0.5)
        assert visit.drawn == ["slider"] if not fold else len(visit.drawn) >= whole
        assert ("Above 50" in visit.text) == bool(fold)
        visit.again()
        assert "Above 50" in visit.text
