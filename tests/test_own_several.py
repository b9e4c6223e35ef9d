"""Modules of one's own with several inputs or outputs: shared out by name or place, and said in the plan."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

import modelwright
from modelwright import ModelwrightError, RunError
from own_nets import TwoHeads, TwoInputs

FEW: dict[str, Any] = {"train": {"epochs": 2, "batch_size": 16}, "scale": "none"}
RANDOM = np.random.default_rng(0)
SIZE, SHAPE = RANDOM.normal(size=(150, 3)).astype(np.float32), RANDOM.normal(size=(150, 2)).astype(np.float32)
Y = (SIZE[:, 0] > SHAPE[:, 0]).astype(np.int64)


@pytest.mark.parametrize(
    "source",
    [
        TensorDataset(*map(torch.from_numpy, (SIZE, SHAPE, Y))),
        {"shape": SHAPE, "size": SIZE, "answer": Y},
    ],
    ids=["tuple", "dict"],
)
def test_several_inputs_come_apart(source: Any, tmp_path: Path) -> None:
    target = {"target": "answer"} if isinstance(source, dict) else {}
    run = modelwright.train(source, model=TwoInputs, runs=tmp_path, **target, **FEW)
    apart = json.loads(run.plan.own["apart"])
    assert {name: sum(b - a for a, b in pieces) for name, pieces in apart.items()} == {"size": 3, "shape": 2}
    inner = run.model.module.layers.inner
    with torch.no_grad():
        expected = torch.sigmoid(inner.eval()(torch.from_numpy(SIZE), torch.from_numpy(SHAPE)))[:, 0]
    names = ["size", "shape"] if target else ["x1", "x2"]
    values = dict(zip(names, (SIZE, SHAPE), strict=True))
    frame = pl.DataFrame({f"{name}_{k + 1}": v[:, k] for name, v in values.items() for k in range(v.shape[1])})
    again = modelwright.load(run.path, model=TwoInputs)
    assert np.allclose(again.predict_proba(frame)[:, 1], expected, atol=1e-6)


def test_gaps_and_categories_go_with_their_column(tmp_path: Path) -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 1), nn.Linear(3, 1)

        def forward(self, age: Tensor, job: Tensor) -> Tensor:
            return self.first(age) + self.second(job)

    age = [None if n % 7 == 0 else float(n % 40) for n in range(150)]
    frame = pl.DataFrame({"job": [("cook", "clerk", "smith")[n % 3] for n in range(150)], "age": age, "y": Y})
    run = modelwright.train(frame, target="y", model=Mixed, runs=tmp_path, train=FEW["train"])
    assert json.loads(run.plan.own["apart"]) == {"age": [[0, 2]], "job": [[2, 5]]}


def test_inputs_that_cannot_be_shared_out(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": SIZE[:, 0], "b": SIZE[:, 1], "c": SIZE[:, 2], "y": Y})
    with pytest.raises(RunError, match=r"takes 2 tensors, size, shape, and the rows are 1.*received: a, b, c"):
        modelwright.train(frame, target="y", model=TwoInputs, runs=tmp_path, **FEW)


@pytest.mark.parametrize(("named", "output"), [(True, '["price", "area"]'), (False, "[0, 1]")])
def test_a_head_for_each_target(named: bool, output: str, tmp_path: Path) -> None:
    a, b = SIZE[:, 0], SIZE[:, 1]
    frame = pl.DataFrame({"a": a, "b": b, "price": (a + b) * 3, "area": a - b + 100})
    heads = partial(TwoHeads, named=named)
    run = modelwright.train(frame, target=["price", "area"], model=heads, runs=tmp_path, train={"epochs": 30})
    assert run.plan.own["output"] == output
    found = modelwright.load(run.path, model=heads).predict(frame)
    assert found.columns == ["prediction_price", "prediction_area"]
    assert np.corrcoef(found["prediction_area"], frame["area"])[0, 1] > 0.9
    assert abs(found["prediction_area"].mean() - 100) < 1 and abs(found["prediction_price"].mean()) < 1


def test_heads_that_do_not_fit(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": SIZE[:, 0], "b": SIZE[:, 1], "y": SIZE[:, 2], "z": SIZE[:, 2], "w": SIZE[:, 2]})
    with pytest.raises(ModelwrightError, match=r"puts out \[4, 1\], and the target needs \[4, 3\]"):
        modelwright.train(frame, target=["y", "z", "w"], model=TwoHeads, runs=tmp_path, **FEW)


class OfTwo(nn.Module):
    """An encoder of two tensors, of any width."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LazyLinear(8), nn.LazyLinear(8)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.first(x) + self.second(z)


def test_one_class_for_two_sides_of_other_widths(tmp_path: Path) -> None:
    frame = pl.DataFrame(dict.fromkeys(("x_1", "z_1", "x_2", "z_2", "z_3"), SIZE[:, 0]))
    sides = {"pairs": [["x_1", "z_1"], ["x_2", "z_2", "z_3"]]}
    with pytest.raises(ModelwrightError, match="`OfTwo` takes the columns of the two sides in different ways"):
        modelwright.train(frame, contrastive=sides, model=OfTwo, runs=tmp_path, **FEW)
