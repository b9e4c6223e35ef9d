"""Optimizers: each one builds, and steps without dynamo exactly as torch's own step does."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
import torch
from torch import Tensor, nn

from modelwright.errors import SpecError
from modelwright.model.components import make_optimizer, needs_closure
from modelwright.model.lean_optimizer import lean, lean_step
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.signatures import names

VARIANTS = (
    "SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)",
    "SGD(lr=0.1, fused=False)",
    "Adam(lr=0.01, amsgrad=True)",
    "Adam(lr=0.01, fused=False)",
    "AdamW(lr=0.01, foreach=True)",
    "Adagrad(lr=0.1, foreach=False)",
    "RMSprop(lr=0.01, momentum=0.9, centered=True)",
    "RMSprop(lr=0.01, differentiable=False)",
)
TEXTS = (*names("optimizer"), *VARIANTS)


def network(text: str) -> nn.Module:
    """A small model that the optimizer can train."""
    torch.manual_seed(0)
    if parse(text).name == "SparseAdam":
        return nn.Sequential(nn.EmbeddingBag(5, 1, sparse=True, mode="sum"))
    bias = parse(text).name != "Muon"
    return nn.Sequential(nn.Linear(4, 8, bias=bias), nn.Tanh(), nn.Linear(8, 1, bias=bias))


def batch(text: str) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    x = torch.randint(0, 5, (16, 3)) if parse(text).name == "SparseAdam" else torch.randn(16, 4)
    return x, torch.randn(16, 1)


def trained(text: str, is_lean: bool) -> tuple[dict[str, Tensor], dict[str, object]]:
    model, (x, y) = network(text), batch(text)
    optimizer = make_optimizer(text, model)
    if not is_lean:
        arguments = {**bind("optimizer", parse(text))}
        if optimizer.defaults.get("fused"):
            arguments["fused"] = True
        optimizer = getattr(torch.optim, parse(text).name)(model.parameters(), **arguments)
    step = lean_step(optimizer) if is_lean else optimizer.step

    def closure() -> Tensor:
        model.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    for _ in range(5):
        if needs_closure(optimizer):
            step(closure)
        else:
            closure()
            step()
    with lean():
        return model.state_dict(), optimizer.state_dict()


@pytest.mark.parametrize("text", TEXTS)
def test_a_lean_step_is_torchs_step_bit_for_bit(text: str) -> None:
    start = {name: tensor.clone() for name, tensor in network(text).state_dict().items()}
    weights, state = trained(text, is_lean=True)
    expected, expected_state = trained(text, is_lean=False)
    assert any(not torch.equal(weights[name], start[name]) for name in start)
    for name, tensor in expected.items():
        assert torch.equal(weights[name], tensor)
    torch.testing.assert_close(state, expected_state, rtol=0, atol=0)


def test_gradients_are_on_again_after_a_step() -> None:
    model = network("SGD")
    optimizer = make_optimizer("SGD", model)
    with torch.no_grad():
        lean_step(optimizer)()
        assert not torch.is_grad_enabled()
    lean_step(optimizer)()
    assert torch.is_grad_enabled()


def test_hooks_of_an_optimizer_are_kept() -> None:
    optimizer = make_optimizer("SGD", network("SGD"))
    seen: list[str] = []
    optimizer.register_step_post_hook(lambda *_: seen.append("hook"))
    lean_step(optimizer)()
    assert seen == ["hook"]


def test_lean_leaves_no_trace_in_torch() -> None:
    inner = torch.optim.Optimizer.add_param_group.__wrapped__
    before = dict(inner.__dict__)
    with lean():
        torch.optim.SGD([nn.Parameter(torch.zeros(2))], lr=0.1)
    assert inner.__dict__ == before


def test_lean_leaves_no_trace_after_an_error() -> None:
    inner = torch.optim.Optimizer.add_param_group.__wrapped__
    before = dict(inner.__dict__)
    with pytest.raises(ValueError, match="learning rate"), lean():
        torch.optim.SGD([nn.Parameter(torch.zeros(2))], lr=-1.0)
    assert inner.__dict__ == before


PROGRAM = """
import sys, torch
from torch import nn
from modelwright.model.components import make_optimizer, make_scheduler, needs_closure
from modelwright.model.lean_optimizer import lean, lean_step
for text in {texts!r}:
    model = nn.Sequential(nn.Linear(4, 8, bias='Muon' not in text), nn.Tanh(), nn.Linear(8, 1, bias='Muon' not in text))
    optimizer = make_optimizer(text, model)
    scheduler, unit = make_scheduler("OneCycleLR(max_lr=0.1, cycle_momentum=False)", optimizer, 3, 3)
    def closure():
        for weight in model.parameters():
            weight.grad = None
        loss = model(torch.ones(2, 4)).square().mean()
        loss.backward()
        return loss
    step = lean_step(optimizer)
    for _ in range(3):
        if needs_closure(optimizer):
            step(closure)
        else:
            closure()
            step()
        scheduler.step()
    with lean():
        optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_training_loads_no_dynamo() -> None:
    texts = [name for name in names("optimizer") if name != "SparseAdam"]
    assert run(PROGRAM.format(texts=texts)) == "False"


def test_the_dynamo_test_can_fail() -> None:
    assert run(PROGRAM.format(texts=["SGD"]).replace("step = lean_step(optimizer)", "step = optimizer.step")) == "True"


def test_torch_compile_works_afterwards() -> None:
    program = PROGRAM.format(texts=["SGD"]) + (
        "def update(optimizer): optimizer.step()\n"
        "compiled = torch.compile(model, backend='eager')\n"
        "torch.optim.SGD(compiled.parameters(), lr=0.1).zero_grad()\n"
        "torch.testing.assert_close(compiled(torch.ones(2, 4)), model(torch.ones(2, 4)))\n"
        "one = make_optimizer('SGD(lr=0.5)', model); before = model[0].bias.detach().clone()\n"
        "compiled(torch.ones(2, 4)).sum().backward()\n"
        "torch.compile(update, backend='eager')(one); lean_step(one)()\n"
        "assert not torch.equal(before, model[0].bias)\n"
    )
    # torch's own compiler warns in several places of its own
    assert (
        run(program.replace("import sys, torch", "import sys, warnings, torch; warnings.simplefilter('ignore')"))
        == "False"
    )


@pytest.mark.parametrize(
    ("text", "fused"),
    [
        ("Adam", True),
        ("AdamW(lr=0.1)", True),
        ("SGD", True),
        ("Adagrad", True),
        ("Adam(fused=False)", False),
        ("Adam(foreach=True)", None),
        ("Adam(foreach=False)", None),
        ("SGD(differentiable=True)", None),
    ],
)
def test_fused_unless_the_call_says_otherwise(text: str, fused: bool | None) -> None:
    assert make_optimizer(text, nn.Linear(2, 1)).defaults["fused"] is fused


def test_frozen_weights_are_left_out() -> None:
    model = network("Adam")
    model[0].requires_grad_(False)
    assert len(make_optimizer("Adam", model).param_groups[0]["params"]) == 2


@pytest.mark.parametrize(
    ("text", "model", "words"),
    [
        ("Muon", nn.Linear(2, 1), "bias is none"),
        ("SparseAdam", nn.Linear(2, 1), "sparse gradients"),
        ("Adam", nn.Embedding(3, 2, sparse=True), "can't take the sparse gradients"),
        ("Adam", nn.Flatten(), "no weights that learn"),
        ("SGD(nesterov=True)", nn.Linear(2, 1), "torch refuses SGD(nesterov=True)"),
        ("Adam(foreach=True, fused=True)", nn.Linear(2, 1), "cannot be `True` together"),
        ("Adm", nn.Linear(2, 1), "did you mean `Adam`"),
    ],
)
def test_optimizers_that_cannot_train_a_model(text: str, model: nn.Module, words: str) -> None:
    with pytest.raises(SpecError) as raised:
        make_optimizer(text, model)
    assert words in raised.value.diagnostics[0].message


def test_fused_with_sparse_embeddings_is_not_chosen() -> None:
    model = nn.Sequential(nn.Embedding(3, 2, sparse=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer = make_optimizer("SGD", model)
        model(torch.tensor([0])).sum().backward()
        lean_step(optimizer)()
    assert optimizer.defaults["fused"] is None
