"""How many pictures a second a GPU learns from, by `benchmarks.gpu_train`, as rows beside the others."""

from collections.abc import Iterator

import torch

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal

RATE, EAGER = "images/s", "the same step, its kernels launched one by one"
ROWS = (
    ("resnet18", 72, "ResNet-18", 40_000, "4,200 images/s of an H100 with 565ba1a of 2026-11-25"),
    ("wrn40_1", 72, "WRN-40-1", 60_000, ""),
    ("wrn16_1", 72, "WRN-16-1", 100_000, "7,000 images/s of an H100 with 565ba1a of 2026-11-25"),
    ("resnet18", 576, "ResNet-18", 70_000, ""),
)
FIGURES = tuple(
    figure
    for network, batch, title, goal, earlier in ROWS
    for figure in (
        Figure(f"gpu_{network}_{batch}", f"Training {title}, {batch} pictures a step", "the goal was set on an H100",
               Goal(goal, RATE), earlier=earlier),
        Figure(f"gpu_{network}_{batch}_ratio", f"The same, {title}", EAGER, Goal(8)),
        Figure(f"gpu_{network}_{batch}_loading", f"Share of a step that loads pictures, {title}", "a step",
               Goal(0.02, "", at_most=True)),
    )
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure each network at each batch."""
    from benchmarks.gpu_train import measured

    device = torch.device("cuda")
    for each in measured(device, float(asked.of(5, 1)), asked.rounds, asked.of(50_000, 2_000)):
        name, note = f"gpu_{each.network}_{each.batch}", f"in {each.precision}"
        yield Found(name, each.ours, note=note)
        ratios = tuple(ours / eager for ours, eager in zip(each.ours, each.eager, strict=True))
        yield Found(f"{name}_ratio", ratios)
        yield Found(f"{name}_loading", (each.loading,))


BENCHMARK = Benchmark("gpu", "A GPU", FIGURES, measure, needs=("cuda",))
