"""What one visitor and the whole server may use: sockets, messages, uploads, and a log that stays short."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from nat_app.server import sockets
from nat_app.server.guard import Guard, ServerState
from nat_app.server.run_slots import RunSlot, RunSlots
from nat_app.server.sockets import HERE, Bucket, Message, Socket, Sockets
from nat_app.server.transfers import uploads
from nat_app.server.transfers.uploads import FRAMING, Stored, Uploads
from nat_app.server.upkeep import Quiet, open_browser, raise_descriptors
from nat_app.server.visitors import Caller, Owners
from nat_app.visit.limits import MB, PUBLIC_LIMITS
from tests.browsing import served
from tests.present import present
from tests.server.test_guard import asks, put, visitor

SMALL = replace(PUBLIC_LIMITS, sockets=3, sockets_each=2)
ANNA, BERT = Caller("10.0.0.1", "anna", {}), Caller("10.0.0.2", "bert", {})


@pytest.fixture(scope="module")
def public(networks) -> Iterator[str]:
    """A public server."""
    with served(networks, "--public") as started:
        yield started


@pytest.mark.parametrize(
    ("before", "address"),
    [("10.0.0.1", "10.0.0.1"), ("10.0.0.1", "::ffff:10.0.0.1"), ("2001:db8:0:7::/64", "2001:db8:0:7:aa::1")],
)
def test_whoever_finds_no_room_is_told_so_in_their_language(before: str, address: str) -> None:
    state, sent = ServerState(SMALL), []
    for _ in range(SMALL.sockets_each):
        state.sockets.enter(before)
    wanted = [(b"host", b"localhost"), (b"accept", b"text/html"), (b"accept-language", b"de")]
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/", "query_string": b"", "headers": wanted,
        "client": (address, 1),
    }  # fmt: skip

    async def send(message: Message) -> None:
        sent.append(message)

    async def nothing(*_: object) -> Any:
        raise AssertionError("this is answered by the guard itself")

    asyncio.run(Guard(nothing, state)(scope, nothing, send))
    assert sent[0]["status"] == 503
    assert "Zu viele Besuche von einer Adresse; schließe einige." in sent[1]["body"].decode()


def test_sockets_are_counted_for_each_address_and_for_all() -> None:
    counted = Sockets(SMALL)
    for address in ("a", "a", "b"):
        assert counted.refusal(address) is None
        counted.enter(address)
    assert counted.open == 3
    assert "Too many people" in present(counted.refusal("c")).sentence
    counted.leave("b")
    assert "one address" in present(counted.refusal("a")).sentence
    assert counted.refusal("c") is None
    for _ in range(2):
        counted.leave("a")
    assert counted.open == 0


def test_messages_beyond_the_rate_wait_as_long_as_it_takes() -> None:
    now = [0.0]
    bucket = Bucket(rate=10.0, burst=5, clock=lambda: now[0])
    assert [bucket.take() for _ in range(7)] == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2])
    now[0] = 60.0
    assert [bucket.take() for _ in range(6)] == pytest.approx([0, 0, 0, 0, 0, 0.1])


class Browser:
    """The other end of a socket: what it sends, what it got, and whether it reads."""

    def __init__(self, *messages: bytes | None) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        for each in messages:
            self.messages.put_nowait({"type": "websocket.receive", "bytes": each})
        self.got: list[Message] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        self.got.append(message)


def socket(browser: Browser, sessions: list[str] | None = None, slot: RunSlot | None = None) -> Socket:
    """Its socket."""
    found = [] if sessions is None else sessions
    return Socket(PUBLIC_LIMITS, slot or RunSlots(1).of("a"), browser.messages.get, browser.send, found.append)


RERUN, CLEAR = BackMsg(), BackMsg(clear_cache=True)
RERUN.rerun_script.SetInParent()


def test_what_is_nobodys_business_is_passed_over() -> None:
    async def passes() -> Message:
        browser = Browser(CLEAR.SerializeToString(), RERUN.SerializeToString())
        return await socket(browser).receive()

    assert asyncio.run(passes())["bytes"] == RERUN.SerializeToString()


@pytest.mark.parametrize(("content", "code"), [(b"\xff" * 9, 1008), (None, 1008), (b"x" * 1_000_001, 1009)])
def test_what_is_no_message_ends_the_visit(content: bytes | None, code: int) -> None:
    async def ends() -> tuple[Message, list[Message]]:
        browser = Browser(content)
        return await socket(browser).receive(), browser.got

    said, got = asyncio.run(ends())
    assert said == {"type": "websocket.disconnect", "code": code}
    assert got == [{"type": "websocket.close", "code": code}]


def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "FIRST", 0.01)
    assert asyncio.run(socket(Browser()).receive())["type"] == "websocket.disconnect"


def test_who_does_not_read_is_not_read_and_in_the_end_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SLOW", 0.2)

    async def stuck() -> tuple[bool, Message]:
        browser = Browser(RERUN.SerializeToString(), RERUN.SerializeToString())
        theirs = socket(browser)
        await theirs.receive()
        browser.reads.clear()
        sending = asyncio.create_task(theirs.send({"type": "websocket.send", "bytes": b""}))
        await asyncio.sleep(0)
        second = asyncio.create_task(theirs.receive())
        await asyncio.sleep(0.05)
        waited = not second.done()
        with pytest.raises(OSError, match="slow"):
            await sending
        await second
        with pytest.raises(OSError, match="over"):
            await theirs.send({"type": "websocket.send", "bytes": b""})
        return waited, await theirs.receive()

    waited, last = asyncio.run(stuck())
    assert waited
    assert last["type"] == "websocket.disconnect"


def test_the_place_of_the_script_is_not_told_and_the_session_is_learned() -> None:
    begun = ForwardMsg()
    begun.new_session.main_script_path = f"{HERE.decode()}/script.py"
    begun.new_session.initialize.session_id = "of anna"
    sessions: list[str] = []

    async def sends() -> list[Message]:
        browser = Browser()
        await socket(browser, sessions).send({"type": "websocket.send", "bytes": begun.SerializeToString()})
        return browser.got

    (got,) = asyncio.run(sends())
    assert ForwardMsg.FromString(got["bytes"]).new_session.main_script_path == "script.py"
    assert sessions == ["of anna"]


# --- uploads ---------------------------------------------------------------------------------------------------------


def asked(size: str | None, session: str) -> dict:
    """An upload that says it is so long."""
    length = [] if size is None else [(b"content-length", size.encode())]
    return {"method": "PUT", "path": f"/_stcore/upload_file/{session}/{uuid4()}", "headers": length}


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> tuple[Uploads, dict[str, tuple[int, int]], dict[str, str]]:
    """The upload route of a server whose stored files are made up, what it stores, and the sessions of two browsers."""
    owners, here = Owners(), {}
    sessions = {name: str(uuid4()) for name in ("anna", "bert")}
    for name, session in sessions.items():
        owners.claim(session, name)
    monkeypatch.setattr(uploads, "stored", lambda: Stored(here))
    monkeypatch.setattr(Uploads, "owns", lambda self, who, session: owners.owns(who.visitor, session))
    return Uploads(PUBLIC_LIMITS, owners), here, sessions


@pytest.mark.parametrize(
    ("mine", "all_others", "size", "status"),
    [
        (0, 0, str(60 * MB), None),
        (0, 0, None, 411),
        (0, 0, "-5", 411),
        (0, 0, "9" * 13, 411),
        (0, 0, str(64 * MB + FRAMING), None),
        (0, 0, str(64 * MB + FRAMING + 1), 413),
        (63 * MB, 0, str(2 * MB), 413),
        (0, 999 * MB, str(2 * MB), 507),
        (0, 940 * MB, str(60 * MB), None),
    ],
)
def test_files_are_taken_as_far_as_there_is_room(room, mine, all_others, size, status) -> None:
    route, here, sessions = room
    here |= {sessions["anna"]: (1, mine), "of others": (20, all_others)}
    found = route.refusal(asked(size, sessions["anna"]), ANNA)
    assert (found.status if found else None) == status


def test_what_is_on_its_way_counts_too(room) -> None:
    route, _, sessions = room
    first = asked(str(40 * MB), sessions["anna"])
    size = route.coming(first, ANNA)
    assert route.refusal(asked(str(40 * MB), sessions["anna"]), ANNA).status == 413
    assert route.refusal(asked(str(40 * MB), sessions["bert"]), BERT) is None
    route.gone(ANNA, size)
    assert route.refusal(asked(str(40 * MB), sessions["anna"]), ANNA) is None


def test_one_visitor_sends_a_few_files_at_once(room) -> None:
    route, _, sessions = room
    for _ in range(PUBLIC_LIMITS.uploads_at_once):
        route.coming(asked("5", sessions["anna"]), ANNA)
    assert route.refusal(asked("5", sessions["anna"]), ANNA).status == 429


def test_a_hundred_thousand_empty_files_are_too_many(room) -> None:
    route, here, sessions = room
    here[sessions["anna"]] = (PUBLIC_LIMITS.files_each, 0)
    assert route.refusal(asked("0", sessions["anna"]), ANNA).status == 413


def test_an_upload_that_pauses_too_long_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PAUSE", 0.01)

    async def upload() -> list[str]:
        parts = [{"type": "http.request", "body": b"a", "more_body": True}]

        async def receive() -> Any:
            if not parts:
                await asyncio.sleep(3600)
            return parts.pop()

        in_time = uploads.unhurried(receive)
        return [(await in_time())["type"] for _ in range(2)]

    assert asyncio.run(upload()) == ["http.request", "http.disconnect"]


def parts_of(size: int, part: int = 64_000) -> uploads.Receive:
    """A sender as fast as can be, of so many bytes in parts."""
    sizes = iter([*[part] * (size // part), size % part])
    left = size

    async def receive() -> Message:
        nonlocal left
        left -= (now := next(sizes))
        return {"type": "http.request", "body": bytes(now), "more_body": left > 0}

    return receive


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that uploads were told to wait, for which nobody waits here; time stands still for them."""
    told: list[float] = []
    pause = asyncio.sleep

    async def sleep(seconds: float) -> None:
        told.append(seconds)
        await pause(0)

    monkeypatch.setattr(uploads.asyncio, "sleep", sleep)
    monkeypatch.setattr(uploads, "Bucket", lambda rate, burst: Bucket(rate, burst, clock=lambda: 0.0))
    return told


@pytest.mark.parametrize(("declared", "status"), [(20 * MB, 204), (65 * MB, 413)])
def test_uploads_taken_and_refused_are_read_no_faster_than_they_may_come(
    room, waited: list[float], monkeypatch: pytest.MonkeyPatch, declared: int, status: int
) -> None:
    _, _, sessions = room
    state, sent = ServerState(PUBLIC_LIMITS), []
    monkeypatch.setattr(Uploads, "owns", lambda self, who, session: True)
    content = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"content-length", str(declared).encode())]
    scope = asked(None, sessions["anna"]) | {
        "type": "http", "scheme": "http", "query_string": b"", "headers": content, "client": ("10.0.0.1", 1)
    }  # fmt: skip

    async def app(scope: dict, receive: uploads.Receive, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 204})

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(app, state)(scope, parts_of(declared), send))
    assert sent[0]["status"] == status
    # The first megabyte is read at once. Each wait says how long all that came before takes.
    assert waited[: MB // 64_000] == [0.0] * (MB // 64_000)
    assert waited[-1] == pytest.approx((declared - MB) / PUBLIC_LIMITS.upload_rate)


def test_uploads_from_one_address_share_its_pace_and_those_from_others_do_not_wait(room, waited: list[float]) -> None:
    route, _, _ = room

    async def read(*senders: Caller) -> list[float]:
        receives = [route.paced(parts_of(4 * MB), who) for who in senders]
        waited.clear()
        await asyncio.gather(*(uploads.passed_over(receive) for receive in receives))
        return sorted(waited)

    rate = PUBLIC_LIMITS.upload_rate
    assert asyncio.run(read(ANNA, replace(ANNA, visitor="another")))[-1] == pytest.approx(7 * MB / rate)
    # What was told of the first two is forgotten with them.
    assert asyncio.run(read(ANNA, BERT))[-2:] == pytest.approx([3 * MB / rate] * 2)


def test_files_are_counted_only_where_streamlit_keeps_them_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr="elsewhere"))
    with pytest.raises(TypeError, match="kept in a MemoryUploadedFileManager, not in a str"):
        uploads.stored()


def test_a_second_file_that_is_too_much_is_refused_by_the_server_and_the_first_can_be_removed(public: str) -> None:
    with visitor(public, "anna") as anna:
        assert put(public, anna.session, "anna", b"0" * 40 * MB).status == 204
        refused = put(public, anna.session, "anna", b"0" * 40 * MB)
        assert (refused.status, refused.body) == (413, "You have more than 64 MB here; remove some files.")
        with visitor(public, "bert") as bert:
            assert put(public, bert.session, "bert", b"0" * 40 * MB).status == 204
    assert asks(public, "GET", "/_stcore/health").status == 200


def test_the_thousandth_socket_is_refused_and_others_come_in(public: str) -> None:
    stream, refused = f"{public.replace('http', 'ws')}/_stcore/stream", 0
    # Without pings of their own: on a busy machine their answers come late, and a socket that was given up makes room.
    # Each says something, since one that says nothing for 20 seconds is cut.
    how: dict[str, Any] = {"origin": Origin(public), "source_address": ("127.0.0.2", 0), "ping_interval": None}
    with ExitStack() as held:
        for _ in range(1_000):
            try:
                held.enter_context(connect(stream, **how)).send(BackMsg(stop_script=True).SerializeToString())
            except InvalidStatus:
                refused += 1
        assert refused == 1_000 - PUBLIC_LIMITS.sockets_each
        with visitor(public, "carla") as carla:
            assert carla.text


# --- the log and the descriptors -------------------------------------------------------------------------------------


def test_the_same_message_is_logged_a_few_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("nat_app.server.upkeep.time.monotonic", lambda: now[0])
    quiet = Quiet()

    def passes(text: str) -> logging.LogRecord | None:
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, text, None, None)
        return record if quiet.filter(record) else None

    full = "socket.accept() out of system resource\nsocket: <fd={}>"
    assert sum(passes(full.format(number)) is not None for number in range(10_000)) == 5
    assert passes("something else") is not None
    now[0] = 61.0
    again = passes(full.format(3))
    assert again is not None
    assert again.getMessage().endswith("(9995 more like it in 60 s)")


def test_a_message_that_was_seldom_is_said_again_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("nat_app.server.upkeep.time.monotonic", lambda: now[0])
    quiet, said = Quiet(), []
    for moment in (0.0, 1.0, 62.0):
        now[0] = moment
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "the disk is full", None, None)
        said += [record.getMessage()] if quiet.filter(record) else []
    assert said == 3 * ["the disk is full"]


def test_messages_of_a_thousand_kinds_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_app.server.upkeep.time.monotonic", lambda: 0.0)
    quiet = Quiet()

    def passes(name: str) -> bool:
        return quiet.filter(logging.LogRecord(name, logging.ERROR, "", 0, "failed", None, None))

    assert [passes("first") for _ in range(6)] == [True] * 5 + [False]
    for number in range(1_001):
        passes(f"kind {number}")
    assert passes("first")


@pytest.mark.parametrize("headless", [True, False])
def test_a_browser_is_opened_for_whoever_sits_at_the_computer(headless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    options = {"server.headless": headless, "server.port": 8642}
    monkeypatch.setattr("nat_app.server.upkeep.config.get_option", options.__getitem__)
    monkeypatch.setattr("nat_app.server.upkeep.webbrowser.open", opened.append)
    open_browser()
    assert opened == ([] if headless else ["http://localhost:8642"])


def test_descriptors_are_raised_to_what_the_system_allows() -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        assert raise_descriptors() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 10_240 or before[1] < 10_240
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
