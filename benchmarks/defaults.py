"""Whole runs with defaults on every data set of the tests' data: what the checks say at warning or above.

python benchmarks/defaults.py               # MODELWRIGHT_DATA=folder
python benchmarks/defaults.py ett sms       # those whose names begin so
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import modelwright
from modelwright.errors import ModelwrightError
from modelwright.run.folder import CHECKS

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data")).resolve()
EPOCHS = 3
FORECAST = {"time": "date", "window": 96, "horizon": 24}
MONTHS = {"time": "Month", "window": 24, "horizon": 12}
DAYS = {"time": "Date", "window": 30, "horizon": 7}
UCR = ("BasicMotions", "GunPoint", "ItalyPowerDemand", "JapaneseVowels")
SETS: dict[str, tuple[str, dict[str, Any]]] = {
    "adult": ("adult/adult-train.csv", {}),
    "adult test": ("adult/adult-test.csv", {}),
    "housing": ("california-housing/housing.csv", {"target": "median_house_value"}),
    "housing last column": ("california-housing/housing.csv", {}),
    "covertype": ("covertype-kaggle/train.csv", {}),
    "diamonds": ("diamonds/diamonds.csv", {"target": "price"}),
    "diamonds cut": ("diamonds/diamonds.csv", {"target": "cut"}),
    **{f"ett {name}": (f"ett/{name}.csv", {"data": FORECAST}) for name in ("ETTh1", "ETTh2", "ETTm1")},
    "ett all": ("ett/ETTh1.csv", {"target": "all", "data": FORECAST}),
    "ett table": ("ett/ETTh1.csv", {}),
    **{name: (f"jbrownlee-tabular/{name}.csv", {}) for name in ("iris", "pima-indians-diabetes", "sonar")},
    "horse-colic": ("jbrownlee-tabular/horse-colic.csv", {}),
    "horse-colic lesion": ("jbrownlee-tabular/horse-colic.csv", {"target": "column_23"}),
    "airline": ("jbrownlee-timeseries/airline-passengers.csv", {"data": MONTHS}),
    "airline table": ("jbrownlee-timeseries/airline-passengers.csv", {}),
    "temperatures": ("jbrownlee-timeseries/daily-min-temperatures.csv", {"data": DAYS}),
    "pollution": ("jbrownlee-timeseries/pollution.csv", {"target": "pm2.5"}),
    "pollution last column": ("jbrownlee-timeseries/pollution.csv", {}),
    "penguins": ("penguins/penguins.csv", {"target": "species"}),
    "penguins sex": ("penguins/penguins.csv", {}),
    "penguins raw": ("penguins/penguins_raw.csv", {"target": "Species"}),
    "titanic": ("titanic/train.csv", {"target": "Survived"}),
    "titanic fare": ("titanic/train.csv", {"target": "Fare"}),
    "wine red": ("wine-quality/winequality-red.csv", {}),
    "wine white": ("wine-quality/winequality-white.csv", {}),
    "sms": ("sms-spam/SMSSpamCollection", {}),
    "sst2": ("sst2/sentiment-train", {"data": {"validation": "sst2/sentiment-dev", "test": "sst2/sentiment-test"}}),
    "news": ("ag-news/test.csv", {"target": "column_1", "data": {"drop": ["column_2"]}}),
    "ts ECG200": ("ucr-uea/ECG200/ECG200_TRAIN.tsv", {"data": {"test": "ucr-uea/ECG200/ECG200_TEST.tsv"}}),
    **{f"ts {n}": (f"ucr-uea/{n}/{n}_TRAIN.ts", {"data": {"test": f"ucr-uea/{n}/{n}_TEST.ts"}}) for n in UCR},
    "mnist": ("mnist", {"train": {"epochs": 1}, "model": "cnn(widths=[8, 16])"}),
}


def main(names: list[str]) -> None:
    """Print one line a data set, and each finding at warning or above."""
    found = 0
    for name, (path, keys) in SETS.items():
        if names and not name.startswith(tuple(names)):
            continue
        begin = time.perf_counter()
        told = findings(str(DATA / path), keys)
        found += len(told)
        print(f"{name}: {len(told)} ({time.perf_counter() - begin:.0f} s)", *told, sep="\n  ", flush=True)
    print(f"findings at warning or above: {found}")


def findings(path: str, keys: dict[str, Any]) -> list[str]:
    """Return what a run of a few epochs is told."""
    data = {k: str(DATA / v) if k in ("validation", "test") else v for k, v in keys.get("data", {}).items()}
    settings = {"train": {"epochs": EPOCHS}, **keys, "data": data}
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = modelwright.train(path, **settings, runs=folder, report=False)
        except ModelwrightError as error:
            return [f"refused: {each.code} {each.message}" for each in error.diagnostics]
        told = json.loads((run.path / CHECKS).read_text())["diagnostics"]
    return [f"{each['code']} {each['severity']}: {each['message']}" for each in told if each["severity"] != "note"]


if __name__ == "__main__":
    main(sys.argv[1:])
