"""What embeddings are worth: ranks of partners under cosine similarity, alignment and uniformity; metrics of those.

The "outputs" of a contrastive task are measures, one line a row `[N, 4]`: rank of the row's partner among all
candidates (from 1; ties count against it), rank of the row for its partner, squared distance of the two, and the
row's term of uniformity. So intervals and differences of two models are those of any other score. A row without a
partner has NaN, and is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.prepared import Floats, Prepared, ratio, row_mean

TIE = 1e-6  # similarities nearer than this are equal: two sums of the same numbers in another order
AT_ONCE = 1024  # rows whose similarities are held
FORTH, BACK, DISTANCE, SPREAD = range(4)
Unit = NDArray[np.float32]


def measures(z: Unit, labels: NDArray[np.int64] | None = None) -> Floats:
    """Return the measures `[N, 4]` of embeddings `z` `[V, N, D]`, brought to unit length.

    Two embeddings a row match each other; of three the first two do, and the third is a further candidate. With
    `labels`, one embedding a row is enough: the partner is the nearest other row of its label.

    >>> measures(np.eye(2, dtype=np.float32)[None].repeat(2, 0))[:, :3].tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]
    """
    z = (z / np.maximum(np.linalg.norm(z, axis=2, keepdims=True), 1e-12)).astype(np.float32)
    rows = z.shape[1]
    found = np.full((rows, 4), np.nan)
    if labels is not None:
        found[:, FORTH], found[:, DISTANCE] = _of_labels(z[0], labels)
        found[:, BACK] = found[:, FORTH]
    else:
        further = z[2] if len(z) > 2 else z[0][:0]
        match = (z[0] * z[1]).sum(1)
        found[:, FORTH] = _ranks(z[0], z[1], match) + _above(z[0], further, match)
        found[:, BACK] = _ranks(z[1], z[0], match) if len(z) == 2 else found[:, FORTH]
        found[:, DISTANCE] = 2 - 2 * match
    found[:, SPREAD] = _spread(z[0])
    return found


def _ranks(queries: Unit, candidates: Unit, match: Unit) -> Floats:
    """Return 1 + how many other candidates are as near as a row's partner, which has the row's own number."""
    return _above(queries, candidates, match)  # the partner itself is one of those: 1 + others


def _above(queries: Unit, candidates: Unit, match: Unit) -> Floats:
    counts = np.zeros(len(queries))
    for start in range(0, len(queries) if len(candidates) else 0, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        near = queries[part] @ candidates.T
        counts[part] = (near >= match[part, None] - TIE).sum(1)
    return counts


def _of_labels(z: Unit, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the rank of the nearest other row of the same label, and the mean squared distance to all of them."""
    ranks, distances = np.full(len(z), np.nan), np.full(len(z), np.nan)
    for start in range(0, len(z), AT_ONCE):
        part = np.arange(start, min(start + AT_ONCE, len(z)))
        near = z[part] @ z.T
        near[np.arange(len(part)), part] = -np.inf
        same = labels[part, None] == labels
        same[np.arange(len(part)), part] = False
        known = same.any(1)
        best = np.where(same, near, -np.inf).max(1)
        ranks[part] = np.where(known, 1 + ((near >= best[:, None] - TIE) & ~same).sum(1), np.nan)
        total = np.where(same, near, 0).sum(1)
        distances[part] = np.where(known, 2 - 2 * total / np.maximum(same.sum(1), 1), np.nan)
    return ranks, distances


def _spread(z: Unit) -> Floats:
    """Return each row's term of uniformity, exp(-2 d²) averaged over the other rows, as a mean that is bootstrapped.

    The mean of k over pairs of rows varies twice as much as that of the rows' means k_i (Hájek's projection), so
    2 k_i - k is given: the same mean, and the right spread when rows are drawn.
    """
    if len(z) < 2:
        return np.full(len(z), np.nan)
    kernel = np.zeros(len(z))
    for start in range(0, len(z), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        kernel[part] = np.exp(4 * (z[part] @ z.T) - 4).sum(1, dtype=np.float64)
    kernel = (kernel - 1) / (len(z) - 1)
    return 2 * kernel - kernel.mean()


def recall(at: int) -> Callable[[Floats, Floats], Prepared]:
    """Return the metric: share of rows whose partner is among the `at` nearest, both ways."""

    def prepare(outputs: Floats, target: Floats) -> Prepared:
        known, note = _known(outputs)
        hits = (outputs[:, [FORTH, BACK]] <= at).mean(1)
        return _mean(hits, known, note, trials=len(outputs))

    return prepare


def mean_rank(outputs: Floats, target: Floats) -> Prepared:
    """Mean rank of the partner, both ways; 1 is best."""
    known, note = _known(outputs)
    return _mean(outputs[:, [FORTH, BACK]].mean(1), known, note)


def alignment(outputs: Floats, target: Floats) -> Prepared:
    """Mean squared distance of embeddings that belong together (Wang and Isola 2020); 0 is best, 4 is opposite."""
    known, note = _known(outputs)
    return _mean(outputs[:, DISTANCE], known, note)


def uniformity(outputs: Floats, target: Floats) -> Prepared:
    """Logarithm of the mean of exp(-2 d²) over pairs of rows (Wang and Isola 2020): 0 collapsed, about -4 spread."""
    values = outputs[:, SPREAD]

    def of(weights: Floats) -> Floats:
        means = ratio(weights @ values, weights.sum(1))
        return np.log(np.where(means > 0, means, np.nan))

    return Prepared(of=of, cells=len(outputs))


def _known(outputs: Floats) -> tuple[NDArray[np.bool_], str]:
    known = ~np.isnan(outputs[:, FORTH])
    left = int((~known).sum())
    return known, f"{left:,} rows without another of their label are left out" if left else ""


def _mean(values: Floats, known: NDArray[np.bool_], note: str, trials: int = 0) -> Prepared:
    if known.all():
        return row_mean(values, trials=trials, note=note)
    filled = np.where(known, values, 0.0)
    return Prepared(
        of=lambda weights: ratio(weights @ filled, weights @ known.astype(np.float64)),
        cells=len(values),
        trials=trials and int(known.sum()),
        note=note,
    )
