"""The sections of a GAN: two networks, the game they play, and the loop of both."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.model import gan_losses
from modelwright.model.gan import NEAREST, TEMPERATURE, Columns
from modelwright.model.noise import PURPOSES
from modelwright.model.pictures import Pixels
from modelwright.model.trace import trace_layers
from modelwright.plan.plan import GanPlan
from modelwright.plan.shape_rule import Shape
from modelwright.run.gan_score import FEWEST
from modelwright.script import own
from modelwright.script.batching import batches_lines
from modelwright.script.code import Group, Item, block, call, flat, lines, literal
from modelwright.script.layers import definitions
from modelwright.script.network import SPECTRAL, layer, shapes_of
from modelwright.script.optimizing import LEAN, optimizer_of
from modelwright.script.own import made_by
from modelwright.script.section import Section, Source, indented
from modelwright.script.shown import shown
from modelwright.spec.call import parse
from modelwright.spec.names import bind, resolve
from modelwright.spec.own import is_own
from modelwright.training.gan_trainer import WARM, GanTrainer

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
LEARN = '''
def learn(loss, network, step):
    """Take one step of a network down its loss; return the loss."""
    parameters = list(network.parameters())
    for parameter in parameters:
        parameter.grad = None
    loss.backward()
{clip}    step()
    return loss.detach()
'''
FOLLOW = '''
@torch.no_grad()
def follow(number):
    """Move the averaged generator towards the generator."""
    hold = min({ema}, number / (number + {warm}))
    pairs = zip(average.state_dict().values(), generator.state_dict().values())
    for mean, value in pairs:
        if mean.is_floating_point():
            mean.lerp_(value, 1 - hold)
        else:
            mean.copy_(value)
'''
LOOP = """
torch.manual_seed(SEED)  # of dropout
history, best, lowest = [], None, math.inf
for epoch in range(EPOCHS):
    generator.train()
    discriminator.train()
    losses, seen, made = torch.zeros(2, dtype=torch.float64{device}), 0, 0
    for number, (batch,) in enumerate(batches(epoch)):
        z = normal({step}, len(batch), epoch, number)
        mix = random_of({mix}, epoch, number).random(len(batch), dtype=np.float32)
        fake = generator(z)
        discriminator.requires_grad_(True)
        told = game.discriminator(
            discriminator, real(batch), fake.detach(), torch.from_numpy(mix){device_of_mix}
        )
        told = learn(told, discriminator, discriminator_step)
        losses[1].add_(told, alpha=len(batch))
        seen += len(batch)
        turn = epoch * BATCHES + number + 1
        if turn % {every} == 0:
            discriminator.requires_grad_(False)  # the way back leads through it
            loss = learn(game.generator(discriminator(fake)), generator, generator_step)
            follow(turn // {every})
            losses[0].add_(loss, alpha=len(batch))
            made += len(batch)
    loss, told = losses.tolist()
    loss, told = loss / max(1, made), told / max(1, seen)
    if not (math.isfinite(loss) and math.isfinite(told)):
        raise SystemExit("the loss is no longer finite: try a smaller learning rate")
    record = {{"epoch": epoch + 1, "loss": loss, "discriminator_loss": told}}
    record["lr"] = float(generator_optimizer.param_groups[0]["lr"])
    record["discriminator_lr"] = float(discriminator_optimizer.param_groups[0]["lr"])
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
    cut = f"z[:, :{gan.latent}]"
    if shape:
        return [*made, f"        return self.layers({cut}).reshape(len(z), {what})"]
    if not gan.noise:
        return [*made, f"        return self.layers({cut})"]
    return [*made, f"        return drawn(self.layers({cut}), z[:, {gan.latent}:])"]


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


def write_game(source: Source) -> Section:
    """Return the section with the loss of both, their optimizers, and what follows the generator."""
    plan, gan = source.plan, gan_of(source)
    loss = parse(plan.loss)
    named: dict[str, Item] = {name: literal(value) for name, value in bind("loss", loss).items()}
    annotated = ("scores: Scores", "scores: nn.Module")
    kind = gan_losses.LOSSES[loss.name]
    made = [*shown([kind], annotated), "", "", *lines(call(loss.name, (), named), "game = "), "", *block(LEAN)]
    for player, text in (("generator", plan.optimizer), ("discriminator", gan.optimizer)):
        fused = bool(trainer_of(source).optimizers[player].defaults.get("fused"))
        made += lines(optimizer_of(source, text, player, f"optimizer.{player}", fused), f"{player}_optimizer = ")
        made += [f"{player}_step = torch.no_grad()("]
        made += [f"    partial(inspect.unwrap(type({player}_optimizer).step), {player}_optimizer)", ")"]
    clip = plan.train.clip_grad_norm
    clipped = f"    nn.utils.clip_grad_norm_(parameters, {clip!r})\n" if clip is not None else ""
    made += ["", "", *block(LEARN.format(clip=clipped)), "", "", *block(FOLLOW.format(ema=gan.ema, warm=WARM))]
    imports = ("import inspect", "import torch", "from functools import partial", "from torch import Tensor, nn")
    return Section(lines=made, imports=(*imports, "from torch.nn import functional"))


def write_loop(source: Source) -> Section:
    """Return the section that trains both, and keeps the averaged generator whose rows are best."""
    plan, gan = source.plan, gan_of(source)
    judged = plan.split.rows[1] > 1
    given = {
        "device": ", device=DEVICE" if source.on_device else "",
        "device_of_mix": source.on_device,
        "step": PURPOSES["step"],
        "mix": PURPOSES["mix"],
        "every": gan.discriminator_steps,
    }
    made = [f"torch.set_num_threads({plan.execution.threads})", *block(LOOP.format(**given))]
    if not judged:
        made = [line for line in made if not line.startswith("history, best")]
        made.insert(2, "history = []")
        made += ['    record["best"] = True', "    history.append(record)"]
        made += ['    print(f"epoch {epoch + 1}  loss {loss:.4f}  discriminator {told:.4f}")']
        return Section(lines=made, imports=("import math", "import numpy as np", "import torch"))
    name = f"validation_{plan.metric}"
    stops = plan.train.patience is not None
    made += [
        f"    rows = made_rows(average, max({FEWEST}, len(validation_features)), {PURPOSES['watch']})",
        f"    value = {plan.metric}(validation_features, features(rows))",
        f'    record["{name}"] = value',
        '    record["best"] = not history or value < lowest',
        "    history.append(record)",
        '    if record["best"]:',
        "        lowest = min(lowest, value)",
        *(["        best_epoch = epoch"] if stops else []),
        "        best = {k: v.detach().clone() for k, v in average.state_dict().items()}",
        f'    print(f"epoch {{epoch + 1}}  loss {{loss:.4f}}  {plan.metric} {{value:.4f}}")',
    ]
    if stops:
        made += [f"    if epoch - best_epoch >= {plan.train.patience}:"]
        made += ["        break  # no better rows for so long"]
    made += ["average.load_state_dict(best)"] if plan.train.epochs else []
    return Section(lines=made, imports=("import math", "import numpy as np", "import torch"))
