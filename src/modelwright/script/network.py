"""The section with the model: an explicit class, the shapes of what goes through it in comments."""

from __future__ import annotations

from collections.abc import Sequence

from torch.nn.utils.parametrizations import spectral_norm

from modelwright.model import blocks
from modelwright.model.build import mean_head, zero_head
from modelwright.model.inputs import embedded
from modelwright.model.pictures import Pixels
from modelwright.model.trace import LayerTrace, trace
from modelwright.script import masking
from modelwright.script.code import Group, Item, call, deep, flat, lines, literal
from modelwright.script.layers import OWN, definitions
from modelwright.script.own import made_by
from modelwright.script.section import Section, Source, indented
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import resolve
from modelwright.training.arrange import MONOTONE

SPECTRAL = "from torch.nn.utils.parametrizations import spectral_norm"
ACTIVATIONS = tuple(kind.__name__ for kind in MONOTONE)


def write(source: Source) -> Section:
    """Return the section that leaves `model`, its weights drawn from the seed."""
    made, imports, first = definition(source)
    made += ["", "", "torch.manual_seed(SEED)"] if made else ["torch.manual_seed(SEED)"]
    made += lines(first, "model = ", source.on_device)
    if mean_head(source.plan, source.assembly.model.layers) is not None:
        names, targets = len(source.plan.inputs), len(source.plan.outputs.targets)
        chosen = f"[:, :{targets}]" if targets < names else ""
        made += ["with torch.no_grad():  # a forecast begins at the mean"]
        made += [
            f"    mean = series{chosen}[train_rows].mean(0)",
            "    model.layers[-1].bias.copy_(mean.repeat(HORIZON))",
        ]
    if source.plan.execution.memory_format == "channels_last":
        made.append("model.to(memory_format=torch.channels_last)")
    return Section(lines=made, imports=tuple(imports))


def definition(source: Source) -> tuple[list[str], list[str], Item]:
    """Return the classes of a network, what they import, and the expression that makes it."""
    imports = ["import torch", "from torch import Tensor, nn", SPECTRAL]
    if source.own:
        made = _own(source)
        return made, imports, "Model()" if made else made_by(source, "model")
    calls = [resolve("layer", parse(text)) for text in source.plan.layers]
    before, more = definitions(source, calls)
    return [*before, *_class(source, calls)], [*imports, *more], "Model()"


def _wrapped(source: Source) -> bool:
    """Whether something stands before or after the user's own module."""
    return source.front is not None or bool(source.plan.own.get("output"))


def _own(source: Source) -> list[str]:
    """Return the class round a module of the user's own; nothing where it stands alone."""
    if not _wrapped(source):
        return []
    output = source.plan.own.get("output", "")
    column, what = output.endswith("column"), output.removesuffix("column").strip().strip("[]")
    result = "self.layers(x)"
    if what:
        result += f"[{what}]" if what.isdigit() else f'["{what}"]'
    result += ".unsqueeze(1)" if column else ""
    made = ["class Model(nn.Module):", '    """Your module, with what stands before and after it."""', ""]
    made += ["    def __init__(self) -> None:", "        super().__init__()"]
    front, body = front_lines(source)
    if isinstance(source.front, blocks.Embed):
        made += lines(made_by(source, "model"), "layers = ", depth=2)
        made += [*_tables(source), "        self.tables, self.layers = nn.ModuleList(tables), layers"]
        body = [FOUND, "x = torch.cat([x, *found], dim=1)"]
    else:
        made += indented([*front, *deep(made_by(source, "model"), "self.layers = ", depth=2)], 2)
    made += ["", f"    def forward(self, {_takes(source)}) -> Tensor:"]
    return [*made, *indented([*body, f"return {result}"], 2)]


def _takes(source: Source) -> str:
    return ", ".join(f"{name}: Tensor" for name in source.taken)


def _class(source: Source, calls: Sequence[Call]) -> list[str]:
    plan = source.plan
    traced = {layer.index: layer for layer in trace(plan)}
    order = _order(calls) if plan.execution.pool_first else range(len(calls))
    notes = tuple(shapes_of(traced.get(str(place + 1))) for place in order)
    calls = pooled_first(calls) if plan.execution.pool_first else calls
    layers = Group("nn.Sequential(", tuple(map(layer, calls)), ")", notes)
    front, body = front_lines(source)
    width = plan.outputs.width if plan.contrast is None else plan.contrast.embedding
    made = [
        "class Model(nn.Module):",
        f'    """{_shapes(source)} → [N, {width}]."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *indented(front, 2),
    ]
    if embedded(plan.inputs):
        return [*made, *_embedding(source, layers)]
    made += lines(layers, "self.layers = ", depth=2)
    if zero_head(plan):
        zero = ["for weight in self.layers[-1].parameters():  # no class is favoured"]
        made += indented([*zero, "    nn.init.zeros_(weight)"], 2)
    made += ["", f"    def forward(self, {_takes(source)}) -> Tensor:"]
    return [*made, *indented([*body, *_result(source)], 2)]


def _result(source: Source) -> list[str]:
    """Return the lines after the front."""
    if source.plan.mirror:
        return [
            "if not self.training:  # the mean of a picture and of its mirror image",
            "    return (self.layers(x) + self.layers(x.flip(-1))) / 2",
            "return self.layers(x)",
        ]
    return masking.result(source)


def front_lines(source: Source) -> tuple[list[str], list[str]]:
    """Return what stands before the layers: lines of `__init__`, and of `forward`."""
    front = source.front
    if not isinstance(front, Pixels):
        return [], []
    how = f", memory_format=torch.{source.plan.execution.memory_format}"
    note = ", ".join(front.calls) or "ToTensor"
    mean, std = front.numbers
    start = f"x = x.to(torch.float32{how})"
    if len(mean) == len(std) == 1:
        scale = f"1 / (255 * {std[0]!r})" if std[0] != 1 else "1 / 255"
        shift = f".add_({-mean[0]!r} / {std[0]!r})" if mean[0] else ""
        return [], [f"# {note}", start, f"x = x.mul_({scale}){shift}"]
    made = [
        f"numbers = {flat(literal([mean, std]))}",
        "mean, std = torch.tensor(numbers, dtype=torch.float64).view(2, -1, 1, 1)",
        'self.register_buffer("scale", (1 / (255 * std)).float(), persistent=False)',
        'self.register_buffer("shift", (-mean / std).float(), persistent=False)',
    ]
    return made, [f"# {note}", start, "x = x.mul_(self.scale).add_(self.shift)"]


def _shapes(source: Source) -> str:
    plan, sizes = source.plan, embedded(source.plan.inputs)
    if source.kind == "table":
        return f"x [N, {plan.width - sum(dim for _, dim in sizes)}]" + (f", codes [N, {len(sizes)}]" if sizes else "")
    shape = ", ".join(map(str, plan.shape))
    what = {"pixels": "bytes", "tokens": "numbers of tokens"}.get(source.kind, "x")
    return f"{what} [N, {shape}]" + (f", mask [N, {plan.shape[0]}]" if source.ragged else "")


def _tables(source: Source) -> list[str]:
    """Return the lines of `__init__` that make a table of vectors for each embedded column."""
    tables = tuple(Group("(", (str(count + 1), str(dim)), ")") for count, dim in embedded(source.plan.inputs))
    return [
        *lines(Group("[", tables, "]"), "sizes = ", "  # row 0: unseen categories", depth=2),
        "        tables = [nn.Embedding(*size, padding_idx=0) for size in sizes]",
        "        for table in tables:",
        f"            nn.init.uniform_(table.weight, -{blocks.EMBEDDING_RANGE}, {blocks.EMBEDDING_RANGE})",
        "            with torch.no_grad():",
        "                table.weight[0].zero_()",
    ]


FOUND = "found = [table(codes[:, k]) for k, table in enumerate(self.tables)]"


def _embedding(source: Source, layers: Group) -> list[str]:
    return [
        *lines(layers, "layers = ", depth=2),
        *_tables(source),
        "        self.tables, self.layers = nn.ModuleList(tables), layers",
        "",
        f"    def forward(self, {_takes(source)}) -> Tensor:",
        f"        {FOUND}",
        f"        return self.layers(torch.cat([x, *found], dim=1))  # [N, {source.plan.width}]",
    ]


def pooled_first(calls: Sequence[Call]) -> list[Call]:
    """Put max pooling before an activation that it follows: the same numbers, a quarter of the work."""
    return [_inside(calls[place]) for place in _order(calls)]


def _order(calls: Sequence[Call]) -> list[int]:
    made = list(range(len(calls)))
    for place in range(len(made) - 1):
        if _swaps(calls[made[place]], calls[made[place + 1]]):
            made[place], made[place + 1] = made[place + 1], made[place]
    return made


def _inside(one: Call) -> Call:
    """Return a layer with what is inside it in that order."""
    inner = [each for each in one.args if isinstance(each, Call)]
    if len(inner) < len(one.args):
        return one
    named = {key: _inside(value) if isinstance(value, Call) else value for key, value in one.kwargs.items()}
    together = one.name in ("Sequential", "Residual", "RevIN")
    return Call(one.name, tuple(pooled_first(inner) if together else map(_inside, inner)), named)


def _swaps(one: Call, other: Call) -> bool:
    numbers = [value for value in (*one.args, *one.kwargs.values()) if isinstance(value, float | int)]
    falls = one.name == "LeakyReLU" and any(value < 0 for value in numbers)
    return one.name in ACTIVATIONS and not falls and other.name == "MaxPool2d"


def layer(one: Call) -> Group:
    prefix = "" if one.name in (*OWN, spectral_norm.__name__) else "nn."
    return call(
        f"{prefix}{one.name}", map(_value, one.args), {name: _value(value) for name, value in one.kwargs.items()}
    )


def _value(value: Value) -> Item:
    if isinstance(value, Call):
        return layer(value)
    return literal(value)


def shapes_of(layer: LayerTrace | None) -> str:
    """Return the shapes of a layer that changes them."""
    if layer is None or layer.input == layer.output:
        return ""
    before, after = ("[N, " + ", ".join(map(str, shape)) + "]" for shape in (layer.input, layer.output))
    return f"{before} → {after}"
