"""The words in other languages: what is chosen, what is written, and that no word of the code lacks its translation."""

import ast
import json
import re
import shutil
import string
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from babel.messages.pofile import read_po

from nat_core import language
from nat_core.language import _, best, current, ngettext, number, use
from tests.present import present

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "nat_core" / "languages").glob("*/*.po"), *(ROOT / "app" / "languages").glob("*/*.po")])


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch):
    """Lets a test speak another language, and English again afterwards."""
    yield use
    use(language.SOURCE)


def fields(text: str) -> set[str]:
    """The names of a message's fields."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


MARK_APART = re.compile(r"[■▲▼○◇□◧◆●✓✗]\]? (?=\w)")
"""A mark, and an ordinary space before its word."""


def ending(text: str) -> str:
    """The sign at which a sentence or its first half ends, "" where the text is part of another."""
    return text[-1:] if text[-1:] in tuple(".?!:,;…") else ""


def test_each_thread_speaks_its_own_language(speaks) -> None:
    speaks("de")
    heard = []
    thread = Thread(target=lambda: heard.append(current()))
    thread.start()
    thread.join()
    assert (current(), heard) == ("de", ["en"])


def test_numbers_are_written_as_the_language_does(speaks) -> None:
    assert number(1234.5, ",.2f") == "1,234.50"
    assert _("{share:.2f}, {many:,}, {word}", share=0.5, many=10_000, word="a,b.c") == "0.50, 10,000, a,b.c"
    speaks("de")
    assert number(1234.5, ",.2f") == "1.234,50"
    # No hyphen, which a line may break behind.
    assert number(-0.028, ".3f") == _("{value:.3f}", value=-0.028) == "\u22120,028"
    assert _("{share:.2f}, {many:,}, {word}", share=0.5, many=10_000, word="a,b.c") == "0,50, 10.000, a,b.c"


@pytest.mark.parametrize(
    ("value", "form", "wanted"),
    [
        (-0.004, "+.2f", "0.00"),
        (-0.0, "g", "0"),
        (-0.4, ",.0f", "0"),
        (-0.00004, ".2%", "0.00%"),
        (-0.006, "+.2f", "\u22120.01"),
        (0.004, "+.2f", "+0.00"),
        (-float("inf"), ".2f", "\u2212inf"),
    ],
)
def test_what_is_written_as_zero_has_no_minus(value: float, form: str, wanted: str) -> None:
    assert number(value, form) == _(f"{{value:{form}}}", value=value) == wanted


def test_what_is_not_translated_is_said_in_english(speaks) -> None:
    speaks("de")
    assert _("no catalogue has this") == "no catalogue has this"
    assert ngettext("{count} unheard of", "{count} unheard of ones", 2) == "2 unheard of ones"


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ("de-CH", "de"),
        ("de_DE", "de"),
        ("en-GB, de", "en"),
        ("fr, de;q=.5", "de"),
        ("", "en"),
        (None, "en"),
        ("xx", "en"),
    ],
)
def test_the_first_language_that_is_there_is_spoken(wishes: str | None, language: str) -> None:
    assert best(wishes) == language


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="needs one of en, de, not tlh"):
        use("tlh")


def test_no_word_lacks_its_translation() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "words.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_message_of_the_code_is_collected() -> None:
    """Inside an f-string the tools that collect messages see none, and what is no literal they cannot read."""
    collected = set()
    for file in FILES:
        with file.open("rb") as opened:
            for message in read_po(opened, locale=file.parent.name):
                collected |= {message.id} if isinstance(message.id, str) else set(message.id)
    called, places = {"_": 0, "N_": 0, "ngettext": 0, "pgettext": 1}, []
    for file in sorted([*(ROOT / "nat_core").rglob("*.py"), *(ROOT / "app").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in called:
                first = node.args[called[node.func.id]]
                missed = isinstance(first, ast.Constant) and first.value not in collected
                if missed or isinstance(first, ast.JoinedStr):
                    places.append(f"{file.name}:{node.lineno}")
    assert places == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[2].name}-{file.stem}")
def test_translations_hold_what_they_translate(file: Path) -> None:
    """Every form of a translation has the fields of its message, and ends as it does."""
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=file.parent.name)
    for message in catalog:
        if not message.id:
            continue
        originals = (message.id,) if isinstance(message.id, str) else message.id
        forms = (message.string,) if isinstance(message.string, str) else present(message.string)
        for form in forms:
            # The one form of a plural may say "a picture" where the other names the count.
            allowed = {frozenset(fields(each)) for each in originals}
            assert frozenset(fields(form)) in allowed, (originals, form)
            assert ending(form) == ending(originals[0]), (originals, form)
            assert form[:1].isspace() == originals[0][:1].isspace(), (originals, form)
            # As German sets it: no percent sign at the head of a line.
            assert " %" not in form, form


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="needs gettext's msgfmt")
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[2].name}-{file.stem}")
def test_msgfmt_finds_nothing_wrong(file: Path) -> None:
    done = subprocess.run(
        ["msgfmt", "--check-format", "-o", "/dev/null", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_one_message_has_one_translation() -> None:
    found = defaultdict(set)
    for file in FILES:
        with file.open("rb") as opened:
            for message in read_po(opened, locale=file.parent.name):
                if message.id:
                    found[file.parent.name, message.context, str(message.id)].add(str(message.string))
    assert {key: each for key, each in found.items() if len(each) > 1} == {}


def test_no_line_breaks_within_a_percentage_that_is_part_of_a_word() -> None:
    """A browser breaks behind a hyphen: of "95-%-Intervall" a phone left 95- on a line of its own."""
    for file in FILES:
        assert "-%" not in file.read_text(encoding="utf-8"), (
            f"{file.name}: - and % need {language.JOINER!r} between them"
        )


NO_ENGLISH = re.compile(
    r"sureness|rightly\b|\bright about \d|of another source|always (fools|keeps) less|\bno magic|the dear one"
    r"|red thread|let all guess|all the same\b|\b(for|of|by) who (has|is|wants|started)\b|no opinion on\b|false alarm"
    r"|further than|\b(is|are) no (pictures?|numbers|JSON)\b|or no (file|safetensors)|far and wide"
    r"|stands? (above|below|beside)|by more than chance makes|for they began|are made ready|upright stroke"
    r"|\b1 (pictures|photos)\b|about there\b",
    re.IGNORECASE,
)
"""Turns of phrase that no native speaker uses, or that say what is not so; each was on a page once."""


def english() -> Iterator[tuple[str, str]]:
    """What is said in English, by where that is: every message, lessons and notes, the notebook, the guides."""
    for file in FILES:
        with file.open("rb") as opened:
            for message in read_po(opened, locale=file.parent.name):
                yield from ((file.stem, each) for each in ([message.id] if isinstance(message.id, str) else message.id))
    texts = ROOT / "app" / "views" / "workshop" / "steps" / "texts" / "en"
    guides = [ROOT / "docs" / f"{name}.md" for name in ("index", "start", "workshop", "one-page", "deploying")]
    for path in (*texts.glob("*.md"), *guides, ROOT / "README.md"):
        yield path.name, " ".join(path.read_text(encoding="utf-8").split())
    notebook = json.loads((ROOT / "docs" / "workshop.ipynb").read_text(encoding="utf-8"))
    yield from (("notebook", " ".join("".join(cell["source"]).split())) for cell in notebook["cells"])


def test_english_is_as_a_native_speaker_writes_it() -> None:
    assert [(place, found[0]) for place, text in english() for found in NO_ENGLISH.finditer(text)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_line_ends_between_a_mark_and_its_word(file: Path) -> None:
    texts: list[str] = []
    with file.open("rb") as opened:
        for message in (each for each in read_po(opened) if each.id):
            for said in (message.id, message.string):
                texts += [said] if isinstance(said, str) else list(said or ())
    assert [text for text in texts if MARK_APART.search(text)] == []
