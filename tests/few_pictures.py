"""Few pictures, for tests that train and say nothing of how well: of noise and of digits.

Every network is run on 10,000 pictures of noise, and digits are trained on 862 and tried on 700.
"""

from dataclasses import replace

import pytest


def use_less_noise(patch: pytest.MonkeyPatch) -> None:
    """Draw ten pictures of each set of noise that is reported or learnt, until the patch is undone."""
    from nat_core.data import sets

    for name in ("noise", "noise_train"):
        drawn = replace(sets.noise(count=10), name=name)
        patch.setitem(sets.SETS, name, lambda name, data, drawn=drawn: drawn)


def use_few_digits(patch: pytest.MonkeyPatch) -> None:
    """Take every fourth digit or so, until the patch is undone: 211 to learn, and 54 to try of those that are known."""
    from nat_core.data import sets

    first = tuple(each[:450] for each in sets.all_digits())
    patch.setattr(sets, "all_digits", lambda: first)
