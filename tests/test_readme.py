"""The README and docs/: their commands run, what is computed in them is up to date, and their links lead somewhere."""

import json
import re
import runpy
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import nat_core
from nat_core.__main__ import main
from nat_core.cli.parser import build_parser
from nat_core.data.sets import GALLERY
from nat_core.paper.rendering import render
from nat_core.recipes import RECIPES
from nat_core.store.checkpoints import available, load_card
from tests.pages import said

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
DESCRIPTION = 0x010E  # EXIF's ImageDescription


def commands(text: str) -> list[str]:
    """The indented commands of a page, without their comments."""
    lines = [line.split(" #")[0].strip() for line in text.splitlines() if re.match("    [a-z]", line)]
    return [line for line in lines if line.split()[0] in ("pip", "nat")]


COMMANDS = list(dict.fromkeys(command for text in TEXTS.values() for command in commands(text)))
NAT = [command for command in COMMANDS if command.startswith("nat ")]
STORED = [
    command
    for command in NAT
    if command.split()[1] in ("data", "report", "predict", "evaluate")
    and "--download" not in command
    and "my_networks" not in command
]
LINKS = [
    (page, target)
    for page, text in TEXTS.items()
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)#]+)[^)]*\)", text)
    if target != "nat.html"  # made when the documents are built, by .ci/one_page.py
]


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(README.splitlines()) <= 150
    assert len(README.split()) <= 1200


def test_the_two_commands_stand_each_on_a_line() -> None:
    shown = commands(README)
    assert "pip install -r requirements.txt && streamlit run app/main.py" in shown
    assert "pip install -r requirements.txt && pytest" in shown


def test_the_cpu_wheels_are_those_of_the_requirements() -> None:
    (command,) = (command for command in COMMANDS if "--index-url" in command)
    pins = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [word for word in command.split() if "==" in word]
    assert len(wanted) == 2
    assert set(wanted) <= set(pins)
    for file in ("Dockerfile", ".github/workflows/ci.yml"):
        assert command in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", NAT)
def test_every_command_is_understood(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).verb in command


def test_every_verb_is_shown() -> None:
    verbs = {
        "data",
        "train",
        "predict",
        "evaluate",
        "report",
        "reproduce",
        "levels",
        "features",
        "app",
        "page",
        "export",
    }
    assert {command.split()[1] for command in NAT} == verbs


@pytest.mark.checkpoints
@pytest.mark.parametrize("command", STORED)
def test_every_command_on_stored_networks_runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NAT_CHECKPOINTS", raising=False)
    if "wrn16_1_nat" not in available(ROOT / "checkpoints") and ("evaluate" in command or "predict" in command):
        pytest.skip("needs checkpoints/wrn16_1_nat, which is not trained yet")
    assert main(shlex.split(command)[1:]) == 0


def digits_commands() -> list[str]:
    shown = [command for command in commands(TEXTS["docs/start.md"]) if "my_networks" in command]
    shown = [command for command in shown if "wrn" not in command and "--known" not in command]
    assert [command.split()[1] for command in shown] == ["train", "train", "report"]
    return shown


@pytest.mark.usefixtures("less_noise")
def test_digits_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("digits_baseline", "digits_nat"):
        monkeypatch.setitem(RECIPES, name, replace(RECIPES[name], epochs=1, sizes=((8, 1.0),)))
    for command in digits_commands():
        assert main(shlex.split(command)[1:]) == 0
    assert "digits_89" in capsys.readouterr().out
    cards = [load_card(Path("my_networks"), f"digits_{kind}") for kind in ("baseline", "nat")]
    assert [card.recipe.epochs for card in cards] == [1, 1]


@pytest.mark.endurance
def test_digits_from_nothing_are_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in digits_commands():
        assert main(shlex.split(command)[1:]) == 0
    baseline, nat = (load_card(Path("my_networks"), f"digits_{kind}").report for kind in ("baseline", "nat"))
    assert nat.sets["digits_89"].ncr["0.9"] < baseline.sets["digits_89"].ncr["0.9"]
    assert abs(nat.accuracy - baseline.accuracy) < 0.02


# Slow, so that it begins early: the page of results computes what eight networks' features say of 7,000 pictures.
@pytest.mark.parametrize(
    "script",
    [pytest.param("renew_pages.py", marks=[pytest.mark.checkpoints, pytest.mark.slow]), "draw_rooms.py"],
)
def test_what_is_computed_is_up_to_date(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which has imported already what takes longer than the computing."""
    monkeypatch.setattr(sys, "argv", [script, "--check"])
    monkeypatch.setattr(sys, "path", [*sys.path])  # the script adds to it
    monkeypatch.setenv("COLUMNS", "100")  # the script sets it so
    runpy.run_path(str(ROOT / ".ci" / script), run_name="__main__")


def test_the_json_is_the_documented_one(digits_networks: Path) -> None:
    documented = json.loads(TEXTS["docs/command-line.md"].partition("```json\n")[2].partition("```")[0])
    printed = json.loads(render({"digits_nat": load_card(digits_networks, "digits_nat").report}, "json"))

    def shape(value: object) -> object:
        return {key: shape(each) for key, each in value.items()} if isinstance(value, dict) else type(value)

    assert documented["format"] == printed["format"]
    shown, real = documented["networks"]["digits_nat"], printed["networks"]["digits_nat"]
    assert shape(shown["sets"].pop("digits_89")) == shape(real["sets"].pop("digits_89"))
    del shown["sets"], real["sets"]
    assert shape(shown) == shape(real)


@pytest.mark.checkpoints
def test_the_picture_shows_the_page_as_it_opens(start) -> None:
    with Image.open(ROOT / "docs" / "pictures" / "see-it.webp") as taken:
        shows = taken.getexif()[DESCRIPTION]
    app = start(ROOT / "checkpoints")
    assert said(app)
    title = app.title[0].value.replace("\u00a0", " ")
    alt = app.image[0].proto.imgs[0].alt
    assert shows == f"{alt}. {title.rstrip('.')}."
    assert f"![See it, as it opens: {shows}](docs/pictures/see-it.webp)" in README


@pytest.mark.checkpoints
@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_the_python_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAT_CHECKPOINTS", str(ROOT / "checkpoints"))
    (tmp_path / "my_photos").mkdir()
    shutil.copy(GALLERY / "none-bee.jpg", tmp_path / "my_photos")
    cells = re.findall(r"```python\n(.*?)```", TEXTS[page], re.DOTALL)
    assert cells
    for cell in cells:
        exec(compile(cell, page, "exec"), {"__name__": "cell"})
    assert capsys.readouterr().out.split()[0] == "0.0"


def test_every_public_name_is_in_the_reference_once() -> None:
    shown = re.findall(r"^::: nat_core\.(\w+)$", TEXTS["docs/api.md"], re.MULTILINE)
    assert sorted(shown) == sorted(set(nat_core.__all__) - {"__version__"})


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_every_link_leads_somewhere(page: str, target: str) -> None:
    assert ((ROOT / page).parent / target).exists()


def test_every_page_of_the_documents_is_in_the_site() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    listed = set(re.findall(r"^  - .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == pages
