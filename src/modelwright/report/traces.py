"""Pieces of Plotly traces that several figures have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def bars(values: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str) -> dict[str, Any]:
    """Return error bars from `lows` to `highs` around values, for `error_x` or `error_y`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, high - value) for value, high in zip(values, highs, strict=True)],
        "arrayminus": [max(0.0, value - low) for value, low in zip(values, lows, strict=True)],
        "color": colour,
        "thickness": 1.3,
        "width": 4,
    }


def dotted(x: Sequence[float], y: Sequence[float]) -> dict[str, Any]:
    """Return a dotted line that only guides the eye."""
    style = {"color": "--muted", "dash": "dot", "width": 1.4}
    quiet = {"hoverinfo": "skip", "showlegend": False}
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "line": style, **quiet}
