"""Rows that do not fit into memory: streamed from a file, with the numbers of those that do, and resumed exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import modelwright
from modelwright import ModelwrightError
from modelwright.data.batches import Batches, Recent, Streamed
from modelwright.data.datasets import read_held
from modelwright.data.row_blocks import BLOCK
from modelwright.data.spill import file_of, folder

RANDOM = np.random.default_rng(0)
ROWS = BLOCK + 300
VECTORS = RANDOM.normal(size=(ROWS, 6)).astype(np.float32)
WALKS = RANDOM.normal(size=(ROWS, 5, 2)).astype(np.float32)
PIXELS = RANDOM.integers(0, 256, (ROWS, 1, 6, 6)).astype(np.uint8)
LABELS = (VECTORS[:, 0] > 0).astype(np.int64)
FEW: dict[str, Any] = {"train": {"epochs": 3, "batch_size": 64}}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine whose memory is full, with a cache folder of its own."""
    monkeypatch.setenv("MODELWRIGHT_CACHE", str(tmp_path / "cache"))
    for module in ("data.datasets", "run.assemble"):
        monkeypatch.setattr(f"modelwright.{module}.free_bytes", lambda: 20_000.0)
    return monkeypatch


def rows_of(kind: str) -> TensorDataset:
    arrays = {"vectors": VECTORS, "sequences": WALKS, "pictures": PIXELS / np.float32(255)}
    return TensorDataset(torch.from_numpy(arrays[kind]), torch.from_numpy(LABELS))


MODELS = {"vectors": "mlp(hidden=[8])", "sequences": "gru(hidden_size=4)", "pictures": ["Flatten", "Linear(..., ...)"]}


@pytest.mark.parametrize("kind", list(MODELS))
def test_streamed_rows_train_as_rows_in_memory(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """To the bit: loss, weights and score; and so does a run that is cut in the middle of an epoch and resumed."""
    import modelwright.run.session as session

    common: dict[str, Any] = {"model": MODELS[kind], "runs": tmp_path, **FEW}
    expected = modelwright.train(rows_of(kind), name="memory", **common)
    request.getfixturevalue("small")
    run = modelwright.train(rows_of(kind), name="streamed", report=True, **common)
    assert run.history == expected.history and run.score == expected.score
    weights = [each.model.module.layers.state_dict() for each in (run, expected)]
    assert all(torch.equal(a, b) for a, b in zip(weights[0].values(), weights[1].values(), strict=True))
    assert len(list((tmp_path / "streamed-1").glob("data.*.json"))) == 1 and (run.path / "report.html").exists()
    assert (run.path / "data.parquet").stat().st_size < 20_000

    real, seen = session.save_checkpoint, []

    def save_and_die(*words: Any) -> None:
        real(*words)
        seen.append(words)
        if len(seen) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "save_checkpoint", save_and_die)
    monkeypatch.setattr(session, "MOST_STEPS", 1)
    train = {**FEW["train"], "checkpoint_seconds": 0}
    with pytest.raises(KeyboardInterrupt):
        modelwright.train(rows_of(kind), name="cut", **{**common, "train": train})
    monkeypatch.setattr(session, "save_checkpoint", real)
    again = modelwright.resume(tmp_path / "cut-1")
    assert again.history == expected.history and again.score == expected.score
    for file in folder().glob("*"):
        file.unlink()
    with pytest.raises(ModelwrightError, match="streamed from a file that is gone"):
        modelwright.run.opened.request_of(modelwright.run.folder.open_folder(run.path), None, {})  # pyright: ignore


def test_what_is_streamed_is_said(small: pytest.MonkeyPatch) -> None:
    held = read_held(rows_of("vectors"), None)
    assert np.array_equal(held.inputs, VECTORS) and file_of(held.inputs) is not None
    notes = [note.message for note in held.notes]
    assert any("do not fit into memory" in note and "are streamed from" in note for note in notes)
    pictures = read_held(rows_of("pictures"), None)
    assert pictures.inputs.dtype == np.uint8 and np.array_equal(pictures.inputs, PIXELS)


def test_iterables_are_streamed_too(small: pytest.MonkeyPatch) -> None:
    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return zip(WALKS, LABELS, strict=True)

    held = read_held(DataLoader(Endless(), batch_size=16), None)
    assert np.array_equal(held.inputs, WALKS) and np.array_equal(held.answers, LABELS) and held.batch_size == 16


class Dicts(IterableDataset[Any]):
    """Rows of several inputs: two vectors, a number, a word, and the answer; one after another, of no known length."""

    def __init__(self, form: str) -> None:
        self.form = form

    def __iter__(self) -> Iterator[Any]:
        for at in range(ROWS):
            if self.form == "tuple":
                yield VECTORS[at, :2], VECTORS[at, 2:5], LABELS[at]
            else:
                one = {"size": VECTORS[at, :2], "shape": torch.from_numpy(VECTORS[at, 2:5]), "age": VECTORS[at, 5]}
                yield {**one, "word": ("red", "blue")[at % 2], "kind": LABELS[at]}


class TwoInputs(torch.nn.Module):
    """Takes two inputs apart."""

    def __init__(self, out_features: int) -> None:
        super().__init__()
        self.left, self.right = torch.nn.Linear(2, 4), torch.nn.Linear(3, 4)
        self.out = torch.nn.Linear(8, out_features)

    def forward(self, x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
        return self.out(torch.cat([self.left(x1), self.right(x2)], 1).relu())


@pytest.mark.parametrize(("form", "model"), [("dict", "mlp(hidden=[8])"), ("tuple", TwoInputs)])
def test_rows_of_several_inputs_are_streamed(
    form: str, model: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """As in memory: the same columns in the same order, the same losses and weights."""
    common: dict[str, Any] = {"model": model, "runs": tmp_path, "report": False, **FEW}
    expected = modelwright.train(Dicts(form), name="memory", **common)
    request.getfixturevalue("small")
    run = modelwright.train(Dicts(form), name="streamed", **common)
    assert [column.name for column in run.plan.inputs] == [column.name for column in expected.plan.inputs]
    assert run.plan.outputs.targets == (("kind",) if form == "dict" else ("target",))
    assert run.history == expected.history and run.score == expected.score
    weights = [each.model.module.layers.state_dict() for each in (run, expected)]
    assert all(torch.equal(a, b) for a, b in zip(weights[0].values(), weights[1].values(), strict=True))
    words = "size_1 shape_3 age" if form == "dict" else "x1_1 x2_3"
    assert set(words.split()) <= {column.name for column in run.plan.inputs}


def test_rows_are_held_in_blocks_and_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 rows that were read no more than two blocks are alive as Python objects."""
    import weakref

    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Counted(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            nonlocal most
            for at in range(20_000):
                row = torch.full((3,), float(at))
                alive.add(row)
                most = max(most, len(alive))
                yield row, at % 2

    held = read_held(Counted(), None)
    assert held.inputs.shape == (20_000, 3) and held.answers[:3].tolist() == [0, 1, 0]
    assert most <= 2 * BLOCK


class Bad(Dataset[Any]):
    """Rows of which one, after the first block, is wrong."""

    def __init__(self, wrong: str) -> None:
        self.wrong = wrong

    def __len__(self) -> int:
        return ROWS

    def __getitem__(self, index: int) -> Any:
        if index == BLOCK + 17:
            if self.wrong == "raises":
                raise OSError("this cell is broken")
            if self.wrong == "shape":
                return WALKS[index][:2], 0
            if self.wrong == "numbers":
                return WALKS[index] * 100, 0
        return (np.zeros((5, 2), np.float32), np.zeros(1), 0) if self.wrong == "several" else (WALKS[index], 0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("raises", rf"row {BLOCK + 17} of `Bad`.*this cell is broken"),
        ("shape", rf"row {BLOCK + 17} of `Bad` has another shape than row 0"),
        ("several", r"do not fit into memory, and `x1` cannot be streamed.*flatten it"),
    ],
)
def test_what_is_wrong_leaves_nothing_behind(wrong: str, says: str, small: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelwrightError, match=says):
        read_held(Bad(wrong), None)
    assert not list(folder().glob("*")) and not list(folder().glob(".*"))


def test_a_disk_without_room_is_told(small: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    small.setattr("modelwright.data.spill._write", full)
    with pytest.raises(ModelwrightError, match=r"cannot be written: No space left.*MODELWRIGHT_CACHE"):
        read_held(rows_of("vectors"), None)
    assert not list(folder().glob(".*"))


def test_batches_of_streamed_rows_come_in_the_same_order_and_read_each_row_once() -> None:
    asked: list[np.ndarray] = []

    def make(rows: np.ndarray) -> tuple[torch.Tensor, ...]:
        asked.append(rows)
        return torch.from_numpy(VECTORS[rows]), torch.from_numpy(WALKS[rows])

    recent, device = Recent(make), torch.device("cpu")
    numbers = np.arange(ROWS)[::-1].copy()
    pair = (Streamed(recent, 0, numbers, 24_000, device), Streamed(recent, 1, numbers, 40_000, device))
    whole = (torch.from_numpy(VECTORS[numbers]), torch.from_numpy(WALKS[numbers]))
    streamed, resident = Batches(pair, 32, 7), Batches(whole, 32, 7)
    for first in (0, 3):
        for a, b in zip(streamed.epoch(2, first), resident.epoch(2, first), strict=True):
            assert all(torch.equal(one, other) for one, other in zip(a, b, strict=True))
    assert sum(map(len, asked)) <= 2 * ROWS and len(asked) > 10
