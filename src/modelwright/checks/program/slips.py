"""Slips in a model's own code: what is written there, read without running it, and attributes that nobody reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from modelwright.checks.program.program import Program
from modelwright.checks.program.source import Source
from modelwright.diagnostic import Place

MISSPELT = ("require_grad", "requires_gradient", "require_gradient", "required_grad", "require_grads", "requires_grads")
OLD_INITS = frozenset(
    [
        "uniform",
        "normal",
        "constant",
        "eye",
        "dirac",
        "xavier_uniform",
        "xavier_normal",
        "kaiming_uniform",
        "kaiming_normal",
        "orthogonal",
        "sparse",
    ]
)


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a call or attribute in the source."""

    message: str
    expected: str
    fix: str
    harmful: bool = True


def in_attributes(model: nn.Module) -> Iterator[tuple[str, str, str, str]]:
    """Yield layer, message, what is expected and the fix for attributes that were set and have no effect."""
    seen: set[str] = set()
    for name, parameter in model.named_parameters():
        for attribute in vars(parameter):
            if attribute in MISSPELT and attribute not in seen:
                seen.add(attribute)
                layer = name.rpartition(".")[0]
                told = f"`{attribute}` was set on parameters (`{name}`): nobody reads it, they go on learning"
                yield layer, told, "`requires_grad`", "p.requires_grad = False, or layer.requires_grad_(False)"
    for name, layer in model.named_modules():
        for attribute, value in vars(layer).items():
            if attribute in ("requires_grad", *MISSPELT) and isinstance(value, bool) and attribute not in seen:
                seen.add(attribute)
                told = f"`{attribute}` was set on a module: it has no effect on its parameters"
                yield (
                    name,
                    told,
                    "`requires_grad_` of the module, which sets it on each parameter",
                    (f"{name or 'model'}.requires_grad_({value})"),
                )
            if attribute in ("train", "eval") and isinstance(value, bool):
                told = f"`{attribute}` was set to {value} on a module: that hides the method and changes no mode"
                yield name, told, f"a call of the method `{attribute}`", f"{name or 'model'}.{attribute}()"


def in_source(source: Source) -> Iterator[tuple[Place, Slip]]:
    """Yield the place and the slip of each call in the model's own classes."""
    for written in source.classes:
        for node in ast.walk(written.tree):
            slip = _call(node) if isinstance(node, ast.Call) else _set(node) if isinstance(node, ast.Assign) else None
            slip = slip or (_subscript(node) if isinstance(node, ast.Subscript) else None)
            if slip is not None:
                yield written.at(node), slip


def in_place(program: Program) -> str:
    """Return what to say where a step failed since a tensor was changed in place; nothing otherwise."""
    failure = program.trace.failure
    text = "" if failure is None else str(failure.error)
    if "modified by an inplace operation" in text:
        return "a tensor that the gradient needs was changed in place"
    if "a leaf Variable that requires grad is being used in an in-place operation" in text:
        return "a parameter was changed in place while gradients are recorded"
    return ""


def _call(node: ast.Call) -> Slip | None:
    name, whole = _names(node.func)
    if name == "forward" and whole.startswith("self.") and whole != "self.forward":
        layer = whole.removesuffix(".forward")
        return Slip(
            f"`{whole}` is called directly: hooks of the layer are left out",
            "a call of the layer itself",
            f"{layer}(…)",
        )
    if name == "Variable":
        return Slip(
            "`Variable` has had no meaning since PyTorch 0.4", "tensors as they are", "leave it out", harmful=False
        )
    if name in OLD_INITS and whole.split(".")[-2:-1] == ["init"]:
        return Slip(f"`init.{name}` is deprecated", f"`init.{name}_`", f"nn.init.{name}_(…)")
    if name in ("softmax", "log_softmax", "Softmax", "LogSoftmax") and _without_dim(node, name, whole):
        return Slip(
            f"`{whole}` without `dim`: the axis is guessed, and for three axes it is the batch",
            "the axis of the classes",
            f"{whole}(…, dim=-1)" if name[0].islower() else f"{whole}(dim=-1)",
        )
    if name == "load" and whole == "torch.load" and _is_false(node, "weights_only"):
        return Slip("`torch.load(weights_only=False)` runs code from the file", "weights only", "weights_only=True")
    return None


def _without_dim(node: ast.Call, name: str, whole: str) -> bool:
    given = any(keyword.arg == "dim" or keyword.arg is None for keyword in node.keywords)
    wanted = 0 if name[0].isupper() else 1
    known = whole.startswith(("F.", "nn.", "torch.")) or "functional" in whole
    return known and not given and len(node.args) <= wanted and not any(isinstance(a, ast.Starred) for a in node.args)


def _is_false(node: ast.Call, name: str) -> bool:
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords)


def _set(node: ast.Assign) -> Slip | None:
    for target in node.targets:
        if isinstance(target, ast.Attribute) and target.attr in MISSPELT:
            return Slip(
                f"`{target.attr}` is not an attribute that torch reads: the parameter goes on learning",
                "`requires_grad`",
                f"{ast.unparse(target.value)}.requires_grad = {ast.unparse(node.value)}",
            )
    return None


def _subscript(node: ast.Subscript) -> Slip | None:
    text = ast.unparse(node)
    if text.endswith(".data[0]") and "loss" in text:
        return Slip(f"`{text}` fails since PyTorch 0.5", "`.item()`", text.removesuffix(".data[0]") + ".item()")
    return None


def _names(node: ast.expr) -> tuple[str, str]:
    whole = ast.unparse(node)
    return whole.rpartition(".")[2], whole
