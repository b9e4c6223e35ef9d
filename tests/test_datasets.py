"""Data as PyTorch's users hold them: read once, in order, with what is wrong named by row and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import modelwright
from modelwright import ModelwrightError
from modelwright.data.datasets import is_dataset, read_held

FEW: dict[str, Any] = {"model": "mlp(hidden=[8])", "train": {"epochs": 1}}
X = torch.from_numpy(np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32))
Y = (X[:, 0] > 0).long()


class CSVDataset(Dataset[Any]):
    """As every tutorial writes it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        row = self.frame.iloc[index]
        return torch.tensor(row.iloc[:-1].to_numpy(dtype="float32")), torch.tensor(int(row.iloc[-1]))


class Stream(IterableDataset[Any]):
    """Rows one after another."""

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        return zip(X, Y, strict=True)


class Bad(Dataset[Any]):
    """A data set with one thing wrong."""

    def __init__(self, wrong: str) -> None:
        self.wrong = wrong

    def __len__(self) -> int:
        return 25 if self.wrong == "length" else 20

    def __getitem__(self, index: int) -> Any:
        if self.wrong == "raises" and index == 17:
            raise OSError("this cell is broken")
        if self.wrong == "length" and index >= 20:
            raise IndexError(index)
        if self.wrong == "random":
            return torch.randn(3), 0
        width = 5 if self.wrong == "shape" and index == 7 else 3
        return torch.zeros(width), index % 2


def rows() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    yield from zip(X, Y, strict=True)


FRAME = pd.DataFrame(np.column_stack([X.numpy(), Y.numpy()]))


@pytest.mark.parametrize(
    "source",
    [TensorDataset(X, Y), CSVDataset(FRAME), Stream(), rows(), DataLoader(TensorDataset(X, Y), 16, shuffle=True)],
    ids=["tensors", "csv", "iterable", "generator", "loader"],
)
def test_every_kind_gives_the_run_of_the_arrays(source: Any, tmp_path: Path) -> None:
    expected = modelwright.train(X.numpy(), Y.numpy(), runs=tmp_path, **_sized(source))
    run = modelwright.train(source, runs=tmp_path, **_sized(source))
    assert run.plan.data.fingerprint == expected.plan.data.fingerprint
    assert run.history == expected.history and run.score == expected.score


def _sized(source: Any) -> dict[str, Any]:
    """A loader's batch size is taken over where none is given."""
    size = {"batch_size": 16} if isinstance(source, DataLoader) else {}
    return {**FEW, "train": {**FEW["train"], **size}}


def test_tensors_and_dicts_of_arrays(tmp_path: Path) -> None:
    plain = modelwright.train(X, Y, runs=tmp_path, **FEW)
    assert plain.plan.task == "binary" and len(plain.plan.inputs) == 4
    both = {"size": X, "weight": np.arange(120.0), "answer": Y}
    run = modelwright.train(both, target="answer", runs=tmp_path, **FEW)
    assert [column.name for column in run.plan.inputs] == ["size_1", "size_2", "size_3", "size_4", "weight"]
    held = read_held([{"a": np.zeros(2), "b": 1.0}] * 3 and TensorDataset(X, X[:, 0], Y), None)
    assert held.inputs.columns == ["x1_1", "x1_2", "x1_3", "x1_4", "x2"] and len(held.answers) == 120


def test_pictures_of_totensor_are_bytes_again() -> None:
    pixels = torch.randint(0, 256, (9, 1, 4, 4), dtype=torch.uint8)
    held = read_held(TensorDataset(pixels.float() / 255, torch.arange(9)), None)
    assert held.inputs.dtype == np.uint8 and np.array_equal(held.inputs, pixels.numpy())
    normalised = read_held(TensorDataset(torch.randn(9, 1, 4, 4), torch.arange(9)), None)
    assert normalised.inputs.dtype == np.float32


def test_a_dict_of_a_picture_and_its_label_is_a_pair() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (40, 1, 6, 6)).astype(np.uint8)
    rows = [{"label": at % 2, "image": torch.from_numpy(one)} for at, one in enumerate(pictures)]

    class Named(Dataset[Any]):
        def __len__(self) -> int:
            return len(rows)

        def __getitem__(self, index: int) -> Any:
            return rows[index]

    held = read_held(Named(), None)
    assert np.array_equal(held.inputs, pictures) and held.answers.tolist() == [0, 1] * 20


def test_a_slow_data_set_is_told_with_the_reason() -> None:
    found = modelwright.check(CSVDataset(FRAME), **FEW)
    (note,) = (each for each in found if each.code == "Y010")
    assert note.severity == "note" and "was read once: 120 rows" in note.message and ".iloc" in note.help
    assert (note.where.file, note.where.source) == (__file__, "class CSVDataset(Dataset[Any]):")
    random = read_held(Bad("random"), None).notes
    assert [each.severity for each in random] == ["note", "warning"] and "one draw" in random[1].message
    loader = read_held(DataLoader(TensorDataset(X, Y), shuffle=True), None).notes
    assert "only training rows are shuffled" in loader[-1].message


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("raises", r"row 17 of `Bad`, which says that it has 20 rows: OSError: this cell is broken \(.*test_datasets"),
        ("length", r"row 20 of `Bad`, which says that it has 25 rows: IndexError"),
        ("shape", r"row 7 of `Bad` has another shape than row 0.*expected: x \[3\], y \[\]; received: x \[5\], y \[\]"),
    ],
)
def test_what_is_wrong_is_named_by_row(wrong: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelwrightError, match=says):
        modelwright.train(Bad(wrong), runs=tmp_path / "runs", **FEW)
    assert not (tmp_path / "runs").exists()


def test_rows_that_cannot_stand_side_by_side() -> None:
    with pytest.raises(ModelwrightError, match="different numbers of rows"):
        read_held({"a": X, "b": Y[:5]}, None)
    with pytest.raises(ModelwrightError, match="has no rows"):
        read_held(TensorDataset(X[:0], Y[:0]), None)


def test_tables_are_no_data_sets() -> None:
    assert not any(map(is_dataset, ["a.csv", Path("a.csv"), FRAME, X.numpy(), {"a": [1]}, [{"a": 1}]]))


def test_a_normalisation_is_undone_and_done_again_in_each_batch(tmp_path: Path) -> None:
    """A data set as tutorials have it: ToTensor, then Normalize. The module sees the very numbers of the data set."""

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = torch.nn.Linear(16, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(x.view(-1, 16))

    pixels = torch.randint(0, 256, (90, 1, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    normalised = (pixels.float() / 255 - 0.1307) / 0.3081
    labels = (pixels.float().mean((1, 2, 3)) > 127).long()
    found = read_held(TensorDataset(normalised, labels), None)
    assert np.array_equal(found.inputs, pixels.numpy()) and found.transform == "Normalize(0.1307, 0.3081)"
    run = modelwright.train(TensorDataset(normalised, labels), model=Net, train={"epochs": 1}, runs=tmp_path)
    assert run.plan.inputs[0].transform[-1].startswith("Normalize(")
    with torch.no_grad():
        expected = torch.softmax(run.model.module.layers(normalised), 1)
    assert np.allclose(run.model.predict_proba(pixels.numpy()), expected, atol=1e-5)


def test_the_normalisation_of_a_data_set_is_found_in_its_transforms() -> None:
    class Normalize:
        mean, std = (0.4,), torch.tensor([0.7])

    class Compose:
        transforms = (Normalize(),)

    pixels = torch.arange(32, dtype=torch.uint8).view(2, 1, 4, 4)
    rows = TensorDataset((pixels.float() / 255 - 0.4) / 0.7, torch.arange(2))
    assert read_held(rows, None).inputs.dtype == np.float32
    rows.transform = Compose()  # pyright: ignore[reportAttributeAccessIssue]
    held = read_held(torch.utils.data.Subset(rows, [1, 0]), None)
    assert np.array_equal(held.inputs, pixels.flip(0).numpy()) and held.transform == "Normalize(0.4, 0.7)"
    with pytest.raises(ModelwrightError, match=r"leave `Normalize` out of the data"):
        modelwright.train(torch.randn(40, 1, 4, 4), torch.arange(40) % 2, model="cnn")
