"""The benchmarks that there are, in the order of the page."""

from benchmarks import gpu
from benchmarks.browser import app
from benchmarks.harness.figures import Benchmark
from benchmarks.two_cores import (
    attributions,
    convolutions,
    curves,
    digits,
    jpeg,
    one_photo,
    ranking,
    scoring,
    training,
)

BENCHMARKS: tuple[Benchmark, ...] = tuple(
    script.BENCHMARK
    for script in (training, convolutions, scoring, one_photo, attributions, curves, ranking, jpeg, digits, app, gpu)
)
