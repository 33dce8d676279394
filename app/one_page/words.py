"""All that the file says in one language; what the app says of the same thing is taken from the app."""

from typing import Any

from nat_app.answers import stored_answers
from nat_app.one_page import carried_maps, gallery_photos, sentences, threshold_curves
from nat_app.one_page.carried_networks import pairs
from nat_app.pages import PAGES
from nat_app.shared import words
from nat_app.shared.classes import any_of
from nat_app.shared.drawing import share_card
from nat_app.shared.drawing.palette import KINDS, NAMES
from nat_app.shared.gallery import INSET, samples
from nat_app.shared.language import LANGUAGES, _, written
from nat_app.shared.score_scales import T_STEPS
from nat_app.views.attention.maps import scale
from nat_app.visit.photos import MOST
from nat_core import language
from nat_core.language import current
from nat_core.recipes import THRESHOLDS

SHOWN = ("see_it", "your_photos", "thresholds", "attention")
"""The pages of the app that the file has, by their names in `pages.PAGES`."""


def in_language(spoken: str) -> dict[str, Any]:
    """Return all words of the file in a language, one of LANGUAGES; what is spoken before is spoken afterwards."""
    before = current()
    language.use(spoken)
    try:
        # Any pair's: all that the file carries know the same ten things.
        classes = stored_answers.card(pairs()[0].nat).classes
        return {
            "ui": _labels(classes),
            "pages": {page.name: _(page.title) for page in PAGES if page.name in SHOWN},
            "languages": LANGUAGES,
            "kinds": {kind: NAMES[kind] for kind in KINDS},
            "pairs": {pair.key: pair.title for pair in pairs()},
            "pictures": gallery_photos.described(),
            "sentences": sentences.of_pictures(classes),
            "photos": sentences.of_photos(),
            "figures": {pair.key: threshold_curves.figures(pair) for pair in pairs()},
            "thresholds": {pair.key: threshold_curves.of_pair(pair) for pair in pairs()},
            "rows": carried_maps.rows(),
            "looks": {pair.key: carried_maps.of_pair(pair) for pair in pairs()},
            "maps": carried_maps.captions(),
            "share": _share(),
            # Written here at every step of the slider: the script would have to round a threshold as Python does.
            "shares": [words.threshold_share(step) for step in T_STEPS],
            "thresholds_said": [words.threshold_text(step) for step in T_STEPS],
            "signs": written(".,"),
        }
    finally:
        language.use(before)


def constants() -> dict[str, Any]:
    """Return the numbers by which the page chooses among the words, the same in every language."""
    return {
        "steps": list(T_STEPS),
        "paper": list(THRESHOLDS),
        "fairly_sure": words.FAIRLY_SURE,
        "leaning": words.LEANING,
        "most": MOST,
        "samples": [each.file for each in samples()],
        "scale": scale(),
        "card": {"ink": share_card.INK, "soft": share_card.SOFT, "inset": INSET},
        "pairs": {pair.key: pair.by_kind for pair in pairs()},
    }


def _labels(classes: tuple[str, ...]) -> dict[str, str]:
    return _frame() | _see_it(classes) | _photos(classes) | _thresholds() | _attention()


def _frame() -> dict[str, str]:
    return {
        "networks": _("Networks"),
        "language": "Language · Sprache",  # whoever looks for it may read but one of the two
        "wall": _("For the wall"),
        "copy": _("Copy link"),
        "copied": _("Copied"),
        "skip": _("To the page's content"),
        "settings": _("Settings"),
        "pages_of": _("Pages"),
        "private": _(
            "Your photos never leave this device. This page is one file: it computes everything itself, and a rule in "
            "it (Content-Security-Policy) forbids your browser to fetch or send anything."
        ),
        "licences": _("The pictures, and under which licence"),
        "whole": _(
            "Made by NAT Explorer (MIT licence), which has more: other networks, a playground, a workshop, the "
            "evidence."
        ),
        "unknown": _("This link has a setting we do not know ({setting}). We used {used}."),
    }


def _see_it(classes: tuple[str, ...]) -> dict[str, str]:
    return {
        "never": _("Things they were never taught"),
        "known": _("The ten things they know"),
        "own": _("Try your own photo"),
        "move": _("Move the threshold"),
        "why": _("Why?"),
        "how_sure": _("how sure it is"),
        "no_opinion": _("no opinion, 1/{classes}", classes=len(classes)),
    }


def _photos(classes: tuple[str, ...]) -> dict[str, str]:
    return {
        "try": _("Try it on your own photos."),
        "nothing": _(
            "Nothing here yet. Drop in photos of things that are not {classes}. They stay in this page and are gone "
            "when you close it.",
            classes=any_of(classes),
        ),
        "drop": _("Drop photos here, or choose them"),
        "camera": _("Camera"),
        "shoot": _("Take a photo"),
        "stop_camera": _("Close the camera"),
        "no_camera": _("There is no camera that this page may use."),
        "samples": _("Our twelve samples"),
        "forget": _("Forget my photos"),
        "threshold": _("Threshold t: sure above it"),
        "seen": _("the 32 x 32 pixels that the networks see"),
        "shot": _("Photo {number}"),
        "unreadable": _("{file} cannot be read by this browser: save it as JPEG or PNG."),
        "large": _("{file} is larger than 50 MB: shrink it first."),
        "too_many": _("These are the first {most}: more are not compared at once."),
        "remove": _("Remove {file}"),
        "look": _("Where they look"),
    }


def _thresholds() -> dict[str, str]:
    return {
        "paper": _("The paper's"),
        "keep_95": _("Keep 95 of 100"),
        "keep_95_help": _(
            "Moves each network to its own t, at which it keeps 95 of 100 pictures that it knows: the fair comparison."
        ),
        "sets": _("Pictures"),
    }


def _share() -> dict[str, str]:
    # Given the fields' own names as values, these come back with fields in them, which the script fills.
    return share_card.words() | {
        "close": _("Close"),
        "in_words": share_card.alt("{sentence}", "{shows}", "{said}"),
        "about": share_card.about("{threshold}"),
    }


def _attention() -> dict[str, str]:
    return {
        "picture": _("Picture"),
        "strength": _("Strength of the maps over the photo"),
        "own_scale": _("Each map on its own scale"),
        "own_scale_help": _("Off: one scale a column, for all networks."),
        "largest": _("0 to {most}", most="{most}"),
        "beside": _("Beside the spread of"),
        "distance": _("distance between the two maps"),
        "maps_alt": _("Attention maps at the low, middle and high level. {rows}. {title}"),
        # Which of the two is true depends on the networks that were there when the file was made.
        "students": _(
            "The students learned where to look from the two networks WRN-40-1. Of those, this file has the maps of "
            "the gallery's photos; there is no room for the networks themselves."
        )
        if carried_maps.teachers()
        else _("The students learned where to look from two larger networks, for which this file has no room."),
    }
