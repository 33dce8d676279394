"""A run's steps on a GPU, a block at a time: the host draws the next block while the card works on this one.

The host hears of a block once, when it reads the losses of its last step and their sums.
"""

import time
from contextlib import AbstractContextManager, nullcontext

import torch

from nat_core.store.leftovers import Tell
from nat_core.training.gpu.graphed import fastest
from nat_core.training.gpu.static import Block, StaticStep, draw_block
from nat_core.training.objective import StepLoss
from nat_core.training.training_run import TrainingRun

ROWS = 50
"""The most steps of a block."""
SECONDS = 1.0
"""How long a block should take at most: a run that is asked to stop finishes it first."""
FIRST = 5
"""Steps of the first block, before it is known how long one takes."""


class Blocks:
    """Takes a run's steps in blocks: `ready`, `submit`, then `collect`."""

    look_every = 1
    """After each block its loss is known anyway."""

    def __init__(self, run: TrainingRun, tell: Tell) -> None:
        """`tell` hears of what this machine's GPU cannot do."""
        self._run, self._tell = run, tell
        self._step: StaticStep | None = None
        self._size = 0
        self._next: Block | None = None
        self._most, self._began = FIRST, 0.0
        self._stream = torch.cuda.Stream(run.batches.device) if run.batches.device.type == "cuda" else None
        self.pending: Block | None = None
        """The block that is under way."""
        self.loss: StepLoss | None = None
        """What the last step that was counted minimised, on the processor."""

    def ready(self) -> None:
        """Have the step for pictures of the next size: it is tried, compiled and recorded once a size."""
        size = self._run.batches.size_at(self._run.step)
        if size == self._size:
            return
        self._step, self._size = None, 0  # its memory is free before the next one takes its own
        with self._on_stream():
            step = StaticStep(self._run, ROWS)
            self._take = fastest(step, self._tell)
        self._step, self._size = step, size

    def submit(self) -> None:
        """Launch the next block."""
        run, step = self._run, self._step
        if step is None:
            raise RuntimeError("a block was submitted before its step was ready")
        block = self._next or self._drawn(run.step)
        self._next, self._began = None, time.monotonic()
        with self._on_stream():
            step.fill(block)
            for _ in range(block.count):
                self._take()
        self.pending = block

    def collect(self) -> None:
        """Wait for the block that is under way, and count its steps."""
        run, step, block = self._run, self._step, self.pending
        if step is None or block is None:
            raise RuntimeError("there is no block to wait for")
        after = block.step + block.count
        # While the card is busy.
        self._next = self._drawn(after) if after < run.batches.steps else None
        with self._on_stream():
            last, sums = step.parts.to("cpu", copy=True)  # the next block writes over them
        self.pending, run.step = None, after
        run.epoch.add_sums(sums, block.count)
        self._most = max(1, min(ROWS, round(SECONDS * block.count / max(time.monotonic() - self._began, 1e-6))))
        self.loss = StepLoss(*last)

    def _drawn(self, step: int) -> Block:
        """A block from that step on, to the end of the epoch and of its size of pictures at most."""
        batches = self._run.batches
        count = min(self._most, batches.steps_per_epoch - step % batches.steps_per_epoch)
        size = batches.size_at(step)
        while batches.size_at(step + count - 1) != size:
            count -= 1
        return draw_block(self._run, step, count)

    def _on_stream(self) -> AbstractContextManager:
        """The run's own stream, after what the host's usual one was given: beside it others' streams go on."""
        if self._stream is None:
            return nullcontext()
        self._stream.wait_stream(torch.cuda.current_stream(self._run.batches.device))
        return torch.cuda.stream(self._stream)
