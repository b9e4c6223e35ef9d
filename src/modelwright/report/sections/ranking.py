"""ROC and precision-recall curves: what other thresholds would give."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.traces import dotted
from modelwright.report.words import COLOURS, plain

TITLE = "Other thresholds: ROC and precision-recall"
FEWEST = 10  # rows of a class below which its curve is a few steps
MOST_CLASSES = 6
POINTS = 200  # of a curve; the corners between them lie on it to within what a screen shows


def applies(evidence: Evidence) -> bool:
    """Probabilities of classes or labels."""
    return evidence.plan.task in ("binary", "multiclass", "multilabel")


def blocks(evidence: Evidence) -> list[Block]:
    """Return both curves, one a class against the rest."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="ranking", title=TITLE, why=evidence.lacks("rows"))]
    told = [
        (name, scores, truth)
        for name, scores, truth in _classes(evidence, rows)
        if FEWEST <= truth.sum() <= len(truth) - FEWEST
    ]
    if not told:
        why = f"no class has {FEWEST} rows and {FEWEST} others among the {len(rows.target):,} {rows.part} rows"
        return [Missing(id="ranking", title=TITLE, why=why)]
    told.sort(key=lambda each: -int(each[2].sum()))
    return [_figure(told[:MOST_CLASSES], len(told))]


def _classes(evidence: Evidence, rows: Rows) -> list[tuple[str, np.ndarray, np.ndarray]]:
    outputs = evidence.plan.outputs
    if evidence.plan.task == "binary":
        return [(outputs.classes[1], rows.answers.reshape(-1), rows.target.reshape(-1) > 0.5)]
    if evidence.plan.task == "multilabel":
        return [(name, rows.answers[:, at], rows.target[:, at] > 0.5) for at, name in enumerate(outputs.targets)]
    truth = rows.target.reshape(-1)
    return [(name, rows.answers[:, at], truth == at) for at, name in enumerate(outputs.classes)]


def curves(scores: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return false and true positive rates and precision at each distinct threshold, from the highest down.

    The first point is that of no positive answer, with precision 1 by convention, as in scikit-learn.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(truth[order])[ends]
    falls = ends + 1 - hits
    return {
        "fpr": np.append(0.0, falls / max((~truth).sum(), 1)),
        "tpr": np.append(0.0, hits / max(truth.sum(), 1)),
        "precision": np.append(1.0, hits / (hits + falls)),
        "threshold": np.append(np.inf, scores[order][ends]),
    }


def _figure(told: list[tuple[str, np.ndarray, np.ndarray]], classes: int) -> Figure:
    roc: list[dict[str, Any]] = []
    pr: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for at, (name, scores, truth) in enumerate(told):
        found = {key: _thinned(values) for key, values in curves(scores, truth).items()}
        style: dict[str, Any] = {"type": "scatter", "mode": "lines", "name": plain(name), "legendgroup": name}
        style["line"] = {"color": COLOURS[at % len(COLOURS)], "width": 2.2}
        text = [f"threshold {value:.3f}" if np.isfinite(value) else "no answer" for value in found["threshold"]]
        hover = "%{text}: %{x:.3f}, %{y:.3f}<extra></extra>"
        more = {**style, "text": text, "hovertemplate": hover}
        roc.append({**more, "x": found["fpr"], "y": found["tpr"], "showlegend": False})
        pr.append({**more, "x": found["tpr"], "y": found["precision"], "showlegend": False})
        picked = np.linspace(0, len(found["fpr"]) - 1, min(21, len(found["fpr"]))).astype(int)
        table += [[name, *(float(found[key][i]) for key in ("threshold", "fpr", "tpr", "precision"))] for i in picked]
    left = f" The {len(told)} classes with most rows of {classes}." if classes > len(told) else ""
    return Figure(
        id="ranking",
        title=TITLE,
        how="Towards the upper left (ROC) and the upper right (precision-recall) is better; a point is a "
        "threshold for saying yes.",
        plots=[
            _plot(
                "ROC", "false positives, of all negatives", "found, of all positives", [dotted([0, 1], [0, 1]), *roc]
            ),
            _plot("Precision-recall", "recall: found, of all positives", "precision: right, of those said", pr),
        ],
        table=Table(
            columns=["class", "threshold", "false positive rate", "true positive rate, recall", "precision"], rows=table
        ),
        note=f"Where classes are rare, look at precision-recall: the dotted line of chance flatters the other.{left}",
        wide=True,
        legend=[(name, COLOURS[at % len(COLOURS)]) for at, (name, _, _) in enumerate(told)] if len(told) > 1 else [],
    )


def _plot(title: str, x: str, y: str, traces: list[dict[str, Any]]) -> Plot:
    unit = {"range": [-0.02, 1.02]}
    layout = {"xaxis": {"title": {"text": x}, **unit}, "yaxis": {"title": {"text": y}, **unit}}
    return Plot(traces=traces, layout=layout, title=title, height=330)


def _thinned(values: np.ndarray) -> np.ndarray:
    places = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int))
    return values[places]
