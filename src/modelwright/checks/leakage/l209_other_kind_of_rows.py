"""Training and test file hold different kinds of rows.

## What it does
Where the parts are files of their own, asks of each input alone whether it tells the two apart: a number by the area
under the ROC curve, a category by the test rows whose value no training row has, a text by its words that no training
text has. A warning where an input does so for nearly all rows (0.9), a note from 0.75 on (a third of the rows, half of
the words). Silent below 50 rows, and for texts of one or two words or without spaces between words.

## Why it matters
A score on other rows says nothing of the rows in between, and little of those to come. Often a unit changed, or a
column was filled by another program.

## Example
`height` is in metres in `train.csv` and in centimetres in `test.csv`.

## Fix
Correct the unit; or put both files together and let the split choose: `data: {path: all.csv}`.

## Source
Kapoor and Narayanan, L3.3; deepchecks (a classifier that tells the parts apart). A split by time is left alone: later
rows differ by nature.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.measure import auc, numbers, spread
from modelwright.diagnostic import Diagnostic

CODE = "L209"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split", "independent")

NEARLY_ALL, MANY, UNSEEN, ROWS = 0.9, 0.75, 1 / 3, 50
WORD, TEXTS, EACH = r"\w+", 1_000, 3  # test texts that are looked at, and words that each has on average
UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{5}"  # words without spaces between
UNSPACED_SHARE = 0.1


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each input that tells the rows of the test file from those of the training file."""
    assert facts.table is not None and facts.split is not None
    train, test = facts.split.train, facts.split.test
    apart = facts.table.parts is not None and facts.split.plan.by != "time" and facts.time is None
    if not apart or not len(train) or not len(test):
        return
    if min(len(train), len(test)) < ROWS:
        return
    train, test = train[spread(len(train))], test[spread(len(test))]
    for name in facts.input_names:
        if name in facts.targets:
            continue
        values = facts.table.frame[name]
        texts = facts.table.column(name).kind == "text"
        strength, received = (_words if texts else _apart)(values.gather(train), values.gather(test))
        if strength < MANY:
            continue
        yield Diagnostic(
            code=CODE,
            severity="warning" if strength >= NEARLY_ALL else "note",
            message=f"the test texts in `{name}` have other words than the training texts"
            if texts
            else f"input `{name}` tells the test rows from the training rows",
            where=facts.column_place(name),
            expected="test rows of the same kind as the training rows",
            received=received,
            help=f"the same {'language' if texts else 'units'} and source in both files; or one file",
        )


def _words(train: pl.Series, test: pl.Series) -> tuple[float, str]:
    """Return the share of words of the test texts that no training text has; 0.5 where that is no news."""
    known = train.str.to_lowercase().str.extract_all(WORD).explode().drop_nulls().unique()
    looked = test.gather(spread(len(test), TEXTS)).drop_nulls()
    asked = looked.str.to_lowercase().str.extract_all(WORD).explode().drop_nulls()
    if not len(known) or not len(asked) or len(asked) < EACH * len(looked):
        return 0.5, ""
    if looked.str.contains(UNSPACED).to_numpy().mean() > UNSPACED_SHARE:
        return 0.5, ""
    unseen = 1.0 - float(asked.is_in(known.implode()).to_numpy().mean())
    return (
        (max(MANY, unseen), f"{unseen:.0%} of the words of the test texts are in no training text")
        if (unseen >= 0.5)
        else (0.5, "")
    )


def _apart(train: pl.Series, test: pl.Series) -> tuple[float, str]:
    """Return how well a column tells the parts apart (0.5 to 1), and in which way."""
    if train.dtype.is_numeric():
        both = np.concatenate([numbers(train), numbers(test)])
        is_test = np.arange(len(both)) >= len(train)
        known = np.isfinite(both)
        area = auc(both[known], is_test[known])
        middle = f"a median of {train.median()} in training rows, {test.median()} in test rows"
        return max(area, 1 - area), middle
    if train.dtype != pl.String or train.n_unique() > len(train) / 5:
        return 0.5, ""
    unseen = 1.0 - float(test.is_in(train.unique().to_list()).fill_null(True).to_numpy().mean())
    return (
        (max(MANY, unseen), f"{unseen:.0%} of the test rows have a value that no training row has")
        if (unseen >= UNSEEN)
        else (0.5, "")
    )
