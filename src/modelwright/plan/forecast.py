"""Plan a forecast: its inputs and outputs, how far it looks back and ahead, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.data.columns import Column, Table
from modelwright.data.numbers import numbers_of, offset_for
from modelwright.data.period import period_of
from modelwright.data.split import Split
from modelwright.data.steps import known, segments
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError, SpecError
from modelwright.plan.plan import ForecastPlan, InputPlan, OutputPlan
from modelwright.plan.steps import require_line
from modelwright.spec.schema import Spec

SEASONS = 3
"""Seasons that a window looks back on where none is given: enough to tell a season from what is new in it."""
FEWEST = 8
NUMBERS = ("numeric", "integer", "boolean")


def is_forecast(spec: Spec) -> bool:
    """Return whether a description asks for a forecast: by its task, or by how far it looks back or ahead."""
    if spec.task != "auto":
        return spec.task == "forecasting"
    return spec.data.horizon != "auto" or spec.data.window != "auto"


def why_forecast(spec: Spec) -> str:
    """Return why the task is a forecast."""
    if spec.task != "auto":
        return "given"
    return f"`data.{'horizon' if spec.data.horizon != 'auto' else 'window'}` is given: steps ahead are predicted"


def plan_forecast(
    spec: Spec, table: Table, split: Split, targets: tuple[str, ...]
) -> tuple[ForecastPlan, dict[str, str]]:
    """Return window, horizon, stride and season with their reasons.

    Raises SpecError (H504) for a target that holds no numbers, (Y003) for a window and a horizon that no training span
    can hold, DataError (L201) for a part that is shorter than the horizon.
    """
    assert table.timeline is not None
    require_line(spec.scale)
    kinds = {name: table.column(name).kind for name in targets}
    wrong = [_no_numbers(name, kind) for name, kind in kinds.items() if kind not in NUMBERS]
    if wrong:
        raise SpecError(*wrong)
    why: dict[str, str] = {}
    longest = _longest(split.train, table.timeline.blocks)
    period = _period(table, split, targets)
    season = f"a season of {period} steps" if period > 1 else "no season"
    why["forecast.period"] = f"{season} in the training rows, by autocorrelation"
    horizon = 1 if spec.data.horizon == "auto" else spec.data.horizon
    why["forecast.horizon"] = "default: the next step" if spec.data.horizon == "auto" else "given"
    window, why["forecast.window"] = _window(spec, period, horizon, longest)
    plan = ForecastPlan(
        time=spec.data.time,
        series=spec.data.series,
        window=window,
        horizon=horizon,
        stride=spec.data.stride,
        step=table.timeline.step,
        period=period,
        units=spec.evaluate.units,
    )
    problems = list(_too_long(plan, longest)) or list(_too_short(plan, table, split, targets))
    if problems:
        raise (SpecError if problems[0].code == "Y003" else DataError)(*problems)
    return plan, why


def forecast_inputs(
    spec: Spec, table: Table, split: Split, targets: tuple[str, ...], forecast: ForecastPlan
) -> tuple[tuple[InputPlan, ...], dict[str, str], dict[str, str]]:
    """Return the columns that a window holds, the targets first, those that it does not (with the reason), and reasons.

    Raises DataError (D101) for a target without a training value.
    """
    columns = {column.name: column for column in table.columns}
    inputs: list[InputPlan] = []
    unused: dict[str, str] = {}
    shape = (forecast.window, 0)
    for name in (*targets, *(name for name in columns if name not in targets)):
        reason = "" if name in targets else _role(spec, columns[name])
        values = numbers_of(table.frame[name].gather(split.train)) if not reason else np.empty(0)
        values = values[np.isfinite(values)]
        if not reason and not len(values):
            if name in targets:
                raise DataError(_empty(name))
            reason = "no training row has a value"
        if not reason and name not in targets and np.ptp(values) == 0:
            reason = f"constant: each training row has {values[0]:g}"
        if reason:
            unused[name] = reason
        else:
            inputs.append(_input(columns[name], values, "target" if name in targets else "covariate", shape))
    shape = (forecast.window, len(inputs))
    inputs = [column.model_copy(update={"shape": shape}) for column in inputs]
    return tuple(inputs), unused, {f"inputs.{column.name}": column.why for column in inputs}


def forecast_outputs(targets: tuple[str, ...], forecast: ForecastPlan) -> OutputPlan:
    """Return what is forecast; scale and mean follow from the scaler, which is fitted when training starts."""
    return OutputPlan(targets=targets, kind="numeric", width=forecast.horizon * len(targets))


def _input(column: Column, values: np.ndarray, role: str, shape: tuple[int, int]) -> InputPlan:
    return InputPlan(
        name=column.name,
        kind=column.kind,
        encoding="steps",
        why=f"{role}: {column.why}",
        low=float(values.min()),
        high=float(values.max()),
        offset=offset_for(values),
        shape=shape,
    )


def _role(spec: Spec, column: Column) -> str:
    """Return why a column is no covariate; empty if it is one."""
    data = spec.data
    if column.name in data.drop:
        return "dropped: given"
    for role in ("time", "series", "group", "weight"):
        if column.name == getattr(data, role):
            return {"time": "time: orders the rows", "series": "tells the series apart"}.get(role, role)
    if column.kind not in NUMBERS:
        return f"{column.kind}: a window holds numbers"
    return ""


def _window(spec: Spec, period: int, horizon: int, longest: int) -> tuple[int, str]:
    """Return how far a forecast looks back, and why."""
    if spec.data.window != "auto":
        return spec.data.window, "given"
    seasons = SEASONS * period if period > 1 else 0
    wanted = max(seasons, 2 * horizon, FEWEST)
    most = max(1, (longest - horizon) // 2)
    if most < wanted:
        return most, f"half of what the training span of {longest:,} rows leaves"
    return wanted, f"{SEASONS} seasons" if wanted == seasons else f"twice the horizon, at least {FEWEST}"


def _longest(rows: np.ndarray, blocks: tuple[tuple[int, int], ...]) -> int:
    """Return the rows of the longest training span of one series."""
    return max(int(np.searchsorted(rows, stop) - np.searchsorted(rows, start)) for start, stop in blocks)


def _period(table: Table, split: Split, targets: tuple[str, ...]) -> int:
    """Return the most frequent season of the targets in the longest training span."""
    assert table.timeline is not None
    spans = [split.train[(split.train >= start) & (split.train < stop)] for start, stop in table.timeline.blocks]
    rows = max(spans, key=len)
    found = [period_of(numbers_of(table.frame[name].gather(rows))) for name in targets[:20]]
    values, counts = np.unique(found, return_counts=True)
    return int(values[counts.argmax()])


def _too_long(plan: ForecastPlan, longest: int) -> Iterator[Diagnostic]:
    needed = plan.window + plan.horizon
    if needed <= longest:
        return
    window = max(1, (longest - plan.horizon) * 2 // 3)
    fix = f"data: {{window: {window}, horizon: {plan.horizon}}}"
    if plan.horizon >= longest:
        fix = f"data: {{window: {max(1, longest // 2)}, horizon: {max(1, longest // 4)}}}"
    yield Diagnostic(
        code="Y003",
        severity="error",
        message=f"a window of {plan.window:,} and a horizon of {plan.horizon:,} need {needed:,} rows, "
        f"the longest training span has {longest:,}",
        where=Place(key="data.window"),
        expected=f"window + horizon of at most {longest:,}",
        received=f"{needed:,}",
        help=fix if longest > 1 else "give a longer series",
    )


def _too_short(plan: ForecastPlan, table: Table, split: Split, targets: tuple[str, ...]) -> Iterator[Diagnostic]:
    assert table.timeline is not None
    usable = known(table.frame, targets)
    for name, rows in split.parts.items():
        if (
            not len(rows)
            or segments(rows, usable, table.timeline.blocks, plan.window, plan.horizon, plan.stride)[-1, 0]
        ):
            continue
        missing = f", {int((~usable[rows]).sum()):,} of them without a target" if not usable[rows].all() else ""
        fix = f"data: {{horizon: {max(1, len(rows) // 2)}}}, or a larger part: split: {{{_size(name)}: …}}"
        if not usable[rows].any():
            fix = "remove the rows without a target at the end: `predict` goes on after the last one that has it"
        yield Diagnostic(
            code="L201",
            severity="error",
            message=f"the {name} part has no whole window: {len(rows):,} rows{missing}, a horizon of {plan.horizon:,}",
            where=Place(key="data.horizon"),
            expected=f"at least {plan.horizon:,} rows in a row of one series",
            received=f"{len(rows):,}",
            help=fix,
        )


def _size(part: str) -> str:
    return "test_size" if part == "train" else f"{part}_size"


def _no_numbers(name: str, kind: str) -> Diagnostic:
    return Diagnostic(
        code="H504",
        severity="error",
        message=f"the target `{name}` does not hold numbers, so it cannot be forecast",
        where=Place(key="data.target"),
        received=kind,
        help="name a column of numbers: `data.target: COLUMN`",
    )


def _empty(name: str) -> Diagnostic:
    return Diagnostic(
        code="D101",
        severity="error",
        message=f"no training row has a value in the target `{name}`",
        where=Place(key="data.target"),
        help="name another column: `data.target: …`",
    )
