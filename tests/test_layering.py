"""The rooms import lower rooms only; the lower floor loads without torch, and the engine without Streamlit."""

import ast
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grimp
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


def _named_types(file: Path) -> Iterator[tuple[str, str]]:
    """The classes of a module, each with its file, and the types that it gives a name, with what they stand for.

    An alias that says the same in two places is one thing. A `TypeVar` stands for any type within its function.
    """
    for each in ast.parse(file.read_text("utf-8")).body:
        if isinstance(each, ast.ClassDef):
            yield each.name, str(file)
        elif isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            name, value = each.targets[0].id, ast.unparse(each.value)
            if re.fullmatch("([A-Z][a-z]+)+", name) and not value.startswith("TypeVar("):
                yield name, value


def test_no_two_types_have_one_name() -> None:
    """Who reads a name anywhere knows which class or alias it is."""
    found: dict[str, set[str]] = {}
    root = Path(__file__).parents[1]
    for folder in ("nat_core", "app", "benchmarks"):
        for file in (root / folder).rglob("*.py"):
            for name, meaning in _named_types(file):
                found.setdefault(name, set()).add(meaning)
    assert len(found) > 200
    assert {name: meanings for name, meanings in found.items() if len(meanings) > 1} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    root = Path(__file__).parents[1]
    files = [file for name in ("nat_core", "app", "benchmarks", "tests", ".ci") for file in (root / name).rglob("*.py")]
    found = [
        (str(file), each.name)
        for file in files
        for each in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and (each.end_lineno or 0) - each.lineno >= 40
    ]
    assert len(files) > 400
    assert found == []


def test_a_room_has_nine_files_at_most_and_a_file_one_idea() -> None:
    root = Path(__file__).parents[1]
    files = [file for folder in ("nat_core", "app") for file in (root / folder).rglob("*.py")]
    rooms = Counter(file.parent for file in files if not file.stem.startswith("__"))
    assert len(rooms) > 30
    assert {str(room): count for room, count in rooms.items() if count > 9} == {}
    lines = {str(file): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {file: count for file, count in lines.items() if count > 465} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Nor by imports inside functions: whoever reads a module reads the lower ones alone."""
    graph = grimp.build_graph("nat_core", "nat_app", include_external_packages=False)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(left) > 300
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == [], "these import each other, or one that does"


PARTS_OF_A_PAGE = {"charts", "settings", "state", "view", "words"}
"""What folders of the app have of their own under one name: who knows one finds their way in another."""
SAME_THING = {"language"}
"""The app's is the engine's, with the app's catalogues."""


def test_no_two_modules_have_one_name() -> None:
    root = Path(__file__).parents[1]
    found: dict[str, list[str]] = {}
    for folder in ("nat_core", "app"):
        for file in (root / folder).rglob("*.py"):
            part = folder == "app" and file.stem in PARTS_OF_A_PAGE
            if not (file.stem.startswith("__") or part or file.stem in SAME_THING):
                found.setdefault(file.stem, []).append(str(file))
    assert len(found) > 200
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def _private(names: Iterator[str]) -> set[str]:
    return {name for name in names if re.fullmatch("_[^_].*", name)}


def _defined(file: Path) -> set[str]:
    """The private names that a module gives to functions, classes, values and attributes."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    named = (each.name for each in nodes if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)))
    stored = [each for each in nodes if isinstance(getattr(each, "ctx", None), ast.Store)]
    values = (each.id for each in stored if isinstance(each, ast.Name))
    attributes = (each.attr for each in stored if isinstance(each, ast.Attribute))
    return _private(named) | _private(values) | _private(attributes)


def _touched(file: Path) -> set[str]:
    """The private names that a test asks of something else: imported, after a dot, or in a string that patches it."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    imported = (name.name for each in nodes if isinstance(each, ast.ImportFrom) for name in each.names)
    dotted = (
        each.attr
        for each in nodes
        if isinstance(each, ast.Attribute)
        and not (isinstance(each.value, ast.Name) and each.value.id in ("self", "cls"))
    )
    patched = (
        given.value.rpartition(".")[2]
        for each in nodes
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr.endswith("attr")
        for given in each.args[:2]
        if isinstance(given, ast.Constant) and isinstance(given.value, str)
    )
    return _private(imported) | _private(dotted) | _private(patched)


def test_no_test_touches_a_private_name() -> None:
    """Of the engine, the app or the benchmarks: what is private may change while every promise is kept."""
    root = Path(__file__).parents[1]
    ours = {name for folder in ("nat_core", "app", "benchmarks") for file in (root / folder).rglob("*.py")
            for name in _defined(file)}  # fmt: skip
    tests = sorted((root / "tests").rglob("*.py"))
    assert len(ours) > 500
    assert len(tests) > 150
    found = {str(file.relative_to(root)): sorted(names) for file in tests if (names := _touched(file) & ours)}
    assert found == {"tests/playing.py": ["_run"]}, "AppTest's own: there is no public way to answer for a component"
