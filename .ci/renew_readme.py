"""Writes `nat report --format markdown` of ./checkpoints between the README's markers; with --check only compares.

    python .ci/renew_readme.py [--check]

Exits 1 with --check where the README is out of date.
"""

import sys
from pathlib import Path

from nat_core.checkpoints import available, load_card
from nat_core.report import render

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- results:begin -->\n", "<!-- results:end -->"


def main() -> None:
    """Renew or check the block."""
    readme, checkpoints = ROOT / "README.md", ROOT / "checkpoints"
    text = readme.read_text(encoding="utf-8")
    reports = {name: load_card(checkpoints, name).report for name in available(checkpoints)}
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    renewed = f"{before}{BEGIN}\n{render(reports, 'markdown').strip()}\n\n{END}{after}"
    if "--check" not in sys.argv:
        readme.write_text(renewed, encoding="utf-8")
    elif renewed != text:
        raise SystemExit("the README's results are out of date: run python .ci/renew_readme.py")


if __name__ == "__main__":
    main()
