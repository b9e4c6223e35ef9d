"""Feature maps: what each layer makes of a few pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from modelwright.plan.plan import Plan
from modelwright.report.bitmaps import lit, png, signed
from modelwright.report.blocks import Block, Gallery, Missing
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.inside import chain, first_tensor, seen
from modelwright.report.looks import chosen, entry, named
from modelwright.spec.own import is_own
from modelwright.text import shortened

TITLE = "What the layers make of a picture"
PICTURES, LAYERS, CHANNELS = 3, 6, 10
CELL = 44  # CSS pixels of a map
MOST_PIXELS = 56  # of a map's side in the page
PLAIN = (nn.Dropout, nn.Dropout2d, nn.Identity)


def applies(evidence: Evidence) -> bool:
    """Pictures."""
    return evidence.of_pictures and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the maps of a few pictures, layer by layer."""
    learner, rows = evidence.learner, evidence.rows
    if learner is None or rows is None or not rows.media:
        return [Missing(id="maps", title=TITLE, why=evidence.lacks("learner"))]
    layers = _layers(evidence.plan, learner.core)
    at = chosen(evidence, rows, PICTURES)
    given = {name: first_tensor(output) for name, (_, output) in seen(learner, at, layers).items()}
    wide = {name: maps.float().cpu().numpy() for name, maps in given.items() if maps.dim() == 4 and maps.shape[2] > 1}
    if not wide:
        return [Missing(id="maps", title=TITLE, why="no layer of this model keeps the places of a picture")]
    return [_gallery(evidence.plan, learner, rows, at, wide)]


def _layers(plan: Plan, core: nn.Module) -> dict[str, nn.Module]:
    """Return the layers by the words for them: those of the description, or all inner ones of the user's class."""
    if is_own(plan.layers[0]):
        inner = [
            (path, each)
            for path, each in getattr(core, "layers", core).named_modules()
            if path and not list(each.children())
        ]
        return {f"{path}: {type(each).__name__}": each for path, each in inner if not isinstance(each, PLAIN)}
    named = [
        (f"{number}. {text}", each)
        for number, (text, each) in enumerate(zip(plan.layers, chain(core), strict=False), 1)
    ]
    return {shortened(text, 60): each for text, each in named if not isinstance(each, PLAIN)}


def _gallery(plan: Plan, learner: Learner, rows: Rows, at: list[int], maps: dict[str, np.ndarray]) -> Gallery:
    names = list(maps)
    kept = [names[place] for place in np.unique(np.linspace(0, len(names) - 1, min(LAYERS, len(names))).astype(int))]
    shelves: list[dict[str, Any]] = []
    for number, place in enumerate(at):
        first = entry(plan, rows, place, " ")
        shelves.append({"label": f"Picture {number + 1}: {named(plan, rows, place)}", "width": 84, "pictures": [first]})
        shelves += [_strip(name, maps[name][number], number + 1) for name in kept]
    left = f" {len(kept)} of {len(names)} layers, evenly spread." if len(kept) < len(names) else ""
    return Gallery(
        id="maps",
        title=TITLE,
        how="From top to bottom the same picture after each layer: every small picture is one channel, bright where it "
        "found what it looks for. Early layers keep edges; later ones less of the place and more of the thing.",
        rows=shelves,
        note=f"The {CHANNELS} channels with the largest numbers, on one scale a layer: dark is 0, yellow the most; "
        f"numbers below 0 are blue, those above then orange. The last picture is the one answered worst.{left}",
    )


def _strip(name: str, maps: np.ndarray, number: int) -> dict[str, Any]:
    """Return the strongest channels of `[C, H, W]`."""
    strength = np.abs(maps).reshape(len(maps), -1).max(1)
    order = np.sort(np.argsort(-strength, kind="stable")[:CHANNELS])
    most, negative = float(np.abs(maps).max()), bool((maps < 0).any())
    paint = signed if negative else lit
    step = max(1, -(-max(maps.shape[1:]) // MOST_PIXELS))
    size = "×".join(map(str, maps.shape))
    return {
        "label": f"`{name}` → {size}",
        "said": f"Picture {number} after {name}: {len(order)} of {len(maps)} channels of "
        f"{maps.shape[1]}×{maps.shape[2]}, "
        f"numbers from {float(maps.min()):.2g} to {float(maps.max()):.2g}",
        "width": CELL,
        "pictures": [{"source": png(paint(maps[at][::step, ::step], most)), "alt": ""} for at in order],
    }
