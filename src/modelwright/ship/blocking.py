"""Which layer keeps a model from being exported: found in what torch says, and in the traced program."""

from __future__ import annotations

import re

import torch
from torch import nn

INSTEAD = {
    "FractionalMaxPool2d": "MaxPool2d",
    "AdaptiveMaxPool1d": "MaxPool1d, or AdaptiveAvgPool1d",
    "AdaptiveMaxPool2d": "MaxPool2d, or AdaptiveAvgPool2d",
    "RReLU": "LeakyReLU",
}


def layer_without_onnx(
    model: nn.Module, values: tuple[torch.Tensor, ...], error: BaseException
) -> tuple[str, str, str]:
    """Return the layer in words, the operation that ONNX lacks, and what to use instead; as far as torch tells."""
    operation = _operation(error)
    if not operation:
        return "a layer of this model", "", "another layer"
    program = torch.export.export(model, values)
    for node in program.graph.nodes:
        if _base(operation) in str(node.target):
            layer = _innermost(model, list((node.meta.get("nn_module_stack") or {}).values()))
            if layer is not None:
                name, module = layer
                kind = type(module).__name__
                return f"layer `{name}`, {module}", operation, INSTEAD.get(kind, f"another layer than {kind}")
    return "a layer of this model", operation, "another layer"


def _operation(error: BaseException | None) -> str:
    """Return the name of the operation in an error or in what it came from."""
    while error is not None:
        found = re.search(r"aten\.(\w+)", str(error))
        if found:
            return found[1]
        error = error.__cause__ or error.__context__
    return ""


def _base(operation: str) -> str:
    """Return the operation's name before torch made it free of side effects: `rrelu_with_noise_functional` → rrelu."""
    return operation.removesuffix("_functional").partition("_with_noise")[0]


def _innermost(model: nn.Module, stack: list[tuple[str, object]]) -> tuple[str, nn.Module] | None:
    modules = dict(model.named_modules())
    for path, _ in reversed(stack):
        name = path.replace("L['self'].", "").replace("L__self___", "")
        module = modules.get(name)
        if module is not None and type(module).__module__.startswith("torch.nn"):
            return re.sub(r"^members\.\d+\.module\.", "", name), module
    return None
