"""Declared cases of the rules about series, sequences and how layers follow one another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from check_facts import Case, description, number, plan, rng, table
from modelwright.checks.facts import Facts
from modelwright.data.columns import Timeline
from modelwright.plan.plan import ForecastPlan, InputPlan, OutputPlan

ROWS = 300


def _timed(*notes: str) -> Facts:
    timeline = Timeline(blocks=((0, 4),), names=("",), step="1h", notes=notes)
    rows = replace(table({"t": [1, 2, 3, 4], "y": [1.0, 2.0, 3.0, 4.0]}), timeline=timeline)
    return Facts(description=description(data={"path": "a.csv", "time": "t", "horizon": 1}), table=rows)


def _covariate(values: np.ndarray, target: np.ndarray, horizon: int = 3) -> Facts:
    timeline = Timeline(blocks=((0, ROWS),), names=("",), step="")
    forecast = ForecastPlan(
        time=None, series=None, window=8, horizon=horizon, stride=1, step="", period=1, units="original"
    )
    made = plan(
        "forecasting",
        (number("y"), number("x")),
        OutputPlan(targets=("y",), kind="numeric", width=horizon),
        (200, 0, 100),
        forecast=forecast,
    )
    rows = replace(table({"y": target, "x": values}), timeline=timeline)
    return Facts(description=description(), table=rows, plan=made, task="forecasting")


def _walk() -> np.ndarray:
    return rng().normal(size=ROWS).cumsum()


def _layers(*layers: str, ragged: bool = False) -> Facts:
    inputs = (InputPlan(name="s", kind="series", encoding="steps", why="", shape=(9, 2), ragged=ragged),)
    made = plan("binary", inputs, OutputPlan(targets=("y",), kind="category"), (8, 1, 1), layers=layers)
    return Facts(description=description(), plan=made)


def _described(*layers: str) -> Facts:
    return Facts(description=description(model=list(layers)))


def _deep(activation: str, count: int) -> tuple[Any, ...]:
    return tuple(text for _ in range(count) for text in ("Linear(4, 4)", activation))


SERIES = {
    "D114": [
        Case("sorted", lambda: _timed("2 rows come before the row above them in time"), "warning", "in time"),
        Case("in order", _timed),
    ],
    "L215": [
        Case("the target of tomorrow", lambda: _covariate(np.roll(_walk(), -1), _walk()), "error", "1 step"),
        Case("three steps ahead", lambda: _covariate(np.roll(_walk(), -3), _walk()), "error", "3 steps"),
        Case("beyond the horizon", lambda: _covariate(np.roll(_walk(), -4), _walk())),
        Case("the target of yesterday", lambda: _covariate(np.roll(_walk(), 1), _walk())),
        Case("another walk", lambda: _covariate(rng(1).normal(size=ROWS), _walk())),
        Case("few values that repeat", lambda: _covariate(np.arange(ROWS) % 2 * 1.0, (np.arange(ROWS) + 1) % 2 * 1.0)),
    ],
    "S310": [
        Case(
            "steps first",
            lambda: _described("GRU(..., 8, batch_first=False)", "Last", "Linear(..., ...)"),
            "error",
            "steps in time",
        ),
        Case("steps first by place", lambda: _described("LSTM(3, 8, 1, True, False)", "Last"), "error", "LSTM"),
        Case("steps first in a block", lambda: _described("Residual(GRU(3, 3, batch_first=False))"), "error", "GRU"),
        Case("rows first", lambda: _described("GRU(..., 8, batch_first=True)", "Last", "Linear(..., ...)")),
        Case("flattened padding", lambda: _layers("Flatten", "Linear(18, 1)", ragged=True), "warning", "padding"),
        Case("pooled first", lambda: _layers("GRU(2, 4)", "Last", "Linear(4, 1)", ragged=True)),
        Case("flattened, all of one length", lambda: _layers("Flatten", "Linear(18, 1)")),
    ],
}
