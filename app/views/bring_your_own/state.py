"""What a visit to Bring your own holds: the files that are being looked at, and what was wrong with them."""

from dataclasses import dataclass
from typing import Literal

from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import N_
from nat_app.shared.settings import Held, Setting
from nat_app.visit import brought_along

PARTS = (N_("Image set"), N_("Network"))
PART: Setting[str | None] = Setting("brought", None)
"""What is to be brought: one of PARTS, None for the first."""
ROLE: Setting[str] = Setting("own_set_role", brought_along.NEGATIVES)
"""What the pictures of an image set show."""
STANDS: Setting[Kind] = Setting("own_stands", "baseline")
"""What a network stands for in the comparison."""


@dataclass
class Bringing:
    """The image set and the network that one visit brings."""

    asked_set: str | None = None
    """The id of the file of pictures that networks are asked about; None where they are not."""
    set_problem: str = ""
    """Why an image set could not be read, in one sentence."""
    asked_network: str | None = None
    """The id of the network's file that is being compared."""
    network_problem: str = ""
    latest: Literal["set", "network"] = "set"
    """What was asked about last, of which the title speaks."""


BRINGING = Held("bring_your_own", Bringing)


def ask_set(file_id: str | None) -> None:
    """Begin to ask about a file of pictures, or stop."""
    bringing = BRINGING.get()
    bringing.asked_set = file_id
    if file_id:
        bringing.set_problem, bringing.latest = "", "set"


def ask_network(file_id: str | None) -> None:
    """Begin to compare a network, or stop."""
    bringing = BRINGING.get()
    bringing.asked_network, bringing.network_problem = file_id, ""
    if file_id:
        bringing.latest = "network"
