"""The rooms import lower rooms only; the lower floor loads without torch, and the engine without Streamlit."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import nat_core

ENGINE = [
    module.name
    for module in pkgutil.walk_packages(nat_core.__path__, "nat_core.")
    if not module.ispkg and module.name != "nat_core.__main__"
]
LOWER_ROOMS = ("errors", "files", "protocols", "recipes", "measure", "store", "paper")
LOWER = [name for name in ENGINE if name.split(".")[1] in LOWER_ROOMS] + [
    "nat_core.data.sets",
    *(name for name in ENGINE if name.startswith("nat_core.data.sources.")),
    "nat_core.data.uploaded_sets",
    "nat_core.cli.commands",
]


def modules_after(*imports: str) -> set[str]:
    """The top-level packages loaded in a new interpreter after the imports."""
    program = f"import sys, {', '.join(imports)}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_the_lower_floor_loads_no_torch() -> None:
    loaded = modules_after(*LOWER)
    assert "numpy" in loaded
    assert not loaded & {"torch", "torchvision", "captum", "sklearn", "streamlit"}


def test_the_engine_loads_no_streamlit() -> None:
    loaded = modules_after(*ENGINE)
    assert "torch" in loaded
    assert not loaded & {"streamlit", "nat_app", "sklearn"}


@pytest.mark.parametrize("heavy", ["numpy", "torch", "PIL"])
def test_the_package_itself_loads_nothing_heavy(heavy: str) -> None:
    assert heavy not in modules_after("nat_core")


def test_every_contract_of_the_layout_is_kept() -> None:
    program = "from importlinter.cli import lint_imports_command as check; check()"
    root = Path(__file__).parents[1]
    checked = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    kept = [line for line in checked.stdout.splitlines() if line.endswith(("KEPT", "ignored import)", "imports)"))]
    assert checked.returncode == 0, checked.stdout
    assert len(kept) == (root / "pyproject.toml").read_text(encoding="utf-8").count("[[tool.importlinter.contracts]]")


def test_the_app_imports_nothing_by_a_name_in_a_string() -> None:
    files = sorted((Path(__file__).parents[1] / "app").rglob("*.py"))
    assert len(files) > 50
    assert [str(file) for file in files if "import_module" in file.read_text(encoding="utf-8")] == []


def test_no_two_classes_have_one_name() -> None:
    """Who reads a name anywhere knows which class it is."""
    found: dict[str, list[str]] = {}
    root = Path(__file__).parents[1]
    for file in (*(root / "nat_core").rglob("*.py"), *(root / "app").rglob("*.py")):
        for each in ast.parse(file.read_text("utf-8")).body:
            if isinstance(each, ast.ClassDef):
                found.setdefault(each.name, []).append(str(file))
    assert len(found) > 200
    assert {name: files for name, files in found.items() if len(files) > 1} == {}
