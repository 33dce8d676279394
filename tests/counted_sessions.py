"""A server of the app that says how many sessions it holds: `python -m tests.counted_sessions PORT`, a line asks it."""

import gc
import sys
import threading

from streamlit.runtime.app_session import AppSession
from streamlit.web.cli import main


def answer() -> None:
    """Write how many sessions are alive, for each line that is read."""
    for _ in sys.stdin:
        gc.collect()
        alive = sum(isinstance(each, AppSession) for each in gc.get_objects())
        sys.stdout.write(f"sessions: {alive}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    threading.Thread(target=answer, daemon=True).start()
    options = [f"--server.port={sys.argv[1]}", "--server.headless=true", "--server.disconnectedSessionTTL=1"]
    sys.argv = ["streamlit", "run", "app/main.py", *options]
    main()
