"""Random transforms of the user's own in a batch: called for one picture after another, each with a seed of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.model.per_picture import TRIED, changed
from modelwright.spec.torchvision import PerPicture

BITS = 24  # of each random number, see `augment.noise`


@dataclass(frozen=True, slots=True)
class Calls:
    """Changes pictures uint8 `[N, C, H, W]` by calling `one` for each.

    The generators it may draw from begin at a number of (seed, epoch, row): a resumed run draws the same. RunError Y009
    where it draws from another, which the first batch shows.
    """

    one: PerPicture
    draws: int = 2
    tried: list[bool] = field(default_factory=list[bool], compare=False, repr=False)

    def __call__(self, x: Tensor, u: Tensor, /) -> Tensor:
        whole = (u.double() * 2**BITS).to(torch.int64)
        pictures, seeds = x.to(torch.uint8), (whole[:, 0] * 2**BITS + whole[:, 1]).tolist()
        self._try(pictures[:TRIED], seeds[:TRIED])
        made = changed(self.one, pictures, seeds)
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

    def _try(self, pictures: Tensor, seeds: list[int]) -> None:
        """Call it twice from the same seeds, once for each run."""
        if self.tried:
            return
        self.tried.append(True)
        first, second = (changed(self.one, pictures, seeds) for _ in range(2))
        if first.shape == second.shape and torch.equal(first, second):
            return
        raise RunError(
            Diagnostic(
                code="Y009",
                severity="error",
                message=f"the transform `{self.one.name}` draws from a generator of its own: no run could be repeated",
                where=self.one.place,
                expected="random numbers of `torch`, `numpy.random` or `random`, whose generators begin anew for each",
                help="np.random.uniform(…) in place of the `default_rng()` that it holds",
            )
        )
