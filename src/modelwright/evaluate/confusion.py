"""Metrics of answers that are right or wrong: accuracy, balanced accuracy, F1, Hamming loss; scikit-learn's values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.prepared import Floats, Integers, Prepared, mean_of_known, ratio, row_mean, undefined


def answers(outputs: NDArray[np.floating], threshold: float = 0.5) -> Integers:
    """Return the answer of each row: 0/1 from probabilities [N] or the class with the largest one of [N, K]."""
    if outputs.ndim == 1:
        return (outputs > threshold).astype(np.int64)
    return outputs.argmax(1).astype(np.int64)


def accuracy(outputs: Floats, target: Floats) -> Prepared:
    """Share of rows whose answer is right."""
    return _share((answers(outputs) == target).astype(np.int64))


def subset_accuracy(outputs: Floats, target: Floats) -> Prepared:
    """Share of rows of which every label is right."""
    return _share(((outputs > 0.5) == (target > 0.5)).all(1).astype(np.int64))


def _share(right: Integers) -> Prepared:
    def of(weights: Floats) -> Floats:
        return ratio(weights[:, 1], weights.sum(1))

    return Prepared(of=of, cells=2, cell=right, trials=len(right))


def hamming_loss(outputs: Floats, target: Floats) -> Prepared:
    """Share of single labels that are wrong."""
    return row_mean(((outputs > 0.5) != (target > 0.5)).mean(1))


def balanced_accuracy(outputs: Floats, target: Floats) -> Prepared:
    """Mean over the classes of the share of their rows that are answered right; classes without rows are left out."""
    true = target.astype(np.int64)
    cell, of_cell, truth, answer = _cells(true, answers(outputs))
    classes = np.unique(truth)
    in_class, right = _sums(truth, classes), np.flatnonzero(truth == answer)
    place = np.searchsorted(classes, truth[right])

    def of(weights: Floats) -> Floats:
        totals, hits = in_class(weights), np.zeros((len(weights), len(classes)))
        hits[:, place] = weights[:, right]
        return mean_of_known(ratio(hits, totals))

    return Prepared(of=of, cells=of_cell, cell=cell, trials=_rarest(true))


def f1_binary(outputs: Floats, target: Floats) -> Prepared:
    """Harmonic mean of precision and recall of the positive class."""
    true = target.astype(np.int64)
    answer = answers(outputs)
    if not (true.any() or answer.any()):
        return undefined(len(true), "no row is positive and none is answered so")
    cell = 2 * true + answer

    def of(weights: Floats) -> Floats:
        return ratio(2 * weights[:, 3], weights[:, 1] + weights[:, 2] + 2 * weights[:, 3])

    return Prepared(of=of, cells=4, cell=cell, trials=_rarest(true))


def f1_macro(outputs: Floats, target: Floats) -> Prepared:
    """Mean over the classes of their F1; classes that are neither present nor answered are left out."""
    true = target.astype(np.int64)
    cell, of_cell, truth, answer = _cells(true, answers(outputs))
    classes = np.union1d(truth, answer)
    in_class, in_answer = _sums(truth, classes), _sums(answer, classes)
    right = np.flatnonzero(truth == answer)
    place = np.searchsorted(classes, truth[right])

    def of(weights: Floats) -> Floats:
        hits = np.zeros((len(weights), len(classes)))
        hits[:, place] = weights[:, right]
        return mean_of_known(ratio(2 * hits, in_class(weights) + in_answer(weights)))

    return Prepared(of=of, cells=of_cell, cell=cell, trials=_rarest(true))


def f1_labels(outputs: Floats, target: Floats) -> Prepared:
    """Mean over the labels of their F1; labels that are neither present nor answered are left out."""
    true, answer = (target > 0.5).astype(np.float64), (outputs > 0.5).astype(np.float64)
    empty = np.flatnonzero(~(true.any(0) | answer.any(0)))
    note = f"labels without a positive row or answer are left out: {len(empty)}" if len(empty) else ""
    hits, either = true * answer, true + answer

    def of(weights: Floats) -> Floats:
        return mean_of_known(ratio(2 * (weights @ hits), weights @ either))

    return Prepared(of=of, cells=len(true), trials=int(true.sum(0).min(initial=len(true))), note=note)


def _cells(true: Integers, answer: Integers) -> tuple[Integers, int, Integers, Integers]:
    """Return each row's cell, the number of cells, and the true class and the answer of each cell."""
    classes = int(max(true.max(initial=0), answer.max(initial=0))) + 1
    codes, cell = np.unique(true * classes + answer, return_inverse=True)
    return cell.reshape(-1), len(codes), codes // classes, codes % classes


def _sums(label: Integers, classes: Integers) -> Callable[[Floats], Floats]:
    """Return a function from weights of cells [B, C] to their sums by class [B, K]; O(B·C), whatever K is."""
    order = np.argsort(label, kind="stable")
    present, starts = np.unique(label[order], return_index=True)
    place = np.searchsorted(classes, present)

    def of(weights: Floats) -> Floats:
        sums = np.zeros((len(weights), len(classes)))
        sums[:, place] = np.add.reduceat(weights[:, order], starts, axis=1)
        return sums

    return of


def _rarest(true: Integers) -> int:
    counts = np.bincount(true)
    return int(counts[counts > 0].min(initial=len(true)))
