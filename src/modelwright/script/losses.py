"""The part with the loss."""

from __future__ import annotations

from modelwright.model.losses import TENSORS
from modelwright.plan.losses import ONE_OUTPUT_A_CLASS
from modelwright.script.code import Item, call, flat, lines, literal
from modelwright.script.section import Section, Source
from modelwright.spec.call import parse
from modelwright.spec.names import bind

ROW_LOSS_IS_FLAT = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "MultiLabelSoftMarginLoss")
"""Losses that give one number a row where they are not averaged; the others give one an output."""


def write(source: Source) -> Section:
    """Return the section that leaves `criterion` and `objective(model, *batch)`."""
    plan = source.plan
    loss = parse(plan.loss)
    given = {name: value for name, value in bind("loss", loss).items() if name != "reduction"}
    named: dict[str, Item] = {
        name: f"torch.tensor({flat(literal(list(value) if isinstance(value, tuple) else value))}, dtype=torch.float32)"
        if name in TENSORS and value is not None
        else literal(value)
        for name, value in given.items()
    }
    to = source.on_device
    made = lines(call(f"nn.{loss.name}", (), named), "criterion = ", to)
    takes = "x, codes, target" if source.embedded else "x, target"
    model = "model(x, codes)" if source.embedded else "model(x)"
    imports = ["from torch import Tensor, nn"]
    imports += (
        ["import torch"] if any(name in TENSORS for name in named) or plan.execution.precision != "float32" else []
    )
    value = f"criterion({model}, {as_the_loss_takes_it(source)})"
    body: list[str] = [f"return {value}"]
    if source.weighted:
        made += lines(call(f"nn.{loss.name}", (), {**named, "reduction": '"none"'}), "row_losses = ", to)
        mean = "" if loss.name in ROW_LOSS_IS_FLAT else ".flatten(1).mean(dim=1)"
        takes += ", weight"
        body = [
            f"losses = row_losses({model}, {as_the_loss_takes_it(source)}){mean}",
            "return (losses * weight).mean()",
        ]
    if plan.execution.precision == "bfloat16":
        kind = plan.execution.device.partition(":")[0]
        body = [f'with torch.autocast("{kind}", torch.bfloat16):', *(f"    {line}" for line in body)]
    made += ["", "", f"def objective(model, {takes}):", '    """Return the loss of a batch."""']
    return Section(lines=[*made, *(f"    {line}" for line in body)], imports=tuple(imports))


def as_the_loss_takes_it(source: Source) -> str:
    """Return the target as the loss of the plan takes it."""
    name = parse(source.plan.loss).name
    if source.plan.task == "binary" and name in ONE_OUTPUT_A_CLASS:
        return "target[:, 0].long()"
    return "2 * target - 1" if name == "SoftMarginLoss" else "target"
