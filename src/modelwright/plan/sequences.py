"""Layers of sequences: what follows from the data for them, and what each does to the shape of one row [T, C]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan.plan import TokensPlan
from modelwright.plan.shape_rule import Shape, ShapeProblem, dims, whole
from modelwright.spec.call import Call, Value
from modelwright.spec.names import bind

EMBEDDINGS = ("Embedding", "EmbeddingBag")
POOLS = ("Last", "Mean", "Max")
HEADS = {"TransformerEncoderLayer": ("d_model", "nhead")}
"""Layer → names of its width and of the number of its heads, where they are not `embed_dim` and `num_heads`."""


def with_vocabulary(calls: Sequence[Call], tokens: TokensPlan, where: Place = NOWHERE) -> list[Call]:
    """Return layers in which the first size of each Embedding follows from the vocabulary, and padding stays 0.

    Raises SpecError where numbers of tokens would be taken for quantities, or where an Embedding has too few vectors.
    """
    first = calls[0] if calls else None
    while first is not None and first.name in ("Sequential", "Residual", "Concat"):
        first = next((value for value in first.args if isinstance(value, Call)), None)
    if first is None or first.name not in EMBEDDINGS:
        raise SpecError(_no_embedding(first).at(where))
    filled = [_with_vocabulary(call, tokens.size) for call in calls]
    given = bind("layer", first).get("num_embeddings", ...)
    if isinstance(given, int) and given < tokens.size:
        raise SpecError(_few_vectors(first, given, tokens.size).at(where))
    return filled


def _no_embedding(first: Call | None) -> Diagnostic:
    return Diagnostic(
        code="S301",
        severity="error",
        message="texts are numbers of tokens, which are no quantities: the first layer has to make vectors of them",
        expected="Embedding(..., 64) as the first layer, or the recipe bag or transformer",
        received="no layer" if first is None else str(first),
        help="model: bag",
    )


def _few_vectors(call: Call, given: int, size: int) -> Diagnostic:
    return Diagnostic(
        code="S301",
        severity="error",
        message=f"{call} has {given:,} vectors, but there are {size:,} tokens (padding and the unknown one included)",
        expected=f"at least {size:,}, or `...`",
        received=f"{given:,}",
        help=f"Embedding(..., 64), or encode: {{text: WordLevel(vocab_size={given})}}",
    )


def _with_vocabulary(call: Call, size: int) -> Call:
    args = tuple(_with_vocabulary(value, size) if isinstance(value, Call) else value for value in call.args)
    call = replace(call, args=args)
    if call.name not in EMBEDDINGS:
        return call
    given = bind("layer", call)
    if given.get("num_embeddings", ...) is ...:
        named = "num_embeddings" in call.kwargs or not args
        call = replace(
            call,
            args=args if named else (size, *args[1:]),
            kwargs={**({"num_embeddings": size} if named else {}), **_without(call.kwargs, "num_embeddings")},
        )
    if given.get("padding_idx") is None and len(args) < 3 and call.name == "Embedding":
        call = replace(call, kwargs={**call.kwargs, "padding_idx": 0})
    return call


def _without(kwargs: Mapping[str, Value], name: str) -> dict[str, Value]:
    return {key: value for key, value in kwargs.items() if key != name}


def prepared(call: Call, shape: Shape) -> Call:
    """Return a layer with the steps that follow from its input, and with rows first where torch has steps first."""
    if call.name == "LearnedPositionalEncoding" and bind("layer", call).get("max_len", ...) is ...:
        args = (shape[0], *call.args[1:]) if call.args and "max_len" not in call.kwargs else call.args
        kwargs = call.kwargs if args else {**call.kwargs, "max_len": shape[0]}
        return replace(call, args=args, kwargs=kwargs)
    return _batch_first(call) if call.name in HEADS else call


def _batch_first(call: Call) -> Call:
    if bind("layer", call).get("batch_first") is False:
        raise ShapeProblem(
            f"{call.name} with batch_first=False would mix the rows of a batch: rows come first here",
            code="S301",
            expected="batch_first=True",
            received="batch_first=False",
            fix=str(replace(call, kwargs={**call.kwargs, "batch_first": True})),
        )
    return replace(call, kwargs={**call.kwargs, "batch_first": True})


def steps(name: str, shape: Shape) -> Shape:
    """Return the shape [T, C] of a row, or raise where it is no sequence."""
    if len(shape) != 2:
        raise ShapeProblem(
            f"{name} expects a sequence, steps × channels, but receives {dims(shape)}",
            code="S301",
            expected="steps × channels",
            received=dims(shape),
            fix="Embedding(..., 64) before it, where rows are texts" if len(shape) == 1 else "",
        )
    return shape


def pool(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Last, Mean or Max over time."""
    return steps(name, shape)[1:]


def attention(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after attention, whose heads must divide its width."""
    width_name, heads_name = HEADS.get(name, ("embed_dim", "num_heads"))
    steps(name, shape)
    width = whole(name, width_name, arguments.get(width_name))
    heads = whole(name, heads_name, arguments.get(heads_name, 1))
    pairs = 2 if arguments.get("rotary") is True else 1
    if width % (heads * pairs):
        below, above = width // (heads * pairs) * heads * pairs, -(-width // (heads * pairs)) * heads * pairs
        fitting = [str(one) for one in (below, above) if one]
        divide = f"{heads} heads" + (" of even width" if pairs == 2 else "")
        raise ShapeProblem(
            f"{name}: {divide} don't divide {width_name}={width}",
            code="S301",
            expected=f"{width_name} {' or '.join(fitting)}, or one of {_divisors(width, pairs)} heads",
            received=f"{width} / {heads}",
            fix=f"a layer before it that gives {fitting[-1]}",
            assume=shape,
        )
    return shape


def _divisors(width: int, pairs: int) -> str:
    found = [heads for heads in range(1, min(width, 64) + 1) if width % (heads * pairs) == 0]
    return ", ".join(map(str, found[:8])) or "no"


def positional(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after a positional encoding, which has a place for so many steps."""
    length, _ = steps(name, shape)
    if name == "LearnedPositionalEncoding":
        longest = whole(name, "max_len", arguments.get("max_len"))
        if longest < length:
            raise ShapeProblem(
                f"{name} has {longest} places, but its input has {length} steps",
                code="S301",
                expected=f"at least {length}",
                received=str(longest),
                fix=f"{name}({length})",
                assume=shape,
            )
    return shape


def permute(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Permute, whose first axis is the batch."""
    value = arguments.get("dims")
    order = [one for one in value if isinstance(one, int)] if isinstance(value, tuple) else []
    axes = len(shape) + 1
    if sorted(order) != list(range(axes)) or order[0] != 0:
        example = "(0, " + ", ".join(str(axis) for axis in reversed(range(1, axes))) + ")"
        raise ShapeProblem(
            f"{name} must name each of the {axes} axes once, the batch first",
            code="S301",
            expected=f"0 first, then {', '.join(str(axis) for axis in range(1, axes))} in any order",
            received=str(value),
            fix=f"{name}({example})",
        )
    return tuple(shape[axis - 1] for axis in order[1:])
