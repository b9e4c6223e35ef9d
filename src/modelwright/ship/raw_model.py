"""A model as other runtimes see it: one vector a column in, answers out; preprocessing, dates and units inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import PERIODS
from modelwright.data.numbers import LIMIT
from modelwright.model.answers import LINKS, like
from modelwright.plan.plan import CYCLES, InputPlan, Plan
from modelwright.ship.model import Ensemble, Model
from modelwright.spec.call import parse
from modelwright.spec.own import is_own

DAY = 86_400.0
CODED = ("one_hot", "embedding")


class RawModel(nn.Module):
    """Answers rows given as one vector a column, float64 `[N]` with NaN for missing, codes of categories int64 `[N]`.

    A date is its seconds since 1970-01-01, on the clock it was written by. Of several models (a cohort) the answers
    are averaged. Returns probabilities `[N, K]` (float32), one a class or label, or numbers `[N, T]` (float64).
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        models = model.models if isinstance(model, Ensemble) else (model,)
        self.plan = model.plan
        self.members = nn.ModuleList(_Member(one) for one in models)
        self.columns = tuple(column for column in model.inputs if column.encoding not in CODED)
        self.coded = tuple(
            (number, column) for number, one in enumerate(models) for column in one.inputs if column.encoding in CODED
        )

    def forward(self, *values: Tensor) -> Tensor:
        """Take the vectors of `columns`, then the codes of `coded`."""
        numbers = dict(zip((column.name for column in self.columns), values, strict=False))
        codes = values[len(self.columns) :]
        found: list[Tensor] = []
        for number, member in enumerate(self.members):
            own = [code for code, (of, _) in zip(codes, self.coded, strict=True) if of == number]
            found.append(cast(_Member, member)(numbers, own))
        return averaged(self.plan, found)


class _Member(nn.Module):
    """One model with its columns."""

    offsets: Tensor

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.module = model.module
        self.plan = model.plan
        self.numbers = [column for column in model.inputs if column.encoding == "number"]
        self.dates = [column for column in model.inputs if column.encoding == "date"]
        offsets = [column.offset for column in self.numbers]
        self.register_buffer("offsets", torch.tensor(offsets, dtype=torch.float64))
        parts = {part for column in self.dates for part in column.dates if part in CYCLES}
        for part in sorted(parts):
            self.register_buffer(part, torch.from_numpy(_cycle(part)))

    def forward(self, values: dict[str, Tensor], codes: list[Tensor]) -> Tensor:
        parts = [self._numbers(values)] if self.numbers else []
        dates = [part for column in self.dates for part in self._date(values[column.name], column)]
        parts += [torch.stack(dates, dim=1)] if dates else []
        rows = next(iter(values.values())) if values else codes[0]
        numbers = torch.cat(parts, dim=1) if parts else rows.new_zeros((rows.shape[0], 0), dtype=torch.float32)
        coded = torch.stack(codes, dim=1) if codes else rows.new_zeros((rows.shape[0], 0), dtype=torch.int64)
        return answered(self.plan, self.module(numbers, coded))

    def _numbers(self, values: dict[str, Tensor]) -> Tensor:
        numbers = torch.stack([values[column.name] for column in self.numbers], dim=1)
        if any(column.offset for column in self.numbers):
            numbers = numbers - self.offsets
        numbers = torch.where(numbers > LIMIT, LIMIT, numbers)  # clamp would lose NaN in some runtimes
        return torch.where(numbers < -LIMIT, -LIMIT, numbers).float()

    def _date(self, seconds: Tensor, column: InputPlan) -> list[Tensor]:
        parts = date_parts(seconds, column.dates)
        made: list[Tensor] = []
        for name in column.dates:
            if name in CYCLES:
                first, period = PERIODS[name]
                place = torch.where(parts[name].isnan(), float(period), parts[name] - first)
                made += getattr(self, name)[:, place.to(torch.int64)].unbind(0)
            else:
                made.append(parts[name].float())
        return made


def averaged(plan: Plan, found: Sequence[Tensor]) -> Tensor:
    """Return the answers of several models as one: their mean; embeddings stand beside one another."""
    if len(found) == 1:
        return found[0]
    if plan.task == "contrastive":
        return torch.cat(list(found), dim=1) / math.sqrt(len(found))
    return torch.stack([one.double() for one in found]).mean(0).to(found[0].dtype)


def answered(plan: Plan, raw: Tensor) -> Tensor:
    """Do what `model.answers` does, two columns for two classes; of a forecast `[N, horizon · targets]`."""
    loss = parse(plan.loss)
    counts = loss.name == "PoissonNLLLoss" and loss.kwargs.get("log_input", True) is not True
    link = None if counts else LINKS.get(loss.name if not is_own(loss.name) else like(plan, raw))
    value = raw if link is None else link(raw)
    if plan.task == "binary":
        value = value.clamp(0, 1)
        second = value[:, 0] if plan.outputs.width == 1 else value[:, 1]
        return torch.stack([1 - second, second], dim=1)
    if plan.task not in ("regression", "forecasting"):
        return value
    steps = 1 if plan.forecast is None else plan.forecast.horizon
    mean = torch.tensor(plan.outputs.mean, dtype=torch.float64).repeat(steps)
    spread = torch.tensor(plan.outputs.scale, dtype=torch.float64).repeat(steps)
    return value.double() * spread + mean


def _cycle(part: str) -> np.ndarray:
    """Return sine and cosine `[2, period + 1]` of a part of a date, NaN last, as `data.arrays` has them."""
    first, period = PERIODS[part]
    angles = (np.arange(first, first + period) - first) * (2 * np.pi / period)
    return np.array([np.append(wave(angles), np.nan) for wave in (np.sin, np.cos)]).astype(np.float32)


def date_parts(seconds: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Return parts of dates as numbers, NaN where missing; the calendar is H. Hinnant's `civil_from_days`.

    >>> {name: int(part) for name, part in date_parts(torch.tensor([1709214300.0]), ("month", "day", "hour")).items()}
    {'month': 2, 'day': 29, 'hour': 13}
    """
    days = (seconds / DAY).floor()
    of_day = seconds - days * DAY
    hour = (of_day / 3600).floor()
    shifted = days + 719_468
    era = (shifted / 146_097).floor()
    doe = shifted - era * 146_097
    yoe = ((doe - (doe / 1460).floor() + (doe / 36_524).floor() - (doe / 146_096).floor()) / 365).floor()
    doy = doe - (365 * yoe + (yoe / 4).floor() - (yoe / 100).floor())
    shifted_month = ((5 * doy + 2) / 153).floor()
    month = torch.where(shifted_month < 10, shifted_month + 3, shifted_month - 9)
    parts = {
        "year": yoe + era * 400 + (month <= 2).to(seconds.dtype),
        "month": month,
        "day": doy - ((153 * shifted_month + 2) / 5).floor() + 1,
        "weekday": (days + 3) - ((days + 3) / 7).floor() * 7 + 1,
        "hour": hour,
        "minute": ((of_day - hour * 3600) / 60).floor(),
    }
    return {name: parts[name] for name in names}


def example(model: RawModel, rows: int = 3) -> tuple[Tensor, ...]:
    """Return values of the right types, to trace the model with."""
    numbers = tuple(torch.zeros(rows, dtype=torch.float64) for _ in model.columns)
    return (*numbers, *(torch.ones(rows, dtype=torch.int64) for _ in model.coded))
