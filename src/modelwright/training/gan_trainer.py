"""The training of a GAN: epochs with samples judged, the averaged generator, and a state that resumes exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.data.batches import Batches
from modelwright.model.gan import Discriminator, Generator
from modelwright.model.gan_losses import GanLoss
from modelwright.model.lean_optimizer import lean, lean_step
from modelwright.model.noise import normal, uniform
from modelwright.training.checkpoint import load_optimizer, optimizer_tensors
from modelwright.training.gan_loop import Played, Player, follow, play
from modelwright.training.progress import Progress, Record
from modelwright.training.schedule import Schedule
from modelwright.training.trainer import NotFinite, Selecting, random_states, set_random_states

WARM = 10  # steps: the average of the first ones is shorter, so that it does not hold on to the start


class Halved(nn.Module):
    """A network whose products are made in bfloat16; what it gives, and so the losses, are float32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, given: Tensor) -> Tensor:
        with torch.autocast(given.device.type, torch.bfloat16):
            return self.network(given).float()


@dataclass(slots=True, kw_only=True)
class GanTrainer(Selecting):
    """Trains two networks against each other and remembers what a resumed run needs.

    `average` follows the generator and is what is judged and kept. `judge` returns the scores of its rows by name, of
    which `lead` (less is better) chooses the epoch; None: the last one is kept. `schedules` move the rates of both,
    by batches or by epochs; one that follows a metric follows `lead`.
    """

    generator: Generator
    discriminator: Discriminator
    average: Generator
    optimizers: dict[str, torch.optim.Optimizer]
    loss: GanLoss
    batches: Batches
    real: Callable[[Tensor], Tensor]
    lead: str
    width: int
    seed: int
    epochs: int
    patience: int | None
    discriminator_steps: int
    ema: float
    clip_grad_norm: float | None
    schedules: dict[str, Schedule] = field(default_factory=dict[str, Schedule])
    halved: bool = False
    judge: Callable[[Generator], dict[str, float]] | None = None
    position: Played = field(default_factory=Played)
    history: list[Record] = field(default_factory=list[Record])
    best: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    @property
    def model(self) -> nn.ModuleDict:
        """Both networks, by name."""
        return nn.ModuleDict({"generator": self.generator, "discriminator": self.discriminator})

    @property
    def device(self) -> torch.device:
        """Where the batches are."""
        return self.batches.tensors[0].device

    def run(self, every: int = 8) -> Iterator[Progress | Record]:
        """Train to the end; yield `Progress` now and then and a record after each epoch. State is whole at each yield.

        Raises NotFinite when a loss is NaN or infinite.
        """
        self.position.every = every
        if self.stopped:
            return
        self.position.losses = self.position.losses.to(self.device)
        for position in play(
            self._player("generator", self.generator, self.discriminator_steps),
            self._player("discriminator", self.discriminator, 1),
            self._follow,
            self.loss,
            self.batches,
            self._noise,
            self.real,
            epochs=self.epochs,
            discriminator_steps=self.discriminator_steps,
            clip_grad_norm=self.clip_grad_norm,
            position=self.position,
        ):
            made, told = self._losses()
            if not (math.isfinite(made) and math.isfinite(told)):
                raise NotFinite
            if position.batch < len(self.batches):
                yield Progress(position.epoch, position.batch, len(self.batches), position.rows, made)
                continue
            yield self._close_epoch(made, told)
            if self.stopped:
                return

    def _player(self, name: str, network: nn.Module, batches: int) -> Player:
        """Return a network with its step, which moves a schedule of steps on by the batches that it takes."""
        step, schedule = lean_step(self.optimizers[name]), self.schedules.get(name)
        network = Halved(network) if self.halved else network
        if schedule is None or schedule.unit != "step":
            return Player(network=network, step=step)

        def scheduled() -> None:
            step()
            for _ in range(batches):
                schedule.step()

        return Player(network=network, step=scheduled)

    def _losses(self) -> tuple[float, float]:
        made, told = self.position.losses.tolist()
        return made / max(1, self.position.made), told / max(1, self.position.rows)

    def _noise(self, epoch: int, batch: int, rows: int) -> tuple[Tensor, Tensor]:
        z = normal("step", rows, self.width, self.seed, epoch, batch)
        return z.to(self.device), uniform("mix", rows, self.seed, epoch, batch).to(self.device)

    def _follow(self, step: int) -> None:
        hold = min(self.ema, step / (step + WARM))
        follow(self.average.state_dict().values(), self.generator.state_dict().values(), hold)

    def _close_epoch(self, made: float, told: float) -> Record:
        rates = {name: one.param_groups[0]["lr"] for name, one in self.optimizers.items()}
        record: Record = {"epoch": self.position.epoch + 1, "loss": made, "discriminator_loss": told}
        record |= {"lr": float(rates["generator"]), "discriminator_lr": float(rates["discriminator"])}
        if self.judge is not None:
            record |= self.judge(self.average)
        record["best"] = self._is_best(record)
        self.history.append(record)
        if record["best"] and self.judge is not None:
            self.best = {name: tensor.detach().clone() for name, tensor in self.average.state_dict().items()}
        for schedule in self.schedules.values():
            if schedule.unit != "step":
                schedule.end_epoch(record.get(self.lead, made))
        return record

    def _is_best(self, record: Record) -> bool:
        if self.judge is None:
            return True
        value = record[self.lead]
        known = [one[self.lead] for one in self.history]
        return not known or (not math.isnan(value) and all(math.isnan(one) or value < one for one in known))

    @property
    def selects(self) -> bool:
        """Whether samples are judged."""
        return self.judge is not None

    def restore_best(self) -> None:
        """Load the best epoch's average into itself."""
        if self.best:
            self.average.load_state_dict(self.best)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return tensors and JSON facts from which `load` goes on exactly; call it at a yield of `run`."""
        at, at_end = self.position, self.position.batch == len(self.batches)
        tensors: dict[str, Tensor] = {f"model/{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"average/{name}": tensor for name, tensor in self.average.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        tensors |= {f"random/{name}": state for name, state in random_states(self.device).items()}
        tensors["losses"] = torch.zeros_like(at.losses) if at_end else at.losses
        facts: dict[str, Any] = {"optimizers": {}, "history": self.history, "epoch": at.epoch + at_end}
        facts["schedules"] = {name: schedule.state_dict() for name, schedule in self.schedules.items()}
        facts |= {name: 0 if at_end else getattr(at, name) for name in ("batch", "rows", "made")}
        for player, one in self.optimizers.items():
            with lean():
                found, facts["optimizers"][player] = optimizer_tensors(one)
            tensors |= {f"optimizer.{player}/{name}": tensor for name, tensor in found.items()}
        return tensors, facts

    def load(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Put a state back; the next `run` goes on from there, bit for bit as if it had never stopped."""

        def named(prefix: str) -> dict[str, Tensor]:
            return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}

        self.model.load_state_dict(named("model/"))
        self.average.load_state_dict(named("average/"))
        self.best = {name: tensor.to(self.device) for name, tensor in named("best/").items()}
        for player, one in self.optimizers.items():
            with lean():
                load_optimizer(one, named(f"optimizer.{player}/"), facts["optimizers"][player])
        for player, schedule in self.schedules.items():
            schedule.load_state_dict(facts["schedules"][player])
        self.history = facts["history"]
        losses = tensors["losses"].to(self.device)
        self.position = Played(facts["epoch"], facts["batch"], facts["rows"], facts["made"], losses)
        set_random_states(self.device, named("random/"))
