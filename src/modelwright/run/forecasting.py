"""A forecast's rows on the device: one tensor of all series, of which the windows of each part are views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.columns import Table
from modelwright.data.numbers import numbers_of
from modelwright.data.steps import filled, known, segments
from modelwright.data.windows import Windows
from modelwright.model.build import mean_head
from modelwright.model.sequences import StepScale, fit_windows
from modelwright.plan.plan import ForecastPlan, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """All rows of a table, scaled, `[R, C]`, and which of them have every target."""

    series: Tensor
    usable: np.ndarray
    table: Table
    plan: Plan

    @property
    def forecast(self) -> ForecastPlan:
        """How far windows reach."""
        assert self.plan.forecast is not None
        return self.plan.forecast

    def runs(self, rows: np.ndarray) -> np.ndarray:
        """Return the runs of windows whose targets lie in some rows."""
        assert self.table.timeline is not None
        known = self.forecast
        return segments(rows, self.usable, self.table.timeline.blocks, known.window, known.horizon, known.stride)

    def inputs(self, runs: np.ndarray) -> Windows:
        """Return the windows that go in, `[N, window, C]`."""
        return Windows.of(self.series, self.forecast.window, runs, stride=self.forecast.stride)

    def wanted(self, runs: np.ndarray) -> Windows:
        """Return the targets after each window as the loss takes them, scaled: `[N, horizon · K]`."""
        ahead = self.series[self.forecast.window :, : len(self.plan.outputs.targets)]
        return Windows.of(ahead, self.forecast.horizon, runs, stride=self.forecast.stride, flat=True)

    def truth(self, runs: np.ndarray) -> np.ndarray:
        """Return the targets after each window as they stand in the data, float64 `[N, horizon · K]`."""
        names = self.plan.outputs.targets
        columns = np.column_stack([numbers_of(self.table.frame[name]) for name in names])[self.forecast.window :]
        windows = np.lib.stride_tricks.sliding_window_view(columns, self.forecast.horizon, axis=0)
        return windows[self.starts(runs)].swapaxes(1, 2).reshape(-1, self.forecast.horizon * len(names))

    def begin(self, layers: nn.Module, rows: np.ndarray) -> None:
        """Let a model begin by saying the mean of some rows, where its last layer has a bias for that."""
        bias, count = mean_head(self.plan, layers), len(self.plan.outputs.targets)
        if bias is not None:
            with torch.no_grad():
                bias.copy_(self.series[:, :count][rows].mean(0).repeat(self.forecast.horizon))

    def starts(self, runs: np.ndarray) -> np.ndarray:
        """Return the row where each window begins."""
        windows = self.inputs(runs)
        return windows.starts(torch.arange(len(windows), device=self.series.device)).cpu().numpy()


def resident(plan: Plan, table: Table, preprocess: StepScale, device: torch.device) -> Resident:
    """Place the rows of a table on the device, scaled, missing values replaced by those before them."""
    assert table.timeline is not None
    values = filled(table.frame, *_columns(plan), table.timeline.blocks)
    with torch.no_grad():
        (series,) = preprocess(torch.from_numpy(values).to(device)[None])
    usable = known(table.frame, plan.outputs.targets)
    return Resident(series=series[0], usable=usable, table=table, plan=plan)


def fit_forecast(plan: Plan, table: Table, rows: np.ndarray) -> tuple[Plan, StepScale]:
    """Return preprocessing fitted on the training rows, and the plan with what takes answers back to their units."""
    names, offsets = [column.name for column in plan.inputs], [column.offset for column in plan.inputs]
    columns = [numbers_of(table.frame[name].gather(rows)) for name in names]
    made, mean, scale = fit_windows(columns, offsets, plan.scale, len(plan.outputs.targets))
    return plan.model_copy(update={"outputs": plan.outputs.model_copy(update={"mean": mean, "scale": scale})}), made


def _columns(plan: Plan) -> tuple[Sequence[str], Sequence[float]]:
    return [column.name for column in plan.inputs], [column.offset for column in plan.inputs]


def in_units(plan: Plan, answers: np.ndarray) -> np.ndarray:
    """Return answers or targets `[N, width]` in the units that errors are told in."""
    if plan.forecast is None or plan.forecast.units == "original":
        return answers
    mean, scale = (np.tile(each, plan.forecast.horizon) for each in (plan.outputs.mean, plan.outputs.scale))
    return (answers - mean) / scale
