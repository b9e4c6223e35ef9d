"""The part with the loss."""

from __future__ import annotations

from modelwright.model.losses import TENSORS
from modelwright.plan.losses import ONE_OUTPUT_A_CLASS
from modelwright.script.code import Item, call, flat, lines, literal
from modelwright.script.own import made_by
from modelwright.script.section import Section, Source, indented
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own

ROW_LOSS_IS_FLAT = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "MultiLabelSoftMarginLoss")
"""Losses that give one number a row where they are not averaged; the others give one an output."""


def write(source: Source) -> Section:
    """Return the section that leaves `criterion` and, where rows count differently, `row_losses`."""
    plan = source.plan
    loss = parse(plan.loss)
    if is_own(loss.name):
        return _own(source)
    given = {name: value for name, value in bind("loss", loss).items() if name != "reduction"}
    named: dict[str, Item] = {
        name: f"torch.tensor({flat(literal(list(value) if isinstance(value, tuple) else value))}, dtype=torch.float32)"
        if name in TENSORS and value is not None
        else literal(value)
        for name, value in given.items()
    }
    to = source.on_device
    made = lines(call(f"nn.{loss.name}", (), named), "criterion = ", to)
    if source.weighted:
        made += lines(call(f"nn.{loss.name}", (), {**named, "reduction": '"none"'}), "row_losses = ", to)
    imports = ("import torch", "from torch import nn") if any(name in TENSORS for name in named) else ()
    return Section(lines=made, imports=("from torch import nn", *imports))


def _own(source: Source) -> Section:
    """Return the section of a loss of the user's own, whose source stands in the script."""
    loss = made_by(source, "loss")
    by_row = source.plan.own.get("loss") == "rows"
    imports = ("from functools import partial",)
    if not by_row and not source.weighted:
        return Section(lines=lines(loss, "criterion = "), imports=imports)
    made = [*lines(loss, "row_losses = "), "", "", "def criterion(output, target):"]
    return Section(lines=[*made, "    return row_losses(output, target).mean()"], imports=imports)


def loss_of_batch(source: Source) -> list[str]:
    """Return the lines that leave the `loss` of a batch."""
    plan, name = source.plan, parse(source.plan.loss).name
    output = f"model({', '.join(source.taken)})"
    made = [f"loss = criterion({output}, {as_the_loss_takes_it(source)})"]
    if source.weighted:
        mean = "" if name in ROW_LOSS_IS_FLAT or source.plan.own.get("loss") == "rows" else ".flatten(1).mean(dim=1)"
        made = [
            f"losses = row_losses({output}, {as_the_loss_takes_it(source)}){mean}",
            "loss = (losses * weight).mean()",
        ]
    if plan.execution.precision == "bfloat16":
        kind = plan.execution.device.partition(":")[0]
        made = [f'with torch.autocast("{kind}", torch.bfloat16):', *indented(made)]
    return made


def as_the_loss_takes_it(source: Source) -> str:
    """Return the target as the loss of the plan takes it."""
    name = parse(source.plan.loss).name
    if source.plan.task == "binary" and name in ONE_OUTPUT_A_CLASS:
        return "target[:, 0].long()"
    return "2 * target - 1" if name == "SoftMarginLoss" else "target"
