"""What strangers hand over by mistake is refused in one sentence; what they may hand over is answered rightly."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strangers import ROWS


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What each call of `tests.strangers` came to, in one interpreter without pytest's checks of types."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-W", "error", "-m", "tests.strangers"]
    asked = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


@pytest.mark.parametrize("name", ROWS)
def test_a_mistake_is_one_sentence_of_the_right_kind(told: dict[str, list[str]], name: str) -> None:
    _, kind, part = ROWS[name]
    found, sentence = told[name]
    assert (found, part in sentence) == (kind, True), f"{found}: {sentence}"
    assert "\n" not in sentence
    assert len(sentence) < 600
