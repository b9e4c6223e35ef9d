"""Every rule of layer shapes against torch's own forward."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelwright.model.layers import make_layer
from modelwright.plan.layer_shapes import ELEMENTWISE, RULES, SIZE_FROM_INPUT
from modelwright.plan.shape_rule import Shape, ShapeProblem
from modelwright.plan.sizes import output_shape
from modelwright.spec.call import Call, parse
from modelwright.spec.signatures import names

VECTOR, SERIES, IMAGE, VOLUME = (12,), (4, 9), (4, 8, 10), (2, 6, 5, 7)
ARGUMENTS = {"Threshold": "(0.1, 20)"}

GRID: list[tuple[str, Shape]] = [
    *[(f"{name}{ARGUMENTS.get(name, '')}", shape) for name in ELEMENTWISE for shape in (VECTOR, IMAGE)],
    *[("Linear(12, 5)", VECTOR), ("Linear(9, 3, bias=False)", SERIES)],
    *[("Conv1d(4, 6, 3)", SERIES), ("Conv1d(4, 6, 4, stride=2, padding=1, dilation=2)", SERIES)],
    *[("Conv2d(4, 6, 3, padding=1)", IMAGE), ("Conv2d(4, 8, (3, 5), (2, 1), padding=(1, 0), groups=2)", IMAGE)],
    *[('Conv2d(4, 6, 3, padding="same")', IMAGE), ('Conv2d(4, 6, (4, 2), padding="same", dilation=2)', IMAGE)],
    *[('Conv2d(4, 6, 3, padding="valid")', IMAGE), ('Conv2d(4, 6, 3, padding=1, padding_mode="circular")', IMAGE)],
    *[("Conv3d(2, 3, 2, stride=2)", VOLUME), ('Conv3d(2, 3, 3, padding="same")', VOLUME)],
    *[("ConvTranspose1d(4, 6, 3, stride=2)", SERIES), ("ConvTranspose1d(4, 6, 3, dilation=2, padding=1)", SERIES)],
    *[("ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1)", IMAGE)],
    *[("ConvTranspose3d(2, 3, (1, 2, 3), stride=2)", VOLUME)],
    *[(f"{kind}Pool1d(2)", SERIES) for kind in ("Max", "Avg")],
    *[(f"{kind}Pool2d(3, stride=2, padding=1, ceil_mode=True)", IMAGE) for kind in ("Max", "Avg")],
    *[(f"{kind}Pool3d(2, ceil_mode=True)", VOLUME) for kind in ("Max", "Avg")],
    *[("MaxPool2d((2, 3), (1, 2), dilation=2)", IMAGE), ("MaxPool1d(3, 3, 1, 2)", SERIES)],
    *[("LPPool1d(2, 3)", SERIES), ("LPPool2d(2, (2, 3), ceil_mode=True)", IMAGE), ("LPPool3d(2, 2)", VOLUME)],
    *[(f"Adaptive{kind}Pool1d(5)", SERIES) for kind in ("Max", "Avg")],
    *[(f"Adaptive{kind}Pool2d((None, 3))", IMAGE) for kind in ("Max", "Avg")],
    *[(f"Adaptive{kind}Pool3d(1)", VOLUME) for kind in ("Max", "Avg")],
    *[(f"{kind}Pad1d((1, 2))", SERIES) for kind in ("Zero", "Reflection", "Replication", "Circular")],
    *[(f"{kind}Pad2d((1, 2, 0, 3))", IMAGE) for kind in ("Zero", "Reflection", "Replication", "Circular")],
    *[(f"{kind}Pad3d(1)", VOLUME) for kind in ("Zero", "Reflection", "Replication", "Circular")],
    *[("ConstantPad1d((2, -1), 1.5)", SERIES), ("ConstantPad2d(1, 0)", IMAGE), ("ConstantPad3d(2, 0)", VOLUME)],
    *[("Upsample(scale_factor=2)", IMAGE), ("Upsample(scale_factor=(1.5, 2.3))", IMAGE), ("Upsample(7)", SERIES)],
    *[("Upsample(size=(5, 4), mode='bilinear')", IMAGE), ("UpsamplingNearest2d(scale_factor=3)", IMAGE)],
    *[("UpsamplingBilinear2d(size=(3, 4))", IMAGE), ("PixelShuffle(2)", IMAGE), ("PixelUnshuffle(2)", IMAGE)],
    *[("BatchNorm1d(12)", VECTOR), ("BatchNorm1d(4)", SERIES), ("BatchNorm2d(4)", IMAGE), ("BatchNorm3d(2)", VOLUME)],
    *[("InstanceNorm1d(4)", SERIES), ("InstanceNorm2d(4, affine=True)", IMAGE), ("InstanceNorm3d(2)", VOLUME)],
    *[("GroupNorm(2, 4)", IMAGE), ("LayerNorm(10)", IMAGE), ("LayerNorm((8, 10))", IMAGE), ("RMSNorm(12)", VECTOR)],
    *[("LocalResponseNorm(2)", IMAGE), ("CrossMapLRN2d(3)", IMAGE), ("PReLU", VECTOR), ("PReLU(4)", IMAGE)],
    *[("Dropout1d", SERIES), ("Dropout2d(0.2)", IMAGE), ("Dropout3d", VOLUME), ("FeatureAlphaDropout", IMAGE)],
    *[("Softmax(dim=1)", VECTOR), ("LogSoftmax(-1)", SERIES), ("Softmin(2)", IMAGE), ("Softmax2d", IMAGE)],
    *[("GLU", VECTOR), ("GLU(1)", IMAGE), ("ChannelShuffle(2)", IMAGE)],
    *[("Flatten", IMAGE), ("Flatten(2)", IMAGE), ("Flatten(1, 2)", IMAGE), ("Flatten", VECTOR)],
    *[("Unflatten(1, (3, 4))", VECTOR), ("Unflatten(-1, (2, -1))", IMAGE)],
    *[(name, SERIES) for name in ("Last", "Mean", "Max", "Permute((0, 2, 1))", "PositionalEncoding(9)")],
    *[("SelfAttention(9, 3)", SERIES), ("MultiheadAttention(9, 3)", SERIES), ("Permute((0, 3, 1, 2))", IMAGE)],
    *[("TransformerEncoderLayer(9, 3, 8, batch_first=True)", SERIES), ("LearnedPositionalEncoding(5, 9)", SERIES)],
    *[("Residual(Linear(12, 5), ReLU, Linear(5, 12))", VECTOR)],
    *[("Residual(Conv2d(4, 6, 3, 2, 1), BatchNorm2d(6), shortcut=Conv2d(4, 6, 1, stride=2))", IMAGE)],
    *[("Concat(Conv2d(4, 6, 1), Sequential(Conv2d(4, 3, 3, padding=1), ReLU), Identity)", IMAGE)],
]
CODES: list[tuple[str, Shape]] = [("Embedding(10, 3)", (7,)), ("EmbeddingBag(10, 3)", (7,))]
NOT_ON_CPU = {"SyncBatchNorm"}


def real(text: str, batch: torch.Tensor) -> Shape:
    with torch.no_grad():
        return tuple(make_layer(parse(text))(batch).shape[1:])


@pytest.mark.parametrize(("text", "shape"), GRID)
def test_rule_gives_torchs_shape(text: str, shape: Shape) -> None:
    assert output_shape(parse(text), shape) == real(text, torch.rand(2, *shape))


@pytest.mark.parametrize(("text", "shape"), CODES)
def test_rule_gives_torchs_shape_for_codes(text: str, shape: Shape) -> None:
    assert output_shape(parse(text), shape) == real(text, torch.zeros(2, *shape, dtype=torch.int64))


def test_every_rule_is_compared() -> None:
    compared = {parse(text).name for text, _ in [*GRID, *CODES]}
    assert set(RULES) - NOT_ON_CPU <= compared


def test_rules_are_about_layers_that_exist() -> None:
    assert set(RULES) | set(SIZE_FROM_INPUT) <= set(names("layer"))


def both(call: Call, shape: Shape) -> tuple[Shape | None, Shape | None]:
    """Shapes by rule and by torch, None where refused."""
    try:
        ruled: Shape | None = output_shape(call, shape)
    except ShapeProblem:
        ruled = None
    try:
        with torch.device("meta"):
            seen: Shape | None = tuple(make_layer(call)(torch.empty(2, *shape)).shape[1:])
    except (RuntimeError, ValueError, IndexError):
        seen = None
    return ruled, seen


small = st.integers(1, 4)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(small, small, st.integers(0, 3), small, st.integers(3, 12), st.booleans())
def test_convolutions_and_pools_agree_with_torch(
    kernel: int, stride: int, padding: int, dilation: int, size: int, ceil: bool
) -> None:
    window = {"kernel_size": kernel, "stride": stride, "padding": padding}
    convolution = Call("Conv2d", (2, 3), {**window, "dilation": dilation})
    assert len(set(both(convolution, (2, size, size + 1)))) == 1
    pooling = Call("MaxPool2d", (), {**window, "dilation": dilation, "ceil_mode": ceil})
    assert len(set(both(pooling, (2, size, size + 1)))) == 1
    average = Call("AvgPool1d", (), {**window, "ceil_mode": ceil})
    assert len(set(both(average, (2, size)))) == 1


@QUICK
@given(small, small, st.integers(0, 3), small, st.integers(0, 3), st.integers(1, 6))
def test_transposed_convolutions_agree_with_torch(
    kernel: int, stride: int, padding: int, dilation: int, extra: int, size: int
) -> None:
    call = Call(
        "ConvTranspose1d",
        (2, 3, kernel, stride),
        {"padding": padding, "output_padding": extra, "dilation": dilation},
    )
    assert len(set(both(call, (2, size)))) == 1


@QUICK
@given(st.sampled_from(["Zero", "Reflection", "Replication", "Circular"]), st.tuples(*[st.integers(0, 5)] * 4))
def test_pads_agree_with_torch(kind: str, padding: tuple[int, ...]) -> None:
    assert len(set(both(Call(f"{kind}Pad2d", (padding,)), (2, 3, 4)))) == 1


@QUICK
@given(st.integers(-4, 4), st.integers(-4, 4))
def test_flatten_agrees_with_torch_where_rows_stay_apart(start: int, end: int) -> None:
    call = Call("Flatten", (start, end))
    ruled, seen = both(call, IMAGE)
    batch_axis = start in (0, -4) or end in (0, -4)
    assert ruled is None if batch_axis else ruled == seen
