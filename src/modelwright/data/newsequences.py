"""New sequences for a trained model: read like those of training, refused where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.files import resolve
from modelwright.data.newrows import read_rows
from modelwright.data.problems import count, problem
from modelwright.data.recognise import format_of
from modelwright.data.sequences import lengths_of, long_values, whole, wide_values
from modelwright.data.ts import parse, together
from modelwright.diagnostic import Place
from modelwright.errors import DataError
from modelwright.plan.plan import DataPlan, InputPlan


def read_sequences(source: Any, plan: DataPlan, column: InputPlan) -> Examples:
    """Return sequences to predict as examples: from a file like the training file, a frame like its rows, or an array
    `[N, T, C]` (`[N, T]` for one channel).

    Sequences that are longer than the model's are cut, as in training, or all are resampled. Raises DataError F009 for
    other channels, for a sequence without a value, and for shorter ones where those of training were all of one length.
    """
    made: dict[str, Any] = plan.options.get("sequence") or {}
    if isinstance(source, np.ndarray) and source.ndim in (2, 3) and source.dtype.names is None:
        values = source[:, :, None] if source.ndim == 2 else source
        sequences, about = values.astype(np.float32), pl.DataFrame()
    else:
        sequences, about = _from_rows(source, plan, made)
    _require(sequences, column)
    sequences = whole(sequences)[0]
    frame = pl.DataFrame({column.name: np.arange(len(sequences))}).hstack(about.get_columns())
    return Examples(frame, {column.name: sequences})


def _from_rows(source: Any, plan: DataPlan, made: dict[str, Any]) -> tuple[np.ndarray, pl.DataFrame]:
    """Return sequences and the series that they are, where a column names them."""
    if isinstance(source, str | Path) and str(source) != "-":
        sources = resolve(str(source), Path(), key="")
        if format_of(sources) == "ts":
            contents = [parse(one) for one in sources]
            if found := [problem for content in contents for problem in content.problems]:
                raise DataError(*found)
            return together([one for content in contents for one in content.sequences]), pl.DataFrame()
    form = made.get("form")
    if form == "long":
        return _from_steps(source, plan, made)
    steps = [str(name) for name in made.get("steps", ())]
    if form != "wide":
        raise DataError(_unlike(source))
    frame = read_rows(source, plan, [_number(name) for name in steps])
    return wide_values(frame, steps), pl.DataFrame()


def _from_steps(source: Any, plan: DataPlan, made: dict[str, Any]) -> tuple[np.ndarray, pl.DataFrame]:
    channels = [str(name) for name in made["channels"]]
    series, time = str(made["series"]), made.get("time")
    roles = [InputPlan(name=series, kind="category", encoding="one_hot", why="")]
    if time is not None:
        kind = "date" if time in (plan.options.get("dates") or {}) else "numeric"
        roles.append(InputPlan(name=time, kind=kind, encoding="number", why=""))
    frame = read_rows(source, plan, [*roles, *(_number(name) for name in channels)])
    order = frame.sort([name for name in (series, time) if name is not None], maintain_order=True)
    sequences, starts = long_values(order, series, channels)
    return sequences, order.select(series)[starts]


def _number(name: str) -> InputPlan:
    return InputPlan(name=name, kind="numeric", encoding="number", why="")


def _require(sequences: np.ndarray, column: InputPlan) -> None:
    steps, channels = column.shape
    if sequences.shape[2] != channels:
        raise DataError(
            problem(
                "F009",
                "the sequences have another number of channels than those of training",
                where=Place(key=column.name),
                expected=count(channels, "channel"),
                received=str(sequences.shape[2]),
                fix="give the channels of the training file, in their order",
            )
        )
    lengths = lengths_of(sequences)
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        where = Place(key=column.name, row=int(empty[0]) + 1)
        fix = "remove them"
        raise DataError(problem("F009", f"{count(len(empty), 'sequence')} without a value", where=where, fix=fix))
    short = np.flatnonzero(lengths < steps)
    if len(short) and not (column.ragged or column.resampled):
        raise DataError(
            problem(
                "F009",
                f"{count(len(short), 'sequence is', 'sequences are')} shorter than those of training",
                where=Place(key=column.name, row=int(short[0]) + 1),
                expected=f"at least {steps:,} steps, as all training sequences had",
                received=f"{int(lengths[short[0]]):,}",
                fix="train with sequences of several lengths, which gives the model a mask",
            )
        )


def _unlike(source: Any) -> Any:
    return problem(
        "F009",
        "rows of this kind are no sequences as those of training",
        expected="a .ts file, or an array [sequences, steps, channels]",
        received=f"`{source}`" if isinstance(source, str | Path) else type(source).__name__,
        fix="model.predict(array)",
    )
