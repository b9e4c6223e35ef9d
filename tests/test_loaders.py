"""Loaders and parts: what a `DataLoader` adds to its data set is used, or said not to be."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler, TensorDataset, WeightedRandomSampler

import modelwright
from modelwright import ModelwrightError
from modelwright.data.datasets import is_dataset, read_held

FEW: dict[str, Any] = {"model": "mlp(hidden=[8])", "train": {"epochs": 1, "batch_size": 16}}
X = torch.from_numpy(np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32))
Y = (X[:, 0] > 0).long()


class Walks(Dataset[Any]):
    """Sequences of unequal length."""

    def __len__(self) -> int:
        return 60

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        random = np.random.default_rng(index)
        up = index % 2
        steps = random.normal(size=(5 + index % 4, 2)) + (up - 0.5) * 2
        return torch.tensor(steps.cumsum(0), dtype=torch.float32), up


def padded(batch: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    sequences, labels = zip(*batch, strict=True)
    return pad_sequence(list(sequences), batch_first=True), torch.tensor(labels)


def mixed(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    x = torch.stack([row for row, _ in batch])
    return x + x.flip(0), torch.stack([label for _, label in batch])


def lost(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return torch.stack([row for row, _ in batch])[:-1], torch.stack([label for _, label in batch])[:-1]


def doubled(batch: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    return {"size": torch.stack([row * 2 for row, _ in batch]), "y": torch.stack([label for _, label in batch])}


def test_three_loaders_are_training_validation_and_test_rows(tmp_path: Path) -> None:
    sets = [TensorDataset(X[a:b], Y[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    loaders = {
        "train": DataLoader(sets[0], 16, shuffle=True),
        "validation": DataLoader(sets[1], 16, shuffle=True),
        "test": DataLoader(sets[2], 16),
    }
    run = modelwright.train(loaders, runs=tmp_path, **FEW)
    assert run.plan.split.rows == (80, 20, 20) and run.plan.train.batch_size == 16
    (warning,) = (
        note for note in modelwright.check(loaders, **FEW) if "the loader of the validation rows" in note.message
    )
    assert warning.severity == "warning" and warning.where.file == __file__
    assert "modelwright.check(loaders" in str(warning.where.source)
    arrays = {"train": (X[:80], Y[:80]), "validation": (X[80:100], Y[80:100]), "test": (X[100:], Y[100:])}
    again = modelwright.train(arrays, runs=tmp_path, **FEW)
    assert again.plan.data.fingerprint == run.plan.data.fingerprint and again.score == run.score
    assert modelwright.resume(run.path).score == run.score


def test_a_run_with_parts_is_resumed_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import modelwright.run.session as session

    parts = {"train": TensorDataset(X[:90], Y[:90]), "test": TensorDataset(X[90:], Y[90:])}
    whole = modelwright.train(parts, runs=tmp_path, **FEW)
    monkeypatch.setattr(session, "score_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        modelwright.train(parts, runs=tmp_path, name="cut", **FEW)
    monkeypatch.undo()
    assert modelwright.resume(tmp_path / "cut-1").score == whole.score


def test_parts_that_are_not_alike() -> None:
    with pytest.raises(ModelwrightError, match=r"not alike.*train: \[4\], test: \[3\]"):
        read_held({"train": TensorDataset(X, Y), "test": TensorDataset(X[:, :3], Y)}, None)
    with pytest.raises(ModelwrightError, match="the test rows are no data set"):
        read_held({"train": TensorDataset(X, Y), "test": "test.csv"}, None)
    assert not is_dataset({"train": [1, 2], "x": [1, 2]})


def test_a_subset_sampler_has_its_rows_and_others_are_told() -> None:
    held = read_held(DataLoader(TensorDataset(X, Y), sampler=SubsetRandomSampler([5, 3, 8])), None)
    assert np.array_equal(held.inputs, X[[3, 5, 8]].numpy())
    weighted = read_held(DataLoader(TensorDataset(X, Y), sampler=WeightedRandomSampler([0.1] * 120, 120)), None)
    assert len(weighted.inputs) == 120 and "`WeightedRandomSampler` is not used" in weighted.notes[-1].message


def test_a_collate_fn_pads_sequences_and_they_are_trained_on(tmp_path: Path) -> None:
    class GRUModel(nn.Module):
        """As it is written everywhere."""

        def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int) -> None:
            super().__init__()
            self.gru = nn.GRU(input_size, hidden_size, num_layers, batch_first=True)
            self.fc = nn.Linear(hidden_size, output_size)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.gru(x)
            return self.fc(out[:, -1, :])

    loader = DataLoader(Walks(), batch_size=8, collate_fn=padded)
    held = read_held(loader, None)
    assert held.inputs.shape == (60, 8, 2) and not held.inputs[0, 5:].any()
    assert any("your `padded` made one batch of all rows" in note.message for note in held.notes)
    model = partial(GRUModel, hidden_size=8, num_layers=1)
    run = modelwright.train(loader, model=model, train={"epochs": 20}, runs=tmp_path)
    assert run.plan.inputs[0].encoding == "steps" and run.plan.inputs[0].shape == (8, 2)
    assert run.plan.layers == ("python:GRUModel(input_size=2, output_size=1)",)
    assert run.score.value > 0.8
    answers = run.predict(held.inputs)
    assert answers.shape == (60,)


@pytest.mark.parametrize(
    ("collate", "says"),
    [(mixed, "makes the first rows otherwise"), (lost, r"makes \[119, 4\] of 120 rows in `x`")],
)
def test_a_collate_fn_that_cannot_be_used(collate: Any, says: str) -> None:
    with pytest.raises(ModelwrightError, match=says) as caught:
        read_held(DataLoader(TensorDataset(X, Y), 16, collate_fn=collate), None)
    where = caught.value.diagnostics[0].where
    assert where.file == __file__ and f"def {collate.__name__}" in str(where.source)


def test_a_collate_fn_may_name_its_tensors() -> None:
    held = read_held(DataLoader(TensorDataset(X, Y), 16, collate_fn=doubled), None)
    assert held.inputs.columns == ["size_1", "size_2", "size_3", "size_4", "y"]
    assert np.allclose(held.inputs["size_1"], 2 * X[:, 0])


def test_arrays_of_sequences(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(80, 12, 3)).astype(np.float32)
    y = np.where(x[:, -1, 0] > 0, "up", "down")
    x[3, 4, 1] = np.nan
    run = modelwright.train(x, y, model="gru(hidden_size=8)", train={"epochs": 2}, runs=tmp_path)
    assert run.plan.inputs[0].shape == (12, 3) and set(run.plan.outputs.classes) == {"up", "down"}
    assert set(run.predict(x)) <= {"up", "down"}
    with pytest.raises(ModelwrightError, match="the sequences have no labels"):
        modelwright.train(x, runs=tmp_path)


class Named(Dataset[Any]):
    """Rows as data hubs have them."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"image": torch.full((1, 4, 4), float(index % 2)), "label": index % 2}


def test_a_collate_fn_is_given_the_rows_as_they_are() -> None:
    def listed(batch: list[dict[str, Any]]) -> tuple[Tensor, Tensor]:
        return torch.stack([row["image"] for row in batch]), torch.tensor([row["label"] for row in batch])

    def named(batch: list[dict[str, Any]]) -> dict[str, Tensor]:
        return dict(zip(("image", "label"), listed(batch), strict=True))

    for collate in (listed, named):
        held = read_held(DataLoader(Named(), 8, collate_fn=collate), None)
        assert held.inputs.shape == (40, 1, 4, 4) and held.answers.tolist() == [0, 1] * 20
