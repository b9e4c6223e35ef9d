"""Which words move the answers: what changes when each token of a text is taken out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from modelwright.report.blocks import Block, Missing, Passages, Table
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.examples import label_of, tokens_of
from modelwright.report.inside import taken
from modelwright.report.judged import row_errors, sayings
from modelwright.report.looks import chosen

TITLE = "Which words moved the answer"
EXAMPLES, WORST = 5, 3
LIMITS = (0.08, 0.25, 0.6)  # of the largest effect in a text, for the three marks
NOTHING = 0.02  # log-odds, or standard deviations of a number


def applies(evidence: Evidence) -> bool:
    """Texts."""
    return evidence.of_texts and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return texts with their words marked."""
    learner, rows, tokens = evidence.learner, evidence.rows, evidence.plan.inputs[0].tokens
    if learner is None or rows is None or tokens is None:
        return [Missing(id="tokens", title=TITLE, why=evidence.lacks("learner"))]
    worst = np.argsort(-row_errors(evidence.plan, rows), kind="stable")[:WORST]
    at = list(dict.fromkeys([*chosen(evidence, rows, EXAMPLES), *(int(each) for each in worst)]))
    found = [(place, effects(evidence, learner, place)) for place in at]
    return [_passages(evidence, learner, rows, found)]


def effects(evidence: Evidence, learner: Learner, at: int) -> tuple[list[int], np.ndarray, int]:
    """Return the tokens of a text, by how much the answer falls without each (`[T]`), and which answer that is.

    The answer is the log-odds of the class that is answered (of two classes: of the second), or the number.
    """
    (numbers,) = taken(learner, [at])
    own = int((numbers[0] != 0).sum())
    batch = numbers.repeat(own + 1, 1)
    for place in range(own):
        batch[place + 1, place:-1] = numbers[0, place + 1 :]
        batch[place + 1, -1] = 0
        if own == 1:
            batch[place + 1, 0] = 1  # an empty text is one unknown token
    given = _answer(evidence, learner, batch)
    which = int(np.argmax(given[0])) if evidence.plan.task == "multiclass" else 0
    return numbers[0, :own].tolist(), given[0, which] - given[1:, which], which


def _answer(evidence: Evidence, learner: Learner, batch: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return sayings(evidence.plan, learner.answer((batch,)))


def side(evidence: Evidence, which: int) -> str:
    """Return words for what an effect speaks for."""
    outputs = evidence.plan.outputs
    if evidence.plan.task in ("binary", "multiclass"):
        return f"`{outputs.classes[1 if evidence.plan.task == 'binary' else which]}`"
    return f"`{outputs.targets[which]}`" if evidence.plan.task == "multilabel" else "a larger number"


def change_of(evidence: Evidence) -> str:
    """Return words for the unit of effects."""
    return "change of the number" if evidence.plan.task == "regression" else "change of the log-odds"


def marks(values: np.ndarray) -> list[int]:
    """Return a mark from -3 to 3 for each effect, by its share of the largest; 0 for those that do nothing.

    >>> marks(np.array([0.5, -0.2, 0.0]))
    [3, -2, 0]
    """
    most = float(np.abs(values).max(initial=0.0))
    if most < NOTHING:
        return [0] * len(values)
    sizes = np.searchsorted(LIMITS, np.abs(values) / most, side="right")
    return [int(size if value > 0 else -size) for size, value in zip(sizes, values, strict=True)]


def _passages(
    evidence: Evidence, learner: Learner, rows: Rows, found: list[tuple[int, tuple[list[int], np.ndarray, int]]]
) -> Passages:
    tokens = evidence.plan.inputs[0].tokens
    assert tokens is not None
    passages: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for place, (numbers, values, which) in found:
        words, what = tokens_of(tokens, numbers), side(evidence, which)
        label = f"{label_of(evidence, rows, place)}. Marked: for and against {what}"
        passages.append({"label": label, "tokens": words, "marks": marks(_scaled(evidence, values))})
        order = np.argsort(-np.abs(values), kind="stable")[:8]
        row = int(rows.numbers[place]) + 1
        table += [[row, words[at], int(at) + 1, what.replace("`", ""), float(values[at])] for at in order]
    return Passages(
        id="tokens",
        title=TITLE,
        how="Orange words with a full line speak for what is named above the text, blue ones with a dotted line "
        "against it; without a mark they do nothing by themselves.",
        passages=passages,
        table=Table(
            columns=["row", "word", "place", "for", change_of(evidence)], rows=table, note="The 8 largest of each text."
        ),
        legend=[("strongly for", 3), ("for", 2), ("against", -2), ("strongly against", -3)],
        note="Each word is taken out by itself and the text is answered again; what two words say together is not seen "
        "that way. Marks are shares of the largest change in the text. Words beyond the length that the model reads "
        "are not shown. The last texts are those answered worst.",
    )


def _scaled(evidence: Evidence, values: np.ndarray) -> np.ndarray:
    """Return changes of an answer in standard deviations of the target, where it is a number."""
    scale = evidence.plan.outputs.scale
    return values / scale[0] if evidence.plan.task == "regression" and scale else values
