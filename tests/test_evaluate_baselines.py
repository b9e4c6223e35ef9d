"""The linear baseline equals scikit-learn's, the constant one is what the metric rewards."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, Ridge

from modelwright.evaluate import baselines as module
from modelwright.evaluate.baselines import baselines, fit_baselines


def scaled(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(((x - x.mean(0)) / x.std(0)).astype(np.float32))


def test_logistic_regression() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    inputs = scaled(x)
    fitted = fit_baselines("binary", inputs, y.astype(np.float32)[:, None], inputs, y, "log_loss")
    expected = LogisticRegression(tol=1e-8, max_iter=5000).fit(inputs.double().numpy(), y)
    assert [one.baseline.name for one in fitted] == ["prior", "linear"]
    assert np.abs(fitted[1].outputs - expected.predict_proba(inputs.numpy())[:, 1]).max() < 1e-3
    assert fitted[1].baseline.value < fitted[0].baseline.value


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_softmax_regression_with_weights(load) -> None:
    x, y = load(return_X_y=True)
    inputs, weight = scaled(x), np.random.default_rng(0).choice([0.5, 1.0, 3.0], len(y))
    fitted = fit_baselines("multiclass", inputs, y.astype(np.int64), inputs, y, "accuracy", weight)
    expected = LogisticRegression(tol=1e-8, max_iter=5000).fit(inputs.double().numpy(), y, weight)
    assert np.abs(fitted[1].outputs - expected.predict_proba(inputs.numpy())).max() < 1e-3
    assert np.allclose(fitted[0].outputs.sum(1), 1)


def test_ridge_regression_in_the_users_units() -> None:
    x, y = load_diabetes(return_X_y=True)
    targets, weight = np.stack([y, 1e6 + 1e5 * y], axis=1), np.random.default_rng(0).choice([0.5, 1.0, 3.0], len(y))
    inputs = scaled(x)
    fitted = fit_baselines("regression", inputs, targets.astype(np.float32), inputs, targets, "rmse", weight)
    expected = Ridge().fit(inputs.double().numpy(), targets, weight).predict(inputs.numpy())
    assert np.allclose(fitted[1].outputs, expected, rtol=1e-4)
    assert np.allclose(fitted[0].outputs[0], np.average(targets, axis=0, weights=weight), rtol=1e-6)


def test_unscaled_and_dependent_columns_are_no_trouble() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    inputs = torch.from_numpy(np.concatenate([x, x[:, :3] * 2, np.zeros((len(x), 1))], axis=1).astype(np.float32))
    made = baselines("binary", inputs, y, inputs, y, "accuracy")
    assert made[1].value > 0.95


def test_several_labels_are_single_logistic_regressions() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 5))
    y = (x[:, :2] + random.normal(size=(300, 2)) > 0.3).astype(np.float32)
    inputs = torch.from_numpy(x.astype(np.float32))
    fitted = fit_baselines("multilabel", inputs, y, inputs, y, "f1")
    for k in range(2):
        expected = LogisticRegression(tol=1e-8).fit(x, y[:, k]).predict_proba(x)[:, 1]
        assert np.abs(fitted[1].outputs[:, k] - expected).max() < 1e-3


def test_the_constant_is_what_the_metric_rewards() -> None:
    inputs = torch.zeros(10, 0)
    y = np.array([0, 0, 1, 1, 1, 1, 1, 2, 2, 2])
    (majority,) = fit_baselines("multiclass", inputs, y, inputs, y, "accuracy", classes=5)
    assert (majority.baseline.name, majority.baseline.value) == ("majority", 0.5)
    assert majority.outputs.shape == (10, 5)
    (prior,) = baselines("multiclass", inputs, y, inputs, y, "log_loss")
    shares = np.array([0.2, 0.5, 0.3])
    assert (prior.name, prior.value) == ("prior", pytest.approx(-(shares * np.log(shares)).sum()))
    numbers = np.array([[1.0], [2.0], [3.0], [4.0], [100.0]])
    (median,) = baselines("regression", torch.zeros(5, 0), numbers, torch.zeros(5, 0), numbers, "mae")
    assert (median.name, median.value) == ("median", pytest.approx(20.2))
    (mean,) = baselines("regression", torch.zeros(5, 0), numbers, torch.zeros(5, 0), numbers, "r2")
    assert (mean.name, mean.value) == ("mean", 0.0)
    (auc,) = baselines(
        "binary", torch.zeros(4, 0), np.array([0, 1, 1, 0]), torch.zeros(4, 0), np.arange(4) % 2, "roc_auc"
    )
    assert auc.value == 0.5


def test_many_rows_are_sampled_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 1000)
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.normal(size=(3000, 2)).astype(np.float32))
    y = 3 * x[:, :1].double().numpy() + 1
    made = baselines("regression", x, y, x, y, "rmse")
    assert made[1].note == "fitted on 1,000 of 3,000 training rows, drawn at random"
    assert made[1].value < 0.01
    weight = (y[:, 0] > 1).astype(float)  # rows of weight 0 say nothing, in the sample as well
    spoilt = np.where(weight[:, None] > 0, y, 99.0)
    assert baselines("regression", x, spoilt, x, y, "rmse", weight)[1].value < 0.05


def test_one_class_in_training_is_no_crash() -> None:
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    made = baselines("binary", x, np.ones(20), x, np.ones(20), "accuracy")
    assert [one.value for one in made] == [1.0, 1.0]


def test_no_optimizer_machinery_is_loaded() -> None:
    code = "import sys, modelwright.evaluate.baselines; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
