"""Declared cases of the rules about lists of layers, schedules and parts of batches in a description."""

from __future__ import annotations

from typing import Any

from check_facts import Case, description
from modelwright.checks.facts import Facts


def _spec(known: Any = None, **mapping: Any) -> Facts:
    return Facts(description=description(**mapping), task=known)


def _layers(*layers: str, **more: Any) -> Any:
    return lambda: _spec(model=list(layers), **more)


HIDDEN = ("Linear(..., 16)", "ReLU", "Linear(..., ...)")
NORMED = ("Linear(..., 64)", "BatchNorm1d(...)", "ReLU", "Linear(..., ...)")

LAYERS = {
    "H501": [
        Case("softmax", _layers(*HIDDEN, "Softmax(dim=1)", loss="CrossEntropyLoss"), "error", "softmax itself"),
        Case("no logarithm", _layers(*HIDDEN, loss="NLLLoss"), "error", "logarithms"),
        Case("log-softmax", _layers(*HIDDEN, "LogSoftmax(dim=1)", loss="NLLLoss")),
    ],
    "H502": [
        Case("sigmoid", _layers(*HIDDEN, "Sigmoid", loss="BCEWithLogitsLoss"), "error", "sigmoid itself"),
        Case("no sigmoid", _layers(*HIDDEN, loss="BCELoss"), "error", "probabilities"),
        Case("one sigmoid", _layers(*HIDDEN, "Sigmoid", loss="BCELoss")),
    ],
    "M401": [
        Case(
            "two in a row", _layers("Linear(..., 64)", "Linear(..., 32)", "ReLU", "Linear(..., ...)"), "warning", "32"
        ),
        Case("dropout between", _layers("Linear(..., 64)", "Dropout(0.1)", "Linear(..., ...)"), "warning", "follows"),
        Case("factorised", _layers("Linear(..., 4)", "Linear(..., 64)", "ReLU", "Linear(..., ...)")),
        Case("activations", _layers(*HIDDEN)),
    ],
    "M402": [
        Case("ReLU", _layers(*HIDDEN, "ReLU", loss="CrossEntropyLoss"), "error", "after the output layer"),
        Case("dropout", _layers(*HIDDEN, "Dropout(0.2)"), "warning", "at random"),
        Case("ReLU on numbers", _layers(*HIDDEN, "ReLU", loss="MSELoss")),
    ],
    "M403": [
        Case("two", _layers("Linear(..., 8)", "Tanh", "ReLU", "Linear(..., ...)"), "warning", "in a row"),
        Case("softmax", _layers("Linear(..., 8)", "Softmax(1)", "Linear(..., ...)"), "warning", "middle"),
        Case("one", _layers(*HIDDEN)),
    ],
    "M407": [
        Case("0.9", _layers("Linear(..., 8)", "ReLU", "Dropout(0.9)", "Linear(..., ...)"), "warning", "dropped"),
        Case("0.5", _layers("Linear(..., 8)", "ReLU", "Dropout", "Linear(..., ...)")),
    ],
    "O606": [
        Case("too short", lambda: _spec(scheduler="CosineAnnealingLR(T_max=5)", train={"epochs": 100}), "warning", "5"),
        Case("never", lambda: _spec(scheduler="StepLR(30)", train={"epochs": 10}), "warning", "never"),
        Case("fits", lambda: _spec(scheduler="CosineAnnealingLR(T_max=20)", train={"epochs": 20})),
        Case("gone", lambda: _spec(scheduler="ExponentialLR(0.9)", train={"epochs": 20_000}), "warning", "of 20000"),
        Case("restarts", lambda: _spec(scheduler="CosineAnnealingWarmRestarts(T_0=5)", train={"epochs": 100})),
    ],
    "O608": [
        Case(
            "of one", lambda: _spec(model=list(NORMED), train={"batch_size": 16, "accumulate": 16}), "warning", "1 rows"
        ),
        Case("of 64", lambda: _spec(model=list(NORMED), train={"batch_size": 256, "accumulate": 4})),
    ],
}
