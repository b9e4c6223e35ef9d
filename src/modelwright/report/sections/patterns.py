"""The kernels of a first convolution over time: what it looks for, and the passage that it answers to most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from modelwright.model.masks import window_of
from modelwright.report.bitmaps import bars, png, signed
from modelwright.report.blocks import Block, Gallery, Listing, Missing, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.examples import length, tokens_of
from modelwright.report.inside import seen, taken
from modelwright.report.sections.importance import channels
from modelwright.report.words import listed, percent, quoted
from modelwright.text import count

TITLE = "What the first convolution looks for"
MOST, LISTED = 24, 60  # kernels that are drawn, and listed
AT_ONCE = 32  # rows, which no layer takes apart by their length
LOOK = 4 * AT_ONCE
BARS = 4  # channels that are drawn as bars; more are colours
PASSAGES = 3  # of texts, a kernel
STEP, WIDEST = 12, 168  # CSS pixels of a step, and of a kernel


@dataclass(frozen=True, slots=True)
class Answer:
    """A kernel: its number, the norm of its weights, the share of steps above 0, and where it answers most.

    A place is the number among the scored rows, the first step, and the answer, the largest first.
    """

    number: int
    strength: float
    above: float
    places: list[tuple[int, int, float]]


def applies(evidence: Evidence) -> bool:
    """Sequences, windows and texts whose model begins with a convolution."""
    own = evidence.learner is not None and first(evidence.learner.core) is not None
    return evidence.of_steps and not evidence.members and (own or "Conv1d(" in "".join(evidence.plan.layers))


def blocks(evidence: Evidence) -> list[Block]:
    """Return the kernels of numbers as pictures, those of texts by their passages; the strongest first."""
    learner = evidence.learner
    if learner is None:
        return [Missing(id="patterns", title=TITLE, why=evidence.lacks("learner"))]
    layer = first(learner.core)
    if layer is None:
        return [Missing(id="patterns", title=TITLE, why="layers with weights stand before the first convolution")]
    found = answers(evidence, learner, layer)
    if found is None:
        return [Missing(id="patterns", title=TITLE, why="the first convolution is not given the steps as they are")]
    return [_texts(evidence, learner, layer, found) if evidence.of_texts else _gallery(evidence, learner, layer, found)]


def first(core: nn.Module) -> nn.Conv1d | None:
    """Return the first layer that learns, where it is a convolution over time; vectors of tokens may come before."""
    for module in core.modules():
        if isinstance(module, nn.Conv1d):
            return module
        normal = isinstance(module, nn.Embedding | nn.BatchNorm1d | nn.LayerNorm)
        if list(module.parameters(recurse=False)) and not normal:
            return None
    return None


def answers(evidence: Evidence, learner: Learner, layer: nn.Conv1d) -> list[Answer] | None:
    """Return each kernel with its answers to some scored rows, padding apart; None where steps do not fit.

    Of equal passages of a text the first counts.
    """
    rows = np.linspace(0, len(learner.inputs[0]) - 1, min(LOOK, len(learner.inputs[0]))).astype(np.int64)
    made: list[tuple[int, np.ndarray]] = []
    for start in range(0, len(rows), AT_ONCE):
        chosen = rows[start : start + AT_ONCE]
        told = seen(learner, chosen, {"first": layer}).get("first")
        x = None if told is None else told[0][0]
        if told is None or not isinstance(x, Tensor) or x.dim() != 3:
            return None
        for at, (row, output) in enumerate(zip(chosen, told[1], strict=True)):
            own = length(evidence, learner, int(row))
            if own > x.shape[2] or x.shape[0] != len(chosen) or at >= len(told[1]):
                return None
            made.append((int(row), output[:, : _steps(layer, own)].float().cpu().numpy()))
    weights = layer.weight.detach().float().cpu().numpy().astype(np.float64)
    strength = np.sqrt((weights**2).sum((1, 2)))
    above = np.mean([(each > 0).mean(1) for _, each in made], axis=0)
    tops = [_tops(evidence, learner, layer, made, at) for at in range(len(weights))]
    kept = [Answer(at, float(strength[at]), float(above[at]), tops[at]) for at in range(len(weights))]
    return sorted(kept, key=lambda one: -one.strength)


def _steps(layer: nn.Conv1d, own: int) -> int:
    """Return how many answers a kernel gives to so many steps that are there."""
    if layer.padding == "same":
        return own
    kernel, stride, padding, dilation = window_of(layer)
    return max(1, (own + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)


def begin(layer: nn.Conv1d, at: int) -> int:
    """Return the first step that a kernel sees for its answer number `at`; below 0 in padding."""
    kernel, stride, padding, dilation = window_of(layer)
    before = dilation * (kernel - 1) // 2 if layer.padding == "same" else padding
    return at * stride - before


def _tops(
    evidence: Evidence, learner: Learner, layer: nn.Conv1d, made: list[tuple[int, np.ndarray]], kernel: int
) -> list[tuple[int, int, float]]:
    """Return where a kernel answers most: one place of a row, and of texts no passage twice."""
    best = [(row, int(each[kernel].argmax()), float(each[kernel].max())) for row, each in made]
    best.sort(key=lambda one: -one[2])
    if not evidence.of_texts:
        return [(row, begin(layer, at), value) for row, at, value in best[:1]]
    found: dict[str, tuple[int, int, float]] = {}
    for row, at, value in best:
        place = (row, begin(layer, at), value)
        found.setdefault(passage(evidence, learner, layer, place), place)
        if len(found) == PASSAGES:
            break
    return list(found.values())


def passage(evidence: Evidence, learner: Learner, layer: nn.Conv1d, place: tuple[int, int, float]) -> str:
    """Return the tokens that a kernel sees at a place."""
    row, start, _ = place
    tokens = evidence.plan.inputs[0].tokens
    assert tokens is not None
    (numbers,) = taken(learner, [row])
    seen_at = [at for at in _window(layer, start) if 0 <= at < length(evidence, learner, row)]
    return " ".join(tokens_of(tokens, [int(numbers[0, at]) for at in seen_at]))


def _window(layer: nn.Conv1d, start: int) -> list[int]:
    kernel, _, _, dilation = window_of(layer)
    return [start + at * dilation for at in range(kernel)]


def _texts(evidence: Evidence, learner: Learner, layer: nn.Conv1d, found: list[Answer]) -> Listing:
    shown = found[:LISTED]
    rows: list[list[Any]] = [
        [
            f"kernel {one.number + 1}",
            " · ".join(passage(evidence, learner, layer, place) for place in one.places),
            float(one.places[0][2]),
            one.strength,
            percent(one.above),
        ]
        for one in shown
    ]
    words = window_of(layer)[0]
    left = f"The {len(shown)} strongest of {len(found)} kernels." if len(shown) < len(found) else ""
    return Listing(
        id="patterns",
        title=f"{TITLE}: passages of {count(words, 'token')}",
        how="A kernel slides over the text and gives a large number where it finds what it looks for: passages that a "
        "kernel answers to most, of the scored texts that were looked at, say what that is.",
        table=Table(
            columns=["", "passages that it answers to most", "largest answer", "strength", "above 0"],
            rows=rows,
            note=f"{left} {_looked(learner)} Strength is the norm of the weights.".strip(),
        ),
    )


def _looked(learner: Learner) -> str:
    rows = len(learner.inputs[0])
    return f"{count(min(LOOK, rows), 'scored row')} of {rows:,}, evenly spread."


def _gallery(evidence: Evidence, learner: Learner, layer: nn.Conv1d, found: list[Answer]) -> Gallery:
    weights = layer.weight.detach().float().cpu().numpy()
    shown = found[:MOST]
    width = max(STEP, min(WIDEST, STEP * weights.shape[2]))
    shelves = [_pair(evidence, learner, layer, weights[one.number], one, width) for one in shown]
    names = list(channels(evidence))
    table: list[list[Any]] = [
        [f"kernel {one.number + 1}", one.strength, one.above, int(one.places[0][0]) + 1, one.places[0][1] + 1]
        for one in found
    ]
    left = f" The {len(shown)} strongest of {len(found)} are drawn." if len(shown) < len(found) else ""
    lines = "From top to bottom: " + listed(quoted(names), 12) + ". " if 1 < len(names) == weights.shape[1] else ""
    size = f"{count(weights.shape[1], 'channel')} × {count(weights.shape[2], 'step')}"
    return Gallery(
        id="patterns",
        title=f"{TITLE}: {count(len(weights), 'kernel')} of {size}",
        how="Left a kernel, time from left to right: it gives a large number where the steps look like it; orange is "
        "above 0, blue below. Right the steps of a scored row that it answers to most.",
        rows=shelves,
        table=Table(
            columns=["", "strength (norm of the weights)", "share of steps above 0", "largest at scored row", "step"],
            rows=table,
        ),
        note=f"{lines}Steps are scaled as the model is given them; each picture is on its own scale, strongest kernel "
        f"first.{left} {_looked(learner)}",
    )


def _pair(
    evidence: Evidence, learner: Learner, layer: nn.Conv1d, kernel: np.ndarray, one: Answer, width: int
) -> dict[str, Any]:
    """Return a kernel `[C, K]` beside the steps that it answers to most."""
    row, start, value = one.places[0]
    x = taken(learner, [row])[0][0].float().cpu().numpy()
    own = length(evidence, learner, row)
    steps = [x[at] if 0 <= at < own else np.zeros(x.shape[1], np.float32) for at in _window(layer, start)]
    there = np.stack(steps, axis=1)
    name = f"kernel {one.number + 1}"
    drawn = [
        (kernel, f"{name}: weights from {float(kernel.min()):.2g} to {float(kernel.max()):.2g}", "looks for"),
        (there, f"scored row {row + 1}, from step {start + 1}: the largest answer, {value:.3g}", "finds"),
    ]
    pictures = [{"source": png(_drawn(values)), "alt": alt, "caption": caption} for values, alt, caption in drawn]
    return {"label": f"{name}: above 0 at {percent(one.above)} of the steps", "width": width, "pictures": pictures}


def _drawn(values: np.ndarray) -> np.ndarray:
    """Return numbers `[C, K]` as bars up and down, or as colours where there are many channels; 0 in the middle."""
    most = float(np.abs(values).max()) or 1.0
    return bars(values, most) if len(values) <= BARS else signed(values, most)
