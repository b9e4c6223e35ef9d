"""Write src/modelwright/spec/signatures.json: the closed set of names with their arguments, from the installed torch.

    python scripts/make_signatures.py            # writes the file
    python scripts/make_signatures.py --check    # exit 1 if the file is not what the installed torch says

One entry is a list of parameters: `[name, type]` where a value is required, `[name, type, default]` where not; `"*"`
stands before parameters that can only be named, `["*name", type]` takes any number. A type is `int`,
`float`, `bool`, `str`, `tuple`, `ints` (a list of whole numbers), `tensor`, `layer`, `schedulers`, `none` or a quoted
choice, joined by `|`; numbers may carry a range.
"""

from __future__ import annotations

import inspect
import json
import sys
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import own_sequences
import torch
from torch import nn
from torch.nn import modules
from torch.nn.modules.loss import _Loss
from torch.optim import lr_scheduler

from modelwright.plan import recipes

TARGET = Path(__file__).parents[1] / "src/modelwright/spec/signatures.json"
TORCHVISION = Path(__file__).with_name("torchvision.json")
"""torchvision's transforms, written from its documentation: it is no dependency."""
SUPPLIED = {"params", "optimizer", "last_epoch", "device", "dtype"}
"""modelwright gives these itself."""
LEFT_OUT = {
    *("size_average", "reduce", "min_value", "max_value"),  # deprecated by torch
    *("scale_fn", "distance_function", "process_group"),  # cannot be written in a description
    "return_indices",  # would make the layer return two things
}
AT_LEAST_ONE = {
    *("in_channels", "out_channels", "in_features", "out_features", "input_size", "hidden_size", "num_layers"),
    *("num_features", "num_channels", "num_groups", "num_embeddings", "embedding_dim", "d_model", "nhead", "max_len"),
    *("embed_dim", "num_heads"),
    *("kernel_size", "dim_feedforward", "groups", "step_size", "T_max", "T_0", "total_steps", "epochs"),
    *("steps_per_epoch", "step_size_up", "size", "upscale_factor", "downscale_factor", "num_parameters", "total_iters"),
}
CHOICES = {
    "reduction": ("none", "mean", "sum"),
    "approximate": ("none", "tanh"),
    "nonlinearity": ("tanh", "relu"),
}
SHARES = {"p", "dropout", "label_smoothing"}
RECIPE_TYPES = {"integer": "int", "integers": "ints|int", "number": "float", "boolean": "bool", "layer": "layer|none"}
OWN = {
    "layer": {
        "Residual": [["*layers", "layer"], ["shortcut", "layer|none", None]],
        "Concat": [["*layers", "layer"]],
        "Sequential": [["*layers", "layer"]],
        **own_sequences.LAYERS,
        "RevIN": [["*layers", "layer"], ["subtract_last", "bool", False]],
        "Decomposition": [["season", "layer"], ["trend", "layer"], ["kernel_size", "int>=1", 25]],
        "Targets": [["targets", "int>=1"]],
    },
    "scaler": {
        "MinMaxScaler": [["feature_range", "tuple", [0, 1]], ["clip", "bool", False]],
        "StandardScaler": [["with_mean", "bool", True], ["with_std", "bool", True]],
        "RobustScaler": [
            ["with_centering", "bool", True],
            ["with_scaling", "bool", True],
            ["quantile_range", "tuple", [25.0, 75.0]],
            ["unit_variance", "bool", False],
        ],
        "QuantileTransformer": [
            ["n_quantiles", "int>=1", 1000],
            ["output_distribution", "'uniform'|'normal'", "uniform"],
            ["subsample", "int>=1", 10000],
            ["random_state", "int>=0", 0],
        ],
    },
    "imputer": {
        "SimpleImputer": [
            ["strategy", "'mean'|'median'|'most_frequent'|'constant'", "mean"],
            ["fill_value", "float|none", None],
            ["add_indicator", "bool", False],
        ]
    },
    "tokenizer": own_sequences.TOKENIZERS,
    "encoder": {
        "OneHotEncoder": [],
        "Embedding": [["num_embeddings", "int>=1", "..."], ["embedding_dim", "int>=1", "..."]],
    },
}
UNLISTED_REASONS = {
    "LambdaLR": "a function cannot be written in a description",
    "MultiplicativeLR": "a function cannot be written in a description",
    "NLLLoss2d": "torch has deprecated it: `NLLLoss`",
    "LinearCrossEntropyLoss": "it holds weights of its own: `CrossEntropyLoss` after a `Linear` layer is the same",
    "AdaptiveLogSoftmaxWithLoss": "it is layer and loss at once",
}


def signatures() -> dict[str, Any]:
    """Return what signatures.json holds."""
    layers, losses, unlisted = _modules()
    pictures = json.loads(TORCHVISION.read_text(encoding="utf-8"))
    optimizers = {
        name: _entry(cls, _optimizer_range(cls))
        for name, cls in _classes(torch.optim, torch.optim.Optimizer)
        if name != "Optimizer"
    }
    schedulers = {
        name: _entry(cls, _share)
        for name, cls in _classes(lr_scheduler, lr_scheduler.LRScheduler)
        if not name.startswith("_") and name not in ("LRScheduler", *UNLISTED_REASONS)
    }
    unlisted |= {name: UNLISTED_REASONS[name] for name in ("LambdaLR", "MultiplicativeLR")} | own_sequences.UNLISTED
    return {
        "torch": torch.__version__.split("+")[0],
        "layer": layers
        | {name: _entry(own, _share) if isinstance(own, type) else own for name, own in OWN["layer"].items()},
        "loss": losses | own_sequences.LOSSES,
        "optimizer": optimizers,
        "scheduler": schedulers,
        **{role: OWN[role] for role in ("scaler", "imputer", "encoder", "tokenizer")},
        **{role: pictures[role] for role in ("transform", "augment")},
        "recipe": {name: _recipe(name) for name in recipes.names()},
        "unlisted": {name: reason for name, reason in sorted(unlisted.items()) if name not in OWN["layer"]},
    }


def _modules() -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    layers: dict[str, Any] = {}
    losses: dict[str, Any] = {}
    unlisted: dict[str, str] = {}
    for name, cls in _classes(modules, nn.Module):
        if reason := _why_unlisted(name, cls):
            unlisted[name] = reason
        elif issubclass(cls, _Loss) or name.endswith("Loss"):
            losses[name] = _entry(cls, _share)
        elif name not in ("Module", "Container", "RNNBase", "RNNCellBase"):
            layers[name] = _entry(cls, _share)
    return layers, losses, unlisted


def _why_unlisted(name: str, cls: type) -> str:
    if name in UNLISTED_REASONS:
        return UNLISTED_REASONS[name]
    if name.startswith("Lazy"):
        return f"write `...` for a size that follows from the data: `{name.removeprefix('Lazy')}(..., …)`"
    if name in ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict"):
        return "it holds modules, and is no layer of its own"
    if name.endswith("Loss"):
        return ""
    parameters = list(inspect.signature(cls.forward).parameters.values())[1:]
    required = [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]
    several = len([one for one in required if one.kind is not inspect.Parameter.VAR_POSITIONAL]) > 1
    return "it takes several inputs, a layer of a list takes one" if several else ""


def _classes(module: types.ModuleType, base: type) -> list[tuple[str, type]]:
    names = getattr(module, "__all__", None) or dir(module)
    found = ((name, getattr(module, name)) for name in sorted(names))
    return [(name, cls) for name, cls in found if inspect.isclass(cls) and issubclass(cls, base)]


def _entry(cls: type, range_of: Callable[[str, Any], str]) -> list[Any]:
    function = cls.__init__
    if overloads := typing.get_overloads(function):
        function = overloads[0]
    hints = _hints(function)
    entry: list[Any] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        variadic = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if variadic or parameter.name in SUPPLIED | LEFT_OUT or parameter.name.startswith("_"):
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in entry:
            entry.append("*")
        kind = _type(parameter.name, hints.get(parameter.name, Any), parameter.default)
        kind = _ranged(kind.removesuffix("|tensor"), parameter.name, range_of(parameter.name, parameter.default))
        default = [] if parameter.default is inspect.Parameter.empty else [_json(parameter.default)]
        entry.append([parameter.name, kind, *default])
    return entry if entry[-1:] != ["*"] else entry[:-1]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    known = {"Callable": Callable, "Iterable": Iterable, "Sequence": Sequence, "Optimizer": torch.optim.Optimizer}
    return typing.get_type_hints(function, localns=known)


def _type(name: str, annotation: Any, default: Any) -> str:
    if name in CHOICES and isinstance(default, str):
        return "|".join(f"'{choice}'" for choice in CHOICES[name])
    atoms = _atoms(annotation)
    if default is None:
        atoms.append("none")
    if not [atom for atom in atoms if atom != "none"]:
        atoms.append(_atom_of(default))
    return "|".join(dict.fromkeys(atom for atom in atoms if atom)) or "any"


def _atoms(annotation: Any) -> list[str]:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return [atom for part in typing.get_args(annotation) for atom in _atoms(part)]
    if origin is typing.Literal:
        return [f"'{choice}'" for choice in typing.get_args(annotation)]
    if annotation is type(None):
        return ["none"]
    if annotation in (int, float, bool, str):
        return [annotation.__name__]
    base = origin or annotation
    if inspect.isclass(base):
        if issubclass(base, nn.Module):
            return ["layer"]
        if issubclass(base, torch.Tensor):
            return ["tensor"]
        if any(
            inspect.isclass(arg) and issubclass(arg, lr_scheduler.LRScheduler) for arg in typing.get_args(annotation)
        ):
            return ["schedulers"]
        if base is not str and (issubclass(base, Sequence) or base is Iterable):
            return ["tuple"]
    return []


def _atom_of(default: Any) -> str:
    return {bool: "bool", int: "int", float: "float", str: "str", tuple: "tuple"}.get(type(default), "any")


def _ranged(kind: str, name: str, range_text: str) -> str:
    range_text = range_text or (">=1" if name in AT_LEAST_ONE else "")
    numbers = ("int", "float", "tuple") if name == "betas" else ("int", "float")
    return "|".join(atom + range_text if atom in numbers else atom for atom in kind.split("|"))


def _share(name: str, default: Any) -> str:
    return "[0,1]" if name in SHARES and isinstance(default, float) and default <= 1 else ""


def _optimizer_range(cls: type) -> Callable[[str, Any], str]:
    """Return a function that asks the optimizer itself whether it refuses -1 for a parameter."""

    def range_of(name: str, default: Any) -> str:
        if name == "betas":
            return "[0,1)"
        if isinstance(default, bool) or not isinstance(default, int | float):
            return ""
        try:
            cls([nn.Parameter(torch.zeros(2, 2))], **{name: -1 if isinstance(default, int) else -1.0})
        except ValueError:
            return ">=0"
        return ""

    return range_of


def _json(value: Any) -> Any:
    if callable(value):
        return value.__name__
    return list(value) if isinstance(value, tuple) else value


def _recipe(name: str) -> list[Any]:
    entry: list[Any] = []
    for parameter in recipes.signature(name):
        low, high = parameter.minimum, parameter.maximum
        limits = "" if low is None else f">={low:g}" if high is None else f"[{low:g},{high:g}]"
        kind = RECIPE_TYPES[parameter.type]
        kind = "|".join(atom + limits if atom in ("int", "float", "ints") else atom for atom in kind.split("|"))
        default = parameter.default
        plain = str(default) if type(default).__name__ == "Call" else _json(default)
        entry.append([parameter.name, kind, plain])
    return entry


def render(content: dict[str, Any]) -> str:
    """Return the JSON text, one entry a line."""
    blocks: list[str] = []
    for key, value in content.items():
        if isinstance(value, dict):
            lines = [f"  {json.dumps(name)}: {json.dumps(value[name])}" for name in sorted(value)]
            blocks.append(f"{json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n}")
        else:
            blocks.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> int:
    """Write the file, or compare it."""
    text = render(signatures())
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
