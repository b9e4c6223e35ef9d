"""What the report shows of a contrastive run: where embeddings lie, and how alike those are that belong together."""

from __future__ import annotations

import numpy as np
import polars as pl

from modelwright.evaluate.result import Result
from modelwright.report.evidence import Embedded
from modelwright.run.assemble import Assembly
from modelwright.run.contrast import contrast_of, embedded, looked, some
from modelwright.training.infer import outputs

MOST = 1_500
"""Rows that are drawn."""
SHOWN = 4  # columns that a point tells


def embedded_rows(assembly: Assembly, result: Result) -> Embedded | None:
    """Return the embeddings of the scored rows in two dimensions; None where there are fewer than three."""
    plan, contrast = assembly.plan, contrast_of(assembly.plan)
    part = assembly.part(assembly.prepared.split.parts[result.part]).compared
    if part is None or len(part.rows) < 3:
        return None
    part = some(part, MOST, plan.train.seed)
    z = embedded(plan, outputs(assembly.model.core, looked(plan, part, assembly.views))).float().cpu().numpy()
    drawn = z[: len(contrast.sides) or 1]
    points, share = _flat(drawn.reshape(-1, drawn.shape[2]))
    frame = assembly.prepared.dataset.table.frame[part.rows]
    positives, negatives = _similarities(z, part.labels, plan.train.seed)
    return Embedded(
        part=result.part,
        points=points,
        share=share,
        sides=tuple(" + ".join(side) for side in contrast.sides),
        labels=_labels(frame, plan.outputs.targets),
        told=_told(frame, part.rows, list(assembly.prepared.dataset.table.media)),
        positives=positives,
        negatives=negatives,
    )


def _flat(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points on the two main directions `[N, 2]`, and the share of the variance that each holds."""
    centred = z - z.mean(0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions * np.sign(directions[:, np.abs(directions).argmax(1)].diagonal())[:, None]  # repeatable
    points = centred @ directions[:2].T
    shares = values**2 / max(float((values**2).sum()), 1e-12)
    if points.shape[1] < 2:
        points, shares = np.column_stack([points, np.zeros(len(points))]), np.append(shares, 0.0)
    return points, shares[:2]


def _labels(frame: pl.DataFrame, targets: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(targets) != 1:
        return None
    return tuple(frame[targets[0]].cast(pl.String).fill_null("no value").to_list())


def _told(frame: pl.DataFrame, rows: np.ndarray, media: list[str]) -> tuple[str, ...]:
    """Return what each point tells: the number of its row, and its first columns."""
    names = [name for name in frame.columns if name not in media][:SHOWN]
    columns = [frame[name].cast(pl.String).fill_null("").to_list() for name in names]
    return tuple(
        "; ".join(
            [f"row {row + 1:,}", *(f"{name}: {values[at][:40]}" for name, values in zip(names, columns, strict=True))]
        )
        for at, row in enumerate(rows)
    )


def _similarities(z: np.ndarray, labels: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine similarities of rows that belong together, and of as many that do not."""
    others = np.random.default_rng(seed).permutation(z.shape[1])
    if labels is None:
        apart = z[2] if len(z) > 2 else z[1][others]
        known = np.full(z.shape[1], len(z) > 2) | (others != np.arange(z.shape[1]))
        return (z[0] * z[1]).sum(1), (z[0] * apart).sum(1)[known]
    near = z[0] @ z[0].T
    same = (labels[:, None] == labels)[np.triu_indices(len(labels), 1)]
    pairs = near[np.triu_indices(len(labels), 1)]
    drawn = np.random.default_rng(seed)
    return tuple(drawn.permutation(pairs[mask])[:MOST] for mask in (same, ~same))  # pyright: ignore[reportReturnType]
