"""Layers that torch.nn lacks, as a script defines them: those of modelwright as they stand."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.model import attention, blocks, forecast, fused_gru, masks, pooling, recurrent, tokens
from modelwright.script import masking
from modelwright.script.code import block
from modelwright.script.section import Source
from modelwright.script.shown import Shown, shown
from modelwright.spec.call import Call

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
STEPS = (("(StepLayer)", "(nn.Module)"),)
BLOCK = (
    ("(StepBlock)", "(nn.Module)"),
    ("def forward(self, x: Tensor, steps: Steps | None = None) -> Any:", "def forward(self, x: Tensor) -> Tensor:"),
    ("        if steps is not None:\n            return self._made(steps.fill(x)), None\n", ""),
    ("        return self._made(x)\n\n    def _made(self, x: Tensor) -> Tensor:\n", ""),
)
POOL = (("(_Pool)", "(nn.Module)"),)
POOLING = '''
class {name}(nn.Module):
    """{doc}."""

    def forward(self, x: Tensor{taken}) -> Tensor:
{lines}
'''
POOLS = {
    "Mean": (
        "The mean of the steps",
        ["return x.mean(1)"],
        [
            "total = x.masked_fill(~mask[..., None], 0).sum(1)",
            "return total / mask.sum(1, keepdim=True).to(x.dtype)",
        ],
    ),
    "Max": (
        "The largest value of each channel among the steps",
        ["return x.amax(1)"],
        ['return x.masked_fill(~mask[..., None], float("-inf")).amax(1)'],
    ),
    "Last": (
        "The last step that is there",
        ["return x[:, -1]"],
        [
            "last = (mask * torch.arange(1, mask.shape[1] + 1, device=x.device)).argmax(1)",
            "return x[torch.arange(x.shape[0], device=x.device), last]",
        ],
    ),
}
"""What a pooling layer says of itself and does, without and with a mask."""
FULL = {
    "(StepLayer)": ("(StepLayer)", "(StepLayer)"),
    "(StepBlock)": ("(StepBlock)", "(StepBlock)"),
    "(_Pool)": ("(_Pool)", "(_Pool)"),
}
"""What becomes of it where modelwright's own way of masks is shown."""
RECURRENT = (recurrent._Recurrent,)  # pyright: ignore[reportPrivateUsage]
FUSED = (fused_gru.fuses, fused_gru.fused, fused_gru._Fused)  # pyright: ignore[reportPrivateUsage]
SHOWN = {
    "Permute": ((masks.Permute,), ()),
    "Embedding": (
        (tokens.Embedding,),
        (("EMBEDDING_RANGE", str(blocks.EMBEDDING_RANGE)), ('        """Draw the vectors."""\n', "")),
    ),
    "Mean": ((pooling.Mean,), POOL),
    "Max": ((pooling.Max,), POOL),
    "Last": ((pooling.Last,), POOL),
    "SelfAttention": ((attention.turned, attention.looked_at, attention.SelfAttention), STEPS),
    "MultiheadAttention": ((attention.MultiheadAttention,), STEPS),
    "PositionalEncoding": ((attention.waves, attention.PositionalEncoding), STEPS),
    "LearnedPositionalEncoding": ((attention.LearnedPositionalEncoding,), STEPS),
    "GRU": ((*FUSED, *RECURRENT, recurrent.GRU), STEPS),
    "LSTM": ((*RECURRENT, recurrent.LSTM), STEPS),
    "RNN": ((*RECURRENT, recurrent.RNN), STEPS),
    "RevIN": ((forecast.RevIN,), (*BLOCK, ("SMALLEST", str(forecast.SMALLEST)))),
    "Decomposition": ((forecast.Decomposition,), BLOCK),
    "Targets": ((forecast.Targets,), ()),
}
"""What is shown of each layer, and what of it is written otherwise."""
OWN = ("Residual", "Concat", *SHOWN)
IMPORTS = {
    "SelfAttention": ("from torch.nn import functional", "import math"),
    "PositionalEncoding": ("import math",),
    "Decomposition": ("from torch.nn import functional",),
    "GRU": (
        "from torch.autograd.function import once_differentiable",
        "from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence",
        "from typing import Any",
    ),
    "LSTM": ("from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence", "from typing import Any"),
    "RNN": ("from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence", "from typing import Any"),
}


def names_of(calls: Sequence[Call]) -> set[str]:
    """Return the names of all layers, those inside others too."""
    found = {one.name for one in calls}
    for one in calls:
        inner = [value for value in (*one.args, *one.kwargs.values()) if isinstance(value, Call)]
        found |= names_of(inner)
    return found


def definitions(source: Source, calls: Sequence[Call]) -> tuple[list[str], list[str]]:
    """Return the classes that the model needs beside torch's, and the imports these need."""
    names = names_of(calls)
    made, imports = masking.definitions(source, names)
    for name, text in (("Residual", RESIDUAL), ("Concat", CONCAT)):
        if name in names and not masking.masked(source):
            made += [*block(text), "", ""]
    if masking.keeps_source(source) and names & set(masking.POOLS):
        made += [*shown([pooling._Pool]), "", ""]  # pyright: ignore[reportPrivateUsage]
    done = {"Permute"} if masking.keeps_source(source) else set[str]()
    for name in (name for name in SHOWN if name in names):
        if name in POOLS and not masking.keeps_source(source):
            made += [*_pooling(name, masked=masking.masked(source)), "", ""]
            continue
        things, replaced = SHOWN[name]
        fresh = [thing for thing in things if thing.__name__ not in done]
        done |= {thing.__name__ for thing in things}
        if masking.keeps_source(source):
            replaced = tuple(FULL.get(pair[0], pair) for pair in replaced)
        if fresh:
            made += [*shown(fresh, *(pair for pair in replaced if any_has(fresh, pair[0]))), "", ""]
        imports += IMPORTS.get(name, ())
    return [*made, *masking.after(source, names)], imports


def _pooling(name: str, *, masked: bool) -> list[str]:
    """Return the class of a pooling layer as the rows of the run need it."""
    doc, plain, told = POOLS[name]
    lines = "\n".join(f"        {line}" for line in (told if masked else plain))
    return block(POOLING.format(name=name, doc=doc, taken=", mask: Tensor" if masked else "", lines=lines))


def any_has(things: Sequence[Shown], text: str) -> bool:
    """Whether a text stands in the source of some things."""
    return text in "\n".join(shown(things))
