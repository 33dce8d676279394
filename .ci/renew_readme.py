"""Writes what is computed from ./checkpoints: the README's marked parts and docs/results.md; --check only compares.

The README's results are `nat report --format markdown`, its studies those of docs/results.md in brief, the example is
`nat report --format json`, one network and one set; docs/results.md is `nat report --page docs`.

    python .ci/renew_readme.py [--check]

Exits 1 with --check where one of them is out of date. A plot that the page no longer has is deleted.
"""

import json
import sys
from pathlib import Path

from nat_core.paper import decisions
from nat_core.paper.tables import render
from nat_core.results.page import PLOTS, page
from nat_core.results.section import in_brief
from nat_core.store.checkpoints import available, load_card
from nat_core.store.runs import load_runs
from nat_core.studies.choice import load_choice
from nat_core.studies.plan import studies

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLE = ("digits_nat", "digits_89")


def main() -> None:
    """Renew or check the README's blocks and the page."""
    readme, checkpoints = ROOT / "README.md", ROOT / "checkpoints"
    text = readme.read_text(encoding="utf-8")
    reports = {name: load_card(checkpoints, name).report for name in available(checkpoints)}
    network, image_set = EXAMPLE
    example = json.loads(render({network: reports[network]}, "json"))
    numbers = example["networks"][network]
    numbers["sets"] = {image_set: numbers["sets"][image_set]}
    renewed = replaced(text, "results", render(reports, "markdown").strip())
    every = studies(choice=load_choice(checkpoints))
    renewed = replaced(renewed, "studies", in_brief(every, load_runs(checkpoints)))
    renewed = replaced(renewed, "example", f"```json\n{json.dumps(rounded(example), indent=2)}\n```")
    renewed = replaced(renewed, "protocol", decisions.markdown())
    wanted = {readme: renewed} | {DOCS / name: content for name, content in page(checkpoints).items()}
    stale = [path for path in (DOCS / PLOTS).glob("*.svg") if path not in wanted]
    if "--check" not in sys.argv:
        for path, content in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        for path in stale:
            path.unlink()
        return
    differing = [path for path, content in wanted.items() if not path.is_file() or path.read_text("utf-8") != content]
    if differing or stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in differing + stale)
        raise SystemExit(f"out of date: {names}: run python .ci/renew_readme.py")


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
