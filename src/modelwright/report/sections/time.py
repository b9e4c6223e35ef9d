"""Where the time went, and how much of the machine's arithmetic a step reached."""

from __future__ import annotations

from typing import Any

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence
from modelwright.report.words import percent
from modelwright.text import duration, scaled

PARTS = (
    ("import", "load the libraries"),
    ("read", "read the data"),
    ("encode", "fit, encode, build"),
    ("steps", "training steps"),
    ("validate", "validate each epoch"),
    ("other", "look, save, tell"),
    ("evaluate", "score and baselines"),
    ("save", "save the model"),
)
COLOURS = ("--muted", "--teal", "--purple", "--blue", "--orange", "--ink", "--green", "--pink")
BACKWARD = 3  # forward and backward passes cost three times the forward one: two of its products are done again


def applies(evidence: Evidence) -> bool:
    """Single runs that have ended."""
    return not evidence.members and not evidence.running


def blocks(evidence: Evidence) -> list[Block]:
    """Return the parts of the run's time as one bar."""
    seconds = evidence.seconds
    if "train" not in seconds:
        return [Missing(id="time", title="Where the time went", why=evidence.lacks("seconds"))]
    told = [(name, words, seconds[name]) for name, words in PARTS if seconds.get(name)]
    whole = sum(each for _, _, each in told)
    colours = dict(zip((name for name, _ in PARTS), COLOURS, strict=True))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [each],
            "y": ["run"],
            "name": words,
            "marker": {"color": colours[key]},
            "hovertemplate": f"{words}: {duration(each)} ({percent(each / whole)})<extra></extra>",
        }
        for key, words, each in told
    ]
    seen = {"xaxis": {"title": {"text": "seconds"}}, "yaxis": {"visible": False}, "showlegend": False}
    return [
        Figure(
            id="time",
            title=f"Where the time went: {duration(whole)} in all",
            how="One bar, left to right in the order in which things happened.",
            plots=[Plot(traces=traces, layout={"barmode": "stack", **seen}, height=130)],
            table=Table(
                columns=["part", "seconds", "share"],
                rows=[[words, each, percent(each / whole, 1)] for _, words, each in told],
            ),
            note=f"{_speed(evidence)} Validation is one pass timed after the training, times the epochs.",
            wide=True,
            legend=[(words, colours[name]) for name, words, _ in told],
        )
    ]


def _speed(evidence: Evidence) -> str:
    """Say how fast a step was, and what share of the machine's arithmetic that is."""
    seconds, plan = evidence.seconds, evidence.plan
    steps = int(seconds.get("step_count", 0))
    if not steps or not seconds.get("steps"):
        return ""
    each, rows = seconds["steps"] / steps, min(plan.train.batch_size, plan.split.rows[0])
    text = f"A step of {rows:,} rows took {1000 * each:,.3g} ms, {rows / each:,.0f} rows a second."
    work = BACKWARD * rows * sum(layer.flops or 0 for layer in evidence.layers)
    peak = seconds.get("peak", 0.0)
    if work and peak:
        share = work / each / peak
        reason = (
            "small layers: most of a step is Python and memory, not arithmetic"
            if share < 0.2
            else "close to what there is"
        )
        text += (
            f" That is {scaled(work / each)}FLOP/s of the {scaled(peak)}FLOP/s that a large matrix product "
            "reaches here with "
            f"{plan.execution.threads} thread{'s' if plan.execution.threads > 1 else ''}: {percent(share)} ({reason})."
        )
    return text
