"""The score of a finished run: its model on the test rows, which are used here and nowhere else, beside baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from modelwright.data.split import Split
from modelwright.evaluate.baselines import fit_baselines
from modelwright.evaluate.intervals import paired_difference
from modelwright.evaluate.result import Baseline, Result
from modelwright.evaluate.score import evaluate
from modelwright.model.answers import answers
from modelwright.run.assemble import Assembly, Part
from modelwright.training.infer import outputs


def score_run(assembly: Assembly, split: Split) -> Result:
    """Return scores and baselines on the test rows; where there are none, on other rows, and the part says which."""
    plan = assembly.plan
    name, rows = next((name, rows) for name in ("test", "validation", "train") if len(rows := split.parts[name]))
    part = assembly.part(rows)
    found = answers(plan, outputs(assembly.model.core, part.inputs)).cpu().numpy()
    groups = None
    if plan.data.group is not None:
        groups = assembly.prepared.dataset.table.frame[plan.data.group].gather(rows).rank("dense").to_numpy()
    result = evaluate(
        plan.metric, plan.task, found, part.target, weight=part.weight, groups=groups, part=name, seed=plan.train.seed
    )
    return replace(result, baselines=tuple(_baselines(assembly, part, found, groups)))


def _baselines(assembly: Assembly, part: Part, found: np.ndarray, groups: np.ndarray | None) -> Iterator[Baseline]:
    """Fit the simple models on the training rows, score them on the part, and compare the trained one row by row."""
    plan = assembly.plan
    fitted = fit_baselines(
        plan.task,
        assembly.train.inputs[0].cpu(),
        assembly.train.target,
        part.inputs[0].cpu(),
        part.target,
        plan.metric,
        assembly.train.weight,
        part.weight,
        len(plan.outputs.classes) or None,
    )
    for one in fitted:
        difference = paired_difference(
            plan.metric, plan.task, part.target, found, one.outputs, part.weight, groups, plan.train.seed
        )
        yield replace(one.baseline, low=difference.low, high=difference.high)
