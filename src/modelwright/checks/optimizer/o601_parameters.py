"""The optimizer does not hold the model's parameters: others, old ones, or not all.

## What it does
Compares the optimizer's parameters with the model's by identity: none in common; some of the model's missing while
others are held that the model does not have (it was changed or copied after the optimizer was made); parameters
missing that receive a gradient in the step.
In a script that calls `modelwright.check`: an optimizer that is made anew in each epoch.

## Why it matters
Nothing, or only a part, is learned. The loss of the rest of the network hides it.

## Example
```python
optimizer = torch.optim.Adam(model.parameters())
model.fc = nn.Linear(512, 10)  # the new layer is not in the optimizer
```

## Fix
Make the optimizer last: after the head is changed and the model is on its device. What is not to be learned:
`layer.requires_grad_(False)`.

## Source
TrainCheck; Humbatova's taxonomy. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, names
from modelwright.diagnostic import Diagnostic

CODE = "O601"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program", "optimizer")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where optimizer and model do not hold the same parameters."""
    program = facts.program
    assert program is not None and program.optimizer is not None
    held = {id(p) for group in program.optimizer.param_groups for p in group["params"]}
    ours = {id(p): name for name, p in program.model.named_parameters()}
    wanted = [name for name, p in program.model.named_parameters() if p.requires_grad]
    missing = [ours[key] for key in ours if key not in held and ours[key] in set(wanted)]
    foreign = len(held - set(ours))
    kind = type(program.optimizer).__name__
    if not wanted or not missing:
        return
    layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in missing))
    if not held & set(ours):
        told = f"`{kind}` holds none of the model's parameters"
        received = (
            f"{len(held)} parameters that belong to something else: another model, or one from before it was copied"
        )
    elif foreign:
        told = f"`{kind}` holds {foreign} parameters that the model no longer has, and lacks {names(layers)}"
        received = "the model was changed after the optimizer was made"
    else:
        learning = [name for name in missing if program.gradients.get(name) is not None] if facts.step else []
        if not learning:
            return
        layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in learning))
        told = f"`{kind}` lacks {names(layers)}, though gradients reach them"
        received = f"{len(learning)} of {len(wanted)} parameters are never changed"
    severity = "error" if foreign or not held & set(ours) else "warning"
    yield found(
        facts,
        CODE,
        severity,
        told,
        layer=layers[0],
        expected="all parameters that want a gradient; requires_grad_(False) for those that are not to be learned",
        received=received,
        help=f"optimizer = torch.optim.{kind}(model.parameters(), …), made after the model is complete",
    )
