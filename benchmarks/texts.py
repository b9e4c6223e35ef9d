"""Accuracy of models of texts over seeds: `MODELWRIGHT_DATA=folder python benchmarks/texts.py [NAME...] [model=CALL]`.

`python benchmarks/texts.py --files FOLDER` writes the AG News rows and the description `attention.yaml` there, for
whole commands (benchmarks/whole_commands.py): one attention block, Adam 0.001, batches of 128, three epochs.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

import modelwright

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
SEEDS = 3
CLASSES = ("World", "Sports", "Business", "Sci/Tech")
ATTENTION = """data: {path: train.csv, test: test.csv, target: topic}
encode: {text: "WordLevel(vocab_size=20000, length=64, min_frequency=1)"}
split: {validation_size: 0}
model:
  - Embedding(..., 64)
  - Residual(SelfAttention(..., 4))
  - LayerNorm
  - Mean
  - Linear(..., ...)
optimizer: Adam(lr=0.001)
scheduler: none
train: {epochs: 3, batch_size: 128}
"""


def news(folder: Path) -> dict[str, Any]:
    """Write the descriptions of AG News: 10,001 training rows, the official 7,600 test rows."""
    lines = (DATA / "ag-news" / "alps_dev.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    rows = [line.split("\t") for line in lines]
    pl.DataFrame({"topic": [row[1] for row in rows], "text": [row[0] for row in rows]}).write_csv(folder / "train.csv")
    with (DATA / "ag-news" / "test.csv").open(encoding="utf-8", newline="") as file:
        test = [(CLASSES[int(number) - 1], text) for number, _, text in csv.reader(file)]
    pl.DataFrame(test, schema=["topic", "text"], orient="row").write_csv(folder / "test.csv")
    return {"path": str(folder / "train.csv"), "test": str(folder / "test.csv"), "target": "topic"}


def messages(folder: Path) -> dict[str, Any]:
    """Return the SMS spam collection, split 80/20 by the seed."""
    return {"path": str(DATA / "sms-spam" / "SMSSpamCollection")}


def sentences(folder: Path) -> dict[str, Any]:
    """Return SST-2 with its own parts."""
    parts = {"path": "train", "validation": "dev", "test": "test"}
    return {key: str(DATA / "sst2" / f"sentiment-{part}") for key, part in parts.items()}


SETS = {"sms": messages, "sst2": sentences, "news": news}


def main() -> None:
    """Print one line a data set: the score of each seed, its mean, and the baseline's."""
    if sys.argv[1:2] == ["--files"]:
        folder = Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        news(folder)
        (folder / "attention.yaml").write_text(ATTENTION, encoding="utf-8")
        return
    changes = [word for word in sys.argv[1:] if "=" in word]
    for name in [word for word in sys.argv[1:] if "=" not in word] or SETS:
        values: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            data = SETS[name](Path(folder))
            for seed in range(SEEDS):
                split = {} if "test" in data else {"random_state": seed}
                run = modelwright.train(
                    modelwright.Spec.model_validate({"data": data, "train": {"seed": seed}, "split": split}),
                    overrides=changes,
                    runs=folder,
                )
                values.append(run.score.value)
            bag = next(baseline for baseline in run.result.baselines if baseline.name == "bag of words")
            each = " ".join(f"{value:.4f}" for value in values)
            print(
                f"{name:<5} {run.plan.recipe}  mean {sum(values) / SEEDS:.4f}  ({each})  bag of words {bag.value:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
