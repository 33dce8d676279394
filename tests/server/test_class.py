"""A class on a running server: thirty phones join by the link of the QR code, guess, and follow their teacher."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from nat_app.views.workshop.wall import words
from tests.browsing import served
from tests.pages import plain
from tests.visitors import Visitor

PHONES = 30
MEASURE = "How sure is the baseline of its best answer?"
BY_CODE = re.compile(r'class="wall_code">(\w+)<')


@pytest.mark.slow
def test_thirty_phones_guess_and_follow_at_once(networks: Path) -> None:
    link = "pair=wrn16_1&workshop_part=Classroom"
    with served(networks) as address, ExitStack() as visits, ThreadPoolExecutor(PHONES) as crowd:
        teacher = visits.enter_context(Visitor(address, "workshop", link))
        teacher.press("Open a class")
        found = BY_CODE.search(teacher.everything)
        assert found
        query = f"pair=wrn16_1&class={found[1]}"
        phones = list(crowd.map(lambda _: visits.enter_context(Visitor(address, "workshop", query)), range(PHONES)))
        assert all(f"Class {found[1]}." in phone.text for phone in phones)

        def guess(phone: Visitor, percent: int) -> None:
            phone.slide(MEASURE, percent)
            phone.press("Reveal")

        list(crowd.map(guess, phones, range(PHONES)))
        teacher.wait_until(lambda: words.here(PHONES, PHONES) in teacher.text)
        teacher.switch("All follow me", on=True)
        teacher.go("evidence", "pair=wrn16_1")
        wanted = teacher.text.splitlines()[0]
        list(crowd.map(lambda phone: phone.wait_until(lambda: wanted in phone.text), phones))
        assert all("you follow your teacher's pages" in phone.text for phone in phones)
        teacher.go("workshop", "pair=wrn16_1&workshop_part=Classroom")
        teacher.choose("Guesses and points")
        guesses = [percent / 100 for percent in range(PHONES)]
        teacher.wait_until(lambda: plain(words.finding(guesses, PHONES)) in plain(teacher.text))
