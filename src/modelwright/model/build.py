"""Plan → module: layers by name from the closed set, with weights that are a function of the seed alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from modelwright.model.blocks import Embed, Embedded
from modelwright.model.layers import make_layers
from modelwright.model.preprocess import Preprocess
from modelwright.plan.plan import Plan
from modelwright.spec.call import parse


class TabularModel(nn.Module):
    """Raw columns in, raw outputs out (logits, or standardised regression values).

    `layers` and `embed` hold the weights; `core` is what is trained: `core(x)`, or `core(x, codes)` with embeddings.
    """

    def __init__(self, preprocess: Preprocess, layers: nn.Sequential, embed: Embed | None) -> None:
        super().__init__()
        self.preprocess = preprocess
        self.layers = layers
        self.embed = embed
        # In a tuple, so that its weights don't appear a second time in the state dict.
        self._core: tuple[nn.Module] = (layers if embed is None else Embedded(embed, layers),)

    @property
    def core(self) -> nn.Module:
        """The trained part; without embeddings a plain nn.Sequential, which costs no extra call a step."""
        return self._core[0]

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        x, embedded = self.preprocess(numbers, codes)
        return self.layers(x) if self.embed is None else self.core(x, embedded)

    def train(self, mode: bool = True) -> TabularModel:
        """Switch between training and evaluation, `core` included."""
        super().train(mode)
        self.core.training = mode
        return self


def build(plan: Plan, preprocess: Preprocess, seed: int) -> TabularModel:
    """Return the model of a plan with fresh weights; equal plan and seed give equal weights, and no other random
    number of the process is touched."""
    with seeded(seed):
        layers = make_layers([parse(text) for text in plan.layers])
        sizes = [(len(column.categories), column.dim) for column in plan.inputs if column.encoding == "embedding"]
        return TabularModel(preprocess, layers, Embed(sizes) if sizes else None)


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Draw torch's random numbers on the CPU from `seed` for a while, and put the process' own generator back."""
    generator = torch.default_generator
    before = generator.get_state()
    generator.manual_seed(seed)
    try:
        with torch.device("cpu"):
            yield
    finally:
        generator.set_state(before)


def blank(plan: Plan) -> TabularModel:
    """Return the model of a plan with weights that are still to be loaded."""
    layers = make_layers([parse(text) for text in plan.layers])
    sizes = [(len(column.categories), column.dim) for column in plan.inputs if column.encoding == "embedding"]
    preprocess = Preprocess.blank(plan.inputs, plan.scale, plan.impute)
    return TabularModel(preprocess, layers, Embed(sizes) if sizes else None)
