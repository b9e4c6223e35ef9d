"""Default models over seeds on real tables: `MODELWRIGHT_DATA=folder python benchmarks/accuracy.py [NAME...]`.

Prints the cohort's score with its corrected interval beside the linear baseline. Adult keeps its given test file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import modelwright

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
SPELLING = {"column_15": {"<=50K.": "<=50K", ">50K.": ">50K"}}
SETS: dict[str, dict[str, Any]] = {
    "adult": {"data": {"path": "adult/adult-train.csv", "test": "adult/adult-test.csv", "replace": SPELLING}},
    "housing": {"data": {"path": "california-housing/housing.csv", "target": "median_house_value"}},
    "penguins": {"data": {"path": "penguins/penguins.csv", "target": "species"}, "split": {"folds": 5}},
    "titanic": {"data": {"path": "titanic/train.csv", "target": "Survived"}, "split": {"folds": 5}},
    "wine-red": {"data": {"path": "wine-quality/winequality-red.csv"}, "split": {"folds": 5}},
    "wine-white": {"data": {"path": "wine-quality/winequality-white.csv"}, "split": {"folds": 5}},
    "diamonds": {"data": {"path": "diamonds/diamonds.csv", "target": "price"}},
    "covertype": {"data": {"path": "covertype-kaggle/train.csv", "target": "Cover_Type"}},
}


def main() -> None:
    """Print one line a table."""
    for name in sys.argv[1:] or SETS:
        description = {**SETS[name], "train": {"seeds": 3}}
        files = {key: str(DATA / value) for key, value in description["data"].items() if key in ("path", "test")}
        description["data"] = {**description["data"], **files}
        with tempfile.TemporaryDirectory() as folder:
            run = modelwright.train(modelwright.Spec.model_validate(description), runs=folder)
            score, linear = run.score, next(b for b in run.result.baselines if b.name == "linear")
        verdict = linear.verdict(score.higher_is_better)
        print(f"{name:<11} {score.metric:<9} {score.value:.4g} ({score.low:.4g} to {score.high:.4g})", end="  ")
        print(f"linear {linear.value:.4g}: {verdict}", flush=True)


if __name__ == "__main__":
    main()
