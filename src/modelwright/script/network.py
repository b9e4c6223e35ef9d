"""The section with the model: an explicit class, the shapes of what goes through it in comments."""

from __future__ import annotations

from modelwright.model import blocks
from modelwright.model.inputs import embedded
from modelwright.model.trace import LayerTrace, trace
from modelwright.script.code import Group, Item, block, call, lines, literal
from modelwright.script.section import Section, Source
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import resolve

RESIDUAL = '''
class Residual(nn.Module):
    """Add the input, or a `shortcut` of it, to what the layers make of it."""

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        around = x if self.shortcut is None else self.shortcut(x)
        return around + self.layers(x)
'''
CONCAT = '''
class Concat(nn.Module):
    """Give the input to each branch, and join the results along the channels."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([layer(x) for layer in self.layers], dim=1)
'''
OWN = {"Residual": RESIDUAL, "Concat": CONCAT}
"""Branches, which torch.nn lacks, as they are where no steps of a sequence have to be told apart."""


def write(source: Source) -> Section:
    """Return the section that leaves `model`, its weights drawn from the seed."""
    plan = source.plan
    calls = [resolve("layer", parse(text)) for text in plan.layers]
    traced = {layer.index: layer for layer in trace(plan)}
    made = [*_used(calls), *_class(source, calls, traced)]
    made += ["", "", "torch.manual_seed(SEED)", f"model = Model(){source.on_device}"]
    imports = ("import torch", "from torch import Tensor, nn")
    return Section(lines=made, imports=imports)


def _names(calls: list[Call]) -> set[str]:
    found = {one.name for one in calls}
    for one in calls:
        inner = [value for value in (*one.args, *one.kwargs.values()) if isinstance(value, Call)]
        found |= _names(inner)
    return found


def _used(calls: list[Call]) -> list[str]:
    """Return the source of the branches that torch.nn lacks, where the model has some."""
    made: list[str] = []
    for name in sorted(_names(calls) & set(OWN)):
        made += [*block(OWN[name]), "", ""]
    return made


def _class(source: Source, calls: list[Call], traced: dict[str, LayerTrace]) -> list[str]:
    plan, sizes = source.plan, embedded(source.plan.inputs)
    takes = "x: Tensor, codes: Tensor" if sizes else "x: Tensor"
    width = plan.width - sum(dim for _, dim in sizes)
    shapes = f"x [N, {width}]" + (f", codes [N, {len(sizes)}]" if sizes else "")
    items = tuple(_layer(one) for one in calls)
    notes = tuple(_note(traced.get(str(place))) for place in range(1, len(calls) + 1))
    layers = Group("nn.Sequential(", items, ")", notes)
    made = [
        "class Model(nn.Module):",
        f'    """{shapes} → [N, {plan.outputs.width}]."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
    ]
    if not sizes:
        made += lines(layers, "self.layers = ", depth=2)
        return [*made, "", f"    def forward(self, {takes}) -> Tensor:", "        return self.layers(x)"]
    tables = tuple(Group("(", (str(count + 1), str(dim)), ")") for count, dim in sizes)
    made += lines(layers, "layers = ", depth=2)
    made += lines(Group("[", tables, "]"), "sizes = ", "  # row 0: unseen categories", depth=2)
    made += [
        "        tables = [nn.Embedding(*size, padding_idx=0) for size in sizes]",
        "        for table in tables:",
        f"            nn.init.uniform_(table.weight, -{blocks.EMBEDDING_RANGE}, {blocks.EMBEDDING_RANGE})",
        "            with torch.no_grad():",
        "                table.weight[0].zero_()",
        "        self.tables, self.layers = nn.ModuleList(tables), layers",
        "",
        f"    def forward(self, {takes}) -> Tensor:",
        "        found = [table(codes[:, k]) for k, table in enumerate(self.tables)]",
        f"        return self.layers(torch.cat([x, *found], dim=1))  # [N, {plan.width}]",
    ]
    return made


def _layer(one: Call) -> Group:
    prefix = "" if one.name in OWN else "nn."
    return call(
        f"{prefix}{one.name}", map(_value, one.args), {name: _value(value) for name, value in one.kwargs.items()}
    )


def _value(value: Value) -> Item:
    if isinstance(value, Call):
        return _layer(value)
    return literal(value)


def _note(layer: LayerTrace | None) -> str:
    """Return the shapes of a layer that changes them."""
    if layer is None or layer.input == layer.output:
        return ""
    before, after = ("[N, " + ", ".join(map(str, shape)) + "]" for shape in (layer.input, layer.output))
    return f"{before} → {after}"
