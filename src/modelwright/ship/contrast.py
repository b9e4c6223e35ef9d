"""Embeddings of raw rows: sides read apart, answers as columns, and the rows that are nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import torch

from modelwright.data.arrays import raw
from modelwright.data.columns import Examples
from modelwright.data.frames import is_texts
from modelwright.data.images.detect import file_column
from modelwright.diagnostic import Diagnostic
from modelwright.errors import DataError
from modelwright.model.build import RowModel, towers
from modelwright.model.contrast import Contrast, Prepare
from modelwright.plan.plan import InputPlan, Plan

AT_ONCE = 1024


def every_input(plan: Plan) -> tuple[InputPlan, ...]:
    """Return the columns that a model asks for, those of a second network among them."""
    return tuple(column for one in side_plans(plan) for column in one.inputs)


def side_plans(plan: Plan) -> list[Plan]:
    """Return the plan of each side of a row, under the names of its columns; rows without sides have one."""
    contrast = plan.contrast
    if contrast is None or contrast.second is not None or not contrast.sides:
        return towers(plan)
    found: list[Plan] = []
    for side in contrast.sides:
        names = dict(zip(contrast.sides[0], side, strict=True))
        inputs = tuple(one.model_copy(update={"name": names[one.name]}) for one in plan.inputs)
        found.append(plan.model_copy(update={"inputs": inputs}))
    return found


def read_sides(rows: object, plan: Plan, read: Callable[[Plan], Examples]) -> Examples:
    """Return the sides of matching columns that rows have, one or both, typed as in training.

    Rows without names (texts, arrays) are those of the first side that can read them. DataError as the first side says
    where no side can.
    """
    found: list[Examples] = []
    problems: list[DataError] = []
    for one in side_plans(plan):
        try:
            found.append(read(one.model_copy(update={"contrast": None})))
        except DataError as error:
            problems.append(error)
            continue
        if is_texts(rows) or isinstance(rows, np.ndarray) or (isinstance(rows, str) and rows == "-"):
            break
    if not found:
        raise problems[0]
    frame, media = found[0].frame, dict(found[0].media)
    for one in found[1:]:
        frame = frame.hstack(one.frame.select(name for name in one.frame.columns if name not in frame.columns))
        media |= one.media
    return Examples(frame, media)


def sides_in(plan: Plan, rows: Examples) -> list[int]:
    """Return which sides of a row are there."""
    names = rows.frame.columns
    return [at for at, one in enumerate(side_plans(plan)) if all(column.name in names for column in one.inputs)]


def embeddings(plan: Plan, module: RowModel, rows: Examples, numbers: np.ndarray) -> np.ndarray:
    """Return embeddings `[n, S · D]` of some rows, those of their S sides beside one another, as float64."""
    each, core = side_plans(plan), module.core
    assert isinstance(core, Contrast)
    made: list[torch.Tensor] = []
    with torch.inference_mode():
        for side in sides_in(plan, rows):
            arrays = raw(rows, each[side].inputs, numbers)
            prepare = module.preprocess.each[side] if isinstance(module.preprocess, Prepare) else module.preprocess
            made.append(core.side(side, *prepare(*(torch.from_numpy(array) for array in arrays))))
        return torch.cat(made, dim=1).double().cpu().numpy()


def together(plan: Plan, rows: Examples, found: Sequence[np.ndarray]) -> np.ndarray:
    """Return the embeddings of several models as one of unit length: its similarity is the mean of theirs."""
    sides = len(sides_in(plan, rows))
    parts = np.stack([one.reshape(len(one), sides, -1) for one in found], axis=2)
    return parts.reshape(len(parts), -1) / np.sqrt(len(found))


def embedding_frame(plan: Plan, rows: Examples | None, found: np.ndarray) -> pl.DataFrame:
    """Write embeddings as columns: `embedding_1`, …, or `embedding_COLUMN_1`, … for each side of a row."""
    each = side_plans(plan)
    sides = list(range(len(each))) if rows is None else sides_in(plan, rows)
    width = found.shape[1] // len(sides)
    columns: dict[str, np.ndarray] = {}
    for at, side in enumerate(sides):
        middle = f"{each[side].inputs[0].name}_" if len(each) > 1 else ""
        columns |= {f"embedding_{middle}{n + 1}": found[:, at * width + n] for n in range(width)}
    frame = pl.DataFrame(columns)
    files = file_column(each[0].inputs[0].name)
    if rows is None or files not in rows.frame.columns:
        return frame
    return frame.insert_column(0, rows.frame[files])


def nearest(
    plan: Plan, rows: Examples, among: Examples, embed: Callable[[Examples], np.ndarray], k: int
) -> pl.DataFrame:
    """Return for each row the `k` nearest of `among`: query, rank, row, similarity, and the columns of that row."""
    queries, candidates = _facing(plan, rows, among, embed)
    k = min(k, len(candidates))
    if k < 1:
        raise DataError(Diagnostic(code="F002", severity="error", message="there are no rows to look among"))
    places, similarities = np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k))
    for start in range(0, len(queries), AT_ONCE):
        near = torch.from_numpy(queries[start : start + AT_ONCE] @ candidates.T)
        best = near.sort(dim=1, descending=True, stable=True)
        places[start : start + AT_ONCE] = best.indices[:, :k].numpy()
        similarities[start : start + AT_ONCE] = best.values[:, :k].numpy()
    flat = places.reshape(-1)
    told = pl.DataFrame(
        {
            "query": np.repeat(np.arange(1, len(queries) + 1), k),
            "rank": np.tile(np.arange(1, k + 1), len(queries)),
            "row": flat + 1,
            "similarity": similarities.reshape(-1),
        }
    )
    others = [name for name in among.frame.columns if name not in among.media]
    if not others:
        return told
    shown = among.frame.select(others)[flat]
    return told.hstack(shown.rename({name: f"{name}_" for name in shown.columns if name in told.columns}))


def _facing(
    plan: Plan, rows: Examples, among: Examples, embed: Callable[[Examples], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings of the rows and of those to look among: of two networks, of opposite sides where they can."""
    first = _one_side(plan, rows, embed(rows), sides_in(plan, rows)[0])
    sides = sides_in(plan, among)
    other = next((side for side in sides if side != sides_in(plan, rows)[0]), sides[0])
    return first, _one_side(plan, among, embed(among), other)


def _one_side(plan: Plan, rows: Examples, found: np.ndarray, side: int) -> np.ndarray:
    sides = sides_in(plan, rows)
    width = found.shape[1] // len(sides)
    at = sides.index(side)
    return found[:, at * width : (at + 1) * width]
