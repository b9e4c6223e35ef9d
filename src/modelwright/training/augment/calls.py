"""Random transforms of the user's own in a batch: called for one picture after another, each with a seed of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.model.per_picture import changed
from modelwright.spec.torchvision import PerPicture

BITS = 24  # of each random number, see `augment.noise`


@dataclass(frozen=True, slots=True)
class Calls:
    """Changes pictures uint8 `[N, C, H, W]` by calling `one` for each.

    The generators it may draw from begin at a number of (seed, epoch, row): a resumed run draws the same.
    """

    one: PerPicture
    draws: int = 2

    def __call__(self, x: Tensor, u: Tensor, /) -> Tensor:
        whole = (u.double() * 2**BITS).to(torch.int64)
        made = changed(self.one, x.to(torch.uint8), (whole[:, 0] * 2**BITS + whole[:, 1]).tolist())
        if made.shape == x.shape:
            return made.to(x.device, x.dtype)
        raise RunError(
            Diagnostic(
                code="Y009",
                severity="error",
                message=f"the transform `{self.one.name}` changes the shape of pictures that the model takes",
                where=self.one.place,
                expected="×".join(map(str, x.shape[1:])),
                received="×".join(map(str, made.shape[1:])),
            )
        )
