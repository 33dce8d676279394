"""Whose turn it is to run the page's script: no slot is lost, none is there twice, and a visit that left has none."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from starlette.websockets import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nat_app.server import run_slots
from nat_app.server.guard import Guard, ServerState
from nat_app.server.run_slots import RunSlots
from nat_app.server.sockets import HERE, Message
from nat_app.visit.limits import PUBLIC_LIMITS
from tests.server.test_limits import RERUN, Browser, socket

BEGUN = ForwardMsg()
BEGUN.new_session.main_script_path = f"{HERE.decode()}/script.py"
NEW_RUN: Message = {"type": "websocket.send", "bytes": BEGUN.SerializeToString()}
ASKED = RERUN.SerializeToString()
LEFT: Message = {"type": "websocket.disconnect", "code": 1006}
SCOPE = {
    "type": "websocket", "scheme": "ws", "path": "/_stcore/stream", "query_string": b"", "client": ("10.0.0.1", 1),
    "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")], "subprotocols": [],
}  # fmt: skip


class Gone(Browser):
    """A browser that vanished: what is sent to it fails, by an error of its own kind."""

    def __init__(self, *messages: bytes, error: OSError) -> None:
        super().__init__(*messages)
        self.error = error

    async def send(self, message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise self.error


def finished(status: "ForwardMsg.ScriptFinishedStatus.ValueType") -> Message:
    """What Streamlit sends when a run of the script has ended."""
    return {"type": "websocket.send", "bytes": ForwardMsg(script_finished=status).SerializeToString()}


async def may_begin(waiting: "asyncio.Task[Message]") -> bool:
    """Whether a visit's message has been let through."""
    await asyncio.sleep(0.02)
    return waiting.done()


def test_an_address_has_so_many_runs_at_once_and_nobody_else_waits_for_them() -> None:
    async def one_by_one() -> list[bool]:
        theirs, rerun = RunSlots(1), RERUN.SerializeToString()
        first, second, other = (socket(Browser(rerun, rerun), slot=theirs.of(each)) for each in "aab")
        await first.receive()
        waiting, elsewhere = asyncio.create_task(second.receive()), asyncio.create_task(other.receive())
        seen = [await may_begin(elsewhere), await may_begin(waiting)]
        # A visit that asks again while its script runs stops that one, which is nobody's second run.
        await first.receive()
        await first.send(finished(ForwardMsg.FINISHED_EARLY_FOR_RERUN))
        seen.append(await may_begin(waiting))
        await first.send(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
        return [*seen, await may_begin(waiting)]

    assert asyncio.run(one_by_one()) == [True, False, False, True]


def test_a_run_that_waits_for_something_else_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_slots, "LONGEST", 0.05)

    async def both() -> Message:
        theirs = RunSlots(1)
        long, next_one = (socket(Browser(RERUN.SerializeToString()), slot=theirs.of("a")) for _ in range(2))
        await long.receive()
        return await next_one.receive()

    assert asyncio.run(both())["type"] == "websocket.receive"


def test_a_slot_given_back_twice_makes_no_second_one() -> None:
    async def taken() -> bool:
        theirs = RunSlots(1)
        first, second, third = (theirs.of("a") for _ in range(3))
        await first.take()
        first.give_back()
        first.give_back()
        await second.take()
        waiting = asyncio.create_task(third.take())
        await asyncio.sleep(0.02)
        return waiting.done()

    assert not asyncio.run(taken())


def test_a_slot_that_comes_back_before_anybody_waits_is_not_lost() -> None:
    async def taken() -> None:
        theirs = RunSlots(1)
        first, second = theirs.of("a"), theirs.of("a")
        await first.take()
        assert not second.try_take()
        waiting = asyncio.ensure_future(second.take())  # which begins to wait a moment later
        first.give_back()
        await asyncio.wait_for(waiting, 60)

    asyncio.run(taken())


def test_a_visit_whose_run_began_while_it_waited_takes_no_second_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_slots, "LONGEST", 3600.0)

    async def taken() -> list[bool]:
        theirs = RunSlots(1)
        first, second, third = (theirs.of("a") for _ in range(3))
        await first.take()
        waiting = asyncio.create_task(second.take())
        await asyncio.sleep(0.02)
        # In one moment its turn comes and its run begins, which is more than there is room for.
        first.give_back()
        second.begun()
        await asyncio.wait_for(waiting, 60)
        seen = [third.try_take()]
        second.give_back()
        return [*seen, third.try_take()]

    assert asyncio.run(taken()) == [False, True]


def test_a_run_that_follows_by_itself_is_counted_and_is_over_once() -> None:
    async def counted() -> list[bool]:
        theirs = RunSlots(1)
        busy, other, third = (socket(Browser(ASKED, ASKED), slot=theirs.of("a")) for _ in range(3))
        await busy.receive()
        await busy.receive()  # handed on while the first run is about to end
        await busy.send(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
        await busy.send(NEW_RUN)  # and so begun without a slot
        waiting = asyncio.create_task(other.receive())
        seen = [await may_begin(waiting)]
        await busy.send(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
        seen.append(await may_begin(waiting))
        await other.send(NEW_RUN)
        last = asyncio.create_task(third.receive())
        seen.append(await may_begin(last))
        await other.send(finished(ForwardMsg.FINISHED_WITH_COMPILE_ERROR))
        return [*seen, await may_begin(last)]

    assert asyncio.run(counted()) == [False, True, False, True]


def test_what_a_visit_sends_while_it_waits_is_read_in_its_order() -> None:
    stop, heartbeat = (each.SerializeToString() for each in (BackMsg(stop_script=True), BackMsg(app_heartbeat=True)))

    async def read() -> list[Any]:
        theirs = RunSlots(1)
        first = socket(Browser(ASKED), slot=theirs.of("a"))
        second = socket(Browser(ASKED, stop, heartbeat), slot=theirs.of("a"))
        await first.receive()
        waiting = asyncio.create_task(second.receive())
        assert not await may_begin(waiting)
        await first.send(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
        return [(await waiting)["bytes"], (await second.receive())["bytes"], (await second.receive())["bytes"]]

    assert asyncio.run(read()) == [ASKED, stop, heartbeat]


def test_the_run_of_a_visit_that_left_keeps_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_slots, "LONGEST", 0.3)
    state = ServerState(replace(PUBLIC_LIMITS, runs_at_once=1))

    async def app(scope: dict, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def visits() -> bool:
        gone = Browser(ASKED)
        gone.messages.put_nowait(LEFT)
        await Guard(app, state)(SCOPE, gone.messages.get, gone.send)
        next_one = state.run_slots.of("10.0.0.1")
        now = next_one.try_take()
        await asyncio.wait_for(next_one.take(), 60)
        return now

    assert not asyncio.run(visits())


def test_a_hundred_visits_that_come_and_go_lose_no_slot_and_make_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_slots, "LONGEST", 0.001)

    async def many() -> list[bool]:
        theirs = RunSlots(2)
        keep = [theirs.of("a") for _ in range(3)]

        async def visit(number: int) -> None:
            slot = theirs.of("a")
            taking = asyncio.create_task(slot.take())
            if number % 3 == 0:
                await asyncio.sleep(number % 4 / 1_000)
                taking.cancel()
            if number % 5 == 0:
                slot.begun()
            await asyncio.wait([taking])
            if number % 2:
                slot.give_back()
                slot.begun()

        await asyncio.wait_for(asyncio.gather(*map(visit, range(100))), 60)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(run_slots, "LONGEST", 3600.0)
        return [each.try_take() for each in keep]

    assert asyncio.run(many()) == [True, True, False]


@pytest.mark.parametrize("error", [OSError("the browser has gone"), ConnectionResetError()])
def test_a_visit_to_which_nothing_can_be_sent_is_over_for_streamlit_too(error: OSError) -> None:
    """As Streamlit reads and writes: with Starlette's socket, which refuses to be read or closed after a failed send.

    Streamlit closes a second time then, and that ended in a traceback in the server's log.
    """
    state = ServerState(replace(PUBLIC_LIMITS, runs_at_once=1))

    async def app(scope: dict, receive: Any, send: Any) -> None:
        theirs = WebSocket(scope, receive, send)
        await theirs.accept()
        reading = asyncio.create_task(theirs.receive_bytes())
        await asyncio.sleep(0.02)  # it waits for a slot, having asked
        writing = asyncio.create_task(theirs.send_bytes(NEW_RUN["bytes"]))
        await asyncio.wait([writing])
        assert type(writing.exception()).__name__ == "WebSocketDisconnect"
        held.give_back()  # its turn comes, too late
        await asyncio.wait([reading])
        ends.append(type(reading.exception()).__name__)

    async def visit() -> None:
        nonlocal held
        held = state.run_slots.of("10.0.0.1")
        await held.take()
        browser = Gone(ASKED, error=error)
        browser.messages = asyncio.Queue()
        for each in ({"type": "websocket.connect"}, {"type": "websocket.receive", "bytes": ASKED}):
            browser.messages.put_nowait(each)
        await Guard(app, state)(SCOPE, browser.messages.get, browser.send)

    ends: list[str] = []
    held: Any = None
    asyncio.run(visit())
    assert ends == ["WebSocketDisconnect"]
