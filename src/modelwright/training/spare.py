"""Steps on all cores while that is faster: tried on steps that count, where the numbers do not depend on it.

Rules give a small network one thread, since more cost much on a busy machine; on an idle one they save a fifth to two
fifths of a step. So both are timed while the model trains, now and again, as the machine may become busy or idle. That
is allowed only where copies of the model end with the same bits whichever number of threads has trained them.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.data.batches import Batches
from modelwright.data.machine import cores
from modelwright.model.components import needs_closure
from modelwright.model.lean_optimizer import lean, lean_step
from modelwright.plan.plan import Plan
from modelwright.training.execution import SPARE_PAYS_FROM, threads
from modelwright.training.loop import Position, train

TRIED_BATCHES = 6
"""Batches on which copies are compared; the last one of an epoch, which is shorter, comes beside them."""
TRIAL_STEPS = 16
FIRST_WAIT, LONGEST_WAIT = 0.1, 20.0
"""Seconds until another number of threads is tried again; twice as long each time that it was no better."""
BETTER = 0.95
"""Share of the cost that another number of threads has to reach to be taken."""
BUSY = 1.5
"""Times the cost of a moment ago from which somebody else seems to want a core: one thread is tried at once."""


def _now() -> bool:
    return True


@dataclass(slots=True)
class Spare:
    """Chooses how many threads the steps of a training use; whatever happens between them uses one, as the plan says.

    `ready` says whether the other cores are free for it.
    """

    ready: Callable[[], bool] = _now
    many: int = field(default_factory=cores)
    threads: int = 1
    _cost: float = 0.0
    _trying: bool = False
    _wait: float = FIRST_WAIT
    _next: float = 0.0

    def paced(self, positions: Iterator[Position], begin: Position, batches: int) -> Iterator[Position]:
        """Pass positions on, and time the steps between them."""
        before, began = begin.epoch * batches + begin.batch, time.perf_counter()
        self._next = began + FIRST_WAIT
        for position in positions:
            now, done = time.perf_counter(), position.epoch * batches + position.batch
            torch.set_num_threads(1)
            if done > before and self.ready():
                self._look(position, (now - began) / (done - before), now)
            before = done
            yield position
            torch.set_num_threads(self.threads)
            began = time.perf_counter()

    def _look(self, position: Position, cost: float, now: float) -> None:
        """Take in what a step has cost since the last look, and choose the number of threads until the next one."""
        if self._trying:
            self._trying, better = False, cost < BETTER * self._cost
            self._wait = FIRST_WAIT if better else min(LONGEST_WAIT, 2 * self._wait)
            self._next = now + self._wait
            if not better:
                self.threads = self._other
                return
        busy = self.threads > 1 and cost > BUSY * self._cost
        self._cost = cost
        if busy or now >= self._next:
            self._trying, self.threads = True, self._other
            position.every = min(position.every, TRIAL_STEPS)

    @property
    def _other(self) -> int:
        return self.many if self.threads == 1 else 1


def spare_cores(plan: Plan, weights: int, seeds: int) -> Spare | None:
    """Return what lets the steps of a plan use cores that are free; None where they are not, or it would not pay.

    Members of a cohort are trained beside one another, and code of the user's own is not run more often than it must.
    """
    alone = plan.split.fold is None and seeds == 1 and not plan.own
    chosen = plan.execution.threads == 1 and plan.why.get("execution.threads") != "given"
    large = 6 * weights * plan.train.batch_size >= SPARE_PAYS_FROM
    return Spare() if alone and chosen and large and plan.execution.device == "cpu" and cores() > 1 else None


@dataclass(frozen=True, slots=True)
class _Few:
    """Some batches that are there."""

    batches: Sequence[tuple[Tensor, ...]]

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, _epoch: int, first: int) -> Iterator[tuple[Tensor, ...]]:
        return iter(self.batches[first:])


def same_bits(model: nn.Module, optimizer: torch.optim.Optimizer, batches: Batches, many: int, **settings: Any) -> bool:
    """Return whether copies that are trained by one thread and by `many` are equal to the bit, losses as well.

    `settings` are those of `loop.train`. Random numbers are drawn alike for both, and given back. Which kernel adds up
    in which order depends on shapes and threads, hardly on the numbers, so some batches of each shape tell.
    """
    resident = all(isinstance(each, Tensor) for each in batches.tensors)
    if not resident or batches.transform is not None or needs_closure(optimizer):
        return False
    few = [*islice(batches.epoch(0), TRIED_BATCHES), *batches.epoch(0, len(batches) - 1)]
    before, ends = torch.get_rng_state(), list[list[Tensor]]()
    for count in (1, many):
        torch.set_rng_state(before)
        with lean(), threads(count):
            own, stepped = copy.deepcopy((model, optimizer))
            position, losses = Position(every=1), list[Tensor]()
            for at in train(own, batches=_Few(few), epochs=1, step=lean_step(stepped), position=position, **settings):
                losses.append(at.loss.clone())
            ends.append([*own.state_dict().values(), *losses])
    torch.set_rng_state(before)
    return all(torch.equal(one, other) for one, other in zip(*ends, strict=True))
