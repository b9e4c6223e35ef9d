"""A metric of the user's own, `metric(y_true, y_pred)` as scikit-learn's are, made ready like those of the table.

`y_true` are class numbers [N], 0/1 [N, K] of several labels, or numbers [N] in the user's units ([N, T] of several).
`y_pred` are answers of the same shape; probabilities where the second parameter's name asks for them, as
`roc_auc_score(y_true, y_score)` and `log_loss` do: [N] of class 1, or [N, K].
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.evaluate.confusion import answers
from modelwright.evaluate.metrics import ALIASES, METRICS, Metric
from modelwright.evaluate.prepared import Floats, Prepared
from modelwright.plan.plan import Plan
from modelwright.spec.own import place_of
from modelwright.spec.schema import Task
from modelwright.spec.told import told

SCORES = ("y_score", "y_prob", "y_proba", "probabilities", "probs", "scores")
"""Names of a second parameter that stands for probabilities; scikit-learn's `log_loss` says `y_pred` all the same."""
UNDEFINED = (ValueError, ZeroDivisionError, FloatingPointError)
TRIED = 1000  # rows that tell which way is better

Function = Callable[..., Any]


def plain_name(name: str) -> str:
    """Return what a metric of the user's own is called in scores: its name, unless the table has that already.

    >>> plain_name("gain"), plain_name("accuracy")
    ('gain', 'own_accuracy')
    """
    return f"own_{name}" if name in METRICS or name in ALIASES else name


def own_metric(name: str, function: Function, task: Task, higher_is_better: bool) -> Metric:
    """Return a function `metric(y_true, y_pred)` as a metric of a task."""

    def prepare(outputs: Floats, target: Floats) -> Prepared:
        return _prepared(function, task, outputs, target)

    return Metric(name, {task: prepare}, higher_is_better, "own")


def better_way(function: Function, name: str, task: Task, target: NDArray[Any], weighted: bool) -> tuple[bool, str]:
    """Return whether more is better, and the reason: answers that are right are compared with the same, shuffled.

    RunError Y009 where the function gives no number, or cannot tell the two apart, or takes no row weights.
    """
    target = target[:TRIED].astype(np.float64)
    if weighted and not _takes_weights(function):
        message = f"rows have weights, and the metric `{name}` takes none"
        raise RunError(_unfit(message, function, "a parameter `sample_weight`", "leave `data.weight` out"))
    right = _perfect(task, target)
    order = np.random.Generator(np.random.Philox(0)).permutation(len(target))
    with told(f"the metric `{name}` cannot be computed", place_of(function)), np.errstate(all="ignore"):
        values = [_value(function, *_asked(function, task, each, target)) for each in (right, right[order])]
    best, worse = values
    if not np.isfinite(best) or best == worse:
        message = f"the metric `{name}` gives {best:.6g} for right answers, and {worse:.6g} for the same, shuffled"
        raise RunError(_unfit(message, function, "a number that tells right answers from wrong ones"))
    way = "more" if best > worse else "less"
    return best > worse, f"your own; {way} is better: right answers give {best:.4g}, the same shuffled {worse:.4g}"


def _perfect(task: Task, target: Floats) -> Floats:
    """Return outputs that say what the target is."""
    if task == "multiclass":
        numbers = target.reshape(-1).astype(np.int64)
        return np.eye(int(numbers.max()) + 1)[numbers]
    return target.reshape(-1) if task == "binary" else target.reshape(len(target), -1)


def _asked(function: Function, task: Task, outputs: Floats, target: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return `y_true` and `y_pred` as the function takes them."""
    if task in ("regression", "forecasting"):
        one = outputs.ndim == 2 and outputs.shape[1] == 1
        return (target.reshape(-1), outputs[:, 0]) if one else (target, outputs)
    truth = target.astype(np.int64)
    truth = truth if task == "multilabel" else truth.reshape(-1)
    if _wants_scores(function):
        return truth, outputs
    return truth, (outputs > 0.5).astype(np.int64) if task == "multilabel" else answers(outputs)


def _parameters(function: Function) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (ValueError, TypeError):
        return []


def _wants_scores(function: Function) -> bool:
    inner = getattr(function, "func", function)
    second = _parameters(function)[1:2]
    return bool(second and second[0] in SCORES) or getattr(inner, "__name__", "") == "log_loss"


def _takes_weights(function: Function) -> bool:
    return "sample_weight" in _parameters(function)


def _value(function: Function, truth: NDArray[Any], given: NDArray[Any], **more: Any) -> float:
    found: Any = function(truth, given, **more)
    return float(found.item() if hasattr(found, "item") else found)


def _prepared(function: Function, task: Task, outputs: Floats, target: Floats) -> Prepared:
    """Return the metric as a function of how often each row was drawn: drawn rows are handed over again.

    Rows whose weights are no whole numbers go with `sample_weight`. A resample without a value (one class only) is NaN.
    """
    truth, given = _asked(function, task, outputs, target)

    def one(weight: Floats) -> float:
        whole = weight.astype(np.int64)
        if not np.array_equal(whole, weight):
            kept = weight > 0
            return _value(function, truth[kept], given[kept], sample_weight=weight[kept])
        rows = np.arange(len(whole)) if (whole == 1).all() else np.repeat(np.arange(len(whole)), whole)
        return _value(function, truth[rows], given[rows])

    def of(weights: Floats) -> Floats:
        values = np.full(len(weights), np.nan)
        for number, weight in enumerate(weights):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # of resamples that lack a class
                try:
                    values[number] = one(weight)
                except UNDEFINED:
                    continue
        return values

    return Prepared(of=of, cells=len(truth))


def _unfit(message: str, function: Function, expected: str, fix: str = "") -> Diagnostic:
    return Diagnostic(
        code="Y009", severity="error", message=message, where=place_of(function), expected=expected, help=fix
    )


def more_is_better(plan: Plan) -> bool:
    """Return whether more of a plan's leading metric is better."""
    return plan.own["better"] == "more" if "metric" in plan.own else METRICS[plan.metric].higher_is_better
