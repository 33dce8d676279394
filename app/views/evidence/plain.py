"""Plain names for what the code calls by its own: "ResNet-18 NAT" for resnet18_nat, "CIFAR-100 test" for cifar100_test.

The engine's sentences name networks and image sets as commands and files do. A page says them plainly; what each is
called in commands and files stands folded away below.
"""

import re

from nat_app.shared.language import N_, Titles, _
from nat_app.shared.pairs import SET_TITLES
from nat_core.language import SOURCE, current
from nat_core.recipes import NAT_STRONG

NETWORKS: Titles[str] = Titles(
    {
        "resnet18_baseline": N_("ResNet-18 baseline"),
        "resnet18_nat": N_("ResNet-18 NAT"),
        NAT_STRONG: N_("ResNet-18 NAT with many negatives"),
        "wrn40_1_baseline": N_("WRN-40-1 baseline"),
        "wrn40_1_nat": N_("WRN-40-1 NAT"),
        "wrn16_1_baseline": N_("WRN-16-1 baseline"),
        "wrn16_1_nat": N_("WRN-16-1 NAT"),
        "wrn16_1_student_of_baseline": N_("WRN-16-1 student of a baseline"),
        "wrn16_1_student_of_nat": N_("WRN-16-1 student of NAT"),
        "digits_baseline": N_("digits baseline"),
        "digits_nat": N_("digits NAT"),
    }
)
FURTHER_SETS: Titles[str] = Titles(
    {"cifar100_held_out": N_("CIFAR-100, held-out classes"), "cifar10_held_out": N_("CIFAR-10, held-out pictures")}
)
"""Image sets of the studies alone."""
ARCHITECTURES = {"resnet18": "ResNet-18", "wrn40_1": "WRN-40-1", "wrn16_1": "WRN-16-1", "wrn10_1": "WRN-10-1"}
_ALL = (*NETWORKS, *FURTHER_SETS, *SET_TITLES)
# A command is typed as it stands, and so is what follows its name; backticks around a name are the code's own.
_NAMES = re.compile(
    r"(?P<command>\bnat (?:train|evaluate|features|reproduce|data)\b[^\n`]*)|(?<![\w-])(?P<tick>`?)(?P<name>"
    + "|".join(sorted(map(re.escape, _ALL), key=len, reverse=True))
    + r")(?P=tick)(?![\w-])"
)


def name_of(name: str) -> str:
    """Return the plain name of a network or an image set; its own where we have none.

    >>> name_of("wrn16_1_nat"), name_of("cifar100_test"), name_of("mine")
    ('WRN-16-1 NAT', 'CIFAR-100 test', 'mine')
    """
    for titles in (NETWORKS, FURTHER_SETS, SET_TITLES):
        if name in titles:
            return titles[name]
    return name


def plainly(text: str) -> str:
    """Return a sentence with plain names in place of the code's; commands stay as they are typed.

    >>> plainly("`wrn16_1_nat` on ilsvrc (1,000), noise too: nat train wrn16_1_nat")
    'WRN-16-1 NAT on ILSVRC (1,000), noise too: nat train wrn16_1_nat'
    """
    return _NAMES.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    name = found["name"]
    # "noise" is a word of English sentences as well, and reads as well as its title.
    if found["command"] or (name == "noise" and current() == SOURCE):
        return found[0]
    return name_of(name)


def cell_of(text: str) -> str:
    """Return a table's cell or heading plainly.

    >>> cell_of("noise"), cell_of("wrn16_1_nat"), cell_of("0.123")
    ('Noise', 'WRN-16-1 NAT', '0.123')
    """
    return name_of(text) if text in _ALL else plainly(text)


def names_table() -> str:
    """Return what each network and image set is called here and in commands and files, as a Markdown table."""
    rows = [(name_of(name), f"`{name}`") for name in _ALL]
    lines = [(_("here"), _("in commands and files")), ("---", "---"), *rows]
    return "\n".join(f"| {plain} | {code} |" for plain, code in lines)
