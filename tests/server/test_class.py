"""A class on a running server: phones join by the link of the QR code, guess at once, and follow their teacher.

Twelve in every run; thirty, a whole class, where endurance is asked for.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from nat_app.views.workshop.wall import words
from tests.attacks import Request, send
from tests.browsing import served
from tests.pages import plain
from tests.visitors import Visitor

MEASURE = "How sure is the baseline of its best answer?"
BY_CODE = re.compile(r"wall_code\W+(\w+)<")


@pytest.mark.slow
@pytest.mark.parametrize("count", [12, pytest.param(30, marks=pytest.mark.endurance)])
def test_phones_guess_and_follow_at_once(networks: Path, count: int) -> None:
    link = "pair=wrn16_1&workshop_part=Classroom"
    with served(networks) as address, ExitStack() as visits, ThreadPoolExecutor(count) as crowd:
        teacher = visits.enter_context(Visitor(address, "workshop", link))
        teacher.press("Open a class")
        found = BY_CODE.search(teacher.everything)
        assert found
        query = f"pair=wrn16_1&class={found[1]}"
        phones = list(crowd.map(lambda _: visits.enter_context(Visitor(address, "workshop", query)), range(count)))
        assert all(f"Class {found[1]}." in phone.text for phone in phones)

        def guess(phone: Visitor, percent: int) -> None:
            phone.slide(MEASURE, percent)
            phone.press("Reveal")

        list(crowd.map(guess, phones, range(count)))
        teacher.wait_until(lambda: words.here(count, count) in teacher.text)
        teacher.switch("All follow me", on=True)
        teacher.go("evidence", "pair=wrn16_1")
        wanted = teacher.text.splitlines()[0]
        list(crowd.map(lambda phone: phone.wait_until(lambda: wanted in phone.text), phones))
        assert all("you follow your teacher" in phone.text for phone in phones)
        teacher.go("workshop", "pair=wrn16_1&workshop_part=Classroom")
        teacher.choose("Guesses and points")
        guesses = [percent / 100 for percent in range(count)]
        teacher.wait_until(lambda: plain(words.finding(guesses, count)) in plain(teacher.text))
        # The table is there though the phones go on looking while the browser asks for it.
        table = teacher.make_download("All guesses (CSV)")
        list(crowd.map(Visitor.again, phones))
        answer = send(address, Request("", "GET", table))
        assert answer.status == 200
        assert len(answer.body.splitlines()) == 1 + count
        # Closed, it is forgotten, and the table with it, at the second end of anybody's script.
        teacher.press("Close and forget")
        for phone in phones[:2]:
            phone.again()
        assert send(address, Request("", "GET", table)).status == 404
