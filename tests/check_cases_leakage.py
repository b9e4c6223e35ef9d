"""Declared cases of the rules about leakage: each fires on some and is silent on others that look alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from check_facts import Case, description, halves, number, plan, rng, split, table
from modelwright.checks.facts import Facts
from modelwright.plan.plan import InputPlan, OutputPlan

N = 400
X = rng().normal(size=N)
NOISE = rng(1).normal(size=N)
CLASS = (rng(2).random(N) < 0.4).astype(int)
WORDS = np.where(CLASS == 1, "yes", "no").tolist()
PRICE = np.exp(rng(3).normal(size=N))
THREE = ["a", "b", "c"] * 100
SORTED = ["a"] * 100 + ["b"] * 100 + ["c"] * 100
TAIL = split(np.arange(210), np.arange(210, 240), np.arange(240, 300), shuffle=False)
MIXED = rng(4).permutation(300)
SHUFFLED = split(MIXED[:210], MIXED[210:240], MIXED[240:])


def _binary(columns: dict[str, Any], **more: Any) -> Facts:
    kinds = more.pop("kinds", None)
    return Facts(table=table({**columns, "y": WORDS}, kinds), targets=("y",), task="binary", **more)


def _number(columns: dict[str, Any], target: Any = PRICE) -> Facts:
    return Facts(table=table({**columns, "y": target}), targets=("y",), task="regression")


def _three(labels: list[str], parts: Any, **columns: Any) -> Facts:
    return Facts(table=table({"x": X[:300], **columns, "y": labels}), targets=("y",), task="multiclass", split=parts)


def _described(**mapping: Any) -> Facts:
    return Facts(description=description(**mapping))


def _apart(test_from_training: int) -> Facts:
    training, fresh = np.arange(200.0), np.arange(1000.0, 1100.0 - test_from_training)
    x = np.concatenate([training, training[:test_from_training], fresh])
    files = split(np.arange(200), [], np.arange(200, 300), by="files")
    return Facts(table=table({"x": x, "y": x * x % 7}), targets=("y",), task="regression", split=files)


def _planned(mean: float, low: float, high: float) -> Facts:
    rows = halves(N)
    inputs = (number("x", low=low, high=high),)
    outputs = OutputPlan(targets=("y",), kind="numeric", mean=(mean,), scale=(1.0,))
    return Facts(
        table=table({"x": X, "y": PRICE}),
        targets=("y",),
        task="regression",
        split=rows,
        inputs=inputs,
        plan=plan("regression", inputs, outputs, (200, 100, 100)),
    )


def _unscaled(target: Any, scale: tuple[float, ...] = ()) -> Facts:
    outputs = OutputPlan(targets=("y",), kind="numeric", mean=(0.0,) if scale else (), scale=scale)
    facts = _number({"x": X}, target)
    return Facts(table=facts.table, targets=("y",), task="regression", plan=plan("regression", (), outputs, (1, 1, 1)))


def _timed(parts: Any) -> Facts:
    rows = table({"t": np.arange(N), "x": X, "y": PRICE})
    given = description(data={"path": "a.csv", "time": "t"})
    return Facts(description=given, table=rows, targets=("y",), task="regression", split=parts)


def _grouped(parts: Any) -> Facts:
    rows = table({"who": [f"p{i // 4}" for i in range(N)], "x": X, "y": PRICE})
    given = description(data={"path": "a.csv", "group": "who"})
    return Facts(description=given, table=rows, targets=("y",), task="regression", split=parts)


def _persons(name: str, told: bool = True, count: bool = False) -> Facts:
    who = np.arange(N) // 10
    y = np.where((who * 7 % 5 > 2) if told else CLASS == 1, "yes", "no").tolist()
    rows = table({name: who if count else [f"p{number}" for number in who], "x": X, "y": y})
    return Facts(table=rows, targets=("y",), task="binary", split=halves(N))


LETTERS = InputPlan(name="t", kind="text", encoding="tokens", why="")


def _letters(test: list[str]) -> Facts:
    texts = [*(f"an old car {number}" for number in range(100)), *test]
    files = split(np.arange(100), [], np.arange(100, len(texts)), by="files")
    made = table({"t": texts, "y": ["a", "b"] * (len(texts) // 2)}, {"t": "text"}, files_of(len(texts)))
    return Facts(table=made, targets=("y",), task="binary", split=files, inputs=(LETTERS,))


def files_of(rows: int) -> np.ndarray:
    """Return the parts of rows of which the first hundred are training rows."""
    return np.where(np.arange(rows) < 100, 0, 2)


_TRAIN = X[::2]
_MEAN = float(PRICE[::2].mean())
_NATURAL = np.where(CLASS == 1, X + 20, X - 20)

LEAKAGE = {
    "D109": [
        Case("dollars as they are", lambda: _unscaled(PRICE * 2e5), "warning", "not standardised"),
        Case("standardised by the plan", lambda: _unscaled(PRICE * 2e5, (1e5,))),
        Case("near zero and one", lambda: _unscaled(PRICE)),
    ],
    "L201": [
        Case(
            "test is validation",
            lambda: _described(data={"path": "a.csv", "validation": "b.csv", "test": "./b.csv"}),
            "error",
            "same file",
        ),
        Case(
            "test is training",
            lambda: _described(data={"path": "a.csv", "test": "a.csv"}),
            "error",
            "training and test",
        ),
        Case("three files", lambda: _described(data={"path": "a.csv", "validation": "b.csv", "test": "c.csv"})),
        Case("one file", _described),
    ],
    "L202": [
        Case("range of all rows", lambda: _planned(_MEAN, float(_TRAIN.min()), 99.0), "error", "outside the training"),
        Case("mean of all rows", lambda: _planned(float(PRICE.mean()), 0.0, 0.0), "error", "target `y`"),
        Case("the training rows'", lambda: _planned(_MEAN, float(_TRAIN.min()), float(_TRAIN.max()))),
    ],
    "L204": [
        Case("test file with training rows", lambda: _apart(50), "error", "50.0% of the test rows"),
        Case("test file of its own", lambda: _apart(0)),
        Case("texts in capitals", lambda: _letters([f"An OLD  car: {i}!" for i in range(20)]), "error", "test rows"),
        Case("other texts", lambda: _letters([f"a car {number}" for number in range(20)])),
        Case(
            "repeated before the split",
            lambda: Facts(
                table=table({"x": np.repeat(X, 2), "y": np.repeat(PRICE, 2)}),
                targets=("y",),
                task="regression",
                split=halves(2 * N),
            ),
            "warning",
            "also training rows",
        ),
        Case(
            "coarse grades repeat",
            lambda: Facts(
                table=table({"x": np.round(X), "z": np.round(NOISE), "y": WORDS}),
                targets=("y",),
                task="binary",
                split=halves(N),
            ),
        ),
    ],
    "L205": [
        Case(
            "renamed class", lambda: _binary({"alive": np.where(CLASS == 1, "T", "F").tolist()}), "error", "same values"
        ),
        Case("class as number", lambda: _binary({"x": X, "y_code": CLASS + 5}), "error", "called like it"),
        Case("one category tells", lambda: _binary({"status": _status()}), "warning", "determines the class"),
        Case("separates", lambda: _binary({"x": X, "score": CLASS + 0.1 * NOISE}), "warning", "AUC"),
        Case("missing tells", lambda: _binary({"body": [7.5 if c else None for c in CLASS]}), "warning", "missing"),
        Case("other units", lambda: _number({"x": X, "cents": PRICE * 100 + 3}), "error", "same values"),
        Case("a curve of it", lambda: _number({"x": X, "log": np.log(PRICE)}), "error", "same values"),
        Case("with some noise", lambda: _number({"x": X, "tax": PRICE * 0.2 + NOISE * 0.003}), "warning", "R²"),
        Case(
            "the target itself",
            lambda: _binary({"x": X}, inputs=(number("x"), number("y"))),
            "error",
            "is among the inputs",
        ),
        Case("easy by nature, like iris", lambda: _binary({"petal": _NATURAL, "width": _NATURAL + NOISE})),
        Case("smooth series", lambda: _number({"x": np.cumsum(X) + 0.001 * NOISE}, np.cumsum(X))),
        Case("good but honest", lambda: _binary({"x": CLASS + 0.7 * NOISE})),
        Case("ids determine by accident", lambda: _binary({"who": [f"p{i // 2}" for i in range(N)], "x": X})),
    ],
    "L206": [
        Case(
            "row number of sorted rows",
            lambda: Facts(
                table=table({"index": np.arange(300), "x": X[:300], "y": SORTED}), targets=("y",), task="multiclass"
            ),
            "warning",
            "numbers the rows",
        ),
        Case("sorted and not shuffled", lambda: _three(SORTED, TAIL), "warning", "without shuffling"),
        Case("sorted but shuffled", lambda: _three(SORTED, SHUFFLED)),
        Case("row number of mixed rows", lambda: _three(THREE, SHUFFLED, index=np.arange(300))),
        Case("mixed and not shuffled", lambda: _three(THREE, TAIL)),
    ],
    "L207": [
        Case("a time, split at random", lambda: _timed(halves(N)), "warning", "later than the first test row"),
        Case("a split by time that is none", lambda: _timed(halves(N, by="time")), "error", "198 of 200"),
        Case("the latest rows", lambda: _timed(split(range(200), range(200, 300), range(300, N), by="time"))),
        Case("equal times at the border", lambda: _timed(split(range(301), [], range(300, N), by="time"))),
    ],
    "L208": [
        Case("patients, split at random", lambda: _grouped(halves(N)), "warning", "100 of 100 groups"),
        Case("a split by group that is none", lambda: _grouped(halves(N, by="group")), "error", "both"),
        Case("patients apart", lambda: _grouped(split(range(200), [], range(200, N), by="group"))),
        Case("patients that nobody named", lambda: _persons("Patient ID"), "warning", "looks like a group"),
        Case("patients that tell nothing", lambda: _persons("patient", told=False)),
        Case("a street is no person", lambda: _persons("street")),
        Case("calls of a customer", lambda: _persons("calls_per_customer")),
        Case("a number of clients", lambda: _persons("number_of_client")),
        Case("what a letter is about", lambda: _persons("subject")),
        Case("how many videos", lambda: _persons("video", count=True)),
        Case("numbered videos", lambda: _persons("video_id", count=True), "warning", "looks like a group"),
    ],
    "L210": [
        Case("stopped by it", lambda: Facts(uses={"test": ("early stopping", "score")}), "error", "early stopping"),
        Case("scored ten times", lambda: Facts(uses={"test": ("score",) * 10}), "warning", "10 times"),
        Case("used once", lambda: Facts(uses={"test": ("score",), "validation": ("early stopping", "score")})),
    ],
    "L212": [
        Case("tail of sorted rows", lambda: _three(SORTED, TAIL), "error", "sorted"),
        Case("tail of mixed rows", lambda: _three(THREE, TAIL)),
        Case("shuffled", lambda: _three(SORTED, SHUFFLED)),
    ],
    "L213": [
        Case(
            "four rare rows by chance in training",
            lambda: _three(
                ["r"] * 4 + ["a", "b"] * 148, split(np.arange(200), np.arange(200, 220), np.arange(220, 300))
            ),
            "warning",
            "`r` (4 rows",
        ),
        Case("every class everywhere", lambda: _three(THREE, SHUFFLED)),
        Case("groups decide", lambda: _three(SORTED, split(np.arange(210), [], np.arange(210, 300), by="group"))),
    ],
    "L214": [
        Case("5 test rows", lambda: Facts(task="binary", split=split(range(50), [], range(5))), "warning", "few"),
        Case(
            "60 test rows", lambda: Facts(task="binary", split=split(range(50), [], range(60))), "note", "0.80 to 0.95"
        ),
        Case("500 test rows", lambda: Facts(task="regression", split=split(range(50), [], range(500)))),
    ],
}


def _status() -> list[str]:
    """Return five categories, each of one class."""
    pick = rng(5).integers(0, 3, N)
    return [("paid", "closed", "won")[k] if c else ("open", "new", "lost")[k] for c, k in zip(CLASS, pick, strict=True)]
