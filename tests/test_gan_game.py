"""The game of two networks over its epochs: schedules of both rates, bfloat16, several seeds and folds as one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch.optim import lr_scheduler

import modelwright
from modelwright.cli import run as command
from modelwright.run.handle import Run
from modelwright.ship.gan import GenerativeModel, Generators
from pictures import encoded, shades

SMALL = {"generator": "mlp(hidden=[8])", "discriminator": "mlp(hidden=[8])"}
ROWS = pl.DataFrame(
    {
        "x": np.random.default_rng(0).normal(size=220),
        "c": np.array(["a", "b", "c"])[np.random.default_rng(1).integers(0, 3, 220)],
    }
)


def train(folder: Path, source: Any = ROWS, **settings: Any) -> Run:
    given: dict[str, Any] = {"task": "gan", "runs": folder, "name": "gan", "dry_run": False, "report": False}
    model = {} if source is not ROWS else {"model": SMALL}
    return modelwright.train(source, **{**given, **model, **settings})


def expected(steps: int, batches: int, **arguments: Any) -> list[float]:
    """Return the rate after each batch under torch's own one cycle; it moves `steps` at once."""
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=0.001)
    schedule = lr_scheduler.OneCycleLR(optimizer, **arguments)
    rates: list[float] = []
    for batch in range(1, batches + 1):
        if batch % steps == 0:
            optimizer.step()
            for _ in range(steps):
                schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_both_rates_follow_a_schedule_of_batches(tmp_path: Path) -> None:
    run = train(
        tmp_path,
        scheduler="OneCycleLR(max_lr=0.01, cycle_momentum=False)",
        gan={"discriminator_steps": 2},
        train={"epochs": 4, "batch_size": 32},
    )
    batches = -(-run.plan.split.rows[0] // 32)
    for key, steps in (("lr", 2), ("discriminator_lr", 1)):
        rates = expected(steps, 4 * batches, max_lr=0.01, total_steps=4 * batches, cycle_momentum=False)
        assert [each[key] for each in run.history] == pytest.approx(rates[batches - 1 :: batches])


def test_rates_follow_a_schedule_of_epochs_or_the_distance(tmp_path: Path) -> None:
    rates = {"generator": "Adam(lr=0.008)", "discriminator": "Adam(lr=0.004)"}
    run = train(tmp_path, scheduler="StepLR(step_size=1, gamma=0.5)", optimizer=rates, train={"epochs": 3})
    assert [each["lr"] for each in run.history] == [0.008, 0.004, 0.002]
    assert [each["discriminator_lr"] for each in run.history] == [0.004, 0.002, 0.001]
    plateau = "ReduceLROnPlateau(factor=0.5, patience=0)"
    run = train(tmp_path, scheduler=plateau, optimizer=rates, train={"epochs": 6})
    rate, best = 0.008, np.inf
    for record in run.history:
        assert record["lr"] == pytest.approx(rate)
        distance = record["validation_frechet_distance"]
        rate, best = (rate, distance) if distance < best * (1 - 1e-4) else (rate / 2, best)
    uses = json.loads((run.path / "checks.json").read_text())
    assert "L210" in uses["ran"]


def test_a_schedule_of_ones_own(tmp_path: Path) -> None:
    made: list[Any] = []

    def halve(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        made.append(optimizer)
        return lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)

    run = train(tmp_path, scheduler=halve, train={"epochs": 2})
    assert run.history[1]["lr"] == run.history[0]["lr"] / 2 and len(made) == 2


@pytest.mark.parametrize("source", [ROWS, shades(60)], ids=["table", "pictures"])
def test_bfloat16_is_near_float32(tmp_path: Path, source: Any) -> None:
    small = {"train": {"epochs": 2, "batch_size": 20}}
    plain = train(tmp_path, source, **small)
    halved = train(tmp_path, source, train={**small["train"], "precision": "bfloat16"})
    assert halved.plan.execution.precision == "bfloat16"
    one, other = (run.model.module.layers.state_dict() for run in (plain, halved))
    assert any(not torch.equal(a, b) for a, b in zip(one.values(), other.values(), strict=True))
    assert all(torch.allclose(a, b, atol=0.05) for a, b in zip(one.values(), other.values(), strict=True))
    assert all(each.dtype != torch.bfloat16 for each in other.values())


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cohort")
    settings: dict[str, Any] = {"train": {"epochs": 2, "seeds": 2}, "split": {"folds": 2}, "report": True}
    return train(folder, data={"target": "c"}, **settings)


def test_seeds_and_folds_are_scored_as_one(cohort: Run) -> None:
    assert cohort.members == 4 and cohort.score.method.startswith("corrected resampled t interval over 2 folds")
    members = [Run(path) for path in sorted((cohort.path / "members").iterdir())]
    assert cohort.score.value == pytest.approx(np.mean([one.score.value for one in members]))
    assert {one.plan.train.seed for one in members} == {0, 1}
    assert {one.plan.split.fold for one in members} == {1, 2}


def test_the_generators_of_a_cohort_make_rows_in_turn(cohort: Run, tmp_path: Path) -> None:
    assert isinstance(cohort.model, Generators)
    rows = cohort.sample(11, seed=5)
    assert rows.schema == ROWS.schema
    one = modelwright.load(cohort.path / "members" / "fold-1-seed-1")
    assert isinstance(one, GenerativeModel)
    for part, alike in ((rows[:6], cohort.sample(6, seed=5)), (rows[1::4], one.sample(3, seed=5))):
        assert part["c"].equals(alike["c"])  # numbers of another count of rows differ in their last bits
        assert part["x"].to_list() == pytest.approx(alike["x"].to_list(), abs=1e-5)
    assert command(["sample", str(cohort.path), "7", "-o", str(tmp_path / "rows.csv")]) == 0
    assert pl.read_csv(tmp_path / "rows.csv").height == 7


def test_the_report_of_a_cohort_shows_what_its_first_model_makes(cohort: Run) -> None:
    report = json.loads((cohort.path / "report.json").read_text())
    sections = {one["id"]: one["blocks"] for chapter in report["chapters"] for one in chapter["sections"]}
    ids = {block.get("id") for block in sections["samples"]}
    assert {"samples", "both-losses", "score-by-epoch", "made-rows", "made-columns"} <= ids
    assert not [block for blocks in sections.values() for block in blocks if block["kind"] == "missing"]
    assert command(["report", str(cohort.path)]) == 0


@pytest.mark.parametrize("task", ["gan", "contrastive"])
def test_pictures_without_classes_lie_in_one_folder(task: Any, tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    for number, picture in enumerate(shades(60)):
        (folder / f"{number:03d}.png").write_bytes(encoded(picture))
    (folder / "notes.txt").write_text("no picture")
    settings: dict[str, Any] = {"task": task, "train": {"epochs": 1, "batch_size": 20}, "ignore": ["E801", "L214"]}
    run = train(tmp_path, str(folder), **settings)
    assert run.plan.data.rows == 60 and run.plan.outputs.targets == ()
    if task == "gan":
        assert run.sample(3).shape == (3, 1, 8, 8)
    else:
        assert run.predict(str(folder)).height == 60
    with pytest.raises(modelwright.ModelwrightError, match="no label to learn"):
        modelwright.train(str(folder), runs=tmp_path)


def test_the_generators_of_a_cohort_make_rows_of_given_numbers_in_turn(cohort: Run) -> None:
    several = cohort.model
    assert isinstance(several, Generators)
    gan = several.plan.gan
    assert gan is not None
    latents = np.random.default_rng(0).normal(size=(10, gan.latent + gan.noise)).astype(np.float32)
    found = several.frame(several.of_latents(latents))
    for at, one in enumerate(several.models):
        alone = one.frame(one.of_latents(latents[at::4]))
        assert found[at::4]["c"].equals(alone["c"])
        np.testing.assert_allclose(found[at::4]["x"], alone["x"], rtol=1e-5)
    first = several.models[0]
    assert not np.allclose(found["x"], first.frame(first.of_latents(latents))["x"])
