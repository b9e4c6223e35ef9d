"""What is done to all pictures once, bytes to bytes: lines on a tensor `x` [N, C, H, W], every number filled in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from modelwright.model.pictures import ABOVE, GREY, PADDINGS
from modelwright.script.code import call, deep, flat, literal
from modelwright.spec.call import Value, parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import GEOMETRY, Shape, borders, pair, resized, shape_after


def geometry_lines(transform: Sequence[str], shape: Shape) -> list[str]:
    """Return the lines for pictures of a shape."""
    made: list[str] = []
    for one in map(parse, transform):
        if one.name not in GEOMETRY:
            continue
        given = bind("transform", one)
        match one.name:
            case "Resize":
                made += _resize(given, shape)
            case "CenterCrop":
                made += _crop(given, shape)
            case "Pad":
                made += pad_lines(borders(given.get("padding")), given, shape)
            case _:
                made += _grey(given, shape)
        shape = shape_after(one, given, shape)
    return made


def pad_lines(border: tuple[int, int, int, int], given: Mapping[str, Value], shape: Shape) -> list[str]:
    """Return the lines that add a border (left, top, right, bottom)."""
    left, top, right, bottom = border
    mode, fill = str(given.get("padding_mode", "constant")), given.get("fill", 0)
    sides = flat(literal((left, right, top, bottom)))
    if not any(border):
        return []
    if mode == "constant":
        value = f", value={float(fill)}" if isinstance(fill, int) and fill else ""
        return [f"x = functional.pad(x, {sides}{value})"]
    if mode != "symmetric":
        return deep(
            call("functional.pad", ["x.float()", sides], {"mode": f'"{PADDINGS[mode]}"'}), "x = ", ".to(x.dtype)"
        )
    made: list[str] = []
    for axis, size, before, after in ((2, shape[1], top, bottom), (3, shape[2], left, right)):
        made += [
            f"places = torch.arange({-before}, {size + after}) % {2 * size}",
            f"places = torch.where(places < {size}, places, {2 * size - 1} - places)",
            f"x = x.index_select({axis}, places)",
        ]
    return made


def _resize(given: Mapping[str, Value], shape: Shape) -> list[str]:
    size = resized((shape[1], shape[2]), given)
    if size == shape[1:]:
        return []
    mode = str(given.get("interpolation", "bilinear"))
    if mode == "nearest":
        return [f'x = functional.interpolate(x, {flat(literal(size))}, mode="nearest")']
    smooth = ["align_corners=False", f"antialias={given.get('antialias', True) is not False}"]
    named = ["x.double()", flat(literal(size)), f'mode="{mode}"', *smooth]
    return [
        *deep(call("functional.interpolate", named), "x = "),
        f"x = (x + 2**{round(math.log2(ABOVE))}).round().clamp(0, 255).to(torch.uint8)  # a half goes up",
    ]


def _crop(given: Mapping[str, Value], shape: Shape) -> list[str]:
    (tall, wide), (height, width) = pair(given["size"]), shape[1:]
    made: list[str] = []
    if tall > height or wide > width:
        left, top = max(0, (wide - width) // 2), max(0, (tall - height) // 2)
        right, bottom = max(0, (wide - width + 1) // 2), max(0, (tall - height + 1) // 2)
        made = [f"x = functional.pad(x, {(left, right, top, bottom)})"]
        height, width = height + top + bottom, width + left + right
    top, left = round((height - tall) / 2), round((width - wide) / 2)
    return [*made, f"x = x[:, :, {top}:{top + tall}, {left}:{left + wide}]"]


def _grey(given: Mapping[str, Value], shape: Shape) -> list[str]:
    made = []
    if shape[0] >= 3:
        made = [
            f"weights = torch.tensor({GREY}).view(1, 3, 1, 1)",
            "x = (x[:, :3].float() * weights).sum(1, keepdim=True)",
            "x = x.clamp(0, 255).to(torch.uint8)",
        ]
    three = given.get("num_output_channels", 1) == 3
    return [*made, "x = x.expand(-1, 3, -1, -1).contiguous()" if three else "x = x[:, :1]"]
