"""Thirty visitors press Train at once: how long the last one waits, and whether anyone sees an error.

Each is a session of the app of its own (Streamlit's AppTest) in one process, as on a teacher's laptop; a third of them
trains each of Playground, Digits live and Your negatives. Run it with: python benchmarks/thirty_visitors.py [number]
"""

import os
import sys
import threading
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import turns

MAIN = str(Path(__file__).parents[1] / "app" / "main.py")
PAGES = {
    "views/playground.py": ("train", "play_turn"),
    "views/digits_live.py": ("digits_train", "digits_turn"),
    "views/your_negatives.py": ("teach", "teach_turn"),
}
PATIENCE = 600.0


def opened(page: str) -> AppTest:
    """A visitor who has opened a page."""
    app = AppTest.from_file(MAIN, default_timeout=PATIENCE).run()
    return app.switch_page(page).run()


def visit(app: AppTest, page: str, gate: threading.Barrier, found: list[tuple[str, float, int]]) -> None:
    """Press Train with all others, look until it is over, and note how long that took and how many errors came."""
    button, turn = PAGES[page]
    gate.wait()
    began = time.monotonic()
    app.button(key=button).click().run()
    errors = len(app.exception)
    while turn in app.session_state and time.monotonic() - began < PATIENCE:
        time.sleep(turns.shared().pause())
        errors += len(app.run().exception)
    found.append((page, time.monotonic() - began, errors + (turn in app.session_state)))


def main(number: int) -> None:
    """Let that many visitors train at once, and print what they saw."""
    os.environ.setdefault("NAT_CHECKPOINTS", str(Path(__file__).parents[1] / "checkpoints"))
    pages = [list(PAGES)[place % len(PAGES)] for place in range(number)]
    visitors = [opened(page) for page in pages]
    gate, found = threading.Barrier(number), []
    threads = [
        threading.Thread(target=visit, args=(app, page, gate, found)) for app, page in zip(visitors, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for page in PAGES:
        times = sorted(seconds for name, seconds, _ in found if name == page)
        print(f"{page}: {len(times)} visitors, done after {times[0]:.1f} to {times[-1]:.1f} s")
    print(f"{len(found)} of {number} visitors done, {sum(errors for *_, errors in found)} errors")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
