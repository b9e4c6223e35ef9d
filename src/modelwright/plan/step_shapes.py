"""What layers of sequences do to the shape of one row: [T, C] stands for T steps of C channels."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.plan.shape_rule import Shape, ShapeProblem, dims, pick, whole
from modelwright.spec.call import Call, Value

RECURRENT = ("GRU", "LSTM", "RNN")


def recurrent(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after GRU, LSTM or RNN: the state at each step, twice as wide where both directions are read."""
    width = whole(name, "hidden_size", arguments.get("hidden_size"))
    whole(name, "num_layers", pick(arguments, "num_layers", 1))
    proj = pick(arguments, "proj_size", 0)
    if proj:
        width = whole(name, "proj_size", proj)
    both = 2 if arguments.get("bidirectional") is True else 1
    _sequence(name, shape, (shape[0], both * width) if len(shape) == 2 else None)
    return shape[0], both * width


def targets(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Targets: the first columns of all steps as one row."""
    count = whole(name, "targets", arguments.get("targets"))
    _sequence(name, shape, None)
    if count > shape[1]:
        raise ShapeProblem(
            f"{name} takes {count} columns of each step, but {dims(shape)} arrives",
            code="S301",
            expected=f"at most {shape[1]}",
            received=str(count),
        )
    return (shape[0] * count,)


def decomposed(call: Call, shapes: list[Shape]) -> Shape:
    """Return the shape after the two branches of Decomposition, which are added."""
    if len(shapes) != 2 or shapes[0] != shapes[1]:
        told = " and ".join(dims(shape) for shape in shapes)
        raise ShapeProblem(
            f"{call.name} adds what its two layers make, season and trend: {told} cannot be added", code="S301"
        )
    return shapes[0]


def _sequence(name: str, shape: Shape, assume: Shape | None) -> None:
    if len(shape) != 2:
        raise ShapeProblem(
            f"{name} takes sequences, steps × channels, but receives {dims(shape)}",
            code="S301",
            expected="2 axes for one row",
            received=dims(shape),
            assume=assume,
        )
