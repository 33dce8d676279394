"""The wheel holds the engine, the app, the small networks and all that the app shows; what it needs is declared."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PACKAGES = {"nat_core": "nat_core", "nat_app": "app", "nat_checkpoints": "checkpoints"}
LARGE = "resnet18_"
"""How the names of the networks begin that do not travel in the wheel."""
FOR_TORCH = {"onnx", "onnxscript"}
"""What PyTorch's exporter imports, and we do not."""
IMPORTED_AS = {
    "markdown-it-py": "markdown_it",
    "pillow": "PIL",
    "pillow-heif": "pillow_heif",
    "protobuf": "google",
    "python-frontmatter": "frontmatter",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel of this checkout, built from a copy."""
    copy, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    for folder in PACKAGES.values():
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".state"))
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(target)]
    subprocess.run([*build, str(copy)], check=True, capture_output=True, text=True)
    (file,) = target.glob("nat_explorer-*.whl")
    return ZipFile(file)


def test_the_wheel_holds_every_file_but_the_large_networks(wheel: ZipFile) -> None:
    files = {
        f"{package}/{path.relative_to(ROOT / folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", ".state"} & set(path.parts)
    }
    wanted = {file for file in files if not file.startswith(f"nat_checkpoints/{LARGE}")}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == wanted
    assert wanted < files
    assert {"nat_core/__main__.py", "nat_app/main.py", "nat_app/.streamlit/config.toml"} <= packed
    assert "nat_checkpoints/wrn16_1_nat/weights.safetensors" in packed


def test_the_wheel_is_small_enough_to_be_sent(wheel: ZipFile) -> None:
    assert Path(str(wheel.filename)).stat().st_size < 40e6


def test_the_wheel_brings_the_command_and_the_licence(wheel: ZipFile) -> None:
    files = {name.partition(".dist-info/")[2]: name for name in wheel.namelist()}
    assert "nat = nat_core.__main__:main" in wheel.read(files["entry_points.txt"]).decode()
    assert "Requires-Python: >=3.11" in wheel.read(files["METADATA"]).decode()
    assert "licenses/LICENSE" in files


def declared(extras: bool = False) -> list[Requirement]:
    """What pyproject.toml says that the package needs, and what more its extras bring."""
    more = [each for extra in project()["optional-dependencies"].values() for each in extra] if extras else []
    return [Requirement(each) for each in (*project()["dependencies"], *more)]


def project() -> dict:
    """The project's part of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def imported(*folders: str) -> Iterator[str]:
    """The top-level packages that the files below these folders import, anywhere in them."""
    for file in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_what_is_imported_is_declared() -> None:
    names, every = ({IMPORTED_AS.get(each.name, each.name) for each in declared(extras)} for extras in (False, True))
    foreign = set(imported("nat_core", "app")) - set(sys.stdlib_module_names) - set(PACKAGES)
    assert foreign >= names
    assert foreign | FOR_TORCH == every


def test_an_extra_is_imported_only_where_it_may_be_missing() -> None:
    """Inside of functions: whoever installed none of them gets a sentence, not a failed import."""
    extras = {IMPORTED_AS.get(each.name, each.name) for each in declared(extras=True)[len(declared()) :]}
    for file in (path for folder in ("nat_core", "app") for path in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        first = {
            name.name.partition(".")[0] for node in tree.body if isinstance(node, ast.Import) for name in node.names
        }
        assert not first & extras, file


def pins() -> dict[str, str]:
    """The version of each requirement in requirements.txt; all are exact."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-e"))]
    assert all([each.operator for each in pin.specifier] == ["=="] for pin in found)
    return {pin.name: next(iter(pin.specifier)).version for pin in found}


def test_every_pin_lies_in_its_range() -> None:
    versions = pins()
    for dependency in declared(extras=True):
        assert dependency.specifier.contains(versions[dependency.name]), dependency


def test_every_pin_is_locked_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    locked = {line.partition("==")[0]: line for line in lock.splitlines() if "==" in line and line[0] != "#"}
    assert all("--hash=sha256:" in line for line in locked.values())
    for name, version in pins().items():
        assert locked[name].partition(";")[0].split()[0] == f"{name}=={version}"


def test_the_bill_of_materials_names_what_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {line.split(";")[0].split()[0] for line in lock.splitlines() if "==" in line and line[0] not in "# "}
    bill = json.loads((ROOT / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert {f"{each['name']}=={each['version']}" for each in bill["components"]} == locked


def test_the_hooks_before_a_commit_take_the_pinned_ruff() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format"]
    assert [hook["additional_dependencies"] for hook in hooks] == [[f"ruff=={pins()['ruff']}"]] * 2


def test_the_workflow_runs_the_readmes_commands_on_every_python_that_we_name() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["two-commands"]
    assert job["strategy"]["matrix"]["python"][0] == project()["requires-python"].removeprefix(">=")
    commands = " ".join(step.get("run", "") for step in job["steps"])
    assert "pip install -r requirements.txt && pytest" in commands
    assert "streamlit run app/main.py" in commands


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="needs several processes")
def test_a_file_of_tests_stays_in_one_process(request: pytest.FixtureRequest) -> None:
    """Else each process starts every server: pytest 9.2 forgets the group that xdist 3.8 writes behind a name."""
    assert request.node.nodeid.endswith(f"@{Path(__file__).name}")


def test_a_hosted_demo_first_shows_the_page_that_the_documents_have_too() -> None:
    front = (ROOT / "docs" / "hosted-demo" / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    shown = yaml.safe_load(front)
    assert shown["sdk"] == "static"
    hook = (ROOT / ".ci" / "one_page.py").read_text(encoding="utf-8")
    assert f'ADDRESS = "{shown["app_file"]}"' in hook.splitlines()
    for runs in (".ci/run", ".github/workflows/ci.yml"):
        assert "mkdocs build --strict" in (ROOT / runs).read_text(encoding="utf-8")
