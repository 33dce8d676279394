"""Where they look, as the file carries it: the rows of maps, and how far two networks' maps usually lie apart."""

from typing import Any

import numpy as np

from nat_app.answers import level_spreads, stored_answers
from nat_app.one_page.carried_networks import pairs
from nat_app.one_page.payload import Payload
from nat_app.shared.drawing.palette import KINDS, NAMES
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair, pair_named
from nat_app.shared.words import Answer
from nat_app.views.attention.attention_rows import ARCHITECTURES, STUDENTS
from nat_app.views.attention.maps import LEVELS
from nat_app.views.attention.words import (
    attention_title,
    distance_sentence,
    faint,
    maps_caption,
    spread_caption,
    spread_pictures,
    spread_title,
)
from nat_core.measure.rounding import DISTANCE, distance_text

TEACHERS = "wrn40_1"
"""The key of the pair from which the students learned."""
APART = {"low": 7.11, "middle": 7.22, "high": 7.33}
"""Stand for the distances on a picture while a sentence is made, until names in braces take their places."""


def of_pair(pair: Pair) -> dict[str, Any]:
    """Return what is said of the maps of a pair, in the language that is spoken."""
    spreads = level_spreads.spreads(*pair.names) | {
        stored_answers.GALLERY: level_spreads.gallery_spread(*pair.names)
    }  # fmt: skip
    return {
        "first": next(iter(spreads)),
        "spreads": {name: _spread(pair, name, each) for name, each in spreads.items()},
    }


def _spread(pair: Pair, name: str, spread: level_spreads.Spread) -> dict[str, Any]:
    beside = level_spreads.against_seeds(*pair.names, name)
    pictures = spread_pictures(name, spread.pictures)
    said = distance_sentence(APART, spread.usual, pictures)
    for level, stand_in in APART.items():
        said = said.replace(distance_text(stand_in), f"{{{level}}}")
    beyond = name != stored_answers.GALLERY
    return {
        "title": spread_title(name),
        # By the level at which the two lie furthest apart on the picture, where it depends on that.
        "titles": {level: attention_title({each: float(each == level) for each in LEVELS}, beside) for level in LEVELS},
        "sentence": said,
        "quantiles": {level: list(spread.quantiles[level]) for level in LEVELS},
        "seeds": None if spread.seeds is None else dict(spread.seeds),
        "caption": spread_caption(pictures, seeds=spread.seeds is not None),
        "finding": level_spreads.sentence(*pair.names, name) if beyond else "",
    }


def teachers() -> tuple[str, ...]:
    """Return the networks from which the students learned where to look; none where they are not here."""
    names = pair_named(TEACHERS).names
    return names if set(names) <= set(stored_answers.present()) else ()


def stored(into: Payload) -> dict[str, dict[str, Any]]:
    """Put what the teachers' maps of the gallery look like into the payload; return where, by network and picture.

    The networks themselves would make the file too large. Each place of a map is one of 255 steps of its largest value.
    """
    return {
        name: {each.file: _stored(stored_answers.gallery_look(name, each.file), into) for each in gallery_pictures()}
        for name in teachers()
    }


def _stored(said: stored_answers.OwnAnswer, into: Payload) -> dict[str, Any]:
    maps = []
    for level in LEVELS:
        values = said.maps[level]
        largest = float(values.max())
        steps = np.round(255 * values / (largest or 1.0)).astype(np.uint8)
        maps.append([*into.add(steps.tobytes()), largest])
    return {"confidence": said.answer.confidence, "predicted": said.answer.predicted, "maps": maps}


def rows() -> list[dict[str, str]]:
    """Return the rows of maps, teachers before their students, each with what is said where it has no opinion."""
    small, students = pairs()
    named = {name: _(NAMES[kind]) for kind, name in small.by_kind.items()}
    named |= {name: _(NAMES[kind]) for name, kind in zip(teachers(), KINDS, strict=False)}
    named |= {name: _(STUDENTS[kind]) for kind, name in students.by_kind.items()}
    return [_row(name, title) for name, title in named.items()]


def _row(network: str, title: str) -> dict[str, str]:
    card = stored_answers.card(network)
    whole = f"{title} ({ARCHITECTURES[card.architecture]})"
    return {
        "network": network,
        "title": whole,
        "faint": faint(Answer(0.0, card.classes[0]), whole, len(card.classes)),
    }


def captions() -> dict[str, Any]:
    """Return what stands by the maps whatever they show, in the language that is spoken."""
    return {
        "levels": {level: _(title) for level, title in LEVELS.items()},
        "decimals": DISTANCE,
        # By whether each map has its own scale, and whether the photo shines through.
        "captions": {
            f"{int(own)}|{int(pale)}": maps_caption(0.5 if pale else 1.0, own)
            for own in (False, True)
            for pale in (False, True)
        },
    }
