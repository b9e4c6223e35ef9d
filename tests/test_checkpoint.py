"""Checkpoints: every optimizer's state comes back bit for bit; damage is told, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from modelwright.errors import RunError
from modelwright.training.checkpoint import load_checkpoint, load_optimizer, optimizer_tensors, save_checkpoint

OPTIMIZERS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.99)}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "fused": True}),
    ("AdamW", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.1}),
    ("Adadelta", {}),
    ("Adamax", {"lr": 0.01}),
    ("ASGD", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01}),
    ("Rprop", {"lr": 0.01}),
    ("Adafactor", {}),
    ("LBFGS", {"lr": 0.5, "history_size": 3}),
]


def trained(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    generator = torch.Generator().manual_seed(7)
    x, y = torch.randn(20, 4, generator=generator), torch.randn(20, 2, generator=generator)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("name", "arguments"), OPTIMIZERS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(OPTIMIZERS)])
def test_a_restored_optimizer_goes_on_bit_for_bit(tmp_path: Path, name: str, arguments: dict[str, object]) -> None:
    torch.manual_seed(0)
    straight = nn.Linear(4, 2)
    optimizer = getattr(torch.optim, name)(straight.parameters(), **arguments)
    trained(straight, optimizer, 3)
    tensors, facts = optimizer_tensors(optimizer)
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, {**tensors, **{f"model/{k}": v for k, v in straight.state_dict().items()}}, {"it": facts})
    trained(straight, optimizer, 3)

    loaded, found = load_checkpoint(path)
    resumed = nn.Linear(4, 2)
    resumed.load_state_dict({k.removeprefix("model/"): v for k, v in loaded.items() if k.startswith("model/")})
    other = getattr(torch.optim, name)(resumed.parameters(), **arguments)
    load_optimizer(other, {k: v for k, v in loaded.items() if not k.startswith("model/")}, found["it"])
    trained(resumed, other, 3)
    assert all(torch.equal(a, b) for a, b in zip(straight.parameters(), resumed.parameters(), strict=True))


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, {"a": torch.ones(100)}, {"epoch": 1})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunError, match=r"R002: the checkpoint cannot be read.*fix: remove it"):
        load_checkpoint(path)


def test_facts_and_tensors_come_back(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    facts = {"history": [{"loss": 0.1 + 0.2, "best": True}], "none": None, "infinite": float("inf")}
    save_checkpoint(path, {"a": torch.arange(3)}, facts)
    tensors, found = load_checkpoint(path)
    assert found == {"version": 1, **facts}
    assert tensors["a"].tolist() == [0, 1, 2]
