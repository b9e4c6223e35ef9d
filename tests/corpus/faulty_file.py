"""Faulty data in files of their own, and in time: descriptions as people write them for what they were given."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, houses
from pictures import classes, folders, image, shades

FOLDER = tempfile.TemporaryDirectory()


def _files(**frames: pl.DataFrame) -> dict[str, str]:
    """Write frames as CSV files and return where they are."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    return {name: str(folder / f"{name}.csv") for name in frames}


def _apart(train: pl.DataFrame, test: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    paths = _files(train=train, test=test)
    return {"source": paths["train"], "target": "y", "data": {"test": paths["test"]}, **keys}


def _hours(rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    when = pl.Series("when", np.datetime64("2024-01-01", "us") + np.arange(rows) * np.timedelta64(3_600_000_000, "us"))
    y = 10 + 3 * np.sin(np.arange(rows) / 24 * 2 * np.pi) + random.normal(0, 0.5, rows)
    return pl.DataFrame({"when": when, "y": y, "wind": random.normal(5, 1, rows)})


def _forecast(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", "data": {"time": "when", "window": 24, "horizon": 6}, **keys}


def l201_validated_on_the_test_file() -> dict[str, Any]:
    """Also L204."""
    paths = _files(train=flowers(), holdout=flowers(100, seed=1))
    data = {"validation": paths["holdout"], "test": paths["holdout"]}
    return {"source": paths["train"], "target": "y", "data": data}


def l201_no_rows_left_for_a_test() -> dict[str, Any]:
    """Also Y003 or Y007."""
    return _forecast(_hours(), split={"sizes": [300, 100, 0]})


def l204_test_file_is_part_of_the_training_file() -> dict[str, Any]:
    frame = houses(400)
    return _apart(frame, frame.sample(100, seed=0))


def l209_centimetres_in_the_test_file() -> dict[str, Any]:
    return _apart(houses(300), houses(150, seed=1).with_columns(area=pl.col("area") * 10_000))


def l209_another_sensor() -> dict[str, Any]:
    return _apart(flowers(300), flowers(150, seed=0).with_columns(weight_g=pl.col("weight_g") + 40))


def l213_a_flower_only_in_the_test_file() -> dict[str, Any]:
    """Also D112."""
    return _apart(flowers(200, classes=2), flowers(100, classes=4))


def d112_labels_spelt_otherwise() -> dict[str, Any]:
    test = flowers(100, seed=1).with_columns(y=pl.col("y").str.to_uppercase())
    return _apart(flowers(), test)


def d112_numbers_instead_of_names() -> dict[str, Any]:
    test = flowers(100, seed=1).with_columns(y=pl.col("y").rank("dense").cast(pl.Int64).cast(pl.String))
    return _apart(flowers(), test)


def d114_newest_first() -> dict[str, Any]:
    return _forecast(_hours().reverse())


def d114_hours_twice() -> dict[str, Any]:
    frame = _hours()
    return _forecast(pl.concat([frame, frame[100:110]]))


def d114_a_week_is_missing() -> dict[str, Any]:
    frame = _hours()
    return _forecast(pl.concat([frame[:150], frame[318:]]))


def l215_consumption_of_the_next_hour() -> dict[str, Any]:
    frame = _hours()
    return _forecast(frame.with_columns(load=pl.col("y").shift(-1).fill_null(strategy="forward")))


def l215_forecast_file_joined_to_the_wrong_hour() -> dict[str, Any]:
    frame = _hours()
    return _forecast(frame.with_columns(expected=pl.col("y").shift(-4).fill_null(strategy="forward")))


def s310_steps_read_as_rows() -> dict[str, Any]:
    return _forecast(_hours(), model=["GRU(..., 16, batch_first=False)", "Last", "Linear(..., ...)"])


def s310_second_layer_reads_steps_as_rows() -> dict[str, Any]:
    layers = ["LSTM(..., 8)", "LSTM(..., 8, batch_first=False)", "Last", "Linear(..., ...)"]
    return _forecast(_hours(), model=layers)


def o608_one_row_at_a_time() -> dict[str, Any]:
    """Also M408."""
    layers = ["Linear(..., 32)", "BatchNorm1d(...)", "ReLU", "Linear(..., 3)"]
    return {"source": flowers(), "target": "y", "model": layers, "train": {"batch_size": 16, "accumulate": 16}}


def l206_file_sorted_and_cut() -> dict[str, Any]:
    """Also L212, L213."""
    return {"source": flowers(400, classes=2).sort("y"), "target": "y", "split": {"shuffle": False, "test_size": 0.4}}


def l214_five_flowers_to_test() -> dict[str, Any]:
    return {"source": flowers(100), "target": "y", "split": {"test_size": 0.05}}


def l213_a_kind_that_came_in_december() -> dict[str, Any]:
    """Also D107."""
    frame = flowers(365, classes=2)
    days = pl.Series("day", np.datetime64("2023-01-01") + np.arange(365))
    kinds = [name if at < 335 else "hybrid" for at, name in enumerate(frame["y"])]
    frame = frame.with_columns(days, y=pl.Series(kinds))
    return {"source": frame, "target": "y", "data": {"time": "day"}, "split": {"by": "time"}}


def _folder(pictures: np.ndarray, names: list[str]) -> Path:
    return folders(Path(tempfile.mkdtemp(dir=FOLDER.name)) / "pictures", pictures, names)


def d111_desktop_ini_and_a_broken_picture() -> dict[str, Any]:
    """Also F004 or F008: a picture that cannot be read."""
    path = _folder(shades(60), classes(60))
    (path / "cat" / "desktop.ini").write_text("[.ShellClassInfo]")
    next((path / "dog").glob("*.png")).write_bytes(b"\x89PNG broken")
    return {"source": str(path)}


def d111_one_picture_from_another_camera() -> dict[str, Any]:
    path = _folder(shades(60), classes(60))
    image(shades(1, 3, 32)[0]).save(path / "owl" / "from_phone.png")
    return {"source": str(path)}
