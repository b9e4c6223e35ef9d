"""The score with its interval beside the baselines, where the run is, and what can be done next."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from pathlib import Path

from modelwright.evaluate.metrics import METRICS
from modelwright.evaluate.result import Baseline, Result, Score, format_number, format_score
from modelwright.plan.plan import Plan
from modelwright.run.events import Scored
from modelwright.text import Line, Span, Style, clean, count, display_width, duration, heading, pad, width, wrapped


def score_lines(scored: Scored) -> list[Line]:
    """Show the score with its interval beside the baselines, and the other scores."""
    result, lead = scored.result, scored.result.score
    compared = ({each.metric for each in result.baselines} & set(result.scores)) - {lead.metric}
    others = [each for name, each in result.scores.items() if name != lead.metric and name not in compared]
    text = ", ".join(f"{each.metric} {format_number(each.value, _spread(each))}" for each in others)
    lines: list[Line] = [
        heading("score", f"on {count(result.rows, f'{result.part} row')}{_units(scored.plan, lead)}"),
        *_beside_baselines(result),
    ]
    if text:
        also = wrapped(text, width() - 8)
        lines.extend([("", ("  also  " if not number else " " * 8) + part)] for number, part in enumerate(also))
    for name in sorted(compared):
        lines += _beside_baselines(replace(result, score=result.scores[name]))
    return [*lines, *([[("dim", f"  {lead.note}")]] if lead.note else [])]


def _beside_baselines(result: Result) -> list[Line]:
    """Show one score beside the baselines that have it too."""
    lead = result.score
    rows = [(b.name, format_number(b.value, _spread(lead)), _beside(result, b)) for b in _rivals(result)]
    value, _, interval = format_score(lead).partition(" ")
    names = max(display_width(name) for name in ("model", *(name for name, _, _ in rows)))
    numbers = max(len(text) for text in (lead.metric, value, *(number for _, number, _ in rows)))
    head = f"  {pad('', names)}  {pad(lead.metric, numbers, right=True)}  "
    lines: list[Line] = [
        [("dim", head + "95 % interval")],
        [
            ("strong", f"  {pad('model', names)}  "),
            (_mood(result), pad(value, numbers, True)),
            ("", f"  {interval[1:-1]}"),
        ],
    ]
    for name, number, beside in rows:
        lead_in = f"  {pad(name, names)}  {pad(number, numbers, right=True)}  "
        room = width() - len(lead_in) - sum(len(text) for _, text in beside[:2])
        lines.append([("", lead_in), *(beside if room >= 0 else beside[:1])])
        lines.extend([("dim", " " * (len(lead_in) - 2) + text)] for _, text in (beside[1:] if room < 0 else ()))
    return lines


def _units(plan: Plan, score: Score) -> str:
    """Say what the numbers of an error are, where there is one target."""
    if score.metric not in METRICS or METRICS[score.metric].unit != "target" or len(plan.outputs.targets) != 1:
        return ""
    return f", in units of {plan.outputs.targets[0]}"


def _spread(score: Score) -> float:
    spread = score.high - score.low
    return 0.0 if math.isnan(spread) else spread


def _rivals(result: Result) -> list[Baseline]:
    """Baselines that the score can be held against, best first."""
    lead = result.score
    rivals = [each for each in result.baselines if each.metric == lead.metric]
    return sorted(rivals, key=lambda each: each.value, reverse=lead.higher_is_better)


def _verdict(result: Result, baseline: Baseline) -> str:
    """Say what the model is beside a baseline; where they were not compared row by row, by the score's interval."""
    lead = result.score
    if not math.isnan(baseline.low):
        return baseline.verdict(lead.higher_is_better)
    if math.isnan(lead.low) or lead.low <= baseline.value <= lead.high:
        return "not told apart"
    return "better" if (baseline.value < lead.low) == lead.higher_is_better else "worse"


def _beside(result: Result, baseline: Baseline) -> Line:
    """Say what the model is beside a baseline, with the interval of the difference on the same rows."""
    verdict = _verdict(result, baseline)
    style: Style = "good" if verdict == "better" else "bad" if verdict == "worse" else "warn"
    told = f"the model is {verdict}" if verdict != "not told apart" else "not told apart from the model"
    line: list[Span] = [(style, told)]
    if not (math.isnan(baseline.low) or math.isnan(baseline.high)):
        spread = baseline.high - baseline.low
        low, high = (_signed(value, spread) for value in (baseline.low, baseline.high))
        line.append(("dim", f"  difference {low} to {high}"))
    return [*line, ("dim", f"  ({baseline.note})")] if baseline.note else line


def _signed(value: float, spread: float) -> str:
    text = format_number(abs(value), spread)
    return text if not text.strip("0.,") else f"{'-' if value < 0 else '+'}{text}"


def _mood(result: Result) -> Style:
    verdicts = {_verdict(result, each) for each in _rivals(result)}
    return (
        "bad" if "worse" in verdicts else "warn" if "not told apart" in verdicts else "good" if verdicts else "strong"
    )


def score_line(scored: Scored) -> str:
    """Say the score in one line, for `--quiet`."""
    result, lead, best = scored.result, scored.result.score, scored.result.baseline
    rows = count(result.rows, f"{result.part} row")
    beside = f"; baseline {best.name} {format_number(best.value, _spread(lead))}" if best is not None else ""
    return clean(f"{scored.path}: {lead.metric} {format_score(lead)} on {rows}{beside}")


def ending_lines(path: Path, seconds: dict[str, float], plan: Plan | None = None) -> list[Line]:
    """Say where the run and its report are, what took how long, and what can be done next."""
    run = shlex.quote(str(path))
    parts = [f"{name} {duration(seconds[name])}" for name in ("import", "read", "train", "evaluate") if name in seconds]
    spent = f"{duration(seconds['total'])}: {', '.join(parts)}" if "total" in seconds else ""
    page: list[Line] = [[("", f"  report   {path / 'report.html'}")]] if (path / "report.html").exists() else []
    uses = [("predict", f"modelwright predict {run} NEW.csv -o predictions.csv")]
    if plan is not None and plan.gan is not None:
        pictures = plan.inputs[0].encoding == "pixels"
        uses = [("sample ", f"modelwright sample {run} {'64 -o grid.png' if pictures else '1000 -o rows.csv'}")]
    if plan is not None and plan.contrast is not None:
        uses.insert(0, ("nearest", f"modelwright nearest {run} NEW.csv -k 5"))
    return [
        heading("run", str(path), spent),
        *page,
        *([("", f"  {name}  "), ("command", command)] for name, command in uses),
        [("", "  compare  "), ("command", f"modelwright compare {shlex.quote(str(path.parent))}/*")],
    ]
