"""Transforms of pictures under torchvision's names: which change sizes, which make numbers, and the sizes they give."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.spec.call import Call, Value

GEOMETRY = ("Resize", "CenterCrop", "Pad", "Grayscale")
"""Transforms of bytes, done once."""
NUMBERS = ("ToTensor", "Normalize")
"""What turns bytes into numbers, in each batch."""
MIXES = ("MixUp", "CutMix")
"""Augmentation that mixes two pictures and their targets."""
Shape = tuple[int, ...]
"""Colours, height, width."""


def pair(value: Value) -> tuple[int, int]:
    """Return a size as height and width.

    >>> pair(28), pair((28, 32))
    ((28, 28), (28, 32))
    """
    numbers = [number for number in (value if isinstance(value, tuple) else (value,)) if isinstance(number, int)]
    return (numbers[0], numbers[-1]) if numbers else (1, 1)


def resized(size: tuple[int, int], given: Mapping[str, Value]) -> tuple[int, int]:
    """Return height and width after Resize: both as given, or the shorter side as given and the shape kept.

    >>> resized((40, 60), {"size": 20}), resized((40, 60), {"size": (20, 20)})
    ((20, 30), (20, 20))
    """
    wanted = given.get("size")
    if isinstance(wanted, tuple) and len(wanted) == 2:
        return pair(wanted)
    height, width = size
    most = given.get("max_size")
    if wanted is None and isinstance(most, int):  # torchvision: the longer side
        long = max(size)
        return max(1, int(most * height / long)), max(1, int(most * width / long))
    short = pair(wanted)[0]
    if height <= width:
        tall, wide = short, int(short * width / height)
    else:
        tall, wide = int(short * height / width), short
    if isinstance(most, int) and max(tall, wide) > most:
        tall, wide = (int(most * tall / wide), most) if wide >= tall else (most, int(most * wide / tall))
    return max(1, tall), max(1, wide)


def borders(value: Value) -> tuple[int, int, int, int]:
    """Return a padding as left, top, right, bottom.

    >>> borders(2), borders((1, 2))
    ((2, 2, 2, 2), (1, 2, 1, 2))
    """
    numbers = [number for number in (value if isinstance(value, tuple) else (value,)) if isinstance(number, int)]
    if len(numbers) == 4:
        return numbers[0], numbers[1], numbers[2], numbers[3]
    first, second = (numbers[0], numbers[-1]) if numbers else (0, 0)
    return first, second, first, second


def shape_after(call: Call, given: Mapping[str, Value], shape: Shape) -> Shape:
    """Return the shape of a picture after a transform that may change it."""
    colours, height, width = shape
    match call.name:
        case "Resize":
            return (colours, *resized((height, width), given))
        case "CenterCrop" | "RandomCrop" | "RandomResizedCrop":
            return (colours, *pair(given["size"]))
        case "Pad":
            left, top, right, bottom = borders(given["padding"])
            return colours, height + top + bottom, width + left + right
        case "Grayscale":
            count = given.get("num_output_channels", 1)
            return (count if isinstance(count, int) else 1), height, width
        case _:
            return shape


def fixes_size(call: Call, given: Mapping[str, Value]) -> bool:
    """Return whether pictures of any size have one size after this transform."""
    if call.name == "Resize":
        return isinstance(given.get("size"), tuple) and len(given["size"]) == 2  # pyright: ignore[reportArgumentType]
    return call.name == "CenterCrop"
