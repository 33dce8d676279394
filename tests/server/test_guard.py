"""The guard before a real server, for this computer and for a public: what it refuses, and what must still work."""

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests import visitors
from tests.attacks import OWN, PROTECTING, UPGRADE, Request, requests, send, wrong
from tests.browsing import served
from tests.visitors import Visitor


@pytest.fixture(scope="module", params=["by streamlit", "local", "public"])
def address(request: pytest.FixtureRequest, networks) -> Iterator[str]:
    """A server in each of the three ways it can be started."""
    options = {"by streamlit": (), "local": ("--address", "127.0.0.1"), "public": ("--public", "--host", "nat.test")}
    with served(networks, *options[request.param]) as started:
        yield started


@pytest.fixture(scope="module")
def public(networks) -> Iterator[str]:
    """A public server with a code on the wall."""
    with served(networks, "--public", "--code", "Zebra") as started:
        yield started


def asks(address: str, method: str, target: str, *headers: tuple[str, str], body: bytes = b""):
    """The answer to a request of a page of this very server."""
    return send(address, Request("", method, target, (("Origin", f"http://{OWN}"), *headers), body))


def put(address: str, session: str, cookie: str, content: bytes = b"hello", method: str = "PUT"):
    """The answer to an upload with this cookie."""
    return visitors.put(address, f"/_stcore/upload_file/{session}/{uuid4()}", cookie, content, method=method)


def visitor(address: str, cookie: str) -> Visitor:
    """A visit of the browser that has this cookie."""
    return Visitor(address, "bring_your_own", headers={"Cookie": f"nat_visitor={cookie}"})


def test_no_hostile_request_is_answered(address: str) -> None:
    asked = requests()
    assert len(asked) >= 320
    found = [(problem, each) for each in asked if (problem := wrong(each, send(address, each)))]
    assert found == []


def test_pages_and_health_are_answered_with_protecting_headers(address: str) -> None:
    for target in ("/", "/workshop", "/thresholds?t=0.5", "/_stcore/health", "/_stcore/host-config", "/favicon.png"):
        answer = asks(address, "GET", target)
        assert answer.status == 200, target
        assert set(PROTECTING) <= set(answer.headers)
    policy = asks(address, "GET", "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'self'" in policy


def test_the_scripts_in_streamlits_page_are_the_ones_that_may_run(address: str) -> None:
    answer = asks(address, "GET", "/")
    inline = [part.partition("</script>")[0] for part in answer.body.split("<script>")[1:]]
    assert len(inline) >= 1
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("target", "accepted", "language", "words"),
    [
        ("/", "en", "en", "ask whoever runs this one to allow WebSockets"),
        ("/thresholds", "de-AT,en;q=0.5", "de", "WebSockets zu dieser Adresse zu erlauben"),
        ("/?lang=de", "en", "de", "WebSockets zu dieser Adresse zu erlauben"),
    ],
)
def test_the_page_has_words_for_whoever_waits_in_vain(
    address: str, target: str, accepted: str, language: str, words: str
) -> None:
    answer = asks(address, "GET", target, ("Accept-Language", accepted))
    assert (answer.status, answer.headers["vary"]) == (200, "accept-language")
    assert words in answer.body
    assert '<div id="root"></div>' in answer.body
    assert answer.body.rstrip().endswith("</html>")


def test_a_browser_learns_the_pages_headers_alone(address: str) -> None:
    asked, told = (asks(address, method, "/") for method in ("GET", "HEAD"))
    assert (told.status, told.body, told.headers["etag"]) == (200, "", asked.headers["etag"])


@pytest.mark.parametrize(
    ("accepted", "words"), [("en", "There is no page at this address."), ("de", "Unter dieser Adresse gibt es keine")]
)
def test_an_address_with_no_page_says_so_and_leads_to_the_first(address: str, accepted: str, words: str) -> None:
    answer = asks(address, "GET", "/no_such_page", ("Accept", "text/html,*/*"), ("Accept-Language", accepted))
    assert answer.status == 404
    assert words in answer.body
    assert '<a href="/">' in answer.body
    assert asks(address, "GET", "/no_such_page").body == "There is nothing here."


@pytest.mark.parametrize(("asked", "onward"), [("/see_it", "./"), ("/see_it?lang=de&t=0.5", "./?lang=de&t=0.5")])
def test_the_first_page_is_found_by_its_name_too(address: str, asked: str, onward: str) -> None:
    """Streamlit would say over it that there is no such page."""
    answer = asks(address, "GET", asked)
    assert (answer.status, answer.headers["location"]) == (307, onward)


def test_a_browser_is_given_a_cookie_once(address: str) -> None:
    first = asks(address, "GET", "/").headers["set-cookie"]
    assert first.startswith("nat_visitor=")
    assert "HttpOnly; SameSite=Lax" in first
    again = asks(address, "GET", "/", ("Cookie", first.partition(";")[0]))
    assert "set-cookie" not in again.headers
    old = asks(address, "GET", "/", ("If-None-Match", asks(address, "GET", "/").headers["etag"]))
    assert (old.status, old.headers["set-cookie"][:12]) == (304, "nat_visitor=")


def test_only_the_own_visit_can_be_written_to(address: str) -> None:
    with visitor(address, "anna") as anna, visitor(address, "bert") as bert, Visitor(address, "see_it") as nobody:
        assert put(address, anna.session, "anna").status == 204
        assert put(address, anna.session, "bert").status == 403
        assert put(address, anna.session, "bert", method="DELETE").status == 403
        assert put(address, bert.session, "anna").status == 403
        assert put(address, nobody.session, "").status == 403
        assert put(address, anna.session, "anna", method="DELETE").status == 204
    assert put(address, str(uuid4()), "anna").status == 403


def test_only_the_own_visit_can_be_gone_on_with(address: str) -> None:
    with visitor(address, "carla") as carla:
        session = carla.session
    for cookie, same in (("doris", False), ("", False), ("carla", True)):
        with Visitor(
            address, "bring_your_own", headers={"Cookie": f"nat_visitor={cookie}"}, protocols=("x", session)
        ) as back:
            assert (back.session == session) is same


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_a_socket_of_another_site_or_of_nowhere_is_refused(address: str, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{address.replace('http', 'ws')}/_stcore/stream", additional_headers=headers)


@pytest.mark.parametrize(("host", "status"), [(OWN, 101), ("evil.example", 403)])
def test_a_rebound_name_gets_no_socket(host: str, status: int, address: str) -> None:
    headers = (("Host", host), ("Origin", f"http://{host}"), *UPGRADE)
    assert send(address, Request("", "GET", "/_stcore/stream", headers)).status == status


def test_messages_that_are_nobodys_business_change_nothing(address: str) -> None:
    with visitor(address, "emil") as emil:
        emil.send(BackMsg(clear_cache=True))
        emil.send(BackMsg(load_git_info=True))
        asked = BackMsg()
        asked.backend_operation_request.request_id = "1"
        asked.backend_operation_request.session_id = emil.session
        asked.backend_operation_request.install_skills.SetInParent()
        emil.send(asked)
        emil.again()
        assert emil.kinds & {"git_info_changed", "backend_operation_response"} == set()


@pytest.mark.parametrize("content", [b"\xff" * 40, b"x" * 1_500_000], ids=["nonsense", "too large"])
def test_a_visit_that_sends_nonsense_ends_alone(address: str, content: bytes) -> None:
    with visitor(address, "franz") as franz, visitor(address, "gerda") as gerda:
        franz.send(content)
        with pytest.raises(ConnectionClosed):
            franz.wait_until(lambda: False)
        assert "pictures" in gerda.text


def test_the_door_opens_to_the_code_alone(public: str) -> None:
    page = asks(public, "GET", "/workshop?hide=pages")
    assert (page.status, "The code on the wall" in page.body) == (401, True)
    assert 'value="/workshop?hide=pages"' in page.body
    assert set(PROTECTING) <= set(page.headers)
    assert "Der Code an der Wand" in asks(public, "GET", "/", ("Accept-Language", "de")).body
    assert asks(public, "GET", "/_stcore/health").status == 200
    assert asks(public, "GET", "/_stcore/host-config").status == 401
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{public.replace('http', 'ws')}/_stcore/stream", origin=Origin(public))
    assert asks(public, "POST", "/enter", body=b"code=lion").status == 401
    entered = asks(public, "POST", "/enter", body=b"onward=%2Fworkshop%3Fhide%3Dpages&code=+zebra+")
    assert (entered.status, entered.headers["location"]) == (303, "/workshop?hide=pages")
    key = entered.headers["set-cookie"].partition(";")[0]
    assert asks(public, "GET", "/workshop", ("Cookie", key)).status == 200
    with Visitor(public, "see_it", headers={"Cookie": key}) as inside:
        assert inside.text


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/a\r\nSet-Cookie: x", "javascript:1", ""]
)
def test_the_door_leads_nowhere_else(public: str, onward: str) -> None:
    entered = asks(public, "POST", "/enter", body=f"code=zebra&onward={quote(onward)}".encode())
    assert (entered.status, entered.headers["location"]) == (303, "/")


def test_codes_cannot_be_tried_without_end(public: str) -> None:
    answers = [asks(public, "POST", "/enter", body=f"code=wrong{number}".encode()).status for number in range(20)]
    assert set(answers[:8]) == {401}
    assert set(answers[-5:]) == {429}
