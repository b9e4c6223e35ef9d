"""The last layer has another width than the target needs.

## What it does
Compares `out_features` of the last `Linear` in a list of layers with the number of outputs: 1 for two classes (a
logit), K for K classes, one for each label or number.

## Why it matters
Too few outputs crash in the loss, or broadcast; too many are classes that never occur.

## Example
`Linear(..., 10)` for a target with 3 species.

## Fix
```yaml
model: [Linear(..., 64), ReLU, Linear(..., 3)]
```

## Source
A class folder `desktop.ini` that made one class too many. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import CLASSES, last_sized, name_of
from modelwright.checks.measure import short
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic
from modelwright.spec.call import Call

CODE = "S304"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("description", "table", "targets", "task", "independent")
PROGRAM_NEEDS = ("forward", "rows")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the last layer has a given width that is not the number of outputs."""
    assert facts.description is not None
    last = last_sized(facts.description.spec)
    if last is None:
        return
    key, call = last
    position = 1 if call.name == "Linear" else 0
    width = call.kwargs.get("out_features", call.args[position] if len(call.args) > position else None)
    wanted, why = _outputs(facts)
    if not isinstance(width, int) or isinstance(width, bool) or width == wanted or wanted == 0:
        return
    yield Diagnostic(
        code=CODE,
        severity="error",
        message=f"the last layer has {width} output{'s' if width != 1 else ''}, the target needs {wanted}",
        where=facts.place(key),
        expected=f"{wanted}: {why}",
        received=str(call),
        help=str(_resized(call, position, wanted)),
    )


def _outputs(facts: Facts) -> tuple[int, str]:
    if facts.task == "binary":
        assert facts.description is not None
        loss = name_of(facts.description.spec.loss)
        if loss in CLASSES:
            return 2, f"one for each of two classes, with {loss}"
        return 1, "one logit for two classes, with BCEWithLogitsLoss"
    if facts.task == "multiclass":
        if facts.labels is None:
            return 0, ""
        names = ", ".join(f"`{short(name)}`" for name in facts.labels.classes[:5])
        more = ", …" if len(facts.labels.classes) > 5 else ""
        return len(facts.labels.classes), f"one for each class ({names}{more})"
    return len(facts.targets), "one for each target"


def _resized(call: Call, position: int, width: int) -> Call:
    if "out_features" in call.kwargs:
        return Call(call.name, call.args, {**call.kwargs, "out_features": width})
    return Call(call.name, (*call.args[:position], width, *call.args[position + 1 :]), call.kwargs)


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a program has far more outputs than its data have classes, or only one."""
    assert facts.forward is not None and facts.rows is not None
    labels = facts.rows.labels
    for call in facts.forward.losses[:1]:
        if call.name not in ("cross_entropy", "nll_loss") or call.input is None or call.input.tensor.dim() != 2:
            continue
        width = call.input.shape[1]
        if labels is None or len(labels) == 0 or call.target is None or call.target.tensor.dim() != 1:
            return
        classes = int(labels.max()) + 1
        if labels.min() < 0 or classes > width or width == 1:
            return
        # As if the classes were equally frequent: how likely is it that so many rows show so few of them?
        by_chance = (classes / width) ** len(labels)
        if by_chance > 1e-6 or classes > 0.7 * width or classes < 2:
            return
        yield found(
            facts,
            CODE,
            "warning",
            f"the model has {width} outputs, and the labels have {classes} classes",
            op=call.op,
            expected=f"{classes} outputs, one a class",
            received=f"outputs of shape {call.input.shape}, labels from {int(labels.min())} to {int(labels.max())}",
            help=f"nn.Linear(…, {classes})",
        )
