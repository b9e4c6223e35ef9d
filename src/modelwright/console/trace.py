"""How columns become numbers, and what each layer makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelwright.plan.plan import InputPlan, Plan, input_width
from modelwright.plan.shape_rule import Shape, dims
from modelwright.text import Line, aligned, count, heading, listed, scaled, shortened, width, wrapped

if TYPE_CHECKING:
    from modelwright.model.trace import LayerTrace

CALLS = 44
NAMES = 28


def input_lines(plan: Plan) -> list[Line]:
    """Show each input column with its encoding and how many numbers it becomes; then the columns that are no inputs."""
    rows = [("column", "kind", "encoding", "numbers", "")]
    for column in plan.inputs:
        name = shortened(column.name, NAMES)
        rows.append((name, column.kind, column.encoding.replace("_", "-"), str(input_width(column)), _details(column)))
    total = f"{count(len(plan.inputs), 'column')} → {count(plan.width, 'number')}"
    lines = [heading("inputs", total), *_table(rows, right=[3])]
    unused = [(shortened(name, NAMES), why) for name, why in plan.unused.items() if why != "target"]
    return [*lines, *([[], heading("not inputs", count(len(unused), "column")), *_table(unused)] if unused else [])]


def _details(column: InputPlan) -> str:
    flag = ["a flag where it was missing"] if column.flag else []
    match column.encoding:
        case "number":
            scale = "0 or 1" if column.kind == "boolean" else f"{_range(column)}, scaled"
            return ", ".join((scale, *flag))
        case "date":
            return ", ".join((*column.dates, *flag))
        case "one_hot" | "embedding":
            names = ["missing" if name is None else name for name in column.categories]
            vector = f"{count(len(names), 'vector')}: " if column.encoding == "embedding" else ""
            return vector + listed(names, 60)
        case "pixels" | "steps":
            return dims(column.shape)
        case "tokens":
            return _tokens(column)


def _tokens(column: InputPlan) -> str:
    tokens = column.tokens
    return "" if tokens is None else f"{tokens.tokenizer}: {count(tokens.size, 'token')}, {tokens.length} a text"


def _range(column: InputPlan) -> str:
    return f"{_figure(column.low)} to {_figure(column.high)}"


def _figure(value: float | None) -> str:
    """Thousands are marked from 10,000 on, so that years look like years."""
    return "?" if value is None else f"{value:.6g}" if abs(value) < 10_000 else f"{value:,.0f}"


def trace_lines(layers: Sequence[LayerTrace], recipe: str | None) -> list[Line]:
    """Show each layer with its shapes, weights, whether it learns, the operations for one row, and what it does."""
    rows = [("#", "layer", "input", "output", "weights", "learns", "FLOPs", "")]
    for layer in layers:
        cost = "?" if layer.flops is None else scaled(layer.flops)
        shapes = _shape(layer.input), _shape(layer.output)
        name = shortened("  " * layer.index.count(".") + layer.call, CALLS)
        rows.append(
            (
                layer.index,
                name,
                *shapes,
                f"{layer.parameters:,}",
                _learns(layer),
                cost,
                layer.note.removeprefix("no weights: "),
            )
        )
    weights = sum(layer.parameters for layer in layers)
    cost = scaled(sum(layer.flops or 0 for layer in layers))
    rows.append(("", "total", "", "", f"{weights:,}", "", cost, "for one row"))
    made = f"{recipe} → " if recipe else ""
    return [heading("model", f"{made}{count(len(layers), 'layer')}"), *_table(rows, right=[2, 3, 4, 6])]


def _learns(layer: LayerTrace) -> str:
    if not layer.trainable:
        return "no"
    return "yes" if layer.trainable == layer.parameters else "partly"


def _shape(shape: Shape) -> str:
    return dims(shape) if shape else "1"


def _table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[Line]:
    """Return rows in columns, the first one dim; the last cell is a text that is wrapped, or goes below its row."""
    cells = aligned([row[:-1] for row in rows], right=right)
    column = max(len(line) for line in cells) + 4
    room = width() - column
    lines: list[Line] = []
    for number, (line, row) in enumerate(zip(cells, rows, strict=True)):
        style = "dim" if right and number == 0 else ""
        parts = wrapped(row[-1], room if room >= 24 else width() - 8) if row[-1] else []
        beside = parts[:1] if room >= 24 else []
        lines.append([(style, f"  {line:<{column - 4}}"), *[("dim", f"  {part}") for part in beside]])
        below = column if room >= 24 else 8
        lines.extend([("dim", " " * below + part)] for part in parts[len(beside) :])
    return lines
