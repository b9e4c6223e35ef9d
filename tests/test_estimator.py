"""The scikit-learn estimators: scikit-learn's own checks, and what its users combine them with."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from modelwright import Classifier, Regressor
from own_nets import MLP

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins" / "penguins.csv"
QUICK: dict[str, Any] = {"model": "mlp(hidden=[16])", "epochs": 10}
ORDER = "batches are drawn by row number: a weighted row and a repeated one are drawn in other batches"


def expected_to_fail(_estimator: object) -> dict[str, str]:
    """Return the checks that docs/your-own-code.md names, with the reason."""
    return {"check_sample_weight_equivalence_on_dense_data": ORDER}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([Classifier(epochs=20), Regressor(epochs=20)], expected_failed_checks=expected_to_fail)
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_it_is_in_a_pipeline_a_grid_and_a_cross_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    X, y = load_iris(return_X_y=True)
    grid = {"classifier__epochs": [1, 15], "classifier__optimizer": ["Adam(lr=0.01)", "SGD(lr=0.0001)"]}
    search = GridSearchCV(make_pipeline(MinMaxScaler(), Classifier("mlp(hidden=[16])")), grid, cv=2).fit(X, y)
    assert search.best_params_ == {"classifier__epochs": 15, "classifier__optimizer": "Adam(lr=0.01)"}
    assert cross_val_score(Classifier("mlp(hidden=[16])", epochs=30), X, y, cv=3).mean() > 0.9
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_is_bytes_of_the_model_file_and_goes_on_where_it_was() -> None:
    X, y = load_iris(return_X_y=True)
    one = Classifier(**QUICK).partial_fit(X[::2], y[::2], classes=[0, 1, 2])
    content = pickle.dumps(one)
    assert b"torch" not in content.replace(one.fitted_.content, b"").replace(b"torch.nn", b"")
    other = pickle.loads(content)  # noqa: S301 - made two lines above
    assert np.array_equal(one.predict_proba(X), other.predict_proba(X))
    for each in (one, other):
        each.partial_fit(X[1::2], y[1::2])
    assert np.array_equal(one.predict_proba(X), other.predict_proba(X)) and one.n_iter_ == 2
    fresh = clone(one)
    assert not hasattr(fresh, "fitted_") and fresh.get_params() == one.get_params()


def test_partial_fit_learns_as_fit_does_and_keeps_what_it_knows() -> None:
    X, y = load_iris(return_X_y=True)
    model = Classifier("mlp(hidden=[16])", optimizer="Adam(lr=0.01)", batch_size=16)
    assert [model.partial_fit(X, y).n_iter_ for _ in range(12)] == list(range(1, 13))
    assert model.score(X, y) > 0.93
    first = model.model_.module.preprocess.state_dict()
    model.partial_fit(X + 100, y)
    assert all(torch.equal(value, first[name]) for name, value in model.model_.module.preprocess.state_dict().items())
    with pytest.raises(ValueError, match="classes that `classes` does not name"):
        model.partial_fit(X[:3], [7, 7, 7])
    after_fit = Classifier(**QUICK).fit(X, y)
    score = after_fit.score(X, y)
    assert after_fit.partial_fit(X, y).score(X, y) > score - 0.1


def test_frames_with_words_missing_cells_and_names() -> None:
    frame = pd.read_csv(PENGUINS)
    X, y = frame.drop(columns="species"), frame["species"]
    model = Classifier(**QUICK).fit(X, y)
    assert list(model.feature_names_in_) == list(X.columns) and model.n_features_in_ == X.shape[1]
    assert list(model.classes_) == ["Adelie", "Chinstrap", "Gentoo"] and model.score(X, y) > 0.9
    assert {column.encoding for column in model.model_.inputs} == {"number", "one_hot"}
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"island": "isle"}))
    assert np.isfinite(model.predict_proba(X.assign(island=None))).all()


def test_weights_of_rows_and_classes() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (rng.random(300) < 0.2).astype(int)
    plain, heavy, balanced = (
        Classifier(**QUICK).fit(X, y),
        Classifier(**QUICK).fit(X, y, sample_weight=np.where(y == 1, 20.0, 1.0)),
        Classifier(**QUICK, class_weight="balanced").fit(X, y),
    )
    assert (plain.predict_proba(X)[:, 1]).mean() < 0.3 < balanced.predict_proba(X)[:, 1].mean() < 0.7
    assert heavy.predict_proba(X)[:, 1].mean() > 0.7
    given = Classifier(**QUICK, class_weight={0: 1, 1: 20}).fit(X, y)
    np.testing.assert_allclose(given.predict_proba(X), heavy.predict_proba(X), atol=1e-5)
    half = Classifier(**QUICK).fit(X, y, sample_weight=np.repeat([1.0, 0.0], 150))
    first = Classifier(**QUICK).fit(X[:150], y[:150])
    np.testing.assert_allclose(half.predict_proba(X), first.predict_proba(X), atol=1e-5)


def test_own_classes_losses_and_optimizers() -> None:
    X, y = make_regression(200, 5, noise=1, random_state=0)
    model = Regressor(
        MLP,
        loss=torch.nn.functional.huber_loss,
        optimizer=lambda parameters: torch.optim.Adam(parameters, lr=0.02),
        epochs=30,
    ).fit(X, y)
    assert model.score(X, y) > 0.9 and model.model_.plan.layers == ("python:MLP(in_features=5, out_features=1)",)
    two = Regressor(MLP, epochs=5).fit(X, np.stack([y, -y], axis=1))
    assert two.predict(X).shape == (200, 2)
    with pytest.raises(ValueError, match="there is no optimizer `Adm`"):
        Regressor(optimizer="Adm").fit(X, y)


def test_equal_seeds_give_equal_models_and_leave_random_numbers_alone() -> None:
    X, y = load_iris(return_X_y=True)
    before = torch.get_rng_state()
    first, again = (Classifier(**QUICK).fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(first, again) and torch.equal(torch.get_rng_state(), before)
    assert not np.array_equal(first, Classifier(**QUICK, random_state=1).fit(X, y).predict_proba(X))


def test_validation_rows_choose_the_epoch() -> None:
    X, y = load_iris(return_X_y=True)
    model = Classifier("mlp(hidden=[16])", epochs=60, validation_size=0.3, patience=3, optimizer="SGD(lr=0.5)").fit(
        X, y
    )
    assert model.n_iter_ < 60 and "validation_accuracy" in model.fitted_.history[0]
