"""A classroom in one command: the address, the QR code, the server's switches, and the page to project."""

import re
import socket
import subprocess
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.pairs import pair_named
from nat_app.views.workshop import words as common
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.steps.numbers import with_numbers
from nat_app.views.workshop.teaching import words
from nat_app.views.workshop.teaching.sheets import JOIN_MINUTES, answers_html, sheet_html
from nat_app.views.workshop.teaching.teacher import shown_on_sheet, solutions
from nat_app.visit.limits import OWN_HOSTS, hosts
from nat_core.__main__ import main
from nat_core.cli import serve
from nat_core.errors import NoNetwork
from tests.pages import MAIN, alts, opened, said, told
from tests.servers import Server

ADDRESS = "http://192.168.1.20:8501"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict:
    """What a server was started with, none really is."""
    found: dict = {}
    monkeypatch.setattr(subprocess, "Popen", partial(Server, found))
    return found


def test_the_class_is_served_at_an_address_that_is_printed_with_its_code(started, monkeypatch, capsys) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda: ("192.168.1.20", "10.0.0.7"))
    monkeypatch.setattr(serve, "free_port", lambda wanted: wanted or 8501)
    assert main(["app", "--classroom"]) == 0
    assert started["command"][3:] == ["--address=0.0.0.0", "--port=8501", "--while-stdin"]
    assert started["env"]["NAT_CLASSROOM"] == f"{ADDRESS},http://10.0.0.7:8501"
    assert started["env"]["NAT_PUBLIC"] == "1"
    assert hosts(started["env"]) >= {"192.168.1.20", "10.0.0.7", "localhost"}
    assert "NAT_CODE" not in started["env"]
    printed = capsys.readouterr().out
    assert ADDRESS in printed
    assert serve.qr_text(f"{ADDRESS}/workshop") in printed
    assert "in other networks as well (10.0.0.7)" in printed
    assert f"{ADDRESS}/workshop?workshop_part=Classroom&teach={started['env']['NAT_TEACHER']}&v=1" in printed
    assert len(started["env"]["NAT_TEACHER"]) >= 16
    assert "no portraits" in printed


@pytest.mark.parametrize(("given", "code"), [(["--code", "Zebra"], "Zebra"), (["--code"], None)])
def test_a_code_for_the_wall_is_printed_and_asked_for(given, code, started, monkeypatch, capsys) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda: ("192.168.1.20",))
    assert main(["app", "--classroom", *given]) == 0
    asked = started["env"]["NAT_CODE"]
    assert asked == code or (code is None and len(asked) == 6)
    assert f"types once: {asked}\n" in capsys.readouterr().out


def test_a_public_server_answers_to_the_names_it_is_given(started, capsys) -> None:
    assert main(["app", "--public", "--host", "nat.example.org", "--host", "NAT.example.com"]) == 0
    assert started["env"]["NAT_PUBLIC"] == "1"
    assert hosts(started["env"]) == {*OWN_HOSTS, "nat.example.org", "nat.example.com"}
    assert "--address=127.0.0.1" in started["command"]


def test_without_the_switch_nothing_is_bound_to_the_network(started, capsys) -> None:
    assert main(["app"]) == 0
    assert not [flag for flag in started["command"] if "0.0.0.0" in flag]
    assert not {"NAT_CLASSROOM", "NAT_PUBLIC", "NAT_CODE", "NAT_TEACHER"} & set(started["env"])
    assert hosts(started["env"]) == set(OWN_HOSTS)
    assert capsys.readouterr().out.startswith("NAT Explorer: http://localhost:")
    assert 'address = "localhost"' in (Path(MAIN).parent / ".streamlit" / "config.toml").read_text()


def test_without_a_network_it_says_what_to_do(started, monkeypatch, capsys) -> None:
    def unreachable(self: socket.socket, address: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(serve.socket.socket, "connect", unreachable, raising=False)
    assert main(["app", "--classroom"]) == 1
    assert capsys.readouterr().err == (
        "nat app: This computer has no network address, so no phone can reach it. Connect it to the network that the "
        "phones use (Wi-Fi or cable), and start again.\n"
    )
    assert started == {}


def test_a_taken_port_is_passed_over_or_named() -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NoNetwork, match=f"Port {port} is taken"):
            serve.free_port(port)
    assert serve.free_port(port) == port
    assert 8501 <= serve.free_port() < 8601


def test_the_codes_are_that_of_the_address() -> None:
    import numpy as np
    import segno

    modules = np.array([list(row) for row in segno.make(ADDRESS, error="m", micro=False).matrix])
    lines = serve.qr_text(ADDRESS).splitlines()
    light = np.array([[(sign in "█▀", sign in "█▄") for sign in line] for line in lines]).transpose(0, 2, 1)
    drawn = ~light.reshape(-1, light.shape[2])[4 : 4 + len(modules), 4:-4]
    assert (drawn == (modules == 1)).all()
    assert "\x1b[97;40m" in serve.qr_text(ADDRESS, coloured=True)
    svg = serve.qr_svg(ADDRESS, scale=3)
    assert f'width="{3 * (len(modules) + 8)}"' in svg
    assert "#fff" in svg


def part(networks: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> AppTest:
    """A part of the workshop, at an address."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    told(app, url="http://localhost:8501/workshop")
    app.query_params.update({"pair": "wrn16_1", "workshop_part": name})
    return app.switch_page("views/workshop/view.py").run()


def test_the_page_to_project_shows_address_code_and_rules(networks: Path, monkeypatch, fresh_caches) -> None:
    assert "nat app --classroom" in said(part(networks, monkeypatch, "Classroom"))
    monkeypatch.setenv("NAT_CLASSROOM", ADDRESS)
    app = part(networks, monkeypatch, "Classroom")
    text = said(app)
    assert "stay in its memory, and are gone when you close the page" in text
    assert "no portraits" in text
    # The workshop itself, not the app's first page.
    assert f"QR code of {ADDRESS}/workshop" in alts(app)
    assert any(ADDRESS.removeprefix("http://") in html.proto.body for html in app.get("html"))
    app.session_state["copy_link"] = True
    assert any(code.value.startswith(f"{ADDRESS}/workshop?") for code in app.run().code)


def test_a_laptop_in_two_networks_offers_both_addresses(networks: Path, monkeypatch, fresh_caches) -> None:
    other = "http://10.0.0.7:8501"
    monkeypatch.setenv("NAT_CLASSROOM", f"{ADDRESS},{other}")
    app = part(networks, monkeypatch, "Classroom")
    assert f"QR code of {ADDRESS}/workshop" in alts(app)
    app.selectbox(key="class_network").set_value(other).run()
    assert f"QR code of {other}/workshop" in alts(app)


def test_the_addresses_of_other_cards_follow_the_one_that_is_sent_through(monkeypatch) -> None:
    def address(number: str, family: int = socket.AF_INET) -> SimpleNamespace:
        return SimpleNamespace(address=number, family=family)

    card = SimpleNamespace(isup=True)
    found = {
        "lo": [address("127.0.0.1")],
        "wlan0": [address("10.0.0.7"), address("fe80::1", socket.AF_INET6)],
        "eth0": [address("192.168.1.20")],
        "usb0": [address("169.254.3.4")],
        "off0": [address("172.16.0.9")],
    }
    monkeypatch.setattr(serve, "local_address", lambda: "192.168.1.20")
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: dict.fromkeys(set(found) - {"off0"}, card))
    assert serve.local_addresses() == ("192.168.1.20", "10.0.0.7")


@pytest.mark.parametrize(("url", "works"), [("http://192.168.1.20:8501/", False), ("http://localhost:8501/", True)])
def test_the_camera_is_offered_only_where_browsers_allow_it(
    networks: Path, monkeypatch, fresh_caches, url: str, works: bool
) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    told(app, url=url)
    app.switch_page("views/your_photos/view.py").run()
    assert bool([each for each in app.toggle if each.key == "camera"]) is works
    assert ("only over HTTPS" in said(app)) is not works


def test_a_teacher_gets_notes_numbers_and_links_that_hide(networks: Path, monkeypatch, fresh_caches) -> None:
    app = part(networks, monkeypatch, "For the teacher")
    text = said(app)
    assert "No portraits" in text
    assert f"**{common.timing(0, JOIN_MINUTES)}.**" in text
    assert common.timing(5, 11) in text
    assert common.timing(36, 45) in text
    assert "{{" not in text
    assert "falsely sure without negatives: 95 %" in text
    # Each challenge's answer says whose it is.
    for title in ("Ten clicks", "A photo that fools both", "A threshold for a factory"):
        assert f"{title}: " in text
    assert [each.label for each in app.main.expander] == [
        words.SECTIONS[each] for each in ("misconceptions", "words", "without phones")
    ]
    link = app.main.code[0].value
    assert link.endswith("/workshop?pair=wrn16_1&hide=networks,answers&lesson=guess&v=1")
    assert f"QR code of {link}" in alts(app)
    app.multiselect(key="hidden_parts").set_value([]).run()
    app.selectbox(key="hidden_lesson").set_value("choose_t").run()
    assert app.main.code[0].value == "http://localhost:8501/workshop?pair=wrn16_1&lesson=choose_t&v=1"
    hidden = opened(
        networks, monkeypatch, "views/workshop/view.py", pair="wrn16_1", hide="answers", workshop_part="For the teacher"
    )
    assert "For the teacher" not in [tab.label for tab in hidden.tabs]


def test_the_sheets_need_no_other_file_and_only_one_has_the_answers(networks: Path, monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    monkeypatch.setenv("NAT_CLASSROOM", ADDRESS)
    pair = pair_named("wrn16_1")
    shown = shown_on_sheet(lessons(), pair)
    sheet = sheet_html(lessons(), lambda text, lesson: with_numbers(text, lesson, pair), shown)
    answers = answers_html(
        lessons(), lambda text, lesson: with_numbers(text, lesson, pair), "a & b", solutions(pair)
    )  # fmt: skip
    for html in (sheet, answers):
        assert html.startswith("<!doctype html>")
        assert "size: A4" in html
        assert all(each.title in html for each in lessons())
        assert "no portraits" in html
        assert not [sign for sign in ("{{", "$", "**", "<script", "href=") if sign in html]
        assert html.count("src=") == html.count('src="data:image/png;base64,')
    assert sheet.count("src=") == 1
    assert f"{ADDRESS}/workshop" in sheet
    assert serve.qr_svg(f"{ADDRESS}/workshop?pair=wrn16_1&v=1", scale=3) in sheet
    assert sheet.count("My guess") == 5
    stakes = shown.stakes
    assert f"wrongly passed {stakes.prices.wrongly_passed:g}, needless check {stakes.prices.needless_check:g}" in sheet
    assert "95\u00a0%" not in sheet
    assert "falsely sure without negatives: 95\u00a0%" in answers
    assert "a &amp; b" in answers
    # The answer sheet has the challenges, each as it can be met.
    assert re.search(r"10 negatives in a ring around all points leave NAT falsely sure on \d+\u00a0% of", answers)
    assert "A photo that fools both: " in answers
    assert "At its best the baseline costs" in answers
