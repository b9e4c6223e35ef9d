"""The trace of a model for `modelwright show`: each layer's shapes, parameters, operations, and whether it learns.

Runs on the meta device: no numbers are computed and no memory is taken, however large the model is.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from modelwright.lean_torch import meta_rules
from modelwright.model.blocks import Concat, Fronted, Residual
from modelwright.model.build import Own, seeded
from modelwright.model.flops import flops
from modelwright.model.forecast import Decomposition, RevIN
from modelwright.model.inputs import FRONTS, core_batch, front
from modelwright.model.layers import WHOLE, make_layers
from modelwright.model.notes import note
from modelwright.model.receptive import receptive_fields
from modelwright.plan.plan import Plan
from modelwright.plan.shape_rule import Shape, dims
from modelwright.spec.call import Call, parse

ROWS = 2
"""A batch of two rows, since some layers refuse one."""
BLOCKS = (Residual, Concat, RevIN, Decomposition)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTrace:
    """One layer. `index` counts from 1 and names the layers inside a block `2.1`, `2.2`; shapes are those of one row.

    `parameters` are the layer's own (a block's stand at its layers), `trainable` those of them that learn. `flops` are
    for one row in evaluation, None where they are not counted (`model/flops.py` gives the formulas). `sees` is the
    height and width of the part of a picture that a number depends on, where the layer moves a window over it.
    """

    index: str
    name: str
    call: str
    input: Shape
    output: Shape
    parameters: int
    trainable: int
    flops: int | None
    note: str
    sees: Shape | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return asdict(self)


def trace(plan: Plan, own: Own | None = None, device: str = "meta") -> list[LayerTrace]:
    """Return the trace of a plan's model, what stands before its layers first.

    A module of the user's own gets zeros on the CPU: its code may look at numbers, which the meta device has not. On
    `cpu` small models are traced sooner than on the meta device, for which torch loads `torch._dynamo`, a second. The
    caller's random numbers are left as they are.
    """
    if device == "meta":
        meta_rules()
    if plan.gan is not None:
        return _trace_generator(plan, own, device)
    if own is not None:
        return _trace_own(plan, own)
    calls = [parse(text) for text in plan.layers]
    with torch.device(device), torch.random.fork_rng(devices=[]):
        layers, before = make_layers(calls), front(plan.inputs)
        batch = tuple(_blank(each) for each in core_batch(plan.inputs, ROWS))
        if before is None:
            return _trace(layers, _texts(calls), *batch)
        texts = {"front": before.extra_repr(), **_texts(calls, "layers.")}
        return _trace(Fronted(before, layers), texts, *batch)


def _trace_generator(plan: Plan, own: Own | None, device: str) -> list[LayerTrace]:
    """Return the trace of the network that is kept: random numbers in, a row out."""
    assert plan.gan is not None
    calls = [parse(text) for text in plan.layers] if own is None else []
    with torch.device(device if own is None else "cpu"), torch.random.fork_rng(devices=[]):
        layers = make_layers(calls) if own is None else own()
        return _trace(layers, _texts(calls), torch.zeros(ROWS, plan.gan.latent))


def _blank(each: Tensor) -> Tensor:
    """Return zeros like a tensor; a mask says that all steps are there."""
    return torch.ones_like(each) if each.dtype == torch.bool else torch.zeros_like(each)


def _trace_own(plan: Plan, own: Own) -> list[LayerTrace]:
    with seeded(0):
        before = None if plan.own.get("tensors") else front(plan.inputs)
        module = own() if before is None else Fronted(before, own())
        texts = {"front": before.extra_repr()} if before is not None else {}
        return _trace(module, texts, *(torch.zeros_like(each) for each in core_batch(plan.inputs, ROWS)))


def trace_layers(layers: nn.Module | Sequence[Call], inputs: int | Shape) -> list[LayerTrace]:
    """Return the trace of layers whose sizes are filled in, or of a module, for rows of shape `inputs`.

    >>> [(layer.index, layer.output, layer.parameters) for layer in trace_layers([parse("Linear(8, 3)")], 8)]
    [('1', (3,), 27)]
    """
    shape = (inputs,) if isinstance(inputs, int) else inputs
    meta_rules()
    with torch.device("meta"):
        if isinstance(layers, nn.Module):
            return _trace(copy.deepcopy(layers).to("meta"), {}, torch.empty(ROWS, *shape))
        made = make_layers(layers)
        return _trace(made, _texts(layers), torch.empty(ROWS, *shape))


def _texts(calls: Sequence[Call], prefix: str = "") -> dict[str, str]:
    """Return the call text of each module by its path, those inside blocks included."""
    texts: dict[str, str] = {}
    for index, call in enumerate(calls):
        path = f"{prefix}{index}"
        texts[path] = str(call)
        inner = [value for value in call.args if isinstance(value, Call)]
        texts |= _texts(inner, f"{path}.layers.")
        texts |= {f"{path}.{name}": str(value) for name, value in call.kwargs.items() if isinstance(value, Call)}
    return texts


def _trace(model: nn.Module, texts: dict[str, str], *batch: Tensor) -> list[LayerTrace]:
    recorder = _Recorder(texts)
    for path, module in model.named_modules():
        recorder.watch(path, module)
    try:
        with torch.no_grad():
            model.eval()(*batch)
    finally:
        recorder.stop()
    inner, start = (model.layers, "layers") if isinstance(model, Fronted) else (model, "")
    fields = receptive_fields(inner, start)
    return [_seeing(recorder.records[path], fields.get(path)) for path in recorder.order]


def _seeing(record: LayerTrace, field: Shape | None) -> LayerTrace:
    """Return a record with what each number sees of the picture."""
    return record if field is None else replace(record, sees=field, note=f"{record.note}; sees {dims(field)} pixels")


class _Recorder:
    """Hooks that note each layer when it is entered, and its shapes when it is left."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.order: list[str] = []
        self.records: dict[str, LayerTrace] = {}
        self.hooks: list[RemovableHandle] = []
        self.inside: list[str] = []

    def watch(self, path: str, module: nn.Module) -> None:
        """Record a module, unless it only holds others or is part of a layer of torch's."""
        if any(path.startswith(f"{outer}.") for outer in self.inside):
            return
        if isinstance(module, (nn.Sequential, nn.ModuleList, Fronted)):
            return
        is_layer = isinstance(module, (*FRONTS, *WHOLE)) or type(module).__module__.startswith("torch.nn.")
        if not is_layer and not isinstance(module, BLOCKS) and list(module.children()):
            return
        if is_layer:
            self.inside.append(path)

        def enter(_module: nn.Module, _inputs: tuple[Any, ...]) -> None:
            if path not in self.order:
                self.order.append(path)

        def leave(module: nn.Module, inputs: tuple[Any, ...], given: dict[str, Any], output: Any) -> None:
            self.records[path] = self._record(path, module, _first((*inputs, *given.values())), _first(output))

        self.hooks += [
            module.register_forward_pre_hook(enter),
            module.register_forward_hook(leave, with_kwargs=True),
        ]

    def stop(self) -> None:
        """Take the hooks away."""
        for hook in self.hooks:
            hook.remove()

    def _record(self, path: str, module: nn.Module, before: Tensor, after: Tensor) -> LayerTrace:
        is_block = isinstance(module, BLOCKS)
        weights = [] if is_block else list(module.parameters())
        shapes = tuple(before.shape[1:]), tuple(after.shape[1:])
        joined = shapes[1] if isinstance(module, Residual) else (0,)
        return LayerTrace(
            index=type(module).__name__.lower() if isinstance(module, FRONTS) else _index(path),
            name=type(module).__name__,
            call=self.texts.get(path, type(module).__name__ if is_block else repr(module).splitlines()[0]),
            input=shapes[0],
            output=shapes[1],
            parameters=sum(weight.numel() for weight in weights),
            trainable=sum(weight.numel() for weight in weights if weight.requires_grad),
            flops=torch.Size(joined).numel() if is_block else _flops(module, *shapes),
            note=note(module),
        )


def _flops(module: nn.Module, before: Shape, after: Shape) -> int | None:
    return 0 if isinstance(module, FRONTS) else flops(module, before, after)


def _first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


def _index(path: str) -> str:
    """`2.layers.0` → `3.1`; names of a user's own module stay as they are."""
    parts = [part for part in path.split(".") if part != "layers"]
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in parts) or "1"


def totals(layers: Sequence[LayerTrace]) -> dict[str, int]:
    """Return the parameters, how many of them learn, and the operations for one row (of those that are counted)."""
    return {
        "parameters": sum(layer.parameters for layer in layers),
        "trainable": sum(layer.trainable for layer in layers),
        "flops": sum(layer.flops or 0 for layer in layers),
    }
