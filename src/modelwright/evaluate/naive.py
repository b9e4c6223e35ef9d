"""What a forecast must beat: the last value, the value a season ago, and a linear sum of each target's own window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from modelwright.evaluate.linear import apply, fit_ridge

AT_ONCE = 1024
_GRAM = 2_000_000_000  # windows x steps² of the normal equations: about 0.2 s on one core
_FEWEST = 2_000


def naive_forecasts(
    series: Tensor,
    starts: np.ndarray,
    window: int,
    horizon: int,
    targets: int,
    period: int,
    training: np.ndarray,
) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield name, outputs float32 `[N, horizon · targets]` in the units of `series`, and a note, for each baseline.

    `series` `[R, C]` has the targets in its first columns; `starts` and `training` are the rows where windows begin.
    The linear one is fitted by least squares on windows of all targets, each less its last value.
    """
    own = series[:, :targets].cpu()
    ends = torch.from_numpy(starts) + window
    ahead = torch.arange(horizon)
    yield "last value", _gathered(own, ends - 1, torch.zeros(horizon, dtype=torch.int64)), ""
    if period > 1 and int(ends.min()) - period >= 0:
        yield "seasonal naive", _gathered(own, ends, ahead % period - period), f"the value {period} steps before"
    chosen, note = _chosen(training, window * targets, window)
    yield "linear", _linear(own, torch.from_numpy(chosen), torch.from_numpy(starts), window, horizon), note


def _gathered(series: Tensor, at: Tensor, offsets: Tensor) -> np.ndarray:
    return series[at[:, None] + offsets].flatten(1).numpy()


def _chosen(training: np.ndarray, width: int, window: int) -> tuple[np.ndarray, str]:
    most = max(_FEWEST, _GRAM // max(1, width * window))
    if len(training) <= most:
        return training, "each target's own window"
    drawn = np.sort(np.random.default_rng(0).choice(training, most, replace=False))
    return drawn, f"each target's own window; fitted on {most:,} of {len(training):,}, drawn at random"


def _linear(series: Tensor, training: Tensor, starts: Tensor, window: int, horizon: int) -> np.ndarray:
    """Fit one linear map from a window, less its last value, to what follows, and apply it to each target."""
    steps = torch.arange(window + horizon)
    both = torch.cat([_own(series, begin, steps, window)[0] for begin in training.split(AT_ONCE)])
    weights = fit_ridge(both[:, :window], both[:, window:], torch.ones(len(both)))
    outputs: list[Tensor] = []
    for begin in starts.split(AT_ONCE):
        inputs, last = _own(series, begin, steps[:window], window)
        made = (apply(inputs, weights) + last).float().view(series.shape[1], len(begin), horizon)
        outputs.append(made.permute(1, 2, 0).flatten(1))
    return torch.cat(outputs).numpy()


def _own(series: Tensor, begin: Tensor, steps: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Return the windows of each target, one target after the other, less their last value `[K · N, 1]`, and that."""
    made = series[begin[:, None] + steps].permute(2, 0, 1).flatten(0, 1)
    last = made[:, window - 1 : window]
    return made - last, last
