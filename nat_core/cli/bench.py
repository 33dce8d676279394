"""The verb `nat bench`: the benchmarks of a clone of the repository, run in a process of their own."""

import argparse
import subprocess
import sys
from pathlib import Path

from nat_core.errors import CommandError

CLONE = Path(__file__).parents[2]
"""Where the benchmarks lie beside the package: they need the tests and other libraries, so no wheel holds them."""


def bench(options: argparse.Namespace, clone: Path = CLONE) -> int:
    """Run the benchmarks that are asked for, and return 1 where one of them failed.

    Raises CommandError where the package was installed without the repository.
    """
    if not (clone / "benchmarks" / "__main__.py").is_file():
        raise CommandError(
            "The benchmarks are not part of the installed package: clone the repository, "
            "pip install -r requirements.txt there, and run nat bench again"
        )
    arguments = [*options.names, "--rounds", str(options.rounds)]
    arguments += [f"--{name}" for name in ("quick", "list") if getattr(options, name)]
    return subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=clone, check=False).returncode
