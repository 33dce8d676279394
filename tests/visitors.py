"""Visitors without a browser: they speak the app's own protocol over its websocket, so thirty fit on a small machine.

What a page shows is read as text; buttons are pressed by their label; fragments that draw themselves again and again
are asked for as a browser does.
"""

import math
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.attacks import BOUNDARY, OWN, Answer, Request, multipart, send

THRESHOLD_SLIDER = "Threshold t: sure above it"
"""The label of the slider that Thresholds and Your photos have."""
TOKEN = "2|00000000|00000000000000000000000000000000|1"
"""A token against forgery; any will do that is sent twice, by header and by cookie."""


def put(
    address: str, target: str, cookie: str, content: bytes, name: str = "a.txt", method: str = "PUT", source: str = ""
) -> Answer:
    """Send a file as a page of the server does in the browser with this cookie, and return the answer."""
    headers = (
        ("Origin", f"http://{OWN}"), ("Cookie", f"nat_visitor={cookie}; _streamlit_xsrf={TOKEN}"),
        ("X-Xsrftoken", TOKEN), ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
    )  # fmt: skip
    body = multipart(content, name) if method == "PUT" else b""
    return send(address, Request("", method, target, headers, body), source=source)


def stream(address: str, *, source: str = "", **options: Any) -> ClientConnection:
    """Open a socket to the app as one of its pages does, from a local address if one is named."""
    if source:
        options["source_address"] = (source, 0)
    return connect(f"{address.replace('http', 'ws', 1)}/_stcore/stream", origin=Origin(address), **options)


class AppFailed(AssertionError):
    """The app showed an exception to its visitor."""


class Visitor:
    """One visit to a page of a running app, to be used in a `with`. Raises TimeoutError where an answer never comes."""

    def __init__(
        self,
        address: str,
        page: str,
        query: str = "",
        patience: float = 180.0,
        headers: dict[str, str] | None = None,
        protocols: tuple[str, ...] = (),
        source: str = "",
    ) -> None:
        self._page, self._query, self._patience = page, query, patience
        self._connection = stream(
            address, source=source, subprotocols=["streamlit", *protocols], max_size=None, open_timeout=patience,
            ping_timeout=None, additional_headers=headers or {},
        )  # fmt: skip
        self._elements: dict[tuple[int, ...], Element] = {}
        self._parts: dict[str, str] = {}
        """The fragments of the widgets that are in one, by the widgets' names."""
        self._again: tuple[float, str] | None = None
        """The seconds after which the page's fragment asks to be drawn again, and its name."""
        self._busy, self._fragment, self._called = False, "", ""
        self._said: set[str] = set()
        self.drawn: list[str] = []
        """The kinds of elements that were drawn since the visitor last did something."""
        self.kinds: set[str] = set()
        """The kinds of messages that came."""
        self._address = address
        self.urls: list[Any] = []
        self._made = ""
        """Where the file lies that a press on a download made."""
        self.session = ""
        """The session's name, which the server says once."""

    def __enter__(self) -> "Visitor":
        self._socket = self._connection.__enter__()
        self._ask()
        self._until_at_rest()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._connection.__exit__(kind, error, trace)

    def visit(self) -> None:
        """Come, wait until the page is drawn, and leave."""
        with self:
            pass

    @property
    def text(self) -> str:
        """What headings, paragraphs and captions say."""
        found = [(each.WhichOneof("type"), each) for each in self._elements.values()]
        return "\n".join(getattr(each, kind).body for kind, each in found if kind in ("heading", "markdown"))

    def seen(self, words: str) -> bool:
        """Whether the page has ever said these words during the visit."""
        return any(words in each for each in self._said)

    @property
    def everything(self) -> str:
        """All that was sent for the page as it is, charts and descriptions too, as text."""
        return "\n".join(str(each) for each in self._elements.values())

    def upload(self, name: str, content: bytes, cookie: str) -> None:
        """Put a file into the page's first drop zone, as the browser with this cookie does, and wait for the page."""
        self.upload_all({name: content}, cookie)

    def upload_all(self, files: Mapping[str, bytes], cookie: str) -> None:
        """Drop several files at once, which are sent one after the other, and wait for the page."""
        asked = BackMsg()
        asked.file_urls_request.request_id = "1"
        asked.file_urls_request.file_names.extend(files)
        asked.file_urls_request.session_id = self.session
        self.send(asked)
        self.urls = []
        while not self.urls:
            self._receive(self._patience)
        zone = next(
            each.file_uploader for each in self._elements.values() if each.WhichOneof("type") == "file_uploader"
        )
        state = self._state()
        put_here = state.widget_states.widgets.add(id=zone.id).file_uploader_state_value.uploaded_file_info
        for (name, content), urls in zip(files.items(), self.urls, strict=True):
            answer = put(self._address, urls.upload_url, cookie, content, name)
            if answer.status != 204:
                raise AppFailed(f"the upload was answered {answer.status}: {answer.body}")
            held = put_here.add()
            held.name, held.size, held.file_id = name, len(content), urls.file_id
            held.file_urls.CopyFrom(urls)
        self._send(state)
        self._until_at_rest()

    def press(self, label: str) -> float:
        """Press a button and return the seconds until the page is drawn."""
        began = time.perf_counter()
        self._ask(pressed=self._button(label))
        self._until_at_rest()
        return time.perf_counter() - began

    def make_download(self, label: str) -> str:
        """Press a button whose file is made at the press, and return where it is to be fetched."""
        here = next(each.download_button for each in self._elements.values() if each.download_button.label == label)
        asked = BackMsg()
        asked.backend_operation_request.request_id = "1"
        asked.backend_operation_request.session_id = self.session
        asked.backend_operation_request.deferred_file.file_id = here.deferred_file_id
        self._made = ""
        self.send(asked)
        while not self._made:
            self._receive(self._patience)
        return self._made

    def slide(self, label: str, value: float) -> float:
        """Move a slider, to the nearest step that it has, and return the seconds until the page is drawn."""
        began = time.perf_counter()
        here = next(each.slider for each in self._elements.values() if each.slider.label == label)
        state = self._state()
        state.fragment_id = self._parts.get(here.id, "")
        widget = state.widget_states.widgets.add(id=here.id)
        if here.options:
            nearest = min(here.options, key=lambda option: abs(_number(option) - value))
            widget.string_array_value.data.append(nearest)
        else:
            widget.double_array_value.data.append(value)
        self._send(state)
        self._until_at_rest()
        return time.perf_counter() - began

    def switch(self, label: str, *, on: bool) -> None:
        """Turn a switch on or off, and wait for the page."""
        here = next(each.checkbox for each in self._elements.values() if each.checkbox.label == label)
        state = self._state()
        state.widget_states.widgets.add(id=here.id).bool_value = on
        self._send(state)
        self._until_at_rest()

    def choose(self, option: str) -> None:
        """Press one of the buttons of which one is pressed, by what stands on it, and wait for the page."""
        groups = [each.button_group for each in self._elements.values() if each.WhichOneof("type") == "button_group"]
        here = next(each for each in groups if option in [button.content for button in each.options])
        state = self._state()
        state.widget_states.widgets.add(id=here.id).string_array_value.data.append(option)
        self._send(state)
        self._until_at_rest()

    def go(self, page: str, query: str = "") -> None:
        """Go to another page by its link, and wait for it."""
        self._page, self._query, self._called = page, query, ""
        self._ask()
        self._until_at_rest()

    def again(self) -> float:
        """Have the page drawn anew and return the seconds that takes."""
        began = time.perf_counter()
        self._ask()
        self._until_at_rest()
        return time.perf_counter() - began

    def send(self, content: bytes | BackMsg) -> None:
        """Send whatever it is, and wait for nothing."""
        self._socket.send(content.SerializeToString() if isinstance(content, BackMsg) else content)

    def wait_until(self, come: Callable[[], bool]) -> float:
        """Stay on the page until what is asked has come, and return the seconds that took."""
        began = time.perf_counter()
        due = began
        while self._busy or not come():
            if time.perf_counter() - began > self._patience:
                raise TimeoutError(f"after {self._patience:.0f} s the page still says:\n{self.text[:500]}")
            if self._again is not None and not self._busy and time.perf_counter() >= due:
                pause, fragment = self._again
                due = time.perf_counter() + pause
                self._ask(fragment=fragment)
            self._receive(0.05)
        return time.perf_counter() - began

    def _button(self, label: str) -> str:
        buttons = [each.button for each in self._elements.values() if each.WhichOneof("type") == "button"]
        return next(each.id for each in buttons if each.label == label)

    def _ask(self, *, pressed: str = "", fragment: str = "") -> None:
        state = self._state()
        state.fragment_id, state.is_auto_rerun = fragment or self._parts.get(pressed, ""), bool(fragment)
        if pressed:
            state.widget_states.widgets.add(id=pressed, trigger_value=True)
        self._send(state)

    def _state(self) -> ClientState:
        """Name the page by its path at first, later by what the app calls it, as browsers do."""
        if self._called:
            return ClientState(query_string=self._query, page_script_hash=self._called)
        return ClientState(query_string=self._query, page_name=self._page)

    def _send(self, state: ClientState) -> None:
        self._busy, self._fragment, self.drawn = True, state.fragment_id, []
        self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    def _until_at_rest(self) -> None:
        began = time.perf_counter()
        while self._busy:
            if time.perf_counter() - began > self._patience:
                raise TimeoutError(f"{self._page} was not drawn within {self._patience:.0f} s")
            self._receive(1.0)

    def _receive(self, seconds: float) -> None:
        try:
            content = self._socket.recv(timeout=seconds)
        except TimeoutError:
            return
        message = ForwardMsg.FromString(content if isinstance(content, bytes) else content.encode())
        kind = message.WhichOneof("type")
        self._learn(message)
        if kind == "new_session":
            self._busy = True
            if not self._fragment:
                self._elements, self._parts, self._again = {}, {}, None
        elif kind == "navigation":
            self._called = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._again = (message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "script_finished":
            # A fragment that asks for the whole page ends early, and the page follows unasked.
            self._busy = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            self._fragment = ""
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._draw(tuple(message.metadata.delta_path), message.delta.new_element, message.delta.fragment_id)

    def _draw(self, place: tuple[int, ...], element: Element, fragment: str) -> None:
        """Take an element over into the page; a widget says of which fragment it is part, if it is of one."""
        kind = element.WhichOneof("type") or ""
        self._elements[place] = element
        self.drawn.append(kind)
        if fragment and (widget := getattr(getattr(element, kind), "id", "")):
            self._parts[widget] = fragment
        if kind == "markdown":
            self._said.add(element.markdown.body)
        if kind == "exception":
            raise AppFailed(f"{element.exception.type}: {element.exception.message}")

    def _learn(self, message: ForwardMsg) -> None:
        """Keep the session's name, and where a file may be put or fetched."""
        kind = message.WhichOneof("type")
        self.kinds.add(kind or "")
        if kind == "file_urls_response":
            self.urls = list(message.file_urls_response.file_urls)
        elif kind == "backend_operation_response":
            if message.backend_operation_response.error_msg:
                raise AppFailed(message.backend_operation_response.error_msg)
            self._made = message.backend_operation_response.deferred_file.url
        elif kind == "new_session":
            self.session = self.session or message.new_session.initialize.session_id


def _number(option: str) -> float:
    """The number that a slider's step says, "97 %" or "0.9"; none is far from any."""
    found = re.search(r"[\d.]+", option)
    return float(found[0]) if found else math.inf
