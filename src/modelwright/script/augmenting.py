"""What changes batches of pictures: torchvision's random transforms, their noise a hash of (seed, epoch, row)."""

from __future__ import annotations

import dataclasses
from typing import Any

from modelwright.script.chance import uniform_lines
from modelwright.script.code import Item, block, call, lines, literal
from modelwright.script.geometry import pad_lines
from modelwright.script.section import Section, Source, impossible
from modelwright.script.shown import shown
from modelwright.spec.own import is_own
from modelwright.spec.pictures import borders
from modelwright.training.augment import colours, crops, mixes, warps
from modelwright.training.augment.build import Augment
from modelwright.training.augment.views import Changed, Views

CROP = '''
def random_crop(x, u):
    """Cut out {tall}×{wide} pixels somewhere."""
{padded}    top = (u[:, 0] * (x.shape[2] - {tall} + 1)).long()
    left = (u[:, 1] * (x.shape[3] - {wide} + 1)).long()
    windows = x.unfold(2, {tall}, 1).unfold(3, {wide}, 1)  # a view: only crops are copied
    return windows[torch.arange(len(x)), :, top, left]
'''
FLIP = '''
def {name}(x, u):
    """Mirror a picture with probability {p}."""
    return torch.where((u[:, 0] < {p}).view(-1, 1, 1, 1), x.flip({axis}), x)
'''
TURN = '''
def random_rotation(x, u):
    """Turn each picture by {low:g} to {high:g} degrees about its middle; what comes in is black."""
    turn = {sign}({low} + {span} * u[:, 0]) * (math.pi / 180)
    cos, sin, zero = turn.cos(), turn.sin(), torch.zeros_like(turn)
    theta = torch.stack([cos, sin, zero, -sin, cos, zero], dim=1).view(-1, 2, 3)
    down, across = (torch.arange(size) + (0.5 - size / 2) for size in x.shape[2:])
    down, across = torch.meshgrid(down, across, indexing="ij")  # from the middle
    points = torch.stack([across, down, torch.ones_like(down)], dim=-1){device}
    half = torch.tensor([x.shape[3], x.shape[2]]){device} / 2
    grid = (points.view(1, -1, 3) @ theta.mT / half).view(len(x), *down.shape, 2)
{sampled}
    return turned{whole}.to(x.dtype)
'''
JITTER = (colours.ColorJitter, *colours.CHANGES, colours.grey, colours._blend)  # pyright: ignore[reportPrivateUsage]
CLASSES: dict[type, tuple[Any, ...]] = {
    colours.ColorJitter: JITTER,
    colours.RandomErasing: (colours.RandomErasing,),
    crops.RandomResizedCrop: (crops.RandomResizedCrop, crops.weights),
    warps.RandomAffine: (warps.RandomAffine, warps._between, warps.inverse, warps.warped),  # pyright: ignore
}
"""What is shown of each transform."""
FACTS = {
    colours.ColorJitter: ["KINDS = 4", f"GREY = {colours.GREY}"],
    colours.RandomErasing: [f"ATTEMPTS = {crops.ATTEMPTS}"],
    crops.RandomResizedCrop: [f"ATTEMPTS = {crops.ATTEMPTS}"],
    warps.RandomAffine: [],
}
RANGE = ("Range", "tuple[float, float]")


def write(source: Source) -> Section:
    """Return the section that leaves the functions and objects by which batches are changed."""
    augment = _augment(source)
    if augment is None:
        return Section(lines=())
    made = uniform_lines(source)
    size = source.plan.inputs[0].shape
    for change in augment.changes:
        made += _definition(source, change, size, made)
    if augment.mixes:
        made += ["", "", *shown((mixes.Draw, mixes.Mix, mixes.targets)), "", ""]
        made += lines(literal_list([_object(mix) for mix in augment.mixes]), "MIXES = ")
    if any(type(change) is colours.ColorJitter for change in augment.changes):
        made += ["", "", "CHANGES = (brighter, contrasted, saturated, turned)"]
    objects = [_object(one) for one in augment.changes if type(one) in CLASSES and not _only_turns(one)]
    made += ["", *lines(literal_list(objects), "TRANSFORMS = ")] if objects else []
    imports = ("import torch", "from torch import Tensor", "from torch.nn import functional", "import math")
    return Section(lines=made, imports=(*imports, "from dataclasses import dataclass", "import numpy as np"))


def literal_list(items: list[Item]) -> Item:
    """Return a list of expressions."""
    found = literal([])
    assert not isinstance(found, str)
    return dataclasses.replace(found, items=tuple(items))


def _augment(source: Source) -> Augment | None:
    if any(is_own(text) for text in source.plan.augment):
        message = "its pictures are changed by objects that only a Python program held"
        raise impossible(source, message, "name torchvision's transforms in `augment`, and train", "augment")
    transform = source.batches.transform
    if isinstance(transform, Views) and isinstance(transform.first, Changed):
        return Augment(seed=transform.first.seed, changes=transform.first.changes, mixes=(), classes=0)
    return transform if isinstance(transform, Augment) else None


def _only_turns(change: Any) -> bool:
    """Whether a change is torchvision's RandomRotation as textbooks have it."""
    plain = warps.RandomAffine(degrees=(0.0, 0.0), sign=-1.0)
    found = isinstance(change, warps.RandomAffine)
    return found and dataclasses.replace(change, degrees=plain.degrees, interpolation=plain.interpolation) == plain


def _turn(source: Source, change: warps.RandomAffine) -> str:
    low, high = change.degrees
    how: dict[str, Item] = {"mode": f'"{change.interpolation}"', "align_corners": "False"}
    return TURN.format(
        low=low,
        high=high,
        span=high - low,
        sign="-" if change.sign < 0 else "",
        sampled="\n".join(lines(call("functional.grid_sample", ["x.float()", "grid"], how), "turned = ", depth=1)),
        whole="" if change.interpolation == "nearest" else ".round()",
        device=source.on_device,
    )


def _definition(source: Source, change: Any, shape: tuple[int, ...], before: list[str]) -> list[str]:
    if isinstance(change, crops.RandomCrop):
        return ["", "", *block(_crop(change, shape))]
    if isinstance(change, crops.RandomFlip):
        name = "flip_sideways" if change.axis == -1 else "flip_upside_down"
        return ["", "", *block(FLIP.format(name=name, p=change.p, axis=change.axis))]
    if _only_turns(change):
        return ["", "", *block(_turn(source, change))]
    facts = [line for line in FACTS[type(change)] if line not in before]
    if any(line.startswith(f"class {type(change).__name__}:") for line in before):
        return []
    text = "\n".join(shown(CLASSES[type(change)])).replace(*RANGE)
    return [*(["", *facts] if facts else []), "", "", *text.split("\n")]


def _crop(change: crops.RandomCrop, shape: tuple[int, ...]) -> str:
    tall, wide = change.size
    given: dict[str, Any] = {"fill": change.fill, "padding_mode": change.padding_mode}
    made: list[str] = []
    colour, height, width = shape
    if change.padding is not None:
        border = borders(change.padding)
        made += pad_lines(border, given, (colour, height, width))
        height, width = height + border[1] + border[3], width + border[0] + border[2]
    if change.pad_if_needed:
        across, down = max(0, wide - width), max(0, tall - height)
        made += pad_lines((across, down, across, down), given, (colour, height, width))
    return CROP.format(tall=tall, wide=wide, padded="".join(f"    {line}\n" for line in made))


def _object(one: Any) -> Item:
    """Return the expression that makes a transform, with the arguments that are not its defaults."""
    given = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    defaults = {field.name: field.default for field in dataclasses.fields(one)}
    return call(type(one).__name__, (), {k: literal(v) for k, v in given.items() if defaults[k] != v})


def changed(source: Source, gathered: str) -> list[str]:
    """Return the lines that yield a batch, gathered by an expression and changed as the plan says."""
    augment = _augment(source)
    if augment is None:
        return [f"yield {gathered}"]
    names = ["x", "target", *(["weight"] if source.weighted else [])]
    made = [f"{', '.join(names)} = {gathered.removeprefix('tuple')}", *changes(augment, "")]
    if augment.mixes:
        made += [
            f"which = int(uniform(epoch, rows[:1], 0, 1)[0, 0] * {len(augment.mixes)})",
            "mix, first = MIXES[which], int(rows[0])",
            "x, share = mix.pictures(x, mix.draw(SEED, epoch, first, which))",
            f"target = targets(target, share, {augment.classes})",
            *(["weight = targets(weight, share, 0)"] if source.weighted else []),
        ]
    return [*made, f"yield {', '.join(names)}"]


def view_lines(source: Source) -> list[str]:
    """Return the function that makes a view of pictures; RunError where pictures are not changed."""
    augment = _augment(source)
    assert augment is not None
    made = ["def view(x, epoch, rows, stream):"]
    made += ['    """Change pictures at random; another `stream` of noise makes another view."""']
    return [*made, *(f"    {line}" for line in changes(augment, "stream + ")), "    return x"]


def changes(augment: Augment, stream_of: str) -> list[str]:
    """Return the lines that change pictures `x`, one change after another."""
    made, place = list[str](), 0
    for stream, change in enumerate(augment.changes, start=1):
        noise_of = f"uniform(epoch, rows, {stream_of}{stream}, {change.draws})"
        if isinstance(change, crops.RandomCrop):
            made.append(f"x = random_crop(x, {noise_of})")
        elif isinstance(change, crops.RandomFlip):
            made.append(f"x = {'flip_sideways' if change.axis == -1 else 'flip_upside_down'}(x, {noise_of})")
        elif _only_turns(change):
            made.append(f"x = random_rotation(x, {noise_of})")
        else:
            made.append(f"x = TRANSFORMS[{place}](x, {noise_of})")
            place += 1
    return made
