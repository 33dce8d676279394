"""What was made for a download, kept until the browser of whoever pressed the button has fetched it.

Streamlit makes such a file at the press, and deletes it at the second end of anybody's script after that. In a class,
whose phones look again and again, those come within a fraction of a second, and the browser would find nothing.
"""

import threading
import time
from collections.abc import Callable
from weakref import WeakSet

from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from nat_app.visit.limits import MB

KEPT = 60.0
"""Seconds for which a file is kept once no page refers to it."""
HELD = 64 * MB
"""Bytes of such files at most; the oldest are let go first."""


class KeptDownloads(MemoryMediaFileStorage):
    """Streamlit's storage of files, which lets go of downloads later; pictures go at once."""

    def __init__(self, media_endpoint: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(media_endpoint)
        self._clock, self._lock = clock, threading.Lock()
        self._leaving: dict[str, float] = {}
        """By the files' names, the oldest first: when each was deleted."""
        self._unkept: set[str] = set()
        """Those that are to go as soon as Streamlit deletes them."""
        _STORAGES.add(self)

    def load_and_get_id(
        self, path_or_data: str | bytes, mimetype: str, kind: MediaFileKind, filename: str | None = None
    ) -> str:
        """Add a file and return its name, which is the same for the same content."""
        with self._lock:
            file_id = super().load_and_get_id(path_or_data, mimetype, kind, filename)
            self._leaving.pop(file_id, None)
            self._unkept.discard(file_id)
            return file_id

    def delete_file(self, file_id: str) -> None:
        """Delete a picture; keep a download for a while."""
        with self._lock:
            if self._is_download(file_id) and file_id not in self._unkept:
                self._leaving.setdefault(file_id, self._clock())
            else:
                self._unkept.discard(file_id)
                super().delete_file(file_id)
        self.let_go()

    def let_go(self) -> None:
        """Delete the downloads whose time is over, and the oldest of too many."""
        with self._lock:
            held = sum(self.get_file(file_id).content_size for file_id in self._leaving)
            for file_id, since in list(self._leaving.items()):
                if self._clock() - since < KEPT and held <= HELD:
                    break
                held -= self.get_file(file_id).content_size
                del self._leaving[file_id]
                super().delete_file(file_id)

    def keep_none(self) -> None:
        """Delete the downloads that are kept, and each that is still referred to as soon as Streamlit does."""
        with self._lock:
            for file_id in self._leaving:
                super().delete_file(file_id)
            self._leaving.clear()
            self._unkept = set(self._files_by_id)

    def _is_download(self, file_id: str) -> bool:
        try:
            return self.get_file(file_id).kind is MediaFileKind.DOWNLOADABLE
        except MediaFileStorageError:
            return False


_STORAGES: WeakSet[KeptDownloads] = WeakSet()


def keep_downloads() -> None:
    """Let the server that Streamlit makes next keep downloads; to be called before it is made."""
    # The app that Streamlit serves has no argument for it.
    memory_media_file_storage.MemoryMediaFileStorage = KeptDownloads


def let_go() -> None:
    """Delete the downloads whose time is over; to be called now and then, as nobody may come for a long time."""
    for storage in list(_STORAGES):
        storage.let_go()


def keep_none() -> None:
    """Delete all downloads that are kept: somebody was told that what was said is forgotten now."""
    for storage in list(_STORAGES):
        storage.keep_none()
