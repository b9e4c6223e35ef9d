"""Right tables and descriptions that look suspicious: honest numbers that resemble leaks, codes and copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def right_salaries_are_unique_numbers() -> dict[str, Any]:
    salary = np.random.default_rng(0).permutation(np.arange(30_000, 90_000, 200))
    return _of(flowers().with_columns(pl.Series("salary", salary)))


def right_years_of_construction() -> dict[str, Any]:
    return _of(houses().with_columns(pl.Series("built", np.random.default_rng(0).integers(1890, 2022, 300))))


def right_answers_of_a_survey() -> dict[str, Any]:
    random = np.random.default_rng(0)
    answers = {f"q{i}": random.integers(1, 6, 500) for i in range(5)}
    score = sum(answers.values()) + random.normal(0, 2, 500)
    return _of(pl.DataFrame({**answers, "y": np.where(score > 15, "content", "not")}))


def right_sorted_file_shuffled_split() -> dict[str, Any]:
    return _of(flowers().sort("y"))


def right_share_of_missing_values() -> dict[str, Any]:
    frame = houses()
    gaps = np.random.default_rng(0).random(300) < 0.4
    area = [None if gap else value for gap, value in zip(gaps, frame["area"].to_list(), strict=True)]
    return _of(frame.with_columns(pl.Series("area", area)))


def right_switch_that_is_mostly_off() -> dict[str, Any]:
    return _of(houses().with_columns(pl.Series("has_pool", np.random.default_rng(0).random(300) < 0.03)))


def right_heavy_tails() -> dict[str, Any]:
    return _of(houses().with_columns(pl.Series("visits", np.random.default_rng(0).pareto(1.5, 300))))


def right_grades_as_numbers() -> dict[str, Any]:
    random = np.random.default_rng(0)
    hours = random.uniform(0, 20, 300)
    grade = np.clip(np.round(6 - hours / 4 + random.normal(0, 0.7, 300)), 1, 6)
    return _of(pl.DataFrame({"hours": hours, "sleep": random.normal(7, 1, 300), "y": grade}), task="regression")


def right_strong_input() -> dict[str, Any]:
    random = np.random.default_rng(0)
    degree_days = random.uniform(0, 30, 300)
    used = 12 * degree_days + random.normal(0, 15, 300)
    return _of(pl.DataFrame({"degree_days": degree_days, "people": random.integers(1, 6, 300), "y": used}))


def right_rare_but_enough() -> dict[str, Any]:
    return _of(frauds(4000, share=0.06))


def right_time_and_split_by_time() -> dict[str, Any]:
    frame = houses(400)
    days = pl.Series("day", np.datetime64("2022-01-01") + np.arange(400))
    return _of(frame.with_columns(days), data={"time": "day"}, split={"by": "time"})


def right_groups_and_split_by_group() -> dict[str, Any]:
    patient = pl.Series("patient", [f"p{i % 60}" for i in range(360)])
    return _of(flowers(360).with_columns(patient), data={"group": "patient"}, split={"by": "group"})


def right_waist_of_an_mlp() -> dict[str, Any]:
    return _of(houses(), model=["Linear(..., 64)", "ReLU", "Linear(64, 4)", "Linear(4, 64)", "ReLU", "Linear(64, 1)"])


def right_two_outputs_for_two_classes() -> dict[str, Any]:
    model = ["Linear(..., 16)", "ReLU", "Linear(16, 2)"]
    return _of(flowers(classes=2), model=model, loss="CrossEntropyLoss", task="multiclass")


def right_sgd_of_a_half() -> dict[str, Any]:
    return _of(flowers(), optimizer="SGD(lr=0.5)", model=["Linear(..., 3)"])


def right_identifier_is_dropped() -> dict[str, Any]:
    return _of(flowers().with_row_index("id"), data={"drop": ["id"]})


def right_strong_weight_decay() -> dict[str, Any]:
    return _of(houses(), optimizer="AdamW(lr=0.003, weight_decay=0.5)")


def right_cosine_by_the_epochs() -> dict[str, Any]:
    return _of(flowers(), scheduler="CosineAnnealingLR(T_max=40)", train={"epochs": 40})


def right_step_within_training() -> dict[str, Any]:
    return _of(flowers(), scheduler="StepLR(step_size=15, gamma=0.3)", train={"epochs": 40})


def right_prices_with_commas_are_read() -> dict[str, Any]:
    area = pl.Series("area", [f"{v:,.1f}" for v in houses()["area"] * 100])
    return _of(houses().with_columns(area))


def right_customer_number_is_left_out() -> dict[str, Any]:
    return _of(flowers().with_columns(pl.Series("customer_id", range(10_001, 10_301))))


def right_question_marks_are_missing() -> dict[str, Any]:
    grades = [("good", "fair", "poor")[i % 3] for i in range(300)]
    grades[5] = grades[80] = "?"
    return _of(houses().with_columns(pl.Series("grade", grades)))
