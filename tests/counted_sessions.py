"""A server of the app that says what it holds: `python -m tests.counted_sessions PORT`, and a line asks it.

The answer is a line of JSON: sessions alive, descriptors, threads, blocks of Python's memory and, with --bytes, how
much all of its objects take, which makes the server slow.
"""

import gc
import json
import os
import sys
import threading
import tracemalloc
from pathlib import Path

from streamlit.runtime.app_session import AppSession
from streamlit.web.cli import main

DESCRIPTORS = Path("/proc/self/fd")


def answer() -> None:
    """Write what is held, for each line that is read."""
    for _ in sys.stdin:
        gc.collect()
        alive = sum(isinstance(each, AppSession) for each in gc.get_objects())
        held = {
            "sessions": alive,
            "descriptors": len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0,
            "threads": threading.active_count(),
            "blocks": sys.getallocatedblocks(),
            "bytes": tracemalloc.get_traced_memory()[0],
        }
        sys.stdout.write(f"held: {json.dumps(held)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if "--bytes" in sys.argv:
        tracemalloc.start()
    threading.Thread(target=answer, daemon=True).start()
    options = [f"--server.port={sys.argv[1]}", "--server.headless=true", "--server.disconnectedSessionTTL=1"]
    sys.argv = ["streamlit", "run", "app/main.py", *options]
    main()
