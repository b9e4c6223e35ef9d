"""Forecasts for new rows: windows at the end of each series, or rolled over all rows; answers with their times."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Column, Examples, Reading, Table
from modelwright.data.newrows import read_rows
from modelwright.data.steps import filled
from modelwright.data.timeline import blocks_of, in_time_order, later
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.plan.plan import ForecastPlan, InputPlan, Plan
from modelwright.spec.schema import DataSpec

ORIGIN = "origin"
"""Column of the last row that a window has seen: its time, or its number."""


def read_windows(source: Any, plan: Plan, rolled: bool = False) -> Examples:
    """Return the last window of each series of new rows, or with `rolled` every `horizon` rows one, as examples.

    Raises DataError F009 for rows that do not fit, D114 for times that cannot be ordered, F002 for too few rows.
    """
    forecast = _forecast(plan)
    table = _table(source, plan)
    assert table.timeline is not None
    every = [column.name for column in plan.inputs]
    values = filled(table.frame, every, [column.offset for column in plan.inputs], table.timeline.blocks)
    ends: list[int] = []
    for name, (start, stop) in zip(table.timeline.names, table.timeline.blocks, strict=True):
        if stop - start < forecast.window:
            raise DataError(_too_few(forecast, name, stop - start))
        step = forecast.horizon if rolled else stop - start
        ends.extend(range(stop, start + forecast.window - 1, -step)[::-1] if rolled else [stop])
    last = np.array(ends, dtype=np.int64) - 1
    windows = np.lib.stride_tricks.sliding_window_view(values, forecast.window, axis=0).swapaxes(1, 2)
    return Examples(_about(table.frame, plan, last), {every[0]: windows[last - forecast.window + 1]})


def proof_windows(plan: Plan, table: Table, rows: np.ndarray) -> Examples:
    """Return a few windows of the table, raw, that begin at some training rows or as near as they can."""
    forecast = _forecast(plan)
    assert table.timeline is not None
    names, offsets = [column.name for column in plan.inputs], [column.offset for column in plan.inputs]
    values = filled(table.frame, names, offsets, table.timeline.blocks)
    firsts = [start for start, stop in table.timeline.blocks if stop - start >= forecast.window]
    at = np.unique(np.clip(rows, firsts[0], len(values) - forecast.window))
    windows = np.stack([values[start : start + forecast.window] for start in at.tolist()])
    frame = pl.DataFrame({names[0]: np.arange(len(at)), ORIGIN: at + forecast.window - 1})
    return Examples(frame, {names[0]: np.nan_to_num(windows)})


def forecast_frame(plan: Plan, examples: Examples, found: np.ndarray) -> pl.DataFrame:
    """Return one row for each step ahead of each window: series, time, step, and a prediction of each target."""
    forecast, targets = _forecast(plan), plan.outputs.targets
    steps, count = forecast.horizon, len(examples)
    values = found.reshape(count * steps, len(targets))
    columns: dict[str, Any] = {}
    if forecast.series is not None and forecast.series in examples.frame.columns:
        columns[forecast.series] = examples.frame[forecast.series].gather(np.repeat(np.arange(count), steps))
    times = [later(origin, forecast.step, steps) for origin in examples.frame[ORIGIN].to_list()]
    columns[forecast.time or "row"] = pl.concat(times) if times else pl.Series([], dtype=pl.Int64)
    columns["step"] = np.tile(np.arange(1, steps + 1), count)
    names = ["prediction"] if len(targets) == 1 else [f"prediction_{name}" for name in targets]
    return pl.DataFrame(columns | {name: values[:, at] for at, name in enumerate(names)})


def _table(source: Any, plan: Plan) -> Table:
    """Return new rows typed as in training, in the order of time."""
    forecast = _forecast(plan)
    roles: list[InputPlan] = []
    if forecast.time is not None:
        dates = (plan.data.options.get("dates") or {}).get(forecast.time)
        kind = "date" if dates or not _is_number(forecast.step) else "numeric"
        roles.append(InputPlan(name=forecast.time, kind=kind, encoding="date", why=""))
    if forecast.series is not None:
        roles.append(InputPlan(name=forecast.series, kind="category", encoding="one_hot", why=""))
    frame = read_rows(source, plan.data, [*roles, *plan.inputs])
    data = DataSpec(time=forecast.time, series=forecast.series)
    return in_time_order(Table(frame=frame, columns=_columns(frame), reading=_NOWHERE), data)


_NOWHERE = Reading(paths=(), format="", options={}, why={}, fingerprint="", seconds=0.0)


def _columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    return tuple(
        Column(name=name, kind="numeric", why="", count=frame.height, missing=0, unique=0) for name in frame.columns
    )


def _is_number(step: str) -> bool:
    return step.replace(".", "", 1).isdigit()


def _about(frame: pl.DataFrame, plan: Plan, last: np.ndarray) -> pl.DataFrame:
    """Return one line for each window: its number, the time of its last row and its series."""
    forecast = _forecast(plan)
    columns: dict[str, Any] = {plan.inputs[0].name: np.arange(len(last))}
    columns[ORIGIN] = frame[forecast.time].gather(last) if forecast.time is not None else _numbers(frame, plan, last)
    if forecast.series is not None:
        columns[forecast.series] = frame[forecast.series].gather(last)
    return pl.DataFrame(columns)


def _numbers(frame: pl.DataFrame, plan: Plan, last: np.ndarray) -> np.ndarray:
    """Return rows counted from 1 in their series, where no column holds times."""
    starts = np.array([start for start, _ in blocks_of(frame, _forecast(plan).series)[0]])
    return last - starts[np.searchsorted(starts, last, side="right") - 1] + 1


def _forecast(plan: Plan) -> ForecastPlan:
    assert plan.forecast is not None
    return plan.forecast


def _too_few(forecast: ForecastPlan, name: str, rows: int) -> Diagnostic:
    of = f" of the series `{name}`" if name else ""
    return Diagnostic(
        code="F009",
        severity="error",
        message=f"{rows:,} rows{of} are fewer than the window of {forecast.window:,} that the model looks back on",
        where=Place(),
        expected=f"at least {forecast.window:,} rows of each series, the latest ones last",
        received=f"{rows:,}",
        help="give the rows before them as well",
    )
