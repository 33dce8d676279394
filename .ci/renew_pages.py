"""Writes what is computed: marked blocks of the README and of docs/, and docs/results.md with its plots.

    python .ci/renew_pages.py [--check]

From ./checkpoints: the README's table, the example of docs/command-line.md (`nat report --format json`, one network
and one set) and docs/results.md (`nat report --page docs`). From the code: docs/protocol.md, the verbs' help, and
benchmarks/list.txt, which `nat bench --list` shows. From docs/pictures/see-it.webp: its caption, which is the title of
the page when the picture was taken. From benchmarks/performance.json and growth.json: docs/performance.md and the
sentences on speed (`nat bench` and `python -m benchmarks.scaling` measure). Exits 1 with --check where one of them is
out of date. A plot that docs/results.md no longer has is deleted.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks are in no package

from benchmarks.__main__ import LIST, listing
from benchmarks.harness import growth
from benchmarks.harness import page as performance
from benchmarks.harness.every import BENCHMARKS
from benchmarks.harness.kept import load
from nat_core.cli.parser import build_parser
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.paper import decisions
from nat_core.paper.rendering import markdown_table, render
from nat_core.paper.tables import Grid
from nat_core.results.results_page import PLOTS, page
from nat_core.store.checkpoints import available, load_card

ROOT = Path(__file__).parents[1]
DOCS, CHECKPOINTS = ROOT / "docs", ROOT / "checkpoints"
EXAMPLE = ("digits_nat", "digits_89")
SHOWN = ("cifar100_test", "ilsvrc_strict", "noise")
"""The sets of negatives in the README's table."""
IN_THE_README = {
    "first_chart_cold": "the first chart is there {} after a cold start",
    "key_to_chart": "a key on the slider redraws its chart in {}",
    "photo_wrn16_1": "a photo passes the small pair with all its maps {} times as fast as through torch with hooks",
    "train_wrn16_1": "training WRN-16-1 is {} times as fast as the loop people copy",
}
"""The sentences on speed in the README, by figure."""
IN_START = IN_THE_README | {
    "first_chart_later": "later visitors see their first chart after {}",
    "people_sweeping": "of 30 people who sweep the threshold at once, 95 in 100 answers come within {}",
    "photos_first": "of 18 photos dropped at once, the first is answered after {}",
    "photos_all": "all 18 are answered after {}",
}
DESCRIPTION = 0x010E
"""EXIF's ImageDescription, in which take_pictures.py leaves what the page's title said."""
SAME_HELP = sys.version_info < (3, 13)
"""argparse lays its help out differently from Python 3.13 on: there, what is written is not compared."""


def main() -> None:
    """Renew or check all of them."""
    wanted = {path: replaced(path, blocks) for path, blocks in marked().items()}
    wanted |= {DOCS / name: content for name, content in page(CHECKPOINTS).items()}
    wanted[DOCS / "performance.md"] = performance.page(BENCHMARKS, load(), growth.load())
    wanted[LIST] = listing(BENCHMARKS)
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
        raise SystemExit(f"out of date: {names}: run python .ci/renew_pages.py")


def marked() -> dict[Path, dict[str, str]]:
    """What stands between the markers of each page, by page and block."""
    reports = {name: load_card(CHECKPOINTS, name).report for name in available(CHECKPOINTS)}
    verbs = {"verbs": helps()} if SAME_HELP else {}
    return {
        ROOT / "README.md": {
            "picture": picture(),
            "results": markdown_table(table(reports)),
            "speed": speed(IN_THE_README),
        },
        DOCS / "start.md": {"speed": speed(IN_START)},
        DOCS / "command-line.md": {"example": example(reports), **verbs},
        DOCS / "protocol.md": {"protocol": decisions.page()},
    }


def replaced(path: Path, blocks: dict[str, str]) -> str:
    """The page's text with each block's content between its markers."""
    text = path.read_text(encoding="utf-8")
    for block, content in blocks.items():
        before, rest = text.split(f"<!-- {block}:begin -->\n")
        after = rest.split(f"<!-- {block}:end -->")[1]
        text = f"{before}<!-- {block}:begin -->\n\n{content}\n\n<!-- {block}:end -->{after}"
    return text


def picture() -> str:
    """The README's picture with what it shows."""
    with Image.open(DOCS / "pictures" / "see-it.webp") as taken:
        shows = taken.getexif().get(DESCRIPTION, "")
    return f"![See it, as it opens: {shows}](docs/pictures/see-it.webp)"


def speed(wanted: dict[str, str]) -> str:
    """What was measured last of these figures, in sentences."""
    return performance.sentences(BENCHMARKS, load(), wanted)


def table(reports: dict[str, NetworkReport]) -> Grid:
    """Each network in one line: how accurate, how often fooled at t = 0.9, and what it keeps there."""
    header = (
        "network",
        "epochs",
        "accuracy",
        "kept",
        *(f"NCR {name}" for name in SHOWN),
        "NCR cifar100_test, 95 % kept",
    )
    photos = {name: report for name, report in reports.items() if "cifar100_test" in report.sets}
    return Grid(header, tuple(tuple(cells(name, report)) for name, report in photos.items()))


def cells(name: str, report: NetworkReport) -> Iterator[str]:
    """One network's line."""
    yield f"`{name}`"
    yield str(report.epochs)
    yield accuracy_text(report.accuracy)
    yield rate_text(report.share_kept["0.9"])
    yield from (rate_text(report.sets[each].ncr["0.9"]) for each in SHOWN)
    yield rate_text(report.sets["cifar100_test"].ncr_at_95_kept)


def example(reports: dict[str, NetworkReport]) -> str:
    """The JSON of one network and one of its sets, rounded."""
    network, image_set = EXAMPLE
    whole = json.loads(render({network: reports[network]}, "json"))
    numbers = whole["networks"][network]
    numbers["sets"] = {image_set: numbers["sets"][image_set]}
    return f"```json\n{json.dumps(rounded(whole), indent=2)}\n```"


def helps() -> str:
    """The help of each verb, as a terminal of 100 columns shows it."""
    os.environ["COLUMNS"] = "100"
    (verbs,) = (each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return "\n\n".join(f"### nat {verb}\n\n```text\n{each.format_help()}```" for verb, each in verbs.choices.items())


def rounded(value: object) -> object:
    """The same JSON with three digits after the point, so that a reader sees its shape."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
