"""A run opened again with its data: what a script, an export or a card needs beside the folder's files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.arrays import targets
from modelwright.data.columns import Examples
from modelwright.data.images.detect import file_column
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.cohort import members_of
from modelwright.run.folder import Folder, open_folder
from modelwright.run.gan import Game, game_of
from modelwright.run.opened import request_of, same_data
from modelwright.run.prepare import Prepared, prepare, raise_errors, read_dataset, splits
from modelwright.run.request import Request, Stop
from modelwright.ship.forecast import proof_windows
from modelwright.ship.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A run's request and its assembly, untrained; of a cohort the first member, called `member`."""

    request: Request
    assembly: Assembly | Game
    member: str = ""


def reopen(path: Path) -> Reopened:
    """Read a run's data again and assemble it; RunError R001 where the folder is no run or its data have changed."""
    whole = open_folder(path)
    folder = next(iter(whole.members), whole)
    request = request_of(whole, Stop(), {})
    return Reopened(request=request, assembly=_assembled(prepared_of(whole, request)), member=_member(whole, folder))


def _assembled(prepared: Prepared) -> Assembly | Game:
    return assemble(prepared) if prepared.plan.gan is None else game_of(prepared)


def prepared_of(whole: Folder, request: Request) -> Prepared:
    """Return the rows, split and plan of a run, or of a cohort's first member."""
    folder = next(iter(whole.members), whole)
    plan = folder.plan()
    dataset = read_dataset(request.description, request.base, request.frame)
    same_data(folder, plan.data.fingerprint, dataset)
    parts = splits(dataset)
    one = next((part for part in parts if part.plan.fold == plan.split.fold), parts[0])
    return replace(prepare(dataset, one), plan=plan)


def planned(request: Request) -> Reopened:
    """Assemble what a description asks for, the first member of a cohort; SpecError or DataError for what is wrong."""
    dataset = read_dataset(request.description, request.base, request.frame)
    parts = splits(dataset)
    prepared = prepare(dataset, parts[0])
    raise_errors(prepared.receipt)
    spec = dataset.description.spec.train
    members = members_of(parts, spec.seed, spec.seeds)
    member = members[0][0] if len(members) > 1 else ""
    return Reopened(request=request, assembly=_assembled(prepared), member=member)


def training_rows(path: Path) -> tuple[Examples, np.ndarray]:
    """Return the training rows of a run (of a cohort's first member) and their numbers in the data.

    RunError R001 where the data of the run are not at hand.
    """
    whole = open_folder(path)
    prepared = prepared_of(whole, request_of(whole, Stop(), {}))
    table, rows = prepared.dataset.table, prepared.split.train
    frame = table.frame[rows]
    name = file_column(prepared.plan.inputs[0].name)
    if table.files and name not in frame.columns:
        frame = frame.insert_column(0, pl.Series(name, table.files)[rows])
    return Examples(frame, table.media), rows


def _member(whole: Folder, folder: Folder) -> str:
    return folder.path.name if whole.members else ""


def validation_rows(path: Path, model: Model) -> tuple[Examples, np.ndarray, np.ndarray | None, str]:
    """Return rows to try a change of the model on, with target and weight, and the name of the part: the validation
    rows, or training rows where there are none. They are typed as the model takes them.

    RunError R001 where the data of the run are not at hand: rounding must not be judged by the test rows.
    """
    prepared, numbers, part = _not_for_the_score(path)
    table, plan = prepared.dataset.table, prepared.plan
    if table.timeline is not None:
        windows = assemble(prepared).part(numbers)
        assert windows.starts is not None
        return proof_windows(plan, table, windows.starts), windows.target, None, part
    chosen = table.frame[numbers]
    weight = None if plan.data.weight is None else chosen[plan.data.weight].cast(pl.Float64).to_numpy()
    target = targets(chosen.select(list(plan.outputs.targets)), plan.outputs, plan.task)
    return Examples(chosen, table.media) if table.media else model.read(chosen), target, weight, part


def rows_to_try(path: Path, model: Model, most: int) -> tuple[Examples, str]:
    """Return at most so many of the same rows without a target, as an encoder takes them, and the name of the part."""
    prepared, numbers, part = _not_for_the_score(path)
    table = prepared.dataset.table
    chosen = table.frame[numbers[:: -(-len(numbers) // most)]]
    return Examples(chosen, table.media) if table.media else model.read(chosen), part


def _not_for_the_score(path: Path) -> tuple[Prepared, np.ndarray, str]:
    whole = open_folder(path)
    prepared = prepared_of(whole, request_of(whole, Stop(), {}))
    validation = prepared.split.validation
    return (prepared, validation, "validation") if len(validation) else (prepared, prepared.split.train, "training")
