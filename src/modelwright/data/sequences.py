"""Tables of sequences: one row a sequence (wide), or one row a step (long) → one row a sequence, its steps as media."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Column, Table
from modelwright.data.numbers import LIMIT
from modelwright.data.problems import count, problem, some
from modelwright.data.timeline import blocks_of
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

NAME = "sequence"
AT_ONCE = 65_536  # sequences looked at, so that those in a file need no memory
FEWEST_STEPS = 8  # of a wide table that is taken for one of sequences by its name alone
NUMBERS = ("numeric", "integer", "boolean")
ROLES = ("group", "time", "weight", "series")


def as_sequences(table: Table, data: DataSpec) -> Table:
    """Return a table of one row a sequence, where the description or the file says that it holds sequences.

    Long: `data.series` tells which rows are steps of one. Wide: `data.kind: series`, or a file called as those of the
    UCR archive (`NAME_TRAIN.tsv`: the class first, then the steps). Other tables come back as they are. Raises
    DataError (F007) for a target that varies inside a sequence, D114 for times that are doubled.
    """
    if NAME in table.media or data.kind == "table":
        return table
    if data.series is not None:
        return _long(table, data)
    if data.kind == "series":
        return _wide(table, data, "given")
    if _is_ucr(table):
        why = "class, then numbers, without a header: a file of the UCR archive; `data.kind: table` overrides this"
        target = table.names[0] if data.target == "auto" else data.target
        return _wide(table, data.model_copy(update={"target": target}), why)
    return table


def sequence_column(sequences: np.ndarray, why: str) -> Column:
    """Return the column that stands for sequences `[N, T, C]`."""
    rows, steps, channels = sequences.shape
    lengths = lengths_of(sequences)
    told = count(steps, "step") if lengths.min() == steps else f"{lengths.min():,} to {lengths.max():,} steps"
    text = f"{told} of {count(channels, 'channel')}: {why}"
    return Column(name=NAME, kind="series", why=text, count=rows, missing=int((lengths == 0).sum()), unique=rows)


def lengths_of(sequences: np.ndarray) -> np.ndarray:
    """Return the steps of each sequence: up to the last with a value.

    >>> lengths_of(np.array([[[1.0], [np.nan], [2.0], [np.nan]]])).tolist()
    [3]
    """
    if len(sequences) > AT_ONCE:
        pieces = range(0, len(sequences), AT_ONCE)
        return np.concatenate([lengths_of(sequences[start : start + AT_ONCE]) for start in pieces])
    some_value: np.ndarray = ~np.all(np.isnan(sequences), axis=2)
    return np.where(some_value.any(1), sequences.shape[1] - some_value[:, ::-1].argmax(1), 0)


def whole(sequences: np.ndarray) -> tuple[np.ndarray, int]:
    """Return sequences without holes, and how many values were filled: a straight line over each hole, the nearest
    value at an end of a channel; what comes after the last step stays NaN."""
    if not any(np.isnan(sequences[at : at + AT_ONCE]).any() for at in range(0, len(sequences), AT_ONCE)):
        return sequences, 0
    missing = np.isnan(sequences)
    inside = np.arange(sequences.shape[1]) < lengths_of(sequences)[:, None]
    holes = missing & inside[:, :, None]
    if not holes.any():
        return sequences, 0
    sequences, at = sequences.copy(), np.arange(sequences.shape[1])
    filled = 0
    for row, channel in np.argwhere(holes.any(1)).tolist():
        known, hole = ~missing[row, :, channel], holes[row, :, channel]
        if known.any():
            sequences[row, hole, channel] = np.interp(at[hole], at[known], sequences[row, known, channel])
            filled += int(hole.sum())
    return sequences, filled


def _is_ucr(table: Table) -> bool:
    paths, columns = table.reading.paths, table.columns
    named = len(paths) > 0 and all(path.endswith(("_TRAIN.tsv", "_TEST.tsv")) for path in paths)
    numbers = all(column.kind in NUMBERS for column in columns[1:])
    return named and len(columns) > FEWEST_STEPS and table.reading.options.get("header") is False and numbers


def _wide(table: Table, data: DataSpec, why: str) -> Table:
    """Take the columns of numbers, in their order, for the steps of one channel."""
    target = _targets(table, data)
    taken = {*target, *data.drop, *(getattr(data, role) for role in ROLES)}
    steps = [column.name for column in table.columns if column.name not in taken and column.kind in NUMBERS]
    if not steps:
        raise DataError(_no_steps(table))
    others = [column for column in table.columns if column.name not in steps]
    sequences = wide_values(table.frame, steps)
    made = {"sequence": {"form": "wide", "steps": steps}}
    return _table(table, table.frame.select([c.name for c in others]), others, sequences, why, made)


def wide_values(frame: pl.DataFrame, steps: Sequence[str]) -> np.ndarray:
    """Return columns as sequences of one channel, float32 `[N, T, 1]`."""
    values = frame.select(pl.col(steps).cast(pl.Float64)).to_numpy()
    return values.clip(-LIMIT, LIMIT).astype(np.float32)[:, :, None]


def _long(table: Table, data: DataSpec) -> Table:
    """Take the rows of one `data.series` for the steps of one sequence, in order of time where there is one."""
    assert data.series is not None
    target = _targets(table, data)
    keys = [name for name in (data.series, data.time) if name is not None]
    order = table.frame.with_row_index("__row__").sort(keys, maintain_order=True)
    channels = [
        column.name
        for column in table.columns
        if column.name not in {*target, *data.drop, *(getattr(data, role) for role in ROLES)} and column.kind in NUMBERS
    ]
    if not channels:
        raise DataError(_no_steps(table))
    constant = [name for name in (*target, data.group, data.weight) if name is not None]
    problems = [found for name in constant if (found := _varies(order, data.series, name))]
    if data.time is not None and order.select(pl.struct(keys).is_duplicated().any()).item():
        problems.append(_doubled(data, order.filter(pl.struct(keys).is_duplicated())[keys].row(0)))
    if problems:
        raise DataError(*problems)
    sequences, starts = long_values(order, data.series, channels)
    kept = [column for column in table.columns if column.name in {data.series, data.time, *constant}]
    frame = order.select([column.name for column in kept])[starts]
    made = {"sequence": {"form": "long", "series": data.series, "time": data.time, "channels": channels}}
    parts = None if table.parts is None else table.parts[order["__row__"].gather(starts).to_numpy()]
    return _table(replace(table, parts=parts), frame, kept, sequences, f"rows of one `{data.series}`", made)


def long_values(order: pl.DataFrame, series: str, channels: Sequence[str]) -> tuple[np.ndarray, list[int]]:
    """Return rows, sorted by series, as sequences float32 `[N, T, C]`, NaN after their end, and where each begins."""
    blocks, _ = blocks_of(order, series)
    values = order.select(pl.col(channels).cast(pl.Float64)).to_numpy().clip(-LIMIT, LIMIT).astype(np.float32)
    found = np.full((len(blocks), max(stop - start for start, stop in blocks), len(channels)), np.nan, np.float32)
    for row, (start, stop) in enumerate(blocks):
        found[row, : stop - start] = values[start:stop]
    return found, [start for start, _ in blocks]


def _table(
    table: Table, frame: pl.DataFrame, kept: Sequence[Column], sequences: np.ndarray, why: str, made: dict[str, Any]
) -> Table:
    sequences, filled = whole(sequences)
    findings = (*table.findings, *([holes(filled, sequences.size)] if filled else []))
    frame = frame.with_columns(pl.Series(NAME, np.arange(len(sequences))))
    reading = replace(table.reading, options={**table.reading.options, **made}, why={**table.reading.why, "kind": why})
    columns = (*(column_for(column, frame) for column in kept), sequence_column(sequences, why))
    return replace(table, frame=frame, columns=columns, reading=reading, findings=findings, media={NAME: sequences})


def column_for(column: Column, frame: pl.DataFrame) -> Column:
    """Return a column with the counts that it has in a frame of one row a sequence."""
    values = frame[column.name]
    return replace(column, count=len(values), missing=values.null_count(), unique=values.n_unique())


def holes(filled: int, size: int) -> Diagnostic:
    """Return the note that values inside sequences are missing and what stands for them."""
    return replace(
        problem(
            "D101",
            f"{count(filled, 'value')} of {size:,} inside the sequences are missing",
            expected="a value at each step",
            received=f"{filled / size:.2%} of them",
            fix="nothing has to be done: a straight line stands for each hole",
        ),
        severity="note",
    )


def _targets(table: Table, data: DataSpec) -> tuple[str, ...]:
    if data.target != "auto":
        return (data.target,) if isinstance(data.target, str) else tuple(data.target)
    taken = {*data.drop, *(getattr(data, role) for role in ROLES)}
    return tuple([name for name in table.names if name not in taken][-1:])


def _varies(frame: pl.DataFrame, series: str, name: str) -> Diagnostic | None:
    counts = frame.group_by(series, maintain_order=True).agg(pl.col(name).n_unique().alias("n"))
    several = counts.filter(pl.col("n") > 1)
    if several.is_empty():
        return None
    shown = some([str(value) for value in several[series].to_list()])
    return problem(
        "F007",
        f"`{name}` varies inside {several.height:,} of {counts.height:,} series: {shown}",
        where=Place(key="data.series"),
        expected=f"one `{name}` for all rows of one `{series}`",
        received=f"{several['n'][0]} values in one",
        fix="to forecast it instead: data: {horizon: 12}",
    )


def _doubled(data: DataSpec, first: tuple[Any, ...]) -> Diagnostic:
    return problem(
        "D114",
        f"rows of one `{data.series}` share their time: `{data.time}` is {first[1]} twice in `{first[0]}`",
        where=Place(key="data.time"),
        expected="one row for each time of a series",
        fix="remove or average them",
    )


def _no_steps(table: Table) -> Diagnostic:
    return problem(
        "D102",
        "no column of numbers is left to be the steps of a sequence",
        where=Place(key="data"),
        known=some(table.names),
        fix="`data.target: NAME` names the column that is predicted",
    )
