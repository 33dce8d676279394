"""One house rule for signs: English has straight quotation marks, as most of its text does, German „…“ and ‚…‘.

And a translation has the percent signs that its sentence has: none twice, none lost.
"""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from nat_app.shared.gallery import gallery_pictures

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted([*ROOT.glob("app/languages/de/*.po"), *ROOT.glob("nat_core/languages/de/*.po")])
TEXTS = ROOT / "app" / "views" / "workshop" / "steps" / "texts"
CODE = re.compile(r"`[^`]*`|\[\"[^\]]*\]|^---\n.*?^---$|<[^>]*>", re.DOTALL | re.MULTILINE)
"""What is typed as it stands: code, a list in a file, a text's head, a tag."""
CURLY = re.compile("[‘’‚“”„«»]")
STRAIGHT = re.compile("[\"'«»”’]")


def messages(file: Path) -> list[tuple[str, str]]:
    """The English of a catalogue and its German, every plural by itself."""
    found = []
    for message in read_po(file.read_bytes().decode().splitlines(keepends=True), locale="de"):
        forms = [each if isinstance(each, tuple) else (each,) for each in (message.id, message.string)]
        found += [(english, german) for english in forms[0] for german in forms[1] if message.id]
    return found


def german_faults(text: str) -> list[str]:
    """The marks of a German text that the rule does not allow, and what is opened and not closed."""
    words = CODE.sub("", text)
    left = re.sub("‚[^‚‘]*‘", "", re.sub("„[^„“]*“", lambda found: found[0].strip("„“"), words))
    return STRAIGHT.findall(words) + re.findall("[„“‚‘]", left)


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: f"{file.parts[-4]}-{file.stem}")
def test_every_catalogue_keeps_to_its_languages_marks(file: Path) -> None:
    both = messages(file)
    assert [english for english, _german in both if CURLY.search(english)] == []
    assert [german for _english, german in both if german_faults(german)] == []


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: f"{file.parts[-4]}-{file.stem}")
def test_a_translation_has_as_many_percent_signs(file: Path) -> None:
    wrong = [german for english, german in messages(file) if english.count("%") != german.count("%")]
    assert wrong == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_lessons_do(language: str) -> None:
    for file in sorted((TEXTS / language).glob("*.md")):
        text = file.read_text(encoding="utf-8")
        assert (german_faults(text) if language == "de" else CURLY.findall(text)) == [], file.name


def test_what_is_read_in_english_alone_does() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    assert [page.name for page in pages if CURLY.search(page.read_text(encoding="utf-8"))] == []
    assert [each.file for each in gallery_pictures() if CURLY.search(each.description)] == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("Er sagt „nichts davon“ und ‚so‘.", []),
        ("„Eine elfte, ‚etwas anderes‘?“", []),
        ('`divergence="kl"`, wie ["cat", "dog"]', []),
        ('"so"', ['"', '"']),
        ("“so”", ["”", "“"]),
        ("NAT's", ["'"]),
        ("„offen", ["„"]),
    ],
)
def test_the_rule_finds_what_it_forbids(text: str, faults: list[str]) -> None:
    assert german_faults(text) == faults
