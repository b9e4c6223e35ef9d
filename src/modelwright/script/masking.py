"""Sequences of unequal length in a script: which steps are there, told to the layers that look at several."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.model import blocks, lengths, masks
from modelwright.model.blocks import Fronted
from modelwright.script.code import Group, block, lines
from modelwright.script.section import Source
from modelwright.script.shown import shown
from modelwright.spec.call import Call, parse
from modelwright.spec.names import resolve

EACH = ("Linear", "LayerNorm", "RMSNorm", "Embedding", "Identity", "Dropout", "AlphaDropout")
"""Layers that treat each step alone, beside most activations."""
POOLS = ("Mean", "Max", "Last")
SEEING = (*POOLS, "SelfAttention", "MultiheadAttention", "PositionalEncoding", "LearnedPositionalEncoding")
RECURRENT = ("GRU", "LSTM", "RNN")
THROUGH = '''
def through(layers, x, mask):
    """Give x to one layer after another; those that look at several steps get the mask."""
    for layer in layers:
        x = layer(x, mask) if isinstance(layer, SEEING) else layer(x)
    return x
'''
RESIDUAL = '''
class Residual(nn.Module):
    """Add the input, or a `shortcut` of it, to what the layers make of it."""

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = shortcut

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        around = x if self.shortcut is None else through([self.shortcut], x, mask)
        return around + through(self.layers, x, mask)
'''
CONCAT = '''
class Concat(nn.Module):
    """Give the input to each branch, and join the results along the channels."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([{branch} for layer in self.layers], dim=1)
'''
GROUPS = '''
def in_groups(layers, x, mask):
    """Give rows of like length to the layers together: padding takes no time then."""
    lengths = mask.sum(1){least}
    longest = int(lengths.max())
    x, mask = x[:, :longest], mask[:, :longest]
    if len(x) < {twice}:
        return {whole}
    order = lengths.argsort(stable=True)
    x, mask, lengths = (one.index_select(0, order) for one in (x, mask, lengths))
    if isinstance(layers[0], nn.Embedding):  # at once: its gradient is a whole table
        x, layers = layers[0](x), layers[1:]
    size, found = min({most}, max({fewest}, -(-len(x) // {groups}))), []
    parts = zip(x.split(size), mask.split(size), lengths.split(size), strict=True)
    for rows, there, each in parts:
        rows, there = rows[:, : int(each[-1])], there[:, : int(each[-1])]
        found.append({part})
    return torch.cat(found).index_select(0, order.argsort())
'''
MASKS = (
    *(masks.StepLayer, masks.StepBlock, masks.Steps, masks.Permute, masks.through),
    *(masks._one, masks.alone, masks._window, masks.window_of, masks._number),  # pyright: ignore[reportPrivateUsage]
)


def masked(source: Source) -> bool:
    """Whether the layers are told which steps are there."""
    return source.kind == "tokens" or source.ragged


def keeps_source(source: Source) -> bool:
    """Whether some layer needs more than a mask beside its input, so that modelwright's own way of it is shown."""
    return masked(source) and not _simple([resolve("layer", parse(text)) for text in source.plan.layers])


def _simple(calls: Sequence[Call]) -> bool:
    """Whether each layer up to the pooling treats steps alone, or takes the mask itself."""
    for one in calls:
        inner = [value for value in (*one.args, *one.kwargs.values()) if isinstance(value, Call)]
        if one.name in POOLS or (one.name == "Concat" and all(each.name in POOLS for each in inner)):
            return True
        if one.name in ("Residual", "Concat"):
            if not _simple([*inner, Call("Mean", (), {})]) or any(each.name in POOLS for each in inner):
                return False
        elif one.name not in (*SEEING, *RECURRENT, *EACH) and not _elementwise(one.name):
            return False
    return True


def _elementwise(name: str) -> bool:
    kind = getattr(masks.nn, name, None)
    mixing = kind is not None and issubclass(kind, masks.MIXING_ACTIVATIONS)
    return kind is not None and kind.__module__ == "torch.nn.modules.activation" and not mixing


def _looks(one: Call) -> bool:
    """Whether a layer takes the mask beside its input."""
    return one.name in (*SEEING, *RECURRENT, "Residual", "Concat")


def _branches_look(calls: Sequence[Call]) -> bool:
    """Whether each branch of each Concat takes the mask, so that nobody has to ask."""
    inner = [(one, value) for one in calls for value in (*one.args, *one.kwargs.values()) if isinstance(value, Call)]
    return all(one.name != "Concat" or _looks(value) for one, value in inner) and (
        not inner or _branches_look([value for _, value in inner])
    )


def _at_once(source: Source) -> bool:
    """Whether `forward` alone goes from layer to layer, so that it says itself how: `through` is a function of its own
    where others do as well."""
    calls = [resolve("layer", parse(text)) for text in source.plan.layers]
    core = source.core
    grouped = isinstance(core, Fronted) and core.any_length and core.costly and not source.on_device
    return _branches_look(calls) and not grouped and "Residual" not in _names(calls)


def _names(calls: Sequence[Call]) -> set[str]:
    inner = [value for one in calls for value in (*one.args, *one.kwargs.values()) if isinstance(value, Call)]
    return {one.name for one in calls} | (_names(inner) if inner else set[str]())


def definitions(source: Source, names: set[str]) -> tuple[list[str], list[str]]:
    """Return what stands before the layers of a model whose rows have masks, and its imports."""
    if not masked(source):
        return [], []
    made: list[str] = []
    imports: list[str] = []
    full = keeps_source(source)
    if full:
        facts = ("WINDOWS", "LAST_AXIS", "EACH_NUMBER", "MIXING_ACTIVATIONS")
        for name in facts:
            kinds = tuple(f"nn.{kind.__name__}" for kind in getattr(masks, name))
            made += lines(Group("(", kinds, ")"), f"{name} = ")
        made += ["", ""]
        branches = [kind for kind in (blocks.Residual, blocks.Concat) if kind.__name__ in names]
        made += [*shown([*MASKS, *branches]), "", ""]
        imports += ["from dataclasses import dataclass, replace", "from collections.abc import Iterable"]
        imports += ["from typing import Any"] if branches else []
    else:
        made += [] if _at_once(source) else [*block(THROUGH), "", ""]
        calls = [resolve("layer", parse(text)) for text in source.plan.layers]
        branch = "layer(x, mask)" if _branches_look(calls) else "through([layer], x, mask)"
        for name, text in (("Residual", RESIDUAL), ("Concat", CONCAT.replace("{branch}", branch))):
            made += [*block(text), "", ""] if name in names else []
    return made, imports


def after(source: Source, names: set[str]) -> list[str]:
    """Return what stands behind the layers of such a model: which of them see steps, and rows of like length."""
    if not masked(source):
        return []
    made: list[str] = []
    full = keeps_source(source)
    if not full and not _at_once(source):
        seeing = _seeing(names)
        made += [*lines(Group("(", tuple(seeing), ")"), "SEEING = "), "", ""]
    core = source.core
    if isinstance(core, Fronted) and core.any_length and core.costly and not source.on_device:
        whole, part = "through(layers, x, mask)", "through(layers, rows, there)"
        if full:
            whole, part = "through(layers, x, Steps(mask))[0]", "through(layers, rows, Steps(there))[0]"
        given = {"fewest": lengths.FEWEST, "most": lengths.MOST, "groups": lengths.GROUPS, "twice": 2 * lengths.FEWEST}
        made += [*block(GROUPS.format(whole=whole, part=part, least=_least(core), **given)), "", ""]
    return made


def _seeing(names: set[str]) -> list[str]:
    """Return the classes whose layers take the mask."""
    return [name for name in (*SEEING, *RECURRENT, "Residual", "Concat") if name in names]


def _least(core: Fronted) -> str:
    """Return what keeps the steps that a window needs where all rows are shorter."""
    return f".clamp(min={core.reach})" if core.reach > 1 else ""


def result(source: Source) -> list[str]:
    """Return the last lines of `forward`."""
    if not masked(source):
        return ["return self.layers(x)"]
    made = ["mask = x != 0  # 0 is padding"] if source.kind == "tokens" else []
    core = source.core
    full = keeps_source(source)
    if isinstance(core, Fronted) and core.any_length and not source.on_device:
        if core.costly:
            return [*made, "return in_groups(self.layers, x, mask)"]
        made += [f"longest = int(mask.sum(1){_least(core)}.max())", "x, mask = x[:, :longest], mask[:, :longest]"]
    if full:
        return [*made, "return through(self.layers, x, Steps(mask))[0]"]
    if not _at_once(source):
        return [*made, "return through(self.layers, x, mask)"]
    calls = [resolve("layer", parse(text)) for text in source.plan.layers]
    seeing = _seeing({one.name for one in calls})
    kinds = seeing[0] if len(seeing) == 1 else f"({', '.join(seeing)})"
    return [
        *made,
        "for layer in self.layers:  # those that look at several steps are told the mask",
        f"    x = layer(x, mask) if isinstance(layer, {kinds}) else layer(x)",
        "return x",
    ]
