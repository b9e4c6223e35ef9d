"""`modelwright export`: a run's model for other runtimes, proven on its rows before it is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.evaluate.metrics import tabled
from modelwright.verbs.predict import own_class
from modelwright.verbs.target import require_free
from modelwright.verbs.train import load_torch_meanwhile

if TYPE_CHECKING:
    from modelwright.ship.export import Export
    from modelwright.ship.model import Model


def export(
    run: Path, onnx: Path | None, torch: Path | None, int8: Path | None, force: bool, own: str | None = None
) -> None:
    """Write the files that are asked for, and say of each what it holds and how near its answers are."""
    asked = [file for file in (onnx, torch, int8) if file is not None]
    if not asked:
        raise RunError(_nothing(run))
    for file in asked:
        require_free(file, force)
    load_torch_meanwhile().join()
    from modelwright.ship.artifact import load
    from modelwright.ship.export import export_onnx, export_torch
    from modelwright.ship.model import Ensemble

    model = load(run, own_class(own))
    if model.plan.gan is not None:
        raise RunError(_no_gan())
    if model.plan.contrast is not None:
        raise RunError(_embeddings())
    about = {"run": run.resolve().name, **_score(run)}
    if isinstance(model, Ensemble):
        count = len(model.models)
        print(f"{run} is a cohort: its {count} models are exported as one, which averages them", file=sys.stderr)
    if onnx is not None:
        _tell(export_onnx(model, run, onnx, about), model)
    if torch is not None:
        _tell(export_torch(model, run, torch, about), model)
    if int8 is not None:
        _quantise(run, model, int8, about)


def _no_gan() -> Diagnostic:
    return Diagnostic(
        code="R010",
        severity="error",
        message="the generator of a GAN cannot be exported yet",
        where=Place(key="task"),
        help="modelwright.load(RUN).sample(64) uses the model file",
    )


def _embeddings() -> Diagnostic:
    message = "a contrastive model cannot be exported yet: exported programs give predictions"
    return Diagnostic(
        code="R011", severity="error", message=message, help="modelwright predict RUN ROWS -o rows.parquet"
    )


def _quantise(run: Path, model: Model, file: Path, about: dict[str, Any]) -> None:
    """Write the model with 8-bit weights, and what that costs on the validation rows."""
    from modelwright.files import write_atomically
    from modelwright.run.again import validation_rows
    from modelwright.ship.export import quantised
    from modelwright.ship.loss_of_score import scores_of

    rows, target, weight, part = validation_rows(run, model)
    content = quantised(model, about)
    before, after = scores_of(content, model, rows, target, weight)
    write_atomically(file, content)
    print(f"{file}: {len(content):,} bytes, weights of 8 bits", file=sys.stderr)
    name = tabled(model.plan.metric, model.plan.task)
    print(f"  {name} on {len(rows):,} {part} rows: {before:.6g} before, {after:.6g} now", file=sys.stderr)


def _tell(made: Export, model: Model) -> None:
    from modelwright.ship.prove import TOLERANCE

    array = model.plan.inputs[0].encoding in ("pixels", "tokens", "steps")
    taken = "1 array" if array else f"{len(model.inputs)} columns"
    form = f"opset {made.opset}, " if made.opset else ""
    print(f"{made.file}: {form}{made.bytes:,} bytes, {taken} in", file=sys.stderr)
    near = f"largest difference {made.apart:.1e}, allowed {TOLERANCE:g}"
    print(f"  {made.rows} rows answered as the model answers them: {near}", file=sys.stderr)


def _score(run: Path) -> dict[str, Any]:
    """Return the score of the run for the metadata, if there is a run folder."""
    from modelwright.run.folder import SCORE, Folder

    if not run.is_dir():
        return {}
    return {"score": Folder(run).read_json(SCORE)["score"]}


def _nothing(run: Path) -> Diagnostic:
    return Diagnostic(
        code="R011",
        severity="error",
        message="nothing is asked for",
        expected="--onnx, --torch or --int8, each with a file",
        help=f"modelwright export {run} --onnx model.onnx",
    )
