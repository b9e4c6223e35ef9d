"""The kernels of a picture model's first layer: what it looks for at every place."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from modelwright.report.bitmaps import png, signed
from modelwright.report.blocks import Block, Gallery, Missing, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.inside import first_tensor, seen
from modelwright.text import count

TITLE = "What the first layer looks for"
MOST = 48  # kernels that are drawn
CHANNELS = 8  # of a kernel that are drawn, where they are not red, green and blue
LOOK = 128  # rows on which the kernels are tried
COLOURS = 3


def applies(evidence: Evidence) -> bool:
    """Pictures."""
    return evidence.of_pictures and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the weights as pictures, the strongest kernels first."""
    learner = evidence.learner
    if learner is None:
        return [Missing(id="kernels", title=TITLE, why=evidence.lacks("learner"))]
    layer = _first(learner.core)
    shape = evidence.plan.inputs[0].shape
    if layer is None or (isinstance(layer, nn.Linear) and layer.in_features != int(np.prod(shape))):
        why = "the first layer with weights is no convolution, and its weights are not those of the pixels"
        return [Missing(id="kernels", title=TITLE, why=why)]
    weights = layer.weight.detach().float().cpu().numpy()
    if isinstance(layer, nn.Linear):
        weights = weights.reshape(len(weights), *shape)
    return [_gallery(evidence, weights, layer, _fires(learner, layer))]


def _first(core: nn.Module) -> nn.Conv2d | nn.Linear | None:
    """Return the first layer that learns, where its weights are a picture."""
    for module in core.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            return module
        if not list(module.children()) and list(module.parameters()) and not isinstance(module, nn.BatchNorm2d):
            return None
    return None


def _fires(learner: Learner, layer: nn.Module) -> np.ndarray:
    """Return the share of places (of some scored pictures) at which each kernel gives a number above 0."""
    rows = np.linspace(0, len(learner.inputs[0]) - 1, min(LOOK, len(learner.inputs[0]))).astype(np.int64)
    given = first_tensor(seen(learner, rows, {"first": layer})["first"][1])
    axes = [axis for axis in range(given.dim()) if axis != 1]
    return (given > 0).float().mean(axes).cpu().numpy()


def _gallery(evidence: Evidence, weights: np.ndarray, layer: nn.Module, fires: np.ndarray) -> Gallery:
    strength = np.sqrt((weights**2).reshape(len(weights), -1).sum(1))
    order = np.argsort(-strength, kind="stable")
    linear = isinstance(layer, nn.Linear)
    names = evidence.plan.outputs.classes if linear and len(evidence.plan.outputs.classes) == len(weights) else ()
    channels = weights.shape[1]
    one = "unit" if linear else "kernel"
    shown = sorted(order[:MOST]) if names else order[:MOST]
    if channels in (1, COLOURS):
        entries = [_entry(weights[at], _named(one, int(at), names), float(fires[at])) for at in shown]
        rows: list[dict[str, Any]] = [{"label": "", "width": _width(weights), "pictures": entries}]
    else:
        shown = shown[: MOST // 4]
        rows = [_channels(weights[at], _named(one, int(at), names), _width(weights)) for at in shown]
    silent = int((fires <= 0).sum())
    quiet = f" {count(silent, one)} of {len(weights)} never give more than 0 on the pictures tried." if silent else ""
    left = f" The {len(shown)} strongest of {len(weights)} are drawn." if len(shown) < len(weights) else ""
    table = [[_named(one, int(at), names), float(strength[at]), float(fires[at])] for at in order]
    size = "×".join(map(str, weights.shape[1:]))
    return Gallery(
        id="kernels",
        title=f"{TITLE}: {count(len(weights), one)} of {size}",
        how=_how(channels, linear),
        rows=rows,
        table=Table(columns=[one, "strength (norm of the weights)", "share of places above 0"], rows=table),
        note=f"Weights of `{type(layer).__name__}`, strongest first.{left}{quiet}" if not names else left.strip(),
    )


def _how(channels: int, linear: bool) -> str:
    where = "at a pixel" if linear else "at every place of the picture"
    if channels == COLOURS:
        return (
            f"A {'unit' if linear else 'kernel'} answers {where} to the colours and edges that look like it; grey "
            "pixels weigh nothing, and red, green and blue stand for the three channels."
        )
    split = "" if channels == 1 else " A row is a kernel, with a picture for each input channel."
    return f"Orange pixels speak for an answer {where}, blue ones against it, white ones do nothing.{split}"


def _named(one: str, at: int, names: Any) -> str:
    return str(names[at]) if names else f"{one} {at + 1}"


def _width(weights: np.ndarray) -> int:
    wide = weights.shape[3]
    return wide * max(1, round((42 if wide < 15 else 84) / wide))


def _entry(kernel: np.ndarray, name: str, fires: float) -> dict[str, Any]:
    low, high = float(kernel.min()), float(kernel.max())
    alt = f"{name}: weights from {low:.2g} to {high:.2g}, above 0 at {fires:.0%} of the places"
    return {"source": png(_drawn(kernel)), "alt": alt, "caption": name.removeprefix("kernel ").removeprefix("unit ")}


def _drawn(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel `[C, H, W]` as a picture: each on its own scale, 0 in the middle."""
    most = float(np.abs(kernel).max()) or 1.0
    if len(kernel) == COLOURS:
        return (127.5 + 127.5 * kernel.transpose(1, 2, 0) / most).round().astype(np.uint8)
    return signed(kernel[0], most)


def _channels(kernel: np.ndarray, name: str, width: int) -> dict[str, Any]:
    most = float(np.abs(kernel).max()) or 1.0
    chosen = np.sort(np.argsort(-np.abs(kernel).reshape(len(kernel), -1).sum(1), kind="stable")[:CHANNELS])
    pictures = [
        {"source": png(signed(kernel[at], most)), "alt": f"{name}, input channel {at + 1}", "caption": str(at + 1)}
        for at in chosen
    ]
    return {"label": f"{name}, input channels", "width": width, "pictures": pictures}
