"""Declared cases of the rules about layers, losses, optimizers and scores."""

from __future__ import annotations

from typing import Any

from check_facts import Case, description, table
from modelwright.checks.facts import Facts
from modelwright.evaluate.result import Baseline, Result, Score

WORDS = ["a", "b", "c", "d"] * 30
X = [float(value * 7 % 11) for value in range(120)]
LEAK = [0.0 if value == "no" else 1.0 for value in ["no", "yes"] * 60]


def _spec(known: Any = None, **mapping: Any) -> Facts:
    return Facts(description=description(**mapping), task=known)


def _with(target: list[Any], known: Any, **mapping: Any) -> Facts:
    columns = {"x": X[: len(target)], "y": target}
    return Facts(description=description(**mapping), table=table(columns), targets=("y",), task=known)


def _scored(value: float, *baselines: Baseline, metric: str = "accuracy", up: bool = True) -> Facts:
    return Facts(result=Result(Score(metric, value, value, value, up), baselines=baselines, rows=100))


def _base(name: str, value: float, low: float, high: float, metric: str = "accuracy") -> Baseline:
    """A baseline from which the model differs by `low` to `high`."""
    return Baseline(name, metric, value, low=low, high=high)


def _perfect(value: float, inputs: dict[str, Any]) -> Facts:
    score = Score("accuracy", value, value - 0.01, 1.0, True)
    y = ["no", "yes"] * 60
    return Facts(result=Result(score), table=table({**inputs, "y": y}), targets=("y",), task="binary")


LAYERS = ["Linear(..., 16)", "ReLU", "Linear(..., 4)"]

MODEL = {
    "H503": [
        Case(
            "softmax of one", lambda: _spec("binary", model=["Linear(..., 1)", "Softmax(dim=1)"]), "error", "always 1"
        ),
        Case("cross-entropy of two outputs", lambda: _spec("binary", loss="CrossEntropyLoss")),
        Case(
            "labels that may hold together", lambda: _spec("multilabel", loss="CrossEntropyLoss"), "error", "together"
        ),
        Case("each class alone", lambda: _spec("multiclass", loss="BCEWithLogitsLoss"), "error", "exclude"),
        Case("one logit", lambda: _spec("binary", model=["Linear(..., 1)"], loss="BCEWithLogitsLoss")),
        Case("one-hot columns as labels", lambda: _spec("multilabel", loss="BCEWithLogitsLoss")),
        Case("log-softmax with NLL", lambda: _spec("multiclass", model=[*LAYERS, "LogSoftmax(dim=1)"], loss="NLLLoss")),
        Case("no loss named", lambda: _spec("binary")),
    ],
    "H504": [
        Case("squared error on words", lambda: _with(WORDS, "multiclass", loss="MSELoss"), "error", "loss of numbers"),
        Case("accuracy of numbers", lambda: _spec("regression", evaluate={"metric": "accuracy"}), "error", "score of"),
        Case("classes from numbers", lambda: _spec("regression", loss="CrossEntropyLoss"), "error", "loss of classes"),
        Case("grades or classes", lambda: _with([1, 2, 3] * 20, "multiclass", loss="MSELoss")),
        Case("grades, declared", lambda: _with([1, 2, 3] * 20, "regression", task="regression", loss="MSELoss")),
        Case("right pair", lambda: _spec("multiclass", loss="CrossEntropyLoss", evaluate={"metric": "f1"})),
    ],
    "O605": [
        Case("nothing is learned", lambda: _spec(optimizer="SGD(lr=0)"), "error", "nothing"),
        Case("Adam with 1", lambda: _spec(optimizer="Adam(lr=1.0)"), "error", "every weight"),
        Case("too small for float32", lambda: _spec(optimizer="AdamW(1e-12)"), "warning", "no weight"),
        Case("one cycle up to 5", lambda: _spec(optimizer="AdamW", scheduler="OneCycleLR(max_lr=5)"), "error", "5"),
        Case("SGD with 1", lambda: _spec(optimizer="SGD(lr=1.0, momentum=0.9)")),
        Case("Adam with 0.02", lambda: _spec(optimizer="Adam(lr=0.02)")),
        Case("the default", lambda: _spec(optimizer="AdamW")),
        Case("one cycle replaces it", lambda: _spec(optimizer="SGD(lr=0)", scheduler="OneCycleLR(max_lr=0.1)")),
    ],
    "S304": [
        Case("ten for four", lambda: _with(WORDS, "multiclass", model=["Linear(..., 10)"]), "error", "needs 4"),
        Case("below a softmax", lambda: _with(WORDS, "multiclass", model=["Linear(8, 3)", "Softmax(1)"]), "error", "3"),
        Case(
            "two logits for two classes",
            lambda: _with(["a", "b"] * 20, "binary", model=["Linear(out_features=2)"]),
            "error",
            "needs 1",
        ),
        Case("four for four", lambda: _with(WORDS, "multiclass", model=LAYERS)),
        Case("left out", lambda: _with(WORDS, "multiclass", model=["Linear(..., 16)", "ReLU", "Linear(16, ...)"])),
        Case("a recipe", lambda: _with(WORDS, "multiclass", model="mlp(hidden=[10])")),
    ],
    "S307": [
        Case("binary with four", lambda: _with(WORDS, "binary", task="binary"), "error", "4 classes"),
        Case(
            "classes with fractions",
            lambda: _with([0.5, 1.5] * 9, "multiclass", task="multiclass"),
            "error",
            "fractions",
        ),
        Case("numbers that are words", lambda: _with(WORDS, "regression", task="regression"), "error", "words"),
        Case("labels of 2", lambda: _with([0, 1, 2] * 9, "multilabel", task="multilabel"), "error", "not 0 or 1"),
        Case("negative counts", lambda: _with([-1, 4] * 9, "regression", loss="PoissonNLLLoss"), "error", "negative"),
        Case("classes from 1 on", lambda: _with([1, 2, 3] * 9, "multiclass", task="multiclass")),
        Case("whole numbers as reals", lambda: _with([0.0, 1.0] * 9, "binary", task="binary")),
    ],
    "E801": [
        Case("below the majority", lambda: _scored(0.70, _base("majority", 0.76, -0.09, -0.03)), "warning", "worse"),
        Case(
            "worse than the mean",
            lambda: _scored(9, _base("mean", 5, 3, 5, "rmse"), metric="rmse", up=False),
            "warning",
        ),
        Case("linear as good", lambda: _scored(0.80, _base("linear", 0.81, -0.03, 0.01)), "note", "not told apart"),
        Case("clearly better", lambda: _scored(0.90, _base("linear", 0.81, 0.05, 0.12))),
        Case("lower error", lambda: _scored(4, _base("mean", 5, -1.5, -0.5, "rmse"), metric="rmse", up=False)),
        Case("no baseline", lambda: _scored(0.9)),
    ],
    "E804": [
        Case("one input explains it", lambda: _perfect(1.0, {"x": X, "code": LEAK}), "warning", "`code` explains it"),
        Case("good, and nothing explains it", lambda: _perfect(1.0, {"x": X})),
        Case("a leak, but the score is ordinary", lambda: _perfect(0.8, {"x": X, "code": LEAK})),
    ],
}
