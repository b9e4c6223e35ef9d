"""Detection and false alarms, measured on programs of the corpus, and that nothing of a program is changed."""

from __future__ import annotations

import inspect
import json
import pkgutil
import random
import re
import tempfile
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import corpus
import modelwright
from corpus import faulty_shape, faulty_training, right_loss, right_model, right_picture, right_training
from modelwright.checks.run import STUMBLED, Receipt
from modelwright.run.folder import CHECKS

MODULES = [import_module(f"corpus.{module.name}") for module in pkgutil.iter_modules(corpus.__path__)]
FAULTY = [module for module in MODULES if module.__name__.startswith("corpus.faulty_")]
RIGHT = [module for module in MODULES if module.__name__.startswith("corpus.right_")]


def programs(*modules: ModuleType) -> list[Callable[[], dict[str, Any]]]:
    """Return the programs of some modules, by their names."""
    named = [(f, m) for m in modules for n, f in vars(m).items() if re.match(r"[a-z]\d{3}_|right_", n)]
    return [f for f, module in named if inspect.isfunction(f) and f.__module__ == module.__name__]


def codes(program: Callable[[], dict[str, Any]]) -> set[str]:
    """Return the codes that are right for a faulty program."""
    return {program.__name__.partition("_")[0].upper(), *re.findall(r"[A-Z]\d{3}", program.__doc__ or "")}


def check(program: Callable[[], dict[str, Any]]) -> modelwright.Diagnostics:
    """Return what is found in a program."""
    torch.manual_seed(0)
    given = program()
    if given.pop("run", False):
        return trained(given)
    found = modelwright.check(**given) if "source" in given else modelwright.check(given.pop("model"), **given)
    assert not [why for why in found.receipt.not_run.values() if STUMBLED in why]
    return found


def trained(given: dict[str, Any]) -> modelwright.Diagnostics:
    """Return what is found in a run, which is not tried before: what a dry run sees is not asked here."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = modelwright.train(**given, runs=folder, dry_run=False, report=False)
        except modelwright.ModelwrightError as error:
            return modelwright.Diagnostics(Receipt(diagnostics=error.diagnostics))
        return modelwright.Diagnostics(Receipt.from_json(json.loads((run.path / CHECKS).read_text())))


def by_name(program: Callable[[], dict[str, Any]]) -> str:
    return program.__name__


@pytest.mark.parametrize("program", programs(*FAULTY), ids=by_name)
def test_a_faulty_program_is_found(program: Callable[[], dict[str, Any]]) -> None:
    found = [diagnostic for diagnostic in check(program) if diagnostic.severity != "note"]
    assert codes(program) & {diagnostic.code for diagnostic in found}, [(d.code, d.message) for d in found]
    assert all(diagnostic.where.file or diagnostic.where.key or diagnostic.where.row for diagnostic in found)


@pytest.mark.parametrize("program", programs(*RIGHT), ids=by_name)
def test_a_right_program_passes(program: Callable[[], dict[str, Any]]) -> None:
    assert [(d.code, d.message) for d in check(program) if d.severity != "note"] == []


def test_the_corpus_is_large() -> None:
    assert len(programs(*FAULTY)) >= 80 and len(programs(*RIGHT)) >= 80


def _state(given: dict[str, Any]) -> list[Any]:
    model = given["model"]
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    grads = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    modes = [layer.training for layer in model.modules()]
    hooks = [len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in model.modules()]
    optimizer = given["optimizer"].state_dict() if "optimizer" in given else None
    return [
        tensors,
        grads,
        modes,
        hooks,
        str(optimizer),
        torch.get_rng_state(),
        np.random.get_state()[1],
        random.getstate(),
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray) else one == other


CHANGED = (
    right_picture.right_resnet,
    right_model.right_counter_as_buffer,
    right_model.right_model_in_evaluation_mode,
    right_training.right_weighted_sampler,
    right_model.right_stochastic_depth,
    right_loss.right_penalty_on_the_weights,
    right_loss.right_vae,
    faulty_training.o613_changed_in_place,
    faulty_shape.s301_next_layer_of_another_width,
    faulty_training.o603_dropout_in_evaluation,
)


@pytest.mark.parametrize("program", CHANGED, ids=by_name)
def test_nothing_is_changed(program: Callable[[], dict[str, Any]]) -> None:
    given = program()
    data = given["data"]
    tensors = [data] if isinstance(data, torch.Tensor) else list(data) if isinstance(data, tuple) else []
    before, values = _state(given), [tensor.clone() for tensor in tensors]
    modelwright.check(**{"source": given["model"], **{name: v for name, v in given.items() if name != "model"}})
    assert _same(before, _state(given))
    assert all(torch.equal(a, b) for a, b in zip(values, tensors, strict=True))
