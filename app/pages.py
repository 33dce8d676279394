"""The pages in the order of the story, and the settings that links may hold; the app's entry hands both on."""

from dataclasses import dataclass

from nat_app.frame.settings import EVERYWHERE
from nat_app.shared.language import N_
from nat_app.shared.settings import PageSettings
from nat_app.views.attention.settings import SETTINGS as ATTENTION
from nat_app.views.evidence.settings import SETTINGS as EVIDENCE
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.teach_your_own.settings import SETTINGS as TEACH_YOUR_OWN
from nat_app.views.thresholds.settings import SETTINGS as THRESHOLDS
from nat_app.views.workshop.settings import PART, RESULT
from nat_app.views.workshop.settings import SETTINGS as WORKSHOP
from nat_app.views.your_negatives.settings import SETTINGS as YOUR_NEGATIVES
from nat_app.views.your_photos.settings import SETTINGS as YOUR_PHOTOS


@dataclass(frozen=True)
class Page:
    """One page: its folder and address, and how the sidebar names it (in English; marked to be translated)."""

    name: str
    title: str
    icon: str


PAGES = (
    Page("see_it", N_("See it"), ":material/visibility:"),
    Page("your_photos", N_("Your photos"), ":material/add_a_photo:"),
    Page("thresholds", N_("Thresholds"), ":material/tune:"),
    Page("attention", N_("Attention"), ":material/center_focus_strong:"),
    Page("teach_your_own", N_("Teach your own"), ":material/model_training:"),
    Page("playground", N_("Playground"), ":material/experiment:"),
    Page("your_negatives", N_("Your negatives"), ":material/block:"),
    Page("digits_live", N_("Digits live"), ":material/looks_one:"),
    Page("workshop", N_("Workshop"), ":material/school:"),
    Page("bring_your_own", N_("Bring your own"), ":material/upload_file:"),
    Page("evidence", N_("Evidence"), ":material/fact_check:"),
)
# See it has nothing to add to EVERYWHERE; what is chosen on Digits live and Bring your own is in no link.
SETTINGS: tuple[PageSettings, ...] = (
    EVERYWHERE,
    YOUR_PHOTOS,
    THRESHOLDS,
    ATTENTION,
    TEACH_YOUR_OWN,
    PLAYGROUND,
    YOUR_NEGATIVES,
    WORKSHOP,
    EVIDENCE,
)
"""What links may hold, in the order in which they say it."""
OWN = frozenset((PART.key, RESULT.key))
"""What stays a phone's own where its teacher leads a class to a page: the teacher's wall is no place for it."""
