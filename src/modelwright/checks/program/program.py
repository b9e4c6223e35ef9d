"""A model with its data, loss and optimizer, and what one step of it shows. Everything runs on copies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.checks.program.graph import LossCall, loss_calls
from modelwright.checks.program.rows import Batch, Rows
from modelwright.checks.program.safe import copy_of, untouched
from modelwright.checks.program.source import Source, source_of
from modelwright.checks.program.trace import RAISED, Failure, Recorder, Trace, line_of_error, tensors
from modelwright.diagnostic import NOWHERE, Place

Step = Callable[[nn.Module, Batch], Any]


@dataclass(kw_only=True)
class Program:
    """What there is to check. `step` (model, batch) → loss replaces `loss` where the two cannot be told apart."""

    model: nn.Module
    rows: Rows | None = None
    loss: Any = None
    optimizer: torch.optim.Optimizer | None = None
    step: Step | None = None
    called_at: Place = NOWHERE
    locate: Callable[[str], Place] | None = None  # layer → place, where a description says what the layers are

    @cached_property
    def source(self) -> Source:
        """Where the model's class is written."""
        return source_of(self.model, self.called_at)

    @cached_property
    def device(self) -> torch.device:
        """Where the model is."""
        first = next(iter(self.model.parameters()), None)
        return torch.device("cpu") if first is None else first.device

    @property
    def batch(self) -> Batch:
        """A copy of the batch of the step, on the model's device: whoever changes it in place harms nobody."""
        assert self.rows is not None
        return self.rows.batch.copied(self.device)

    @property
    def has_loss(self) -> bool:
        """Whether a loss can be asked for."""
        return self.step is not None or self.loss is not None or hasattr(self.model, "training_step")

    def copied(self) -> nn.Module:
        """Return a fresh copy of the model (`trace` says whether one can be had)."""
        made = copy_of(self.model)
        assert made is not None
        return made

    @cached_property
    def copyable(self) -> bool:
        """Whether the model can be copied."""
        return copy_of(self.model) is not None

    @cached_property
    def loss_function(self) -> Any:
        """The loss, a copy where it is a module."""
        return copy_of(self.loss) or self.loss if isinstance(self.loss, nn.Module) else self.loss

    def run(self, model: nn.Module, batch: Batch) -> tuple[Any, Any]:
        """Return output and loss of a batch; the loss is None where there is none, the output where a step hides it."""
        if self.step is not None:
            return None, self.step(model, batch)
        if self.loss is None and hasattr(model, "training_step"):
            found: Any = model.training_step(batch.whole, 0)  # pyright: ignore[reportCallIssue]
            return None, found.get("loss") if isinstance(found, Mapping) else found
        output = self.forward(model, batch)
        if self.loss is None:
            return output, getattr(output, "loss", None)
        return output, self.loss_function(output, batch.target)

    def forward(self, model: nn.Module, batch: Batch) -> Any:
        """Return the model's output for a batch."""
        if (
            self.loss is None
            and isinstance(batch.whole, Mapping)
            and "labels" in inspect.signature(model.forward).parameters
        ):
            return model(**batch.whole)
        return model(*batch.inputs, **batch.named)

    @cached_property
    def traced_batch(self) -> Batch:
        """The batch that `traced` ran with."""
        return self.batch

    @cached_property
    def traced(self) -> tuple[Trace, dict[str, Tensor | None]]:
        """The trace of one training step on a copy, and the gradient of each parameter that wants one (None: none)."""
        trace = Trace()
        gradients: dict[str, Tensor | None] = {}
        with untouched():
            model, batch = self.copied(), self.traced_batch
            recorder = Recorder(trace)
            handles = recorder.watch(model.train())
            self._name(trace, batch)
            try:
                with recorder:
                    output, loss = self.run(model, batch)
            except RAISED as error:
                stage = "model" if recorder.stage == "model" else "loss"
                trace.failure = _failure(error, stage, recorder)
                return trace, gradients
            finally:
                for handle in handles:
                    handle.remove()
            trace.output = output if output is not None else trace.output
            trace.loss = loss if isinstance(loss, Tensor) else None
            self._backward(model, trace, gradients)
        return trace, gradients

    def _name(self, trace: Trace, batch: Batch) -> None:
        for kind, part in (("input", (batch.inputs, batch.named)), ("target", batch.target)):
            for tensor in tensors(part):
                value = trace.value_of(tensor)
                value.kind = "input" if kind == "input" else "target"

    def _backward(self, model: nn.Module, trace: Trace, gradients: dict[str, Tensor | None]) -> None:
        wanted = {name: p for name, p in model.named_parameters() if p.requires_grad}
        if trace.loss is None or not wanted:
            return
        if not trace.loss.requires_grad:
            gradients.update(dict.fromkeys(wanted))
            return
        if trace.loss.numel() != 1:
            error = RuntimeError(f"the loss has shape {tuple(trace.loss.shape)}, a step needs one number")
            trace.failure = Failure(error=error, stage="backward", op=None, module="", line=None)
            return
        try:
            found = torch.autograd.grad(trace.loss.sum(), list(wanted.values()), allow_unused=True)
        except RAISED as error:
            trace.failure = Failure(error=error, stage="backward", op=None, module="", line=line_of_error(error))
            return
        gradients.update(zip(wanted, found, strict=True))

    @property
    def trace(self) -> Trace:
        """What was recorded of one training step."""
        return self.traced[0]

    @property
    def gradients(self) -> dict[str, Tensor | None]:
        """Gradient of each parameter that wants one; empty where no loss could be computed."""
        return self.traced[1]

    @cached_property
    def losses(self) -> list[LossCall]:
        """Calls of torch's losses in the step, those that the loss is made of."""
        return loss_calls(self.trace)

    @property
    def output(self) -> Tensor | None:
        """The output: the model's first tensor, or what its loss was computed from."""
        found = next(tensors(self.trace.output), None)
        if found is None and self.losses and self.losses[0].input is not None:
            return self.losses[0].input.tensor
        return found

    def place(self, line: tuple[str, int] | None = None, layer: str = "") -> Place:
        """Return where something stands: the line that is known, else where the layer is made in the class."""
        written = line is not None or self.source.classes or self.locate is None
        return self.source.place(line, layer) if written else self.locate(layer)


def _failure(error: Exception, stage: Any, recorder: Recorder) -> Failure:
    op = recorder.failed
    module = recorder.stack[-1] if recorder.stack else ""
    return Failure(error=error, stage=stage, op=op, module=module, line=line_of_error(error))
