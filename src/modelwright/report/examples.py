"""Rows of steps (texts, sequences, windows) that a report shows: which, how long, and what their steps are called."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.plan.plan import TokensPlan
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.inside import taken
from modelwright.report.looks import chosen, named
from modelwright.report.sections.forecasts import WINDOWS, picked, when
from modelwright.text import shortened

UNKNOWN = "(unknown)"


def picks(evidence: Evidence, rows: Rows, most: int) -> list[tuple[int, str]]:
    """Return places of a few rows that tell much, each with words for it."""
    if evidence.forecasts is not None:
        found = picked(evidence.forecasts, 0)
        labels = [
            f"{name}, {when(evidence, evidence.forecasts, int(evidence.forecasts.starts[at]))}"
            for at, name in zip(found, WINDOWS, strict=False)
        ]
        both = list(zip(found, labels, strict=True))
        return [both[0], *both[2:], *both[1:2]][:most]  # the worst before the best
    return [(at, label_of(evidence, rows, at)) for at in chosen(evidence, rows, most)]


def label_of(evidence: Evidence, rows: Rows, at: int) -> str:
    """Return words for one row: its number, and what is true and answered."""
    return f"Row {int(rows.numbers[at]) + 1:,}: {named(evidence.plan, rows, at)}"


def length(evidence: Evidence, learner: Learner, at: int) -> int:
    """Return how many steps of a row are there, without padding."""
    first, *rest = taken(learner, [at])
    if evidence.of_texts:
        return max(1, int((first != 0).sum()))
    return max(1, int(rest[0].sum())) if rest else first.shape[1]


def tokens_of(tokens: TokensPlan, numbers: Sequence[int]) -> list[str]:
    """Return the tokens of a text as they stand in the vocabulary.

    >>> plan = TokensPlan(tokenizer="WordLevel", length=4, vocabulary=("good", "bad"))
    >>> tokens_of(plan, [3, 1, 0, 0])
    ['bad', '(unknown)']
    """
    return [UNKNOWN if number == 1 else tokens.vocabulary[number - 2] for number in numbers if number]


def step_names(evidence: Evidence, learner: Learner, at: int, steps: int) -> list[str]:
    """Return a name for each of the first `steps` steps that a layer sees of a row: its tokens, or numbers.

    Numbers too where the layer does not see one step a token.
    """
    own = length(evidence, learner, at)
    tokens = evidence.plan.inputs[0].tokens
    if tokens is not None and steps <= own:
        (numbers,) = taken(learner, [at])
        return [shortened(name, 16) for name in tokens_of(tokens, numbers[0, :steps].tolist())]
    if evidence.forecasts is not None and steps == own:
        return [str(step - own) for step in range(steps)]
    return [str(step + 1) for step in range(steps)]
