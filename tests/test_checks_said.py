"""What used to train without a word: constant series, times of several zones, test texts of unknown words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import modelwright

FORECAST = {"time": "when", "window": 24, "horizon": 6}


def _hours(rows: int = 300) -> list[str]:
    return [f"2024-01-{1 + hour // 24:02d}T{hour % 24:02d}:00" for hour in range(rows)]


def _load(rows: int = 300) -> np.ndarray:
    return np.sin(np.arange(rows) / 4) + np.random.default_rng(0).normal(0, 0.1, rows)


def _check(frame: pl.DataFrame, **data: object) -> modelwright.Diagnostics:
    return modelwright.check(frame, target="load", data={**FORECAST, **data}, dry_run=False)


def test_a_constant_series_is_an_error() -> None:
    found = _check(pl.DataFrame({"when": _hours(), "load": np.full(300, 5.0)}))
    told = next(d for d in found if d.code == "D102")
    assert (told.severity, told.where.key) == ("error", "load") and "`5" in told.received


def test_one_constant_series_among_others_is_a_note() -> None:
    shops = [pl.DataFrame({"shop": name, "when": _hours(), "load": values}) for name, values in _shops().items()]
    found = _check(pl.concat(shops), series="shop")
    told = next(d for d in found if d.code == "D102")
    assert told.severity == "note" and "1 of 2 series: `north`" in told.message


def _shops() -> dict[str, np.ndarray]:
    return {"north": np.full(300, 5.0), "south": _load()}


def test_times_of_several_zones_are_read_as_utc_and_said(tmp_path: Path) -> None:
    zones = [f"{time}{'+02:00' if row < 150 else '+01:00'}" for row, time in enumerate(_hours())]
    pl.DataFrame({"when": zones, "load": _load()}).write_csv(tmp_path / "zones.csv")
    found = modelwright.check(str(tmp_path / "zones.csv"), target="load", data=FORECAST, dry_run=False)
    told = next(d for d in found if "zones" in d.message)
    assert (told.code, told.severity) == ("D114", "note") and "+01:00" in told.received and "+02:00" in told.received


@pytest.mark.parametrize("known", [True, False])
def test_a_test_file_of_unknown_words_is_a_warning(tmp_path: Path, known: bool) -> None:
    random = np.random.default_rng(0)
    words = ["good", "bad", "fine", "awful", "nice", "poor", "great", "dull"]

    def write(name: str, chosen: list[str], rows: int) -> str:
        texts = [" ".join(random.choice(chosen, 6)) for _ in range(rows)]
        pl.DataFrame({"text": texts, "label": ["pos", "neg"] * (rows // 2)}).write_csv(tmp_path / name)
        return str(tmp_path / name)

    source = write("train.csv", words, 200)
    test = write("test.csv", words if known else ["wug", "blick", "dax", "fep"], 60)
    found = modelwright.check(source, target="label", data={"test": test}, dry_run=False)
    warned = [d for d in found if d.code == "L209" and d.severity == "warning"]
    assert bool(warned) is not known
    assert all("other words" in d.message for d in warned)


def test_a_dry_run_that_was_left_out_stands_in_the_receipt(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": _load(), "load": _load()[::-1]})
    keys = {"target": "load", "model": "linear", "dry_run": False}
    assert "left out" in modelwright.check(frame, **keys).receipt.not_run["T712"]
    run = modelwright.train(frame, **keys, train={"epochs": 1}, runs=tmp_path, report=False)
    assert "T712" in (run.path / "checks.json").read_text()
    assert "the dry run, which was left out" in (run.path / "checks.json").read_text()
