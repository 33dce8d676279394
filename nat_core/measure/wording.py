"""Numbers in sentences: one picture, two pictures."""


def plural(number: int, noun: str, many: str | None = None) -> str:
    """Return a count with its noun, thousands set apart by commas; `many` is the plural where it is not noun + "s".

    >>> plural(1, "picture"), plural(10_000, "picture"), plural(0, "class", "classes")
    ('1 picture', '10,000 pictures', '0 classes')
    """
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
