"""The words that move answers most, over many texts."""

from __future__ import annotations

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.examples import tokens_of
from modelwright.report.sections.tokens import change_of, effects, side
from modelwright.report.words import labels
from modelwright.text import count

TITLE = "The words that move answers"
BUDGET = 2e10  # operations of all texts with a word less: one to two seconds on one core
MOST = 30_000  # of them
FEWEST_TEXTS = 20
FEWEST = 3  # texts with a word before something is said of it
SHOWN = 10  # words a class and direction
LISTED = 20
CLASSES = 6

Word = tuple[str, float, int]
"""A word, its mean effect, and in how many texts it stands."""


def applies(evidence: Evidence) -> bool:
    """Texts."""
    return evidence.of_texts and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the words with the largest mean effect, for each class that is answered."""
    learner, tokens = evidence.learner, evidence.plan.inputs[0].tokens
    if learner is None or tokens is None:
        return [Missing(id="vocabulary", title=TITLE, why=evidence.lacks("learner"))]
    scored = len(learner.inputs[0])
    most = min(MOST, evidence.budget(BUDGET) / evidence.flops) / tokens.length
    texts = min(scored, max(FEWEST_TEXTS, int(most)))
    found = words(evidence, learner, texts)
    if not found:
        why = f"no word stands in {FEWEST} of the {count(texts, 'text')} that were looked at"
        return [Missing(id="vocabulary", title=TITLE, why=why)]
    return [_figure(evidence, found, texts)]


def words(evidence: Evidence, learner: Learner, texts: int) -> dict[int, list[Word]]:
    """Return the words that stand in texts often enough, by which answer they move, the least effect first.

    A word that stands twice in a text counts once, with both effects together.
    """
    tokens = evidence.plan.inputs[0].tokens
    assert tokens is not None
    sums: dict[int, dict[int, list[float]]] = {}
    for at in np.linspace(0, len(learner.inputs[0]) - 1, texts).astype(int):
        numbers, values, which = effects(evidence, learner, int(at))
        together: dict[int, float] = {}
        for number, value in zip(numbers, values, strict=True):
            together[number] = together.get(number, 0.0) + float(value)
        for number, value in together.items():
            sums.setdefault(which, {}).setdefault(number, []).append(value)
    found: dict[int, list[Word]] = {}
    for which, own in sorted(sums.items()):
        kept = [(number, each) for number, each in own.items() if number > 1 and len(each) >= FEWEST]
        named = [(tokens_of(tokens, [number])[0], float(np.mean(each)), len(each)) for number, each in kept]
        if named:
            found[which] = sorted(named, key=lambda one: one[1])
    return found


def _figure(evidence: Evidence, found: dict[int, list[Word]], texts: int) -> Figure:
    plots = [_plot(evidence, which, own) for which, own in list(found.items())[:CLASSES]]
    rows = [
        [word, side(evidence, which).replace("`", ""), mean, number]
        for which, own in found.items()
        for word, mean, number in ([*own[::-1][:LISTED], *own[:LISTED][::-1]] if len(own) > 2 * LISTED else own[::-1])
    ]
    left = f" {CLASSES} of {len(found)} classes are drawn." if len(found) > CLASSES else ""
    several = " Of a text only the class that it is given is followed." if evidence.plan.task == "multiclass" else ""
    odds = "" if evidence.plan.task == "regression" else " A change of 0.7 doubles the odds."
    return Figure(
        id="vocabulary",
        title=TITLE,
        how="Bars to the right are words that speak for what is named above, bars to the left words against it: the "
        "mean change when the word is taken out of a text that has it.",
        plots=plots,
        table=Table(columns=["word", "for", f"mean {change_of(evidence)}", "texts"], rows=rows),
        note=f"Words that stand in {FEWEST} of {count(texts, 'scored text')} at least.{odds}{several}{left}",
        wide=True,
    )


def _plot(evidence: Evidence, which: int, own: list[Word]) -> Plot:
    below, above = [each for each in own[:SHOWN] if each[1] < 0], [each for each in own[-SHOWN:] if each[1] > 0]
    shown = [*below, *above] or own[:1]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [float(f"{mean:.4g}") for _, mean, _ in shown],
        "y": labels([word for word, _, _ in shown], 20),
        "marker": {"color": ["--orange" if mean > 0 else "--blue" for _, mean, _ in shown]},
        "customdata": [number for *_, number in shown],
        "hovertemplate": "%{y}: %{x:.3g} in %{customdata} texts<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": change_of(evidence)}, "nticks": 5},
        "yaxis": {"type": "category", "tickmode": "linear", "tickfont": {"size": 11}},
        "bargap": 0.3,
    }
    return Plot(traces=[trace], layout=layout, title=f"For {side(evidence, which)}", height=90 + 20 * len(shown))
