"""The wheel: it holds the engine, the app and all that the app shows."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel of this checkout, built from a copy."""
    copy, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    for package in ("nat_core", "app"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(target)]
    subprocess.run([*build, str(copy)], check=True, capture_output=True, text=True)
    (file,) = target.glob("nat_explorer-*.whl")
    return ZipFile(file)


def test_the_wheel_holds_every_file_of_both_packages(wheel: ZipFile) -> None:
    files = {
        f"{package}/{path.relative_to(ROOT / folder).as_posix()}"
        for package, folder in (("nat_core", "nat_core"), ("nat_app", "app"))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == files
    assert {"nat_core/__main__.py", "nat_app/main.py", "nat_app/.streamlit/config.toml"} <= packed


def test_the_wheel_brings_the_command_and_the_licence(wheel: ZipFile) -> None:
    files = {name.partition(".dist-info/")[2]: name for name in wheel.namelist()}
    assert "nat = nat_core.__main__:main" in wheel.read(files["entry_points.txt"]).decode()
    assert "Requires-Python: >=3.11" in wheel.read(files["METADATA"]).decode()
    assert "licenses/LICENSE" in files


def test_every_pin_lies_in_its_range() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith(("#", "-e"))]
    versions = {pin.name: next(iter(pin.specifier)).version for pin in pins}
    assert all([each.operator for each in pin.specifier] == ["=="] for pin in pins)
    for dependency in map(Requirement, project["dependencies"]):
        assert dependency.specifier.contains(versions[dependency.name]), dependency
