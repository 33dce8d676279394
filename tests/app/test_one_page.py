"""The page that is one file: what it weighs, what it may do, and that it says and computes what app and engine do."""

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from nat_app.answers import score_rates, stored_answers
from nat_app.one_page import carried_maps, one_file, sentences, words
from nat_app.one_page.payload import Payload
from nat_app.shared.counts import compare
from nat_app.views.your_photos import words as photo_words
from nat_core import language
from nat_core.__main__ import main
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import CHECKPOINTS
from tests.synthetic import write_network, write_pairs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of made-up networks, as small as those of the page."""
    folder = write_pairs(tmp_path_factory.mktemp("networks"), "wrn16_1")
    for seed, name in enumerate(("wrn16_1_student_of_baseline", "wrn16_1_student_of_nat"), start=5):
        write_network(folder, name, seed=seed)
    return folder


@pytest.fixture(scope="module")
def text(networks: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the made-up networks, written by the command."""
    file = tmp_path_factory.mktemp("page") / "nat.html"
    assert main(["page", str(file), "--checkpoints", str(networks)]) == 0
    return file.read_text(encoding="utf-8")


def unpacked(text: str, block: str) -> tuple[dict, bytes]:
    """What a block of the page holds: its JSON, and the bytes behind it."""
    found = re.search(rf'id="{block}">([^<]+)<', text)
    assert found is not None
    whole = gzip.decompress(base64.b64decode(found[1]))
    length = int.from_bytes(whole[:4], "little")
    return json.loads(whole[4 : 4 + length]), whole[4 + length :]


def test_it_is_small_enough_to_be_mailed(text: str) -> None:
    assert len(text.encode()) <= one_file.MOST


def test_it_names_nothing_to_fetch(text: str) -> None:
    code = re.sub(r'<script type="application/octet-stream".*?</script>', "", text, flags=re.DOTALL)
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", code))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a vocabulary, which nothing fetches
    assert not re.search(
        r"\b(?:fetch|XMLHttpRequest|WebSocket|sendBeacon|importScripts|eval)\s*\(|<link(?![^>]*data:)", code
    )


def test_its_rule_allows_what_is_inside_and_nothing_else(text: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert found is not None
    rule = dict(part.split(" ", 1) for part in unescape(found[1]).split("; "))
    assert rule["default-src"] == "'none'"
    assert {word for each in rule.values() for word in each.split() if not word.startswith("'sha256-")} == {
        "'none'", "'wasm-unsafe-eval'", "data:", "blob:",
    }  # fmt: skip
    # Nothing that the browser would run or draw stands before the rule.
    assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<style"))


def test_it_holds_each_picture_with_its_licence(text: str) -> None:
    carried, content = unpacked(text, "carried")
    gallery = json.loads((ROOT / "nat_core" / "data" / "gallery" / "gallery.json").read_text(encoding="utf-8"))
    assert {each["file"] for each in carried["pictures"]} == {each["file"] for each in gallery}
    assert all(each["licence"] in said["credit"] for each, said in zip(
        sorted(gallery, key=lambda each: each["shows"].lower()),
        sorted(carried["licences"], key=lambda each: each["name"].lower()),
        strict=True,
    ))  # fmt: skip
    start, length = carried["pictures"][0]["square"]
    assert content[start : start + 3] == b"\xff\xd8\xff"
    assert length < 40_000


def test_what_it_says_of_a_set_is_what_the_app_says(text: str, networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECKPOINTS, str(networks))
    said, _ = unpacked(text, "words-en")
    pair = words.pairs()[0]
    negatives = stored_answers.headline_of(pair)
    shown = said["thresholds"][pair.key]["sets"][negatives]
    for t in (0.4, 0.9, 0.995):
        step = words.constants()["steps"].index(t)
        rates = score_rates.rates(pair, negatives, {"baseline": t, "nat": t})
        assert shown["says"][step]["title"] == words.words.threshold_title(rates, {"baseline": t, "nat": t}, False)
        assert said["shares"][step] == words.words.threshold_share(t)


def sentences_in(value: object) -> Iterator[str]:
    """Every sentence in what a block holds: what ends as one does, in the order of its keys."""
    if isinstance(value, str) and value.endswith((".", "?")):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from sentences_in(each)


def test_both_languages_have_the_same_words(text: str) -> None:
    def shape(value: object) -> object:
        return {key: shape(each) for key, each in value.items()} if isinstance(value, dict) else type(value)

    english, german = (unpacked(text, f"words-{spoken}")[0] for spoken in language.LANGUAGES)
    assert shape(english) == shape(german)
    assert german["sentences"]["classes"]["cat"] == "Katze"
    # No sentence about a picture or photos is left in English; "NAT: 15 %" alone is the same in both.
    for part in ("sentences", "photos"):
        same = {
            one
            for one, other in zip(sentences_in(english[part]), sentences_in(german[part]), strict=True)
            if one == other
        }
        assert same == set()
    assert (english["signs"], german["signs"]) == (".,", ",.")


def test_a_sentence_of_several_photos_has_names_in_the_places_of_its_counts() -> None:
    made = sentences.of_photos()
    found = compare({"baseline": np.arange(9) < 6, "nat": np.arange(9) < 1})
    assert made["unlike"]["2|1"].format(all=9, baseline=6) == photo_words.photos_title(found, 0, 0)
    spans = {"baseline_interval": sentences.interval(6, 9), "nat_interval": sentences.interval(1, 9)}
    assert found.fewer == "nat"
    assert made["counted"]["more"].format(all=9, baseline=6, nat=1, **spans) == photo_words.photos_sentence(found)


def test_the_same_content_makes_the_same_text() -> None:
    def packed() -> str:
        payload = Payload()
        payload.add(b"weights")
        return payload.packed({"a": 1})

    assert packed() == packed()


def test_a_folder_is_no_place_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", str(tmp_path)]) == 1
    assert "is a folder: name the file" in capsys.readouterr().err


def test_a_missing_network_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", str(tmp_path / "nat.html"), "--checkpoints", str(tmp_path)]) == 1
    assert "wrn16_1_baseline" in capsys.readouterr().err
    assert not (tmp_path / "nat.html").exists()


def test_the_teachers_maps_of_the_gallery_are_the_stored_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None
) -> None:
    monkeypatch.setenv(CHECKPOINTS, str(write_pairs(tmp_path, "wrn40_1")))
    payload = Payload()
    kept = carried_maps.stored(payload)["wrn40_1_nat"]["cat1.jpg"]
    described = json.loads(json.dumps(kept))
    whole = gzip.decompress(base64.b64decode(payload.packed({})))[4 + len("{}") :]
    said = stored_answers.gallery_look("wrn40_1_nat", "cat1.jpg")
    assert described["predicted"] == said.answer.predicted
    for (start, length, largest), level in zip(described["maps"], LEVELS, strict=True):
        values = said.maps[level]
        steps = np.frombuffer(whole[start : start + length], np.uint8).reshape(values.shape)
        assert np.abs(steps / 255 * largest - values).max() <= largest / 500


@pytest.mark.parametrize(
    ("name", "address"), [
        (b"nat.html", "nat.offline.js"), (b"[[CARRIED]].html", "%5B%5BCARRIED%5D%5D.offline.js"),
        (b"\xff.html", "%FF.offline.js"), (b"a#b?c%d.html", "a%23b%3Fc%25d.offline.js"),
        (b'"><script>\n.html', "%22%3E%3Cscript%3E%0A.offline.js"), (b"javascript:1.html", "javascript%3A1.offline.js"),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_what_keeps_the_page_is_found_whatever_its_name_is(
    text: str, networks: Path, monkeypatch: pytest.MonkeyPatch, name: bytes, address: str
) -> None:
    monkeypatch.setenv(CHECKPOINTS, str(networks))
    beside = one_file.offline_file(Path(os.fsdecode(name)))
    named = one_file.page(beside.name)
    assert re.findall('<meta name="offline" content="([^"]*)">', named) == [address]
    assert len(named.encode()) - len(text) < 400
