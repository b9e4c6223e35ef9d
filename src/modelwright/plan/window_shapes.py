"""Output shapes of layers that slide a window: convolutions and pools, as torch.nn's documentation gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from modelwright.plan.shape_rule import Shape, ShapeProblem, dims, pick, whole
from modelwright.spec.call import Value


def spatial(name: str, arguments: Mapping[str, Value], key: str, count: int, default: Value = None) -> tuple[int, ...]:
    """Return an argument that is one number for all axes or one an axis, as one an axis."""
    value = pick(arguments, key, default)
    if isinstance(value, tuple):
        if len(value) != count:
            raise ShapeProblem(f"{name} needs one {key} or {count}, not {len(value)}", code="S301")
        return tuple(whole(name, key, part, 0) for part in value)
    return (whole(name, key, value, 0),) * count


def _axes(name: str, shape: Shape, count: int) -> Shape:
    if len(shape) != count + 1:
        axes = {1: "channels × length", 2: "channels × height × width", 3: "channels × depth × height × width"}[count]
        raise ShapeProblem(
            f"{name} expects {axes} for one row, but receives {dims(shape)}", expected=axes, received=dims(shape)
        )
    return shape[1:]


def _slide(name: str, size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool = False) -> int:
    if kernel < 1 or stride < 1 or dilation < 1:
        raise ShapeProblem(f"{name}: kernel_size, stride and dilation must be at least 1", code="S301")
    reach = dilation * (kernel - 1) + 1
    free = size + 2 * padding - reach
    count = (math.ceil(free / stride) if ceil else free // stride) + 1
    if ceil and (count - 1) * stride >= size + padding:
        count -= 1  # torch leaves out a window that starts in the right padding
    if count < 1:
        dilated = f" (dilated to {reach})" if dilation > 1 else ""
        padded = f" plus padding {padding} on both sides" if padding else ""
        raise ShapeProblem(
            f"the kernel of {name} spans {kernel}{dilated}, but its input is only {size} long{padded}",
            expected=f"an input of at least {reach - 2 * padding}",
            received=str(size),
        )
    return count


def convolution(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Conv1d, Conv2d or Conv3d."""
    count = int(name[-2])
    axes = _axes(name, shape, count)
    kernel = spatial(name, arguments, "kernel_size", count)
    stride = spatial(name, arguments, "stride", count, 1)
    dilation = spatial(name, arguments, "dilation", count, 1)
    out = whole(name, "out_channels", arguments.get("out_channels"))
    check_groups(name, arguments, shape[0], out)
    padding = arguments.get("padding", 0)
    if padding == "same":
        if any(step != 1 for step in stride):
            raise ShapeProblem(f'{name}: padding="same" works with stride 1 only', code="S301", assume=(out, *axes))
        return (out, *axes)
    pads = (0,) * count if padding == "valid" else spatial(name, arguments, "padding", count, 0)
    each = zip(axes, kernel, stride, pads, dilation, strict=True)
    return (out, *(_slide(name, *one) for one in each))


def check_groups(name: str, arguments: Mapping[str, Value], channels: int, out: int) -> None:
    """Raise where `groups` does not divide the channels."""
    groups = whole(name, "groups", arguments.get("groups", 1))
    if channels % groups or out % groups:
        raise ShapeProblem(
            f"{name}: groups={groups} must divide {channels} input channels and {out} output channels", code="S301"
        )


def transposed(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after ConvTranspose1d, ConvTranspose2d or ConvTranspose3d."""
    count = int(name[-2])
    axes = _axes(name, shape, count)
    out = whole(name, "out_channels", arguments.get("out_channels"))
    check_groups(name, arguments, shape[0], out)
    kernel = spatial(name, arguments, "kernel_size", count)
    stride = spatial(name, arguments, "stride", count, 1)
    pads = spatial(name, arguments, "padding", count, 0)
    extra = spatial(name, arguments, "output_padding", count, 0)
    dilation = spatial(name, arguments, "dilation", count, 1)
    result = tuple(
        (size - 1) * step - 2 * pad + d * (k - 1) + e + 1
        for size, k, step, pad, e, d in zip(axes, kernel, stride, pads, extra, dilation, strict=True)
    )
    return (out, *_positive(name, result, shape))


def pool(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after MaxPool, AvgPool or LPPool of 1, 2 or 3 axes."""
    count = int(name[-2])
    axes = _axes(name, shape, count)
    if arguments.get("return_indices") is True:
        raise ShapeProblem(f"{name} with return_indices=True gives two tensors; a list of layers passes on one")
    kernel = spatial(name, arguments, "kernel_size", count)
    stride = spatial(name, arguments, "stride", count, kernel)
    pads = spatial(name, arguments, "padding", count, 0)
    dilation = spatial(name, arguments, "dilation", count, 1)
    if any(2 * pad > k for pad, k in zip(pads, kernel, strict=True)):
        raise ShapeProblem(f"{name}: padding must be at most half of kernel_size", code="S301")
    ceil = arguments.get("ceil_mode") is True
    each = zip(axes, kernel, stride, pads, dilation, strict=True)
    return (shape[0], *(_slide(name, *one, ceil) for one in each))


def adaptive(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after AdaptiveAvgPool or AdaptiveMaxPool; None keeps the size of its axis."""
    count = int(name[-2])
    axes = _axes(name, shape, count)
    size = arguments.get("output_size")
    sizes = size if isinstance(size, tuple) else (size,) * count
    if len(sizes) != count:
        raise ShapeProblem(f"{name} needs one output_size or {count}, not {len(sizes)}", code="S301")
    given = tuple(
        axis if one is None else whole(name, "output_size", one) for one, axis in zip(sizes, axes, strict=True)
    )
    return (shape[0], *given)


def pad(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after ZeroPad, ConstantPad, ReflectionPad, ReplicationPad or CircularPad."""
    count = int(name[-2])
    axes = _axes(name, shape, count)
    value = pick(arguments, "padding")
    around = value if isinstance(value, tuple) else (value,) * (2 * count)
    if len(around) != 2 * count or not all(isinstance(one, int) for one in around):
        raise ShapeProblem(f"{name} needs one padding or {2 * count} whole numbers", code="S301")
    numbers = [one for one in around if isinstance(one, int)]
    # torch lists the last axis first
    sums = [numbers[2 * i] + numbers[2 * i + 1] for i in reversed(range(count))]
    strict = {"Reflection": 1, "Circular": 0}.get(name[: -len("Pad2d")])
    for index, axis in enumerate(reversed(axes)):
        if strict is not None and max(numbers[2 * index : 2 * index + 2]) > axis - strict:
            raise ShapeProblem(f"{name}: padding {value} is more than {dims(shape)} has to copy")
    return (shape[0], *_positive(name, tuple(a + s for a, s in zip(axes, sums, strict=True)), shape))


def upsample(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after Upsample, UpsamplingNearest2d or UpsamplingBilinear2d."""
    axes = _axes(name, shape, 2 if name.endswith("2d") else min(3, max(1, len(shape) - 1)))
    size, factor = arguments.get("size"), arguments.get("scale_factor")
    if (size is None) == (factor is None):
        raise ShapeProblem(f"{name} needs either size or scale_factor", code="S301")
    if size is not None:
        return (shape[0], *spatial(name, arguments, "size", len(axes)))
    factors = factor if isinstance(factor, tuple) else (factor,) * len(axes)
    if len(factors) != len(axes) or not all(isinstance(one, (int, float)) for one in factors):
        raise ShapeProblem(f"{name} needs one scale_factor or {len(axes)} numbers", code="S301")
    scaled = [math.floor(a * f) for a, f in zip(axes, factors, strict=True) if isinstance(f, (int, float))]
    return (shape[0], *_positive(name, tuple(scaled), shape))


def shuffle(name: str, arguments: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape after PixelShuffle or PixelUnshuffle."""
    channels, height, width = shape[0], *_axes(name, shape, 2)
    if name == "PixelShuffle":
        factor = whole(name, "upscale_factor", arguments.get("upscale_factor"))
        if channels % factor**2:
            raise ShapeProblem(f"{name}({factor}) needs channels that {factor}² = {factor**2} divides, not {channels}")
        return (channels // factor**2, height * factor, width * factor)
    factor = whole(name, "downscale_factor", arguments.get("downscale_factor"))
    if height % factor or width % factor:
        raise ShapeProblem(f"{name}({factor}) needs a height and width that {factor} divides, not {height}×{width}")
    return (channels * factor**2, height // factor, width // factor)


def _positive(name: str, sizes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    if min(sizes) < 1:
        raise ShapeProblem(f"{name} shrinks {dims(shape)} to nothing: {dims(sizes)}", received=dims(shape))
    return sizes
