"""What can be chosen on Your negatives, and how a link says it; needs no torch."""

from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.settings import PageSettings, Setting, one_of, switch

MOST = 12
"""How many photos can be taught at once."""


def _taught(text: str) -> tuple[str, ...]:
    """The files of samples, with commas between them; a visitor's own photos are in no link."""
    files = tuple(text.split(","))
    # Only what shows none of the ten can be a negative, whatever a link says.
    known = {picture.file for picture in gallery_pictures() if not picture.known}
    if not set(files) <= known or len(files) > MOST:
        raise ValueError(f"needs up to {MOST} of {', '.join(sorted(known))}")
    return files


TAUGHT: Setting[tuple[str, ...]] = Setting(
    "taught",
    ("none-teapot.jpg", "none-coffee.jpg", "none-espresso.jpg", "none-butterfly.jpg", "none-zebra.jpg"),
    _taught,
    ",".join,
)
"""The keys of the photos that are chosen: gallery files and the visitor's own."""
KIND: Setting[Kind] = Setting("taught_kind", "baseline", one_of(KINDS))
"""Which network of the pair learns."""
BESIDE = Setting("taught_beside", False, switch)
"""Whether CIFAR-100's pictures are learned beside the photos."""

SETTINGS = PageSettings("your_negatives", (TAUGHT, KIND, BESIDE))
