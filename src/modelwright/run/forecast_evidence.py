"""The evidence of a forecast: windows of the scored part, what followed, what was forecast, and baselines."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import torch

from modelwright.data.batches import Rows as Inputs
from modelwright.data.numbers import numbers_of
from modelwright.evaluate.naive import naive_forecasts
from modelwright.model.answers import answers
from modelwright.report.evidence import Forecasts, Rows
from modelwright.run.assemble import Assembly, Part
from modelwright.run.forecasting import in_units
from modelwright.training.infer import outputs

MOST_WINDOWS = 2_000
MOST_NUMBERS = 8_000_000  # of inputs, and of forecasts
LONGEST_PAST = 256  # steps


def chosen_windows(assembly: Assembly, part: Part) -> np.ndarray:
    """Return which windows of a part are looked at: all, or so many as fit, evenly spread."""
    plan, windows = assembly.plan, len(part.target)
    assert plan.forecast is not None
    width = max(plan.forecast.window * len(plan.inputs), plan.outputs.width)
    most = max(1, min(windows, MOST_WINDOWS, MOST_NUMBERS // width))
    return np.linspace(0, windows - 1, most).astype(np.int64)


def gathered(part: Part, chosen: np.ndarray) -> tuple[Inputs, ...]:
    """Return the inputs of some windows."""
    return tuple(each.index_select(0, torch.from_numpy(chosen).to(each.device)) for each in part.inputs)


def forecast_evidence(
    assembly: Assembly, part: Part, name: str, chosen: np.ndarray, inputs: tuple[Inputs, ...]
) -> tuple[Rows, Forecasts]:
    """Return some windows as rows (in the units that errors are told in) and as forecasts (in the user's units)."""
    plan, every = assembly.plan, assembly.resident
    assert plan.forecast is not None and every is not None and part.starts is not None
    known, targets = plan.forecast, len(plan.outputs.targets)
    shape = (len(chosen), known.horizon, targets)
    starts, truth = part.starts[chosen], part.target[chosen]
    given = answers(plan, outputs(assembly.model.core, inputs)).cpu().numpy()
    training = assembly.train.starts
    assert training is not None
    made = naive_forecasts(every.series, starts, known.window, known.horizon, targets, known.period, training)
    baselines = {each: answers(plan, torch.from_numpy(raw)).numpy().reshape(shape) for each, raw, _ in made}
    frame, begin = every.table.frame, starts + known.window
    columns = np.column_stack([numbers_of(frame[target]) for target in plan.outputs.targets])
    past = begin[:, None] + np.arange(-min(known.window, LONGEST_PAST), 0)
    rows = Rows(
        part=name, frame=frame[begin], numbers=begin, target=in_units(plan, truth), answers=in_units(plan, given)
    )
    return rows, Forecasts(
        starts=begin,
        past=columns[past],
        truth=truth.reshape(shape),
        answers=given.reshape(shape),
        baselines=baselines,
        windows=len(part.target),
        times=frame[known.time] if known.time is not None else None,
        names=_series(assembly, begin),
    )


def _series(assembly: Assembly, rows: np.ndarray) -> list[str]:
    """Return the series that each row is of; none where there is but one."""
    assert assembly.resident is not None
    timeline = assembly.resident.table.timeline
    if timeline is None or len(timeline.blocks) < 2:
        return []
    begins = [begin for begin, _ in timeline.blocks]
    return [timeline.names[bisect_right(begins, int(row)) - 1] for row in rows]
