"""For the documents: the `>>>` examples of docstrings, which stand in them as plain text, are shown as code.

mkdocs.yml names this file as an extension of griffe, which reads the docstrings for mkdocstrings.
"""

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"(?:^|(?<=\n\n))(>>> .*?)(?=\n\n(?!>>> )|\Z)", re.DOTALL)
"""From the first `>>>` of a paragraph to the end of the last paragraph of examples."""


def fenced(text: str) -> str:
    """Return the text with each block of examples in a fence.

    >>> fenced("Adds.\\n\\n>>> 1 + 1\\n2").splitlines()
    ['Adds.', '', '```pycon', '>>> 1 + 1', '2', '```']
    """
    return EXAMPLE.sub(lambda found: f"```pycon\n{found[1].rstrip()}\n```", text)


class DoctestsAsCode(griffe.Extension):
    """Rewrites each docstring once it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put the examples of one object's docstring into fences."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
