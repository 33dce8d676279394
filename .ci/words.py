"""Collects the app's words into catalogues, one for each room and language: what is new stands there untranslated.

    python .ci/words.py            rewrites languages/*/*.po of nat_core and app, and says what lacks a translation
    python .ci/words.py --check    changes nothing; fails where a catalogue is not what the code says or lacks a word

Translate in the .po files, by any editor of gettext's catalogues, then run it again.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from nat_app.shared.gallery import FOLDER, gallery_pictures
from nat_core.data.sets import CIFAR100_CLASSES
from nat_core.language import LANGUAGES, SOURCE
from nat_core.outputs import outputs

ROOT = Path(__file__).parents[1]
PACKAGES = ("nat_core", "app")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def room(file: Path) -> str:
    """Return the catalogue of a module: its room, or, of a page, the page."""
    parts = file.relative_to(ROOT).parts[:-1]
    return parts[2] if parts[1:2] == ("views",) and len(parts) > 2 else parts[1] if len(parts) > 1 else parts[0]


def templates(package: str) -> dict[str, Catalog]:
    """Return what a package says, by room."""
    found: dict[str, Catalog] = {}
    for file in sorted((ROOT / package).rglob("*.py")):
        for _line, message, comments, context in extract_from_file(
            "python", file, KEYWORDS, comment_tags=["For translators:"], options={"encoding": "utf-8"}
        ):
            place = (file.relative_to(ROOT).as_posix(), 0)
            found.setdefault(room(file), Catalog(charset="utf-8")).add(
                message, locations=[place], auto_comments=comments, context=context, flags=()
            )
    if package == "app":
        place = ((FOLDER / "gallery.json").relative_to(ROOT).as_posix(), 0)
        for message in gallery():
            found["shared"].add(message, locations=[place])
        for name in CIFAR100_CLASSES:
            found["thresholds"].add(name.replace("_", " "), context="a kind of thing")
    return found


def gallery() -> Iterator[str]:
    """Yield what the gallery's pictures show, and the short names of those that show none of the classes."""
    for picture in gallery_pictures():
        yield picture.description
        if not picture.known:
            yield picture.path.stem.removeprefix("none-")


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a .po file, without dates and line numbers, which would change with every commit."""
    for message in catalog:
        # Fields stand in braces; a percent sign is one, though Babel takes "% i" for a field.
        message.flags.discard("python-format")
    into = BytesIO()
    write_po(into, catalog, width=110, sort_output=True, include_lineno=False, omit_header=True, ignore_obsolete=True)
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + into.getvalue()


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Yield each catalogue's file and what should be in it: the code's messages, translated as far as they are."""
    for package in PACKAGES:
        rooms = templates(package)
        for language in (each for each in LANGUAGES if each != SOURCE):
            folder = ROOT / package / "languages" / language
            for name in sorted({*rooms, *(file.stem for file in folder.glob("*.po"))}):
                file = folder / f"{name}.po"
                catalog = Catalog(locale=language, charset="utf-8")
                if file.is_file():
                    with file.open("rb") as opened:
                        catalog = read_po(opened, locale=language, charset="utf-8")
                catalog.update(rooms.get(name, Catalog()), no_fuzzy_matching=True)
                yield file, catalog


def untranslated(catalog: Catalog) -> list[str]:
    """Return the messages of a catalogue that lack a translation, the first form of each."""
    return [
        each.id if isinstance(each.id, str) else each.id[0]
        for each in catalog
        if each.id and (each.fuzzy or not all(each.string if isinstance(each.string, tuple) else [each.string]))
    ]


@outputs()
def main() -> int:
    """Carry out the command; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    wrong = 0
    for file, catalog in catalogues():
        text, old = written(catalog), file.read_bytes() if file.is_file() else b""
        empty = not [each for each in catalog if each.id]
        missing = untranslated(catalog)
        wrong += bool(missing) or text != old
        if missing or text != old:
            print(
                f"{file.relative_to(ROOT)}: {'as the code' if text == old else 'changed'}, {len(missing)} untranslated"
            )
            for message in missing:
                print(f"    {message!r}")
        if not check and empty:
            file.unlink(missing_ok=True)
        elif not check and text != old:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
    return int(check and wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
