"""What may be None, in a test that knows it is not: read as what it is, and a failure of its own where it is not."""

from typing import TypeVar

Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """Return the value, which is not None.

    >>> import re
    >>> present(re.search(r"(\\d+) pictures", "of 12 pictures")).group(1)
    '12'
    """
    assert value is not None
    return value
