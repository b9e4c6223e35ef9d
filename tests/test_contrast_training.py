"""Batches and steps of contrastive training: gradient caching, noise by row, views as evaluation sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from contrasts import clusters, questions
from modelwright.api import request_for
from modelwright.errors import ModelwrightError
from modelwright.model.contrast import Contrast, Temperature
from modelwright.model.contrast_losses import make_contrastive
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.training.augment.views import Corrupted
from modelwright.training.objective import contrastive


def assembled(rows: Any, **description: Any) -> Assembly:
    request = request_for(rows, description=description)
    dataset = read_dataset(request.description, request.base, request.frame)
    return assemble(prepare(dataset, splits(dataset)[0]))


def core(dropout: float = 0.0) -> Contrast:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 8))
    return Contrast([network], [1], [nn.Linear(8, 4)], Temperature(0.2, learnable=True)).double()


def gradients(model: Contrast, parts: int, batch: tuple[Tensor, ...], labelled: bool, loss: str) -> list[Tensor]:
    model.zero_grad()
    found = contrastive(make_contrastive(loss), labelled, parts)(model, *batch)
    found.backward()
    return [found.detach(), *(each.grad for each in model.parameters() if each.grad is not None)]


@pytest.mark.parametrize(
    ("loss", "labelled"),
    [("NTXent(temperature=0.2)", False), ("SupCon(temperature=0.2)", True), ("TripletMarginLoss", True)],
)
@pytest.mark.parametrize("parts", [2, 3, 24])
def test_parts_have_the_gradient_of_the_whole_batch(loss: str, labelled: bool, parts: int) -> None:
    model = core()
    batch = (torch.randn(24, 6).double(), torch.randn(24, 6).double())
    batch = (*batch, torch.arange(24) % 3) if labelled else batch
    whole = gradients(model, 1, batch, labelled, loss)
    cached = gradients(model, parts, batch, labelled, loss)
    assert len(whole) == len(cached) >= 7
    for one, other in zip(whole, cached, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_dropout_repeats_what_it_drew() -> None:
    """The gradient of parts is that of the loss they gave: a second encoding that drew anew would have another."""
    model, x = core(dropout=0.5), (torch.randn(8, 6).double(), torch.randn(8, 6).double())
    objective = contrastive(make_contrastive("NTXent"), labelled=False, parts=2)

    def loss() -> Tensor:
        torch.manual_seed(3)
        return objective(model, *x)

    weight = model.networks[0].get_parameter("0.weight")
    loss().backward()
    assert weight.grad is not None
    known, step = float(weight.grad[2, 1]), 1e-6
    with torch.no_grad():
        weight[2, 1] += step
        above = loss().item()
        weight[2, 1] -= 2 * step
        below = loss().item()
    assert known == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-9)


def test_a_run_in_parts_trains_like_one_in_whole_batches() -> None:
    def trained(accumulate: int) -> list[float]:
        train = {"epochs": 2, "batch_size": 64, "accumulate": accumulate}
        made = assembled(clusters(), contrastive={"positives": "views"}, model="mlp(hidden=[16])", train=train)
        records = [event for event in made.trainer.run(every=1000) if isinstance(event, dict)]
        return [record["loss"] for record in records]

    assert trained(4) == pytest.approx(trained(1), rel=1e-5)


def test_batch_normalisation_and_parts_are_refused() -> None:
    with pytest.raises(ModelwrightError) as error:
        layers = ["Linear(..., 16)", "BatchNorm1d(...)", "ReLU", "Linear(..., 8)"]
        assembled(clusters(), task="contrastive", model=layers, train={"accumulate": 4})
    (found,) = error.value.diagnostics
    assert found.code == "O608" and found.where.key == "train.accumulate" and "GroupNorm" in found.expected


def test_views_are_a_function_of_seed_epoch_and_row() -> None:
    made = assembled(clusters(), task="contrastive", train={"batch_size": 32})
    batches = made.trainer.batches
    first, again = list(batches.epoch(1)), list(batches.epoch(1, 2))
    for one, other in zip(first[2:], again, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    other = next(iter(batches.epoch(2)))
    assert not torch.equal(first[0][1], other[1])


def test_corrupted_columns_hold_values_of_other_training_rows() -> None:
    frame = clusters().with_columns(clusters()["x1"].alias("twin"))
    made = assembled(frame, task="contrastive", contrastive={"corrupt": 0.5}, encode={"category": "Embedding"})
    assert made.views is not None and isinstance(made.views.second, Corrupted)
    clean, codes, changed, other_codes = next(iter(made.trainer.batches.epoch(0)))
    table = made.trainer.batches.tensors
    assert isinstance(table[0], Tensor) and isinstance(table[1], Tensor)
    assert not torch.equal(clean, changed) and not torch.equal(codes, other_codes)
    for column in range(clean.shape[1]):
        assert set(changed[:, column].tolist()) <= set(table[0][:, column].tolist())
    moved = (clean != changed).double().mean().item()
    assert 0.4 < moved < 0.6


def test_the_numbers_of_a_category_move_together() -> None:
    made = assembled(clusters(), task="contrastive", contrastive={"corrupt": 0.5})
    assert made.plan.inputs[-2].encoding == "one_hot" or made.plan.inputs[-1].encoding == "one_hot"
    one_hot = [at for at, name in enumerate(_names(made)) if name.startswith("c=")]
    _, changed = next(iter(made.trainer.batches.epoch(0)))[:2]
    assert (changed[:, one_hot].sum(1) == 1).all()


def _names(made: Assembly) -> list[str]:
    from modelwright.model.preprocess import feature_names

    return feature_names(made.plan.inputs)


def test_validation_sees_the_same_views_each_time() -> None:
    made = assembled(clusters(), task="contrastive")
    validation = made.trainer.validation
    assert validation is not None and validation.asked is not None
    assert len(validation.inputs[0]) == 2 * made.plan.split.rows[1]
    with torch.no_grad():
        raw = validation.asked(*validation.inputs)
    assert validation.score(raw) == validation.score(raw)
    assert np.isfinite(validation.criterion(raw, validation.target).item())


def test_two_networks_start_unlike_and_learn_both() -> None:
    made = assembled(questions(), contrastive={"pairs": ["question", "answer"]})
    before = {name: each.detach().clone() for name, each in made.model.core.named_parameters()}
    for _ in made.trainer.run(every=1000):
        break
    after = dict(made.model.core.named_parameters())
    assert any(name.startswith("networks.1") for name in before) and "temperature.log" in before
    assert all(not torch.equal(before[name], after[name]) for name in before)


def test_the_seed_decides(tmp_path: Path) -> None:
    one, other = (assembled(clusters(), task="contrastive", train={"seed": seed}) for seed in (0, 1))
    same = assembled(clusters(), task="contrastive", train={"seed": 0})
    batch = [next(iter(made.trainer.batches.epoch(0)))[1] for made in (one, other, same)]
    assert torch.equal(batch[0], batch[2]) and not torch.equal(batch[0], batch[1])
