"""Plain names for what the code calls by its own: "ResNet-18 NAT" for resnet18_nat, "CIFAR-100 test" for cifar100_test.

The engine's sentences name networks and image sets as commands and files do. A page says them plainly; what each is
called in commands and files stands folded away below.
"""

import re
from functools import cache

from nat_app.shared.language import N_, Titles, _
from nat_app.shared.pairs import SET_TITLES
from nat_app.shared.words import kept_together
from nat_core.language import SOURCE, current
from nat_core.recipes import NAT_STRONG, Recipe
from nat_core.results.transfer import CHANNELS
from nat_core.studies.plan import every_study

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
STUDIED: Titles[str] = Titles(
    {
        "nat_background_class": N_("an eleventh class for negatives"),
        "nat_kl_to_uniform": N_("the divergence turned round"),
        "label_smoothing": N_("label smoothing, no negatives"),
        "nat_outlier_exposure": N_("Outlier Exposure's loss"),
        "nat_jensen_shannon": N_("Jensen-Shannon divergence"),
        "nat_brier": N_("Brier score"),
        "nat_hellinger": N_("Hellinger distance"),
        "nat_centred_logits": N_("centred logits"),
        "nat_2_negatives": N_("2 negatives a step"),
        "nat_32_negatives": N_("32 negatives a step"),
        "nat_of_ilsvrc": N_("negatives from ILSVRC"),
        "nat_of_noise": N_("negatives of noise"),
        "nat_of_patch_shuffled": N_("negatives of shuffled patches"),
        "nat_of_digits": N_("negatives of digits"),
        "held_out_baseline": N_("baseline"),
        "held_out_nat": N_("NAT"),
        "held_out_2_shuffled": N_("2 of the negatives shuffled patches"),
        "held_out_shuffled_and_blend": N_("1 of the negatives shuffled patches, 1 a blend"),
        "held_out_1_shuffled": N_("1 of the negatives shuffled patches"),
        "held_out_cutout": N_("cutout"),
        "held_out_weight_2": N_("negatives of weight 2"),
        "held_out_weight_4": N_("negatives of weight 4"),
        "held_out_2_blends": N_("2 of the negatives blends"),
        "held_out_1_blend": N_("1 of the negatives a blend"),
        "held_out_1_blob": N_("1 of the negatives a blob"),
        "held_out_ema": N_("averaged weights"),
        "held_out_hardest_8_of_32": N_("the hardest 8 of 32 negatives"),
        "held_out_mixed_sources": N_("half of the negatives from ILSVRC"),
        "held_out_rotation": N_("turned pictures to recognise"),
        "held_out_pixmix": N_("PixMix"),
        "held_out_54_and_18": N_("54 pictures and 18 negatives a step"),
        "held_out_48_and_24": N_("48 pictures and 24 negatives a step"),
        "held_out_centred_logits": N_("centred logits"),
        "held_out_softened": N_("a softened target"),
        "frontier_baseline": N_("baseline"),
        "frontier_nat": N_("NAT"),
        "frontier_weight_2": N_("negatives of weight 2"),
        "frontier_weight_4": N_("negatives of weight 4"),
        "frontier_weight_8": N_("negatives of weight 8"),
        "frontier_16_negatives": N_("16 negatives a step"),
        "frontier_32_negatives": N_("32 negatives a step"),
        "frontier_32_negatives_weight_2": N_("32 negatives of weight 2"),
        "frontier_32_negatives_weight_4": N_("32 negatives of weight 4"),
        "frontier_separate_means": N_("means apart"),
        "frontier_separate_means_half": N_("means apart, negatives of weight 0.5"),
        "frontier_centred_logits": N_("centred logits"),
        "frontier_softened": N_("a softened target"),
        "frontier_54_and_18": N_("54 pictures and 18 negatives a step"),
        "frontier_48_and_24": N_("48 pictures and 24 negatives a step"),
        "resnet18_nat_64_negatives": N_("ResNet-18, 64 negatives a step"),
        "wrn16_1_nat_48_and_24": N_("WRN-16-1, 48 pictures and 24 negatives a step"),
        "resnet18_nat_48_and_24": N_("ResNet-18, 48 pictures and 24 negatives a step"),
        "nat_plus": N_("the chosen change"),
        "wrn16_1_nat_plus": N_("the chosen change, trained for longer"),
        "nat_plus_rival": N_("the runner-up"),
    }
)
"""What the studies' networks change of NAT, or are; in italics where they stand in a sentence, as are `CHANNELS`."""
ARCHITECTURES = {"resnet18": "ResNet-18", "wrn40_1": "WRN-40-1", "wrn16_1": "WRN-16-1", "wrn10_1": "WRN-10-1"}
_ALL = (*NETWORKS, *FURTHER_SETS, *SET_TITLES)
_STUDIED = (*STUDIED, *CHANNELS)
_STUDENT = re.compile(r" \(`student_\w+`\)")
"""The code's name of a student, after what it takes from its teacher in words."""
_NCR_AT = re.compile(r"\bNCR_(?=\d)")
# A command is typed as it stands, and so is what follows its name; backticks around a name are the code's own.
_NAMES = re.compile(
    r"(?P<command>\bnat (?:train|evaluate|features|reproduce|data)\b[^\n`]*)|(?<![\w-])(?P<tick>`?)(?P<name>"
    + "|".join(sorted(map(re.escape, (*_ALL, *_STUDIED, *ARCHITECTURES)), key=len, reverse=True))
    + r")(?P<second>, renormalised)?(?P=tick)(?![\w-]|\.\w)"
)


def name_of(name: str) -> str:
    """Return the plain name of a network, an image set or an architecture; its own where we have none.

    >>> name_of("wrn16_1_nat"), name_of("cifar100_test"), name_of("mine")
    ('WRN-16-1 NAT', 'CIFAR-100 test', 'mine')
    """
    for titles in (NETWORKS, FURTHER_SETS, SET_TITLES, STUDIED, CHANNELS, ARCHITECTURES):
        if name in titles:
            return titles[name]
    return name


def architecture_title(name: str) -> str:
    """Return an architecture's plain name; its own where we have none.

    >>> architecture_title("wrn16_1"), architecture_title("mine")
    ('WRN-16-1', 'mine')
    """
    return ARCHITECTURES.get(name, name)


def plainly(text: str) -> str:
    """Return a sentence with plain names in place of the code's; commands stay as they are typed.

    No line breaks between a number and its % sign, nor within a threshold.

    >>> plainly("`wrn16_1_nat` on ilsvrc (1,000), noise too: nat train wrn16_1_nat")
    'WRN-16-1 NAT on ILSVRC (1,000), noise too: nat train wrn16_1_nat'
    >>> plainly("26 % at t = 0.9")
    '26\\xa0% at t\\xa0=\\xa00.9'
    >>> plainly("`nat_background_class, renormalised` 0.693, `student_low` 0.743")
    '*an eleventh class for negatives, renormalised* 0.693, *low maps alone* 0.743'
    """
    return kept_together(_with_plain_names(text))


def _with_plain_names(text: str) -> str:
    # NCR at a threshold is called as in the tables' first column.
    return _NAMES.sub(_plain, _NCR_AT.sub("NCR\u00a0", _STUDENT.sub("", text)))


def _plain(found: re.Match[str]) -> str:
    name = found["name"]
    # "noise" is a word of English sentences as well, and reads as well as its title.
    if found["command"] or (name == "noise" and current() == SOURCE):
        return found[0]
    plain = _("{name}, renormalised", name=name_of(name)) if found["second"] else name_of(name)
    return f"*{plain}*" if name in _STUDIED and found["tick"] else plain


def cell_of(text: str) -> str:
    """Return a table's cell or heading plainly.

    >>> cell_of("noise"), cell_of("wrn16_1_nat"), cell_of("0.123")
    ('Noise', 'WRN-16-1 NAT', '0.123')
    """
    return name_of(text) if text in _ALL or text in _STUDIED else _with_plain_names(text)


def names_table() -> str:
    """Return what each network and image set is called here and in commands and files, as a Markdown table.

    Studies ask the same of recipes that differ, so their networks are told apart by those.
    """
    rows = [(name_of(name), f"`{name}`") for name in _ALL] + [(studied_name(name), f"`{name}`") for name in _STUDIED]
    lines = [(_("here"), _("in commands and files")), ("---", "---"), *rows]
    return "\n".join(f"| {plain} | {code} |" for plain, code in lines)


def studied_name(name: str) -> str:
    """Return the plain name of a study's network, with that of its recipe which its name does not tell.

    >>> studied_name("nat_32_negatives"), studied_name("frontier_32_negatives")
    ('32 negatives a step (12 epochs)', '32 negatives a step (30 epochs, a part of the pictures held out)')
    """
    recipe = _studied_recipes().get(name)
    if recipe is None:  # what was chosen has a recipe once it is
        return name_of(name)
    if recipe.held_out:
        return _("{name} ({epochs} epochs, a part of the pictures held out)", name=name_of(name), epochs=recipe.epochs)
    return _("{name} ({epochs} epochs)", name=name_of(name), epochs=recipe.epochs)


@cache
def _studied_recipes() -> dict[str, Recipe]:
    return {run.recipe.name: run.recipe for study in every_study() for run in study.runs if run.recipe.name in _STUDIED}
