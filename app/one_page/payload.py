"""What the file carries beside its words and its script: JSON and bytes, packed into one text that a page can hold."""

import base64
import gzip
import json
from typing import Any


class Payload:
    """Bytes one after the other, each with the place that JSON names it by.

    >>> payload = Payload()
    >>> payload.add(b"cat"), payload.add(b"dog")
    ((0, 3), (3, 3))
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, content: bytes) -> tuple[int, int]:
        """Return where the content lies: its first byte and its length."""
        start = len(self._bytes)
        self._bytes += content
        return start, len(content)

    def packed(self, described: Any) -> str:
        """Return JSON and bytes as base64 of a gzip stream: the JSON's length (4 bytes, lowest first), it, the bytes.

        The same content makes the same text, whatever the clock says.

        >>> Payload().packed({"a": 1}) == Payload().packed({"a": 1})
        True
        """
        text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
        whole = len(text).to_bytes(4, "little") + text + bytes(self._bytes)
        return base64.b64encode(gzip.compress(whole, 9, mtime=0)).decode("ascii")
