"""The README: its commands are real and run, its results are the generated ones, its JSON is the documented one."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nat_core.__main__ import build_parser, main
from nat_core.paper.tables import render
from nat_core.store.checkpoints import available, load_card

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split(" #")[0].strip() for line in README.splitlines() if re.match("    [a-z]", line)]
NAT = [command for command in COMMANDS if command.startswith("nat ")]
STORED = [
    command
    for command in NAT
    if command.split()[1] in ("data", "report", "predict", "evaluate")
    and "--download" not in command
    and "my_networks" not in command
]


def test_the_two_commands_stand_each_on_a_line() -> None:
    assert "pip install -r requirements.txt && streamlit run app/main.py" in COMMANDS
    assert "pip install -r requirements.txt && pytest" in COMMANDS
    assert all(command.split()[0] in ("pip", "nat") for command in COMMANDS)


def test_the_cpu_wheels_are_those_of_the_requirements() -> None:
    (command,) = (command for command in COMMANDS if "--index-url" in command)
    pins = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [word for word in command.split() if "==" in word]
    assert len(wanted) == 2
    assert set(wanted) <= set(pins)


@pytest.mark.parametrize("command", NAT)
def test_every_command_is_understood(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).verb in command


def test_every_verb_is_shown() -> None:
    verbs = {"data", "train", "predict", "evaluate", "report", "reproduce", "levels", "features", "app"}
    assert {command.split()[1] for command in NAT} == verbs


@pytest.mark.parametrize("command", STORED)
def test_every_command_on_stored_networks_runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NAT_CHECKPOINTS", raising=False)
    if "wrn16_1_nat" not in available(ROOT / "checkpoints") and ("evaluate" in command or "predict" in command):
        pytest.skip("needs checkpoints/wrn16_1_nat, which is not trained yet")
    assert main(shlex.split(command)[1:]) == 0


@pytest.mark.slow
def test_digits_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [command for command in NAT if "my_networks" in command and "wrn" not in command]
    assert [command.split()[1] for command in commands] == ["train", "train", "report"]
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0
    assert "digits_89" in capsys.readouterr().out
    baseline, nat = (load_card(Path("my_networks"), f"digits_{kind}").report for kind in ("baseline", "nat"))
    assert nat.sets["digits_89"].ncr["0.9"] < baseline.sets["digits_89"].ncr["0.9"]
    assert abs(nat.accuracy - baseline.accuracy) < 0.02


def test_the_results_and_their_page_are_the_generated_ones() -> None:
    command = [sys.executable, ROOT / ".ci" / "renew_readme.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_the_json_is_the_documented_one(digits_networks: Path) -> None:
    documented = json.loads(README.partition("```json\n")[2].partition("```")[0])
    printed = json.loads(render({"digits_nat": load_card(digits_networks, "digits_nat").report}, "json"))

    def shape(value: object) -> object:
        return {key: shape(each) for key, each in value.items()} if isinstance(value, dict) else type(value)

    assert documented["format"] == printed["format"]
    shown, real = documented["networks"]["digits_nat"], printed["networks"]["digits_nat"]
    assert shape(shown["sets"].pop("digits_89")) == shape(real["sets"].pop("digits_89"))
    del shown["sets"], real["sets"]
    assert shape(shown) == shape(real)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
