"""Prints pip's constraints that hold each dependency of pyproject.toml at its floor: `numpy>=2.1` as `numpy==2.1`.

python .ci/lowest_versions.py [--without NAME...]
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOOR = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)>=(?P<version>[0-9.]+)")


def lowest(dependencies: list[str]) -> dict[str, str]:
    """Return each dependency's floor by its name. Raises ValueError for one that is not written NAME>=VERSION.

    >>> lowest(["numpy>=2.1"])
    {'numpy': '2.1'}
    """
    found = {}
    for each in dependencies:
        if not (match := FLOOR.fullmatch(each)):
            raise ValueError(f"a dependency is written NAME>=VERSION, so that its floor can be tested; got {each!r}")
        found[match["name"]] = match["version"]
    return found


def main() -> None:
    """Print the constraints."""
    parser = argparse.ArgumentParser(description="The lowest versions that pyproject.toml allows.")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="leave these out")
    without = parser.parse_args().without
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    floors = lowest(project["dependencies"])
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in floors.items() if name not in without)


if __name__ == "__main__":
    main()
