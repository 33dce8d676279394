"""What is counted from stored predictions, once for each network, set and temperature: histograms, curves, scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float

from app import cached
from app.scores import Separation, separate
from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions

CURVE = np.arange(101) / 100
"""The thresholds of every curve and of the CSV."""


def tempered(name: str, set_name: str, temperature: float = 1.0) -> Predictions:
    """One network's stored predictions with its logits divided by the temperature, which is above 0."""
    if temperature == 1:
        return cached.predictions(name, set_name)
    return _tempered(cached.folder(), name, set_name, temperature, cached.stamp_of(name))


@st.cache_resource(max_entries=32, show_spinner=False)
def _tempered(where: Path, name: str, set_name: str, temperature: float, stamp: tuple[int, ...]) -> Predictions:
    stored = cached.predictions(name, set_name)
    return replace(stored, logits=(stored.logits / temperature).astype(np.float32))


def histogram(name: str, set_name: str, bins: int, temperature: float = 1.0) -> Float[np.ndarray, " bins"]:
    """The share of a set in each of `bins` equal bins of one network's confidence."""
    return _histogram(cached.folder(), name, set_name, bins, temperature, cached.stamp_of(name))


@st.cache_data(max_entries=256, show_spinner=False)
def _histogram(
    where: Path, name: str, set_name: str, bins: int, temperature: float, stamp: tuple[int, ...]
) -> np.ndarray:
    return metrics.confidence_histogram(tempered(name, set_name, temperature).confidence, bins)


def curve(name: str, set_name: str, temperature: float = 1.0) -> Float[np.ndarray, " 101"]:
    """One network's rate on one set at the same thresholds."""
    return _curve(cached.folder(), name, set_name, temperature, cached.stamp_of(name))


@st.cache_data(max_entries=256, show_spinner=False)
def _curve(where: Path, name: str, set_name: str, temperature: float, stamp: tuple[int, ...]) -> np.ndarray:
    return metrics.ncr_curve(tempered(name, set_name, temperature).confidence, CURVE)


def separation(name: str, known: str, set_name: str, score: str, temperature: float = 1.0) -> Separation:
    """How well one network tells a set from one that it knows by a score of `app.scores`."""
    return _separation(cached.folder(), name, known, set_name, score, temperature, cached.stamp_of(name))


@st.cache_resource(max_entries=256, show_spinner=False)
def _separation(
    where: Path, name: str, known: str, set_name: str, score: str, temperature: float, stamp: tuple[int, ...]
) -> Separation:
    return separate(tempered(name, known, temperature), tempered(name, set_name, temperature), score)
