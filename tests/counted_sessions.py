"""A server of the app that says what it holds: `python -m tests.counted_sessions PORT`, and a line asks it.

The answer is a line of JSON: sessions alive, descriptors, threads, blocks of Python's memory and the bytes in use. The
last are all that the C library has handed out, to libraries too, and every object is among them where the environment
says so (`COUNTED`). That costs a visit next to nothing, where following each object with tracemalloc takes hours of
thousands of visits. Elsewhere than with glibc they are 0.
"""

import ctypes
import gc
import json
import os
import sys
import threading
from pathlib import Path

from streamlit.runtime.app_session import AppSession
from streamlit.web.cli import main

DESCRIPTORS = Path("/proc/self/fd")
COUNTED = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""With these each object is asked of the C library, and none that was freed is still counted because a thread keeps it
for its next one."""


class Allocated(ctypes.Structure):
    """What glibc's `mallinfo2` says of all that it has handed out."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
    )]  # fmt: skip


def bytes_in_use() -> int:
    """Return the bytes that are handed out now, small ones and those with a mapping of their own; 0 without glibc."""
    told = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if told is None:
        return 0
    told.restype = Allocated
    found = told()
    return found.uordblks + found.hblkhd


def answer() -> None:
    """Write what is held, for each line that is read."""
    for _ in sys.stdin:
        # What a busy machine's server still reads ahead is no visit's.
        for thread in threading.enumerate():
            if thread.name == "prepare":
                thread.join()
        gc.collect()
        # By their types: `isinstance` asks every object for its class, and some warn when they are asked.
        alive = sum(issubclass(type(each), AppSession) for each in gc.get_objects())
        held = {
            "sessions": alive,
            "descriptors": len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0,
            "threads": threading.active_count(),
            "blocks": sys.getallocatedblocks(),
            "bytes": bytes_in_use(),
        }
        sys.stdout.write(f"held: {json.dumps(held)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    threading.Thread(target=answer, daemon=True).start()
    options = [f"--server.port={sys.argv[1]}", "--server.headless=true", "--server.disconnectedSessionTTL=1"]
    sys.argv = ["streamlit", "run", "app/main.py", *options]
    main()
