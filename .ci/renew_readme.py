"""Writes what is computed from ./checkpoints between the README's markers; with --check only compares.

The results are `nat report --format markdown`; the example is `nat report --format json`, one network and one set.

    python .ci/renew_readme.py [--check]

Exits 1 with --check where the README is out of date.
"""

import json
import sys
from pathlib import Path

from nat_core import decoded
from nat_core.checkpoints import available, load_card
from nat_core.report import render

ROOT = Path(__file__).parents[1]
EXAMPLE = ("digits_nat", "digits_89")


def main() -> None:
    """Renew or check the two blocks."""
    readme, checkpoints = ROOT / "README.md", ROOT / "checkpoints"
    text = readme.read_text(encoding="utf-8")
    reports = {name: load_card(checkpoints, name).report for name in available(checkpoints)}
    network, image_set = EXAMPLE
    example = json.loads(render({network: reports[network]}, "json"))
    numbers = example["networks"][network]
    numbers["sets"] = {image_set: numbers["sets"][image_set]}
    renewed = replaced(text, "results", render(reports, "markdown").strip())
    renewed = replaced(renewed, "example", f"```json\n{json.dumps(rounded(example), indent=2)}\n```")
    renewed = replaced(renewed, "protocol", decoded.markdown())
    if "--check" not in sys.argv:
        readme.write_text(renewed, encoding="utf-8")
    elif renewed != text:
        raise SystemExit("the README's results are out of date: run python .ci/renew_readme.py")


def replaced(text: str, block: str, content: str) -> str:
    """The text with the content between the markers of that block."""
    before, rest = text.split(f"<!-- {block}:begin -->\n")
    after = rest.split(f"<!-- {block}:end -->")[1]
    return f"{before}<!-- {block}:begin -->\n\n{content}\n\n<!-- {block}:end -->{after}"


def rounded(value: object) -> object:
    """The same JSON with three digits after the point, so that a reader sees its shape."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
