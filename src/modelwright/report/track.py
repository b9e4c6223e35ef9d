"""The way of the weights through a training: copies of some epochs' weights, bounded in size, kept through a kill.

A copy draws no random number and changes no weight, so the model is the same with and without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from modelwright.errors import RunError
from modelwright.training.checkpoint import load_checkpoint, save_checkpoint

FILE = "checkpoint/path.safetensors"
MOST_BYTES = 32 << 20  # of all copies together
MOST_COPIES = 64
FEWEST_COPIES = 8  # fewer show no way


@dataclass(slots=True)
class Track:
    """Weights by epoch; epoch 0 holds those that training began with. Epochs are multiples of `stride`.

    Which epochs are kept is a function of how many there were: where the copies become too many, every second one goes.
    `missing` says why nothing is kept, empty if something is.
    """

    most: int
    missing: str = ""
    stride: int = 1
    copies: dict[int, Tensor] = field(default_factory=dict[int, Tensor])

    @classmethod
    def of(cls, model: nn.Module) -> Track:
        """Return an empty track for a model, or one that says that the model is too large for it."""
        size = 4 * sum(parameter.numel() for parameter in learned(model))
        most = min(MOST_COPIES, MOST_BYTES // max(size, 1))
        if most >= FEWEST_COPIES:
            return cls(most)
        limit = MOST_BYTES // 4 // FEWEST_COPIES
        why = f"the weights of single epochs are kept for models of up to {limit:,} weights; this one has {size // 4:,}"
        return cls(0, missing=why)

    def see(self, epoch: int, model: nn.Module) -> None:
        """Keep the weights at the end of an epoch, if it is one of those that are kept."""
        if self.missing or epoch % self.stride:
            return
        self.copies[epoch] = flat(model)
        if len(self.copies) > self.most:
            self.stride *= 2
            self.copies = {at: copy for at, copy in self.copies.items() if at % self.stride == 0}

    def save(self, folder: Path) -> None:
        """Write the copies beside the checkpoint, before it: what it does not know of is dropped when it is read."""
        if not self.missing:
            tensors = {str(epoch): copy for epoch, copy in self.copies.items()}
            save_checkpoint(folder / FILE, tensors, {"stride": self.stride})

    def load(self, folder: Path, epochs: int) -> None:
        """Take up the copies of the epochs that a resumed run has behind it; without them the way is missing."""
        if self.missing:
            return
        try:
            tensors, facts = load_checkpoint(folder / FILE)
            self.stride = int(facts["stride"])
            self.copies = {int(name): copy for name, copy in tensors.items() if int(name) <= epochs}
        except (RunError, KeyError, ValueError):
            self.missing = f"the run was resumed after epoch {epochs}, and the weights before that were not kept"

    def remove(self, folder: Path) -> None:
        """Remove the file: the figure has what it needs."""
        (folder / FILE).unlink(missing_ok=True)


def learned(model: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that learn, in the order of the model."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def flat(model: nn.Module) -> Tensor:
    """Return the weights that learn as one vector of its own memory, float32 on the CPU."""
    return torch.cat([parameter.detach().reshape(-1).float().cpu() for parameter in learned(model)])


def put(model: nn.Module, vector: Tensor) -> None:
    """Set the weights that learn from one vector."""
    start = 0
    with torch.no_grad():
        for parameter in learned(model):
            part = vector[start : start + parameter.numel()]
            parameter.copy_(part.view_as(parameter))
            start += parameter.numel()
