"""`modelwright sample`: new rows or pictures of a GAN, as a file."""

from __future__ import annotations

import sys
from pathlib import Path

from modelwright import garbage
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.lean_torch import put_off_meta_rules
from modelwright.run.folder import MODEL, open_folder
from modelwright.verbs.predict import own_class
from modelwright.verbs.target import require_free


def sample(run: Path, rows: int, output: str, seed: int, own: str | None, force: bool) -> None:
    """Write what a generator makes; `-` prints the rows of a table as CSV."""
    if output != "-":
        require_free(Path(output), force)
    if not (run.is_file() or run.suffix == ".safetensors" or (run / MODEL).exists()):
        open_folder(run)
    put_off_meta_rules()
    from modelwright.run.samples import write_rows
    from modelwright.ship.artifact import load
    from modelwright.ship.gan import GenerativeModel

    garbage.begin()
    model = load(run, own_class(own))
    if not isinstance(model, GenerativeModel):
        raise RunError(_answers(run, model.plan.task))
    if output == "-" and model.pictures:
        raise RunError(_needs_file(run, rows))
    made = model.sample(rows, seed)
    if output == "-":
        print(made.write_csv(), end="")
        return
    write_rows(Path(output), made)
    print(f"{len(made):,} {'pictures' if model.pictures else 'rows'} in {output}", file=sys.stderr)


def _answers(run: Path, task: str) -> Diagnostic:
    return Diagnostic(
        code="R010",
        severity="error",
        message=f"`{run}` makes no rows: its task is {task}",
        where=Place(file=str(run)),
        expected="a run of `task: gan`",
        help=f"modelwright predict {run} ROWS",
    )


def _needs_file(run: Path, rows: int) -> Diagnostic:
    return Diagnostic(
        code="R006",
        severity="error",
        message="pictures cannot be printed",
        expected="a file: .png for a grid, .npy for an array",
        help=f"modelwright sample {run} {rows} -o grid.png",
    )
