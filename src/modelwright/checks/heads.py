"""Which losses, last layers and metrics go with which task: one table, used by H503, H504 and S307."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelwright.plan.losses import LOSSES_FOR, ONE_OUTPUT_A_CLASS
from modelwright.spec.call import Call, CallSyntaxError, parse

if TYPE_CHECKING:
    from modelwright.spec.schema import Spec, Task

CLASSES = frozenset(ONE_OUTPUT_A_CLASS)
"""Losses of classes that exclude each other: one output a class, the class as a whole number."""
LABELS = frozenset(("BCEWithLogitsLoss", "BCELoss", "MultiLabelSoftMarginLoss", "SoftMarginLoss"))
"""Losses of labels that hold or not: one output a label."""
NUMBERS = frozenset(("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss", "GaussianNLLLoss"))
"""Losses of numbers."""

DEFAULT: dict[Task, str] = {task: losses[0] for task, losses in LOSSES_FOR.items()}
TASKS: dict[Task, str] = {
    "binary": "two classes",
    "multiclass": "classes that exclude each other",
    "multilabel": "labels that may hold together",
    "regression": "numbers",
    "forecasting": "numbers",
    "gan": "rows like those of training",
    "contrastive": "rows that belong together",
}


def name_of(text: str) -> str:
    """Return the name in a call, or nothing where the text is no call (the description says so itself)."""
    call = call_of(text)
    return "" if call is None else call.name


def call_of(text: str) -> Call | None:
    """Return the call that a text spells, None where it spells none."""
    try:
        return parse(text)
    except CallSyntaxError:
        return None


def last_layer(spec: Spec) -> tuple[str, Call] | None:
    """Return the last layer that the description lists, with its key; None for a recipe."""
    if isinstance(spec.layers, str) or not spec.layers:
        return None
    call = call_of(spec.layers[-1])
    while call is not None and call.name == "Sequential" and call.args and isinstance(call.args[-1], Call):
        call = call.args[-1]
    return None if call is None else (f"model[{len(spec.layers) - 1}]", call)


def listed_layers(spec: Spec) -> list[tuple[str, Call]]:
    """Return the layers that a description lists, those of a `Sequential` in its place, each with its key."""
    found: list[tuple[str, Call]] = []

    def add(key: str, call: Call) -> None:
        if call.name == "Sequential":
            for inner in call.args:
                if isinstance(inner, Call):
                    add(key, inner)
        else:
            found.append((key, call))

    for index, text in enumerate([] if isinstance(spec.layers, str) else spec.layers):
        call = call_of(text)
        if call is not None:
            add(f"model[{index}]", call)
    return found


def last_sized(spec: Spec) -> tuple[str, Call] | None:
    """Return the last layer with an output width (`Linear`), looking past activations; None if another kind is last."""
    if isinstance(spec.layers, str):
        return None
    for index in reversed(range(len(spec.layers))):
        call = call_of(spec.layers[index])
        while call is not None and call.name == "Sequential" and call.args and isinstance(call.args[-1], Call):
            call = call.args[-1]
        if call is None:
            return None
        if call.name in ("Linear", "LazyLinear"):
            return f"model[{index}]", call
        if call.name not in PASSING:
            return None
    return None


PASSING = frozenset(
    [
        "Softmax",
        "LogSoftmax",
        "Softmin",
        "Sigmoid",
        "LogSigmoid",
        "Tanh",
        "ReLU",
        "LeakyReLU",
        "GELU",
        "SiLU",
        "ELU",
        "Softplus",
        "Hardsigmoid",
        "Hardtanh",
        "Dropout",
        "Identity",
    ]
)
"""Layers that leave the width as it is."""
