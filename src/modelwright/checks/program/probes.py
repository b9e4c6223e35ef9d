"""Experiments on copies: do rows depend on each other, is evaluation repeatable, can a few rows be learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from modelwright.checks.program.cost import step_cost
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import Batch, first
from modelwright.checks.program.safe import untouched
from modelwright.checks.program.trace import RAISED, tensors
from modelwright.model.lean_optimizer import lean, lean_step

ROWS = 16  # of the batch that is learned by heart
STEPS = 300
SWAPPED = 16  # rows of which one is replaced, five times: a sum over the batch shows in any number of them
BUDGET = (
    2e10  # multiplications spent on learning it (see `cost`), about 0.7 s of one core; fewer steps for a large model
)
FEWEST = 8  # steps of a model however large: as many as an epoch's first glance
BUDGET_OF_OWN = 5e9  # the same for the program's own optimizer
SAME = 1e-4  # relative difference below which outputs are the same: float32 leaves about 1e-6


@dataclass(slots=True)
class Learned:
    """What a short training on a few rows did. `losses` begins with the loss before the first step."""

    losses: list[float] = field(default_factory=list[float])
    model: nn.Module | None = None
    zero: set[str] = field(default_factory=set[str])  # gradient none or exactly zero in every step
    outputs: list[Tensor] = field(default_factory=list[Tensor])  # of the rows, after training
    error: str = ""  # what ended it
    batch: Batch = field(default_factory=Batch)


@dataclass(slots=True)
class Evaluated:
    """Outputs in evaluation mode: of the batch, of it again, with its first, its last row replaced, and in reverse."""

    outputs: list[Tensor] = field(default_factory=list[Tensor])
    repeatable: bool = True
    mixing: bool = False
    placed: bool = False  # whether answers hang on where in the batch a row stands
    swapped: bool = False  # whether rows could be replaced


def outputs_of(program: Program, model: nn.Module, batch: Batch) -> list[Tensor]:
    """Return the outputs that are real numbers; none where the model cannot answer."""
    try:
        with torch.no_grad():
            found = program.forward(model, batch)
    except RAISED:
        return []
    return [tensor.detach() for tensor in tensors(found) if tensor.is_floating_point() and tensor.dim()]


def evaluate(program: Program) -> Evaluated:
    """Return what evaluation mode shows."""
    found = Evaluated()
    with untouched():
        model, batch = program.copied().eval(), first(program.batch, SWAPPED)
        found.outputs = outputs_of(program, model, batch)
        again = outputs_of(program, model, batch)
        found.repeatable = all(same(a, b) for a, b in zip(found.outputs, again, strict=False))
        rows = batch.size
        aligned = all(tensor.shape[0] == rows for tensor in found.outputs)
        if rows < 4 or not found.outputs or not aligned or not found.repeatable or _uses_batch(model):
            return found
        found.swapped = True
        order = torch.arange(rows)
        for at, other in ((0, rows // 2), (rows - 1, rows // 2)):
            changed = order.clone()
            changed[at] = other
            after = outputs_of(program, model, batch.take(changed.to(program.device)))
            rest = torch.arange(rows) != at
            found.mixing |= any(not same(a[rest], b[rest]) for a, b in zip(found.outputs, after, strict=False))
        turned = outputs_of(program, model, batch.take(order.flip(0).to(program.device)))
        found.placed = any(not same(a.flip(0), b) for a, b in zip(found.outputs, turned, strict=False))
    return found


def _uses_batch(model: nn.Module) -> bool:
    """Say whether a layer normalises by the batch even in evaluation."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(layer, kinds) and not layer.track_running_stats for layer in model.modules())


def same(one: Tensor, other: Tensor) -> bool:
    """Say whether outputs are the same, up to what float32 leaves."""
    if one.shape != other.shape:
        return False
    scale = float(one.abs().max()) if one.numel() else 0.0
    if not math.isfinite(scale):
        return True
    return bool((one - other).abs().max() <= SAME * scale + 1e-12) if one.numel() else True


def affordable(program: Program, budget: float, most: int, rows: int) -> int:
    """Return how many steps of so many rows a budget of multiplications allows."""
    traced = max(1, program.traced_batch.size)
    return int(min(most, max(FEWEST, budget / (step_cost(program.trace) * min(1.0, rows / traced)))))


def learn(program: Program, most: int = STEPS) -> Learned:
    """Train a copy on a few rows with Adam until the loss falls, or as many steps are made as its size allows.

    Where the program's optimizer maximises, so does this one, and losses are told with the other sign.
    """
    groups = [] if program.optimizer is None else program.optimizer.param_groups
    up = any(group.get("maximize") for group in groups)
    found, steps = Learned(), affordable(program, BUDGET, most, ROWS)
    with untouched():
        model = program.copied().train()
        rows = first(program.rows.batch, ROWS).copied(program.device) if program.rows is not None else Batch()
        wanted = {name: p for name, p in model.named_parameters() if p.requires_grad}
        if not wanted:
            return found
        found.zero = set(wanted)
        with lean():
            optimizer = torch.optim.Adam(wanted.values(), lr=0.003, foreach=False, maximize=up)
        step = lean_step(optimizer)
        try:
            for number in range(steps + 1):
                loss = program.run(model, rows)[1]
                found.losses.append(-float(loss) if up else float(loss))
                if number == steps or not loss.requires_grad or _enough(found):
                    break
                _gradients(loss, list(wanted.values()))
                found.zero -= {n for n, p in wanted.items() if n in found.zero and p.grad is not None and p.grad.any()}
                step()
        except RAISED as error:
            found.losses.append(math.nan)
            found.error = str(error)
        found.model, found.batch = model, rows
        found.outputs = outputs_of(program, model.eval(), rows)
    return found


def _gradients(loss: Tensor, parameters: list[nn.Parameter]) -> None:
    """Leave gradients in these parameters and in no others: a loss may hold the user's own model as well."""
    for parameter, gradient in zip(parameters, _asked(loss, parameters), strict=True):
        parameter.grad = gradient


def _asked(loss: Tensor, parameters: list[nn.Parameter]) -> Sequence[Tensor | None]:
    """Return the gradient of each parameter, None where the loss does not depend on it."""
    return torch.autograd.grad(loss, parameters, allow_unused=True)


def _enough(found: Learned) -> bool:
    losses = found.losses
    if not math.isfinite(losses[-1]):
        return True
    return len(losses) >= 8 and losses[0] > 0 and 0 <= losses[-1] < 0.8 * losses[0] and not found.zero


def diverges(program: Program, most: int = 20) -> list[float]:
    """Return the losses of a few steps with the program's own optimizer, made anew for a copy; signs as in `learn`."""
    optimizer, losses = program.optimizer, list[float]()
    if optimizer is None or program.rows is None:
        return losses
    with untouched():
        model = program.copied().train()
        up = any(group.get("maximize") for group in optimizer.param_groups)
        names = {id(p): n for n, p in program.model.named_parameters()}
        copies = dict(model.named_parameters())
        groups = [
            {
                **{k: v for k, v in g.items() if k != "params"},
                "params": [copies[names[id(p)]] for p in g["params"] if id(p) in names],
            }
            for g in optimizer.param_groups
        ]
        groups = [group for group in groups if group["params"]]
        if not groups:
            return losses
        steps = affordable(program, BUDGET_OF_OWN, most, program.batch.size)
        try:
            with lean():
                own = type(optimizer)(groups, **{k: v for k, v in optimizer.defaults.items() if k == "lr"})
            step, batch = lean_step(own), program.batch
            for _ in range(steps):
                loss = program.run(model, batch)[1]
                losses.append(-float(loss) if up else float(loss))
                if not math.isfinite(losses[-1]):
                    break
                _gradients(loss, [p for p in copies.values() if p.requires_grad])
                step()
        except RAISED:
            return losses
    return losses


def doubled(program: Program) -> float | None:
    """Return how much larger the loss of a batch twice over is, in evaluation mode; None where it cannot be said."""
    if not program.batch.size:
        return None
    losses: list[float] = []
    with untouched():
        model = program.copied().eval()
        order = torch.arange(min(program.batch.size, 32), device=program.device)
        try:
            for rows in (order, torch.cat((order, order))):
                with torch.no_grad():
                    losses.append(float(program.run(model, program.batch.take(rows))[1]))
        except RAISED:
            return None
    return losses[1] / losses[0] if losses[0] and all(math.isfinite(loss) for loss in losses) else None


def batch_norm_in_training(model: nn.Module) -> str | None:
    """Return the name of a batch normalisation that is not frozen in evaluation mode on purpose; None without one."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LazyBatchNorm1d, nn.LazyBatchNorm2d)
    found = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, kinds)]
    frozen = model.training and all(not layer.training for _, layer in found)
    return found[0][0] if found and not frozen else None


def one_row_fails(program: Program) -> bool:
    """Return whether a batch of one row breaks the model in training mode, where more rows do not."""
    with untouched():
        batch = program.batch
        if batch.size < 1:
            return False
        try:
            program.forward(program.copied().train(), batch.take(torch.tensor([0], device=program.device)))
        except ValueError as error:
            return "more than 1 value" in str(error)
        except RAISED:
            return False
    return False


def still_without(program: Program, batches: int = 8) -> set[str]:
    """Return the parameters that have no gradient in any of several batches (some layers work only now and then)."""
    assert program.rows is not None
    without = {name for name, gradient in program.gradients.items() if gradient is None}
    with untouched(seed=1):
        model = program.copied().train()
        wanted = {name: p for name, p in model.named_parameters() if name in without}
        for batch in (*program.rows.read[1 : 1 + batches], *(program.rows.batch for _ in range(batches))):
            if not without:
                break
            try:
                loss = program.run(model, first(batch, 32).copied(program.device))[1]
                found = _asked(loss, list(wanted.values()))
            except RAISED:
                break
            without -= {name for name, gradient in zip(wanted, found, strict=True) if gradient is not None}
    return without
