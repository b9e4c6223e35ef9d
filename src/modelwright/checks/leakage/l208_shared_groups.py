"""Rows of one group stand in the training and in the test rows.

## What it does
Where the description names a group column (patient, user, site, device), looks for groups with rows in both parts.
Where it names none and rows are split at random, suspects columns with the name of a person or a recording
(`patient_id`, `speaker`, `video`) whose values occur again and again, and which tell the target of test rows alone. A
count (`calls_per_customer`, `n_video`) is none, nor are whole numbers without `id`, `number` or the like at the end.
Things (`engine_id`, `site_id`) need 20 values or more: of few, the next rows come from the same ones.

## Why it matters
Rows of one patient are alike. A model that knows the patient need not know the illness, and fails on the next patient.

## Example
Ten images of each patient, `data: {group: patient}`, split at random.

## Fix
```yaml
split: {by: group}
```

## Source
Kapoor and Narayanan, L3.2; COVID-CT issue 11; OHDSI issue 181. Exact: sets of groups. An error in a split by group; a
warning in other splits, which may be meant. Suspected: three rows or more a group, five groups or more, and half of
what the most frequent class (or the mean) gets wrong is right by the group's own training rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.measure import categories
from modelwright.data.columns import Column
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "L208"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split", "independent")

NAMES = re.compile(
    r"^((?P<before>.*)[_\s.-])?(patient|(?P<subject>subject)|person|participant|individual|donor|speaker|singer|student"
    r"|pupil|animal|mouse|user|customer|client|video|clip|recording|session|scan|slide)"
    r"(?P<id>[_\s.-]?(id|no|nr|num|number|code|name|key))?$"
)
THINGS = re.compile(
    r"(^|[_\s.-])(engine|battery|bearing|device|machine|household|family|twin|well|case|encounter|specimen|trial|trip|ride"
    r"|match|conversation|thread|document|author|sequence|image|photo|site)[_\s.-]?id$"
)
COUNTED = re.compile(r"(^|[_\s.-])(per|of|by|n|no|nr|num|number|count|type|kind|total|mean|avg)$")
ROWS_EACH, GROUPS, TELLS = 3, 5, 0.5
MANY_THINGS = 20  # fewer machines or sites are an input like any other: the next rows come from the same ones


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where groups have rows in both parts, or where a column looks like a group that nobody named."""
    if facts.group is not None:
        yield from _given(facts)
    else:
        yield from _suspected(facts)


def _given(facts: Facts) -> Iterator[Diagnostic]:
    assert facts.table is not None and facts.split is not None and facts.group is not None
    groups = facts.table.frame[facts.group]
    training = groups.gather(facts.split.train).drop_nulls().unique()
    test = groups.gather(facts.split.test).drop_nulls().unique()
    shared = test.filter(test.is_in(training.implode())).sort()
    if len(shared) == 0:
        return
    by = facts.split.plan.by
    yield Diagnostic(
        code=CODE,
        severity="error" if by == "group" else "warning",
        message=f"{len(shared):,} of {len(test):,} groups of the test rows (`{facts.group}`) have training rows too",
        where=facts.place("split.by"),
        expected="each group in one part only",
        received=f"`{shared[0]}` in both",
        help="split: {by: group}" if by != "files" else "give files that share no group",
    )


def _suspected(facts: Facts) -> Iterator[Diagnostic]:
    assert facts.table is not None and facts.split is not None
    named = facts.description is not None and facts.description.spec.data.group is not None
    if named or facts.split.plan.by != "random" or not len(facts.split.test):
        return
    for column in facts.table.columns:
        if column.name in facts.targets or not _repeats(column) or (told := _told(facts, column)) < TELLS:
            continue
        yield Diagnostic(
            code=CODE,
            severity="warning",
            message=f"`{column.name}` looks like a group: rows of the same one stand in training and in test rows",
            where=facts.column_place(column.name),
            expected="each person or recording in one part only",
            received=f"{column.unique:,} values in {column.count:,} rows; they alone give {told:.0%} of the answer",
            help=f"{paste('data', group=column.name)}\nsplit: {{by: group}}",
        )


def _repeats(column: Column) -> bool:
    present = column.count - column.missing
    often = column.unique >= GROUPS and present >= ROWS_EACH * column.unique
    if often and column.unique >= MANY_THINGS and THINGS.search(column.name.lower()):
        return column.kind in ("category", "identifier", "integer")
    named = NAMES.search(column.name.lower())
    if not often or named is None or COUNTED.search(named["before"] or ""):
        return False
    if named["id"] is None and (column.kind == "integer" or named["subject"]):
        return False  # a count of them, or what a letter is about
    return column.kind in ("category", "identifier", "integer")


def _told(facts: Facts, column: Column) -> float:
    """Return how much of what a constant answer gets wrong is right by the answers of the group's training rows."""
    assert facts.table is not None and facts.split is not None
    groups, train, test = categories(facts.table.frame[column.name]), facts.split.train, facts.split.test
    answers = facts.labels.codes if facts.labels is not None else facts.values
    if answers is None:
        return 0.0
    train = train[(groups[train] >= 0) & np.isfinite(answers[train])]
    test = test[(groups[test] >= 0) & np.isfinite(answers[test])]
    rows = np.bincount(groups[train], minlength=int(groups.max()) + 1)
    known = test[rows[groups[test]] > 0]
    if len(known) < max(10, len(test) / 2):
        return 0.0
    if facts.labels is not None:
        counts = np.zeros((len(rows), len(facts.labels.classes)))
        np.add.at(counts, (groups[train], facts.labels.codes[train]), 1)
        right = float((counts.argmax(1)[groups[known]] == answers[known]).mean())
        plain = float(np.bincount(facts.labels.codes[known]).max()) / len(known)
        return (right - plain) / (1 - plain) if plain < 1 else 0.0
    means = np.bincount(groups[train], answers[train], minlength=len(rows)) / np.maximum(rows, 1)
    left, whole = answers[known] - means[groups[known]], float(answers[known].var())
    return 1 - float((left * left).mean()) / whole if whole > 0 else 0.0
