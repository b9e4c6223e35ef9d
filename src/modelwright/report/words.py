"""Numbers and names as sentences say them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from modelwright.evaluate.metrics import METRICS
from modelwright.evaluate.result import Baseline, Result, Score, format_number
from modelwright.plan.plan import Plan
from modelwright.text import clean

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
    "hamming_loss": "Hamming loss",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "r2": "R²",
    "median_absolute_error": "median absolute error",
    "frechet_distance": "Fréchet distance",
    "told_apart": "told apart by a classifier",
    "column_distance": "distance of columns",
    "closest_row": "distance to the closest training row",
    "classes_present": "classes present",
    "recall_at_1": "recall at 1",
    "recall_at_5": "recall at 5",
    "recall_at_10": "recall at 10",
    "mean_rank": "mean rank",
    "probe_accuracy": "accuracy of a linear probe",
}
PERCENT = ("accuracy", "balanced_accuracy", "recall_at_1", "recall_at_5", "recall_at_10", "probe_accuracy")
COLOURS = ("--blue", "--orange", "--green", "--purple", "--pink", "--teal")


def metric_name(metric: str) -> str:
    """Return a metric as a sentence names it."""
    return NAMES.get(metric, metric)


def value_of(metric: str, value: float, spread: float = 0.0) -> str:
    """Return a value of a metric as text: shares of right answers in percent.

    >>> value_of("accuracy", 0.97101, 0.06), value_of("rmse", 57012.3, 12000.0)
    ('97.1 %', '57,000')
    """
    if not math.isfinite(value):
        return "undefined"
    if metric in PERCENT:
        return f"{100 * value:.{2 if 0 < spread < 0.01 else 1}f} %"
    return format_number(value, spread)


def spread(score: Score) -> float:
    """Return the width of a score's interval, 0 where it has none."""
    width = score.high - score.low
    return width if math.isfinite(width) else 0.0


def interval_of(score: Score) -> str:
    """Return a score's interval as text; empty where it has none."""
    if math.isnan(score.low) or math.isnan(score.high):
        return ""
    width = spread(score)
    return f"{value_of(score.metric, score.low, width)} to {value_of(score.metric, score.high, width)}"


def unit_of(plan: Plan, metric: str) -> str:
    """Return the unit of a metric's values for an axis; empty where it has none."""
    target = plan.outputs.targets[0] if len(plan.outputs.targets) == 1 else "the targets"
    units = {"target": f"in units of {target}", "target squared": f"in units of {target}, squared", "nats": "nats"}
    return units.get(METRICS[metric].unit, "") if metric in METRICS else ""


def rivals(result: Result) -> list[Baseline]:
    """Return the baselines that the leading score can be held against, best first."""
    lead = result.score
    same = [each for each in result.baselines if each.metric == lead.metric and not math.isnan(each.value)]
    return sorted(same, key=lambda each: each.value, reverse=lead.higher_is_better)


def verdict(result: Result, baseline: Baseline) -> str:
    """Return `better`, `worse` or `not told apart`: the model beside a baseline."""
    lead = result.score
    if not math.isnan(baseline.low):
        return baseline.verdict(lead.higher_is_better)
    if math.isnan(lead.low) or lead.low <= baseline.value <= lead.high:
        return "not told apart"
    return "better" if (baseline.value < lead.low) == lead.higher_is_better else "worse"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names with commas and an `and`; those beyond `most` are counted.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "nothing"


def quoted(names: Sequence[str]) -> list[str]:
    """Return names between backticks."""
    return [f"`{name}`" for name in names]


def thinned(rows: Sequence[Any], most: int = 200) -> tuple[list[Any], str]:
    """Return at most so many of the rows, evenly spread with first and last, and a note that says so."""
    if len(rows) <= most:
        return list(rows), ""
    places = sorted({round(at * (len(rows) - 1) / (most - 1)) for at in range(most)})
    return [rows[at] for at in places], f"{len(places):,} of {len(rows):,} rows, evenly spread."


def plain(name: str, most: int = 28) -> str:
    """Return a user's name as Plotly shows it: tags as text, long ones without their middle.

    Plotly reads a few tags and formulas between `$` in its texts, and the page a leading `--` as one of its colours.

    >>> plain("<b>"), plain("a" * 40)
    ('&lt;b&gt;', 'aaaaaaaaaaaaaaaa…aaaaaaaaaaa')
    """
    short = clean(name if len(name) <= most else f"{name[: most - 12]}…{name[-11:]}")
    safe = short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return f"-\u200b{safe[1:]}" if safe.startswith("--") else safe


def labels(names: Sequence[str], most: int = 28) -> list[str]:
    """Return names as Plotly shows them, no two alike: equal labels would be one place on an axis.

    >>> labels(["x" * 30, "x" * 31], most=14)
    ['xx…xxxxxxxxxxx', 'xx…xxxxxxxxxxx (2)']
    """
    found: list[str] = []
    for name in names:
        label, number = plain(name, most), 2
        while label in found:
            label, number = f"{plain(name, most)} ({number})", number + 1
        found.append(label)
    return found


def percent(share: float, digits: int = 0) -> str:
    """Return a share in percent.

    >>> percent(0.123), percent(0.0357, 1)
    ('12 %', '3.6 %')
    """
    return f"{100 * share:.{digits}f} %"
