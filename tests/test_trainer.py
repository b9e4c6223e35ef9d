"""The trainer: best weights, early stopping, exact state, and the step and layer that broke a loss."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelwright.data.batches import Batches
from modelwright.model.components import make_optimizer, make_scheduler
from modelwright.training.blame import blame
from modelwright.training.objective import supervised
from modelwright.training.progress import Progress
from modelwright.training.schedule import Schedule
from modelwright.training.trainer import NotFinite, Trainer, Validation

SCHEDULERS = ["OneCycleLR(max_lr=0.1)", "StepLR(step_size=2)", "CosineAnnealingLR", "ReduceLROnPlateau(patience=0)"]


def rows(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(90, 4, generator=generator)
    return x, x.sum(1, keepdim=True) + torch.randn(90, 1, generator=generator)


def trainer(scheduler: str | None = None, **settings: Any) -> Trainer:
    torch.manual_seed(settings.pop("seed", 0))
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 1))
    optimizer = make_optimizer(settings.pop("optimizer", "SGD(lr=0.05, momentum=0.9)"), model)
    batches = Batches(rows(0), 16, seed=5)
    epochs = settings.pop("epochs", 6)
    schedule = None
    if scheduler is not None:
        schedule = Schedule(*make_scheduler(scheduler, optimizer, epochs * len(batches), len(batches)))
    x, y = rows(1)
    criterion = nn.MSELoss()
    validation = Validation(
        inputs=(x,),
        target=y,
        criterion=criterion,
        score=lambda raw: float((raw - y).square().mean().sqrt()),
        metric="rmse",
        higher_is_better=False,
    )
    defaults: dict[str, Any] = {"validation": validation, "patience": None, "clip_grad_norm": None, "accumulate": 1}
    return Trainer(
        model=model,
        objective=supervised(criterion),
        optimizer=optimizer,
        schedule=schedule,
        batches=batches,
        epochs=epochs,
        **{**defaults, **settings},
    )


@pytest.mark.parametrize("scheduler", [None, *SCHEDULERS])
@pytest.mark.parametrize("stop_after", [1, 4, 9])
def test_a_state_loaded_elsewhere_goes_on_bit_for_bit(scheduler: str | None, stop_after: int) -> None:
    _resumed(scheduler, stop_after, 6)


@pytest.mark.parametrize("stop_after", [18, 21, 22, 33])
def test_a_record_of_layers_that_spans_epochs_survives_a_stop(stop_after: int) -> None:
    history = _resumed(None, stop_after, 14)
    assert [record["epoch"] for record in history if "layers" in record] == [1, 2, 3, 4, 5, 11]


def _resumed(scheduler: str | None, stop_after: int, epochs: int) -> list[dict[str, Any]]:
    straight = trainer(scheduler, epochs=epochs)
    list(straight.run(every=2))

    stopped = trainer(scheduler, epochs=epochs)
    going = stopped.run(every=2)
    for _ in range(stop_after):
        next(going)
    tensors, facts = copy.deepcopy(stopped.state())
    torch.manual_seed(12345)
    resumed = trainer(scheduler, seed=99, epochs=epochs)
    resumed.load(tensors, facts)
    list(resumed.run(every=3))
    assert resumed.history == straight.history
    for ours, theirs in zip(resumed.model.parameters(), straight.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert all(torch.equal(resumed.best[name], straight.best[name]) for name in straight.best)
    return resumed.history


def test_the_best_epochs_weights_come_back() -> None:
    one = trainer(epochs=12)
    list(one.run())
    scores = [record["validation_rmse"] for record in one.history]
    assert one.best_epoch == scores.index(min(scores)) + 1
    one.restore_best()
    validation = one.validation
    assert validation is not None
    one.model.eval()
    assert validation.score(one.model(*validation.inputs).detach()) == pytest.approx(min(scores), rel=1e-6)


def test_training_stops_when_nothing_gets_better() -> None:
    one = trainer(optimizer="SGD(lr=0.0)", epochs=50, patience=3)
    list(one.run())
    assert (len(one.history), one.best_epoch, one.stopped) == (4, 1, True)
    assert list(one.run()) == [], "a stopped trainer does not go on"


def test_without_validation_the_last_weights_are_kept() -> None:
    one = trainer(validation=None, patience=2, epochs=3)
    list(one.run())
    assert (one.best_epoch, one.best, one.stopped) == (3, {}, False)


def test_progress_is_told_between_epochs() -> None:
    events = list(trainer(epochs=1).run(every=2))
    assert [event.batch for event in events if isinstance(event, Progress)] == [2, 4]
    assert [event["epoch"] for event in events if isinstance(event, dict)] == [1]


def test_blame_names_step_and_layer() -> None:
    def broken() -> Trainer:
        return trainer(optimizer="SGD(lr=1e30)")

    with pytest.raises(NotFinite):
        list(broken().run())
    assert blame(broken()).startswith("epoch 1, step 2 of 6: layer `3`, Linear(in_features=8, out_features=1")


def test_blame_tells_broken_weights() -> None:
    one = trainer()
    with torch.no_grad():
        one.model[0].weight[0, 0] = float("nan")  # pyright: ignore[reportIndexIssue]
    assert blame(one) == (
        "epoch 1, step 1 of 6: layer `0`, Linear(in_features=4, out_features=8, bias=True), is the first whose outputs "
        "are NaN or infinite: the step before made its weight so"
    )
