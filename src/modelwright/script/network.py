"""The section with the model: an explicit class, the shapes of what goes through it in comments."""

from __future__ import annotations

import inspect

from modelwright.model import blocks
from modelwright.model.inputs import embedded
from modelwright.model.trace import LayerTrace, trace
from modelwright.script.code import Group, Item, block, call, lines, literal
from modelwright.script.section import Section, Source
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import resolve

OWN = {"Residual": blocks.Residual, "Concat": blocks.Concat}
MOST_LINES = 40  # of layers in one list; a longer one is still right, but a loop would read better


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
        made += [*block(_without_example(inspect.getsource(OWN[name]))), "", ""]
    return made


def _without_example(source: str) -> str:
    """Leave the examples out of a docstring: they are ours."""
    kept: list[str] = []
    skipping = False
    for line in source.splitlines():
        if line.strip().startswith(">>>"):
            skipping = True
            while kept and not kept[-1].strip():
                kept.pop()
            kept[-1] += '"""'
        if not skipping:
            kept.append(line)
        if skipping and line.strip() == '"""':
            skipping = False
    return "\n".join(kept)


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
