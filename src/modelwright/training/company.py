"""Members of a cohort that make their steps together: each keeps its own trainer, only gradients are computed for all.

Each member runs the one loop there is (`training.loop`), which asks for a step; what it gets is its part of a gradient
that `model.stacked` has computed for all members at once. Its numbers do not depend on its company, so a resumed cohort
ends with the bits of the straight one: the last batch of an epoch, which is shorter, is computed by the member alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.data.batches import Batches
from modelwright.model.components import needs_closure
from modelwright.model.lean_optimizer import lean_step
from modelwright.model.stacked import ALIGNED, Stack, stackable
from modelwright.plan.plan import Plan
from modelwright.training.execution import SPARE_PAYS_FROM, threads
from modelwright.training.loop import Position, train
from modelwright.training.objective import Objective
from modelwright.training.trainer import Trainer

Batch = tuple[Tensor, ...]
MOST_BYTES = 2 << 30
"""Training rows of all members, which are there at once: a number that is the same on each machine and at each time, as
the last bits of the results are."""


def pays(plan: Plan, trainer: Trainer, members: int) -> bool:
    """Return whether so many trainers like this one can step together, with numbers that do not depend on company.

    Their layers must be known and their rows resident. Steps must be small: of large ones little is left beside the
    arithmetic, and helper processes do that on all cores.
    """
    execution, rows = plan.execution, trainer.batches
    if (execution.device, execution.threads, execution.precision) != ("cpu", 1, "float32") or plan.own:
        return False
    if rows.transform is not None or trainer.accumulate > 1 or needs_closure(trainer.optimizer):
        return False
    held = [each for each in rows.tensors if isinstance(each, Tensor)]
    size = sum(each.numel() * each.element_size() for each in held)
    room = len(held) == len(rows.tensors) and members * size < MOST_BYTES
    weights = sum(each.numel() for each in trainer.model.parameters())
    small = 6 * weights * plan.train.batch_size < SPARE_PAYS_FROM
    return small and room and stackable(trainer.model) and _steps_alike(trainer)


def _steps_alike(trainer: Trainer) -> bool:
    """Return whether steps can be made at all: what torch says of one that cannot is told where it is made alone."""
    try:
        return _faithful(trainer)
    except (RuntimeError, ValueError, IndexError):
        return False


def _faithful(trainer: Trainer) -> bool:
    """Return whether a network's gradients are the same to the bit in whatever company."""
    batches = [batch for batch in islice(trainer.batches.epoch(0), 3) if len(batch[0]) % ALIGNED == 0]
    if not batches:
        return False
    given, found = list(islice(cycle(batches), 3)), dict[int, list[list[Tensor]]]()
    for which in ([0, 1, 2], [1, 0], [2]):
        networks = [copy.deepcopy(trainer.model).train() for _ in given]
        stack = Stack(networks, [torch.default_generator.clone_state() for _ in given])
        with threads(1):
            gradients(stack, which, [given[k] for k in which], [trainer.objective] * len(which))
        for k in which:
            weights = networks[k].parameters()
            found.setdefault(k, []).append([weight.grad for weight in weights if weight.grad is not None])
    pairs = (zip(each, many[0], strict=True) for many in found.values() for each in many)
    return all(torch.equal(one, other) for pair in pairs for one, other in pair)


def gradients(
    stack: Stack, which: list[int], batches: Sequence[Batch], objectives: Sequence[Objective]
) -> list[Tensor]:
    """Leave the gradients of some networks of a stack in their weights; return their losses."""
    answered = zip(objectives, stack(which, batches), batches, strict=True)
    losses = [objective(partial(_same, output), *batch) for objective, output, batch in answered]
    torch.autograd.backward(losses)
    stack.spread(which)
    return losses


def _same(output: Tensor, *_: Tensor) -> Tensor:
    """Stand in for a network whose output is known."""
    return output


class Feed:
    """A member's batches, of which the next one can be looked at before the loop takes it."""

    def __init__(self, batches: Batches, epoch: int, first: int, epochs: int) -> None:
        self.batches, self.at, self.epochs = batches, epoch, epochs
        self._left = batches.epoch(epoch, first)
        self._next: Batch | None = None

    def __len__(self) -> int:
        return len(self.batches)

    def look(self) -> Batch | None:
        """Return the next batch, which may be the first of the next epoch; None where there is no more."""
        while self._next is None and self.at < self.epochs:
            self._next = next(self._left, None)
            if self._next is None:
                self.at += 1
                self._left = self.batches.epoch(self.at)
        return self._next

    def epoch(self, _epoch: int, first: int) -> Iterator[Batch]:
        """Yield what is left of an epoch from number `first` on."""
        for _ in range(first, len(self)):
            batch = self.look()
            assert batch is not None
            self._next = None
            yield batch


@dataclass(slots=True, eq=False)
class Member:
    """A trainer in company: the random numbers of its dropout, its loop, and the loss of the step it is about to make
    where that was computed together. `due`: nobody has looked at its position yet. `failed`: what torch said of its
    step, which is raised in its own run, not in the one that made it step."""

    company: Company
    trainer: Trainer
    draw: torch.Generator
    feed: Feed
    step: Callable[..., Any]
    steps: Iterator[Position] = field(default_factory=lambda: iter(()))
    loss: Tensor | None = None
    due: bool = False
    over: bool = False
    failed: Exception | None = None

    def positions(self) -> Iterator[Position]:
        """Yield the trainer's position as `loop.train` does; who has to wait makes steps for all."""
        while True:
            if not self.due:
                self.company.go_on(self.trainer.position.every)
            if self.failed is not None:
                raise self.failed
            if self.over:
                return
            self.due = False
            yield self.trainer.position

    def leave(self) -> None:
        """Take no part any more."""
        self.company.leave(self)

    def make_step(self, gradient: Callable[[], Tensor]) -> Tensor:
        """Step by the gradient that is there, or by one's own where the others had no part in it; return the loss."""
        if self.loss is None:
            torch.set_rng_state(self.draw.get_state())
            loss = gradient()
            self.draw.set_state(torch.get_rng_state())
        else:
            loss, self.loss = self.loss, None
        self.step()
        return loss


@dataclass(slots=True, eq=False)
class Company:
    """Trainers that step together: each of them runs until it has to wait for the others, so run them in turns.

    `expected` members the cohort has. `decided`: whether they step together; None as long as nobody has asked.
    """

    expected: int
    decided: bool | None = None
    members: list[Member] = field(default_factory=list[Member])
    _stacks: list[tuple[Stack, list[Member]]] = field(default_factory=list[tuple[Stack, list[Member]]])

    def invite(self, plan: Plan, trainer: Trainer) -> Plan:
        """Return the plan of a member with whether it steps in company, which the first one decides for all."""
        if self.decided is None:
            self.decided = pays(plan, trainer, self.expected)
        if not self.decided:
            return plan
        execution = plan.execution.model_copy(update={"together": True})
        reason = "one product a layer serves the whole cohort: so small a step costs more around its arithmetic"
        why = {**plan.why, "execution.together": reason}
        return plan.model_copy(update={"execution": execution, "why": why})

    def join(self, trainer: Trainer) -> None:
        """Take a trainer in with the random numbers of now; all have to be in before the first one runs."""
        if trainer.stopped:
            return
        trainer.begin()
        at, draw = trainer.position, torch.default_generator.clone_state()
        feed = Feed(trainer.batches, at.epoch, at.batch, trainer.epochs)
        member = Member(self, trainer, draw, feed, lean_step(trainer.optimizer))
        member.steps = train(
            trainer.model,
            trainer.objective,
            feed,
            epochs=trainer.epochs,
            step=member.make_step,
            closure=True,
            schedule=trainer.each_step,
            clip_grad_norm=trainer.clip_grad_norm,
            position=Position(at.epoch, at.batch, at.rows, at.loss, every=1),
        )
        trainer.companion = member
        self.members.append(member)

    def leave(self, member: Member) -> None:
        """Go on without a member."""
        self.members.remove(member)
        for stack, _ in self._stacks:
            stack.release()
        self._stacks = []

    def go_on(self, steps: int) -> None:
        """Make so many steps for all, or fewer where one of them has to be looked at before."""
        for member in self.members:  # who only waits does not know what a step costs
            member.trainer.position.every = steps
        for _ in range(steps):
            self._compute()
            ended = [self._move(member) for member in self.members]
            if any(ended):
                return

    def _move(self, member: Member) -> bool:
        """Make one member's step; return whether it has come to the end of an epoch, or of everything."""
        member.due = True
        try:
            position = next(member.steps, None)
        except (RuntimeError, ValueError, IndexError) as error:
            member.failed = error
            return True
        if position is None:
            member.over = True
            return True
        own = member.trainer.position
        own.epoch, own.batch, own.rows, own.loss = position.epoch, position.batch, position.rows, position.loss
        return position.batch == len(member.feed)

    def _compute(self) -> None:
        """Compute the gradients of the next step of all members whose batches can be stacked."""
        self._stacks = self._stacks or self._stacked()
        for stack, members in self._stacks:
            stack.clear()
            alike: dict[int, list[int]] = {}
            for k, member in enumerate(members):
                batch = member.feed.look()
                if batch is not None and len(batch[0]) % ALIGNED == 0:
                    alike.setdefault(len(batch[0]), []).append(k)
            for which in alike.values():
                _step_together(stack, [members[k] for k in which], which)

    def _stacked(self) -> list[tuple[Stack, list[Member]]]:
        """Return networks of one shape as a stack: folds can have other inputs, where one has nothing missing."""
        alike: dict[tuple[torch.Size, ...], list[Member]] = {}
        for member in self.members:
            shapes = tuple(each.shape for each in member.trainer.model.parameters())
            alike.setdefault(shapes, []).append(member)
        return [
            (Stack([each.trainer.model for each in members], [each.draw for each in members]), members)
            for members in alike.values()
        ]


def _step_together(stack: Stack, members: Sequence[Member], which: list[int]) -> None:
    for member in members:
        if not member.trainer.model.training:  # it was, for a validation
            member.trainer.model.train()
    batches = [member.feed.look() or () for member in members]
    losses = gradients(stack, which, batches, [member.trainer.objective for member in members])
    for member, loss in zip(members, losses, strict=True):
        member.loss = loss
        if member.trainer.clip_grad_norm is not None:
            nn.utils.clip_grad_norm_(member.trainer.model.parameters(), member.trainer.clip_grad_norm)
