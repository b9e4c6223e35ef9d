"""One class only, a class with hardly any rows, or very unequal classes.

## What it does
Counts the rows of each class. One class is an error; a class with a single row is a warning, with fewer than 10 a
note; where most classes have a single row, the target is a text or an identifier. Of two classes, a warning where the
rarer one has less than 1 % of the rows, nothing weighs it up and no metric is named; a note from 10 % down.

## Why it matters
There is nothing to learn from one class, and a single row cannot be both learned from and tested on. Where 99.5 %
belong to one class, saying that class always is 99.5 % accurate.

## Example
4,970 payments, 12 of them frauds.

## Fix
```yaml
train: {class_weight: balanced}
evaluate: {metric: average_precision}
```

## Source
deepchecks; TheDeepChecker (there a normalised perplexity of 0.5, which fires on ordinary tables). 1 % of the rows:
fewer than 10 test rows of the class in a table of 5,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.measure import Labels, lonely_classes, short
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "D107"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "labels")
PROGRAM_NEEDS = ("rows", "step")

RARE = 0.01
UNEQUAL = 0.10
FEW = 10


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield findings about the number of rows of each class."""
    assert facts.labels is not None
    labels, target = facts.labels, facts.targets[0]
    if len(labels.classes) < 2:
        shown = f"`{short(labels.classes[0])}`" if labels.classes else "no value at all"
        yield Diagnostic(
            code=CODE,
            severity="error",
            message=f"the target `{target}` has one class only" if labels.classes else f"`{target}` has no class",
            where=facts.column_place(target),
            expected="at least two classes",
            received=f"{shown} in every row",
            help="check how the rows were selected, or name another target: `data: {target: …}`",
        )
        return
    if lonely_classes(labels):
        yield _texts(facts, labels)
        return
    few = [(name, int(count)) for name, count in zip(labels.classes, labels.counts, strict=True) if count < FEW]
    if few:
        yield _few(facts, few)
    if len(labels.classes) == 2:
        yield from _unequal(facts, labels)


def _texts(facts: Facts, labels: Labels) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="warning",
        message=f"the target `{facts.targets[0]}` has {len(labels.classes):,} classes, most of them with one row",
        where=facts.column_place(facts.targets[0]),
        expected="classes that occur again; a free text or an identifier cannot be learned as classes",
        received=f"`{short(labels.classes[0])}`, `{short(labels.classes[-1])}` …",
        help="data: {target: …}, the name of the column to predict",
    )


def _few(facts: Facts, few: list[tuple[str, int]]) -> Diagnostic:
    lonely = any(count == 1 for _, count in few)
    shown = ", ".join(f"`{short(name)}` {count}" for name, count in sorted(few, key=lambda pair: pair[1])[:5])
    return Diagnostic(
        code=CODE,
        severity="warning" if lonely else "note",
        message=f"{len(few)} class{'es have' if len(few) > 1 else ' has'} fewer than {FEW} rows",
        where=facts.column_place(facts.targets[0]),
        expected="at least two rows of each class, one to learn from and one to test on"
        if lonely
        else f"{FEW} rows or more of each class, or its score says nothing",
        received=f"rows: {shown}" + (" …" if len(few) > 5 else ""),
        help="collect more rows of these classes, or join them with others",
    )


def _unequal(facts: Facts, labels: Labels) -> Iterator[Diagnostic]:
    share = float(labels.counts.min() / labels.counts.sum())
    if share >= UNEQUAL:
        return
    spec = facts.description.spec if facts.description is not None else None
    handled = spec is not None and (
        spec.train.class_weight is not None or spec.evaluate.metric not in ("auto", "accuracy")
    )
    rare, common = sorted(range(2), key=lambda index: int(labels.counts[index]))
    yield Diagnostic(
        code=CODE,
        severity="warning" if share < RARE and not handled else "note",
        message=f"class `{labels.classes[rare]}` has {share:.2%} of the rows",
        where=facts.column_place(facts.targets[0]),
        expected="weights for the rare class, and a score that sees it; accuracy does not",
        received=f"always saying `{labels.classes[common]}` is {1 - share:.2%} accurate",
        help="" if handled else "train: {class_weight: balanced}",
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where all rows of a program belong to one class."""
    assert facts.rows is not None and facts.step is not None
    labels, calls = facts.rows.labels, facts.step.losses
    of_classes = any(c.name in ("cross_entropy", "nll_loss") or c.name.startswith("binary_cross") for c in calls)
    if labels is None or not of_classes or len(labels) < 16 or len(set(labels.tolist())) > 1 or not facts.rows.complete:
        return
    yield found(
        facts,
        CODE,
        "error",
        "all rows belong to one class",
        expected="at least two classes",
        received=f"class {labels[0]} in all {len(labels):,} rows",
        help="check how the rows were selected",
    )
