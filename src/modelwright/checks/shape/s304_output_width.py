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
from modelwright.diagnostic import Diagnostic
from modelwright.spec.call import Call

CODE = "S304"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("description", "table", "targets", "task", "independent")


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
