"""`modelwright show`: the resolved plan, how columns become numbers, and the trace of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelwright.lean_torch import put_off_meta_rules
from modelwright.text import show as show_text
from modelwright.text import show_json
from modelwright.verbs.train import target_names


def show(source: str, overrides: Sequence[str], target: str | None, as_json: bool) -> None:
    """Print plan, inputs and trace; `--json` has the plan, the layers and their totals."""
    put_off_meta_rules()
    from modelwright.api import request_for
    from modelwright.run.prepare import prepare, read_dataset, splits

    request = request_for(source, target=target_names(target), overrides=overrides)
    dataset = read_dataset(request.description, request.base, request.frame)
    plan = prepare(dataset, splits(dataset)[0]).plan
    from modelwright.console.plan import plan_lines
    from modelwright.console.trace import input_lines, trace_lines
    from modelwright.model.trace import totals, trace
    from modelwright.run.own import own_model

    layers = trace(plan, own_model(plan, request.description))
    found = totals(layers)
    if as_json:
        told: dict[str, Any] = {"plan": plan.model_dump(mode="json"), "layers": [layer.to_json() for layer in layers]}
        show_json({**told, "total": found})
        return
    lines = plan_lines(plan, found["trainable"], request.description)
    show_text([*lines, [], *input_lines(plan), [], *trace_lines(layers, plan.recipe)])
