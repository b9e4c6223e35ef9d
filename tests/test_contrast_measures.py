"""Ranks, alignment and uniformity of embeddings against their definitions, row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.evaluate.metrics import compute
from modelwright.evaluate.retrieval import measures


def unit(*shape: int, seed: int = 0) -> np.ndarray:
    z = np.random.default_rng(seed).normal(size=shape)
    return (z / np.linalg.norm(z, axis=-1, keepdims=True)).astype(np.float32)


def score(metric: str, found: np.ndarray) -> float:
    return compute(metric, "contrastive", found, np.zeros(len(found)))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(2, 5), st.integers(0, 99))
def test_pairs_row_by_row(rows: int, width: int, seed: int) -> None:
    z = unit(2, rows, width, seed=seed)
    near = z[0] @ z[1].T
    forth = [1 + sum(near[i, j] > near[i, i] for j in range(rows) if j != i) for i in range(rows)]
    back = [1 + sum(near[j, i] > near[i, i] for j in range(rows) if j != i) for i in range(rows)]
    found = measures(z)
    assert found[:, 0].tolist() == forth and found[:, 1].tolist() == back
    hits = np.mean([[rank <= 5 for rank in both] for both in zip(forth, back, strict=True)])
    assert score("recall_at_5", found) == pytest.approx(hits)
    assert score("mean_rank", found) == pytest.approx(np.mean([*forth, *back]))
    assert score("alignment", found) == pytest.approx(((z[0] - z[1]) ** 2).sum(1).mean(), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(0, 99))
def test_uniformity_is_that_of_wang_and_isola(rows: int, seed: int) -> None:
    z = unit(2, rows, 3, seed=seed)
    pairs = [math.exp(-2 * float(((z[0, i] - z[0, j]) ** 2).sum())) for i in range(rows) for j in range(i)]
    assert score("uniformity", measures(z)) == pytest.approx(math.log(np.mean(pairs)), abs=2e-3)  # float32


def test_the_spread_of_uniformity_is_that_of_drawing_rows() -> None:
    z = np.random.default_rng(1).normal(size=(2, 100, 3)) + np.array(
        [1.0, 0.5, 0.0]
    )  # no symmetry, as real rows have none
    z = (z / np.linalg.norm(z, axis=-1, keepdims=True)).astype(np.float32)
    kernel = np.exp(4 * z[0] @ z[0].T.astype(np.float64) - 4)
    random, values = np.random.default_rng(0), measures(z)[:, 3]
    exact: list[float] = []
    linear: list[float] = []
    for _ in range(2000):
        weight = np.bincount(random.integers(0, 100, 100), minlength=100).astype(float)
        pairs = weight @ kernel @ weight - weight @ (weight * np.diag(kernel))
        exact.append(math.log(pairs / (weight.sum() ** 2 - (weight**2).sum())))
        linear.append(math.log(weight @ values / weight.sum()))
    assert np.std(linear) == pytest.approx(np.std(exact), rel=0.15)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=12), st.integers(0, 99))
def test_labels_row_by_row(labels: list[int], seed: int) -> None:
    z = unit(1, len(labels), 3, seed=seed)
    near = z[0] @ z[0].T
    found = measures(z, np.array(labels))
    for i, label in enumerate(labels):
        same = [j for j in range(len(labels)) if j != i and labels[j] == label]
        if not same:
            assert math.isnan(found[i, 0])
            continue
        best = max(near[i, j] for j in same)
        assert found[i, 0] == 1 + sum(near[i, j] > best for j, other in enumerate(labels) if other != label)
        distance = np.mean([((z[0, i] - z[0, j]) ** 2).sum() for j in same])
        assert found[i, 2] == pytest.approx(distance, abs=1e-4)


def test_rows_without_a_partner_are_left_out_and_told() -> None:
    from modelwright.evaluate.metrics import prepare

    found = measures(unit(1, 4, 3), np.array([0, 0, 1, 2]))
    prepared = prepare("recall_at_10", "contrastive", found, np.zeros(4))
    assert prepared.value() == 1.0 and prepared.note.startswith("2 rows")


def test_collapsed_embeddings_find_nothing() -> None:
    found = measures(np.ones((2, 50, 4), dtype=np.float32))
    assert score("recall_at_10", found) == 0.0
    assert score("mean_rank", found) == 50.0
    assert score("alignment", found) == pytest.approx(0.0, abs=1e-5)
    assert score("uniformity", found) == pytest.approx(0.0, abs=1e-5)


def test_of_triplets_the_negatives_are_candidates_too() -> None:
    z = unit(3, 6, 3)
    near = z[0] @ np.concatenate([z[1], z[2]]).T
    expected = [1 + sum(near[i, j] > near[i, i] for j in range(12) if j != i) for i in range(6)]
    assert measures(z)[:, 0].tolist() == expected


def test_the_length_of_vectors_does_not_count() -> None:
    z = unit(2, 9, 4)
    np.testing.assert_allclose(measures(z * 7), measures(z), atol=1e-5)
