"""What networks are asked for now, by torch: pictures in one batch, and attributions; kept by the pictures' hashes.

Nothing here imports torch before it is asked, so a page's first picture does not wait for it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float, UInt8

from nat_app.answers import stored_answers
from nat_app.answers.shared_results import shared_by_all
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.gallery import FOLDER
from nat_core.data.images import image_id, read_image, read_photo, squared
from nat_core.data.sources.image_sets import identities
from nat_core.measure.predictions import Predictions
from nat_core.store.features import Features, load_features

KEPT = 512
"""How many attributions are kept, for all visitors together."""


def in_one_batch(names: dict[Kind, str], pixels: UInt8[np.ndarray, "n 32 32 3"]) -> dict[Kind, Predictions]:
    """What each network says of n pictures; its ids are the pictures' hashes."""
    ids = identities(pixels)
    return {
        kind: _batch(stored_answers.folder(), name, stored_answers.stamp_of(name), ids, pixels)
        for kind, name in names.items()
    }


# Streamlit hashes no argument that begins with an underscore: `ids` are the pictures' hashes already.
@st.cache_resource(max_entries=256, show_spinner=False)
def _batch(where: Path, name: str, stamp: tuple[int, ...], ids: tuple[str, ...], _pixels: np.ndarray) -> Predictions:
    from nat_core.network.inference import predict

    return predict(stored_answers.network(where, name, stamp), _pixels, ids=ids)


def stored_features(name: str) -> dict[str, Features]:
    """One network's stored features by image set. Raises CheckpointError where there are none."""
    return features_in(stored_answers.folder(), name, stored_answers.stamp_of(name))


@shared_by_all(most=8)
def features_in(where: Path, name: str, stamp: tuple[int, ...]) -> dict[str, Features]:
    """One network's stored features, where no visit is."""
    return load_features(where, name)


def photo_features(name: str, pixels: UInt8[np.ndarray, "n 32 32 3"]) -> Float[np.ndarray, "n channels"]:
    """What one network's last layer is given of n pictures, computed once for these."""
    return _features(stored_answers.folder(), name, stored_answers.stamp_of(name), identities(pixels), pixels)


@st.cache_data(max_entries=256, show_spinner=False)
def _features(
    where: Path, name: str, stamp: tuple[int, ...], ids: tuple[str, ...], _pixels: np.ndarray
) -> Float[np.ndarray, "n channels"]:
    from nat_core.network.inference import features

    return features(stored_answers.network(where, name, stamp), _pixels)


def network(name: str) -> Any:
    """One network ready to predict, loaded once: a `nat_core.network.inference.Network`, whose module imports torch."""
    return stored_answers.network(stored_answers.folder(), name, stored_answers.stamp_of(name))


@st.cache_data(max_entries=256, show_spinner=False)
def gallery_photo(file: str, crop: str) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "32 32 3"]]:
    """A gallery picture, whole, and what networks see of it, made square by a name of `images.CROPS`."""
    return read_photo(FOLDER / file), read_image(FOLDER / file, crop=crop)


def square(photo: UInt8[np.ndarray, "h w 3"], crop: str, side: int = 128) -> UInt8[np.ndarray, "side side 3"]:
    """A photo made square as the networks see it, but sharper; `crop` is a name of `images.CROPS`."""
    return squared(photo, crop, side)


class _Kept:
    """The attributions computed last, for all visitors; Streamlit's caches cannot hold what shows its progress."""

    def __init__(self) -> None:
        self._lock, self._found = threading.Lock(), OrderedDict()

    def get(self, key: tuple):
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: tuple, value: object) -> None:
        with self._lock:
            self._found[key] = value
            if len(self._found) > KEPT:
                self._found.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _kept() -> _Kept:
    return _Kept()


def explained(
    name: str, pixels: UInt8[np.ndarray, "32 32 3"], method: str, target: int, options: tuple, progress: Callable
):
    """The attribution of one class by one network, by a function of `nat_core.network.explain`, computed once.

    `options` are pairs of an argument's name and its value; `progress` is told the share done.
    """
    key = (stored_answers.folder(), name, stored_answers.stamp_of(name), image_id(pixels), method, target, options)
    # Not locked while it is computed: two visitors with the same question may both compute it, but neither waits.
    found = _kept().get(key)
    if found is None:
        from nat_core.network import explain

        # Named here and not at the top of the file, as the functions come with torch.
        methods: dict[str, Callable[..., explain.Attribution]] = {
            "integrated_gradients": explain.integrated_gradients,
            "occlusion": explain.occlusion,
            "grad_cam": explain.grad_cam,
        }
        found = methods[method](network(name), pixels, target, progress=progress, **dict(options))
        _kept().put(key, found)
    return found
