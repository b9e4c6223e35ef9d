"""The sections of a GAN's game: its loss, both optimizers and their schedules, and the loop of both."""

from __future__ import annotations

from modelwright.model import gan_losses
from modelwright.model.noise import PURPOSES
from modelwright.run.gan_score import FEWEST
from modelwright.script.code import Item, block, call, lines, literal
from modelwright.script.optimizing import LEAN, optimizer_of, schedule_lines
from modelwright.script.playing import gan_of, trainer_of
from modelwright.script.section import Section, Source
from modelwright.script.shown import shown
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.training.gan_trainer import WARM

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
HALVED = '''
def make(z):
    """Make rows, products in bfloat16."""
    with torch.autocast("{kind}", torch.bfloat16):
        return generator(z).float()


def score(rows):
    """Score rows, products in bfloat16."""
    with torch.autocast("{kind}", torch.bfloat16):
        return discriminator(rows).float()
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
        fake = {make}(z)
        discriminator.requires_grad_(True)
        told = game.discriminator(
            {score}, real(batch), fake.detach(), torch.from_numpy(mix){device_of_mix}
        )
        told = learn(told, discriminator, discriminator_step)
{discriminator_moves}        losses[1].add_(told, alpha=len(batch))
        seen += len(batch)
        turn = epoch * BATCHES + number + 1
        if turn % {every} == 0:
            discriminator.requires_grad_(False)  # the way back leads through it
            loss = learn(game.generator({score}(fake)), generator, generator_step)
{generator_moves}            follow(turn // {every})
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
        chosen = optimizer_of(source, text, f"{player}.parameters()", f"optimizer.{player}", fused)
        made += lines(chosen, f"{player}_optimizer = ")
        made += [f"{player}_step = torch.no_grad()("]
        made += [f"    partial(inspect.unwrap(type({player}_optimizer).step), {player}_optimizer)", ")"]
        schedule = trainer_of(source).schedules.get(player)
        made += [] if schedule is None else schedule_lines(source, schedule.scheduler, f"{player}_")
    if trainer_of(source).halved:
        made += ["", "", *block(HALVED.format(kind=plan.execution.device.partition(":")[0]))]
    clip = plan.train.clip_grad_norm
    clipped = f"    nn.utils.clip_grad_norm_(parameters, {clip!r})\n" if clip is not None else ""
    made += ["", "", *block(LEARN.format(clip=clipped)), "", "", *block(FOLLOW.format(ema=gan.ema, warm=WARM))]
    imports = ("import inspect", "import torch", "from functools import partial", "from torch import Tensor, nn")
    imports += ("from torch.optim import lr_scheduler",)
    return Section(lines=made, imports=(*imports, "from torch.nn import functional"))


def _moves(source: Source) -> dict[str, str]:
    """Return the lines that move schedules of steps: the generator's by the batches that its step takes."""
    schedules, every = trainer_of(source).schedules, gan_of(source).discriminator_steps
    found = {"discriminator_moves": "", "generator_moves": ""}
    if any(one.unit == "step" for one in schedules.values()):
        found["discriminator_moves"] = "        discriminator_scheduler.step()\n"
        again = f"            for _ in range({every}):\n" if every > 1 else ""
        found["generator_moves"] = f"{again}{'    ' if again else ''}            generator_scheduler.step()\n"
    return found


def _ends(source: Source, metric: str) -> list[str]:
    """Return the lines that move schedules of epochs."""
    schedules = trainer_of(source).schedules
    units = {name: "" if one.unit == "epoch" else metric for name, one in schedules.items() if one.unit != "step"}
    return [f"    {name}_scheduler.step({given})" for name, given in units.items()]


def _unjudged(source: Source, made: list[str]) -> list[str]:
    """Return the loop where no rows are there to choose an epoch by: the last one is kept."""
    made = ["history = []" if line.startswith("history, best") else line for line in made]
    made += ['    record["best"] = True', "    history.append(record)"]
    made += ['    print(f"epoch {epoch + 1}  loss {loss:.4f}  discriminator {told:.4f}")']
    return [*made, *_ends(source, "loss")]


def write_loop(source: Source) -> Section:
    """Return the section that trains both, and keeps the averaged generator whose rows are best."""
    plan, gan = source.plan, gan_of(source)
    judged, halved = plan.split.rows[1] > 1, trainer_of(source).halved
    given = {
        "device": ", device=DEVICE" if source.on_device else "",
        "device_of_mix": source.on_device,
        "step": PURPOSES["step"],
        "mix": PURPOSES["mix"],
        "every": gan.discriminator_steps,
        "make": "make" if halved else "generator",
        "score": "score" if halved else "discriminator",
        **_moves(source),
    }
    made = [f"torch.set_num_threads({plan.execution.threads})", *block(LOOP.format(**given))]
    if not judged:
        return Section(lines=_unjudged(source, made), imports=("import math", "import numpy as np", "import torch"))
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
    made += _ends(source, "value")
    if stops:
        made += [f"    if epoch - best_epoch >= {plan.train.patience}:"]
        made += ["        break  # no better rows for so long"]
    made += ["average.load_state_dict(best)"] if plan.train.epochs else []
    return Section(lines=made, imports=("import math", "import numpy as np", "import torch"))
