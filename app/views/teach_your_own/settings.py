"""What a link to Teach your own may say; needs no torch. A visitor's names and photos are in no link."""

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import N_
from nat_app.shared.settings import PageSettings, Setting, one_of, switch

SAMPLES: dict[str, tuple[str, ...]] = {
    N_("food"): ("none-coffee", "none-espresso", "none-pizza", "none-burger", "none-grapefruit", "none-blueberries"),
    N_("wild animal"): ("none-zebra", "none-raccoon", "none-walrus", "none-hedgehog", "none-squirrel", "none-turtle"),
}
"""The two things of those who have no photos at hand, six free ones each; none of CIFAR-10's classes."""
TO_TRY = (
    "none-teapot", "none-eiffel", "none-bee", "none-train", "none-flowers", "none-pufferfish", "none-brick", "dog1",
    "cat2", "automobile1", "ship1", "bird3",
)  # fmt: skip
"""The gallery's pictures that are set aside: no head learns one, so that trying them tells something."""

BEGIN = Setting("teach_samples", False, switch)
"""Whether the page begins with the two things of SAMPLES."""
TRIED: Setting[str] = Setting("teach_tried", TO_TRY[0], one_of(TO_TRY))
"""The picture that is tried."""

SETTINGS = PageSettings("teach_your_own", (BEGIN, TRIED))


def file_of(stem: str) -> str:
    """Return the gallery's file with this name.

    >>> file_of("none-bee")
    'none-bee.jpg'
    """
    return next(each.file for each in gallery_pictures() if each.path.stem == stem)
