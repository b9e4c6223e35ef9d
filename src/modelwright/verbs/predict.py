"""`modelwright predict`: new rows in, answers out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from modelwright import garbage
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError, SpecError
from modelwright.lean_torch import put_off_meta_rules
from modelwright.run.folder import MODEL, open_folder


def predict(run: Path, rows: str, output: str, own: str | None = None, rolled: bool = False) -> None:
    """Answer the rows of a file or of standard input and write the answers; doubts go to standard error."""
    from modelwright.data.write import write, writer_for

    if output != "-":
        writer_for(Path(output))
        keep(rows, Path(output))
    if not (run.is_file() or run.suffix == ".safetensors" or (run / MODEL).exists()):
        open_folder(run)
    put_off_meta_rules()
    from modelwright.ship.artifact import load
    from modelwright.ship.drift import doubts

    garbage.begin()
    model = load(run, own_class(own))
    if rolled and model.plan.forecast is None:
        raise SpecError(_not_rolled(model.plan.task))
    new = model.read(rows, rolled=rolled)
    for found in doubts(new, [column for column in model.inputs if column.name in new.frame.columns]):
        print(f"{found.severity}[{found.code}]: {found.message}", file=sys.stderr)
    frame = model.told(new, model.answers_to(new))
    write(frame, output)
    if output != "-":
        print(f"{len(frame):,} answers in {output}", file=sys.stderr)


def own_class(text: str | None) -> Any:
    """Return the class that `net.py:SimpleCNN` names, which the user hands over by naming it; None where nothing is."""
    if text is None:
        return None
    from modelwright.model.own import named
    from modelwright.spec.call import CallSyntaxError, parse
    from modelwright.spec.own import in_file, is_own, split_name

    where = Place(key="--model")
    try:
        call = parse(text)
    except CallSyntaxError:
        call = None
    if call is None or not is_own(call.name) or call.args or call.kwargs:
        message = f"`{text}` names no class of your own"
        raise SpecError(
            Diagnostic(code="Y004", severity="error", message=message, where=where, help="--model net.py:SimpleCNN")
        )
    in_file(Path(), *split_name(call.name), where)
    return named(call, Path(), {}, "model", where)


def _not_rolled(task: str) -> Diagnostic:
    message = f"`--rolled` follows a series; this model's task is {task}, which answers each row"
    return Diagnostic(
        code="Y007", severity="error", message=message, where=Place(key="--rolled"), help="leave `--rolled` out"
    )


def keep(rows: str, output: Path) -> None:
    """Refuse to write the answers over the rows that they answer."""
    if rows == "-" or not (output.is_file() and Path(rows).is_file() and output.samefile(rows)):
        return
    raise RunError(
        Diagnostic(
            code="R006",
            severity="error",
            message=f"`{output}`: these are the rows to answer; they are kept",
            where=Place(file=str(output)),
            expected="another file for the answers",
            help=f"-o {output.with_name('predictions' + output.suffix)}",
        )
    )
