"""`modelwright script` of texts, sequences and forecasts: each script, run, gives the bits of its run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from scripts import repeats
from test_forecasting import hourly

FAST = {"epochs": 2, "batch_size": 32}
WORDS = ["a", "cheap", "prize", "now", "call", "free", "win", "hello", "see", "you", "dinner", "thanks", "ok"]
TEXTS: dict[str, dict[str, Any]] = {
    "bag": {},
    "bag, hidden": {"model": "bag(embedding_dim=8, pool=Mean, hidden=[8])", "train": FAST | {"batch_size": 30}},
    "BPE": {"encode": {"text": "BPE(vocab_size=60)"}, "model": "bag(embedding_dim=8)"},
    "characters": {"encode": {"text": "Character"}, "model": "bag(embedding_dim=4, pool=Max)"},
    "transformer": {"model": "transformer(d_model=8, nhead=2, dim_feedforward=8)", "train": FAST | {"batch_size": 100}},
    "gru": {"model": ["Embedding(..., 8)", "GRU(..., 8)", "Mean", "Linear(..., ...)"]},
    "both directions": {"model": ["Embedding(..., 8)", "LSTM(..., 4, bidirectional=True)", "Max", "Linear(..., ...)"]},
    "conv": {
        "model": [
            "Embedding(..., 8)",
            "Permute((0, 2, 1))",
            "Conv1d(..., 4, 3, padding=1)",
            "ReLU",
            "MaxPool1d(3, 1, 1)",
            "Permute((0, 2, 1))",
            "Mean",
            "Linear(..., ...)",
        ]
    },
    "kernel beyond the texts": {
        "encode": {"text": "WordLevel(length=64)"},
        "model": [
            *("Embedding(..., 8)", "Permute((0, 2, 1))", "Conv1d(..., 4, 40)", "Permute((0, 2, 1))"),
            *("Max", "Linear(..., ...)"),
        ],
    },
    "torch's transformer": {
        "model": [
            "Embedding(..., 8)",
            "PositionalEncoding(8)",
            "TransformerEncoderLayer(8, 2, 8, batch_first=True)",
            "MultiheadAttention(8, 2)",
            "Last",
            "Linear(..., ...)",
        ]
    },
    "causal": {
        "model": ["Embedding(..., 8)", "SelfAttention(8, 2, is_causal=True, rotary=True)", "Mean", "Linear(..., ...)"]
    },
}
SERIES: dict[str, dict[str, Any]] = {
    "linear": {"model": "linear"},
    "layers": {"model": ["Flatten", "Linear(..., ...)"]},
    "gru": {"model": "gru(hidden_size=8)"},
    "two layers": {"model": "gru(hidden_size=4, num_layers=2, dropout=0.1)", "scale": "MinMaxScaler"},
    "lstm": {"model": "lstm(hidden_size=4)", "train": FAST | {"batch_size": 10}},
    "conv": {"model": "conv(channels=[4], kernel_size=3)"},
    "transformer": {"model": "transformer(d_model=8, nhead=2, dim_feedforward=8, patch_size=4)", "scale": "none"},
}
RAGGED: dict[str, dict[str, Any]] = {
    "mlp": {"model": "mlp(hidden=[4])"},
    "gru": {"model": "gru(hidden_size=8)"},
    "conv": {"model": "conv(channels=[4], kernel_size=3)"},
    "cut": {"model": "gru(hidden_size=4)", "data": {"series": "id", "time": "at", "length": 10}},
    "resampled": {"model": "gru(hidden_size=4)", "data": {"series": "id", "time": "at", "resample": 10}},
    "attention": {
        "model": [
            "Linear(..., 8)",
            "Residual(LayerNorm(8), SelfAttention(8, 2))",
            "Concat(Mean, Max)",
            "Linear(..., ...)",
        ]
    },
}
FORECASTS: dict[str, dict[str, Any]] = {
    "linear": {"model": "linear"},
    "trend": {"model": "linear(trend=5)", "data": {"window": 30}},
    "plain": {"model": "linear(normalize=False)", "scale": "MinMaxScaler", "evaluate": {"units": "scaled"}},
    "gru": {"model": "gru(hidden_size=8)", "train": FAST | {"batch_size": 20}},
    "all": {"target": "all", "model": "linear", "split": {"sizes": [150, 40, 40]}, "scale": "RobustScaler"},
    "strides": {"model": "linear", "data": {"stride": 3}, "evaluate": {"metric": "mae"}},
    "not scaled": {"model": "linear", "scale": "none"},
}


def messages(rows: int = 200) -> pl.DataFrame:
    """Texts of unequal length, some empty, some missing; the class shows in their words."""
    rng = np.random.default_rng(3)
    spam = rng.random(rows) < 0.5
    texts = [" ".join(rng.choice(WORDS[:7] if one else WORDS[6:], rng.integers(1, 20))) for one in spam]
    return pl.DataFrame({"text": ["", None, *texts[2:]], "label": np.where(spam, "spam", "ham")})


def waves(rows: int = 120, steps: int = 24, ragged: bool = False) -> pl.DataFrame:
    """A row a step of sequences of two channels, with a hole; the class is their frequency."""
    rng, made = np.random.default_rng(5), []
    for row in range(rows):
        count = int(rng.integers(6, steps)) if ragged and row else steps
        at = np.arange(count)
        values = np.sin(at * (0.3 + 0.3 * (row % 2))) + rng.normal(size=count) * 0.2
        made.append(
            pl.DataFrame({"id": row, "at": at, "x": values, "y": rng.normal(size=count), "kind": "ab"[row % 2]})
        )
    return pl.concat(made)


def ts(frame: pl.DataFrame) -> str:
    lines = ["@problemName waves", "@classLabel true a b", "@data"]
    for (_,), one in frame.group_by("id", maintain_order=True):
        channels = (",".join("?" if v is None else f"{v:.4f}" for v in one[name]) for name in ("x", "y"))
        lines.append(":".join([*channels, one["kind"][0]]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", TEXTS)
def test_texts(case: str, tmp_path: Path) -> None:
    messages().write_csv(tmp_path / "messages.tsv", separator="\t")
    text = repeats(tmp_path / "messages.tsv", tmp_path, **{"train": FAST, "target": "label", **TEXTS[case]})
    assert "tokenizer.train_from_iterator" in text


@pytest.mark.parametrize("lines", [True, False])
def test_folders_of_texts(lines: bool, tmp_path: Path) -> None:
    frame = messages().drop_nulls().filter(pl.col("text") != "")
    for (name,), rows in frame.group_by("label", maintain_order=True):
        if lines:
            (tmp_path / "mails").mkdir(exist_ok=True)
            (tmp_path / "mails" / f"{name}.txt").write_text("\n".join(rows["text"]))
            continue
        (tmp_path / "mails" / str(name)).mkdir(parents=True)
        for number, text in enumerate(rows["text"]):
            (tmp_path / "mails" / str(name) / f"{number:03}.txt").write_text(text)
    repeats(tmp_path / "mails", tmp_path, train=FAST, model="bag(embedding_dim=4)")


@pytest.mark.parametrize("lines", [True, False])
def test_folders_of_texts_for_each_part(lines: bool, tmp_path: Path) -> None:
    for part, frame in (("train", messages(200)), ("test", messages(240)[200:])):
        for (name,), rows in frame.drop_nulls().filter(pl.col("text") != "").group_by("label", maintain_order=True):
            (tmp_path / part / ("" if lines else str(name))).mkdir(parents=True, exist_ok=True)
            if lines:
                (tmp_path / part / f"{name}.txt").write_text("\n".join(rows["text"]))
            for number, text in enumerate(() if lines else rows["text"]):
                (tmp_path / part / str(name) / f"{number:03}.txt").write_text(text)
    data = {"test": str(tmp_path / "test")}
    repeats(tmp_path / "train", tmp_path, train=FAST, data=data, model="bag(embedding_dim=4)", ignore=["L204"])


@pytest.mark.parametrize("case", SERIES)
def test_sequences_of_the_archive(case: str, tmp_path: Path) -> None:
    for name, rows in (("Waves_TRAIN.ts", pl.col("id") < 90), ("Waves_TEST.ts", pl.col("id") >= 90)):
        (tmp_path / name).write_text(ts(waves().filter(rows)))
    data = {"test": str(tmp_path / "Waves_TEST.ts")}
    text = repeats(tmp_path / "Waves_TRAIN.ts", tmp_path, **{"train": FAST, "data": data, **SERIES[case]})
    assert "def read_ts(name)" in text


def test_a_folder_of_the_archive_has_its_own_test_rows(tmp_path: Path) -> None:
    (tmp_path / "Waves").mkdir()
    for name, rows in (("Waves_TRAIN.ts", pl.col("id") < 90), ("Waves_TEST.ts", pl.col("id") >= 90)):
        (tmp_path / "Waves" / name).write_text(ts(waves().filter(rows)))
    text = repeats(tmp_path / "Waves", tmp_path, **{"train": FAST, **SERIES["gru"]})
    assert "np.repeat([0, 2]" in text


@pytest.mark.parametrize("case", RAGGED)
def test_sequences_of_unequal_length(case: str, tmp_path: Path) -> None:
    frame = waves(ragged=True)
    hole = pl.when((pl.col("id") == 3) & (pl.col("at") == 2)).then(None).otherwise(pl.col("x")).alias("x")
    frame.with_columns(hole).sample(fraction=1, shuffle=True, seed=1).write_csv(tmp_path / "waves.csv")
    data = {"series": "id", "time": "at"}
    repeats(tmp_path / "waves.csv", tmp_path, **{"train": FAST, "target": "kind", "data": data, **RAGGED[case]})


def test_a_row_a_sequence(tmp_path: Path) -> None:
    frame = waves().pivot("at", index=["id", "kind"], values="x").drop("id")
    frame = frame.rename({name: f"step {name}" for name in frame.columns if name != "kind"})
    frame.write_csv(tmp_path / "waves.csv")
    repeats(
        tmp_path / "waves.csv", tmp_path, train=FAST, target="kind", data={"kind": "series"}, model="gru(hidden_size=4)"
    )


@pytest.mark.parametrize("case", FORECASTS)
def test_forecasts(case: str, tmp_path: Path) -> None:
    hourly().write_csv(tmp_path / "load.csv")
    given = {"train": FAST, "target": "load", "ignore": ["E801"], **FORECASTS[case]}
    given["data"] = {"time": "t", "window": 24, "horizon": 6, **given.get("data", {})}
    repeats(tmp_path / "load.csv", tmp_path, **given)


def test_forecasts_with_gaps(tmp_path: Path) -> None:
    frame = hourly().with_row_index()
    frame = frame.filter(~pl.col("index").is_in([50, 51, 120])).with_columns(
        load=pl.when(pl.col("index").is_in([70, 200])).then(None).otherwise(pl.col("load") + 1e9),
        heat=pl.when(pl.col("index") == 0).then(None).otherwise(pl.col("heat")),
    )
    frame.drop("index").sample(fraction=1, shuffle=True, seed=0).write_csv(tmp_path / "load.csv")
    data = {"time": "t", "window": 12, "horizon": 3}
    text = repeats(
        tmp_path / "load.csv", tmp_path, train=FAST, target="load", data=data, model="linear", ignore=["E801"]
    )
    assert "frame.upsample" in text and "OFFSETS" in text


@pytest.mark.parametrize("by_time", [True, False])
def test_forecasts_of_several_series(by_time: bool, tmp_path: Path) -> None:
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(120)]
    rng = np.random.default_rng(0)
    frame = pl.concat(
        pl.DataFrame({"shop": shop, "day": days, "sales": rng.normal(size=120).cumsum() + 9})
        for shop in ("a", "b", "c")
    )
    frame.write_csv(tmp_path / "sales.csv")
    data = {"series": "shop", "window": 8, "horizon": 2, **({"time": "day"} if by_time else {"drop": ["day"]})}
    repeats(tmp_path / "sales.csv", tmp_path, train=FAST, target="sales", data=data, model="linear", ignore=["E801"])


def test_forecasts_whose_parts_are_files(tmp_path: Path) -> None:
    hourly(200).write_csv(tmp_path / "load.csv")
    hourly(240)[200:].write_csv(tmp_path / "test.csv")
    data = {"time": "t", "window": 8, "horizon": 2, "test": str(tmp_path / "test.csv")}
    repeats(tmp_path / "load.csv", tmp_path, train=FAST, target="load", data=data, model="linear", ignore=["E801"])
