"""Noise of forty pictures, for tests that train and say nothing of the 10,000 that every network is run on."""

from dataclasses import replace

import pytest


def use_less_noise(patch: pytest.MonkeyPatch) -> None:
    """Draw forty pictures of each set of noise that is reported or learnt, until the patch is undone."""
    from nat_core.data import sets

    for name in ("noise", "noise_train"):
        drawn = replace(sets.noise(count=40), name=name)
        patch.setitem(sets.SETS, name, lambda name, data, drawn=drawn: drawn)
