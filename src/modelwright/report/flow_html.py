"""The way of the numbers through a model as a picture: a bar a layer, as wide as what leaves it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.report.markup import marked, text
from modelwright.text import scaled


def flow(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture as an ordered list, which reads well without being seen."""
    widest = max((_numbers(step["output"]) for step in steps), default=1)
    most = max((step["parameters"] or 0 for step in steps), default=0)
    return f'<ol class="flow">{"".join(_step(step, widest, most) for step in steps)}</ol>'


def _numbers(shape: Sequence[int]) -> int:
    return max(1, math.prod(shape))


def _step(step: Mapping[str, Any], widest: int, most: int) -> str:
    share = 12 + 88 * math.log1p(_numbers(step["output"])) / math.log1p(widest)
    weight = 100 * (step["parameters"] or 0) / most if most else 0
    learns = {"yes": "learns", "no": "", "partly": "partly frozen"}[step["learns"]]
    kind = "learns" if step["learns"] != "no" else "fixed"
    indent = str(step["index"]).count(".")
    marks = (
        '<line class="wire" x1="50%" x2="50%" y1="0" y2="100%"/>'
        f'<rect class="band" x="{(100 - share) / 2:.2f}%" width="{share:.2f}%" y="50%" height="14" rx="4" '
        'transform="translate(0 -7)"/>'
        f'<rect class="load" x="{50 - weight * share / 200:.2f}%" width="{weight * share / 100:.2f}%" y="50%" '
        'height="14" rx="4" transform="translate(0 -7)"/>'
    )
    facts = [f"<b>{text(_shape(step['output']))}</b>"]
    if step["parameters"]:
        facts.append(f"{step['parameters']:,} weights")
    if step["flops"]:
        facts.append(f"{text(scaled(step['flops']))} FLOPs")
    tag = f'<span class="tag plain">{learns}</span>' if learns else ""
    cast = f'<span class="cast">{marked(step["broadcast"])}</span>' if step["broadcast"] else ""
    note = f'<span class="does">{marked(step["note"])}</span>' if step["note"] else ""
    return (
        f'<li class="{kind}{" inner" if indent else ""}"><div class="call"><code>{text(step["call"])}</code> '
        f"{tag}</div>"
        f'<svg height="24" width="100%" aria-hidden="true" focusable="false">{marks}</svg>'
        f'<div class="tells"><span class="facts-line">{" · ".join(facts)}</span>{note}{cast}</div></li>'
    )


def _shape(shape: Sequence[int]) -> str:
    return "×".join(f"{size:,}" for size in shape) or "1"
