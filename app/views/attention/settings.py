"""What can be chosen on Attention: the picture, how its maps are drawn, and which attribution is computed."""

from nat_app.frame.settings import gallery_file
from nat_app.shared.language import N_
from nat_app.shared.settings import PageSettings, Setting, one_of, switch
from nat_app.views.attention.words import METHODS, OWN_ANSWER
from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.recipes import LEVELS

PARTS = (N_("Where they look"), N_("Which pixels speak for the answer"))
MOST_STRENGTH, STRENGTH_STEP = 100, 5

LOOKED_AT: Setting[str | None] = Setting("looked_at", None, gallery_file)
"""The picture: a gallery file, or the key of a visitor's photo."""
PART: Setting[str | None] = Setting("attention_part", None, one_of(PARTS))
STRENGTH = Setting("strength", 75, one_of(range(0, MOST_STRENGTH + 1, STRENGTH_STEP)))
"""How strongly the maps cover the photo, in percent."""
OWN_SCALE = Setting("own_scale", True, switch)
"""Whether each attention map has a colour scale of its own, or one is shared by a column."""
OWN_SCALE_SIGNED = Setting("own_scale_signed", False, switch)
"""The same for attributions."""
METHOD = Setting("method", "integrated_gradients", one_of(METHODS))
SPEAKS_FOR = Setting("speaks_for", OWN_ANSWER, one_of((OWN_ANSWER, *CIFAR10_CLASSES, *"012345")))
"""The answer that is explained."""
GRAD_CAM_LEVEL = Setting("grad_cam_level", "high", one_of(LEVELS))
LEVEL_SET: Setting[str | None] = Setting("level_set", None)
"""The pictures on whose spread of distances this one is set; in no link."""
COMPUTED = Setting("computed", False, switch)
"""Whether the attribution is there; a link that says so has it computed at once."""

SETTINGS = PageSettings(
    "attention",
    (LOOKED_AT, PART, STRENGTH, OWN_SCALE, OWN_SCALE_SIGNED, METHOD, SPEAKS_FOR, GRAD_CAM_LEVEL, COMPUTED),
)
