"""The season of a series, from its autocorrelation."""

from __future__ import annotations

import numpy as np

ROWS = 20_000  # of the end of a series: more say nothing new
STRONG = 0.3
"""Autocorrelation at a season's lag from which it is one: below, a seasonal forecast loses to the last value."""
NEARLY = 0.9
"""Of the strongest lag: a shorter one that is nearly as strong is the season, of which the other is a multiple."""


def period_of(values: np.ndarray) -> int:
    """Return the season of a series `[R]` in steps, 1 where it has none: the shortest of its strongest lags.

    The trend, a straight line, is taken away first. A lag is a peak of the autocorrelation of at least STRONG, at most
    a third of the series long.

    >>> period_of(np.sin(np.arange(200) * 2 * np.pi / 24)), period_of(np.arange(50.0))
    (24, 1)
    """
    values = values[np.isfinite(values)][-ROWS:]
    rows = len(values)
    if rows < 9 or np.ptp(values) == 0:
        return 1
    at = np.arange(rows)
    rest = values - np.polyval(np.polyfit(at, values, 1), at)
    if np.ptp(rest) <= 1e-9 * np.ptp(values):
        return 1
    spectrum = np.fft.rfft(rest, 2 * rows)
    lags = np.fft.irfft(np.abs(spectrum) ** 2)[: rows // 3 + 2]
    share = lags / lags[0] * rows / (rows - np.arange(len(lags)))  # each lag by its own number of pairs
    inner = share[1:-1]
    peaks = np.flatnonzero((inner > share[:-2]) & (inner >= share[2:]) & (inner >= STRONG)) + 1
    peaks = peaks[peaks > 1]
    if not len(peaks):
        return 1
    return int(peaks[share[peaks] >= NEARLY * share[peaks].max()][0])
