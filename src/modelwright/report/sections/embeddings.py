"""The map of embeddings: where rows lie, and how alike those are that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Embedded, Evidence
from modelwright.report.words import COLOURS, labels, percent, plain, thinned
from modelwright.text import count

TITLE = "The map of embeddings"
BINS = 40
SYMBOLS = ("circle", "diamond-open", "x-thin-open")


def applies(evidence: Evidence) -> bool:
    """Models that compare rows."""
    return evidence.plan.contrast is not None


def blocks(evidence: Evidence) -> list[Block]:
    """Return the map, and the similarities."""
    found = evidence.embedded
    if found is None:
        return [Missing(id="map", title=TITLE, why=evidence.lacks("embedded"))]
    return [_map(evidence, found), _similarities(found)]


def _map(evidence: Evidence, found: Embedded) -> Figure:
    target = "" if found.labels is None else f", coloured by `{evidence.plan.outputs.targets[0]}`"
    sides = f" {' and '.join(f'`{side}`' for side in found.sides)} have symbols of their own." if found.sides else ""
    each = len(found.told)
    rows = [
        [found.told[at % each], "" if found.labels is None else found.labels[at % each], float(x), float(y)]
        for at, (x, y) in enumerate(found.points)
    ]
    shown, note = thinned(rows)
    held = percent(float(found.share.sum()))
    return Figure(
        id="map",
        title=TITLE,
        how=f"Each point is a {found.part} row{target}: its embedding, seen along the two directions in which "
        f"embeddings differ most.{sides} Points that lie together are alike to the model; hover to see which rows.",
        plots=[Plot(traces=_traces(found), layout=_axes(found), height=460)],
        wide=True,
        table=Table(columns=["row", "label", "first direction", "second direction"], rows=shown, note=note),
        note=f"The two directions hold {held} of the variance: what looks near here may be apart in the others.",
    )


def _traces(found: Embedded) -> list[dict[str, Any]]:
    each = len(found.told)
    names = found.labels or ("",) * each
    kinds = sorted(set(names), key=lambda name: (-names.count(name), name))
    kept, told = kinds[: 2 * len(COLOURS)], [plain(text, 160) for text in found.told]
    shown = dict(zip(kept, labels(kept), strict=True))
    traces: list[dict[str, Any]] = []
    for number, side in enumerate(found.sides or ("",)):
        for name in [*kept, *(["other"] if len(kinds) > len(kept) else [])]:
            of = [at for at, one in enumerate(names) if one == name or (name == "other" and one not in kept)]
            points = found.points[[number * each + at for at in of]]
            label = shown.get(name, name)
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": " ".join(filter(None, [label, plain(side)])),
                    "x": points[:, 0],
                    "y": points[:, 1],
                    "text": [f"{told[at]}{f' ({label})' if label else ''}" for at in of],
                    "hovertemplate": "%{text}<extra></extra>",
                    "marker": {
                        "size": 7,
                        "opacity": 0.75,
                        "symbol": SYMBOLS[
                            (number + (name in kept and kept.index(name) >= len(COLOURS))) % len(SYMBOLS)
                        ],
                        "color": COLOURS[kept.index(name) % len(COLOURS)] if name in kept else "--muted",
                    },
                }
            )
    return traces


def _axes(found: Embedded) -> dict[str, Any]:
    titles = [
        f"{order} direction ({percent(float(share))})"
        for order, share in zip(("first", "second"), found.share, strict=True)
    ]
    many = len(found.sides) > 1 or (found.labels is not None and len(set(found.labels)) > 1)
    return {"xaxis": {"title": {"text": titles[0]}}, "yaxis": {"title": {"text": titles[1]}}, "showlegend": many}


def _similarities(found: Embedded) -> Figure:
    edges = np.linspace(-1, 1, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    shares = [_shares(values, edges) for values in (found.positives, found.negatives)]
    rows = [
        [f"{low:.2f} to {low + 2 / BINS:.2f}", float(a), float(b)] for low, a, b in zip(edges, *shares, strict=False)
    ]
    above = float((found.positives[:, None] > found.negatives[None, :]).mean())
    traces = [
        _bars(middles, share, name, colour)
        for share, name, colour in zip(shares, ("belong together", "do not"), ("--blue", "--orange"), strict=True)
    ]
    layout = {
        "barmode": "overlay",
        "showlegend": True,
        "xaxis": {"title": {"text": "cosine similarity"}, "range": [-1.02, 1.02]},
        "yaxis": {"title": {"text": "share of pairs"}, "tickformat": ".0%"},
    }
    return Figure(
        id="similarity",
        title="How alike those are that belong together",
        how="Bars are shares of pairs by the cosine similarity of their embeddings; the less the two colours overlap, "
        "the better a threshold tells them apart.",
        plots=[Plot(traces=traces, layout=layout)],
        table=Table(columns=["similarity", "belong together", "do not"], rows=rows),
        note=f"Of {count(len(found.positives), 'pair')} that belong together and {len(found.negatives):,} that do not, "
        f"the first are more alike in {percent(above, 1)} of all comparisons.",
    )


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.histogram(np.clip(values, -1, 1), edges)[0]
    return counts / max(1, counts.sum())


def _bars(middles: np.ndarray, shares: Sequence[float] | np.ndarray, name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": middles,
        "y": shares,
        "width": 2 / BINS,
        "opacity": 0.65,
        "marker": {"color": colour},
        "hovertemplate": f"{name}, similarity %{{x:.2f}}: %{{y:.1%}}<extra></extra>",
    }
