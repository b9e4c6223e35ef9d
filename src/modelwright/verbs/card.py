"""`modelwright card`: the model card of a run, in Markdown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from modelwright.errors import ModelwrightError
from modelwright.files import write_atomically
from modelwright.lean_torch import put_off_meta_rules
from modelwright.verbs.predict import own_class
from modelwright.verbs.target import require_free

if TYPE_CHECKING:
    from modelwright.run.handle import Run
    from modelwright.run.slices import Slice


def card(run: Path, output: str, force: bool, own: str | None = None) -> None:
    """Write the card; `-` is standard output. A file that is there is kept unless `force`."""
    if output != "-":
        require_free(Path(output), force)
    put_off_meta_rules()
    from modelwright.run.card import card as written
    from modelwright.run.handle import Run

    opened = Run(run, own_class(own))
    text = written(opened, _slices(opened))
    if output == "-":
        print(text, end="")
        return
    write_atomically(Path(output), text)
    print(f"{output}: {text.count(chr(10))} lines", file=sys.stderr)


def _slices(run: Run) -> list[Slice] | str:
    """Return the slices, or why there are none."""
    from modelwright.run.again import prepared_of
    from modelwright.run.folder import Folder
    from modelwright.run.opened import request_of
    from modelwright.run.request import Stop
    from modelwright.run.slices import slices

    if run.plan.gan is not None:
        return "a GAN makes rows: there are no answers to compare by slices"
    if run.members:
        return "each model of a cohort was scored on rows of its own"
    if run.plan.forecast is not None:
        return "a forecast is scored over windows, not rows; the report shows its error step by step"
    if run.plan.contrast is not None:
        return "rows are compared with each other, so the rows of a slice have no score of their own"
    folder = Folder(run.path)
    try:
        prepared = prepared_of(folder, request_of(folder, Stop(), {}))
    except ModelwrightError as error:
        return f"the data of the run are not at hand ({error.diagnostics[0].message})"
    return slices(prepared, run.model, run.result.part)
