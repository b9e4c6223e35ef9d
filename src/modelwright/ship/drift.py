"""Rows unlike the training rows (E811): categories they never had, numbers far outside their range, empty columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.problems import count, some
from modelwright.data.tokens import encode
from modelwright.diagnostic import Diagnostic, Place
from modelwright.plan.plan import InputPlan, TokensPlan

FAR = 0.5  # of the width of the training range: what lies that far beyond it is told even if it is a single value
MOST = 0.5  # share of the rows beyond the range at all from which they are told: another unit shows so
FEW = 10  # fewer rows than this have no share worth the name


def doubts(new: Examples, inputs: Sequence[InputPlan]) -> list[Diagnostic]:
    """Return the same for rows as a model takes them: of windows of series, their steps are the rows."""
    if inputs[0].encoding != "steps":
        return drift(new.frame, inputs)
    steps = new.media[inputs[0].name]
    if len(inputs) < steps.shape[2]:
        return []
    rows = steps.reshape(-1, steps.shape[2]).astype(np.float64)
    frame = pl.DataFrame({column.name: rows[:, at] + column.offset for at, column in enumerate(inputs)})
    return drift(frame.fill_nan(None), inputs)


def drift(frame: pl.DataFrame, inputs: Sequence[InputPlan]) -> list[Diagnostic]:
    """Return one warning a column whose values the training rows do not cover; `frame` is typed by `read_rows`."""
    return [found for column in inputs for found in _of(frame.get_column(column.name), column)]


def _of(values: pl.Series, column: InputPlan) -> Iterator[Diagnostic]:
    known = values.drop_nulls()
    if len(values) and not len(known):
        if not column.flag and None not in column.categories:
            yield _told(column, f"is empty in {_all(len(values))}; training rows had values")
    elif column.tokens is not None:
        yield from _unknown(known, column, column.tokens)
    elif column.encoding in ("one_hot", "embedding"):
        unseen = known.cast(pl.String).filter(~known.cast(pl.String).is_in(_names(column)))
        if len(unseen):
            examples = some(unseen.unique(maintain_order=True).to_list()[:4])
            yield _told(column, f"has {count(len(unseen), 'value')} that training rows had once or never: {examples}")
    elif column.low is not None and column.high is not None and len(known):
        yield from _beyond(known.cast(pl.Float64), column, column.low, column.high)


def _unknown(known: pl.Series, column: InputPlan, tokens: TokensPlan) -> Iterator[Diagnostic]:
    """Tell of texts most of whose tokens training rows did not have: another language, or another field."""
    numbers = encode(tokens, known.cast(pl.String).to_list())
    there = (numbers > 0).sum()
    share = (numbers == 1).sum() / max(1, there)
    if there and share > MOST:
        told = "all" if share == 1 else f"{share:.0%}".replace("%", " %")
        yield _told(column, f"has words that training rows had once or never: {told} of {count(int(there), 'token')}")


def _beyond(known: pl.Series, column: InputPlan, low: float, high: float) -> Iterator[Diagnostic]:
    margin = FAR * (high - low)
    outside = known.filter((known < low) | (known > high))
    far = known.filter((known < low - margin) | (known > high + margin))
    told = outside if len(known) >= FEW and len(outside) > MOST * len(known) else far
    if len(told):
        lowest, highest = told.min(), told.max()
        span = f"{lowest:.6g}" if lowest == highest else f"{lowest:.6g} to {highest:.6g}"
        yield _told(
            column, f"has {count(len(told), 'value')} outside the training range {low:.6g} to {high:.6g}: {span}"
        )


def _told(column: InputPlan, what: str) -> Diagnostic:
    return Diagnostic(
        code="E811",
        severity="warning",
        message=f"column `{column.name}` {what}",
        where=Place(key=column.name),
        help="check the spelling and the unit; answers for rows unlike those of the training are guesses",
    )


def _names(column: InputPlan) -> list[str]:
    return [name for name in column.categories if name is not None]


def _all(rows: int) -> str:
    return "the only row" if rows == 1 else f"all {rows:,} rows"
