"""Plan → module: layers by name from the closed set, with weights that are a function of the seed alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from modelwright.data.arrays import raw_arrays
from modelwright.model import gan as networks
from modelwright.model.blocks import Fronted
from modelwright.model.contrast import Contrast, Prepare, Temperature
from modelwright.model.contrast_losses import temperature_of
from modelwright.model.inputs import blank_preprocess, core_batch, front
from modelwright.model.layers import make_layers
from modelwright.plan.plan import Plan
from modelwright.spec.call import parse
from modelwright.spec.own import is_own


class RowModel(nn.Module):
    """Raw arrays in (`data.arrays.raw` makes them), raw outputs out (logits, or standardised regression values).

    `preprocess` is fitted and turns raw arrays into what `core` takes; `core` is what is trained: the `layers`, behind
    a `front` where rows are not plain numbers (embedded categories, pictures).
    """

    def __init__(self, preprocess: nn.Module, layers: nn.Module, front: nn.Module | None, mirror: bool = False) -> None:
        super().__init__()
        self.preprocess = preprocess
        self.layers = layers
        self.front = front
        # In a tuple, so that its weights don't appear a second time in the state dict.
        self._core: tuple[nn.Module] = (layers if front is None else Fronted(front, layers, mirror),)

    @property
    def core(self) -> nn.Module:
        """The trained part; without a front a plain nn.Sequential, which costs no extra call a step."""
        return self._core[0]

    def forward(self, *raw: Tensor) -> Tensor:
        return self.core(*self.preprocess(*raw))

    def train(self, mode: bool = True) -> RowModel:
        """Switch between training and evaluation, `core` included."""
        super().train(mode)
        self.core.training = mode
        return self


class GanModel(RowModel):
    """Random numbers in, rows out: `core` is the generator, `preprocess` and `front` what real rows go through."""

    def __init__(self, plan: Plan, preprocess: nn.Module, own: Own | None) -> None:
        assert plan.gan is not None
        layers = own() if own is not None else make_layers([parse(text) for text in plan.layers])
        super().__init__(preprocess, layers, front(plan.inputs))
        self._core = (networks.Generator(layers, plan.inputs, plan.gan.latent),)

    @property
    def generator(self) -> networks.Generator:
        """The trained part by its own name."""
        core = self.core
        assert isinstance(core, networks.Generator)
        return core

    def forward(self, *raw: Tensor) -> Tensor:
        return self.core(*raw)

    def train(self, mode: bool = True) -> GanModel:
        """Switch between training and evaluation, `core` included."""
        super().train(mode)
        self.core.train(mode)
        return self


class ContrastModel(RowModel):
    """Raw arrays of all networks in, their embeddings out; `core` is `model.contrast.Contrast`.

    `layers` and `front` are those of the first network.
    """

    def __init__(self, plan: Plan, preprocess: nn.Module, own: Own | None) -> None:
        contrast = plan.contrast
        assert contrast is not None
        layers, before = _layers(plan, own)
        super().__init__(preprocess, layers, before, plan.mirror)
        networks = [self.core]
        self.second: nn.Module | None = None
        if contrast.second is not None:
            other = tower(plan, 1)
            made = partial(own, 1) if own is not None and is_own(other.layers[0]) else None
            self.second = RowModel(nn.Identity(), *_layers(other, made)).core
            networks.append(self.second)
        head = [parse(text) for text in contrast.projection]
        self.heads = nn.ModuleList(make_layers(head) for _ in networks if head)
        self.temperature = Temperature(*temperature_of(plan.loss))
        takes = [len(core_batch(tower(plan, at).inputs, 1)) for at in range(len(networks))]
        if plan.own.get("tensors") == "2":
            takes = [2 if is_own(tower(plan, at).layers[0]) else one for at, one in enumerate(takes)]
        self._core = (Contrast(networks, takes, list(self.heads), self.temperature),)

    def train(self, mode: bool = True) -> ContrastModel:
        """Switch between training and evaluation, `core` included."""
        super().train(mode)
        self.core.train(mode)
        return self


def build_discriminator(plan: Plan, seed: int, own: Own | None = None) -> networks.Discriminator:
    """Return the other network of a GAN, with fresh weights that are a function of the seed."""
    assert plan.gan is not None
    with seeded(seed + 1):
        layers = own() if own is not None else make_layers([parse(text) for text in plan.gan.discriminator])
        return networks.Discriminator(layers)


Own = Callable[..., nn.Module]
"""Makes the module of the user's own that stands in place of layers; called with 1 that of a second network."""


def build(plan: Plan, preprocess: nn.Module, seed: int, own: Own | None = None) -> RowModel:
    """Return the model of a plan with fresh weights; equal plan and seed give equal weights, and no other random
    number of the process is touched."""
    with seeded(seed):
        if plan.gan is not None:
            return GanModel(plan, preprocess, own)
        if plan.contrast is not None:
            return ContrastModel(plan, preprocess, own)
        layers, before = _layers(plan, own)
        if zero_head(plan):
            for weight in list(layers.children())[-1].parameters():
                nn.init.zeros_(weight)
        return RowModel(preprocess, layers, before, mirror=plan.mirror)


def zero_head(plan: Plan) -> bool:
    """Return whether the last layer starts at zero, so that all classes are as likely at first: for classes of texts.

    What a head says of a text by chance is unlearned otherwise, and the vectors of words learn it (see the lab book).
    """
    texts = plan.inputs[0].encoding == "tokens" and plan.contrast is None and plan.gan is None
    return texts and bool(plan.outputs.classes) and parse(plan.layers[-1]).name == "Linear"


def mean_head(plan: Plan, layers: nn.Module) -> nn.Parameter | None:
    """Return the bias that starts at the mean of what is forecast: that of a last layer which is a Linear one.

    Targets keep their level there, and an optimizer moves a bias by about one learning rate a step: without it, an
    epoch is spent on the way (see the lab book).
    """
    last = list(layers.children())[-1:] if plan.forecast is not None else []
    return last[0].bias if last and isinstance(last[0], nn.Linear) else None


def _layers(plan: Plan, own: Own | None) -> tuple[nn.Module, nn.Module | None]:
    """Return the layers and what stands before them."""
    if own is None:
        return make_layers([parse(text) for text in plan.layers]), front(plan.inputs)
    return own(), None if plan.own.get("tensors") == "2" else front(plan.inputs)


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


def towers(plan: Plan) -> list[Plan]:
    """Return the plan of each network: of two the first has the plan's own inputs and layers."""
    return [plan] if plan.contrast is None else [tower(plan, at) for at in range(plan.contrast.towers)]


def tower(plan: Plan, at: int) -> Plan:
    """Return the plan of one network alone."""
    second = None if plan.contrast is None else plan.contrast.second
    if at == 0 or second is None:
        return plan
    return plan.model_copy(update={"inputs": second.inputs, "layers": second.layers, "recipe": second.recipe})


def joined(each: Sequence[nn.Module], plan: Plan) -> nn.Module:
    """Return the preprocessing of all networks as one: raw arrays of all in, tensors of all out."""
    if len(each) == 1:
        return each[0]
    return Prepare(each, [raw_arrays(one.inputs) for one in towers(plan)])


def blank(plan: Plan, own: Own | None = None) -> RowModel:
    """Return the model of a plan with weights that are still to be loaded."""
    if plan.gan is not None:
        return GanModel(plan, blank_preprocess(plan), own)
    if plan.contrast is not None:
        return ContrastModel(plan, joined([blank_preprocess(one) for one in towers(plan)], plan), own)
    return RowModel(blank_preprocess(plan), *_layers(plan, own), mirror=plan.mirror)
