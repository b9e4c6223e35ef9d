"""Where and how steps run: device, threads, precision. Each choice has a reason and never changes between runs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from modelwright.data.machine import cores
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan.plan import ExecutionPlan
from modelwright.spec.schema import TrainSpec

# Instructions that multiply in bfloat16; without them it is imitated, and slower.
BFLOAT16 = ("avx512_bf16", "amx_bf16")

# Multiplications of one step (forward and backward) from which a second thread pays: below, waking it costs more than
# it brings (measured, see the lab book).
THREADS_PAY_FROM = 300_000_000
SPARE_PAYS_FROM = 10_000_000
"""From here on a second thread pays where its core is idle, which is tried while the model trains (`spare`)."""


def choose(spec: TrainSpec, step_flops: int) -> tuple[ExecutionPlan, dict[str, str]]:
    """Choose device, threads and precision, each with its reason; rules, not timings, so that runs repeat exactly."""
    device, why_device = _device(spec.device)
    size = f"a step is {step_flops / 1e6:,.0f} million operations" if step_flops >= 1e6 else "a step is small"
    if spec.threads != "auto":
        threads, why_threads = spec.threads, "given"
    elif device == "cpu" and step_flops >= THREADS_PAY_FROM:
        threads = cores()
        why_threads = f"{size}: large enough to share"
    elif device == "cpu" and step_flops >= SPARE_PAYS_FROM:
        threads = 1
        why_threads = f"{size}: more are used while their cores are free and no number changes"
    else:
        threads = 1
        why_threads = f"{size}: waking more threads costs more than it saves"
    precision = "float32" if spec.precision == "auto" else spec.precision
    why_precision = "given" if spec.precision != "auto" else "default"
    why = {"device": why_device, "threads": why_threads, "precision": why_precision}
    return ExecutionPlan(device=device, threads=threads, precision=precision), why


def attention(execution: ExecutionPlan) -> tuple[ExecutionPlan, dict[str, str]]:
    """Return execution with the form of attention that was faster when it was measured (see the lab book), and why."""
    if execution.device == "cpu" and execution.precision == "bfloat16":
        form, why = "written out", "in bfloat16 on a CPU its products one by one are faster than torch's fused form"
    else:
        form, why = "scaled_dot_product_attention", "faster than its products one by one, in training too"
    return execution.model_copy(update={"attention": form}), {"attention": f"{why} (measured: lab book)"}


def bfloat16_pays(execution: ExecutionPlan, step_flops: int) -> bool:
    """Return whether convolutions run faster in bfloat16: the processor multiplies in it, and a step has much to do.

    About 1.5 to 1.9 times as fast there (measured, see the lab book); weights and what is summed stay float32.
    """
    if execution.device != "cpu" or step_flops < THREADS_PAY_FROM:
        return False
    has: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(has.get(name) for name in BFLOAT16)


def _device(asked: str) -> tuple[str, str]:
    if asked == "auto":
        if torch.cuda.is_available():
            return "cuda", "a CUDA device is there"
        return "cpu", "no CUDA device is there"
    try:
        device = torch.device(asked)
        usable = device.type == "cpu" or torch.get_device_module(device).is_available()
    except RuntimeError:
        usable = False
    if not usable:
        known = ["cpu", *(name for name in ("cuda", "mps") if torch.get_device_module(name).is_available())]
        raise SpecError(
            Diagnostic(
                code="Y003",
                severity="error",
                message=f"there is no device `{asked}` on this machine",
                where=Place(key="train.device"),
                expected=" or ".join(known),
                received=asked,
                help=f"train.device={known[-1]}",
            )
        )
    return asked, "given"


@contextmanager
def threads(count: int) -> Generator[None]:
    """Use `count` threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def with_precision(objective: Callable[..., Tensor], execution: ExecutionPlan) -> Callable[..., Tensor]:
    """Return the objective, run under bfloat16 autocast where the plan says so."""
    if execution.precision == "float32":
        return objective
    kind = torch.device(execution.device).type

    def autocast(model: nn.Module, *batch: Tensor) -> Tensor:
        with torch.autocast(kind, torch.bfloat16):
            return objective(model, *batch)

    return autocast
