"""The score of a finished run: its model on the test rows, which are used here and nowhere else, beside baselines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.batches import Rows, Streamed
from modelwright.data.machine import cores
from modelwright.data.split import Split
from modelwright.evaluate.baselines import Fitted, fit_baselines
from modelwright.evaluate.intervals import paired_difference
from modelwright.evaluate.metrics import Lead, compute
from modelwright.evaluate.naive import naive_forecasts
from modelwright.evaluate.result import Baseline, Result
from modelwright.evaluate.score import evaluate
from modelwright.evaluate.words import Words
from modelwright.model.answers import answers
from modelwright.plan.plan import Plan, TokensPlan
from modelwright.run.assemble import Assembly, Part
from modelwright.run.forecasting import in_units
from modelwright.run.own import leading
from modelwright.training.infer import outputs

AT_ONCE = 4096


class Numbers:
    """Pictures or sequences as the linear baseline sees them: numbers `[N, W]`, made when they are asked for."""

    def __init__(self, rows: Rows, front: nn.Module | None) -> None:
        self.rows = rows
        self.front = front
        self.shape = (len(rows), self._flat(torch.arange(min(1, len(rows)))).shape[1])

    def __getitem__(self, which: Tensor | slice) -> Tensor:
        numbers = which if isinstance(which, Tensor) else torch.arange(len(self.rows))[which]
        pieces = [self._flat(piece) for piece in numbers.split(AT_ONCE)]
        return torch.cat(pieces) if len(pieces) > 1 else pieces[0]

    def _flat(self, numbers: Tensor) -> Tensor:
        found = self.rows.index_select(0, numbers.to(self.rows.device))
        with torch.no_grad():
            return (found if self.front is None else self.front(found)).flatten(1).cpu()


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows that a run is scored on, and the simple models it is compared with, which may still be being fitted."""

    name: str
    rows: np.ndarray
    part: Part
    simple: Future[Iterable[Fitted]] | None = None


def judged(assembly: Assembly, split: Split) -> Judged:
    """Return the test rows; where there are none, other rows, and the name says which."""
    name, rows = next((name, rows) for name in ("test", "validation", "train") if len(rows := split.parts[name]))
    part = assembly.part(rows)
    return Judged(name, rows, replace(part, target=in_units(assembly.plan, part.target)))


def judged_beside(assembly: Assembly, split: Split) -> Judged | None:
    """Return the same with the simple models begun to be fitted in a thread; None where no core is free for it.

    Training may use all cores once they are done.
    """
    if assembly.trainer.companion is not None or not _needs_rows_alone(assembly):
        return None
    on, pool = judged(assembly, split), ThreadPoolExecutor(1)
    simple = pool.submit(_simple, assembly, on.part)
    pool.shutdown(wait=False)
    if assembly.trainer.spare is not None:
        assembly.trainer.spare.ready = simple.done
    return replace(on, simple=simple)


def _needs_rows_alone(assembly: Assembly) -> bool:
    """Return whether the simple models can be fitted while the network trains, on a core that it leaves free.

    They are the same to the bit, since as many threads of torch's work on them either way. What has a front, or a
    metric of the user's own, waits: both may be at work in the training.
    """
    plan = assembly.plan
    tables = (
        plan.forecast is None and plan.contrast is None and plan.inputs[0].encoding not in ("pixels", "tokens", "steps")
    )
    alone = plan.execution.device == "cpu" and plan.execution.threads == 1 and cores() > 1
    return tables and alone and isinstance(_lead(assembly), str) and isinstance(assembly.train.inputs[0], Tensor)


def score_run(assembly: Assembly, on: Judged) -> Result:
    """Return scores and baselines on the rows that the run is judged on."""
    plan, name, rows, part = assembly.plan, on.name, on.rows, on.part
    found = in_units(plan, answers(plan, outputs(assembly.model.core, part.inputs)).cpu().numpy())
    groups = _overlapping(plan, part)
    if plan.data.group is not None:
        groups = assembly.prepared.dataset.table.frame[plan.data.group].gather(rows).rank("dense").to_numpy()
    result = evaluate(
        _lead(assembly),
        plan.task,
        found,
        part.target,
        weight=part.weight,
        groups=groups,
        part=name,
        seed=plan.train.seed,
    )
    steps = _by_step(assembly, found, part.target)
    return replace(result, baselines=tuple(_baselines(assembly, on, found, groups)), steps=steps)


def _lead(assembly: Assembly) -> Lead:
    return leading(assembly.plan, assembly.prepared.dataset.description)


def _overlapping(plan: Plan, part: Part) -> np.ndarray | None:
    """Return the stretch of time that each window's targets begin in; windows of one overlap, so it is drawn whole."""
    if plan.forecast is None or part.starts is None:
        return None
    return part.starts // plan.forecast.horizon


def _by_step(assembly: Assembly, found: np.ndarray, target: np.ndarray) -> tuple[float, ...]:
    """Return the leading metric at each step ahead; nothing for other tasks."""
    plan = assembly.plan
    if plan.forecast is None:
        return ()
    pairs = zip(*(np.split(each, plan.forecast.horizon, axis=1) for each in (found, target)), strict=True)
    return tuple(compute(_lead(assembly), plan.task, *pair) for pair in pairs)


def _naive(assembly: Assembly, part: Part) -> Iterator[Fitted]:
    """Forecast the part as simply as can be."""
    plan, every = assembly.plan, assembly.resident
    assert plan.forecast is not None and every is not None and part.starts is not None
    known, training = plan.forecast, assembly.train.starts
    assert training is not None
    made = naive_forecasts(
        every.series, part.starts, known.window, known.horizon, len(plan.outputs.targets), known.period, training
    )
    for name, raw, note in made:
        found = in_units(plan, answers(plan, torch.from_numpy(raw)).numpy())
        yield Fitted(Baseline(name, plan.metric, compute(_lead(assembly), plan.task, found, part.target), note), found)


def _numbers(rows: Rows, front: nn.Module | None, tokens: TokensPlan | None) -> Tensor | Numbers | Words:
    """Return rows as numbers, texts as words; embedded columns stay out: a linear model has no vectors to learn."""
    if tokens is not None and isinstance(rows, Tensor):
        return Words(rows.cpu().numpy(), tokens.size)
    return rows.cpu() if isinstance(rows, Tensor) and rows.dim() == 2 else Numbers(rows, front)


def _baselines(assembly: Assembly, on: Judged, found: np.ndarray, groups: np.ndarray | None) -> Iterator[Baseline]:
    """Fit the simple models on the training rows, score them on the part, and compare the trained one row by row."""
    plan, part = assembly.plan, on.part
    if on.simple is not None:
        fitted = on.simple.result()
    else:
        fitted = _naive(assembly, part) if plan.forecast is not None else _simple(assembly, part)
    for one in fitted:
        difference = paired_difference(
            _lead(assembly), plan.task, part.target, found, one.outputs, part.weight, groups, plan.train.seed
        )
        yield replace(one.baseline, low=difference.low, high=difference.high)


def _simple(assembly: Assembly, part: Part) -> Iterable[Fitted]:
    """Fit the constant answer and the linear model."""
    plan, tokens = assembly.plan, assembly.plan.inputs[0].tokens
    of_one = plan.inputs[0].encoding in ("pixels", "tokens")  # the fronts of others take more than numbers
    front = assembly.model.front if of_one else None
    rows: list[Any] = [_numbers(one.inputs[0], front, tokens) for one in (assembly.train, part)]
    return fit_baselines(
        plan.task,
        rows[0],
        assembly.train.target,
        rows[1] if tokens is not None or isinstance(part.inputs[0], Streamed) else rows[1][:],
        part.target,
        _lead(assembly),
        assembly.train.weight,
        part.weight,
        len(plan.outputs.classes) or None,
    )
