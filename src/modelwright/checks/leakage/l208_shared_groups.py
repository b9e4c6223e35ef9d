"""Rows of one group stand in the training and in the test rows.

## What it does
Where the description names a group column (patient, user, site, device), looks for groups with rows in both parts.

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
warning in other splits, which may be meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "L208"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split", "group")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where groups have rows in both parts."""
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
