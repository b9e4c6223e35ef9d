"""The same rows stand in the training and in the test rows.

## What it does
Joins test rows with training rows by a hash over inputs and target. Where the files were given apart, compares the
share of test rows that have a twin with the share of training rows that have one among themselves: more than that is no
chance. Texts count as the same whatever their case, spaces and punctuation. Pictures are compared by a perceptual hash
and then by their pixels, so that copies which were saved again at high quality count. Texts of eight words and more
are compared by the runs of three words that they share (MinHash): where 15 % of the test texts are training texts but
for a word or two, that is said; not where many resemble the same one, as texts of one form do, nor in files given apart
where training texts resemble each other as often.
In a script that calls `modelwright.check`, rows that are drawn again before the split (`resample`, `SMOTE`) are told.

## Why it matters
The model has seen the answer to these rows; the score is too good by as much as it learned them by heart.

## Example
A test file that was sampled from the training file, or a table in which rare rows were repeated before it was split.

## Fix
Take each row once before the table is split:
```python
polars.read_csv("all.csv").unique(maintain_order=True).write_csv("unique.csv")
```

## Source
Kapoor and Narayanan, L1.4. Shares as in D106 (5 % in fine-grained tables); for files given apart an
error from five times the natural share on, and at least 5 %.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from modelwright.checks.alike import MOST, copies
from modelwright.checks.copies import FEW, natural, remarkable
from modelwright.checks.facts import Facts
from modelwright.checks.measure import row_hashes, spread, with_twin
from modelwright.checks.reworded import MOST_ASKED, MOST_KNOWN, near_copies
from modelwright.diagnostic import Diagnostic, Severity

CODE = "L204"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "targets", "split", "independent")

WORTH_SAYING = 0.005
TIMES = 5.0
REWORDED = 0.15


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for test rows (and validation rows of a file given apart) that are training rows as well."""
    assert facts.table is not None and facts.split is not None
    if facts.table.media and not facts.input_names:
        yield from _pictures(facts)
        return
    if not facts.input_names:
        return
    hashes = facts.hashes if (texts := _plain_texts(facts)) is None else texts
    twins = facts.twins if texts is None else with_twin(texts)
    apart = facts.split.plan.by == "files"
    train = facts.split.train
    training = hashes[train[twins[train]]]
    told: set[int] = set()
    parts = {"test": facts.split.test, **({"validation": facts.split.validation} if apart else {})}
    for part, rows in parts.items():
        doubled = rows[twins[rows]]
        same = doubled[np.isin(hashes[doubled], training)]
        share = len(same) / max(1, len(rows))
        told.update(same.tolist())
        if share < WORTH_SAYING or (texts is None and natural(facts)):
            continue
        planted = apart and share >= max(FEW, TIMES * float(with_twin(training).sum()) / max(1, len(train)))
        severity: Severity = "error" if planted else "warning" if remarkable(facts, share) else "note"
        yield _finding(facts, part, same, share, severity)
    if texts is not None:
        yield from _reworded(facts, told)


def _plain_texts(facts: Facts) -> np.ndarray | None:
    """Return a hash of each row's text without case, spaces and punctuation; None where rows are no texts."""
    assert facts.table is not None
    name = facts.input_names[0]
    if len(facts.input_names) > 1 or facts.table.column(name).kind != "text":
        return None
    plain = pl.col(name).str.to_lowercase().str.replace_all(r"\W+", "")
    return row_hashes(facts.table.frame.select(plain, *facts.targets), [name, *facts.targets])


def _reworded(facts: Facts, told: set[int]) -> Iterator[Diagnostic]:
    """Yield a finding where many test texts, besides those that are told already, are training texts reworded."""
    assert facts.table is not None and facts.split is not None
    texts = facts.table.frame[facts.input_names[0]]
    train = facts.split.train[spread(len(facts.split.train), MOST_KNOWN)]
    test = facts.split.test[spread(len(facts.split.test), MOST_ASKED)]
    test = test[~np.isin(test, list(told))]
    found = near_copies(texts.gather(train), texts.gather(test))
    same = found >= 0
    share = float(same.mean()) if len(same) else 0.0
    if share < REWORDED or _of_one_form(texts, train, found[same], share, facts.split.plan.by == "files"):
        return
    first = int(np.argmax(same))
    yield Diagnostic(
        code=CODE,
        severity="warning",
        message=f"{share:.1%} of the test texts are training texts, but for a word or two",
        where=facts.column_place(facts.input_names[0], int(test[first]) + 1),
        expected="test texts that training has not seen",
        received=f"row {int(test[first]) + 1:,} is nearly row {int(train[found[first]]) + 1:,}",
        help="keep one text of each kind, or put those of one source into one part: data: {group: COLUMN}",
    )


def _of_one_form(texts: pl.Series, train: np.ndarray, found: np.ndarray, share: float, apart: bool) -> bool:
    """Say whether texts are alike by nature: many are one training text's copies, or training's own as often."""
    if len(np.unique(found)) < len(found) / 2:
        return True
    asked = np.zeros(len(train), dtype=bool)
    asked[spread(len(train), min(MOST_ASKED, len(train) // 2))] = True
    own = near_copies(texts.gather(train[~asked]), texts.gather(train[asked])) if apart else np.full(1, -1)
    return float((own >= 0).mean()) >= share


def _pictures(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where test pictures are copies of training pictures."""
    assert facts.table is not None and facts.split is not None
    name = next((column.name for column in facts.table.columns if column.kind == "image"), None)
    if name is None:
        return
    array, places = facts.table.media[name], facts.table.frame[name].to_numpy()
    train, test = (rows[spread(len(rows), MOST)] for rows in (facts.split.train, facts.split.test))
    if not len(test):
        return
    found = copies(array[places[train]], array[places[test]])
    same = found >= 0
    share = float(same.mean())
    if share < WORTH_SAYING:
        return
    first = int(np.argmax(same))
    rows = int(test[first]), int(train[found[first]])
    pair = [facts.table.files[row] if facts.table.files else f"row {row + 1:,}" for row in rows]
    yield Diagnostic(
        code=CODE,
        severity="error" if facts.split.plan.by == "files" and share >= FEW else "warning",
        message=f"{share:.1%} of the test pictures are also training pictures ({int(same.sum()):,} of {len(test):,})",
        where=facts.column_place(name, rows[0] + 1),
        expected="test pictures that training has not seen",
        received=f"{pair[0]} is {pair[1]}",
        help="keep each picture once; pictures of one series belong into one part: data: {group: COLUMN}",
    )


def _finding(facts: Facts, part: str, twins: np.ndarray, share: float, severity: Severity) -> Diagnostic:
    path = facts.table.reading.paths[0] if facts.table is not None and facts.table.reading.paths else "data.csv"
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"{share:.1%} of the {part} rows are also training rows ({len(twins):,} rows)",
        where=facts.column_place("", int(twins[0]) + 1),
        expected=f"{part} rows that training has not seen",
        received=f"row {int(twins[0]) + 1:,} is the first",
        help=f'polars.read_csv("{path}").unique(maintain_order=True)'
        if facts.split is not None and facts.split.plan.by != "files"
        else f"remove them from the training rows, or take {part} rows from one file: `split: {{test_size: 0.2}}`",
    )
