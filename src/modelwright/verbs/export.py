"""`modelwright export`: a run's model for other runtimes, proven on its rows before it is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright import garbage
from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.evaluate.metrics import tabled
from modelwright.lean_torch import put_off_meta_rules
from modelwright.verbs.predict import own_class
from modelwright.verbs.target import require_free

if TYPE_CHECKING:
    from modelwright.ship.export import Export
    from modelwright.ship.gan import GenerativeModel
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
    put_off_meta_rules()
    from modelwright.ship.artifact import load
    from modelwright.ship.gan import GenerativeModel, Generators
    from modelwright.ship.model import Ensemble

    garbage.begin()
    model = load(run, own_class(own))
    about = {"run": run.resolve().name, **_score(run)}
    if isinstance(model, Generators):
        raise RunError(_several(run))
    if isinstance(model, GenerativeModel):
        _generator(model, run, onnx, torch, int8, about)
        return
    if isinstance(model, Ensemble):
        count = len(model.models)
        print(f"{run} is a cohort: its {count} models are exported as one, which {_joins(model)} them", file=sys.stderr)
    if model.plan.contrast is None:
        _one(model, run, onnx, torch, int8, about)
        return
    _encoders(model, run, (onnx, torch, int8), about, force)


def _joins(model: Model) -> str:
    return "averages" if model.plan.contrast is None else "joins"


def _one(
    model: Model, run: Path, onnx: Path | None, torch: Path | None, int8: Path | None, about: dict[str, Any]
) -> None:
    from modelwright.ship.export import export_onnx, export_torch

    if onnx is not None:
        _tell(export_onnx(model, run, onnx, about), model)
    if torch is not None:
        _tell(export_torch(model, run, torch, about), model)
    if int8 is not None:
        _quantise(run, model, int8, about)


def _encoders(model: Model, run: Path, asked: tuple[Path | None, ...], about: dict[str, Any], force: bool) -> None:
    """Write each network of a contrastive model by itself: two of them become two files, named by their columns."""
    from modelwright.ship.encoders import encoders

    each = encoders(model)
    named = {
        name: [None if file is None else file.with_stem(f"{file.stem}.{name}" if name else file.stem) for file in asked]
        for name in each
    }
    for file in (file for files in named.values() for file in files if file is not None):
        require_free(file, force)
    for name, (onnx, torch, int8) in named.items():
        _one(each[name], run, onnx, torch, int8, about)


def _generator(
    model: GenerativeModel, run: Path, onnx: Path | None, torch: Path | None, int8: Path | None, about: dict[str, Any]
) -> None:
    from modelwright.ship.generator_export import export_generator, export_generator_program

    if int8 is not None:
        raise RunError(_no_int8())
    for made in (
        None if onnx is None else export_generator(model, run, onnx, about),
        None if torch is None else export_generator_program(model, run, torch, about),
    ):
        if made is not None:
            _tell(made, model)


def _several(run: Path) -> Diagnostic:
    return Diagnostic(
        code="R011",
        severity="error",
        message=f"{run} is a cohort of generators, which make rows in turn: no file holds several",
        known="nothing was written",
        help=f"modelwright export {run}/members/… --onnx made.onnx",
    )


def _no_int8() -> Diagnostic:
    return Diagnostic(
        code="R011",
        severity="error",
        message="a generator is not written with 8-bit weights",
        known="what rounding costs would be told by its score, which needs the classifier of the run trained again",
        help="--onnx writes it with its own weights",
    )


def _quantise(run: Path, model: Model, file: Path, about: dict[str, Any]) -> None:
    """Write the model with 8-bit weights, and what that costs on the validation rows."""
    from modelwright.files import write_atomically
    from modelwright.run.again import validation_rows
    from modelwright.ship.export import quantised
    from modelwright.ship.loss_of_score import scores_of

    if model.plan.task == "contrastive":
        _quantise_encoder(run, model, file, about)
        return
    rows, target, weight, part = validation_rows(run, model)
    content = quantised(model, about)
    before, after = scores_of(content, model, rows, target, weight)
    write_atomically(file, content)
    print(f"{file}: {len(content):,} bytes, weights of 8 bits", file=sys.stderr)
    name = tabled(model.plan.metric, model.plan.task)
    print(f"  {name} on {len(rows):,} {part} rows: {before:.6g} before, {after:.6g} now", file=sys.stderr)


def _quantise_encoder(run: Path, model: Model, file: Path, about: dict[str, Any]) -> None:
    """Write an encoder with 8-bit weights, and how far its embeddings moved on validation rows."""
    from modelwright.files import write_atomically
    from modelwright.run.again import rows_to_try
    from modelwright.ship.encoders import MOST, likeness
    from modelwright.ship.export import quantised, run_onnx

    rows, part = rows_to_try(run, model, MOST)
    content = quantised(model, about)
    cosine, same = likeness(model.answers_to(rows), run_onnx(content, model, rows))
    write_atomically(file, content)
    print(f"{file}: {len(content):,} bytes, weights of 8 bits", file=sys.stderr)
    told = f"cosine similarity to the embeddings before {cosine:.5f}, nearest row the same for {same:.1%}"
    print(f"  on {len(rows):,} {part} rows: {told}", file=sys.stderr)


def _tell(made: Export, model: Model) -> None:
    from modelwright.ship.prove import TOLERANCE

    array = model.plan.gan is not None or model.plan.inputs[0].encoding in ("pixels", "tokens", "steps")
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
