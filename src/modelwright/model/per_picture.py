"""Transforms that are called for one picture after another: objects and functions that a caller brings."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.spec.told import told
from modelwright.spec.torchvision import PerPicture

TRIED = 4  # pictures that are changed twice, to see whether a transform draws random numbers
SEEDS = 1 << 32  # NumPy's generator takes no larger ones


def changed(one: PerPicture, pictures: Tensor, seeds: Sequence[int] = ()) -> Tensor:
    """Return pictures uint8 `[N, C, H, W]` as a transform makes them of each, uint8; colours stay, sizes may change.

    With `seeds`, one a picture, the generators of torch, NumPy and Python begin there, and are afterwards what they
    were. RunError Y008 for what the transform raises, Y009 where it gives no pictures, or pictures of several sizes.

    >>> dark = PerPicture(lambda picture: picture.point(lambda value: value // 2))
    >>> changed(dark, torch.full((1, 1, 1, 2), 200, dtype=torch.uint8)).tolist()
    [[[[100, 100]]]]
    """
    made: list[Tensor] = []
    with told(f"the transform `{one.name}` fails", one.place), own_generators(bool(seeds)):
        for number, picture in enumerate(pictures):
            if seeds:
                _seed(seeds[number])
            made.append(_bytes(one, one.function(_given(one, picture))))
    shapes = {tuple(each.shape): None for each in made}
    if len(shapes) > 1:
        received = ", ".join("×".join(map(str, shape)) for shape in list(shapes)[:5])
        raise RunError(_unfit(one, "gives pictures of several shapes", "one shape for all", received))
    return torch.stack(made) if made else pictures


def draws(one: PerPicture, pictures: Tensor) -> bool:
    """Return whether a transform gives other pictures with other random numbers."""
    few = pictures[:TRIED]
    first, second = (changed(one, few, [seed + at for at in range(len(few))]) for seed in (1, 1000))
    return first.shape != second.shape or not torch.equal(first, second)


@contextmanager
def own_generators(used: bool) -> Generator[None]:
    """Put the generators of torch, NumPy and Python back afterwards."""
    if not used:
        yield
        return
    before: tuple[Any, ...] = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])  # the generator that functions of the user's draw from
        random.setstate(before[2])


def _seed(seed: int) -> None:
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % SEEDS)
    random.seed(seed)


def _given(one: PerPicture, picture: Tensor) -> Any:
    """Return a picture `[C, H, W]` as the transform takes it."""
    if one.given == "image":
        pixels = picture.movedim(0, -1).cpu().numpy()
        return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))
    return picture.float() / 255 if one.given == "numbers" else picture.clone()


def _bytes(one: PerPicture, found: Any) -> Tensor:
    """Return what a transform gives, as bytes `[C, H, W]`."""
    if isinstance(found, Image.Image):
        pixels = np.asarray(found if found.mode in ("L", "RGB") else found.convert("RGB"))
        return torch.from_numpy(np.array(pixels if pixels.ndim == 3 else pixels[..., None])).movedim(-1, 0)
    if isinstance(found, np.ndarray) and found.ndim in (2, 3):
        found = torch.from_numpy(np.array(found if found.ndim == 3 else found[..., None])).movedim(-1, 0)
    if not isinstance(found, Tensor) or found.ndim != 3:
        raise RunError(
            _unfit(one, "gives no picture", "a `PIL.Image`, a tensor [C, H, W] or an array [H, W, C]", found)
        )
    plain = found.detach().as_subclass(Tensor).cpu()
    if plain.is_floating_point():
        if not bool(((plain >= -1e-4) & (plain <= 1 + 1e-4)).all()):
            received = f"{float(plain.min()):.4g} to {float(plain.max()):.4g}"
            raise RunError(_unfit(one, "gives numbers that are no colours", "bytes, or numbers of 0 to 1", received))
        return (plain * 255).round().clamp(0, 255).to(torch.uint8)
    if plain.dtype not in (torch.uint8, torch.bool) and bool(((plain < 0) | (plain > 255)).any()):
        received = f"{int(plain.min())} to {int(plain.max())}"
        raise RunError(_unfit(one, "gives whole numbers that are no bytes", "0 to 255", received))
    return plain.to(torch.uint8)


def _unfit(one: PerPicture, what: str, expected: str, received: Any) -> Diagnostic:
    shown = received if isinstance(received, str) else f"{type(received).__name__} {getattr(received, 'shape', '')}"
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"the transform `{one.name}` {what}",
        where=one.place,
        expected=expected,
        received=shown.strip(),
        help="leave `Normalize` out of it: pictures are bytes until the batch" if "colours" in what else "",
    )
