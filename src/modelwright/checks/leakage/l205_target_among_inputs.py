"""An input gives the target away: the target itself, a rename of it, or a perfect predictor.

## What it does
Measures each input alone: is it the target under another name, a number that is a straight line (or any rising or
falling curve) of it, a category that determines the class, a number that separates two classes (AUC ≥ 0.99) or follows
a number (R² ≥ 0.99), or one whose missing values tell the class? An input that is called like the target is reported
from 0.90 on.

## Why it matters
Such a column is known only after the answer is. The score is perfect, and the model is useless for new rows.

## Example
`survived` is the target and `alive` (yes, no) is among the inputs.

## Fix
```yaml
data: {drop: [alive]}
```

## Source
Kapoor and Narayanan, L2; deepchecks. A line or curve within 1e-9 and one-to-one categories are errors; 0.99 is a
warning, but a note where another input reaches 0.95 too (the problem is easy by nature: iris) or the target is a smooth
series. At least 20 rows a class; at most 20,000 rows, evenly spread. Of tensors: a column with the target's very values
is an error, a straight line of it a note (examples are often made so).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.measure import correlation
from modelwright.checks.reveal import EXACT, Reveal, called_alike, reveals
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic, Severity
from modelwright.spec.write import paste

CODE = "L205"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "targets", "task", "independent")
PROGRAM_NEEDS = ("rows",)

HOW = {
    "same": "has the same values as the target but for their names or units",
    "determines": "determines the class",
    "separates": "separates the classes alone",
    "missing": "is missing where the class is one and present where it is another",
    "follows": "follows the target alone",
}


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each input that explains a target alone."""
    for name in facts.input_names:
        if name in facts.targets:
            yield Diagnostic(
                code=CODE,
                severity="error",
                message=f"the target `{name}` is among the inputs",
                where=facts.column_place(name),
                expected="inputs that are known before the answer is",
                received=f"`{name}` as input and target",
                help=paste("data", drop=[name]),
            )
    for target in facts.targets:
        for reveal in reveals(facts, target):
            yield _finding(facts, target, reveal)


def _finding(facts: Facts, target: str, reveal: Reveal) -> Diagnostic:
    severity: Severity = "error" if reveal.how == "same" else "note" if reveal.easy else "warning"
    measure = {"follows": "R²", "separates": "AUC" if facts.task == "binary" else "order"}.get(reveal.how, "recall")
    named = ", and is called like it" if called_alike(reveal.column, target) else ""
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"input `{reveal.column}` gives the target `{target}` away: it {HOW[reveal.how]}{named}",
        where=facts.column_place(reveal.column),
        expected="inputs that are known before the answer is",
        received=f"{measure} {reveal.strength:.4g} from this input alone",
        known="another input does so nearly as well, or the target is a smooth series: it may be right by nature"
        if reveal.easy
        else "",
        help=paste("data", drop=[reveal.column]),
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each column of a table in tensors that is the target."""
    from modelwright.checks.program.columns import columns_of

    table = columns_of(facts.rows)
    if table is None or not len(table.y) or bool((table.y == table.y[0]).all()):
        return
    for at, column in enumerate(table.x.T):
        equal = bool(np.allclose(column, table.y, rtol=1e-6, atol=0))
        if not equal and 1 - correlation(column, table.y) ** 2 > EXACT:
            continue
        yield found(
            facts,
            CODE,
            "error" if equal else "note",
            f"column {at} of the input is the target{'' if equal else ' in other units'}",
            expected="inputs that are known before the answer is",
            received=f"{'equal values' if equal else 'a straight line'} in all {len(table.y):,} rows",
            help=f"X = numpy.delete(X, {at}, axis=1)",
        )
