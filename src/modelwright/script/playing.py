"""The sections of a GAN: two networks, the game they play, and the loop of both."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.model.gan import NEAREST, TEMPERATURE, Columns
from modelwright.model.pictures import Pixels
from modelwright.model.trace import trace_layers
from modelwright.plan.plan import GanPlan
from modelwright.plan.shape_rule import Shape
from modelwright.script import own
from modelwright.script.batching import batches_lines
from modelwright.script.code import Group, block, flat, lines, literal
from modelwright.script.layers import definitions
from modelwright.script.network import SPECTRAL, layer, shapes_of
from modelwright.script.own import made_by
from modelwright.script.section import Section, Source, indented
from modelwright.spec.call import parse
from modelwright.spec.names import resolve
from modelwright.spec.own import is_own
from modelwright.training.gan_trainer import GanTrainer

NOISE = '''
def random_of(purpose, epoch=0, batch=0):
    """Return what draws the random numbers of a purpose: no state, as for the order."""
    place = [0, 0, batch, purpose + 1]
    return np.random.Generator(np.random.Philox(key=[SEED, epoch], counter=place))


def normal(purpose, rows, epoch=0, batch=0):
    """Return the random numbers that rows are made of, float32 [N, {width}]."""
    random = random_of(purpose, epoch, batch)
    return torch.from_numpy(random.standard_normal((rows, {width}), dtype=np.float32)){device}
'''
DRAWN = '''
def drawn(values, noise):
    """Return rows as the discriminator sees them: categories are drawn (Gumbel-max).

    Their gradient is that of the softmax (straight-through).
    """
    share = (torch.erf(noise / math.sqrt(2)) / 2 + 0.5).clamp({near}, 1 - {near})
    numbers = values[:, :{width}]
{yes}    parts, at = [numbers], {width}
    gumbel = -(-share[:, {count}:].log()).log()
    for size in {blocks}:
        logits = values[:, at : at + size] + gumbel[:, at - {width} : at - {width} + size]
        soft = (logits / {temperature}).softmax(1)
        hard = torch.zeros_like(soft).scatter_(1, logits.argmax(1, keepdim=True), 1.0)
        parts.append(hard + (soft - soft.detach()))
        at += size
    return torch.cat(parts, dim=1)
'''
YES = """    odds = numbers[:, YES] + (share[:, :{count}] / (1 - share[:, :{count}])).log()
    soft = torch.sigmoid(odds / {temperature})
    hard = (odds > 0).to(soft) + (soft - soft.detach())
    numbers = numbers.index_copy(1, YES, hard)
"""


def gan_of(source: Source) -> GanPlan:
    """Return how two networks play."""
    assert source.plan.gan is not None
    return source.plan.gan


def trainer_of(source: Source) -> GanTrainer:
    """Return what trains both."""
    trainer = source.assembly.trainer
    assert isinstance(trainer, GanTrainer)
    return trainer


def class_name(source: Source, name: str) -> str:
    """Return the name of a class of the script that the user's code does not have."""
    return name if name not in own.defined(source) else f"{name}OfRows"


def write_batches(source: Source) -> Section:
    """Return the section that leaves `batches(epoch)`, and `real(batch)`: rows as the discriminator sees them."""
    if source.kind == "table":
        made = ["tensors = (encode(frame[train_rows]),)"]
    else:
        made = [f"tensors = (torch.from_numpy(pictures[train_rows]){source.on_device},)"]
    made += [f"BATCHES = {len(source.batches)}", "", "", *batches_lines(source), "", ""]
    front, inner = source.front, ["return x"]
    if isinstance(front, Pixels):
        for name, values in (("SCALE", front.scale), ("SHIFT", front.shift)):
            numbers = sorted(set(values.flatten().double().tolist()))
            if len(numbers) > 1:  # of each colour its own
                numbers = values.flatten().double().tolist()
            made += lines(literal(numbers), f"{name} = ")
            made += [f"{name} = torch.tensor({name}).view(-1, 1, 1){source.on_device}"]
        made += ["", ""]
        inner = ["return x.to(torch.float32).mul_(SCALE).add_(SHIFT)"]
    made += ["def real(x):", '    """Return rows as the discriminator sees them."""', *indented(inner)]
    return Section(lines=made, imports=("import numpy as np", "import torch"))


def write_networks(source: Source) -> Section:
    """Return the section that leaves `generator`, `discriminator` and `average`."""
    gan, plan = gan_of(source), source.plan
    users = own.write(source)
    calls = [resolve("layer", parse(text)) for text in (*plan.layers, *gan.discriminator) if not is_own(text)]
    before, imports = definitions(source, calls)
    width = gan.latent + gan.noise
    made = [*users.lines, *(["", ""] if users.lines else []), *before]
    made += [*block(NOISE.format(width=width, device=source.on_device)), "", ""]
    made += [*_drawn(source), "", ""] if gan.noise else []
    made += _generator(source)
    made += ["", "", *_discriminator(source), "", ""]
    names = [class_name(source, name) for name in ("Generator", "Discriminator")]
    made += ["torch.manual_seed(SEED)", f"generator = {names[0]}(){source.on_device}"]
    made += ["torch.manual_seed(SEED + 1)", f"discriminator = {names[1]}(){source.on_device}"]
    made += ["average = copy.deepcopy(generator).eval().requires_grad_(False)"]
    more = ("import copy", "import math", "import torch", "from torch import Tensor, nn", SPECTRAL)
    return Section(lines=made, imports=(*users.imports, *imports, *more))


def _drawn(source: Source) -> list[str]:
    head = Columns(source.plan.inputs)
    width, count = len(head.kept), len(head.yes)
    given = {"near": NEAREST, "width": width, "count": count, "temperature": TEMPERATURE}
    yes = YES.format(**given) if count else ""
    blocks = flat(literal(list(head.blocks)))
    made = (
        [f"YES = torch.tensor({head.yes.tolist()}){source.on_device}  # places of yes and no", "", ""] if count else []
    )
    return [*made, *block(DRAWN.format(yes=yes, blocks=blocks, **given))]


def _generator(source: Source) -> list[str]:
    gan, shape = gan_of(source), source.plan.inputs[0].shape
    what = ", ".join(map(str, shape)) if shape else str(source.plan.outputs.width)
    made = [f"class {class_name(source, 'Generator')}(nn.Module):"]
    made += [f'    """Random numbers [N, {gan.latent + gan.noise}] → rows [N, {what}]."""', ""]
    made += ["    def __init__(self) -> None:", "        super().__init__()"]
    made += _layers(source, "model.generator", source.plan.layers, (gan.latent,))
    made += ["", "    def forward(self, z: Tensor) -> Tensor:"]
    values = f"self.layers(z[:, :{gan.latent}])" + (".float()" if trainer_of(source).halved else "")
    if shape:
        return [*made, f"        return {values}.reshape(len(z), {what})"]
    if not gan.noise:
        return [*made, f"        return {values}"]
    return [*made, f"        return drawn({values}, z[:, {gan.latent}:])"]


def _discriminator(source: Source) -> list[str]:
    gan, shape = gan_of(source), source.plan.shape
    made = [f"class {class_name(source, 'Discriminator')}(nn.Module):"]
    made += ['    """Rows → scores [N], high for real ones."""', ""]
    made += ["    def __init__(self) -> None:", "        super().__init__()"]
    made += _layers(source, "model.discriminator", gan.discriminator, shape)
    made += ["", "    def forward(self, rows: Tensor) -> Tensor:"]
    return [*made, "        return self.layers(rows).reshape(len(rows))"]


def _layers(source: Source, key: str, texts: Sequence[str], shape: Shape) -> list[str]:
    """Return the line of `__init__` that makes the layers of a network, the shapes they change in comments."""
    if is_own(texts[0]):
        return lines(made_by(source, key), "self.layers = ", depth=2)
    calls = [resolve("layer", parse(text)) for text in texts]
    traced = {one.index: one for one in trace_layers(calls, shape)}
    notes = tuple(shapes_of(traced.get(str(at + 1))) for at in range(len(calls)))
    return lines(Group("nn.Sequential(", tuple(map(layer, calls)), ")", notes), "self.layers = ", depth=2)
