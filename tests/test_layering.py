"""The floors: the lower one loads without torch, and the engine without the app's framework."""

import subprocess
import sys
from pathlib import Path

import pytest

import nat_core

ENGINE = sorted(path.stem for path in Path(nat_core.__file__).parent.glob("*.py") if path.stem != "__main__")
LOWER = ["metrics", "report", "checkpoints", "datasets", "predictions", "images", "recipes", "commands", "features"]


def modules_after(*imports: str) -> set[str]:
    """The top-level packages loaded in a new interpreter after the imports."""
    program = f"import sys, {', '.join(imports)}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_the_lower_floor_loads_no_torch() -> None:
    loaded = modules_after(*(f"nat_core.{name}" for name in LOWER))
    assert "numpy" in loaded
    assert not loaded & {"torch", "torchvision", "captum", "sklearn", "streamlit"}


def test_the_engine_loads_no_streamlit() -> None:
    loaded = modules_after(*(f"nat_core.{name}" for name in ENGINE if name != "__init__"))
    assert "torch" in loaded
    assert not loaded & {"streamlit", "app", "sklearn"}


@pytest.mark.parametrize("heavy", ["numpy", "torch", "PIL"])
def test_the_package_itself_loads_nothing_heavy(heavy: str) -> None:
    assert heavy not in modules_after("nat_core")
