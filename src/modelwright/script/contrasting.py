"""The sections of a contrastive run: rows by side, views of them, the networks beside their loss, and its scores."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.model import contrast_losses
from modelwright.model.contrast import COLDEST
from modelwright.model.contrast_losses import temperature_of
from modelwright.plan.losses import CONTRASTIVE
from modelwright.plan.plan import ContrastPlan
from modelwright.script import encoding, network, sequencing, texting
from modelwright.script.code import Group, flat, lines, literal, text
from modelwright.script.doubled import SUFFIX, beside
from modelwright.script.network import layer
from modelwright.script.section import Section, Source, indented
from modelwright.script.shown import shown
from modelwright.spec.call import parse
from modelwright.spec.names import bind, resolve

WRITERS = {"table": encoding.write, "tokens": texting.write, "steps": sequencing.write}


def contrast_of(source: Source) -> ContrastPlan:
    """Return what a contrastive plan compares."""
    assert source.plan.contrast is not None
    return source.plan.contrast


def towers_of(source: Source) -> list[Source]:
    """Return the source of each network."""
    return [source.of_network(at) for at in range(contrast_of(source).towers)]


def stacked(source: Source) -> bool:
    """Whether one network takes several columns, so that they stand one under another."""
    contrast = contrast_of(source)
    return bool(contrast.sides) and contrast.second is None


def write_sides(source: Source) -> Section:
    """Return the section that leaves `inputs_of(rows)`: what the networks take of some rows, side by side."""
    contrast = contrast_of(source)
    if source.kind == "pixels" and contrast.sides and source.plan.data.format == "images":
        made = ["def inputs_of(rows):", '    """Return what the networks take of some rows, side by side."""']
        made += ["    return tuple(torch.from_numpy(each[rows]) for each in pictures)"]
        return Section(lines=made, imports=("import torch",))
    made, imports = _stack(source) if stacked(source) else [], ["import numpy as np", "import torch"]
    sections = [WRITERS[one.kind](one) for one in towers_of(source) if one.kind in WRITERS]
    bodies, renamed = [list(section.lines) for section in sections], set[str]()
    if len(bodies) > 1:
        second, renamed = beside(bodies[0], bodies[1])
        bodies[1] = ["", "", *second]
    found = [line for body in bodies for line in body]
    if stacked(source):
        found = [line.replace("[train_rows", "[learned_rows") for line in found]
    made += ["", *found] if made else found
    made += ["", "", *_inputs_of(source, renamed)]
    if contrast.positives == "labels":
        name = text(source.plan.outputs.targets[0])
        made += ["", "", f'number_of_label = frame[{name}].cast(pl.String).rank("dense")']
    needs = [line for section in sections for line in section.imports]
    return Section(lines=made, imports=(*imports, "import polars as pl", *needs))


def _stack(source: Source) -> list[str]:
    """Return the lines that put the sides one under another, under the names of the first."""
    sides = contrast_of(source).sides
    words = ".cast(pl.String)" if source.kind == "tokens" else ""
    return [
        "# one network takes all sides: one under another, row n of side s is row s * ROWS + n",
        "ROWS = frame.height",
        *lines(Group("[", tuple(literal(list(side)) for side in sides), "]"), "SIDES = "),
        f"sides = [frame.select(pl.col(side){words}) for side in SIDES]",
        "for side in sides:",
        "    side.columns = SIDES[0]",
        'frame = pl.concat(sides, how="vertical_relaxed")',
        f"learned_rows = np.concatenate([train_rows + ROWS * at for at in range({len(sides)})])",
    ]


def _inputs_of(source: Source, renamed: set[str]) -> list[str]:
    """Return the function that gives what the networks take of some rows."""
    contrast, each = contrast_of(source), towers_of(source)
    made = ["def inputs_of(rows):", '    """Return what the networks take of some rows, side by side."""']
    if stacked(source):
        one = source.inputs_of_rows.replace("part", "frame[part]")
        made += [f"    parts = [rows + ROWS * at for at in range({len(contrast.sides)})]"]
        one = one.replace("(rows)", "(part)").replace("[rows]", "[part]")
        inner = f"for inputs in map({_function(source)}, parts) for each in inputs"
        return (
            [*made, f"    return tuple(each {inner})"]
            if one.startswith("*")
            else [
                *made,
                f"    return tuple({one} for part in parts)",
            ]
        )
    found = [one.inputs_of_rows.replace("part", "frame[rows]") for one in each]
    if "encode" in renamed:
        found[1] = found[1].replace("encode(", f"encode{SUFFIX}(")
    return [*made, *deep_return(found)]


def _function(source: Source) -> str:
    return "lambda part: encode(frame[part])" if source.kind == "table" else "encode"


def deep_return(found: Sequence[str]) -> list[str]:
    """Return the line that returns a tuple of expressions."""
    return lines(Group("(", tuple(found), ")"), "return ", depth=1) if len(found) > 1 else [f"    return ({found[0]},)"]


def write_model(source: Source) -> Section:
    """Return the section that leaves `model`: the networks, and what the loss needs beside them."""
    made, imports, first = network.definition(source)
    expressions = [flat(first)]
    if contrast_of(source).towers > 1:
        second, more, other = network.definition(source.of_network(1))
        imports += more
        below, renamed = beside(made, second)
        expressions.append(f"Model{SUFFIX}()" if "Model" in renamed else flat(other))
        made = [*made, *(["", "", *below] if below else [])] if made else below
    made = [*made, "", "", *_class(source, expressions)] if made else _class(source, expressions)
    made += ["", "", "torch.manual_seed(SEED)", f"model = Contrast(){source.on_device}"]
    if source.plan.execution.memory_format == "channels_last":
        made.append("model.networks[0].to(memory_format=torch.channels_last)")
    return Section(lines=made, imports=(*imports, "import math", "from torch.nn import functional"))


def takes_of(source: Source) -> list[int]:
    """Return how many tensors each network takes."""
    return [len(one.taken) for one in towers_of(source)]


def separate(source: Source) -> bool:
    """Whether what the loss compares stands beside the embeddings: of a head, or where their place in memory tells on
    the last bits of a product."""
    contrast = contrast_of(source)
    return bool(contrast.projection) or contrast.embedding % 16 != 0


def _class(source: Source, networks: Sequence[str]) -> list[str]:
    contrast = contrast_of(source)
    value, learned = temperature_of(source.plan.loss)
    made = ["def unit(z):", '    """Return outputs as vectors of length 1."""']
    made += ["    return functional.normalize(z, dim=1)", "", ""]
    made += ["class Contrast(nn.Module):", '    """The networks, and what the loss needs beside them."""', ""]
    made += ["    def __init__(self) -> None:", "        super().__init__()"]
    listed = Group("nn.ModuleList(", (Group("[", tuple(networks), "]"),), ")")
    made += lines(listed, "self.networks = ", depth=2)
    if contrast.projection:
        head = Group("nn.Sequential(", tuple(layer(resolve("layer", parse(one))) for one in contrast.projection), ")")
        made += lines(Group("[", (head,) * len(networks), "]"), "heads = ", depth=2)
        made += ["        self.heads = nn.ModuleList(heads)"]
    if learned:
        made += [f"        self.log = nn.Parameter(torch.tensor(math.log({value!r})))"]
    made += _forward(source)
    if learned:
        made += ["", "    def temperature(self) -> Tensor:"]
        made += ['        """Return what similarities are divided by."""']
        made += [f"        return self.log.exp().clamp(min={COLDEST})"]
    return made


def _forward(source: Source) -> list[str]:
    contrast, takes = contrast_of(source), takes_of(source)
    beside_ = separate(source)
    told = ", and beside them what the loss compares" if beside_ else ""
    made = ["", "    def forward(self, *inputs: Tensor) -> Tensor:"]
    made += [f'        """Return embeddings of unit length{told}."""', *_found(source, joined=False)]
    if beside_:
        made += ["        both = [*map(unit, found), *map(unit, self.head(found))]"]
        made += ["        return torch.cat(both, dim=1)"]
    else:
        made += ["        return torch.cat([unit(each) for each in found], dim=1)"]
    if contrast.projection or beside_:
        made += ["", "    def head(self, found: list[Tensor]) -> list[Tensor]:"]
        made += ['        """Return what the loss compares of the outputs of the networks."""']
        made += [
            "        return [head(each) for head, each in zip(self.heads, found)]"
            if contrast.projection
            else "        return found"
        ]
    made += ["", "    def compared(self, *inputs: Tensor) -> Tensor:"]
    made += ['        """Return what the loss compares: views or sides of N rows, [V, N, …]."""']
    made += _found(source, joined=True)
    made += ["        found = self.head(found)"] if contrast.projection else []
    if len(takes) > 1:
        return [*made, "        return torch.stack([unit(each) for each in found])"]
    return [*made, f"        return unit(found[0]).unflatten(0, ({contrast.compared}, -1))"]


def _found(source: Source, *, joined: bool) -> list[str]:
    """Return the lines that ask the networks; `joined`: views and sides go through one network at once."""
    contrast, takes = contrast_of(source), takes_of(source)
    if len(takes) > 1:
        cut = takes[0]
        return [
            f"        parts = inputs[:{cut}], inputs[{cut}:]",
            "        found = [network(*part) for network, part in zip(self.networks, parts)]",
        ]
    if not joined or contrast.compared == 1:
        return ["        found = [self.networks[0](*inputs)]"]
    if takes[0] == 1:
        return ["        found = [self.networks[0](torch.cat(inputs))]"]
    return [
        f"        together = (torch.cat(inputs[at::{takes[0]}]) for at in range({takes[0]}))",
        "        found = [self.networks[0](*together)]",
    ]


def write_loss(source: Source) -> Section:
    """Return the section that leaves `criterion(z, labels, temperature)`."""
    loss = parse(source.plan.loss)
    if loss.name in CONTRASTIVE:
        made = [*shown([getattr(contrast_losses, loss.name)]), "", "", f"criterion = {loss.name}()"]
    else:
        given = {name: literal(value) for name, value in bind("loss", loss).items()}
        inner = flat(Group(f"nn.{loss.name}(", tuple(f"{k}={flat(v)}" for k, v in given.items()), ")"))
        made = [*shown([contrast_losses.Mined, contrast_losses.triplets]), "", "", f"criterion = Mined({inner})"]
    _, learned = temperature_of(source.plan.loss)
    value, _ = temperature_of(source.plan.loss)
    made += [] if learned else [f"TEMPERATURE = {value!r}"]
    return Section(
        lines=made, imports=("import torch", "from torch import Tensor, nn", "from torch.nn import functional")
    )


def temperature(source: Source) -> str:
    """Return what gives the temperature of the loss."""
    return "model.temperature()" if temperature_of(source.plan.loss)[1] else "TEMPERATURE"


def loss_lines(source: Source) -> list[str]:
    """Return the lines that leave the `loss` of a batch."""
    labels = "labels" if contrast_of(source).positives == "labels" else "None"
    parts, z = source.plan.train.accumulate, "model.compared(*inputs)"
    made: list[str] = []
    if parts > 1:
        made = [
            f"parts = zip(*(each.tensor_split(min({parts}, len(each))) for each in inputs))",
            "# each part is computed again for its gradient: the loss sees the whole batch",
            "made = [checkpoint(model.compared, *one, use_reentrant=False) for one in parts]",
        ]
        z = "torch.cat(made, dim=1)"
    made += [f"loss = criterion({z}, {labels}, {temperature(source)})"]
    if source.plan.execution.precision == "bfloat16":
        kind = source.plan.execution.device.partition(":")[0]
        return [f'with torch.autocast("{kind}", torch.bfloat16):', *indented(made)]
    return made


def batch_of(source: Source) -> str:
    """Return the names of what a batch holds."""
    return "*inputs, labels" if contrast_of(source).positives == "labels" else "inputs"
