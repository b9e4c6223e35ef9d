"""The generator of a GAN as part of a model: random numbers in, rows out as the discriminator sees real ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from modelwright.plan.plan import InputPlan

TEMPERATURE = 0.2
"""Of the softmax that gives the gradient of a drawn category, as CTGAN has it (Xu et al. 2019)."""
NEAREST = 1e-6  # to 0 and 1, so that no logarithm is infinite


class Columns(nn.Module):
    """Turn what the layers give into the numbers of a row: `[N, W]`, noise `[N, G]` → `[N, W]`.

    Numbers pass. Categories are drawn: the largest of logits plus Gumbel noise is 1, the others 0 (Gumbel-max), and the
    gradient is that of the softmax (straight-through: Jang et al. 2017), so that real and generated rows look alike.
    """

    def __init__(self, inputs: Sequence[InputPlan]) -> None:
        super().__init__()
        numbers = [column for column in inputs if column.encoding == "number"]
        flags = sum(column.flag for column in numbers)
        self.numbers = len(numbers)
        yes = [at for at, column in enumerate(numbers) if column.kind == "boolean"]
        yes += [self.numbers + at for at in range(flags)]
        self.blocks = [len(column.categories) for column in inputs if column.encoding == "one_hot"]
        kept = torch.ones(self.numbers + flags, dtype=torch.bool, device="cpu")
        kept[yes] = False
        self.register_buffer("yes", torch.tensor(yes, dtype=torch.int64, device="cpu"), persistent=False)
        self.register_buffer("kept", kept, persistent=False)

    yes: Tensor
    kept: Tensor

    def forward(self, values: Tensor, noise: Tensor) -> Tensor:
        if not noise.shape[1]:
            return values
        share = (torch.erf(noise / math.sqrt(2)) / 2 + 0.5).clamp(NEAREST, 1 - NEAREST)
        width, count = len(self.kept), len(self.yes)
        numbers = values[:, :width]
        if count:
            drawn = numbers[:, self.yes] + (share[:, :count] / (1 - share[:, :count])).log()  # a logistic number
            soft = torch.sigmoid(drawn / TEMPERATURE)
            hard = (drawn > 0).to(soft) + (soft - soft.detach())
            numbers = numbers.index_copy(1, self.yes, hard)
        parts, at = [numbers], 0
        gumbel = -(-share[:, count:].log()).log()
        for size in self.blocks:
            logits = values[:, width + at : width + at + size] + gumbel[:, at : at + size]
            soft = (logits / TEMPERATURE).softmax(1)
            hard = torch.zeros_like(soft).scatter_(1, logits.argmax(1, keepdim=True), 1.0)
            parts.append(hard + (soft - soft.detach()))
            at += size
        return torch.cat(parts, dim=1)


class Picture(nn.Module):
    """Turn what the layers give into pictures: `[N, …]` → `[N, C, H, W]`."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, values: Tensor, noise: Tensor) -> Tensor:
        return values.reshape(values.shape[0], *self.shape)  # len() would fix it for exporters


class Generator(nn.Module):
    """Random numbers → rows: `[N, latent + noise]` → `[N, …]`, as the discriminator takes them."""

    def __init__(self, layers: nn.Module, inputs: Sequence[InputPlan], latent: int) -> None:
        super().__init__()
        self.layers = layers
        self.head = Picture(inputs[0].shape) if inputs[0].encoding == "pixels" else Columns(inputs)
        self.latent = latent

    def forward(self, z: Tensor) -> Tensor:
        return self.head(self.layers(z[:, : self.latent]).float(), z[:, self.latent :])


class Discriminator(nn.Module):
    """Rows → scores: `[N, …]` → `[N]`."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, rows: Tensor) -> Tensor:
        return self.layers(rows).reshape(len(rows))
