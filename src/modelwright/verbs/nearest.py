"""`modelwright nearest`: which rows a contrastive model holds for most alike."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright import garbage
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError, SpecError
from modelwright.lean_torch import put_off_meta_rules
from modelwright.run.folder import MODEL, SCORE, open_folder
from modelwright.text import count
from modelwright.verbs.predict import keep, own_class

if TYPE_CHECKING:
    from modelwright.ship.model import Model


def nearest(run: Path, query: str, k: int, among: str | None, output: str, own: str | None = None) -> None:
    """Write the `k` nearest rows of the run's training data, or of another file, for each row of a query."""
    from modelwright.data.write import write, writer_for

    if output != "-":
        writer_for(Path(output))
        keep(query, Path(output))
    if not (run.is_file() or run.suffix == ".safetensors" or (run / MODEL).exists()):
        open_folder(run)
    put_off_meta_rules()
    from modelwright.ship.artifact import load

    garbage.begin()
    model = load(run, own_class(own))
    if model.plan.contrast is None:
        raise SpecError(_no_embeddings(model.plan.task))
    rows = _rows(query, model)
    if among is not None:
        found = model.nearest(rows, among, k)
    elif (run / SCORE).exists():
        from modelwright.run.handle import nearest_in_training

        found = nearest_in_training(run, model, rows, k)
    else:
        raise RunError(_no_rows(run))
    write(found, output)
    if output != "-":
        print(f"{count(len(found), 'row')} in {output}", file=sys.stderr)


def _rows(query: str, model: Model) -> Any:
    """Return the rows that are asked about: a file, or a text where the model reads texts and there is no such file."""
    reads = any(column.encoding == "tokens" for column in model.inputs)
    return [query] if reads and query != "-" and not Path(query).exists() else query


def _no_embeddings(task: str) -> Diagnostic:
    return Diagnostic(
        code="Y007",
        severity="error",
        message=f"this model's task is {task}: it answers rows, and knows none that are near",
        where=Place(key="RUN"),
        expected="a run of `task: contrastive`",
        help="modelwright predict RUN ROWS",
    )


def _no_rows(run: Path) -> Diagnostic:
    return Diagnostic(
        code="R001",
        severity="error",
        message=f"`{run}` is a model without its training rows",
        where=Place(file=str(run)),
        expected="a run folder, or rows to look among",
        help="--among FILE",
    )
