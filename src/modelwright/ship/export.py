"""Exports, proven before they are written: ONNX, the same with 8-bit weights, and a program of `torch.export`."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelwright.data.columns import Examples
from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.files import write_atomically
from modelwright.ship.columns import code_table, schema
from modelwright.ship.media_model import Exported, described, example_of, feeds, module_of
from modelwright.ship.model import Ensemble, Model
from modelwright.ship.onnx import OPSET, answers_of, quiet, to_onnx
from modelwright.ship.prove import apart, asked_rows, require_near
from modelwright.ship.raw_model import RawModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file that was written, and how far its answers are from the model's."""

    file: Path
    bytes: int
    rows: int
    apart: float
    opset: int | None = None


def export_onnx(model: Model, source: Path, file: Path, about: dict[str, Any]) -> Export:
    """Write the model as ONNX; RunError R011 for what ONNX lacks or answers otherwise, R006 where it cannot be written.

    `source` is the run folder or the model file, whose proof rows are replayed; `about` goes into the metadata.
    """
    require_onnx()
    rows = asked_rows(model, source)
    content: bytes = to_onnx(model, about).SerializeToString()
    difference = apart(model.plan, model.answers_to(rows), run_onnx(content, model, rows))
    require_near(difference, model.plan, file, "ONNX model")
    write_atomically(file, content)
    return Export(file=file, bytes=len(content), rows=len(rows), apart=difference, opset=OPSET)


def run_onnx(content: bytes, model: Model, rows: Examples) -> np.ndarray:
    """Return what ONNX Runtime answers to typed rows."""
    return answers_of(session_of(content), model, feeds(model, rows))


def session_of(content: bytes) -> Any:
    """Return a session of ONNX Runtime on one thread of the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def quantised(model: Model, about: dict[str, Any]) -> bytes:
    """Return the ONNX model with weights of 8 bits; what enters each layer is rounded as it comes (dynamically)."""
    require_onnx()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, quiet():
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        plain.write_bytes(to_onnx(model, about | {"weights": "int8"}).SerializeToString())
        pictures = model.plan.inputs[0].encoding == "pixels"  # ONNX Runtime has convolutions of unsigned weights only
        kind = QuantType.QUInt8 if pictures else QuantType.QInt8
        quantize_dynamic(plain, small, weight_type=kind, per_channel=not pictures)
        return small.read_bytes()


def export_torch(model: Model, source: Path, file: Path, about: dict[str, Any]) -> Export:
    """Write the model as a program of `torch.export` (.pt2), with the numbers of the words in `schema.json` beside it.

    It takes one vector a column: float64 of numbers and dates, then int64 of the words' codes.
    """
    rows = asked_rows(model, source)
    raw = module_of(model)
    values = example_of(raw, model)
    batch = torch.export.Dim("batch")
    with quiet():
        program = torch.export.export(raw, values, dynamic_shapes=(tuple({0: batch} for _ in values),))
        kept = io.BytesIO()
        torch.export.save(program, kept, extra_files={"schema.json": json.dumps(torch_schema(model, raw) | about)})
        again = torch.export.load(io.BytesIO(kept.getvalue())).module()
        found = again(*torch_values(model, raw, rows)).double().numpy()
    found = found[:, 1] if model.plan.task == "binary" else found
    difference = apart(model.plan, model.answers_to(rows), found)
    require_near(difference, model.plan, file, "torch program")
    write_atomically(file, kept.getvalue())
    return Export(file=file, bytes=len(kept.getvalue()), rows=len(rows), apart=difference)


def torch_schema(model: Model, raw: Exported) -> dict[str, Any]:
    """Return what the arguments of a torch program are, in order, and what it answers."""
    tables = [{"name": column.name, "codes": _codes(model, number, column)} for number, column in raw.coded]
    plan = model.plan
    classes = list(plan.outputs.classes)
    arguments = [*schema(plan, raw.columns), *tables] if isinstance(raw, RawModel) else [described(plan)]
    return {"arguments": arguments, "task": plan.task, "targets": list(plan.outputs.targets), "classes": classes}


def _codes(model: Model, number: int, column: Any) -> dict[str, int]:
    plans = [one.plan for one in (model.models if isinstance(model, Ensemble) else (model,))]
    return code_table(column, plans[number])[0]


def torch_values(model: Model, raw: Exported, rows: Examples) -> list[torch.Tensor]:
    """Return typed rows as a torch program takes them."""
    found = feeds(model, rows)
    if not isinstance(raw, RawModel):
        return [torch.from_numpy(array) for array in found.values()]
    values = [torch.tensor(found[column.name], dtype=torch.float64) for column in raw.columns]
    for number, column in raw.coded:
        codes = _codes(model, number, column)
        values.append(torch.tensor([codes.get(word, 0) for word in found[column.name]], dtype=torch.int64))
    return values


def require_onnx() -> None:
    """Raise RunError R011 where the packages of the extra `onnx` are not installed."""
    try:
        import onnx  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import onnxruntime  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import onnxscript  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        raise RunError(
            Diagnostic(
                code="R011",
                severity="error",
                message=f"ONNX needs a package that is not installed: {error.name}",
                help="pip install 'modelwright[onnx]'",
            )
        ) from error
