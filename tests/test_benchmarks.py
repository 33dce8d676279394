"""The benchmarks' harness with one that is made up: what is measured is kept, one entry a figure, and written."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.harness import kept
from benchmarks.harness.every import BENCHMARKS
from benchmarks.harness.figures import MILLISECONDS, Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import Entry, Stamp
from benchmarks.harness.page import page, sentences
from benchmarks.harness.rounds import beside_all
from nat_core.cli.commands import bench
from nat_core.cli.parser import build_parser
from nat_core.errors import CommandError

ROOT = Path(__file__).parents[1]

FAST = Figure("fast", "Adding", "adding twice", Goal(2, without_amx=1.5), reason="Sums are sums.")
SLOW = Figure("slow", "Waiting", "nothing", Goal(10, MILLISECONDS, at_most=True), reason="It waits.")
STAMP = Stamp("2026-11-27", "a processor, 2 cores", True, "Python 3.11", 0.5)


def measure(asked: Asked) -> Iterator[Found]:
    yield Found("fast", (3.0, 2.0, 2.5)[: asked.rounds], (1.0,), (2.5,))
    yield Found("slow", (12.0,))


MADE_UP = Benchmark("made_up", "Sums", (FAST, SLOW), measure)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is measured is kept, away from the repository's own; no page is written."""
    file = tmp_path / "performance.json"
    keep = kept.keep
    monkeypatch.setattr(kept, "keep", lambda entries: keep(entries, file))
    monkeypatch.setattr(command.subprocess, "run", lambda *_, **__: None)
    return file


def test_both_sides_run_in_turn_and_each_round_has_a_ratio() -> None:
    ran: list[str] = []
    found = beside_all(Asked(3, quick=True), {"a": lambda: ran.append("a")}, lambda: ran.append("theirs"))
    assert ran == ["theirs", "a", "a", "theirs", "theirs", "a", "a", "theirs"]
    (one,) = found
    assert one.figure == "a"
    assert one.values == tuple(their / our for our, their in zip(one.ours, one.theirs, strict=True))
    assert len(one.values) == 3


def test_a_figure_is_kept_beside_the_others(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.keep({"other": Entry(Found("other", (1.0,)), STAMP)})
    assert command.main(["made_up", "--rounds", "3"], [MADE_UP]) == 0
    stored = kept.load(here)
    assert set(stored) == {"other", "fast", "slow"}
    assert stored["fast"].found == Found("fast", (3.0, 2.0, 2.5), (1.0,), (2.5,))
    assert stored["fast"].stamp.versions.startswith("Python 3.")
    assert "2.5 times (2 to 3), goal ≥ " in capsys.readouterr().out


def test_quick_keeps_nothing(here: Path) -> None:
    assert command.main(["--quick"], [MADE_UP]) == 0
    assert not here.exists()


def test_one_that_fails_does_not_stop_the_others(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = replace(MADE_UP, name="broken", measure=lambda asked: iter([Found("unheard of", (1.0,))]))
    assert command.main([], [broken, MADE_UP]) == 1
    assert set(kept.load(here)) == {"fast", "slow"}
    assert "broken has no figure 'unheard of'; it has fast, slow" in capsys.readouterr().err


def test_what_needs_what_is_not_there_is_not_measured(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([], [replace(MADE_UP, needs=("no_such_module",))]) == 0
    assert "made_up: not measured here, for want of no_such_module" in capsys.readouterr().out
    assert not here.exists()


@pytest.mark.parametrize("name", ["made_up", "slow"])
def test_one_is_chosen_by_its_name_or_a_figure_s(name: str) -> None:
    assert command.chosen([MADE_UP, BENCHMARKS[0]], [name]) == [MADE_UP]
    with pytest.raises(SystemExit, match="no benchmark 'nobody'; there are made_up"):
        command.chosen([MADE_UP], ["nobody"])


def test_the_list_names_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"], [MADE_UP]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  fast                         Adding, beside adding twice: ≥ 2 times",
        "  slow                         Waiting, beside nothing: ≤ 10 ms",
    ]


def test_the_list_of_all_is_up_to_date_and_is_told_without_what_they_measure() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys; from benchmarks.__main__ import main; main(['--list']); "
         "assert not {'torch', 'streamlit', 'sklearn'} & sys.modules.keys()"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    assert told == command.listing(BENCHMARKS), "run python .ci/renew_pages.py"


def test_the_page_holds_goals_beside_figures_and_reasons_of_what_is_missed_alone() -> None:
    entries = {"fast": Entry(Found("fast", (3.0, 2.0, 2.5), (1.0,), (2.5,)), STAMP),
               "slow": Entry(Found("slow", (12.0,)), STAMP)}  # fmt: skip
    written = page([MADE_UP], entries)
    assert (
        "| Adding | adding twice | ≥ 2 times | **2.5 times** (2 to 3) | 1 s, the other 2.5 s | yes | "
        "2026-11-27, load 0.5 [1] |" in written
    )
    assert "- Waiting: It waits." in written
    assert "Sums are sums." not in written
    assert "1. a processor, 2 cores; Python 3.11" in written


def test_a_goal_may_be_another_without_matrix_units() -> None:
    entry = Entry(Found("fast", (1.6,)), replace(STAMP, amx=False))
    assert "| ≥ 1.5 times | **1.6 times** |  | yes |" in page([MADE_UP], {"fast": entry})
    assert "| no |" in page([MADE_UP], {"fast": replace(entry, stamp=STAMP)})


def test_what_was_not_measured_says_so() -> None:
    assert page([MADE_UP], {}).count("| not measured |") == 2
    on_a_card = replace(MADE_UP, needs=("cuda",), figures=(replace(FAST, earlier="3,800 images/s on 2026-11-26"),))
    assert "| not measured here; 3,800 images/s on 2026-11-26 |" in page([on_a_card], {})


def test_sentences_take_what_was_measured_and_leave_out_the_rest() -> None:
    wanted = {"slow": "waiting takes {}", "fast": "adding is {} times as fast", "nothing": "{}"}
    entries = {"slow": Entry(Found("slow", (12.0,)), STAMP)}
    assert sentences([MADE_UP], entries, wanted) == "Measured by `nat bench`: waiting takes 12 ms."
    assert "nothing was measured yet" in sentences([MADE_UP], {}, wanted)


def test_figures_have_names_of_their_own_and_what_is_missed_has_its_reason() -> None:
    figures = [figure for benchmark in BENCHMARKS for figure in benchmark.figures]
    assert len({figure.name for figure in figures}) == len(figures)
    stored = kept.load()
    assert set(stored) <= {figure.name for figure in figures}
    unexplained = [each.name for each in figures if each.name in stored and not stored[each.name].met(each)
                   and not each.reason]  # fmt: skip
    assert unexplained == []


@pytest.mark.parametrize("name", ["curves", "ranking", "jpeg"])
def test_the_cheap_ones_run(name: str) -> None:
    (benchmark,) = command.chosen(BENCHMARKS, [name])
    if not all(map(command.there, benchmark.needs)):
        pytest.skip(f"for want of {', '.join(benchmark.needs)}")
    found = list(benchmark.measure(Asked(1, quick=True)))
    assert [each.figure for each in found] == [figure.name for figure in benchmark.figures]
    exact = [each for each in found if each.figure.endswith(("exact", "equal"))]
    assert all(each.middle <= 1e-12 for each in exact)


def test_an_installed_package_says_where_the_benchmarks_are(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="clone the repository"):
        bench(build_parser().parse_args(["bench"]), tmp_path)
