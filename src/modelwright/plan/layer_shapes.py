"""What each layer of torch.nn does to the shape of one row, without torch: a table of rules.

A rule takes the layer's name, its arguments by name and the shape of one row (no batch axis), and returns the shape
that comes out, or raises ShapeProblem. Dimensions in arguments (`Flatten(1)`, `Softmax(dim=1)`) count the batch axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from modelwright.plan import sequences, step_shapes, window_shapes
from modelwright.plan.shape_rule import Shape, ShapeProblem, dims, whole
from modelwright.spec.call import Value

Rule = Callable[[str, Mapping[str, Value], Shape], Shape]

_BY_AXES = ("1d", "2d", "3d")
_CONVOLUTIONS = tuple(f"Conv{axes}" for axes in _BY_AXES)
_TRANSPOSED = tuple(f"ConvTranspose{axes}" for axes in _BY_AXES)

SIZE_FROM_INPUT: dict[str, tuple[str, int, int]] = {
    "Linear": ("in_features", 0, -1),
    **dict.fromkeys((*_CONVOLUTIONS, *_TRANSPOSED), ("in_channels", 0, 0)),
    **{f"BatchNorm{axes}": ("num_features", 0, 0) for axes in _BY_AXES},
    **{f"InstanceNorm{axes}": ("num_features", 0, 0) for axes in _BY_AXES},
    "SyncBatchNorm": ("num_features", 0, 0),
    "GroupNorm": ("num_channels", 1, 0),
    "LayerNorm": ("normalized_shape", 0, -1),
    "RMSNorm": ("normalized_shape", 0, -1),
    **dict.fromkeys(("GRU", "LSTM", "RNN"), ("input_size", 0, -1)),
    **dict.fromkeys(("TransformerEncoderLayer", "PositionalEncoding"), ("d_model", 0, -1)),
    "LearnedPositionalEncoding": ("d_model", 1, -1),
    **dict.fromkeys(("SelfAttention", "MultiheadAttention"), ("embed_dim", 0, -1)),
}
"""Layer → the argument that follows from its input, its position, and the axis of one row that it is read from."""

SIZE_OF_OUTPUT: dict[str, tuple[str, int]] = {"Linear": ("out_features", 1)}
"""Layer → the argument that follows from the target in the last such layer, and its position."""

ELEMENTWISE = (
    *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU"),
    *("LogSigmoid", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink"),
    *("Softsign", "Tanh", "Tanhshrink", "Threshold", "Dropout", "AlphaDropout"),
)
"""Layers that treat each number alone."""


def same(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape unchanged."""
    return shape


def linear(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Linear, which works on the last axis."""
    return (*shape[:-1], whole(name, "out_features", arguments.get("out_features")))


def with_axes(*counts: int) -> Rule:
    """Return the rule of a layer that keeps the shape but needs rows of so many axes."""

    def rule(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
        if len(shape) not in counts:
            needed = " or ".join(str(count) for count in counts)
            raise ShapeProblem(
                f"{name} expects {needed} axes for one row, but receives {dims(shape)}",
                code="S301",
                expected=f"{needed} axes, channels first",
                received=dims(shape),
                assume=shape,
            )
        return shape

    return rule


def group_norm(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after GroupNorm, whose groups must divide the channels."""
    groups = whole(name, "num_groups", arguments.get("num_groups"))
    if shape[0] % groups:
        fitting = [str(count) for count in range(1, shape[0] + 1) if shape[0] % count == 0]
        raise ShapeProblem(
            f"GroupNorm: {groups} groups don't divide {shape[0]} channels",
            code="S301",
            expected=f"one of {', '.join(fitting)} groups",
            received=str(groups),
            assume=shape,
        )
    return shape


def prelu(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after PReLU, which has one slope or one a channel."""
    count = whole(name, "num_parameters", arguments.get("num_parameters", 1))
    if count not in (1, shape[0]):
        raise ShapeProblem(
            f"PReLU has {count} slopes, but its input has {shape[0]} channels",
            code="S301",
            expected=f"1 or {shape[0]}",
            received=str(count),
            fix=f"PReLU({shape[0]})",
            assume=shape,
        )
    return shape


def _axis(name: str, key: str, value: Value, shape: Shape) -> int:
    """Return a dimension that counts the batch axis as an index into the shape of one row."""
    axes = len(shape) + 1
    if not isinstance(value, int) or isinstance(value, bool) or not -axes <= value < axes:
        raise ShapeProblem(
            f"{name}: {key} must be a whole number from {-axes} to {axes - 1}, not {value!r}", code="S301"
        )
    if value % axes == 0:
        raise ShapeProblem(
            f"{name}: {key}={value} is the batch axis; it would mix rows",
            code="S301",
            expected=f"{key} from 1 to {axes - 1}, or from {1 - axes} to -1",
            received=str(value),
            assume=shape,
        )
    return value % axes - 1


def along(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Softmax, LogSoftmax or Softmin."""
    if arguments.get("dim") is None:
        raise ShapeProblem(
            f"{name} needs the axis it runs along", code="S301", expected="dim", fix=f"{name}(dim=1)", assume=shape
        )
    _axis(name, "dim", arguments["dim"], shape)
    return shape


def glu(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after GLU, which halves an axis."""
    axis = _axis(name, "dim", arguments.get("dim", -1), shape)
    if shape[axis] % 2:
        raise ShapeProblem(f"GLU halves an axis, but {shape[axis]} is odd", code="S301", received=dims(shape))
    return (*shape[:axis], shape[axis] // 2, *shape[axis + 1 :])


def flatten(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Flatten."""
    start = _axis(name, "start_dim", arguments.get("start_dim", 1), shape)
    end = _axis(name, "end_dim", arguments.get("end_dim", -1), shape)
    if start > end:
        raise ShapeProblem(f"{name}: start_dim stands after end_dim for {dims(shape)}", code="S301")
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


def unflatten(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Unflatten; one of the sizes may be -1."""
    axis = _axis(name, "dim", arguments.get("dim"), shape)
    value = arguments.get("unflattened_size")
    sizes = [one for one in value if isinstance(one, int)] if isinstance(value, tuple) else []
    if not sizes or not isinstance(value, tuple) or len(sizes) != len(value):
        raise ShapeProblem(f"{name}: unflattened_size must be a list of whole numbers", code="S301")
    if sizes.count(-1) == 1 and (rest := math.prod(size for size in sizes if size != -1)) > 0:
        sizes[sizes.index(-1)] = shape[axis] // rest
    if min(sizes) < 1 or math.prod(sizes) != shape[axis]:
        product = "·".join(str(size) for size in sizes)
        raise ShapeProblem(
            f"{name} can't make {dims(tuple(sizes))} of {shape[axis]} numbers: {product} = {math.prod(sizes)}",
            expected=f"sizes whose product is {shape[axis]}",
            received=str(math.prod(sizes)),
        )
    return (*shape[:axis], *sizes, *shape[axis + 1 :])


def channel_shuffle(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after ChannelShuffle, whose groups must divide the channels."""
    groups = whole(name, "groups", arguments.get("groups"))
    if len(shape) < 2 or shape[0] % groups:
        raise ShapeProblem(f"{name}: {groups} groups don't divide the channels of {dims(shape)}", code="S301")
    return shape


def embedding(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Embedding (a vector for each code) or EmbeddingBag (one for all codes of a row)."""
    whole(name, "num_embeddings", arguments.get("num_embeddings"))
    width = whole(name, "embedding_dim", arguments.get("embedding_dim"))
    return (width,) if name == "EmbeddingBag" else (*shape, width)


def normalized(value: Value, shape: Shape) -> tuple[Shape, Shape]:
    """Return the sizes that a LayerNorm or RMSNorm is given and those of its input on the same axes."""
    given = value if isinstance(value, tuple) else (value,)
    sizes = tuple(whole("LayerNorm", "normalized_shape", size) for size in given)
    return sizes, shape[-len(sizes) :]


RULES: dict[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, same),
    "Linear": linear,
    **dict.fromkeys(_CONVOLUTIONS, window_shapes.convolution),
    **dict.fromkeys(_TRANSPOSED, window_shapes.transposed),
    **{f"{kind}Pool{axes}": window_shapes.pool for kind in ("Max", "Avg", "LP") for axes in _BY_AXES},
    **{f"Adaptive{kind}Pool{axes}": window_shapes.adaptive for kind in ("Max", "Avg") for axes in _BY_AXES},
    **{
        f"{kind}Pad{axes}": window_shapes.pad
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for axes in _BY_AXES
    },
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), window_shapes.upsample),
    **dict.fromkeys(("PixelShuffle", "PixelUnshuffle"), window_shapes.shuffle),
    "BatchNorm1d": with_axes(1, 2),
    **{f"{kind}2d": with_axes(3) for kind in ("BatchNorm", "InstanceNorm", "Dropout", "CrossMapLRN", "Softmax")},
    **{f"{kind}3d": with_axes(4) for kind in ("BatchNorm", "InstanceNorm", "Dropout")},
    **{f"{kind}1d": with_axes(2) for kind in ("InstanceNorm", "Dropout")},
    "LocalResponseNorm": with_axes(2, 3, 4),
    "FeatureAlphaDropout": with_axes(1, 2, 3, 4),
    "SyncBatchNorm": with_axes(1, 2, 3, 4),
    "GroupNorm": group_norm,
    **dict.fromkeys(("LayerNorm", "RMSNorm"), same),
    "PReLU": prelu,
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), along),
    "GLU": glu,
    "Flatten": flatten,
    "Unflatten": unflatten,
    "ChannelShuffle": channel_shuffle,
    **dict.fromkeys(("Embedding", "EmbeddingBag"), embedding),
    **dict.fromkeys(sequences.POOLS, sequences.pool),
    **dict.fromkeys(("SelfAttention", "MultiheadAttention", "TransformerEncoderLayer"), sequences.attention),
    **dict.fromkeys(("PositionalEncoding", "LearnedPositionalEncoding"), sequences.positional),
    "Permute": sequences.permute,
    **dict.fromkeys(step_shapes.RECURRENT, step_shapes.recurrent),
    "Targets": step_shapes.targets,
}
