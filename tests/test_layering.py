"""The floors: the lower one loads without torch, and the engine without the app's framework."""

import pkgutil
import subprocess
import sys

import pytest

import nat_core

ENGINE = [
    module.name
    for module in pkgutil.walk_packages(nat_core.__path__, "nat_core.")
    if not module.ispkg and module.name != "nat_core.__main__"
]
LOWER_ROOMS = ("errors", "files", "recipes", "measure", "store", "paper")
LOWER = [name for name in ENGINE if name.split(".")[1] in LOWER_ROOMS] + [
    "nat_core.data.sets",
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
