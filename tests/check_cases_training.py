"""Declared cases of the rules that read the record of training, and of those of scores that need a plan."""

from __future__ import annotations

from typing import Any

from check_facts import Case, plan
from modelwright.checks.facts import Facts
from modelwright.evaluate.result import Result, Score
from modelwright.plan.plan import OutputPlan, TrainPlan


def past(losses: list[float], layers: dict[str, tuple[float, float, float]] | None = None, **more: Any) -> Facts:
    """Return facts with a history: gradient, update and weight of each layer the same in every epoch."""
    named = {
        name: dict(zip(("gradient", "update", "weight"), each, strict=True)) for name, each in (layers or {}).items()
    }
    validation = more.pop("validation", [None] * len(losses))
    history = [
        {"epoch": i + 1, "loss": loss, "layers": named} | ({} if v is None else {"validation_loss": v})
        for i, (loss, v) in enumerate(zip(losses, validation, strict=True))
    ]
    return Facts(history=history, **more)


def _scored(accuracy: float, balanced: float, calibration: float = 0.0) -> Facts:
    names = {"accuracy": accuracy, "balanced_accuracy": balanced, "calibration_error": calibration}
    scores = {n: Score(n, v, v - 0.01, v + 0.01, n != "calibration_error") for n, v in names.items()}
    outputs = OutputPlan(targets=("y",), kind="category", classes=("no", "yes"))
    return Facts(result=Result(scores["accuracy"], scores, rows=2000), plan=plan("binary", (), outputs, (1, 1, 1)))


def _clipped(limit: float, norm: float) -> Facts:
    train = TrainPlan(
        epochs=6, batch_size=1, seed=0, patience=None, clip_grad_norm=limit, accumulate=1, class_weight=None
    )
    made = plan("binary", (), OutputPlan(targets=("y",), kind="category"), (1, 1, 1)).model_copy(
        update={"train": train}
    )
    return past([1.0] * 6, {"0": (norm, 0.001, 1.0)}, plan=made)


FALLING = [1.0 / (i + 1) for i in range(12)]
GOOD = {"0": (0.1, 0.002, 3.0), "2": (0.2, 0.003, 2.0), "4": (0.3, 0.01, 1.0)}

TRAINING = {
    "T702": [
        Case("grows", lambda: past([1.0, 0.5, 0.8, 1.5, 2.0]), "warning", "0.5"),
        Case("falls", lambda: past(FALLING)),
        Case("a last wiggle", lambda: past([1.0, 0.2, 0.1, 0.25, 0.21])),
    ],
    "T703": [
        Case("stays", lambda: past([0.693, 0.6931, 0.693, 0.6929, 0.6931]), "warning", "5 epochs"),
        Case("falls", lambda: past(FALLING)),
        Case("learned already", lambda: past([1e-9] * 6)),
    ],
    "T705": [
        Case("weak", lambda: past(FALLING, {**GOOD, "0": (1e-7, 0.001, 3.0), "4": (0.3, 0.01, 1.0)}), "warning", "`0`"),
        Case("alike", lambda: past(FALLING, GOOD)),
        Case("all small at the end", lambda: past(FALLING, dict.fromkeys("abc", (1e-08, 0.001, 1.0)))),
    ],
    "T706": [
        Case("enormous", lambda: past(FALLING, {**GOOD, "2": (3e7, 0.1, 1.0)}), "warning", "3e+07"),
        Case("ordinary", lambda: past(FALLING, GOOD)),
    ],
    "T709": [
        Case("still", lambda: past(FALLING, {**GOOD, "2": (0.0, 0.0, 1.0)}), "warning", "never change"),
        Case("endless", lambda: past(FALLING, {**GOOD, "2": (0.1, 0.01, 1e9)}), "warning", "without end"),
        Case("moving", lambda: past(FALLING, GOOD)),
    ],
    "T711": [
        Case(
            "part",
            lambda: past(FALLING, validation=[0.9, 0.5, 0.4, 0.4, 0.6, 0.6, 0.7, 0.8, 0.9, 1, 1, 1]),
            "note",
            "0.4",
        ),
        Case("together", lambda: past(FALLING, validation=FALLING)),
    ],
    "O609": [
        Case("always", lambda: _clipped(0.01, 0.01), "note", "6 of 6 records"),
        Case("never", lambda: _clipped(100.0, 0.01), "note", "never"),
        Case("a limit", lambda: _clipped(1.0, 0.3)),
    ],
    "O612": [
        Case("large", lambda: past(FALLING, dict.fromkeys("abc", (0.1, 0.9, 1.0))), "warning", "too large"),
        Case("small", lambda: past(FALLING, dict.fromkeys("abc", (0.1, 1e-09, 1.0))), "warning", "too small"),
        Case("ordinary", lambda: past(FALLING, GOOD)),
    ],
    "E805": [Case("off", lambda: _scored(0.8, 0.8, 0.2), "note", "0.2"), Case("good", lambda: _scored(0.8, 0.8, 0.05))],
    "E806": [
        Case("one answer", lambda: _scored(0.98, 0.5), "warning", "same class"),
        Case("both", lambda: _scored(0.98, 0.8)),
        Case("hard", lambda: _scored(0.55, 0.5)),
    ],
}
