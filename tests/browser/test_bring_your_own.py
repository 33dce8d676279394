"""What a visitor brings, in a real browser: a network that is compared on every page, and photos to teach a network."""

from pathlib import Path

import pytest
from safetensors.torch import save

from nat_app.shared.gallery import FOLDER
from nat_core.network.models import build
from tests.browsing import at, file_chooser, turn_to, unfold, wait_for_focus

pytestmark = pytest.mark.browser


@at("phone")
def test_an_own_network_is_compared_on_every_page(page, address: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(save(build("wrn16_1", 10, seed=5).state_dict()))
    page.goto(f"{address}/bring_your_own?pair=wrn16_1")
    page.get_by_role("tab", name="Network").click()
    zone = file_chooser(page, "own_network_file")
    zone.set_input_files(str(mine))
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Yours: mine.safetensors").first.wait_for()
    wait_for_focus(page, "own_network")
    for title, shown in (
        ("See it", ".nat-bars .bar"),
        ("Your photos", "[data-testid=stFileUploader]"),
        ("Thresholds", ".drawing svg"),
        ("Attention", ".nat-looks .over"),
        ("Evidence", "table"),
    ):
        turn_to(page, title)
        page.locator(shown).first.wait_for(state="attached")
        assert page.locator("[data-testid=stException]").count() == 0
        unfold(page)
        chosen = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox] input").first
        assert chosen.input_value().startswith("Yours: mine.safetensors")


@at("wide")
def test_own_photos_are_taught(page, teaching_address: str) -> None:
    page.goto(f"{teaching_address}/your_negatives?pair=wrn16_1")
    page.get_by_text("Teach it your own photos").click()
    file_chooser(page, "negative_uploads").set_input_files(
        [str(FOLDER / f"none-{each}.jpg") for each in ("bee", "pizza")]
    )
    page.get_by_text("2 of at most 12 chosen.").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("h1", has_text="It learned these 2: it ").wait_for()
    page.get_by_text("from 2 photos with").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    names = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    assert not any("Plotly" in each for each in names)
