"""What can be chosen on Your photos: which photo is open, how it is changed, and which part is shown."""

from nat_app.frame.settings import gallery_file
from nat_app.shared.gallery import samples
from nat_app.shared.language import N_
from nat_app.shared.pairs import SET_TITLES
from nat_app.shared.settings import Held, PageSettings, Setting, Told, one_of, switch
from nat_app.shared.tabs import in_english
from nat_app.views.your_photos.ways import WAYS, percents

PARTS = (N_("Each photo"), N_("Table of all"), N_("Beside a stored set"))

SAMPLES = Setting("samples", False, switch)
"""Whether the gallery's twelve samples are among the photos."""
PART: Setting[str | None] = Setting("part", None, one_of(PARTS), in_english(PARTS))
OPENED: Setting[str | None] = Setting("opened", None, one_of([picture.path.stem for picture in samples()]))
"""The key of the photo that is shown large; links name samples alone."""
BESIDE: Setting[str | None] = Setting("beside", None, one_of(SET_TITLES))
"""The stored set beside which the photos are drawn."""
WAY = Setting("way", "noise", one_of(WAYS))
# One for each way: their steps differ, and each keeps its place while another is looked at.
HOW_FAR = {
    key: Setting(f"far_{key}", percents(way)[len(percents(way)) * 2 // 5], one_of(percents(way)))
    for key, way in WAYS.items()
}
"""How far along each way the opened photo is, in percent."""
OTHER_PICTURE: Setting[str | None] = Setting("other_picture", None, gallery_file)
"""What the opened photo turns into, where the way leads to another picture."""

FOUND: Held[list[str]] = Held("found_in_photos", list)
"""The title and the sentences that the page had last."""

ALONG: Told[int] = Told("along", lambda told: int(told["moved"]))
"""Where the line of the fade was let go, in percent."""
TABLE: Told[list[int]] = Told("table", lambda told: told["selection"]["rows"])
"""The rows of the table that are chosen: at most one."""

SETTINGS = PageSettings("your_photos", (SAMPLES, PART, OPENED, BESIDE, WAY, *HOW_FAR.values(), OTHER_PICTURE))
