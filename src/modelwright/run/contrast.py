"""What a contrastive run does otherwise: rows by side, two views of a batch, embeddings compared and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from modelwright.data.arrays import number_columns, raw
from modelwright.data.batches import Batches, Chosen, Rows, gathered
from modelwright.data.columns import Examples
from modelwright.data.sides import columns_only, stacked
from modelwright.evaluate.metrics import METRICS, compute
from modelwright.evaluate.retrieval import measures
from modelwright.model.build import RowModel, joined, towers
from modelwright.model.contrast import Contrast, Judged
from modelwright.model.contrast_losses import make_contrastive
from modelwright.model.inputs import AsItIs, fit_preprocess
from modelwright.plan.plan import ContrastPlan, InputPlan, Plan
from modelwright.run.pictures import resident_pictures
from modelwright.run.prepare import Prepared
from modelwright.training.augment.build import augmentation
from modelwright.training.augment.views import APART, THIN, Changed, Corrupted, Thinned, Views, looked_at, unchanged
from modelwright.training.execution import with_precision
from modelwright.training.objective import Objective, contrastive
from modelwright.training.trainer import Validation

AT_ONCE = 65_536
MOST_JUDGED = 2_000
"""Validation rows after each epoch: similarities grow with the square of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Rows as the network takes them: the tensors of each side (of one, where views are made), and their labels."""

    sides: tuple[tuple[Rows, ...], ...]
    rows: np.ndarray
    labels: np.ndarray | None

    @property
    def inputs(self) -> tuple[Rows, ...]:
        """The tensors of all sides, one after another."""
        return tuple(each for side in self.sides for each in side)


def contrast_of(plan: Plan) -> ContrastPlan:
    """Return what a contrastive plan compares."""
    assert plan.contrast is not None
    return plan.contrast


def examples_of(plan: Plan, prepared: Prepared) -> list[Examples]:
    """Return the rows that each network takes: of stacked sides all of them, one under another."""
    contrast, table = contrast_of(plan), prepared.dataset.table
    if not contrast.sides:
        return [table.examples]
    if contrast.second is None:
        return [stacked(table, contrast.sides).examples]
    return [columns_only(table, side).examples for side in contrast.sides]


def fit_networks(plan: Plan, prepared: Prepared) -> nn.Module:
    """Return the preprocessing of all networks, fitted on the training rows of all sides."""
    rows, count = prepared.split.train, len(prepared.dataset.table.frame)
    stack = len(contrast_of(plan).sides) if contrast_of(plan).second is None else 1
    every = np.concatenate([rows + at * count for at in range(max(1, stack))])
    each = zip(towers(plan), examples_of(plan, prepared), strict=True)
    return joined([fit_preprocess(one, examples, every) for one, examples in each], plan)


def compared_rows(
    plan: Plan, prepared: Prepared, preprocess: nn.Module, rows: np.ndarray, device: torch.device
) -> Compared:
    """Return some rows of the table as the networks take them, side by side."""
    contrast, count = contrast_of(plan), len(prepared.dataset.table.frame)
    every = examples_of(plan, prepared)
    if contrast.second is not None:
        one_by_one = list(preprocess.each) if hasattr(preprocess, "each") else []  # pyright: ignore[reportArgumentType]
        sides = [
            _prepared(one, examples, module, rows, device)
            for one, examples, module in zip(towers(plan), every, one_by_one, strict=True)
        ]
    else:
        stack = range(max(1, len(contrast.sides)))
        sides = [_prepared(plan, every[0], preprocess, rows + at * count, device) for at in stack]
    labels = labels_of(plan, prepared, rows) if contrast.positives == "labels" else None
    return Compared(sides=tuple(sides), rows=rows, labels=labels)


def labels_of(plan: Plan, prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    """Return a number for the label of each row, int64; labels that no training row has are compared like others."""
    every = prepared.dataset.table.frame[plan.outputs.targets[0]].cast(pl.String)
    return every.rank("dense").gather(rows).to_numpy().astype(np.int64)


def _prepared(
    plan: Plan, examples: Examples, preprocess: nn.Module, rows: np.ndarray, device: torch.device
) -> tuple[Rows, ...]:
    """Return rows as one network takes them, prepared in pieces; pictures that need nothing stay where they are."""
    if isinstance(preprocess, AsItIs) and plan.inputs[0].encoding == "pixels" and device.type == "cpu":
        return (resident_pictures(examples, plan.inputs[0].name, rows),)
    pieces: list[tuple[Tensor, ...]] = []
    for start in range(0, max(1, len(rows)), AT_ONCE):
        arrays = raw(examples, plan.inputs, rows[start : start + AT_ONCE])
        with torch.no_grad():
            pieces.append(preprocess(*(torch.from_numpy(array).to(device) for array in arrays)))
    return tuple(torch.cat(each) for each in zip(*pieces, strict=True))


def views_of(plan: Plan, training: Compared, own: Mapping[str, Any]) -> Views | None:
    """Return what makes two views of each row; None where the rows give what is compared."""
    if contrast_of(plan).views == 1:
        return None
    seed, inputs = plan.train.seed, training.sides[0]
    if plan.inputs[0].encoding == "pixels":
        made = augmentation(plan.augment, seed, 0, own)
        changes = () if made is None else made.changes
        first, second = (Changed(seed=seed, changes=changes, stream=1 + at * APART) for at in range(2))
        return Views(first=first, second=second, inputs=1)
    if plan.inputs[0].encoding == "tokens":
        share = contrast_of(plan).corrupt
        one, other = (Thinned(seed=seed, share=share, stream=THIN + at * APART) for at in range(2))
        return Views(first=one, second=other, inputs=1)
    table = tuple(gathered(each) for each in inputs)
    columns = tuple(torch.tensor(each, dtype=torch.int64) for each in places(plan.inputs, len(inputs)))
    share = contrast_of(plan).corrupt
    device = table[0].device
    changed = Corrupted(seed=seed, table=table, columns=tuple(each.to(device) for each in columns), share=share)
    return Views(first=unchanged, second=changed, inputs=len(inputs))


def places(inputs: tuple[InputPlan, ...], tensors: int) -> list[list[int]]:
    """Return for each number that a network takes, and for each code, the place of its column among the inputs."""
    at = {column.name: number for number, column in enumerate(inputs)}
    numbers = [at[column.name] for column, _ in number_columns(inputs)]
    numbers += list(dict.fromkeys(at[column.name] for column, _ in number_columns(inputs) if column.flag))
    numbers += [at[c.name] for c in inputs if c.encoding == "one_hot" for _ in c.categories]
    codes = [at[column.name] for column in inputs if column.encoding == "embedding"]
    return [numbers, codes][:tensors]


def batches_of(plan: Plan, training: Compared, views: Views | None) -> Batches:
    """Return the training rows in batches, each with its views and labels."""
    device = training.inputs[0].device
    labels = () if training.labels is None else (torch.from_numpy(training.labels).to(device),)
    return Batches((*training.inputs, *labels), plan.train.batch_size, plan.train.seed, views)


def objective_of(plan: Plan) -> Objective:
    """Return the loss of a batch; `train.accumulate` computes it in parts."""
    labelled = contrast_of(plan).positives == "labels"
    made = contrastive(make_contrastive(plan.loss), labelled, plan.train.accumulate)
    return with_precision(made, plan.execution)


def looked(plan: Plan, part: Compared, views: Views | None) -> tuple[Tensor, ...]:
    """Return the inputs of the core for all embeddings that evaluation compares: `embedded` takes its outputs apart.

    Two networks take their sides beside one another; one network takes all views and sides one under another. Of
    labels each row is looked at once, as it is.
    """
    contrast = contrast_of(plan)
    rows = torch.from_numpy(part.rows).to(part.inputs[0].device)
    if contrast.second is not None:
        return tuple(looked_at(None, part.inputs, rows)[0])
    seen = None if contrast.positives == "labels" else views
    groups = [batch for side in part.sides for batch in looked_at(seen, side, rows)]
    return tuple(torch.cat(each) for each in zip(*groups, strict=True))


def embedded(plan: Plan, raw_outputs: Tensor, width: int | None = None) -> Tensor:
    """Return embeddings `[V, N, D]` from the core's outputs for what `looked` gave."""
    contrast = contrast_of(plan)
    if contrast.second is not None:
        return torch.stack(raw_outputs.split(width or contrast.embedding, dim=1))
    views = 1 if contrast.positives == "labels" else contrast.compared
    return raw_outputs.unflatten(0, (views, -1))


def measured(plan: Plan, raw_outputs: Tensor, labels: np.ndarray | None) -> np.ndarray:
    """Return the measures `[N, 4]` of the core's outputs for what `looked` gave."""
    return measures(embedded(plan, raw_outputs).float().cpu().numpy(), labels)


def some(part: Compared, most: int, seed: int) -> Compared:
    """Return at most so many rows of a part, drawn at random, always the same ones."""
    if len(part.rows) <= most:
        return part
    chosen = np.sort(np.random.default_rng(seed).choice(len(part.rows), most, replace=False))
    index = torch.from_numpy(chosen)
    return Compared(
        sides=tuple(tuple(_chosen(each, index) for each in side) for side in part.sides),
        rows=part.rows[chosen],
        labels=None if part.labels is None else part.labels[chosen],
    )


def _chosen(rows: Rows, index: Tensor) -> Rows:
    if isinstance(rows, Chosen):
        return Chosen(rows.base, rows.rows.index_select(0, index))
    return rows.index_select(0, index.to(rows.device))


def validation_of(plan: Plan, model: RowModel, part: Compared, views: Views | None) -> Validation:
    """Return the rows to select by: their embeddings are judged by the metric, and by the loss where those tie."""
    contrast, core = contrast_of(plan), model.core
    assert isinstance(core, Contrast)
    part = some(part, MOST_JUDGED, plan.train.seed)
    criterion, width = make_contrastive(plan.loss), contrast.embedding * contrast.towers
    device = part.inputs[0].device
    labels = None if part.labels is None else torch.from_numpy(part.labels).to(device)
    nothing = torch.zeros(len(part.rows), device=device)

    def loss(raw_outputs: Tensor, target: Tensor) -> Tensor:
        heads = raw_outputs[:, width:]
        z = embedded(plan, heads, heads.shape[1] // contrast.towers)
        sizes = [len(each) for each in nothing.split(plan.train.batch_size) if len(each) > 1] or [len(nothing)]
        starts = np.cumsum([0, *sizes])
        with torch.no_grad():
            losses = [
                criterion(z[:, a:b], None if labels is None else labels[a:b], core.temperature())
                for a, b in pairwise(starts)
            ]
        return torch.stack(losses).mean()

    def score(raw_outputs: Tensor) -> float:
        return compute(
            plan.metric, plan.task, measured(plan, raw_outputs[:, :width], part.labels), nothing.cpu().numpy()
        )

    return Validation(
        inputs=looked(plan, part, views),
        target=nothing,
        criterion=loss,
        score=score,
        metric=plan.metric,
        higher_is_better=METRICS[plan.metric].higher_is_better,
        asked=Judged(core),
    )
