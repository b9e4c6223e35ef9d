"""One model's training: epochs with validation, best weights, early stopping, and a state that resumes exactly."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from modelwright.data.batches import Batches, Rows
from modelwright.model.components import needs_closure
from modelwright.model.lean_optimizer import lean, lean_step
from modelwright.training.checkpoint import load_optimizer, optimizer_tensors
from modelwright.training.infer import outputs
from modelwright.training.loop import Position, train
from modelwright.training.monitor import due, layers, since, weights_of
from modelwright.training.objective import Objective
from modelwright.training.progress import Progress, Record
from modelwright.training.schedule import Schedule
from modelwright.training.spare import Spare, same_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Rows to select by: model inputs, target, and `score(raw outputs) -> value` of the metric that leads.

    `asked` is asked in place of the model that is trained, where what it learns by is not what it answers.
    """

    inputs: tuple[Rows, ...]
    target: Tensor
    criterion: Callable[[Tensor, Tensor], Tensor]
    score: Callable[[Tensor], float]
    metric: str
    higher_is_better: bool
    asked: nn.Module | None = None


class NotFinite(Exception):
    """The loss became NaN or infinite between two looks at it."""


class Companion(Protocol):
    """Makes a trainer's steps with others'. `draw`: random numbers of its own; `due`: steps were made meanwhile."""

    draw: torch.Generator
    due: bool

    def positions(self) -> Iterator[Position]:
        """Yield the trainer's position as `loop.train` does."""
        ...

    def leave(self) -> None:
        """Let the others go on alone."""
        ...


class Selecting(ABC):
    """What a training knows of its epochs: `history`, its `patience`, and whether anything `selects` among them."""

    __slots__ = ()
    history: list[Record]
    patience: int | None

    @property
    @abstractmethod
    def selects(self) -> bool:
        """Whether rows are there to choose an epoch by."""

    @property
    def whole(self) -> bool:
        """Whether its state can be saved when it has yielded."""
        return True

    @property
    def stopped(self) -> bool:
        """Whether the last `patience` epochs brought nothing better than the best one."""
        if self.patience is None or not self.history or not self.selects:
            return False
        return len(self.history) - self.best_epoch >= self.patience

    @property
    def why_ended(self) -> str:
        """Why training is over, in words."""
        return f"no better validation score in {self.patience} epochs" if self.stopped else "all epochs are done"

    @property
    def best_epoch(self) -> int:
        """Number (from 1) of the epoch that is kept so far; the last one where nothing selects."""
        kept = [record["epoch"] for record in self.history if record["best"]]
        return kept[-1] if kept else len(self.history)


@dataclass(slots=True, kw_only=True)
class Trainer(Selecting):
    """Trains `model` (the core: preprocessed inputs → raw outputs) and remembers what a resumed run needs."""

    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: Schedule | None
    batches: Batches
    validation: Validation | None
    epochs: int
    patience: int | None
    clip_grad_norm: float | None
    accumulate: int
    spare: Spare | None = None
    companion: Companion | None = None
    position: Position = field(default_factory=Position)
    history: list[Record] = field(default_factory=list[Record])
    best: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    begun: dict[str, Tensor] = field(default_factory=dict[str, Tensor])  # weights at the last record of layers

    def run(self, every: int = 8) -> Iterator[Progress | Record]:
        """Train to the end; yield `Progress` now and then and a record after each epoch. State is whole at each yield.

        Raises NotFinite when the loss is NaN or infinite.
        """
        self.position.every = every
        if self.stopped:
            return
        self.begin()
        try:
            for position in self._positions() if self.companion is None else self.companion.positions():
                loss = float(position.loss) / position.rows
                if not math.isfinite(loss):
                    raise NotFinite
                if position.batch < len(self.batches):
                    yield Progress(position.epoch, position.batch, len(self.batches), position.rows, loss)
                    continue
                yield self._close_epoch(loss)
                if self.stopped:
                    return
        finally:
            if self.companion is not None:
                self.companion.leave()

    def begin(self) -> None:
        """Remember where the epoch begins, before anything is changed."""
        self.begun = self.begun or weights_of(self.model)
        self.position.loss = self.position.loss.to(self.device)

    def _positions(self) -> Iterator[Position]:
        """Train alone, on all cores where that is allowed."""
        settings: dict[str, Any] = {
            "clip_grad_norm": self.clip_grad_norm,
            "accumulate": self.accumulate,
            "objective": self.objective,
        }
        positions = train(
            self.model,
            batches=self.batches,
            epochs=self.epochs,
            step=lean_step(self.optimizer),
            closure=needs_closure(self.optimizer),
            schedule=self.each_step,
            position=self.position,
            **settings,
        )
        spare = self.spare
        if spare is None or not same_bits(self.model, self.optimizer, self.batches, spare.many, **settings):
            return positions
        return spare.paced(positions, self.position, len(self.batches))

    @property
    def whole(self) -> bool:
        """Whether all steps that were made are counted: in company, others make them too."""
        return self.companion is None or not self.companion.due

    @property
    def each_step(self) -> Callable[[], object] | None:
        """What the schedule does after each step; None where it waits for the end of the epoch."""
        return self.schedule.step if self.schedule is not None and self.schedule.unit == "step" else None

    @property
    def selects(self) -> bool:
        """Whether there are validation rows."""
        return self.validation is not None

    def restore_best(self) -> None:
        """Load the best epoch's weights into the model."""
        if self.best:
            self.model.load_state_dict(self.best)

    def _close_epoch(self, loss: float) -> Record:
        record: Record = {"epoch": self.position.epoch + 1, "loss": loss, "lr": self.optimizer.param_groups[0]["lr"]}
        if isinstance(record["lr"], Tensor):
            record["lr"] = record["lr"].item()
        epoch, steps = self.position.epoch, len(self.batches)
        if due(epoch, steps):
            record["layers"] = layers(self.model, self.begun, since(epoch, steps))
            self.begun = weights_of(self.model)
        if self.validation is not None:
            record |= self._validate(self.validation)
        record["best"] = self.validation is None or self._is_best(record, self.validation)
        self.history.append(record)
        if record["best"] and self.validation is not None:
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        if self.schedule is not None and self.schedule.unit != "step":
            self.schedule.end_epoch(record.get("validation_loss", loss))
        return record

    def _validate(self, validation: Validation) -> Record:
        raw = outputs(validation.asked or self.model, validation.inputs)
        loss = validation.criterion(raw, validation.target)
        return {"validation_loss": loss.item(), f"validation_{validation.metric}": validation.score(raw)}

    def _is_best(self, record: Record, validation: Validation) -> bool:
        """Compare by the metric, equal ones by the loss (accuracy on few rows has many ties)."""
        sign = 1 if validation.higher_is_better else -1

        def rank(entry: Record) -> tuple[float, float]:
            value = entry[f"validation_{validation.metric}"]
            return (-math.inf if math.isnan(value) else sign * value), -entry["validation_loss"]

        return all(rank(record) > rank(earlier) for earlier in self.history)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return tensors and JSON facts from which `load` goes on exactly; call it at a yield of `run`."""
        at_end = self.position.batch == len(self.batches)
        fresh = due(self.position.epoch, len(self.batches))
        with lean():
            optimizer, optimizer_facts = optimizer_tensors(self.optimizer)
        tensors = {
            **{f"model/{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"best/{name}": tensor for name, tensor in self.best.items()},
            **{f"optimizer/{name}": tensor for name, tensor in optimizer.items()},
            **({} if at_end and fresh else {f"begun/{name}": tensor for name, tensor in self.begun.items()}),
            **{f"random/{name}": state for name, state in self._random().items()},
            "loss": torch.zeros((), dtype=torch.float64) if at_end else self.position.loss,
        }
        facts = {
            "epoch": self.position.epoch + at_end,
            "batch": 0 if at_end else self.position.batch,
            "rows": 0 if at_end else self.position.rows,
            "history": self.history,
            "optimizer": optimizer_facts,
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
        }
        return tensors, facts

    def _random(self) -> dict[str, Tensor]:
        return random_states(self.device) if self.companion is None else {"cpu": self.companion.draw.get_state()}

    def load(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Put a state back; the next `run` goes on from there, bit for bit as if it had never stopped."""

        def named(prefix: str) -> dict[str, Tensor]:
            return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}

        self.model.load_state_dict(named("model/"))
        self.best = {name: tensor.to(self.device) for name, tensor in named("best/").items()}
        self.begun = {name: tensor.to(self.device) for name, tensor in named("begun/").items()}
        with lean():
            load_optimizer(self.optimizer, named("optimizer/"), facts["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(facts["schedule"])
        self.history = facts["history"]
        self.position = Position(facts["epoch"], facts["batch"], facts["rows"], tensors["loss"].to(self.device))
        set_random_states(self.device, named("random/"))

    @property
    def device(self) -> torch.device:
        """Where the batches are."""
        return self.batches.tensors[0].device


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of the random numbers that dropout draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[device.type] = torch.get_device_module(device).get_rng_state()
    return states


def set_random_states(device: torch.device, states: dict[str, Tensor]) -> None:
    """Put back what `random_states` returned."""
    torch.set_rng_state(states["cpu"])
    if device.type in states and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states[device.type])
