"""The metric that leads, as a short NumPy function that gives the bits that modelwright gives."""

from __future__ import annotations

from modelwright.spec.schema import Task

WEIGHTS = "    weight = np.ones(len(target)) if weight is None else weight\n"
DECIDED = {
    "binary": "outputs > 0.5",
    "multiclass": "outputs.argmax(1)",
}


def metric_source(metric: str, task: Task, *, weighted: bool) -> str:
    """Return the function `metric(outputs, target)` of a task, with `weight` where rows have weights."""
    if metric == "accuracy" and not weighted:
        return _PLAIN[task]
    found = _SOURCES[metric, task] if (metric, task) in _SOURCES else _SOURCES[metric, ""]
    if weighted:
        return found.replace(", weight=None)", ", weight)", 1).replace(WEIGHTS, "")
    return found.replace(", weight=None)", ")", 1).replace(WEIGHTS, "    weight = np.ones(len(target))\n")


_PLAIN = {
    "binary": '''def accuracy(outputs, target):
    """Return the share of right answers."""
    return float(((outputs > 0.5) == target.reshape(-1)).mean())
''',
    "multiclass": '''def accuracy(outputs, target):
    """Return the share of right answers."""
    return float((outputs.argmax(1) == target).mean())
''',
    "multilabel": '''def accuracy(outputs, target):
    """Return the share of rows of which every label is right."""
    return float(((outputs > 0.5) == (target > 0.5)).all(1).mean())
''',
}


_START = {
    "binary": "    outputs, target = outputs.astype(np.float64), target.reshape(-1).astype(np.float64)\n",
    "multiclass": "    outputs, target = outputs.astype(np.float64), target.astype(np.float64)\n",
    "": "    outputs, target = outputs.astype(np.float64), target.astype(np.float64)\n",
}


def _function(name: str, doc: str, body: str, start: str = "") -> str:
    head = f'def {name}(outputs, target, weight=None):\n    """{doc}"""\n'
    return head + _START[start] + WEIGHTS + body


_ACCURACY = """    right = (({}) == target).astype(np.int64)
    counts = np.bincount(right, weights=weight, minlength=2)
    return float(counts[1] / counts.sum())
"""
_ONE_AGAINST_REST = """
    present = [k for k in range(outputs.shape[1]) if 0 < (target == k).sum() < len(target)]
    if not present:
        return float("nan")
    values = [{name}(outputs[:, k], target == k, weight) for k in present]
    return float(np.sum(values) / len(values))
"""
_ROC = '''def of_class(scores, positive, weight):
    """Return the area under the curve of one class against the rest; ties count half."""
    rare = positive if 2 * positive.sum() <= len(positive) else ~positive
    order = np.argsort(scores, kind="stable")
    ours, ordered = np.flatnonzero(rare[order]), weight[order]
    values = scores[order][ours]
    below = np.searchsorted(scores[order], values, side="left")
    upto = np.searchsorted(scores[order], values, side="right")
    running = np.concatenate([[0.0], np.cumsum(ordered)])
    chosen = ordered[ours]
    total, own = running[-1], chosen.sum()
    wins = (chosen * (running[below] + running[upto])).sum() / 2 - own**2 / 2
    share = wins / (own * (total - own))
    return share if rare is positive else 1 - share


'''
_PRECISION = '''def of_class(scores, positive, weight):
    """Return the precision averaged over the recall that each positive row adds."""
    order = np.argsort(-scores, kind="stable")
    ours, ordered = np.flatnonzero(positive[order]), weight[order]
    falling = -scores[order]
    upto = np.searchsorted(falling, falling[ours], side="right")
    chosen = ordered[ours]
    running = np.concatenate([[0.0], np.cumsum(ordered)])
    hits = np.concatenate([[0.0], np.cumsum(chosen)])
    precision = hits[np.searchsorted(ours, upto)] / running[upto]
    return (chosen * precision).sum() / chosen.sum()


'''
_BINARY_RANKING = """    positive = target > 0.5
    if positive.all() or not positive.any():
        return float("nan")
    return float(of_class(outputs, positive, weight))
"""
_BALANCED = """    true, answer = target.astype(np.int64), ({}).astype(np.int64)
    totals = np.bincount(true, weights=weight)
    hits = np.bincount(true, weights=weight * (true == answer), minlength=len(totals))
    return float((hits[totals > 0] / totals[totals > 0]).sum() / (totals > 0).sum())
"""
_STATED = {
    "binary": "    stated = np.where(target > 0.5, outputs, 1 - outputs)\n",
    "multiclass": "    stated = outputs[np.arange(len(target)), target.astype(np.int64)]\n",
}
_CALIBRATION = """    edges = np.linspace(0, 1, 16)[1:-1]
    bins = np.searchsorted(edges, stated, side="left")
    gap = stated - right
    gaps = [np.abs(weight[bins == k] @ gap[bins == k]) for k in np.unique(bins)]
    return float(np.sum(gaps) / weight.sum())
"""
_F1 = """    true, answer = target.astype(np.int64), outputs.argmax(1)
    size = max(true.max(), answer.max()) + 1
    hits = np.bincount(true, weights=weight * (true == answer), minlength=size)
    either = np.bincount(true, weights=weight, minlength=size)
    either += np.bincount(answer, weights=weight, minlength=size)
    known = either > 0
    return float((2 * hits[known] / either[known]).sum() / known.sum())
"""
_F1_LABELS = """    true, answer = (target > 0.5).astype(np.float64), (outputs > 0.5).astype(np.float64)
    hits, either = weight[None] @ (true * answer), weight[None] @ (true + answer)
    known = either > 0
    return float((2 * hits[known] / either[known]).sum() / known.sum())
"""
_LOG_LOSS_START = '''def log_loss(outputs, target, weight=None):
    """Return minus the logarithm of the true class's probability, in nats."""
    epsilon = np.finfo(outputs.dtype).eps
    target = target.reshape(-1).astype(np.float64)
'''
_LOG_LOSS_END = """    losses = -np.log(np.clip(stated.astype(np.float64), epsilon, 1 - epsilon))
    return float(weight @ losses / weight.sum())
"""
_ROWS = "    return float(weight @ losses / weight.sum())\n"

_SOURCES: dict[tuple[str, str], str] = {
    ("accuracy", "binary"): _function(
        "accuracy", "Return the share of right answers.", _ACCURACY.format(DECIDED["binary"]), "binary"
    ),
    ("accuracy", "multiclass"): _function(
        "accuracy", "Return the share of right answers.", _ACCURACY.format(DECIDED["multiclass"])
    ),
    ("accuracy", "multilabel"): _function(
        "accuracy",
        "Return the share of rows of which every label is right.",
        "    right = ((outputs > 0.5) == (target > 0.5)).all(1).astype(np.int64)\n"
        "    counts = np.bincount(right, weights=weight, minlength=2)\n    return float(counts[1] / counts.sum())\n",
    ),
    ("hamming_loss", ""): _function(
        "hamming_loss",
        "Return the share of wrong labels.",
        "    losses = ((outputs > 0.5) != (target > 0.5)).mean(1)\n" + _ROWS,
    ),
    ("balanced_accuracy", "binary"): _function(
        "balanced_accuracy",
        "Return the mean over the classes of the share of right answers.",
        _BALANCED.format(DECIDED["binary"]),
        "binary",
    ),
    ("balanced_accuracy", "multiclass"): _function(
        "balanced_accuracy",
        "Return the mean over the classes of the share of right answers.",
        _BALANCED.format(DECIDED["multiclass"]),
    ),
    ("f1", "binary"): _function(
        "f1",
        "Return the harmonic mean of precision and recall of the second class.",
        "    cell = 2 * target.astype(np.int64) + (outputs > 0.5)\n"
        '    if not cell.any():\n        return float("nan")\n'
        "    counts = np.bincount(cell, weights=weight, minlength=4)\n"
        "    return float(2 * counts[3] / (counts[1] + counts[2] + 2 * counts[3]))\n",
        "binary",
    ),
    ("f1", "multiclass"): _function("f1", "Return the mean of the classes' F1.", _F1),
    ("f1", "multilabel"): _function("f1", "Return the mean of the labels' F1.", _F1_LABELS),
    ("roc_auc", "binary"): _ROC
    + _function(
        "roc_auc", "Return the chance that a positive row is put above a negative one.", _BINARY_RANKING, "binary"
    ),
    ("roc_auc", "multiclass"): _ROC
    + _function(
        "roc_auc",
        "Return the mean of the classes' areas, one against the rest.",
        _ONE_AGAINST_REST.format(name="of_class").lstrip("\n"),
    ),
    ("average_precision", "binary"): _PRECISION
    + _function("average_precision", "Return the precision, averaged over the recall.", _BINARY_RANKING, "binary"),
    ("average_precision", "multiclass"): _PRECISION
    + _function(
        "average_precision",
        "Return the mean of the classes' average precision.",
        _ONE_AGAINST_REST.format(name="of_class").lstrip("\n"),
    ),
    ("log_loss", "binary"): _LOG_LOSS_START + WEIGHTS + _STATED["binary"] + _LOG_LOSS_END,
    ("log_loss", "multiclass"): _LOG_LOSS_START + WEIGHTS + _STATED["multiclass"] + _LOG_LOSS_END,
    ("brier_score", "binary"): _function(
        "brier_score",
        "Return the mean squared error of the probabilities.",
        "    losses = (outputs - target) ** 2\n" + _ROWS,
        "binary",
    ),
    ("brier_score", "multiclass"): _function(
        "brier_score",
        "Return the squared error of the probabilities, summed over the classes.",
        "    happened = np.zeros_like(outputs)\n    happened[np.arange(len(target)), target.astype(np.int64)] = 1\n"
        "    losses = ((outputs - happened) ** 2).sum(1)\n" + _ROWS,
    ),
    ("calibration_error", "binary"): _function(
        "calibration_error",
        "Return the gap between stated and seen shares, over 15 bins.",
        "    stated, right = outputs, target\n" + _CALIBRATION,
        "binary",
    ),
    ("calibration_error", "multiclass"): _function(
        "calibration_error",
        "Return the gap between stated and seen shares, over 15 bins.",
        "    stated = outputs.max(1)\n    right = (outputs.argmax(1) == target).astype(np.float64)\n" + _CALIBRATION,
    ),
    ("rmse", ""): _function(
        "rmse",
        "Return the root of the mean squared error, mean over the targets.",
        "    squares = (outputs - target) ** 2\n"
        "    return float(np.sqrt(weight[None] @ squares / weight.sum()).mean())\n",
    ),
    ("rmse", "forecasting"): _function(
        "rmse",
        "Return the root of the mean squared error of all steps.",
        "    losses = ((outputs - target) ** 2).mean(1)\n    return float(np.sqrt(weight @ losses / weight.sum()))\n",
    ),
    ("mse", ""): _function(
        "mse", "Return the mean squared error.", "    losses = ((outputs - target) ** 2).mean(1)\n" + _ROWS
    ),
    ("mae", ""): _function(
        "mae", "Return the mean absolute error.", "    losses = np.abs(outputs - target).mean(1)\n" + _ROWS
    ),
    ("r2", ""): _function(
        "r2",
        "Return the share of the target's variance that is explained.",
        '    if len(target) < 2 or not np.ptp(target, axis=0).all():\n        return float("nan")\n'
        "    errors, moved = (outputs - target) ** 2, target - target.mean(0)\n"
        "    total, weight = weight.sum(), weight[None]\n"
        "    variation = weight @ moved**2 - (weight @ moved) ** 2 / total\n"
        "    return float((1 - weight @ errors / variation).mean())\n",
    ),
    ("median_absolute_error", ""): _function(
        "median_absolute_error",
        "Return the error that half of the rows stay below, mean over the targets.",
        "    medians = []\n    for errors in np.abs(outputs - target).T:\n"
        '        order = np.argsort(errors, kind="stable")\n'
        "        running = np.cumsum(weight[order])\n        half = running[-1] / 2\n"
        "        lower, upper = (running < half).sum(), (running <= half).sum()\n"
        "        values = errors[order]\n"
        "        medians.append((values[lower] + values[min(upper, len(values) - 1)]) / 2)\n"
        "    return float(np.mean(medians))\n",
    ),
}
