"""A step that asks nothing of its host: what chance chose, the learning rate and where it stands lie on the device.

The same tensors are read and written each time and no shape changes, so that a GPU's driver can record a step once and
take it again and again as one launch. On a processor the very step runs as it is, which is how the tests hold it
against the plain one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from nat_core.data.augmentation import mapped
from nat_core.network.models import Classifier
from nat_core.training.batches import Batches, Draws
from nat_core.training.objective import Objective, StepLoss, step_loss
from nat_core.training.training_run import TrainingRun, average_share, descend, learning_rate, set_rate, update_average

Cost = Callable[[Objective, Classifier, Classifier | None, Batches, Draws], StepLoss]


@dataclass(frozen=True, eq=False)
class Block:
    """What the next steps of a run need, drawn on the processor: one row a step."""

    step: int
    """The first of them."""
    count: int
    draws: Draws
    rates: Float[Tensor, "count 2"]
    """The learning rate, and the share of the weights that enters their moving average."""


def draw_block(run: TrainingRun, step: int, count: int) -> Block:
    """Return what so many steps need, `count` >= 1, all of them of one size of pictures."""
    recipe, steps = run.recipe, range(step, step + count)
    rates = [[learning_rate(recipe, each, run.batches.steps), average_share(recipe.ema_decay, each + 1)]
             for each in steps]  # fmt: skip
    drawn = [run.batches.draw(each) for each in steps]
    return Block(step, count, mapped(lambda *rows: torch.stack(rows), *drawn), torch.tensor(rates))


def shown_loss(
    objective: Objective, model: Classifier, teacher: Classifier | None, batches: Batches, draws: Draws
) -> StepLoss:
    """Return what a step minimises on the batch that was drawn: pictures are gathered and learnt from in one go."""
    return step_loss(objective, model, teacher, batches.shown(draws))


class StaticStep:
    """The step of one run, which takes no arguments: each call takes the next step of the block that was filled in."""

    def __init__(self, run: TrainingRun, rows: int, cost: Cost = shown_loss) -> None:
        """`rows` is how many steps a block has at most; pictures are of the size of the run's next step."""
        self.run, self.cost, self._rows = run, cost, rows
        device = run.batches.device
        self._tables = mapped(
            lambda part: torch.zeros((rows, *part.shape), dtype=part.dtype, device=device), run.batches.draw(run.step)
        )
        self._rates = torch.zeros(rows, 2, device=device)
        self._place = torch.zeros(1, dtype=torch.int64, device=device)
        self.parts = torch.zeros(2, len(StepLoss._fields), device=device)
        """The parts of the last step's loss, and their sums over the block."""
        # Made beforehand: an optimiser makes them in its first step, which is none like the others.
        for group in run.optimiser.param_groups:
            for parameter in group["params"] if group["momentum"] else ():
                run.optimiser.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter))
        if run.scaler is not None:
            run.scaler.scale(torch.zeros((), device=device))  # its own tensors come with its first use
        run.batches.shown(mapped(lambda table: table[0], self._tables))  # lays the pictures of this size in place

    def fill(self, block: Block) -> None:
        """Send a block, whose steps the next calls take; what is on its way already is finished first."""

        def send(table: Tensor, rows: Tensor) -> Tensor:
            # From pinned memory nobody waits for the copy; PyTorch keeps that memory for as long as it is read.
            pinned = rows.pin_memory() if table.device.type == "cuda" else rows
            return table[: block.count].copy_(pinned, non_blocking=True)

        mapped(send, self._tables, block.draws)
        send(self._rates, block.rates)
        self._place.zero_()
        self.parts.zero_()

    def __call__(self) -> None:
        """Take the step."""
        run = self.run
        draws = mapped(lambda table: table.index_select(0, self._place)[0], self._tables)
        rate, share = self._rates.index_select(0, self._place)[0].unbind()
        set_rate(run.optimiser, rate)
        teacher = None if run.teacher is None else run.teacher.model
        loss = self.cost(run.objective, run.model, teacher, run.batches, draws)
        descend(run, loss.total)
        if run.average is not None:
            update_average(run.average, run.model, share)
        parts = torch.stack([part.detach() for part in loss])
        self.parts[0].copy_(parts)
        self.parts[1].add_(parts)
        self._place.add_(1)

    def _changed(self) -> Iterator[Tensor]:
        """Every tensor that a call changes."""
        run = self.run
        yield from run.model.state_dict().values()
        yield from (run.average or {}).values()
        for state in run.optimiser.state.values():
            yield from (each for each in state.values() if isinstance(each, Tensor))
        if run.scaler is not None:
            yield from (each for each in vars(run.scaler).values() if isinstance(each, Tensor))
        yield self.parts
        yield self._place

    def tried(self, times: int) -> None:
        """Take some steps and take them back: kernels that are chosen once, and memory, are then there."""
        before = [each.detach().clone() for each in self._changed()]
        try:
            for _ in range(times):
                self()
                self._place.zero_()  # a block may have a single row
        finally:
            self.run.optimiser.zero_grad(set_to_none=True)
            with torch.no_grad():
                for each, then in zip(self._changed(), before, strict=True):
                    each.copy_(then)
