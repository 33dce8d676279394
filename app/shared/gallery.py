"""The gallery: the free pictures of gallery.json, how pages draw them, and CREDITS.md, which is made from that file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nat_app.shared.classes import class_title
from nat_app.shared.language import N_, _
from nat_app.shared.page_file import image_url
from nat_app.shared.words import CORNER, capital
from nat_core.data.images import read_image, read_photo
from nat_core.data.sets import GALLERY

FOLDER = GALLERY
THUMBNAIL = 96
"""Side of a thumbnail, in pixels."""
NO_CLASS = "none"
"""The label of a picture of none of the ten classes."""
SAMPLES = 12
KNOWN_SAMPLES = ("cat1.jpg", "ship1.jpg", "dog4.jpg")
INSET = 0.3
"""Side of what the networks see, in the corner of a photo's square, as a share of the square."""
LICENCES = {
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
}
LICENCES_IN_WORDS = (N_("Public domain"), N_("Public domain (US government work)"), N_("CC0 1.0 (Pixabay before 2019)"))
"""The licences of the gallery that are no mere name of one: they are said in the visitor's language."""


@dataclass(frozen=True)
class GalleryPicture:
    """One picture of the gallery."""

    file: str
    """The file's name, which is also its id in the stored predictions."""
    label: str
    """A CIFAR-10 class, or "none"."""
    description: str
    """What it shows, in a few English words."""
    licence: str
    author: str | None
    source: str
    """Where it was taken from: a page or a repository's file."""
    changes: str

    @property
    def path(self) -> Path:
        """The file's path."""
        return FOLDER / self.file

    @property
    def known(self) -> bool:
        """Whether it shows one of the ten classes."""
        return self.label != NO_CLASS

    @property
    def shows(self) -> str:
        """What it shows, in a few words."""
        return _(self.description)

    @property
    def caption(self) -> str:
        """What it shows, as the beginning of a sentence: the sentence or the words around it follow."""
        return capital(self.shows)

    @property
    def alt(self) -> str:
        """The description of its square, in the corner of which stands what the networks see."""
        return f"{self.shows}; {_(CORNER)}"

    @property
    def name(self) -> str:
        """A short name for a button: "bee", "airplane 1"."""
        stem = Path(self.file).stem.removeprefix("none-")
        if stem.isalpha():
            return _(stem)
        return f"{class_title(stem.rstrip('0123456789'))} {stem.lstrip('abcdefghijklmnopqrstuvwxyz')}"

    @property
    def button_key(self) -> str:
        """The key of its button: "thumb_none-bee"."""
        return f"thumb_{self.path.stem}"

    @property
    def credit(self) -> str:
        """Author and licence, as they stand below the picture."""
        author = self.author or _("Author not stated")
        return f"{author}, {_(self.licence)}"


@cache
def gallery_pictures() -> tuple[GalleryPicture, ...]:
    """Return the pictures, those of no class first, each group in the order of the file."""
    entries = json.loads((FOLDER / "gallery.json").read_text(encoding="utf-8"))
    pictures = [_picture(entry) for entry in entries]
    # The order is stable, and False comes before True.
    return tuple(sorted(pictures, key=lambda picture: picture.known))


def samples() -> tuple[GalleryPicture, ...]:
    """Return twelve pictures to try: nine things of no class and three of the ten.

    >>> [sum(picture.known for picture in samples()), len(samples())]
    [3, 12]
    """
    known = [picture for picture in gallery_pictures() if picture.file in KNOWN_SAMPLES]
    unknown = [picture for picture in gallery_pictures() if not picture.known]
    return (*unknown[: SAMPLES - len(known)], *known)


def credits_text() -> str:
    """Return CREDITS.md: one line a picture with its author, licence, source and what was changed."""
    lines = ["# Credits of the gallery", "", "Made from `gallery.json`, which quotes where each licence is stated.", ""]
    for picture in sorted(gallery_pictures(), key=lambda each: each.file):
        author = picture.author or "author not stated"
        lines.append(
            f"- `{picture.file}`: {picture.description}. By: {author}. Licence: {_linked(picture.licence)}. "
            f"From: {picture.source}. {_sentence(picture.changes)}"
        )
    return "\n".join(lines) + "\n"


def with_inset(photo: UInt8[np.ndarray, "h w 3"], pixels: UInt8[np.ndarray, "32 32 3"]) -> UInt8[np.ndarray, "s s 3"]:
    """A photo's centre square, 512 pixels wide, with the 32 x 32 pixels that the networks see in its lower corner."""
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(photo[top : top + side, left : left + side]).resize((512, 512), Image.Resampling.BICUBIC)
    inset = round(512 * INSET)
    seen = Image.fromarray(pixels).resize((inset, inset), Image.Resampling.NEAREST)
    # A white edge parts the inset from a photo of any colour.
    square.paste((255, 255, 255), (512 - inset - 6, 512 - inset - 6, 512, 512))
    square.paste(seen, (512 - inset, 512 - inset))
    return np.asarray(square)


def _picture(entry: dict) -> GalleryPicture:
    source = entry["source"]
    where = source.get("original_page") or ""
    if not where.startswith("http"):
        where = (
            f"{source['repository']} ({source['path']}, commit {source['commit'][:10]}; {where or 'no page stated'})"
        )
    return GalleryPicture(
        file=entry["file"],
        label=entry["label"],
        description=entry["shows"],
        licence=entry["licence"],
        author=entry.get("author"),
        source=where,
        changes=entry.get("changes", ""),
    )


def _linked(licence: str) -> str:
    for name, address in LICENCES.items():
        if licence.startswith(name):
            return f"[{licence}]({address})"
    return licence


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else "Unchanged."


# Not Streamlit's caches: the server reads this module before there is a runtime, and they would warn of that. The
# gallery never changes while it runs.
@lru_cache(maxsize=64)
def gallery_square(file: str) -> UInt8[np.ndarray, "h w 3"]:
    """A gallery picture's centre square, with what the networks see in its corner; not to be written to."""
    square = with_inset(read_photo(FOLDER / file), read_image(FOLDER / file))
    square.flags.writeable = False
    return square


@cache
def thumbnail_style() -> str:
    """The style sheet that turns each picture's button into its thumbnail."""
    # A button's label shows a picture no higher than its letters, so the thumbnail is the button's background; its name
    # stays, out of sight, for those who hear the page.
    rules = []
    for picture in gallery_pictures():
        url = image_url(Image.fromarray(read_image(picture.path, size=THUMBNAIL)), "JPEG", quality=80)
        rules.append(f".st-key-{picture.button_key} button{{background-image:url({url})}}")
    return "<style>" + "\n".join(rules) + "</style>"


def chosen_style(buttons: Sequence[str]) -> str:
    """The style sheet that outlines the thumbnails of these buttons, by their keys.

    >>> chosen_style(["thumb_cat1"])
    '<style>.st-key-thumb_cat1 button{outline:3px solid #0072B2;outline-offset:1px}</style>'
    """
    which = ",".join(f".st-key-{button} button" for button in buttons)
    return f"<style>{which}{{outline:3px solid #0072B2;outline-offset:1px}}</style>" if which else ""
