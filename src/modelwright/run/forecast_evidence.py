"""The evidence of a forecast: windows of the scored part, what followed, what was forecast, and baselines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
import polars as pl
import torch

from modelwright.data.batches import Rows as Inputs
from modelwright.data.numbers import numbers_of
from modelwright.data.split import Split
from modelwright.evaluate.naive import naive_forecasts
from modelwright.model.answers import answers
from modelwright.plan.plan import Plan
from modelwright.report.evidence import Forecasts, Rows
from modelwright.run.assemble import Assembly, Part
from modelwright.run.folder import Folder
from modelwright.run.forecasting import in_units
from modelwright.run.prepare import Dataset
from modelwright.run.trained import put_weights, trained
from modelwright.training.infer import outputs

MOST_WINDOWS = 2_000
MOST_NUMBERS = 8_000_000  # of inputs, and of forecasts
LONGEST_PAST = 256  # steps


def chosen_windows(assembly: Assembly, part: Part, models: int = 1) -> np.ndarray:
    """Return which windows of a part are looked at: all, or so many as fit beside those of other models, evenly
    spread."""
    plan, windows = assembly.plan, len(part.target)
    assert plan.forecast is not None
    width = max(plan.forecast.window * len(plan.inputs), plan.outputs.width)
    most = max(1, min(windows, MOST_WINDOWS // models, MOST_NUMBERS // (width * models)))
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


def cohort_forecasts(
    members: Sequence[Folder], dataset: Dataset, parts: Sequence[Split], name: str
) -> tuple[Rows, Forecasts]:
    """Return the windows of all folds as each fold's models forecast them; those of several seeds are averaged."""
    folds: dict[int | None, list[Folder]] = {}
    for one in members:
        folds.setdefault(one.plan().split.fold, []).append(one)
    found = [_of_fold(seeds, dataset, parts, name, len(members)) for seeds in folds.values()]
    rows = Rows(
        part=name,
        frame=pl.concat([one.frame for one, _ in found]),
        numbers=np.concatenate([one.numbers for one, _ in found]),
        target=np.concatenate([one.target for one, _ in found]),
        answers=np.concatenate([one.answers for one, _ in found]),
    )
    return rows, _joined([one for _, one in found], [seeds[0].plan() for seeds in folds.values()])


def _of_fold(
    seeds: Sequence[Folder], dataset: Dataset, parts: Sequence[Split], name: str, models: int
) -> tuple[Rows, Forecasts]:
    """Return the windows of one fold; the models of all seeds are asked, one after another."""
    assembly = trained(seeds[0], dataset)
    fold = seeds[0].plan().split.fold
    split = next((part for part in parts if part.plan.fold == fold), parts[0])
    part = assembly.part(split.parts[name])
    chosen = chosen_windows(assembly, part, models)
    inputs = gathered(part, chosen)
    rows, found = forecast_evidence(assembly, part, name, chosen, inputs)
    if len(seeds) == 1:
        return rows, found
    made = [found.answers]
    for folder in seeds[1:]:
        put_weights(assembly, folder)
        told = answers(assembly.plan, outputs(assembly.model.core, inputs)).cpu().numpy()
        made.append(told.reshape(found.truth.shape))
    mean = np.mean(made, axis=0)
    given = in_units(assembly.plan, mean.reshape(len(chosen), -1))
    return replace(rows, answers=given), replace(found, answers=mean, seeds=np.stack(made))


def _joined(found: Sequence[Forecasts], plans: Sequence[Plan]) -> Forecasts:
    """Return the windows of several folds as one; baselines that a fold does not have are left out."""
    ends = list(accumulate((len(one.starts) for one in found), initial=0))
    first = found[0]
    names = [name for name in first.baselines if all(name in one.baselines for one in found)]
    several = [one.seeds for one in found if one.seeds is not None]
    return Forecasts(
        starts=np.concatenate([one.starts for one in found]),
        past=np.concatenate([one.past for one in found]),
        truth=np.concatenate([one.truth for one in found]),
        answers=np.concatenate([one.answers for one in found]),
        baselines={name: np.concatenate([one.baselines[name] for one in found]) for name in names},
        windows=sum(one.windows for one in found),
        times=first.times,
        names=[name for one in found for name in one.names],
        seeds=np.concatenate(several, axis=1) if several else None,
        folds=[(plan, slice(start, end)) for plan, (start, end) in zip(plans, pairwise(ends), strict=True)],
    )


def _series(assembly: Assembly, rows: np.ndarray) -> list[str]:
    """Return the series that each row is of; none where there is but one."""
    assert assembly.resident is not None
    timeline = assembly.resident.table.timeline
    if timeline is None or len(timeline.blocks) < 2:
        return []
    begins = [begin for begin, _ in timeline.blocks]
    return [timeline.names[bisect_right(begins, int(row)) - 1] for row in rows]
