"""Losses and schedulers by name."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modelwright.errors import SpecError
from modelwright.model.components import make_loss, make_optimizer, make_scheduler, row_losses
from modelwright.model.lean_optimizer import lean_step
from modelwright.plan.losses import LOSSES_FOR, default_loss, output_width
from modelwright.spec.schema import Task
from modelwright.spec.signatures import names

SUPERVISED = [task for task in LOSSES_FOR if task not in ("contrastive", "gan")]  # tests/test_gan_losses.py
FITTING = [(task, name) for task in SUPERVISED for name in LOSSES_FOR[task]]
NOT_FOR_ROWS = sorted(set(names("loss")) - {name for _, name in FITTING})


def example(task: Task, loss: str) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    width = output_width(loss, task, {"binary": 1, "multiclass": 4, "multilabel": 3}.get(task, 2))
    output = torch.randn(10, width)
    if loss == "BCELoss":
        output = output.sigmoid()
    if loss == "NLLLoss":
        output = output.log_softmax(1)
    targets: dict[Task, Tensor] = {
        "binary": torch.randint(0, 2, (10, 1)).float(),
        "multiclass": torch.randint(0, 4, (10,)),
        "multilabel": torch.randint(0, 2, (10, 3)).float(),
        "regression": torch.randn(10, 2),
        "forecasting": torch.randn(10, 2),
    }
    return output, targets[task]


@pytest.mark.parametrize(("task", "name"), FITTING)
def test_row_losses_average_to_the_loss(task: Task, name: str) -> None:
    output, target = example(task, name)
    rows = row_losses(name, task)(output, target)
    assert rows.shape == (10,)
    torch.testing.assert_close(rows.mean(), make_loss(name, task)(output, target))
    one = row_losses(name, task)(output[3:4], target[3:4])
    torch.testing.assert_close(one, rows[3:4])


@pytest.mark.parametrize("task", SUPERVISED)
def test_the_default_loss_of_a_task(task: Task) -> None:
    output, target = example(task, default_loss(task))
    expected = {
        "binary": lambda: F.binary_cross_entropy_with_logits(output, target),
        "multiclass": lambda: F.cross_entropy(output, target),
        "multilabel": lambda: F.binary_cross_entropy_with_logits(output, target),
        "regression": lambda: F.mse_loss(output, target),
        "forecasting": lambda: F.mse_loss(output, target),
    }[task]()
    torch.testing.assert_close(make_loss(default_loss(task), task)(output, target), expected)


def test_two_classes_with_two_outputs_or_one_are_the_same_model() -> None:
    logit, target = example("binary", "BCEWithLogitsLoss")
    pair = torch.cat([torch.zeros_like(logit), logit], dim=1)
    both = [make_loss(name, "binary") for name in ("BCEWithLogitsLoss", "CrossEntropyLoss", "SoftMarginLoss")]
    values = [loss(output, target) for loss, output in zip(both, (logit, pair, logit), strict=True)]
    torch.testing.assert_close(values[0], values[1])
    torch.testing.assert_close(values[0], values[2])


def test_lists_become_tensors_and_travel_with_the_loss() -> None:
    output, target = example("multiclass", "CrossEntropyLoss")
    loss = make_loss("CrossEntropyLoss(weight=[1, 2, 3, 4], label_smoothing=0.1)", "multiclass")
    weight = torch.tensor([1.0, 2.0, 3.0, 4.0])
    torch.testing.assert_close(loss(output, target), F.cross_entropy(output, target, weight, label_smoothing=0.1))
    assert "weight" in dict(loss.named_buffers())
    loss = make_loss("BCEWithLogitsLoss(pos_weight=[3.0])", "binary")
    output, target = example("binary", "BCEWithLogitsLoss")
    expected = F.binary_cross_entropy_with_logits(output, target, pos_weight=torch.tensor([3.0]))
    torch.testing.assert_close(loss(output, target), expected)


def test_row_losses_of_class_weights_are_each_rows_loss_times_its_weight() -> None:
    output, target = example("multiclass", "CrossEntropyLoss")
    rows = row_losses("CrossEntropyLoss(weight=[1, 2, 3, 4])")(output, target)
    plain = row_losses("CrossEntropyLoss")(output, target)
    torch.testing.assert_close(rows, plain * (target + 1))


@pytest.mark.parametrize("name", NOT_FOR_ROWS)
def test_losses_that_train_no_single_rows_are_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(SpecError) as raised:
        make_loss(name, "regression")
    found = raised.value.diagnostics[0]
    assert "does not fit regression: it " in found.message
    assert found.help == "MSELoss"


@pytest.mark.parametrize(
    ("text", "task", "words"),
    [
        ("MSELoss", "multiclass", "it is a loss for regression"),
        ("CrossEntropyLoss", "multilabel", "binary and multiclass"),
        ('MSELoss(reduction="sum")', "regression", "follows the mean"),
        ("CrossEntropyLoss(wight=[1])", "multiclass", "did you mean `weight`"),
    ],
)
def test_losses_that_do_not_fit_a_task(text: str, task: Task, words: str) -> None:
    with pytest.raises(SpecError) as raised:
        make_loss(text, task)
    assert words in raised.value.diagnostics[0].message


SCHEDULERS = {
    "ChainedScheduler": "ChainedScheduler([ConstantLR(total_iters=2), ExponentialLR(0.9)])",
    "ConstantLR": "ConstantLR(total_iters=2)",
    "CosineAnnealingLR": "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts": "CosineAnnealingWarmRestarts(2)",
    "CyclicLR": "CyclicLR(0.01, 0.1, step_size_up=5)",
    "ExponentialLR": "ExponentialLR(gamma=0.9)",
    "LinearLR": "LinearLR",
    "MultiStepLR": "MultiStepLR([1, 3])",
    "OneCycleLR": "OneCycleLR(max_lr=0.1)",
    "PolynomialLR": "PolynomialLR(total_iters=4)",
    "ReduceLROnPlateau": "ReduceLROnPlateau(patience=0)",
    "SequentialLR": "SequentialLR([LinearLR(total_iters=2), CosineAnnealingLR], milestones=[2])",
    "StepLR": "StepLR(step_size=2)",
}
EPOCHS, STEPS = 4, 5


def rates(text: str) -> list[float]:
    """The learning rate of each step of a run, warnings being errors."""
    model = nn.Linear(2, 1)
    optimizer = make_optimizer("SGD(lr=0.1, momentum=0.9)", model)
    scheduler, unit = make_scheduler(text, optimizer, EPOCHS * STEPS, STEPS)
    step, used = lean_step(optimizer), []
    for _ in range(EPOCHS):
        for _ in range(STEPS):
            model.zero_grad()
            model(torch.ones(1, 2)).sum().backward()
            step()
            used.append(optimizer.param_groups[0]["lr"])
            if unit == "step":
                scheduler.step()
        if unit == "metric":
            scheduler.step(1.0)  # pyright: ignore[reportArgumentType]
        elif unit == "epoch":
            scheduler.step()
    return used


@pytest.mark.parametrize("name", names("scheduler"))
def test_every_scheduler_changes_the_rate(name: str) -> None:
    used = rates(SCHEDULERS[name])
    assert len(set(used)) > 1
    assert all(rate >= 0 for rate in used)
    by_step = name in ("OneCycleLR", "CyclicLR")
    assert by_step == (len(set(used[:STEPS])) > 1)


def test_lengths_follow_from_the_run() -> None:
    used = rates("OneCycleLR(max_lr=0.1)")
    assert max(used) == pytest.approx(0.1)
    assert used[-1] == pytest.approx(0.1 / 25 / 1e4)
    assert rates("OneCycleLR(0.1, epochs=..., steps_per_epoch=...)") == used
    assert rates(f"OneCycleLR(0.1, epochs={EPOCHS})") == used
    assert rates("CosineAnnealingLR") == rates("CosineAnnealingLR(T_max=...)") == rates(f"CosineAnnealingLR({EPOCHS})")
    text = "SequentialLR([LinearLR(total_iters=2), CosineAnnealingLR{}], milestones=[2])"
    assert rates(text.format("")) == rates(text.format("(T_max=2)"))


@pytest.mark.parametrize(
    ("text", "words", "fix"),
    [
        ("OneCycleLR(max_lr=0.1, total_steps=7)", "ends after 7 steps, but the run has 20", "OneCycleLR(max_lr=0.1)"),
        ("OneCycleLR(0.1, epochs=2)", "ends after 10 steps", "OneCycleLR(0.1)"),
        ("SequentialLR([LinearLR], milestones=[2])", "torch refuses", ""),
        ("ChainedScheduler([OneCycleLR(0.1), LinearLR])", "steps its schedulers together", ""),
        ("SequentialLR([ReduceLROnPlateau, LinearLR], milestones=[2])", "follows a metric", ""),
        ("StepLR", "needs `step_size`", ""),
    ],
)
def test_schedules_that_do_not_fit_the_run(text: str, words: str, fix: str) -> None:
    optimizer = make_optimizer("SGD(lr=0.1)", nn.Linear(2, 1))
    with pytest.raises(SpecError) as raised:
        make_scheduler(text, optimizer, EPOCHS * STEPS, STEPS)
    assert words in raised.value.diagnostics[0].message
    assert raised.value.diagnostics[0].help == fix


def test_cycled_momentum_needs_an_optimizer_that_has_it() -> None:
    optimizer = make_optimizer("Adagrad", nn.Linear(2, 1))
    with pytest.raises(SpecError) as raised:
        make_scheduler("OneCycleLR(max_lr=0.1)", optimizer, 20, 5)
    assert raised.value.diagnostics[0].help == "OneCycleLR(max_lr=0.1, cycle_momentum=False)"
    make_scheduler(raised.value.diagnostics[0].help, optimizer, 20, 5)
