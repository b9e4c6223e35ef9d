"""The generator of a GAN as an ONNX file or a torch program, proven on the random numbers of its model file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelwright.files import write_atomically
from modelwright.ship.artifact import proof_rows
from modelwright.ship.export import Export, require_onnx, session_of
from modelwright.ship.gan import GenerativeModel
from modelwright.ship.generator import (
    PICTURES,
    VALUES,
    GeneratorModel,
    distance,
    facts_of,
    latents_of,
    noise_name,
    outputs_of,
)
from modelwright.ship.onnx import OPSET, finished, graph_of, quiet
from modelwright.ship.prove import require_near

ROWS = 3  # to trace with
INNER = "values of {}"


def generator_to_onnx(model: GenerativeModel, about: dict[str, Any]) -> Any:
    """Return the generator as an `onnx.ModelProto`: a vector a column, words of categories among them, or pictures."""
    width = facts_of(model)["inputs"][0]["shape"][1]
    values = (torch.zeros(ROWS, width),)
    inner = [INNER.format(VALUES)] if model.pictures else [INNER.format(name) for name in outputs_of(model)]
    shapes = ({0: torch.export.Dim("batch")},)
    proto = graph_of(GeneratorModel(model).eval(), values, shapes, [noise_name(model)], inner)
    del proto.graph.output[:]
    (_put_pictures if model.pictures else _put_columns)(proto.graph, model)
    return finished(proto, model, facts_of(model) | about)


def _put_pictures(graph: Any, model: GenerativeModel) -> None:
    from onnx import TensorProto, helper

    shape, inner = ["batch", *model.plan.inputs[0].shape], INNER.format(VALUES)
    graph.node.extend(
        [
            helper.make_node("Identity", [inner], [VALUES]),
            helper.make_node("Round", [inner], ["rounded"]),
            helper.make_node("Cast", ["rounded"], [PICTURES], to=TensorProto.UINT8),
        ]
    )
    graph.output.append(helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, shape))
    graph.output.append(helper.make_tensor_value_info(VALUES, TensorProto.DOUBLE, shape))


def _put_columns(graph: Any, model: GenerativeModel) -> None:
    from onnx import TensorProto, helper

    for at, column in enumerate(model.plan.inputs):
        inner, kind = INNER.format(column.name), TensorProto.DOUBLE
        if column.encoding == "one_hot":
            words: Any = [("" if word is None else word).encode() for word in column.categories]
            kind = TensorProto.STRING
            graph.initializer.append(helper.make_tensor(f"words {at}", kind, [len(words)], words))
            graph.node.append(helper.make_node("Gather", [f"words {at}", inner], [column.name]))
        else:
            graph.node.append(helper.make_node("Identity", [inner], [column.name]))
        graph.output.append(helper.make_tensor_value_info(column.name, kind, ["batch"]))


def export_generator(model: GenerativeModel, source: Path, file: Path, about: dict[str, Any]) -> Export:
    """Write the generator as ONNX; RunError R011 for what ONNX lacks or makes otherwise, R006 where it cannot be
    written."""
    require_onnx()
    content: bytes = generator_to_onnx(model, about).SerializeToString()
    latents = _latents(model, source)
    made = run_generator(content, model, latents)
    apart = distance(model, model.of_latents(latents), made)
    require_near(apart, model.plan, file, "ONNX model")
    write_atomically(file, content)
    return Export(file=file, bytes=len(content), rows=len(latents), apart=apart, opset=OPSET)


def run_generator(content: bytes, model: GenerativeModel, latents: np.ndarray) -> np.ndarray:
    """Return what ONNX Runtime makes of random numbers, in the form of `GenerativeModel.of_latents`."""
    session = session_of(content)
    if model.pictures:
        return session.run([VALUES], {noise_name(model): latents})[0]
    found = session.run(outputs_of(model), {noise_name(model): latents})
    columns: list[np.ndarray] = []
    for column, values in zip(model.plan.inputs, found, strict=True):
        if column.encoding == "one_hot":
            places = {"" if word is None else word: at for at, word in enumerate(column.categories)}
            values = np.array([places[word] for word in values])
        columns.append(values.astype(np.float64))
    return np.stack(columns, axis=1)


def export_generator_program(model: GenerativeModel, source: Path, file: Path, about: dict[str, Any]) -> Export:
    """Write the generator as a program of `torch.export`, what it takes and gives in `schema.json`; categories come as
    their places there."""
    latents = _latents(model, source)
    shapes = ({0: torch.export.Dim("batch")},)
    with quiet():
        module = GeneratorModel(model).eval()
        program = torch.export.export(module, (torch.zeros(ROWS, latents.shape[1]),), dynamic_shapes=(shapes[0],))
        kept = io.BytesIO()
        torch.export.save(program, kept, extra_files={"schema.json": json.dumps(facts_of(model) | about)})
        found = torch.export.load(io.BytesIO(kept.getvalue())).module()(torch.from_numpy(latents))
    made = found[0] if model.pictures else torch.stack([one.double() for one in found], dim=1)
    apart = distance(model, model.of_latents(latents), made.numpy())
    require_near(apart, model.plan, file, "torch program")
    write_atomically(file, kept.getvalue())
    return Export(file=file, bytes=len(kept.getvalue()), rows=len(latents), apart=apart)


def _latents(model: GenerativeModel, source: Path) -> np.ndarray:
    return np.concatenate([latents_of(model, rows.frame) for rows in proof_rows(source)])
