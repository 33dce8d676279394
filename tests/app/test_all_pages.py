"""Every page opens, on made-up networks and on none: also what `.ci/lowest` runs on the lowest versions allowed."""

import tomllib
from pathlib import Path

import pytest

from tests.pages import MAIN, said

PAGES = sorted(view.relative_to(Path(MAIN).parent).as_posix() for view in Path(MAIN).parent.glob("views/*/view.py"))


def test_there_are_eleven() -> None:
    assert len(PAGES) == 11


def test_the_configuration_can_be_read_and_keeps_the_app_to_this_machine() -> None:
    # Streamlit passes over a file that is no TOML, and would then serve every network.
    settings = tomllib.loads((Path(MAIN).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "localhost"
    assert not settings["browser"]["gatherUsageStats"]
    assert not settings["runner"]["magicEnabled"]


@pytest.mark.parametrize("page", PAGES)
def test_it_opens_with_one_title(start, networks: Path, page: str) -> None:
    app = start(networks, page)
    assert said(app)
    assert len(app.title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_it_opens_where_no_network_is_trained(start, tmp_path: Path, page: str) -> None:
    app = start(tmp_path, page)
    assert said(app)
    assert len(app.title) == 1
