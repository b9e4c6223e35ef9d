"""The loss surface on the plane of the two main directions of the weights' path, with the path on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.plane import Plane, oscillation, plane, sample, surface, turning
from modelwright.report.track import FEWEST_COPIES, Track, flat
from modelwright.report.words import percent

TITLE = "The loss seen from above, and the way down"
ACROSS, COARSE = 19, 13  # points a side; coarse where a point costs much
DEAR = 200_000  # operations a row from which the surface is coarse
MANY = 100_000  # weights from which it is coarse: all of them are set anew at each point
TERRAIN = [[at / 4, f"--terrain-{at}"] for at in range(5)]


def applies(evidence: Evidence) -> bool:
    """Single runs: a cohort has one path a model."""
    return not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the surface, and how much the path oscillates."""
    learner, track = evidence.learner, evidence.track
    if learner is None or track is None:
        return [Missing(id="surface", title=TITLE, why=evidence.lacks("learner" if learner is None else "track"))]
    if track.missing:
        return [Missing(id="surface", title=TITLE, why=track.missing)]
    epochs = sorted(track.copies)
    if len(epochs) < min(FEWEST_COPIES, 4):
        why = f"a path needs 4 epochs at least, and the weights of {len(epochs)} were kept"
        return [Missing(id="surface", title=TITLE, why=why)]
    return [_figure(evidence, learner, track, epochs)]


def _figure(evidence: Evidence, learner: Learner, track: Track, epochs: list[int]) -> Block:
    path = [track.copies[epoch] for epoch in epochs]
    found = plane(flat(learner.core), path)
    if found is None:
        return Missing(id="surface", title=TITLE, why="the weights moved along one line only")
    across = ACROSS if evidence.flops < DEAR and evidence.weights < MANY else COARSE
    rows = sample(learner, evidence, across * across)
    x, y, losses = surface(learner, found, rows, across)
    traces = [terrain(x, y, losses), *_path(epochs, found)]
    axis = {"showgrid": False, "zeroline": False}
    layout = {
        "xaxis": {**axis, "title": {"text": f"main direction ({percent(found.share[0])} of the way)"}},
        "yaxis": {**axis, "title": {"text": f"second direction ({percent(found.share[1])})"}},
        "showlegend": False,
        "margin": {"r": 8},
    }
    return Figure(
        id="surface",
        title=TITLE,
        how="Strong colour is low: the line is the way of the weights, epoch by epoch; the star is where they "
        "are kept, "
        "and zigzags across a valley cost steps.",
        plots=[Plot(traces=traces, layout=layout, height=460)],
        table=Table(
            columns=["epoch", "main direction", "second direction"],
            rows=[[epoch, float(a), float(b)] for epoch, (a, b) in zip(epochs, found.points, strict=True)],
        ),
        note=_note(evidence, found, path, rows, track),
        wide=True,
    )


def _note(evidence: Evidence, found: Plane, path: list[Tensor], rows: tuple[Tensor, ...], track: Track) -> str:
    every = {1: "every epoch", 2: "every second epoch"}.get(track.stride, f"every {track.stride}th epoch")
    whole, turn = oscillation(path), turning(path)
    way = "straight on" if turn > 0.5 else "back and forth" if turn < -0.2 else "in ever new directions"
    return (
        f"Oscillation {whole:.2f}: the share of the path's length that led nowhere (1 − distance of its ends ÷ "
        "sum of its steps, from "
        f"{every} to the next). The mean cosine between one step and the next is {turn:.2f}: {way}. The plane "
        f"holds {percent(found.share.sum())} of the "
        "squared distances to the kept weights (principal components, Li et al. 2018); the loss is that of "
        f"{len(rows[0]):,} training rows without dropout, "
        "on a logarithmic scale, and points of the path lie near the plane, not in it."
    )


def terrain(x: np.ndarray, y: np.ndarray, losses: np.ndarray) -> dict[str, Any]:
    """Return the contours of a loss surface, coloured by its logarithm."""
    known = np.where(np.isfinite(losses), losses, np.nan)
    heights = np.log10(np.clip(known, 1e-9, None))
    low, high = float(np.nanmin(heights)), float(np.nanquantile(heights, 0.97))
    ticks = np.linspace(low, high, 5)
    return {
        "type": "contour",
        "x": x,
        "y": y,
        "z": np.round(heights, 5),
        "zmin": low,
        "zmax": max(high, low + 1e-6),
        "customdata": known,
        "colorscale": TERRAIN,
        "ncontours": 14,
        "contours": {"coloring": "heatmap", "showlines": True},
        "line": {"width": 0.6, "color": "--line", "smoothing": 0.9},
        "hovertemplate": "loss %{customdata:.4g}<extra></extra>",
        "colorbar": {
            "title": {"text": "loss", "side": "top"},
            "tickvals": ticks,
            "ticktext": [f"{10**tick:.2g}" for tick in ticks],
            "thickness": 12,
            "outlinewidth": 0,
        },
    }


def _path(epochs: list[int], found: Plane) -> list[dict[str, Any]]:
    a, b = found.points[:, 0], found.points[:, 1]
    size = [3 + 4 * at / max(len(epochs) - 1, 1) for at in range(len(epochs))]
    ends: dict[str, Any] = {"size": 13, "color": "--path", "line": {"width": 2, "color": "--card"}}
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": a,
            "y": b,
            "text": [f"epoch {epoch:,}" for epoch in epochs],
            "hovertemplate": "%{text}<extra></extra>",
            "line": {"color": "--path", "width": 2.5},
            "marker": {"color": "--path", "size": size},
        },
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [float(a[0]), 0.0],
            "y": [float(b[0]), 0.0],
            "text": ["start", "kept"],
            "textposition": "top center",
            "textfont": {"color": "--ink", "size": 14},
            "hoverinfo": "skip",
            "marker": {**ends, "symbol": ["circle", "star"]},
        },
    ]
