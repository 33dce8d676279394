"""Visitors without a browser: they speak the app's own protocol over its websocket, so thirty fit on a small machine.

What a page shows is read as text; buttons are pressed by their label; fragments that draw themselves again and again
are asked for as a browser does.
"""

import time
from collections.abc import Callable
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


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
    ) -> None:
        self._page, self._query, self._patience = page, query, patience
        self._connection = connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit", *protocols], max_size=None,
            open_timeout=patience, ping_timeout=None, origin=address, additional_headers=headers or {},
        )  # fmt: skip
        self._elements: dict[tuple[int, ...], Element] = {}
        self._again: tuple[float, str] | None = None
        """The seconds after which the page's fragment asks to be drawn again, and its name."""
        self._busy, self._fragment, self._called = False, "", ""
        self._said: set[str] = set()
        self.kinds: set[str] = set()
        """The kinds of messages that came."""
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

    def press(self, label: str) -> float:
        """Press a button and return the seconds until the page is drawn."""
        began = time.perf_counter()
        self._ask(pressed=self._button(label))
        self._until_at_rest()
        return time.perf_counter() - began

    def slide(self, label: str, value: float) -> float:
        """Move a slider and return the seconds until the page is drawn."""
        began = time.perf_counter()
        here = next(each.slider for each in self._elements.values() if each.slider.label == label)
        state = self._state()
        state.widget_states.widgets.add(id=here.id).double_array_value.data.append(value)
        self._send(state)
        self._until_at_rest()
        return time.perf_counter() - began

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
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        if pressed:
            state.widget_states.widgets.add(id=pressed, trigger_value=True)
        self._send(state)

    def _state(self) -> ClientState:
        """Name the page by its path at first, later by what the app calls it, as browsers do."""
        page = {"page_script_hash": self._called} if self._called else {"page_name": self._page}
        return ClientState(query_string=self._query, **page)

    def _send(self, state: ClientState) -> None:
        self._busy, self._fragment = True, state.fragment_id
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
        self.kinds.add(kind or "")
        if kind == "new_session":
            self._busy = True
            self.session = self.session or message.new_session.initialize.session_id
            if not self._fragment:
                self._elements, self._again = {}, None
        elif kind == "navigation":
            self._called = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._again = (message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "script_finished":
            # A fragment that asks for the whole page ends early, and the page follows unasked.
            self._busy = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            self._fragment = ""
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            self._elements[tuple(message.metadata.delta_path)] = element
            if element.WhichOneof("type") == "markdown":
                self._said.add(element.markdown.body)
            if element.WhichOneof("type") == "exception":
                raise AppFailed(f"{element.exception.type}: {element.exception.message}")
