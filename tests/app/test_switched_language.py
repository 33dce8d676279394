"""The language is switched on a page: whatever was chosen there stays chosen, and the browser is told of it.

A browser knows an option by what stands on it, and goes on saying that in the language before unless it is told.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.views.workshop.settings import PARTS
from nat_core import language
from tests.pages import MAIN, opened

PAGES = sorted(view.relative_to(Path(MAIN).parent).as_posix() for view in Path(MAIN).parent.glob("views/*/view.py"))
WORKSHOP = "views/workshop/view.py"
LINKS = [
    *((page, {}) for page in PAGES if page != WORKSHOP),
    ("views/your_photos/view.py", {"samples": "1", "opened": "none-teapot", "way": "picture"}),
    *((WORKSHOP, {"workshop_part": part}) for part in PARTS),
]
KINDS = ("selectbox", "select_slider", "multiselect", "segmented_control", "pills", "radio")


def choices(app: AppTest) -> Iterator:
    """What is chosen among options that say something, were it a number."""
    return (each for kind in KINDS for each in getattr(app, kind))


def chosen(app: AppTest) -> dict[str, object]:
    return {str(each.key): each.value for each in choices(app)}


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    yield
    language.use(language.SOURCE)


def switched(app: AppTest) -> AppTest:
    """The page once German was chosen; AppTest reads and sends what its options say, so it speaks German from then."""
    app.selectbox(key="lang").set_value("de").run()
    language.use("de")
    return app


@pytest.mark.parametrize(("page", "query"), LINKS, ids=[f"{page.split('/')[1]}-{len(query)}" for page, query in LINKS])
def test_what_is_chosen_stays_and_is_told_to_the_browser(
    networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None, page: str, query: dict[str, str]
) -> None:
    app = opened(networks, monkeypatch, page, lang="en", pair="wrn40_1", t="0.95", **query)
    for each in list(choices(app)):
        if each.key not in ("lang", "pair"):
            each.set_value(each.value)
    before = chosen(app.run())
    after = chosen(switched(app))
    assert (before.pop("lang"), after.pop("lang")) == ("en", "de")
    assert after == before
    assert [each.key for each in choices(app) if each.value and not each.proto.set_value and each.key != "lang"] == []


def test_a_run_that_was_cut_short_is_made_up_for(networks: Path, monkeypatch, fresh_caches) -> None:
    """Whoever goes on at once ends the run that was to tell the browser of all."""
    app = opened(networks, monkeypatch, "views/thresholds/view.py", lang="en", pair="wrn40_1", t="0.95")
    with monkeypatch.context() as patch:
        patch.setattr("nat_app.frame.frame.spoken", lambda: None)
        switched(app)
    app.toggle(key="wall").set_value(True).run()
    assert app.select_slider(key="t").proto.set_value
    app.toggle(key="wall").set_value(False).run()
    assert not app.select_slider(key="t").proto.set_value
