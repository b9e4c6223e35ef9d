"""The training settings, each through `modelwright.train` on real rows: the contract of what a description may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

import modelwright
from modelwright import Run, SpecError
from modelwright.spec.signatures import names
from real import BODY, needs_data, penguins

pytestmark = needs_data
REFUSED = {"SparseAdam": "sparse gradients", "Muon": "matrices only"}


@pytest.fixture(scope="module")
def body() -> pl.DataFrame:
    return penguins().drop_nulls().select("species", *BODY)


def trained(frame: pl.DataFrame, runs: Path, **given: Any) -> Run:
    settings = {"target": "species", "model": "mlp(hidden=[8])", "train": {"epochs": 1}, **given}
    return modelwright.train(frame, runs=runs, **settings)


def weights(run: Run) -> dict[str, np.ndarray]:
    return load_file(run.path / "model.safetensors")


@pytest.mark.parametrize("optimizer", sorted(names("optimizer")))
def test_every_optimizer_trains(optimizer: str, body: pl.DataFrame, tmp_path: Path) -> None:
    if optimizer in REFUSED:
        with pytest.raises(SpecError, match=REFUSED[optimizer]):
            trained(body, tmp_path, optimizer=optimizer)
        return
    untrained = trained(body, tmp_path, optimizer=optimizer, train={"epochs": 0})
    run = trained(body, tmp_path, optimizer=optimizer)
    assert run.plan.optimizer.partition("(")[0] == optimizer and run.plan.scheduler is None
    assert np.isfinite(run.history[0]["loss"])
    before, after = weights(untrained), weights(run)
    assert all(np.isfinite(value).all() for value in after.values())
    assert any((before[name] != after[name]).any() for name in before if name.startswith("layers"))


@pytest.mark.parametrize(
    "scheduler",
    [
        "OneCycleLR(max_lr=0.01)",
        "CosineAnnealingLR(T_max=3)",
        "StepLR(step_size=1, gamma=0.5)",
        "ExponentialLR(gamma=0.5)",
        "ReduceLROnPlateau(patience=0, threshold=0.9)",
        "LinearLR",
        "CosineAnnealingWarmRestarts(T_0=2)",
        "PolynomialLR(total_iters=4)",
    ],
)
def test_schedules_change_the_rate(scheduler: str, body: pl.DataFrame, tmp_path: Path) -> None:
    run = trained(body, tmp_path, optimizer="SGD(lr=0.1)", scheduler=scheduler, train={"epochs": 5})
    assert len({record["lr"] for record in run.history}) > 1


@pytest.mark.parametrize("scale", [*sorted(names("scaler")), "none", "QuantileTransformer(n_quantiles=50)"])
def test_every_scaler_is_part_of_the_model(scale: str, body: pl.DataFrame, tmp_path: Path) -> None:
    run = trained(body, tmp_path, scale=scale)
    assert run.plan.scale.partition("(")[0] == scale.partition("(")[0]
    found = modelwright.load(run.path).answers(body)
    assert found.shape == (len(body), 3) and np.isfinite(found).all()


def test_bfloat16_is_near_float32(body: pl.DataFrame, tmp_path: Path) -> None:
    full = trained(body, tmp_path, train={"epochs": 3, "precision": "float32"})
    half = trained(body, tmp_path, train={"epochs": 3, "precision": "bfloat16"})
    assert half.plan.execution.precision == "bfloat16"
    difference = np.abs(full.model.answers(body) - half.model.answers(body)).max()
    assert 0 < difference < 0.05


def test_parts_of_a_batch_give_what_the_whole_batch_gives(body: pl.DataFrame, tmp_path: Path) -> None:
    settings = {"epochs": 3, "batch_size": 64}
    whole = trained(body, tmp_path, optimizer="SGD(lr=0.1, momentum=0.9)", train=settings)
    parts = trained(body, tmp_path, optimizer="SGD(lr=0.1, momentum=0.9)", train={**settings, "accumulate": 4})
    np.testing.assert_allclose(parts.model.answers(body), whole.model.answers(body), atol=2e-5)
    losses = [[record["loss"] for record in run.history] for run in (whole, parts)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_early_stopping_keeps_the_best_epochs_weights(body: pl.DataFrame, tmp_path: Path) -> None:
    files = {part: tmp_path / f"{part}.csv" for part in ("train", "validation", "test")}
    for number, file in enumerate(files.values()):
        body.gather_every(3, number).write_csv(file)
    run = modelwright.train(
        files["train"],
        target="species",
        data={"validation": str(files["validation"]), "test": str(files["test"])},
        model="mlp(hidden=[16])",
        optimizer="SGD(lr=0.5, momentum=0.9)",  # too fast: it gets worse again and again
        train={"epochs": 60, "patience": 4},
        evaluate={"metric": "log_loss"},
        runs=tmp_path,
    )
    values = [record["validation_log_loss"] for record in run.history]
    best = int(np.argmin(values))
    assert best + 1 < len(values) < 60
    rows = pl.read_csv(files["validation"])
    probability = run.model.predict_proba(rows)
    true = [run.model.classes.index(name) for name in rows["species"]]
    log_loss = -np.log(probability[np.arange(len(rows)), true]).mean()
    assert log_loss == pytest.approx(values[best], rel=1e-5)
    assert abs(values[-1] - values[best]) > 1e-3


def test_the_run_folder_tells_what_was_asked(body: pl.DataFrame, tmp_path: Path) -> None:
    run = trained(body, tmp_path, train={"epochs": 2, "seed": 7, "clip_grad_norm": 0.5})
    plan = json.loads((run.path / "plan.json").read_text())
    assert plan["train"]["seed"] == 7 and plan["train"]["clip_grad_norm"] == 0.5
    assert len((run.path / "metrics.jsonl").read_text().splitlines()) == 2
    other = trained(body, tmp_path, train={"epochs": 2, "seed": 8, "clip_grad_norm": 0.5})
    assert (weights(run)["layers.0.weight"] != weights(other)["layers.0.weight"]).any()
