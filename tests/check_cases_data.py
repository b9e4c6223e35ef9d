"""Declared cases of the rules about values: each rule fires on some and is silent on others that look alike."""

from __future__ import annotations

import math

import numpy as np

from check_facts import Case, description, halves, number, rng, table
from modelwright.checks.facts import Facts

N = 400
REALS = rng().normal(size=N)
TWO = ["a", "b"] * (N // 2)


def _copied(values: np.ndarray, copies: int) -> np.ndarray:
    return np.concatenate([values, values[:copies]])


def _facts(columns: dict, target: str = "y", task: str | None = "binary", **more: object) -> Facts:
    kinds = more.pop("kinds", None)
    return Facts(table=table(columns, kinds), targets=(target,), task=task, **more)  # type: ignore[arg-type]


def _identified(name: str, values: object, kind: str = "integer", **columns: object) -> Facts:
    return _facts({name: values, "x": REALS, "y": TWO, **columns}, kinds={name: kind})


GRADES = np.round(rng(1).normal(size=(N, 2)), 0)
CODES = [f"{value:05d}" for value in rng(2).integers(10_000, 99_999, N)]

DATA = {
    "D101": [
        Case(
            "infinite input", lambda: _facts({"x": [1.0, math.inf, 2.0, 3.0], "y": list("abab")}), "error", "infinite"
        ),
        Case("infinite target", lambda: _facts({"x": [1.0, 2.0], "y": [1.0, -math.inf]}, task="regression"), "error"),
        Case(
            "most targets missing", lambda: _facts({"x": REALS[:4], "y": ["a", None, None, None]}), "warning", "3 of 4"
        ),
        Case("a few targets missing", lambda: _facts({"x": REALS[:5], "y": ["a", None, "b", "a", "b"]})),
        Case("missing inputs are fine", lambda: _facts({"x": [1.0, None, 2.0, 3.0], "y": list("abab")})),
        Case(
            "infinities in a dropped column",
            lambda: _facts(
                {"x": [1.0, math.inf], "z": [1, 2], "y": ["a", "b"]},
                description=description(data={"path": "a.csv", "drop": ["x"]}),
            ),
        ),
    ],
    "D102": [
        Case("stuck sensor", lambda: _facts({"x": [0.5] * 4, "y": list("abab")}), "warning", "one value only"),
        Case("nothing in it", lambda: _facts({"x": [None] * 4, "y": list("abab")}), "warning", "no values"),
        Case("one category of a one-hot family", lambda: _facts({"s1": [0, 1, 0], "s2": [0, 0, 0], "y": list("aba")})),
        Case("name of the study", lambda: _facts({"study": ["P1"] * 4, "x": REALS[:4], "y": list("abab")})),
        Case("present or missing says something", lambda: _facts({"x": [1.0, None, 1.0, None], "y": list("abab")})),
    ],
    "D103": [
        Case("row number", lambda: _identified("rank", np.arange(N)), "warning", "counts the rows"),
        Case("named id", lambda: _identified("customer_id", rng(3).permutation(N) * 7), "warning", "name"),
        Case("a category for each row", lambda: _identified("who", [f"p{i}" for i in range(N)], "category"), "warning"),
        Case("unique salaries", lambda: _identified("salary", rng(3).permutation(N) * 7 + 20_000)),
        Case("measured reals", lambda: _identified("id_ratio", REALS, "numeric")),
        Case("an id left out", lambda: _identified("customer_id", np.arange(N), "identifier")),
    ],
    "D104": [
        Case(
            "a word among numbers",
            lambda: _facts({"x": [*(f"{v:.2f}" for v in REALS[:99]), "n.d."], "y": TWO[:100]}),
            "warning",
            "n.d.",
        ),
        Case(
            "currency",
            lambda: _facts({"x": [f"$ {v:.2f}" for v in abs(REALS[:99])], "y": TWO[:99]}),
            "warning",
            "numbers",
        ),
        Case(
            "two spellings of missing",
            lambda: _facts({"x": ["red", "n/a", "blue", "-"] * 9, "y": TWO[:36]}),
            "warning",
            "as a category",
        ),
        Case(
            "kilograms",
            lambda: _facts({"x": [f"{v:.1f} kg".replace(".", ",") for v in abs(REALS[:99])], "y": TWO[:99]}),
            "warning",
            "`kg`",
        ),
        Case("ordinals", lambda: _facts({"x": [f"{i}th" for i in range(24, 123)], "y": TWO[:99]})),
        Case("codes with a letter", lambda: _facts({"x": [f"{i}R" for i in range(100, 199)], "y": TWO[:99]})),
        Case("houses", lambda: _facts({"x": [f"{i}{'ab'[i % 2]}" for i in range(99)], "y": TWO[:99]})),
        Case("codes of digits", lambda: _facts({"x": CODES, "y": TWO})),
        Case("plus and minus", lambda: _facts({"x": ["+", "-"] * 18, "y": TWO[:36]})),
        Case("tickets", lambda: _facts({"x": [*CODES[:90], *(f"A/{code}" for code in CODES[:30])], "y": TWO[:120]})),
        Case(
            "a kind you gave",
            lambda: _facts(
                {"x": [*(f"{v:.2f}" for v in REALS[:99]), "n.d."], "y": TWO[:100]},
                description=description(data={"path": "a.csv", "columns": {"x": "category"}}),
            ),
        ),
    ],
    "D105": [
        Case("postcode", lambda: _identified("zip_code", rng(4).integers(10_000, 10_090, N)), "note", "code"),
        Case("count", lambda: _identified("rooms", rng(4).integers(1, 9, N))),
        Case("postcode as category", lambda: _identified("zip_code", CODES, "category")),
    ],
    "D106": [
        Case(
            "a third of the rows twice",
            lambda: _facts({"x": _copied(REALS, 130), "y": _copied(np.array(TWO), 130)}),
            "warning",
            "exact copy",
        ),
        Case(
            "equal inputs, other labels",
            lambda: _facts({"x": np.tile(REALS, 2), "y": ["a"] * N + ["b"] * N}),
            "warning",
            "different labels",
        ),
        Case(
            "coarse table, concatenated with itself",
            lambda: _facts({"a": np.tile(GRADES[:, 0], 2), "b": np.tile(GRADES[:, 1], 2), "y": TWO * 2}),
            "warning",
        ),
        Case("few distinct values", lambda: _facts({"a": GRADES[:, 0], "b": GRADES[:, 1], "y": TWO})),
        Case("two copies in 400", lambda: _facts({"x": _copied(REALS, 2), "y": [*TWO, *TWO[:2]]})),
    ],
    "D107": [
        Case("one class", lambda: _facts({"x": REALS[:9], "y": ["a"] * 9}), "error", "one class"),
        Case("a class of one row", lambda: _facts({"x": REALS, "y": [*["a", "b"] * 199, "a", "c"]}), "warning"),
        Case("5 in 1,000", lambda: _facts({"x": np.arange(1000.0), "y": ["n"] * 995 + ["y"] * 5}), "warning", "0.50%"),
        Case("a text as target", lambda: _facts({"x": REALS[:50], "y": [f"text {i}" for i in range(50)]}), "warning"),
        Case(
            "rare but weighed up",
            lambda: _facts(
                {"x": np.arange(4000.0), "y": ["n"] * 3980 + ["y"] * 20},
                description=description(train={"class_weight": "balanced"}),
            ),
        ),
        Case("one in five", lambda: _facts({"x": REALS, "y": ["n"] * 320 + ["y"] * 80})),
    ],
    "D112": [
        Case("labels that end in a dot", lambda: _apart(["<=50K", ">50K"] * 5, [">50K.", "<=50K."]), "error", ">50K."),
        Case("a class nobody learned", lambda: _apart(list("abababab"), ["a", "c"]), "warning", "`c`"),
        Case("a class less in the test file", lambda: _apart(list("abcabc"), ["a", "b"])),
    ],
}


def _apart(training: list[str], test: list[str]) -> Facts:
    rows = len(training) + len(test)
    parts = np.array([0] * len(training) + [2] * len(test))
    columns = {"x": REALS[:rows], "y": training + test}
    return Facts(
        table=table(columns, parts=parts), targets=("y",), task="binary", split=halves(rows), inputs=(number("x"),)
    )
