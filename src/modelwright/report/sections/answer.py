"""The answer first: the score beside the baselines in words and as one picture; what the model does; its data."""

from __future__ import annotations

import math
from typing import Any

from modelwright.evaluate.result import Baseline, Result, format_number
from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Facts, Headline, Missing, Scores
from modelwright.report.evidence import Evidence
from modelwright.report.words import (
    PERCENT,
    interval_of,
    listed,
    metric_name,
    quoted,
    rivals,
    spread,
    unit_of,
    value_of,
    verdict,
)
from modelwright.text import count, duration

BASELINES = {
    "majority": "always answering the most frequent class",
    "prior": "always answering the shares of the classes",
    "mean": "always answering the mean",
    "median": "always answering the median",
    "linear": "a linear model",
    "untrained": "the generator before its first step",
    "independent columns": "columns drawn each by itself",
    "independent pixels": "pixels drawn each by itself",
    "mean picture": "the mean picture again and again",
}
MOOD = {"better": "good", "worse": "bad", "not told apart": "warn"}


def applies(evidence: Evidence) -> bool:
    """Every run has an answer."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return headline, picture and a few facts."""
    result = evidence.result
    if result is None:
        return [Missing(id="score", title="The score", why=evidence.lacks("score")), _facts(evidence)]
    return [_headline(evidence, result), _picture(evidence.plan, result), _facts(evidence)]


def _headline(evidence: Evidence, result: Result) -> Headline:
    lead, plan = result.score, evidence.plan
    part = {
        "test": "none of which it had seen",
        "validation": "which also chose the epoch",
        "train": "which it was trained on",
    }[result.part]
    unit = unit_of(plan, lead.metric)
    label = f"{metric_name(lead.metric)}{', ' + unit if unit else ''}, on {count(result.rows, result.part + ' row')}"
    words = [_verdict(result), _said(evidence, result, part), _does(plan)]
    return Headline(value=value_of(lead.metric, lead.value, spread(lead)), label=label, mood=_mood(result), words=words)


def _said(evidence: Evidence, result: Result, part: str) -> str:
    lead, interval = result.score, interval_of(result.score)
    if lead.metric == "accuracy" and evidence.plan.task in ("binary", "multiclass") and not evidence.members:
        right = round(lead.value * result.rows)
        first = f"It answered {right:,} of the {count(result.rows, result.part + ' row')} right, {part}."
        if evidence.plan.data.weight is not None:
            first = f"It was scored on {count(result.rows, result.part + ' row')}, {part}, each with its weight."
    else:
        first = f"It was scored on {count(result.rows, result.part + ' row')}, {part}."
    if not interval:
        return f"{first} These rows are too few for an interval."
    sure = f"With other rows of the same kind it could be {interval} (95 % interval)."
    return f"{first} {sure}{' ' + _direction(result) if lead.metric not in PERCENT else ''}"


def _direction(result: Result) -> str:
    return "More is better." if result.score.higher_is_better else "Less is better."


def _verdict(result: Result) -> str:
    """Say in one sentence what the model is beside the baselines."""
    told: dict[str, list[str]] = {"better": [], "not told apart": [], "worse": []}
    for one in rivals(result):
        told[verdict(result, one)].append(f"{BASELINES.get(one.name, one.name)} ({_value(result, one)})")
    parts: list[str] = []
    if told["worse"]:
        parts.append(f"it is worse than {listed(told['worse'])}")
    if told["better"]:
        parts.append(f"it is better than {listed(told['better'])}")
    if told["not told apart"]:
        parts.append(f"these rows do not tell it apart from {listed(told['not told apart'])}")
    if not parts:
        return "There is no baseline to hold it against."
    sentence = ", but ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _value(result: Result, baseline: Baseline) -> str:
    return value_of(baseline.metric, baseline.value, spread(result.score))


def _mood(result: Result) -> str:
    verdicts = {verdict(result, each) for each in rivals(result)}
    for name in ("worse", "not told apart", "better"):
        if name in verdicts:
            return MOOD[name]
    return "plain"


def _does(plan: Plan) -> str:
    if plan.gan is not None:
        pictures = plan.inputs[0].encoding == "pixels"
        made = "pictures" if pictures else f"rows of {listed(quoted([each.name for each in plan.inputs]))}"
        return f"It makes new {made} of random numbers."
    targets, columns = listed(quoted(plan.outputs.targets)), listed(quoted([each.name for each in plan.inputs]))
    if plan.contrast is not None:
        what = f"Given a row, it gives {plan.contrast.embedding} numbers: rows that belong together get like ones"
    elif plan.task in ("binary", "multiclass"):
        what = f"Given a row, it names its {targets}: {_either(plan)}"
    elif plan.task == "multilabel":
        what = f"Given a row, it says which of {targets} hold"
    else:
        what = f"Given a row, it predicts {targets} as a number"
    return f"{what}. It looks at {columns}."


def _either(plan: Plan) -> str:
    classes = quoted(plan.outputs.classes)
    return listed(classes, 6) if len(classes) > 6 else " or ".join(filter(None, [", ".join(classes[:-1]), classes[-1]]))


def _picture(plan: Plan, result: Result) -> Scores:
    lead = result.score
    bars: list[dict[str, Any]] = [_bar("this model", lead.value, lead.low, lead.high, "model", "", "plain", result)]
    for one in rivals(result):
        told = verdict(result, one)
        words = {"better": "the model is better", "worse": "the model is worse"}.get(told, "not told apart")
        bars.append(_bar(one.name, one.value, math.nan, math.nan, told, words, MOOD[told], result))
    interval = interval_of(lead)
    if interval:
        bars[0]["text"] = f"{bars[0]['text']} ({interval})"
    notes = [f"{one.name}: {one.note}." for one in rivals(result) if one.note] + (
        [f"{lead.note}."] if lead.note else []
    )
    how = (
        "The dot is the score, the bar its 95 % interval; a baseline inside the bar may still be told apart, "
        "row by row."
    )
    low, high = _ends(plan, result)
    return Scores(
        id="score",
        title=f"{metric_name(lead.metric)[:1].upper()}{metric_name(lead.metric)[1:]} beside the baselines",
        how=f"{how} {'Further right is better.' if lead.higher_is_better else 'Further left is better.'}",
        ends=(low, high),
        ticks=[
            value_of(lead.metric, at, (high - low) / 2).replace(".0 %", " %") for at in (low, (low + high) / 2, high)
        ],
        bars=bars,
        note=" ".join([*([f"Interval: {lead.method}."] if lead.method else []), *notes]),
    )


def _bar(
    name: str, value: float, low: float, high: float, told: str, words: str, mood: str, result: Result
) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "low": low,
        "high": high,
        "verdict": told,
        "text": value_of(result.score.metric, value, spread(result.score)),
        "words": words,
        "mood": mood,
    }


def _ends(plan: Plan, result: Result) -> tuple[float, float]:
    """Return the ends of the axis: 0 to 1 for shares that fill it, else what holds all values with room around."""
    lead = result.score
    values = [lead.value, lead.low, lead.high, *(one.value for one in rivals(result))]
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if lead.metric not in ("r2", "rmse", "mae", "mse", "median_absolute_error", "log_loss") and low >= 0 and high <= 1:
        return (0.0, 1.0) if high - low > 0.25 or low < 0.5 else (math.floor(low * 10) / 10, 1.0)
    if lead.metric == "r2":
        return min(0.0, low), max(1.0, high)
    return 0.0, high * 1.08 if high > 0 else 1.0


def _facts(evidence: Evidence) -> Facts:
    plan = evidence.plan
    train, validation, test = plan.split.rows
    path = ", ".join(name.rpartition("/")[2] for name in plan.data.paths[:2]) or "a frame in memory"
    facts = [
        (f"{plan.data.rows:,} rows", f"read from {path}"),
        (f"{train:,} + {validation:,} + {test:,}", "rows that trained, chose the epoch, only tested"),
        (f"{len(plan.inputs):,} columns → {plan.width:,} numbers", "what enters the model"),
        (f"{evidence.weights:,}", "weights that were learned" if not evidence.running else "weights to learn"),
    ]
    epochs = f"{len(evidence.history):,} of {plan.train.epochs:,}"
    facts.append(
        (epochs, "epochs trained" + ("" if evidence.best is None else f", epoch {evidence.best['epoch']:,} kept"))
    )
    if "train" in evidence.seconds:
        facts.append((duration(evidence.seconds["train"]), "training time"))
    if evidence.members:
        scores = [float(each.score["value"]) for each in evidence.members if each.score["value"] is not None]
        if scores:
            span = f"{format_number(min(scores), 0)} to {format_number(max(scores), 0)}"
            facts.append((f"{len(evidence.members)} models", f"each scored apart: {span}"))
    return Facts(facts=facts)
