"""The linear model of texts against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge

from modelwright.evaluate.words import C, Words, linear_answers

SIZE = 40


def tokens(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    numbers = rng.integers(1, SIZE, (rows, 12))
    return np.where(np.arange(12) < rng.integers(1, 13, rows)[:, None], numbers, 0)


def theirs(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counted = [np.stack([np.bincount(row[row > 0], minlength=SIZE) for row in part]) for part in (train, test)]
    made = TfidfTransformer(sublinear_tf=True).fit(counted[0])
    return made.transform(counted[0]).toarray(), made.transform(counted[1]).toarray()


def test_numbers_are_scikit_learns() -> None:
    train, test = tokens(60, 0), tokens(20, 1)
    words = Words(train, SIZE)
    for ours, expected in zip((words, Words(test, SIZE)), theirs(train, test), strict=True):
        np.testing.assert_allclose(ours.numbers(words.idf()).toarray(), expected, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_are_those_of_logistic_regression(classes: int) -> None:
    train, test = tokens(200, 0), tokens(50, 1)
    label = (train.sum(1) + train[:, 0]) % classes
    x, x_test = theirs(train, test)
    expected = LogisticRegression(C=C, tol=1e-8, max_iter=5000).fit(x, label).predict_proba(x_test)
    truth = np.eye(classes)[label] if classes > 2 else label[:, None].astype(float)
    task = "multiclass" if classes > 2 else "binary"
    found = linear_answers(task, Words(train, SIZE), truth, np.ones(200), Words(test, SIZE))
    np.testing.assert_allclose(found, expected if classes > 2 else expected[:, 1], atol=2e-3)


def test_numbers_are_those_of_ridge_regression() -> None:
    train, test = tokens(200, 0), tokens(50, 1)
    values = train.max(1) * 3.0 + 100
    x, x_test = theirs(train, test)
    scale = values.std()
    expected = Ridge(alpha=1 / C).fit(x, (values - values.mean()) / scale).predict(x_test) * scale + values.mean()
    found = linear_answers("regression", Words(train, SIZE), values[:, None], np.ones(200), Words(test, SIZE))
    np.testing.assert_allclose(found[:, 0], expected, atol=0.05)


def test_weights_of_rows_count_as_often_as_they_say() -> None:
    train, test = tokens(80, 0), tokens(30, 1)
    truth = (train.sum(1) % 2)[:, None].astype(float)
    weight = np.where(np.arange(80) < 40, 3.0, 0.0)
    heavy = linear_answers("binary", Words(train, SIZE), truth, weight, Words(test, SIZE))
    light = linear_answers("binary", Words(train, SIZE), truth, np.ones(80), Words(test, SIZE))
    assert np.abs(heavy - light).max() > 0.01


def test_texts_without_a_known_token_are_answered() -> None:
    train = tokens(40, 0)
    truth = (train.sum(1) % 2)[:, None].astype(float)
    found = linear_answers("binary", Words(train, SIZE), truth, np.ones(40), Words(np.zeros((2, 12), int), SIZE))
    assert np.isfinite(found).all()
