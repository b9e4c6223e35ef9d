"""Blocks as HTML. Every text of the user goes through `text` or `marked`, which leave no tag in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelwright.report.blocks import (
    Block,
    Cell,
    Commands,
    Facts,
    Figure,
    Findings,
    Flow,
    Gallery,
    Headline,
    Listing,
    Missing,
    Passages,
    Scores,
    Table,
)
from modelwright.report.flow_html import flow
from modelwright.report.gallery_html import passages, wall
from modelwright.report.markup import anchor, lines, marked, text

MOODS = {"good": "✓", "warn": "≈", "bad": "✗", "plain": ""}
SEVERITIES = {"error": "bad", "warning": "warn", "note": "plain"}


def block_html(block: Block) -> str:
    """Return one block as HTML."""
    return WRITERS[block.kind](block)


def table_html(table: Table, label: str) -> str:
    """Return a table that scrolls by itself where it is wider than the page, and by keyboard."""
    numeric = [all(not isinstance(row[at], str) for row in table.rows) for at in range(len(table.columns))]
    kinds = [' class="n"' if each else "" for each in numeric]
    head = "".join(f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(table.columns, kinds, strict=True))
    rows = "".join(f"<tr>{_cells(row, kinds)}</tr>" for row in table.rows)
    note = f'<p class="note">{marked(table.note)}</p>' if table.note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}"><table>'
        f'<caption class="unseen">{text(label)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )


def _cells(row: Sequence[Cell], kinds: Sequence[str]) -> str:
    return "".join(f"<td{kind}>{text(number(cell))}</td>" for cell, kind in zip(row, kinds, strict=True))


def number(cell: Cell) -> str:
    """Return a cell as text; numbers with six significant digits, thousands marked from 10,000 on.

    >>> number(0.123456789), number(1234.0), number(48713.25), number(None)
    ('0.123457', '1234', '48,713.2', '–')
    """
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "–"
    if isinstance(cell, str):
        return cell
    if abs(cell) < 10_000 or (isinstance(cell, float) and abs(cell) >= 1e15):
        return f"{cell:.6g}"
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.6g}" if abs(cell) < 1e6 else f"{cell:,.0f}"


def _head(title: str, how: str, name: str) -> str:
    words = f'<p class="how">{marked(how)}</p>' if how else ""
    return f'<h3 id="{name}-title">{marked(title)}</h3>{words}' if title else words


def _figure(block: Figure) -> str:
    name = anchor(block.id)
    panels = "".join(_panel(block, at) for at in range(len(block.plots)))
    note = f'<p class="note">{marked(block.note)}</p>' if block.note else ""
    several = " panels" if len(block.plots) > 1 else ""
    return (
        f'<figure class="card{" wide" if block.wide else ""}" id="{name}" aria-labelledby="{name}-title">'
        f"{_head(block.title, block.how, name)}"
        f'{_legend(block.legend)}<div class="plots{several}">{panels}</div>{note}'
        f"{_numbers(block.table, block.title)}</figure>"
    )


def _legend(legend: Sequence[Sequence[str]]) -> str:
    if not legend:
        return ""
    swatch = (
        '<svg width="18" height="10" aria-hidden="true" focusable="false"><rect class="{}" width="18" '
        'height="4" y="3" rx="2"/></svg>'
    )
    names = "".join(f"<li>{swatch.format(anchor(colour))}{text(name)}</li>" for name, colour in legend)
    return f'<ul class="legend">{names}</ul>'


def _panel(block: Figure, at: int) -> str:
    plot = block.plots[at]
    title = f"<h4>{marked(plot.title)}</h4>" if plot.title else ""
    label = text(f"{block.title}{': ' + plot.title if plot.title else ''}. {block.how}")
    place = f'<div class="plot" role="img" aria-label="{label}" data-plot="{text(block.id)}#{at}"></div>'
    return f'<div class="panel">{title}{place}</div>'


def _scores(block: Scores) -> str:
    name = anchor(block.id)
    low, high = block.ends
    rows = "".join(_score_row(bar, low, high) for bar in block.bars)
    ticks = "".join(f"<span>{text(label)}</span>" for label in block.ticks)
    note = f'<p class="note">{marked(block.note)}</p>' if block.note else ""
    return (
        f'<figure class="card wide" id="{name}" aria-labelledby="{name}-title">{_head(block.title, block.how, name)}'
        f'<div class="scores">{rows}<div class="score axis" aria-hidden="true"><span></span>'
        f'<div class="ticks">{ticks}</div><span></span></div></div>{note}</figure>'
    )


def _score_row(bar: Mapping[str, Any], low: float, high: float) -> str:
    width = high - low

    def at(value: float) -> str:
        return f"{max(0.0, min(100.0, 100 * (value - low) / width)):.2f}%"

    own = bar["verdict"] == "model"
    marks = "".join(f'<line class="grid" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>' for x in (0, 25, 50, 75, 100))
    if bar.get("low") is not None and bar.get("high") is not None:
        length = f"{100 * (bar['high'] - bar['low']) / width:.2f}%"
        marks += f'<rect class="span" x="{at(bar["low"])}" width="{length}" y="10" height="12" rx="6"/>'
    if bar["value"] is not None:
        marks += f'<circle class="dot" cx="{at(bar["value"])}" cy="16" r="6.5"/>'
    return (
        f'<div class="score {text(bar["verdict"].replace(" ", "-"))}"><span class="who">{text(bar["name"])}</span>'
        f'<svg height="32" width="100%" aria-hidden="true" focusable="false">{marks}</svg>'
        f'<span class="what">{"<b>" if own else ""}{text(bar["text"])}{"</b>" if own else ""} '
        f'<span class="tag {text(bar["mood"])}">{text(bar["words"])}</span></span></div>'
    )


def _listing(block: Listing) -> str:
    name = anchor(block.id)
    table = table_html(block.table, block.title)
    if block.folded:
        words = f'<p class="how">{marked(block.how)}</p>'
        return (
            f'<details class="card wide fold" id="{name}"><summary><h3>{marked(block.title)}</h3></summary>'
            f"{words}{table}</details>"
        )
    return f'<div class="card wide" id="{name}">{_head(block.title, block.how, name)}{table}</div>'


def _findings(block: Findings) -> str:
    name = anchor(block.id)
    return (
        f'<div class="card wide" id="{name}">{_head(block.title, block.how, name)}'
        f'<ul class="findings">{"".join(_finding(one) for one in block.found)}</ul></div>'
    )


def _finding(one: Mapping[str, Any]) -> str:
    where = one.get("where") or {}
    place = ", ".join(f"{name} {value}" for name, value in where.items())
    parts = [("where", place)] + [(name, one.get(name, "")) for name in ("expected", "received", "known")]
    told = "".join(f"<dt>{name}</dt><dd>{marked(str(value))}</dd>" for name, value in parts if value)
    fix = f"<dt>fix</dt><dd><code>{text(str(one['help']))}</code></dd>" if one.get("help") else ""
    mood = SEVERITIES.get(str(one["severity"]), "plain")
    return (
        f'<li><p><span class="tag {mood}">{text(str(one["severity"]))} {text(str(one["code"]))}</span> '
        f"{marked(str(one['message']))}</p><dl>{told}{fix}</dl></li>"
    )


def _headline(block: Headline) -> str:
    words = "".join(f"<p>{marked(line)}</p>" for line in block.words)
    sign = f'<span class="sign" aria-hidden="true">{MOODS[block.mood]}</span>' if MOODS[block.mood] else ""
    return (
        f'<div class="headline card wide {text(block.mood)}"><p class="big"><span '
        f'class="value">{text(block.value)}</span>'
        f'<span class="label">{marked(block.label)}</span></p><div class="words">{sign}{words}</div></div>'
    )


def _facts(block: Facts) -> str:
    facts = "".join(f"<div><dt>{text(name)}</dt><dd>{marked(value)}</dd></div>" for value, name in block.facts)
    return f'<dl class="facts wide">{facts}</dl>'


def _commands(block: Commands) -> str:
    rows: list[str] = []
    for at, (what, command) in enumerate(block.commands):
        name = f"command-{anchor(what)}-{at}"
        rows.append(
            f'<div class="command"><p id="{name}-what">{marked(what)}</p>'
            f'<div class="line"><pre tabindex="0" aria-labelledby="{name}-what"><code '
            f'id="{name}">{lines(command)}</code></pre>'
            f'<button type="button" hidden data-copy="{name}" aria-describedby="{name}-what">Copy</button></div></div>'
        )
    return f'<div class="card wide"><h3>{text(block.title)}</h3>{"".join(rows)}</div>'


def _missing(block: Missing) -> str:
    name = anchor(block.id)
    return (
        f'<div class="card missing wide" id="{name}"><h3>{marked(block.title)}</h3>'
        f'<p class="how">Not shown: {marked(block.why)}.</p></div>'
    )


def _framed(block: Flow | Gallery | Passages, inside: str, table: Table | None = None) -> str:
    name = anchor(block.id)
    note = f'<p class="note">{marked(block.note)}</p>' if block.note else ""
    numbers = "" if table is None else _numbers(table, block.title)
    return (
        f'<figure class="card wide" id="{name}" aria-labelledby="{name}-title">{_head(block.title, block.how, name)}'
        f"{inside}{note}{numbers}</figure>"
    )


def _numbers(table: Table, title: str) -> str:
    return f"<details><summary>The numbers as a table</summary>{table_html(table, title)}</details>"


def _flow(block: Flow) -> str:
    return _framed(block, flow(block.steps))


def _gallery(block: Gallery) -> str:
    return _framed(block, wall(block.rows), block.table)


def _passages(block: Passages) -> str:
    return _framed(block, passages(block.passages, block.legend), block.table)


WRITERS: Mapping[str, Callable[[Any], str]] = {
    "figure": _figure,
    "scores": _scores,
    "flow": _flow,
    "gallery": _gallery,
    "passages": _passages,
    "listing": _listing,
    "findings": _findings,
    "headline": _headline,
    "facts": _facts,
    "commands": _commands,
    "missing": _missing,
}
