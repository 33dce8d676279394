"""Measures what is asked for, keeps it in benchmarks/performance.json and writes the pages: what `nat bench` runs.

python -m benchmarks [NAME ...] [--quick] [--rounds N] [--list]
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from benchmarks.harness import kept
from benchmarks.harness.figures import Asked, Benchmark, Figure, Found
from benchmarks.harness.page import spread
from nat_core.outputs import outputs

LIST = kept.ROOT / "benchmarks" / "list.txt"
"""What `listing` says of all of them, as .ci/renew_pages.py wrote it: they import torch and what they are held against,
seconds of work for a few lines."""


@outputs()
def main(arguments: Sequence[str] | None = None, benchmarks: Sequence[Benchmark] | None = None) -> int:
    """Run those of the `benchmarks` that are named, all if none is, and return 1 where one of them failed.

    What cannot be measured here is said and left as it was; after an exception the others still run.
    """
    options = _parser().parse_args(arguments)
    if options.list:
        sys.stdout.write(LIST.read_text(encoding="utf-8") if benchmarks is None else listing(benchmarks))
        return 0
    if benchmarks is None:
        from benchmarks.harness.every import BENCHMARKS  # with all that they measure

        benchmarks = BENCHMARKS
    asked = Asked(1 if options.quick else options.rounds, options.quick)
    failed = False
    for benchmark in chosen(benchmarks, options.names):
        if lacking := [each for each in benchmark.needs if not there(each)]:
            print(f"{benchmark.name}: not measured here, for want of {', '.join(lacking)}", flush=True)
            continue
        try:
            measured = list(_measured(benchmark, asked))
        except BrokenPipeError:  # nobody reads on
            raise
        except Exception as error:  # noqa: BLE001 - one benchmark's fault is no reason to lose the others
            print(f"{benchmark.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            failed = True
            continue
        if not options.quick:
            kept.keep({entry.found.figure: entry for entry in measured})
    if not options.quick:
        renew = kept.ROOT / ".ci" / "renew_pages.py"
        subprocess.run([sys.executable, str(renew)], cwd=kept.ROOT, check=True)
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nat bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks, or figures whose benchmark is run (default: all)")
    parser.add_argument("--quick", action="store_true", help="one round on little data, to see that it works")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs (default: 5)")
    parser.add_argument("--list", action="store_true", help="name them and their figures, run none")
    return parser


def listing(benchmarks: Sequence[Benchmark]) -> str:
    """Return a line for each benchmark and one for each of its figures."""
    return "".join(f"{line}\n" for benchmark in benchmarks for line in _lines(benchmark))


def _lines(benchmark: Benchmark) -> Iterator[str]:
    yield f"{benchmark.name}{' (needs ' + ', '.join(benchmark.needs) + ')' if benchmark.needs else ''}"
    for figure in benchmark.figures:
        yield f"  {figure.name:<28} {figure.title}, beside {figure.against}: {figure.goal.words(amx=True)}"


def chosen(benchmarks: Sequence[Benchmark], names: Sequence[str]) -> list[Benchmark]:
    """Return those of these names, their own or a figure's, all where none is named. SystemExit for an unknown one."""
    known = {name for each in benchmarks for name in _names(each)}
    if unknown := [name for name in names if name not in known]:
        listed = ", ".join(each.name for each in benchmarks)
        raise SystemExit(f"nat bench: no benchmark {unknown[0]!r}; there are {listed} (nat bench --list)")
    return [each for each in benchmarks if not names or _names(each) & set(names)]


def _names(benchmark: Benchmark) -> set[str]:
    return {benchmark.name, *(figure.name for figure in benchmark.figures)}


def there(need: str) -> bool:
    """Return whether a module, a GPU (`cuda`) or a browser (`chromium`) is on this machine.

    >>> there("json"), there("no_such_module")
    (True, False)
    """
    if need == "cuda":
        import torch

        return torch.cuda.is_available()
    if need == "chromium":
        from tests.browsing import CHROMIUM

        return CHROMIUM is not None and shutil.which(CHROMIUM) is not None
    return find_spec(need) is not None


def _measured(benchmark: Benchmark, asked: Asked) -> Iterator[kept.Entry]:
    """The benchmark's figures, shown as they come. Raises ValueError for one that it did not announce."""
    figures = {figure.name: figure for figure in benchmark.figures}
    stamp = kept.stamp(gpu="cuda" in benchmark.needs)
    for found in benchmark.measure(asked):
        if found.figure not in figures:
            raise ValueError(f"{benchmark.name} has no figure {found.figure!r}; it has {', '.join(figures)}")
        entry = kept.Entry(found, stamp)
        print(_line(figures[found.figure], found, entry, asked), flush=True)
        yield entry


def _line(figure: Figure, found: Found, entry: kept.Entry, asked: Asked) -> str:
    measured = spread(entry, figure.goal.unit).replace("**", "")
    if asked.quick:  # so little says nothing of a goal
        return f"{found.figure:<28} {measured}"
    verdict = "met" if entry.met(figure) else "not met"
    return f"{found.figure:<28} {measured}, goal {figure.goal.words(entry.stamp.amx)}: {verdict}"


if __name__ == "__main__":
    sys.exit(main())
