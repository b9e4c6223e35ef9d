"""Two columns of pictures that match, from a table: two towers, one network, triplets, sizes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import modelwright
from modelwright import ModelwrightError
from modelwright.run.handle import Run
from pictures import encoded, shades

ROWS = 60
SETTINGS: dict[str, Any] = {"ignore": ["E801", "L214", "E804"], "model": "cnn(widths=[4])", "report": False}


def table(folder: Path, columns: dict[str, np.ndarray], suffix: str = "csv") -> Path:
    """Write a table of paths, or of bytes where it is Parquet."""
    frame: dict[str, list[Any]] = {name: [encoded(one) for one in pictures] for name, pictures in columns.items()}
    if suffix == "csv":
        for name, cells in frame.items():
            (folder / name).mkdir(parents=True)
            for row, cell in enumerate(cells):
                (folder / name / f"{row}.png").write_bytes(cell)
        frame = {name: [f"{name}/{row}.png" for row in range(ROWS)] for name in frame}
        pl.DataFrame(frame).write_csv(folder / "rows.csv")
    else:
        pl.DataFrame(frame).write_parquet(folder / "rows.parquet")
    return folder / f"rows.{suffix}"


def train(rows: Path, folder: Path, **settings: Any) -> Run:
    return modelwright.train(rows, runs=folder / "runs", train={"epochs": 3, "batch_size": 16}, **SETTINGS, **settings)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_two_columns_of_pictures_have_two_networks(suffix: str, tmp_path: Path) -> None:
    photos, drawings = shades(ROWS, channels=3, side=10), 255 - shades(ROWS)
    file = table(tmp_path, {"photo": photos, "drawing": drawings}, suffix)
    run = train(file, tmp_path, contrastive={"pairs": ["photo", "drawing"], "embedding": 8})
    contrast = run.plan.contrast
    assert contrast is not None and contrast.second is not None
    assert [run.plan.inputs[0].shape, contrast.second.inputs[0].shape] == [(3, 10, 10), (1, 8, 8)]
    both = run.predict(str(file))
    wanted = [f"embedding_{side}_{n + 1}" for side in ("photo", "drawing") for n in range(8)]
    assert both.select(wanted).shape == (ROWS, 16)
    rows = pl.read_csv(file) if suffix == "csv" else pl.read_parquet(file)
    if suffix == "parquet":
        alone = run.predict(rows.select("drawing"))
        np.testing.assert_allclose(alone.to_numpy(), both.select(wanted[8:]).to_numpy(), atol=1e-6)
        found = run.nearest(rows.select("drawing")[:4], k=3)
        assert found.height == 12
    again = modelwright.load(run.path / "model.safetensors").predict(str(file))
    assert again.equals(both)


def test_one_network_takes_both_where_it_is_shared(tmp_path: Path) -> None:
    file = table(tmp_path, {"left": shades(ROWS), "right": 255 - shades(ROWS)})
    run = train(file, tmp_path, contrastive={"pairs": ["left", "right"], "shared": True})
    assert run.plan.contrast is not None and run.plan.contrast.second is None
    found = run.predict(str(file)).select(pl.selectors.numeric()).to_numpy()
    assert found.shape[0] == ROWS and found.shape[1] % 2 == 0
    halves = np.split(found, 2, axis=1)
    assert not np.allclose(*halves), "each side has its own pictures"


def test_triplets_of_pictures(tmp_path: Path) -> None:
    columns = {"anchor": shades(ROWS), "positive": shades(ROWS)[:, :, ::-1], "negative": 255 - shades(ROWS)}
    file = table(tmp_path, columns, "parquet")
    run = train(file, tmp_path, contrastive={"triplets": list(columns), "embedding": 8})
    assert run.plan.contrast is not None and run.plan.contrast.positives == "triplets"
    assert run.plan.loss.startswith("TripletMarginLoss")
    anchor, positive, negative = np.split(run.predict(str(file)).to_numpy(), 3, axis=1)
    assert ((anchor * positive).sum(1) > (anchor * negative).sum(1)).mean() > 0.9


def test_pictures_of_two_sizes_do_not_go_through_one_network(tmp_path: Path) -> None:
    file = table(tmp_path, {"left": shades(ROWS), "right": shades(ROWS, side=12)})
    contrastive = {"pairs": ["left", "right"], "shared": True}
    with pytest.raises(ModelwrightError, match=r"of different shapes.*Resize\(\(8, 8\)\)"):
        train(file, tmp_path, contrastive=contrastive)
    assert train(file, tmp_path, contrastive=contrastive, transform="Resize((8, 8))").plan.contrast is not None


def test_a_row_that_lacks_one_of_its_pictures_is_told_or_left_out(tmp_path: Path) -> None:
    file = table(tmp_path, {"left": shades(ROWS), "right": shades(ROWS)})
    (tmp_path / "right" / "7.png").write_bytes(b"torn")
    contrastive = {"pairs": ["left", "right"]}
    with pytest.raises(ModelwrightError, match=r"right/7\.png"):
        train(file, tmp_path, contrastive=contrastive)
    run = train(file, tmp_path, contrastive=contrastive, data={"on_error": "skip"})
    assert run.plan.data.rows == ROWS - 1


def test_a_table_of_paths_alone_is_enough_to_make_pictures(tmp_path: Path) -> None:
    file = table(tmp_path, {"photo": shades(ROWS)})
    settings: dict[str, Any] = {"runs": tmp_path / "runs", "report": False, "train": {"epochs": 1, "batch_size": 16}}
    assert modelwright.train(file, task="gan", **settings).sample(2).shape == (2, 1, 8, 8)
    with pytest.raises(ModelwrightError, match="no column of labels"):
        modelwright.train(file, **settings)
