"""The notebook: its cells run one after another in one namespace, and what they come to holds."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.present import present

ROOT = Path(__file__).parents[1]
NOTEBOOK = json.loads((ROOT / "docs" / "workshop.ipynb").read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def run() -> tuple[dict[str, Any], list[str]]:
    """All that the code cells leave behind, and what each prints."""
    import torch

    names: dict[str, Any] = {"__name__": "notebook"}
    printed, threads = [], torch.get_num_threads()
    for number, cell in enumerate(CODE, start=1):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
        printed.append(output.getvalue())
    torch.set_num_threads(threads)
    return names, printed


def test_it_is_a_short_notebook_without_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert 20 <= len(NOTEBOOK["cells"]) <= 28
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)
    assert all("".join(cell["source"]).strip() for cell in NOTEBOOK["cells"])


def test_every_code_cell_but_the_imports_says_something(run) -> None:
    _, printed = run
    assert printed[0] == ""
    assert all(text.strip() for text in printed[1:])


def test_nat_is_fooled_less_by_what_it_was_shown_and_by_what_nobody_saw(run) -> None:
    names, _ = run
    for title in ("6 and 7, shown", "8 and 9, never seen"):
        baseline, nat = names["ncr"][title]
        assert nat < baseline
    assert names["ncr"]["8 and 9, never seen"] == [names["baseline"].fooled, names["nat"].fooled]
    assert min(names["baseline"].accuracy, names["nat"].accuracy) > 0.95


def test_the_pictures_of_break_it_are_ones_that_it_is_sure_of(run) -> None:
    names, printed = run
    assert (names["taken"].max(axis=1) > 0.9).all()
    said = next(text for text in printed if text.startswith("The baseline says: "))
    assert [float(each) for each in re.findall(r"([\d.]+) % a \d", said)] == pytest.approx(
        100 * names["taken"].max(axis=1), abs=0.01
    )
    bars = names["certain"].data[0]
    assert np.sum(np.asarray(bars.x) > 0.9) > len(bars.x) / 2


def test_it_ends_with_the_numbers_of_digits_live(run) -> None:
    from nat_core.small import digits

    names, printed = run
    *_, last = digits.train(digits.start(), digits.digits(), digits.SHOWN_FROM)
    of_app = [round(100 * each.fooled) for each in digits.read(last, digits.digits(), 0.9)]
    table = next(text for text in printed if "fooled by 8 and 9" in text)
    assert [int(number) for number in table.splitlines()[-2].split()] == [digits.STEPS, *of_app]
    curves = names["curves"].data
    assert [round(100 * each.y[-1]) for each in curves] == of_app
    # Until NAT is shown its negatives, both are the same.
    shown = [step <= digits.SHOWN_FROM for step in curves[0].x]
    assert [y for y, same in zip(curves[0].y, shown, strict=True) if same] == [
        y for y, same in zip(curves[1].y, shown, strict=True) if same
    ]


def test_the_planes_show_what_is_counted(run) -> None:
    names, _ = run
    planes = [trace for trace in names["planes"].data if trace.type == "heatmap"]
    empty = names["empty"]
    counted = [float(np.mean(np.asarray(each.z)[empty])) for each in planes]
    assert counted == pytest.approx(list(names["certainty"].values()))


def test_the_exercise_is_not_met_and_the_way_that_is_told_meets_it(run) -> None:
    names, printed = run
    assert printed[-1].endswith("Go on.\n")
    way = re.search(r"`mine = (.+)`", "".join(NOTEBOOK["cells"][-1]["source"]))
    assert way
    names = dict(names)
    exec(f"mine = {way[1]}", names)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec("".join(CODE[-1]["source"]).partition("\n\n")[2], names)
    assert output.getvalue().startswith("8 negatives")
    assert output.getvalue().endswith("Done!\n")


def test_how_far_the_doubt_reaches_depends_on_where_the_negatives_lie(run) -> None:
    certainty = run[0]["certainty"]
    assert certainty["none"] > 0.9 > certainty["blob"] > certainty["corner"] > 0.8
    assert certainty["ring"] < 0.3


def test_the_baseline_is_the_same_in_every_chapter(run) -> None:
    names, printed = run
    rate = f"{names['baseline'].fooled:.3f}"
    chapters = [text for text in printed if "NCR_0.9 on 8 and 9" in text]
    assert len(chapters) == 2
    assert all(rate in text for text in chapters)


def test_numbers_of_other_networks_are_told_apart_where_they_stand() -> None:
    (told,) = ("".join(cell["source"]) for cell in NOTEBOOK["cells"] if "digits_baseline" in "".join(cell["source"]))
    assert "it ends with the same numbers" in told
    assert "which are other networks: convolutional, and trained in small batches" in told


def test_the_factorys_costs_fall_and_rise_again_for_both(run) -> None:
    names, printed = run
    text = next(each for each in printed if "strange parts" in each)
    for network in text.split("\n\n")[1:]:
        costs = [int(cost) for cost in re.findall(r"t = \S+ +(\d+) #", network)]
        lowest = costs.index(min(costs))
        assert 0 < lowest < len(costs) - 1
        assert costs[lowest] < 0.7 * min(costs[0], costs[-1])
    assert names["best"]["NAT"].cost < names["best"]["baseline"].cost


def test_the_cost_of_a_uniform_answer_is_nothing(run) -> None:
    lines = next(text for text in run[1] if "->" in text).splitlines()
    costs = [float(present(re.search(r"-> (-?[\d.]+)", line))[1]) for line in lines]
    assert costs[0] == 0
    assert costs == sorted(costs)
