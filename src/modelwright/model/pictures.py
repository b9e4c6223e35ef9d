"""Pictures as a model's first steps: bytes to bytes of another size (once), bytes to numbers (in each batch)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.spec.call import Value, parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import GEOMETRY, borders, pair, resized

GREY = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in grey, as torchvision has them (ITU-R 601)."""
ABOVE = 2.0**-20
"""Added before resized numbers are rounded to bytes: one that lies between two bytes goes up. Their last bits, which
differ between runtimes, decide nothing then. In float32 (MPS) it is lost in numbers above 16."""
PADDINGS = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


class Pixels(nn.Module):
    """Turn bytes `[N, C, H, W]` of 0 to 255 into numbers: ToTensor's 0 to 1, then Normalize's, in one step.

    `memory_format` is how the numbers lie in memory. Source of the two: torchvision.

    >>> Pixels(["ToTensor", "Normalize((0.5,), (0.5,))"])(torch.tensor([[[[0, 255]]]], dtype=torch.uint8)).tolist()
    [[[[-1.0, 1.0]]]]
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, transform: Sequence[str] = ()) -> None:
        super().__init__()
        self.calls = tuple(text for text in transform if parse(text).name not in GEOMETRY)
        mean, std = torch.zeros(1, device="cpu"), torch.ones(1, device="cpu")
        for call in map(parse, self.calls):
            if call.name == "Normalize":
                given = bind("transform", call)
                mean, std = _numbers(given["mean"]), _numbers(given["std"])
        self.numbers: tuple[list[float], list[float]] = mean.tolist(), std.tolist()
        # Not saved: the plan has the numbers. On the CPU even where the model is built without memory.
        scale, shift = (1 / (255 * std)).view(-1, 1, 1), (-mean / std).view(-1, 1, 1)
        self.register_buffer("scale", scale.float(), persistent=False)
        self.register_buffer("shift", shift.float(), persistent=False)
        self.memory_format = torch.contiguous_format

    def extra_repr(self) -> str:
        return ", ".join(self.calls) or "ToTensor"

    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.float32, memory_format=self.memory_format).mul_(self.scale).add_(self.shift)


def _numbers(value: Value) -> Tensor:
    numbers = value if isinstance(value, tuple) else (value,)
    return torch.tensor(
        [number for number in numbers if isinstance(number, int | float)], dtype=torch.float64, device="cpu"
    )


class Geometry(nn.Module):
    """Resize, crop, pad or turn grey pictures, bytes to bytes: what is done once and not in each batch.

    >>> Geometry(["Resize((4, 4))", "ToTensor"])(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))[0].shape
    torch.Size([2, 3, 4, 4])
    """

    def __init__(self, transform: Sequence[str]) -> None:
        super().__init__()
        self.calls = tuple(text for text in transform if parse(text).name in GEOMETRY)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        for call in map(parse, self.calls):
            x = STEPS[call.name](x, bind("transform", call))
        return (x,)


def resize(x: Tensor, given: Mapping[str, Value]) -> Tensor:
    """Return pictures of another size, as torchvision's Resize makes them of tensors, in float64 where a device has it:
    float32 would leave some bytes to the order in which a runtime adds."""
    size = resized((x.shape[2], x.shape[3]), given)
    if size == (x.shape[2], x.shape[3]):
        return x
    mode = str(given.get("interpolation", "bilinear"))
    if mode == "nearest":
        return functional.interpolate(x, size, mode=mode)
    numbers = x.float() if x.device.type == "mps" else x.double()
    smooth = given.get("antialias", True) is not False
    made = functional.interpolate(numbers, size, mode=mode, align_corners=False, antialias=smooth)
    return _bytes(made + ABOVE)


def center_crop(x: Tensor, given: Mapping[str, Value]) -> Tensor:
    """Return the middle of pictures, black around it where they are smaller."""
    tall, wide = pair(given["size"])
    height, width = x.shape[2], x.shape[3]
    if tall > height or wide > width:
        left, top = max(0, (wide - width) // 2), max(0, (tall - height) // 2)
        right, bottom = max(0, (wide - width + 1) // 2), max(0, (tall - height + 1) // 2)
        x = functional.pad(x, (left, right, top, bottom))
        height, width = x.shape[2], x.shape[3]
    top, left = round((height - tall) / 2), round((width - wide) / 2)
    return x[:, :, top : top + tall, left : left + wide]


def pad(x: Tensor, given: Mapping[str, Value]) -> Tensor:
    """Return pictures with a border."""
    left, top, right, bottom = borders(given.get("padding"))
    mode, fill = str(given.get("padding_mode", "constant")), given.get("fill", 0)
    if mode == "symmetric":
        rows = _mirrored(x.shape[2], top, bottom, x.device)
        return x.index_select(2, rows).index_select(3, _mirrored(x.shape[3], left, right, x.device))
    if mode == "constant":
        return functional.pad(x, (left, right, top, bottom), value=float(fill) if isinstance(fill, int) else 0.0)
    return functional.pad(x.float(), (left, right, top, bottom), mode=PADDINGS[mode]).to(x.dtype)


def _mirrored(size: int, before: int, after: int, device: torch.device) -> Tensor:
    """Return the places of a row that is continued by its mirror image, the border itself repeated."""
    places = torch.arange(-before, size + after, device=device) % (2 * size)
    return torch.where(places < size, places, 2 * size - 1 - places)


def grayscale(x: Tensor, given: Mapping[str, Value]) -> Tensor:
    """Return grey pictures, of one channel or three equal ones."""
    grey = x
    if x.shape[1] >= 3:
        weights = torch.tensor(GREY, device=x.device).view(1, 3, 1, 1)
        grey = _bytes((x[:, :3].float() * weights).sum(1, keepdim=True), down=True)
    return grey.expand(-1, 3, -1, -1).contiguous() if given.get("num_output_channels", 1) == 3 else grey[:, :1]


def _bytes(x: Tensor, down: bool = False) -> Tensor:
    return (x if down else x.round()).clamp(0, 255).to(torch.uint8)


STEPS: dict[str, Callable[[Tensor, Mapping[str, Value]], Tensor]] = {
    "Resize": resize,
    "CenterCrop": center_crop,
    "Pad": pad,
    "Grayscale": grayscale,
}
