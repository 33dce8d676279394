"""The memory for what visitors bring along: counted, bounded for all together, free again once it is forgotten."""

import gc
import threading
from pathlib import Path

import pytest

from nat_app.visit import brought_along, room
from nat_app.visit.room import FULL, NoRoom, Room
from tests.app.test_own_sets_page import FLOWERS, PAGE, bring
from tests.pages import PAGES, said, shown
from tests.uploads import picture


class Thing:
    """Something that a visitor holds."""


def test_a_thing_counts_as_long_as_it_is_held() -> None:
    held, first, second = Room(100), Thing(), Thing()
    held.keep(first, 60)
    with pytest.raises(NoRoom) as full:
        held.keep(second, 41)
    assert full.value.sentence == FULL.format(most=100 / 1_000_000)
    held.keep(second, 40)
    assert held.taken == 100
    del first
    gc.collect()
    assert held.taken == 40


def test_what_many_bring_and_drop_at_once_leaves_nothing_counted() -> None:
    held = Room(10**9)

    def visit() -> None:
        for _ in range(500):
            held.keep(Thing(), 7)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert held.taken == 0


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> str:
    """Leave visitors a kilobyte in all, and return how that is said."""
    small = Room(1_000)
    monkeypatch.setattr(room, "shared", lambda: small)
    return FULL.format(most=0.001)


def test_an_image_set_without_room_is_refused_in_a_sentence(start, networks: Path, full: str) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), "flowers.zip", FLOWERS)
    assert f"flowers.zip: {full}" in [shown(each.value) for each in app.warning]
    assert not app.session_state["brought_along"].sets


def test_a_photo_without_room_is_named_and_the_page_goes_on(start, networks: Path, full: str) -> None:
    app = start(networks, PAGES[1], pair="wrn16_1")
    app.file_uploader(key="uploads").upload("mine.png", picture((1, 2, 3)), "image/png").run()
    assert f"mine.png: {full}" in said(app)
    assert not app.session_state["own_photos"].photos


def test_forgetting_an_image_set_makes_room(start, networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = Room(10**9)
    monkeypatch.setattr(room, "shared", lambda: large)
    app = bring(start(networks, PAGE, pair="wrn16_1"), "flowers.zip", FLOWERS)
    assert large.taken == 3 * 32 * 32 * 3
    next(button for button in app.button if button.label == "Forget it").click().run()
    assert not app.session_state["brought_along"].sets
    del app
    gc.collect()
    assert large.taken == 0


def test_a_network_counts_by_its_weights_and_what_both_said(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nat_core.store.checkpoints import load_card, load_predictions

    card, stored = load_card(networks, "wrn16_1_nat"), load_predictions(networks, "wrn16_1_nat", ["noise"])
    said_of = sum(2 * each.logits.nbytes for each in stored.values())
    mine, theirs = (brought_along.OwnNetwork(card, stored, {}, None, brought) for brought in (True, False))
    assert brought_along.size_of(mine) == 4 * card.parameters + said_of
    assert brought_along.size_of(theirs) == said_of
