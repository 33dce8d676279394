"""What can be chosen on Thresholds: the image set, how thresholds are compared, and which folds are open."""

from dataclasses import dataclass

from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.language import N_
from nat_app.shared.pairs import SET_TITLES
from nat_app.shared.score_scales import SCORE_TITLES, TEMPERATURES
from nat_app.shared.settings import PageSettings, Setting, Told, decimal, one_of, switch
from nat_core.data.sets import CIFAR10_CLASSES


@dataclass(frozen=True, eq=False)
class Fold:
    """A part of the page that is computed once it is opened."""

    title: str
    """In English, marked by `N_`."""
    open: Setting[bool]


def _temperature(text: str) -> float:
    value = float(text)
    # The slider has these steps and can stand nowhere else.
    if not TEMPERATURES[0] <= value <= TEMPERATURES[1] or value * 2 != round(value * 2):
        raise ValueError(f"temperature must be in steps of 0.5 from {TEMPERATURES[0]} to {TEMPERATURES[1]}; got {text}")
    return value


SET: Setting[str | None] = Setting("set", None, one_of(SET_TITLES))
VARIANT: Setting[str | None] = Setting("variant", None, one_of(SET_TITLES))
"""The same set without pictures that show one of the classes."""
KEEP_95 = Setting("keep95", False, switch)
"""Whether each network has its own threshold, at which it keeps 95 of 100."""
TEMPERATURE = Setting("temperature", 1.0, _temperature)
SCORE = Setting("score", "confidence", one_of(SCORE_TITLES))
"""How it is measured how sure a network is. Of other scores than confidence, t is that which keeps 95 of 100."""
CURVES = Fold(N_("At every threshold"), Setting("fold_curves", False, switch))
FAIR = Fold(N_("The fair comparison, every score, and temperature"), Setting("fold_fair", False, switch))
CLASSES = Fold(N_("What they are fooled into, and by what"), Setting("fold_classes", False, switch))
PAPER = Fold(N_("Beside the paper"), Setting("fold_paper", False, switch))
MOVED_BY_T = (CURVES, FAIR, CLASSES)
"""The folds that show something at t."""
LIVE: Told[float] = Told("live", lambda told: decimal(0, 1, 6)(str(told["moved"])))
"""Where the line of the histograms was let go."""
CLASS_BARS: Told[list] = Told("class_bars", lambda told: told["selection"]["points"])
"""The bars of classes that are chosen: at most one."""
BEHIND_KIND: Setting[Kind] = Setting("behind_kind", "nat", one_of(KINDS))
"""Whose pictures behind a bar are shown."""
BEHIND_CLASS: Setting[str | None] = Setting("behind_class", None, one_of((*CIFAR10_CLASSES, *"012345")))
"""The class that those pictures are taken for."""

SETTINGS = PageSettings(
    "thresholds",
    (SET, VARIANT, KEEP_95, TEMPERATURE, SCORE, CURVES.open, FAIR.open, CLASSES.open, PAPER.open, BEHIND_KIND,
     BEHIND_CLASS),
)  # fmt: skip
