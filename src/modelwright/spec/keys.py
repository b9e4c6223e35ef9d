"""The keys of a description: which there are, where each belongs, and what an unknown one was meant to be."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.document import Document, join
from modelwright.spec.near import near
from modelwright.spec.schema import Spec

ELSEWHERE = {
    "lr": "the learning rate is an argument of the optimizer: `optimizer: AdamW(lr=0.001)`",
    "learning_rate": "the learning rate is an argument of the optimizer: `optimizer: AdamW(lr=0.001)`",
    "momentum": "momentum is an argument of the optimizer: `optimizer: SGD(lr=0.1, momentum=0.9)`",
    "weight_decay": "weight decay is an argument of the optimizer: `optimizer: AdamW(weight_decay=0.01)`",
    "dropout": "dropout is an argument of the recipe, `model: mlp(dropout=0.1)`, or a layer, `- Dropout(0.1)`",
    "hidden": "hidden is an argument of the recipe: `model: mlp(hidden=[128, 128])`",
    "hidden_layers": "widths are an argument of the recipe: `model: mlp(hidden=[128, 128])`",
    "layers": "layers stand under `model:` as a list",
    "activation": "activation is an argument of the recipe: `model: mlp(activation=GELU)`",
    "class_weights": "write `train: {class_weight: balanced}`",
    "early_stopping": "write `train: {patience: 10}`",
    "n_splits": "write `split: {folds: 5}`",
    "cv": "write `split: {folds: 5}`",
    "val_size": "write `split: {validation_size: 0.1}`",
    "scaler": "write `scale: StandardScaler`",
    "criterion": "write `loss: CrossEntropyLoss`",
    "features": "every column is an input unless it stands in `data: {drop: […]}`",
}
"""Words that people try, and what to write."""


@functools.cache
def sections() -> dict[str, type[BaseModel]]:
    """Return the keys that hold keys themselves, with their model."""
    return {
        name: field.annotation
        for name, field in Spec.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


@functools.cache
def known() -> frozenset[str]:
    """Return every dotted key.

    >>> "train.epochs" in known() and "optimizer" in known()
    True
    """
    inner = {f"{section}.{name}" for section, model in sections().items() for name in model.model_fields}
    return frozenset(inner | set(Spec.model_fields))


def owner(name: str) -> list[str]:
    """Return the dotted keys whose last part is `name`.

    >>> owner("epochs")
    ['train.epochs']
    """
    return sorted(key for key in known() if key.rpartition(".")[2] == name)


def take_unknown(document: Document, mapping: dict[str, Any]) -> Iterator[Diagnostic]:
    """Yield a finding for each unknown key, and take it out of `mapping`."""
    for name in [name for name in mapping if name not in Spec.model_fields]:
        yield unknown(name, "", document.keys.get(name, Place(key=name)), document.raw.get(name, ""))
        del mapping[name]
    for section, model in sections().items():
        inner = mapping.get(section)
        if not isinstance(inner, dict):
            continue
        for name in [name for name in inner if name not in model.model_fields]:
            path = join(section, name)
            yield unknown(name, section, document.keys.get(path, Place(key=path)), document.raw.get(path, ""))
            del inner[name]


def unknown(name: str, section: str, where: Place, value: str = "") -> Diagnostic:
    """Return the finding on an unknown key of a section (`""`: top level); `value` as written, for the fix."""
    under = f" under `{section}`" if section else ""
    siblings = list(sections()[section].model_fields) if section else list(Spec.model_fields)
    message, help_text = f"unknown key `{name}`{under}", ""
    others = owner(name)
    if others:
        message += f"; it belongs {_under(others[0])}"
        help_text = _pasted(others[0], value)
    elif name in ELSEWHERE:
        help_text = ELSEWHERE[name]
    elif close := near(name, siblings, 1):
        message += f"; did you mean `{close[0]}`?"
        help_text = f"{close[0]}: {value}" if value else f"{close[0]}:"
    elif everywhere := near(name, {key.rpartition(".")[2] for key in known()}, 1):
        target = owner(everywhere[0])[0]
        message += f"; did you mean `{target}`?"
        help_text = _pasted(target, value)
    return Diagnostic(
        code="Y001",
        severity="error",
        message=message,
        where=where,
        expected=f"one of {', '.join(siblings)}",
        received=name,
        help=help_text,
    )


def _under(key: str) -> str:
    section = key.partition(".")[0]
    return f"under `{section}`" if "." in key else "at the top level"


def _pasted(key: str, value: str) -> str:
    section, _, name = key.rpartition(".")
    value = value or "…"
    return f"{section}: {{{name}: {value}}}" if section else f"{name}: {value}"
