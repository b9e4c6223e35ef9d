"""The model as one ONNX file: raw columns in, strings among them, answers in the user's units out."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.plan.plan import Plan
from modelwright.ship.blocking import layer_without_onnx
from modelwright.ship.columns import code_table, schema
from modelwright.ship.media_model import MEDIA, Exported, described, example_of, input_name, module_of
from modelwright.ship.model import Ensemble, Model
from modelwright.ship.raw_model import RawModel

OPSET = 20
NUMBERS = ("regression", "forecasting")
UNITS = {
    "regression": "those of the target",
    "forecasting": "those of the target",
    "contrastive": "vectors of length 1, compared by their products",
}
CODE = "code of {column} ({member})"  # an inner name; a column of a table cannot have it together with its own


def to_onnx(model: Model, about: dict[str, Any]) -> Any:
    """Return the model as an `onnx.ModelProto`; `about` goes into the metadata. RunError R011 for what ONNX lacks."""
    import onnx

    raw = module_of(model)
    proto = _exported(raw, model)
    _take_words(proto.graph, raw, model)
    _put_answers(proto.graph, model)
    proto.opset_import.append(onnx.helper.make_opsetid("ai.onnx.ml", 2))
    return finished(proto, model, _facts(model) | about)


def finished(proto: Any, model: Model, facts: dict[str, Any]) -> Any:
    """Return a graph with who made it and what it takes and gives, checked."""
    import onnx

    proto.producer_name, proto.producer_version = "modelwright", version("modelwright")
    plan = model.plan
    common = {
        "task": plan.task,
        "data": plan.data.fingerprint,
        "versions": {name: version(name) for name in ("modelwright", "torch", "onnx")},
    }
    onnx.helper.set_model_props(proto, {"modelwright": json.dumps(common | facts, ensure_ascii=False)})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _facts(model: Model) -> dict[str, Any]:
    plan = model.plan
    return {
        "targets": list(plan.outputs.targets),
        "classes": list(plan.outputs.classes),
        "labels": [list(names) for names in plan.outputs.labels],
        "inputs": [described(plan)] if plan.inputs[0].encoding in MEDIA else schema(plan, model.inputs),
        "outputs": output_names(model),
        "units": UNITS.get(plan.task, "probabilities from 0 to 1"),
        "models": len(model.models) if isinstance(model, Ensemble) else 1,
    }


def output_names(model: Model) -> dict[str, str]:
    """Return what each output is called: its own name, with a line below where a column of the table has that name."""
    taken = {column.name for column in model.inputs}
    if model.plan.task == "contrastive":
        return {"embedding": "embedding" if "embedding" not in taken else "embedding_"}
    names = ["prediction"] if model.plan.task in (*NUMBERS, "multilabel") else ["prediction", "probabilities"]
    names += ["probabilities"] if model.plan.task == "multilabel" else []
    return {name: name if name not in taken else f"{name}_" for name in names}


def _exported(raw: Exported, model: Model) -> Any:
    """Return the graph that torch makes of the numbers' part: vectors of numbers and of codes in, answers out."""
    names = [column.name for column in raw.columns] if isinstance(raw, RawModel) else [input_name(model.plan)]
    names += [CODE.format(column=column.name, member=number) for number, column in raw.coded]
    values = example_of(raw, model)
    batch = torch.export.Dim("batch")
    return graph_of(raw, values, (tuple({0: batch} for _ in values),), names, ["answers of the model"])


def graph_of(
    module: nn.Module, values: tuple[torch.Tensor, ...], shapes: Any, inputs: list[str], outputs: list[str]
) -> Any:
    """Return a module as an ONNX graph, with names for what goes in and comes out; RunError R011 for what ONNX lacks.

    `values` are examples of what goes in; `shapes` says which of their axes are dynamic.
    """
    with quiet():
        try:
            made = torch.onnx.export(
                module,
                values,
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                dynamic_shapes=shapes,
            )
        except torch.onnx.OnnxExporterError as error:
            raise RunError(_lacking(module, values, error)) from error
    assert made is not None
    proto: Any = made.model_proto
    _name(proto.graph, inputs, outputs)
    return proto


def _name(graph: Any, inputs: list[str], outputs: list[str]) -> None:
    """Give values their names, and those inside names that no column has: torch calls them by its operations."""
    names = {one.name: given for one, given in zip(graph.input, inputs, strict=True)}
    names |= {one.name: given for one, given in zip(graph.output, outputs, strict=True)}
    inner = [name for node in graph.node for name in node.output if name and name not in names]
    names |= {name: f"inner value {number}" for number, name in enumerate(inner)}
    for value in (*graph.input, *graph.output, *graph.value_info):
        value.name = names.get(value.name, value.name)
    _rename(graph, names)


def _rename(graph: Any, names: dict[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _rename(attribute.g, names)


def _lacking(raw: nn.Module, values: tuple[torch.Tensor, ...], error: Exception) -> Diagnostic:
    layer, operation, instead = layer_without_onnx(raw, values, error)
    return Diagnostic(
        code="R011",
        severity="error",
        message=f"ONNX has no operation for {layer}" + (f": `{operation}`" if operation else ""),
        known="nothing was written",
        help=f"use {instead} and train again; or --torch writes the model as it is",
    )


@contextmanager
def quiet() -> Generator[None]:
    """Keep torch's remarks about itself away from the user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _take_words(graph: Any, raw: Exported, model: Model) -> None:
    """Replace the inputs of codes by inputs of words, each looked up in the categories of the training rows."""
    from onnx import TensorProto, helper

    plans = [one.plan for one in (model.models if isinstance(model, Ensemble) else (model,))]
    before: list[Any] = []
    for number, column in raw.coded:
        name = CODE.format(column=column.name, member=number)
        codes, other = code_table(column, plans[number])
        table: dict[str, Any] = {
            "keys_strings": list(codes),
            "values_int64s": list(codes.values()),
            "default_int64": other,
        }
        before.append(helper.make_node("LabelEncoder", [column.name], [name], domain="ai.onnx.ml", **table))
        old = next(one for one in graph.input if one.name == name)
        graph.input.remove(old)
    for name in dict.fromkeys(column.name for _, column in raw.coded):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.STRING, ["batch"]))
    nodes = [*before, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    order = {column.name: place for place, column in enumerate(model.inputs)}
    inputs = sorted(graph.input, key=lambda one: order.get(one.name, 0))
    del graph.input[:]
    graph.input.extend(inputs)


def _put_answers(graph: Any, model: Model) -> None:
    """Give the outputs their names, and classes their words."""
    from onnx import TensorProto, helper, numpy_helper

    answers, plan, names = graph.output[0].name, model.plan, output_names(model)
    del graph.output[:]
    if plan.forecast is not None:
        _put_steps(graph, plan, answers, names["prediction"])
        return
    if plan.task == "contrastive":
        _put_embedding(graph, model, answers, names["embedding"])
        return
    if plan.task == "regression":
        _put_numbers(graph, plan, answers, names["prediction"])
        return
    width = max(2, plan.outputs.width)
    graph.node.append(helper.make_node("Identity", [answers], [names["probabilities"]]))
    words, shape = _words(plan)
    graph.initializer.append(helper.make_tensor("words of the classes", TensorProto.STRING, [len(words)], words))
    if plan.task == "multilabel":
        graph.initializer.append(numpy_helper.from_array(np.array(0.5, dtype=np.float32), "one half"))
        first = np.arange(0, len(words), 2, dtype=np.int64)
        graph.initializer.append(numpy_helper.from_array(first, "place of no"))
        graph.node.extend(
            [
                helper.make_node("Greater", [answers, "one half"], ["is yes"]),
                helper.make_node("Cast", ["is yes"], ["yes as number"], to=TensorProto.INT64),
                helper.make_node("Add", ["yes as number", "place of no"], ["place of the word"]),
            ]
        )
        shape = ["batch", width]
    else:
        graph.node.append(helper.make_node("ArgMax", [answers], ["place of the word"], axis=1, keepdims=0))
    words_of = ["words of the classes", "place of the word"]
    graph.node.append(helper.make_node("Gather", words_of, [names["prediction"]]))
    graph.output.append(helper.make_tensor_value_info(names["prediction"], TensorProto.STRING, shape))
    probabilities = helper.make_tensor_value_info(names["probabilities"], TensorProto.FLOAT, ["batch", width])
    graph.output.append(probabilities)


def _put_numbers(graph: Any, plan: Plan, answers: str, name: str) -> None:
    """Give numbers their shape: [N] of one target, [N, targets] of several."""
    from onnx import TensorProto, helper, numpy_helper

    flat = len(plan.outputs.targets) == 1
    graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "second axis"))
    made = ("Squeeze", [answers, "second axis"]) if flat else ("Identity", [answers])
    graph.node.append(helper.make_node(*made, [name]))
    shape = ["batch"] if flat else ["batch", len(plan.outputs.targets)]
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape))


def _put_steps(graph: Any, plan: Plan, answers: str, name: str) -> None:
    """Give a forecast its shape: [N, horizon] of one target, [N, horizon, targets] of several."""
    from onnx import TensorProto, helper, numpy_helper

    assert plan.forecast is not None
    shape = [plan.forecast.horizon, *([len(plan.outputs.targets)] if len(plan.outputs.targets) > 1 else [])]
    graph.initializer.append(numpy_helper.from_array(np.array([-1, *shape], dtype=np.int64), "steps ahead"))
    graph.node.append(helper.make_node("Reshape", [answers, "steps ahead"], [name]))
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["batch", *shape]))


def _put_embedding(graph: Any, model: Model, answers: str, name: str) -> None:
    from onnx import TensorProto, helper

    width = model.plan.outputs.width * (len(model.models) if isinstance(model, Ensemble) else 1)
    graph.node.append(helper.make_node("Identity", [answers], [name]))
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width]))


def _words(plan: Plan) -> tuple[Any, list[Any]]:
    words = [name for pair in plan.outputs.labels for name in pair] or list(plan.outputs.classes)
    return [word.encode() for word in words], ["batch"]


def answers_of(session: Any, model: Model, values: dict[str, np.ndarray]) -> np.ndarray:
    """Return what a session of ONNX Runtime answers, in the form of `Model.answers`."""
    names = output_names(model)
    wanted = next(names[name] for name in ("probabilities", "embedding", "prediction") if name in names)
    found: np.ndarray = session.run([wanted], values)[0]
    if model.plan.task == "binary":
        return found[:, 1].astype(np.float64)
    return found.reshape(len(found), -1).astype(np.float64)
