"""What happens in one step: every torch function that is called, its layer, its line, and what it passes on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

Kind = Literal["input", "target", "parameter", "other"]
RAISED = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError, KeyError)
"""What torch and people's own code raise where sizes, types or values do not fit."""
HERE = str(Path(__file__).parent.parent.parent)
OURS = (str(Path(torch.__file__).parent), HERE)
UNSEEN = frozenset(
    [
        "shape",
        "size",
        "dim",
        "ndimension",
        "dtype",
        "device",
        "requires_grad",
        "is_floating_point",
        "is_complex",
        "numel",
        "stride",
        "ndim",
        "layout",
        "grad_fn",
        "is_leaf",
        "is_cuda",
        "is_sparse",
        "is_contiguous",
        "is_nested",
        "is_quantized",
        "is_mkldnn",
        "grad",
        "names",
        "storage_offset",
        "data_ptr",
        "element_size",
        "len",
        "hash",
        "repr",
        "format",
        "bool",
        "is_cpu",
        "is_meta",
        "is_pinned",
        "output_nr",
        "retain_grad",
        "version",
        "register_hook",
    ]
)
"""Functions that ask a tensor about itself and compute nothing."""
SAME = frozenset(
    [
        *("requires_grad", "contiguous", "to", "float", "double", "half", "long", "int", "type", "type_as", "cpu"),
        *("cuda", "flatten"),
    ]
)
"""Functions that may give back the very tensor they were given."""


@dataclass(slots=True, eq=False, repr=False)
class Value:
    """A tensor at one moment: what made it and what it is used for. A change in place makes a new value."""

    tensor: Tensor
    kind: Kind = "other"
    name: str = ""
    producer: Op | None = None
    consumers: list[Op] = field(default_factory=list["Op"])

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the tensor."""
        return tuple(self.tensor.shape)


@dataclass(slots=True, eq=False, repr=False)
class Op:
    """One call of a torch function. `module` is the innermost layer's name, `line` where the user's code called it."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    inputs: tuple[Value, ...]
    module: str
    line: tuple[str, int] | None
    stage: Literal["model", "loss"]
    outputs: tuple[Value, ...] = ()

    def argument(self, name: str, position: int, default: Any = None) -> Any:
        """Return an argument by name or position."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if len(self.args) > position else default

    def value(self, name: str, position: int) -> Value | None:
        """Return the value of a tensor argument by name or position; None where there is none."""
        given = self.argument(name, position)
        return next((value for value in self.inputs if value.tensor is given), None)

    @property
    def output(self) -> Value:
        """The first result."""
        return self.outputs[0]


@dataclass(slots=True, kw_only=True)
class Called:
    """One call of a layer, with the shapes of the first tensor that went in and came out (empty: none)."""

    name: str
    layer: nn.Module
    into: tuple[int, ...] = ()
    out: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Failure:
    """Where a step broke: the error, the function that raised it (None: not a torch function), and the layer."""

    error: Exception
    stage: Literal["model", "loss", "backward"]
    op: Op | None
    module: str
    line: tuple[str, int] | None


@dataclass(slots=True)
class Trace:
    """All that was recorded of one step."""

    ops: list[Op] = field(default_factory=list[Op])
    calls: list[Called] = field(default_factory=list[Called])
    values: dict[int, Value] = field(default_factory=dict[int, Value])
    output: Any = None
    loss: Tensor | None = None
    failure: Failure | None = None

    def value_of(self, tensor: Tensor) -> Value:
        """Return what is known of a tensor."""
        found = self.values.get(id(tensor))
        if found is None or found.tensor is not tensor:
            found = Value(tensor)
            self.values[id(tensor)] = found
        return found

    def named(self, *names: str) -> Iterator[Op]:
        """Yield the calls of these functions."""
        return (op for op in self.ops if op.name in names)


class Recorder(TorchFunctionMode):
    """Records the torch functions called in its `with` block; `watch` tells it the layers."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.trace = trace
        self.stack: list[str] = []
        self.depth = 0
        self.stage: Literal["model", "loss"] = "model"
        self.failed: Op | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = function_name(func)
        if name in UNSEEN:
            return func(*args, **kwargs)
        op = Op(
            name=name,
            args=tuple(args),
            kwargs=kwargs,
            inputs=tuple(self.trace.value_of(tensor) for tensor in tensors((args, kwargs))),
            module=self.stack[-1] if self.stack else "",
            line=users_line(inspect.currentframe()),
            stage=self.stage,
        )
        try:
            result = func(*args, **kwargs)
        except RAISED:
            self.failed = op
            raise
        self._keep(op, result)
        return result

    def _keep(self, op: Op, result: Any) -> None:
        outputs: list[Value] = []
        for tensor in tensors(result):
            before = self.trace.values.get(id(tensor))
            if before is not None and before.tensor is tensor and op.name in SAME and before in op.inputs:
                outputs.append(before)
                continue
            self.trace.values[id(tensor)] = Value(tensor, producer=op)
            outputs.append(self.trace.values[id(tensor)])
        op.outputs = tuple(outputs)
        for value in dict.fromkeys(op.inputs):
            value.consumers.append(op)
        if outputs:
            self.trace.ops.append(op)

    def watch(self, model: nn.Module) -> list[RemovableHandle]:
        """Register hooks on all layers; the caller removes them."""
        handles: list[RemovableHandle] = []
        for name, layer in model.named_modules():
            handles.append(layer.register_forward_pre_hook(self._enter(name)))
            handles.append(layer.register_forward_hook(self._leave(name)))
        for name, parameter in model.named_parameters():
            self.trace.values[id(parameter)] = Value(parameter, "parameter", name)
        for name, buffer in model.named_buffers():
            self.trace.values[id(buffer)] = Value(buffer, "other", name)
        return handles

    def _enter(self, name: str) -> Callable[..., None]:
        def hook(layer: nn.Module, args: tuple[Any, ...]) -> None:
            if name == "":
                self.stage = "model"
            self.stack.append(name)
            self.trace.calls.append(Called(name=name, layer=layer, into=_shape(args)))

        return hook

    def _leave(self, name: str) -> Callable[..., None]:
        def hook(layer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            if self.stack:
                self.stack.pop()
            call = next((c for c in reversed(self.trace.calls) if c.layer is layer and not c.out), None)
            if call is not None:
                call.out = _shape(output)
            if name == "":
                self.trace.output = output
                self.stage = "loss"

        return hook


def function_name(func: Any) -> str:
    """Return a plain name: `relu` for `F.relu`, `torch.relu`, `Tensor.relu_`; the attribute's for a property.

    >>> function_name(torch.Tensor.relu_), function_name(torch.Tensor.__getitem__)
    ('relu', 'getitem')
    """
    name = getattr(func, "__name__", type(func).__name__)
    if name in ("__get__", "__set__"):
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    return name.strip("_")


def tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and mappings (and objects that are mappings by attribute)."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors(each)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for each in value:
            yield from tensors(each)


def _shape(value: Any) -> tuple[int, ...]:
    first = next(tensors(value), None)
    return () if first is None else tuple(first.shape)


def users_line(frame: FrameType | None) -> tuple[str, int] | None:
    """Return file and line of the innermost frame that is neither torch's nor ours."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(HERE) and name != __file__:
            return None
        if not name.startswith(OURS) and not name.startswith("<frozen"):
            return name, frame.f_lineno
        frame = frame.f_back
    return None


def line_of_error(error: BaseException) -> tuple[str, int] | None:
    """Return file and line of the innermost frame of an error's traceback that is neither torch's nor ours."""
    found, step = None, error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if not name.startswith(OURS) and not name.startswith("<frozen") and name != functools.__file__:
            found = name, step.tb_lineno
        step = step.tb_next
    return found
