"""A training run on disk: its resumable state (three kept, the newest valid one wins, nothing unpickled) and its place.

`save_run` puts a run away between two steps, `restore` puts it back. A `Sitting` says where a run lies, whether that
place is free and how the run is to go; its `Keeper` writes the states, and what is told when it is asked to stop.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from io import TextIOBase
from numbers import Integral
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import torch
from safetensors.numpy import save

from nat_core.errors import Busy, CheckpointError, DivergedError, MayNotRead, RanksError, Stopped, TrainingError
from nat_core.files import Count, converted, names_in, only_one, read_json, sealed, sentence, sweep, write_durably
from nat_core.ranks.group import is_lost
from nat_core.recipes import Recipe
from nat_core.stopping import deaf, stop_behind, whole
from nat_core.store.checkpoints import CARD
from nat_core.store.leftovers import Tell, lock_of, nobody, states_of, tidy
from nat_core.store.tensors import read_arrays, read_tensors
from nat_core.training.training_run import EpochSums, TrainingRun, scaler_for

FORMAT = 1
KEPT = 3
MOST_THREADS = 1_024
"""More than any processor has use for."""
SCALING = ("scale", "_growth_tracker")
"""What moves in the state of a scaler of gradients: its factor, and the steps since that last changed."""
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True, eq=False)
class SavedState:
    """A run between two steps. Batches, crops and learning rates follow from seed and step, so no random state."""

    step: int
    """Steps done; the next one to do has this number."""
    seconds: float
    """Time spent training so far."""
    tensors: Mapping[str, np.ndarray]
    """`model/<name>` for weights and norm statistics, `momentum/<name>` for the optimiser's momentum,
    `average/<name>` for the moving average of both where there is one, `scaling/<name>` where float16 needs it."""
    settings: Mapping[str, Any]
    """What must not change between two sittings: see `check_settings`."""
    epoch: Mapping[str, Any] = field(default_factory=dict)
    """What the log has counted of the epoch in progress."""


@dataclass(frozen=True)
class _StateCard:
    """What a state's card holds; checked when it is read."""

    step: Count
    seconds: NotNegative
    sha256: str
    """Of the file of tensors: with the card's own seal, one digest holds the whole state."""
    settings: dict[str, Any]
    epoch: dict[str, list[float] | int | float | None] = field(default_factory=dict)
    format: int = FORMAT


def packed_state(state: SavedState | None) -> bytes:
    """Return a state, or that there is none, as bytes for the other ranks of a run; `unpacked_state` reads them."""
    if state is None:
        return b""
    card = {"step": state.step, "seconds": state.seconds, "settings": state.settings, "epoch": state.epoch}
    return save(dict(state.tensors), {"card": json.dumps(card)})


def unpacked_state(content: bytes) -> SavedState | None:
    """Return what `packed_state` was given.

    >>> unpacked_state(packed_state(SavedState(3, 1.5, {"model/a": np.zeros(2)}, {"seed": 0}))).step
    3
    """
    if not content:
        return None
    tensors, metadata = read_arrays(content, "the first process's state", "start all processes again")
    card = json.loads(metadata["card"])
    return SavedState(card["step"], card["seconds"], tensors, card["settings"], card["epoch"])


def save_state(folder: Path, state: SavedState, tell: Tell = nobody) -> None:
    """Write a state; its card with the SHA-256 comes last, so that a half-written state is never taken for a whole one.

    The KEPT newest stay. What cannot be deleted is told, and tried again with the next state. OSError (a full disk)
    leaves the earlier states as they were. Only under the run's lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = write_durably(folder / f"{state.step:08d}.safetensors", save(dict(state.tensors)))
    card = _StateCard(state.step, state.seconds, digest, dict(state.settings), dict(state.epoch))
    write_durably(folder / f"{state.step:08d}.json", sealed(json.dumps(asdict(card))))
    _tidy(folder, state.step, tell)


def _tidy(folder: Path, newest: int, tell: Tell) -> None:
    """Delete all but the KEPT newest states up to a step, and what killed processes left."""
    sweep(folder)
    # Later ones are damaged, or the run would have gone on from them: as the newest they would crowd good ones out.
    kept = [step for step in _steps(folder) if int(step) <= newest][:KEPT]
    for path in sorted(folder.glob("[0-9]*")):
        if path.stem in kept:
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            tell(f"An old state could not be deleted ({sentence(error)}): it is tried again after the next one")


def newest_state(folder: Path, tell: Tell = nobody) -> SavedState | None:
    """Return the newest state that is whole and unaltered, None where there is none.

    Where a newer one was passed over, `tell` is told why, and from which the run goes on. Raises CheckpointError where
    one may not be read.
    """
    passed = []
    for step in _steps(folder):
        try:
            state = _read(folder, step)
        except MayNotRead:  # it may be as good as any: what is written from an older one would take its place
            raise
        except (OSError, CheckpointError) as error:
            why = sentence(error) if isinstance(error, OSError) else str(error)
            passed.append(f"The state of step {int(step):,} cannot be used ({why})")
            continue
        for each in passed:
            tell(f"{each}: going on from the one of step {state.step:,}")
        return state
    for each in passed:
        tell(f"{each}, and there is no older one: beginning anew")
    return None


def _read(folder: Path, step: str) -> SavedState:
    path = folder / f"{step}.json"
    card = read_json(path, FORMAT, lambda values: converted(values, _StateCard), "it is passed over")
    if card.step != int(step):
        raise CheckpointError(f"{path} is of step {card.step}, not of that in its name")
    tensors, _ = read_tensors(folder / f"{step}.safetensors", card.sha256)
    return SavedState(card.step, card.seconds, tensors, card.settings, card.epoch)


def _steps(folder: Path) -> list[str]:
    stems = [name.removesuffix(".json") for name in names_in(folder) if name.endswith(".json")]
    return sorted(filter(str.isdecimal, stems), key=int, reverse=True)


def save_run(run: TrainingRun, states: Path, tell: Tell = nobody, kept: Path | None = None) -> None:
    """Write the run's state; DivergedError, and nothing written, where a weight stopped being a number.

    `tell` as in `save_state`; `kept` is `states` where a good one is there, for the error to name.
    """
    tensors = {f"model/{key}": value for key, value in run.model.state_dict().items()}
    tensors |= {f"average/{key}": value for key, value in (run.average or {}).items()}
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum/{name}"] = momentum
    if run.scaler is not None:
        scaling = run.scaler.state_dict()
        tensors |= {f"scaling/{name}": torch.tensor(float(scaling[name])) for name in SCALING}
    # A loss may still be a number when a weight is none any more: such a state would end the run for good.
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise DivergedError(
            f"The weights of {run.recipe.name} stopped being numbers before", run.step, run.batches.steps, kept
        )
    arrays = {key: value.detach().cpu().contiguous().numpy() for key, value in tensors.items()}
    save_state(states, SavedState(run.step, run.seconds, arrays, run.settings, run.epoch.to_json()), tell)


def restore(run: TrainingRun, saved: SavedState) -> None:
    """Put a run back to where a state left it, in the same memory layout, so that sums run in the same order.

    Raises TrainingError where the state is of a run with other settings.
    """
    check_settings(run.recipe.name, run.settings, saved.settings)
    values = {key: torch.from_numpy(value).to(run.batches.device) for key, value in saved.tensors.items()}
    model = {key.removeprefix("model/"): value for key, value in values.items() if key.startswith("model/")}
    run.model.load_state_dict(model)
    for name, parameter in run.model.named_parameters():
        if f"momentum/{name}" in values:
            # empty_like takes the parameter's channels_last strides, which the stored array does not have.
            momentum = torch.empty_like(parameter).copy_(values[f"momentum/{name}"])
            run.optimiser.state[parameter]["momentum_buffer"] = momentum
    for key, value in (run.average or {}).items():
        value.copy_(values[f"average/{key}"])
    if run.scaler is not None and all(f"scaling/{name}" in values for name in SCALING):
        found = {name: values[f"scaling/{name}"].item() for name in SCALING}
        run.scaler.load_state_dict(run.scaler.state_dict() | found | {SCALING[1]: int(found[SCALING[1]])})
    run.step, run.seconds = saved.step, saved.seconds
    losses = saved.epoch.get("losses")
    run.epoch = EpochSums(
        None if losses is None else torch.tensor(losses, device=run.batches.device),
        saved.epoch.get("steps", 0), saved.epoch.get("since", saved.seconds),
    )  # fmt: skip


def take_settings(run: TrainingRun, firsts: Mapping[str, Any]) -> None:
    """Let a run train as the first rank's does, which has these settings; TrainingError where it is another run."""
    check_settings(run.recipe.name, run.settings, firsts)
    # A trial may choose otherwise on each rank, so the first one's counts.
    run.objective = replace(run.objective, precision=firsts["precision"])
    run.scaler = scaler_for(firsts["precision"], run.batches.device)


WHAT = {
    "seed": "seed",
    "threads": "number of threads",
    "data": "set of pictures (by its SHA-256)",
    "teacher": "teacher (by the SHA-256 of its weights)",
}
"""What each setting of a state is called, but for the recipe."""


def check_settings(name: str, ours: Mapping[str, Any], begun: Mapping[str, Any]) -> None:
    """Raise TrainingError where the run `name` was begun with other settings than it is to go on with.

    Both hold the recipe's JSON as `recipe`, and some of WHAT; a setting that either does not know is not compared.
    """
    both = [key for key in WHAT if key in ours and key in begun]
    changed = [(WHAT[key], begun[key], ours[key]) for key in both if begun[key] != ours[key]]
    before, now = Recipe.from_json(begun["recipe"]).to_json(), ours["recipe"]
    changed += [(f"recipe: {field}", before[field], now[field]) for field in before if before[field] != now[field]]
    if changed:
        what, theirs, here = changed[0]
        raise TrainingError(
            f"The run of {name} was begun with another {what} ({theirs}, now {here}): go on with the same, or choose "
            "another --out"
        )


# --- one sitting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One call of `train`: what it trains and on what, where it reads and writes, and how it goes about it.

    The fields are that function's, with its defaults, but for those that say here what they hold.
    """

    name: str
    """The recipe's, and so the network's."""
    known: Path | str | None = None
    negatives: Path | str | None = None
    data: Path | None = None
    out: Path
    teacher_homes: tuple[Path, ...] = ()
    """Where a teacher is looked for, the first folder that holds the right one first: its caller knows."""
    seed: int = 0
    device: str | torch.device = "auto"
    threads: int | None = None
    resume: bool = False
    progress: bool = True
    log_test: bool = False
    save_seconds: float = 60.0
    screen: TextIOBase | None = None
    """Where progress and warnings are shown; None is standard error."""

    def __post_init__(self) -> None:
        # PyTorch's generators take no larger seed.
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral) or not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be a whole number from 0 to 2^63 - 1; got {self.seed!r:.40}")
        # What no system can start ends the process on the spot, in words of the library that was to start it.
        threads = self.threads
        if threads is not None and (
            isinstance(threads, bool) or not isinstance(threads, Integral) or not 1 <= threads <= MOST_THREADS
        ):
            raise ValueError(f"threads must be a whole number from 1 to {MOST_THREADS}; got {threads!r:.40}")

    @property
    def shown_on(self) -> Any:
        """Where progress and warnings are shown."""
        return self.screen or sys.stderr

    @property
    def home(self) -> Path:
        """The folder of the finished network."""
        return self.out / self.name

    @property
    def states(self) -> Path:
        """The folder of the run's states and its log."""
        return states_of(self.out, self.name)

    @property
    def events(self) -> Path:
        """The folder of what TensorBoard shows."""
        return self.out / "tensorboard" / self.name

    def check_place(self) -> None:
        """Raise TrainingError where a network that nobody asked to keep, or a folder without one, stands in the way."""
        if not os.path.lexists(self.home):  # a link that leads nowhere could not be replaced by a folder either
            return
        if not (self.home / CARD).is_file():
            raise TrainingError(
                f"{self.home} is there already but holds no network: move it away, or choose another --out"
            )
        if not self.resume:
            raise TrainingError(
                f"{self.home} is there already: add --resume to keep it, or --out to train another one elsewhere"
            )

    def tidied(self) -> Path:
        """The folder of the finished network, after what killed processes left of its run is removed."""
        tidy(self.out, self.name)
        return self.home

    def saved(self, tell: Tell) -> SavedState | None:
        """The state from which the run goes on, None for a new one. TrainingError where one was begun unasked.

        A damaged one that is passed over is told. What killed processes left of this run is removed.
        """
        state = newest_state(self.states, tell if self.resume else nobody)
        if state is not None and not self.resume:
            raise TrainingError(
                f"A run of {self.name} was begun in {self.states}: add --resume to go on, or delete that folder"
            )
        sweep(self.out, self.name)
        sweep(self.states)
        return state

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Train while no other process trains a network of that name there; TrainingError where one does."""
        try:
            with only_one(lock_of(self.out, self.name)):
                yield
        except Busy as error:
            raise TrainingError(f"{self.name} is being trained already: {error}") from None


class Keeper:
    """Keeps a run's state on the disk: every so often, and when the run is asked to stop."""

    def __init__(self, sitting: Sitting, saved: SavedState | None, tell: Tell) -> None:
        """`saved` is the state from which the run goes on; `tell` is told what cannot be written or deleted."""
        self._sitting, self._tell = sitting, tell
        self._newest = None if saved is None else saved.step
        self._torn = False
        self._steps = 0

    @property
    def kept(self) -> Path | None:
        """The folder of states where there is a good one, else None."""
        return None if self._newest is None else self._sitting.states

    def save(self, run: TrainingRun) -> None:
        """Write the run's state. Where the disk refuses it, that is told: the next time tries again."""
        try:
            with whole():
                save_run(run, self._sitting.states, self._tell, self.kept)
                self._newest = run.step
        except OSError as error:
            newest = (
                "no state is on the disk yet" if self._newest is None else f"the newest is of step {self._newest:,}"
            )
            self._tell(
                f"The state of step {run.step:,} could not be written ({sentence(error)}): the training goes on and "
                f"tries again with the next one; {newest}"
            )

    @contextmanager
    def step(self) -> Iterator[None]:
        """Take one step as a whole: of a run stopped in its midst nothing could be saved."""
        self._torn = True
        with whole():
            yield
            self._torn = False

    @contextmanager
    def leaving(self, run: TrainingRun) -> Iterator[None]:
        """Save the run where it is asked to stop, or loses its terminal, within the block, between two steps."""
        self._steps = run.batches.steps
        try:
            try:
                yield
            except OSError:
                # A terminal that was closed cannot be written to, which may show before its signal is heard: saved as
                # well, and not deaf to that signal, which may come before anything is written.
                self._save_last(run)
                raise
        except KeyboardInterrupt:
            with deaf():
                self._save_last(run)
            raise

    def _save_last(self, run: TrainingRun) -> None:
        if not self._torn and run.step > (self._newest or 0):
            self.save(run)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Say of a stop within the block what is saved: Stopped, whether it was a signal or a plain Ctrl-C.

        RanksError, where another process of the run has ended.
        """
        try:
            yield
        except (KeyboardInterrupt, OSError, RuntimeError) as error:
            # A terminal that was closed sends SIGHUP, and then every line written to it fails.
            if (stop := stop_behind(error)) is not None:
                raise Stopped(getattr(stop, "number", signal.SIGINT), self._said) from None
            if not is_lost(error):
                raise
            raise RanksError(f"Another process of the run has ended, so all do: {self._said}") from None

    @property
    def _said(self) -> str:
        name, of = self._sitting.name, f" of {self._steps:,}" if self._steps else ""
        if self._newest is None:
            return f"nothing of {name} was saved yet"
        return f"{name} is saved at step {self._newest:,}{of}: go on with --resume"
