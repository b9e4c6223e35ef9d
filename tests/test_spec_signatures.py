"""signatures.json against the installed torch and scikit-learn: what it says is what they accept."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def test_the_file_is_what_the_installed_torch_says() -> None:
    import torch

    from modelwright.spec.signatures import load

    if torch.__version__.split("+")[0] != load()["torch"]:
        pytest.skip(f"signatures.json was made from torch {load()['torch']}")
    module = script("make_signatures")
    assert module.TARGET.read_text(encoding="utf-8") == module.render(module.signatures())


def test_optimizers_refuse_what_the_ranges_refuse() -> None:
    import torch

    from modelwright.spec.signatures import names, signature

    parameters = [torch.nn.Parameter(torch.zeros(2, 2))]
    for name in names("optimizer"):
        cls = getattr(torch.optim, name)
        for parameter in signature("optimizer", name):
            if any(kind.name == "float" and kind.low == 0 for kind in parameter.kinds):
                with pytest.raises(ValueError, match=r"nvalid|should be"):
                    cls(parameters, **{parameter.name: -1.0})


def test_scalers_and_imputer_take_scikit_learns_arguments() -> None:
    from sklearn import impute, preprocessing

    from modelwright.spec.signatures import Role, names, signature

    roles: tuple[tuple[Role, ModuleType], ...] = (("scaler", preprocessing), ("imputer", impute))
    for role, module in roles:
        for name in names(role):
            theirs = inspect.signature(getattr(module, name)).parameters
            for parameter in signature(role, name):
                default = theirs[parameter.name].default
                if parameter.name == "random_state":
                    default = 0  # theirs is None: other quantiles in each run
                assert parameter.default == (list(default) if isinstance(default, tuple) else default)


def test_every_layer_builds_from_the_positions_that_the_file_gives() -> None:
    from torch import nn

    from modelwright.model.layers import OWN
    from modelwright.spec.signatures import names, signature

    for name in names("layer"):
        if name in ("Residual", "Concat", "RevIN", "Mean", "Max", "Last", "spectral_norm"):
            continue
        module = OWN[name] if name in OWN else getattr(nn, name)
        theirs = [p for p in inspect.signature(module.__init__).parameters if p != "self"]
        ours = [p.name for p in signature("layer", name) if not p.keyword_only]
        if theirs[:1] != ["args"]:
            assert theirs[: len(ours)] == ours or set(ours) <= set(theirs), name


def test_recipes_are_those_of_the_recipe_files() -> None:
    from modelwright.plan import recipes
    from modelwright.spec.signatures import names, signature

    assert names("recipe") == recipes.names()
    for name in recipes.names():
        assert [p.name for p in signature("recipe", name)] == [p.name for p in recipes.signature(name)]


def test_names_that_need_more_than_one_input_are_not_layers() -> None:
    from modelwright.spec.signatures import names, why_unlisted

    assert "Bilinear" not in names("layer")
    assert "several inputs" in why_unlisted("Bilinear")
    assert "ModuleList" not in names("layer")
    assert why_unlisted("Linear") == ""
