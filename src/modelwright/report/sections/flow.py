"""What flows: the data's way through the layers, with shapes, weights, FLOPs, and what is broadcast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelwright.report.blocks import Block, Flow, Listing, Missing, Table
from modelwright.report.evidence import Evidence
from modelwright.report.words import listed, quoted
from modelwright.text import count, scaled

if TYPE_CHECKING:
    from modelwright.model.trace import LayerTrace

MOST = 40  # layers as a picture; more are a table


def applies(evidence: Evidence) -> bool:
    """Every model has layers."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the picture, and how columns become numbers."""
    layers = evidence.layers
    if not layers:
        return [Missing(id="flow", title="The layers", why=evidence.lacks("layers"))]
    flops = sum(layer.flops or 0 for layer in layers)
    title = f"{count(len(layers), 'layer')}, {count(evidence.weights, 'weight')}, {scaled(flops)} FLOPs a row"
    steps = [_entry(evidence), *(_step(layer) for layer in layers[:MOST]), _exit(evidence)]
    left = (
        f"The first {MOST} of {len(layers)} layers; all stand in the table of `modelwright show`."
        if len(layers) > MOST
        else ""
    )
    how = (
        "From top to bottom, a bar is as wide as the numbers that leave a step (logarithmic); its dark part is "
        "the share of weights, "
        "and blue steps learn."
    )
    return [Flow(id="flow", title=title, how=how, steps=steps, note=left), _columns(evidence)]


def _step(layer: LayerTrace) -> dict[str, Any]:
    learns = "no" if not layer.trainable else "yes" if layer.trainable == layer.parameters else "partly"
    return {
        "index": layer.index,
        "call": layer.call,
        "input": list(layer.input),
        "output": list(layer.output),
        "parameters": layer.parameters,
        "flops": layer.flops,
        "learns": learns,
        "note": layer.note,
        "broadcast": _broadcast(layer),
    }


def _broadcast(layer: LayerTrace) -> str:
    """Say what is added or multiplied to all rows alike; empty where nothing is."""
    if "bias" in layer.note and layer.name == "Linear":
        return f"the bias [{layer.output[-1]}] is broadcast over the rows"
    if "bias" in layer.note and layer.name.startswith("Conv"):
        return f"the bias [{layer.output[0]}] is broadcast over rows and places"
    if "Norm" in layer.name and layer.parameters:
        return "scale and shift are broadcast over the rows"
    if layer.name == "Residual":
        return "input and result are added number by number"
    return ""


def _base(call: str, output: list[int], note: str) -> dict[str, Any]:
    same = {"index": "", "input": output, "parameters": 0, "flops": None, "learns": "no", "broadcast": ""}
    return {**same, "call": call, "output": output, "note": note}


def _entry(evidence: Evidence) -> dict[str, Any]:
    plan = evidence.plan
    shape = list(evidence.layers[0].input) or [plan.width]
    first = plan.inputs[0]
    if first.encoding == "pixels":
        steps = ", ".join(f"`{each}`" for each in first.transform) or "bytes 0 to 255"
        return _base("one picture: channels × height × width", shape, f"`{first.name}`; {steps}")
    if first.encoding == "tokens":
        return _base("one text: numbers of its tokens", shape, f"`{first.name}`; the first {shape[0]:,} tokens at most")
    names = listed(quoted([column.name for column in plan.inputs]), 6)
    if plan.forecast is not None:
        told = f"{names}; {count(plan.forecast.window, 'step')} before the forecast, scaled by `{plan.scale}`"
        return _base("one window: steps × columns", shape, told)
    if first.encoding == "steps":
        return _base("one sequence: steps × channels", shape, f"{names}; channels scaled by `{plan.scale}`")
    told = f"{names}; numbers by `{plan.scale}`, gaps by `{plan.impute}`"
    return _base("one row, encoded and scaled", shape, told)


def _exit(evidence: Evidence) -> dict[str, Any]:
    plan = evidence.plan
    shape = list(evidence.layers[-1].output)
    targets = listed(quoted(plan.outputs.targets), 6)
    if plan.contrast is not None:
        note = "brought to unit length: the embedding"
    elif plan.forecast is not None:
        note = f"{count(plan.forecast.horizon, 'step')} of {targets}, brought back to their units"
    elif plan.task == "regression":
        note = f"numbers, brought back to the units of {targets}"
    else:
        of = plan.outputs.classes if plan.task != "multilabel" else plan.outputs.targets
        note = f"probabilities of {listed(quoted(of), 6)}"
    return _base("the answer", shape, note)


def _columns(evidence: Evidence) -> Listing:
    from modelwright.plan.plan import input_width

    inputs = evidence.plan.inputs
    verb = "becomes" if len(inputs) == 1 else "become"
    rows = [[one.name, one.kind, one.encoding.replace("_", "-"), input_width(one), one.why] for one in inputs]
    rows += [[name, "not used", "", 0, why] for name, why in evidence.plan.unused.items() if why != "target"]
    return Listing(
        id="columns",
        title=f"How {count(len(inputs), 'column')} {verb} {count(evidence.plan.width, 'number')}",
        how="Each column with the way it is encoded, how many numbers that gives, and why.",
        table=Table(columns=["column", "kind", "encoding", "numbers", "why"], rows=rows),
        folded=True,
    )
