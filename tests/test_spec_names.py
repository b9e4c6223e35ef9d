"""Names and arguments of calls: near misses, wrong roles, missing, unknown, wrong kinds and ranges."""

from __future__ import annotations

import pytest

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.call import Call, parse
from modelwright.spec.names import bind, resolve
from modelwright.spec.signatures import ROLES, Role, names, signature


def wrong(role: Role, text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        resolve(role, parse(text))
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("role", "text", "bound"),
    [
        ("layer", "Linear(..., 64)", {"in_features": ..., "out_features": 64}),
        ("layer", "Linear(out_features=64, bias=False)", {"out_features": 64, "bias": False}),
        ("layer", "Linear(..., ...)", {"in_features": ..., "out_features": ...}),
        ("layer", "BatchNorm1d", {}),
        ("layer", "GroupNorm(4)", {"num_groups": 4}),
        (
            "layer",
            "Conv2d(..., 16, 3, padding='same')",
            {"in_channels": ..., "out_channels": 16, "kernel_size": 3, "padding": "same"},
        ),
        ("layer", "MaxPool2d((2, 2))", {"kernel_size": (2, 2)}),
        ("layer", "Residual(Linear(..., 8), ReLU)", {"layers": (Call("Linear", (..., 8)), Call("ReLU"))}),
        ("layer", "GRU(hidden_size=8, batch_first=True)", {"hidden_size": 8, "batch_first": True}),
        ("optimizer", "torch.optim.Adam(model.parameters(), lr=1e-3)", {"lr": 0.001}),
        ("optimizer", "SGD(params, 0.1, momentum=0)", {"lr": 0.1, "momentum": 0}),
        ("optimizer", "SGD(params=model.parameters(), lr=1)", {"lr": 1}),
        ("scheduler", "StepLR(optimizer, step_size=30)", {"step_size": 30}),
        ("scheduler", "OneCycleLR(max_lr=0.1, total_steps=...)", {"max_lr": 0.1, "total_steps": ...}),
        ("scheduler", "CosineAnnealingLR", {}),
        ("recipe", "mlp(hidden=[64], norm=none)", {"hidden": (64,), "norm": None}),
        ("recipe", "mlp(64, activation=GELU)", {"hidden": 64, "activation": Call("GELU")}),
        ("imputer", 'SimpleImputer(strategy="median")', {"strategy": "median"}),
        ("encoder", "Embedding(..., 16)", {"num_embeddings": ..., "embedding_dim": 16}),
        ("loss", "CrossEntropyLoss(weight=[1, 2.5])", {"weight": (1, 2.5)}),
        ("scaler", "MinMaxScaler(feature_range=(-1, 1))", {"feature_range": (-1, 1)}),
    ],
)
def test_binds(role: Role, text: str, bound: dict[str, object]) -> None:
    assert bind(role, parse(text)) == bound


def test_supplied_arguments_are_dropped_inside_a_sequence_too() -> None:
    text = "SequentialLR(optimizer, [ConstantLR(optimizer, 0.1), ExponentialLR(optimizer, gamma=0.9)], milestones=[5])"
    resolved = resolve("scheduler", parse(text))
    assert str(resolved) == "SequentialLR((ConstantLR(0.1), ExponentialLR(gamma=0.9)), milestones=(5,))"


@pytest.mark.parametrize(
    ("role", "text", "code", "says", "fix"),
    [
        ("layer", "Conv2D(..., 16, 3)", "Y004", "did you mean `Conv2d`?", "Conv2d(..., 16, 3)"),
        ("layer", "F.relu", "Y004", "did you mean `ReLU`?", "ReLU"),
        ("layer", "LazyLinear(3)", "Y004", "write `...`", "Linear(..., 3)"),
        ("layer", "PairwiseDistance(2)", "Y004", "several inputs", ""),
        ("layer", "xyzzy", "Y004", "there is no layer `xyzzy`", ""),
        ("layer", "mlp", "Y004", "`mlp` is a recipe, not a layer", ""),
        ("optimizer", "Adamw(lr=0.1)", "Y004", "did you mean `AdamW`?", "AdamW(lr=0.1)"),
        ("optimizer", "MSELoss", "Y004", "`MSELoss` is a loss, not an optimizer", ""),
        ("scheduler", "LambdaLR", "Y004", "a function cannot be written", ""),
        ("layer", "Linear(64)", "Y005", "needs `out_features`", "Linear(..., 64)"),
        ("layer", "Conv2d(16, 3)", "Y005", "needs `kernel_size`", "Conv2d(..., 16, 3)"),
        ("layer", "Linear", "Y005", "needs `out_features`", ""),
        ("layer", "Linear(..., 64, bais=False)", "Y005", "did you mean `bias`?", "Linear(..., 64, bias=False)"),
        ("layer", "Linear(..., 64, True, 3)", "Y005", "takes 3 arguments, 4 were given", ""),
        ("layer", "Linear(..., 64, out_features=3)", "Y005", "twice", ""),
        ("layer", "Linear(..., '64')", "Y005", "cannot be '64'", ""),
        ("layer", "Linear(..., 128 / 2)", "Y005", "cannot be 64.0", "out_features=64 (`//` divides whole numbers)"),
        ("layer", "Linear(..., True)", "Y005", "cannot be True", ""),
        ("layer", "Linear(..., 64, bias=false)", "Y005", "cannot be false", "bias=False"),
        ("layer", "Linear(..., 64, ...)", "Y005", "does not follow from the data", ""),
        ("layer", "Linear(..., 64, device='cpu')", "Y005", "`train.device`", ""),
        ("layer", "ReLU(Tanh)", "Y005", "cannot be Tanh", ""),
        ("layer", "Residual", "Y005", "at least one layer", ""),
        ("layer", "Residual(3)", "Y005", "cannot be 3", ""),
        ("layer", "Residual(Linear(..., 8), Tahn)", "Y004", "did you mean `Tanh`?", "Tanh"),
        ("layer", "Dropout(1.5)", "Y003", "out of range", ""),
        ("layer", "Linear(..., 0)", "Y003", "out of range", ""),
        ("layer", "MaxPool2d(0)", "Y003", "out of range", ""),
        ("optimizer", "SGD(lr=0.1, momentum=-1)", "Y003", "`momentum` of `SGD` cannot be -1", ""),
        ("optimizer", "Adam(betas=(0.9, 1.0))", "Y003", "out of range", ""),
        ("optimizer", "SGD(learning_rate=0.1)", "Y005", "did you mean `lr`?", "SGD(lr=0.1)"),
        ("optimizer", "SGD(0.1, 0, 0, 0, False, True)", "Y005", "5 arguments by position, 6 were given", ""),
        ("imputer", "SimpleImputer(strategy=median)", "Y005", "cannot be median", 'strategy="median"'),
        ("recipe", "mlp(hidden=[64, 1.5])", "Y005", "cannot be (64, 1.5)", ""),
        ("recipe", "mlp(dropout=2)", "Y003", "out of range", ""),
        ("recipe", "mpl", "Y004", "did you mean `mlp`?", "mlp"),
        ("scheduler", "SequentialLR([StepLR], [1])", "Y005", "needs `step_size`", ""),
    ],
)
def test_refuses(role: Role, text: str, code: str, says: str, fix: str) -> None:
    (finding,) = wrong(role, text)
    assert finding.code == code
    assert says in finding.message
    assert finding.help == fix


def test_all_problems_of_a_call_are_found_at_once() -> None:
    findings = wrong("layer", "Residual(Linear(..., 64, bais=1), Conv2D(1), Dropout(p=7))")
    assert [finding.code for finding in findings] == ["Y003", "Y004", "Y005"]


@pytest.mark.parametrize("role", ROLES)
def test_a_name_in_lower_case_is_found(role: Role) -> None:
    for name in names(role):
        findings = wrong(role, name.lower() + "x")
        assert findings[0].code == "Y004"


def test_every_signature_can_be_read() -> None:
    for role in ROLES:
        for name in names(role):
            for parameter in signature(role, name):
                assert parameter.kinds
