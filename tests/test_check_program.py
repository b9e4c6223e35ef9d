"""`modelwright.check` of a PyTorch model: places, display, what can be handed over, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright
from corpus.rows import numbers, table


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(8, 16)
        self.unused = nn.Linear(3, 3)
        self.out = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(self.out(F.relu(self.hidden(x))), dim=1)


def test_findings_stand_at_the_line_of_the_users_class() -> None:
    found = modelwright.check(Net(), data=table(classes=3), loss=nn.CrossEntropyLoss())
    softmax = next(d for d in found if d.code == "H501")
    assert softmax.where.file is not None and softmax.where.file.endswith("test_check_program.py")
    assert softmax.where.source is not None and "F.softmax" in softmax.where.source
    unused = next(d for d in found if d.code == "M409")
    assert unused.where.key == "unused" and "self.unused = " in (unused.where.source or "")


def test_layers_of_torch_are_named_and_the_call_of_check_is_shown() -> None:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3), nn.Softmax(dim=1))
    (found,) = modelwright.check(model, data=table(classes=3), loss=nn.CrossEntropyLoss())
    assert found.where.key == "3" and "modelwright.check(" in (found.where.source or "")
    assert "layer `3`" in found.message


def test_a_mismatch_shows_the_arithmetic() -> None:
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(100, 10))
    data = (torch.randn(16, 1, 28, 28), torch.randint(0, 10, (16,)))
    (found,) = modelwright.check(model, data=data, loss=nn.CrossEntropyLoss())
    assert found.code == "S303" and "8×26×26 = 5408" in found.message and found.help == "nn.Linear(5408, 10)"
    assert "0 Conv2d (16, 8, 26, 26)" in found.known


def test_findings_show_themselves_and_can_be_raised() -> None:
    found = modelwright.check(Net(), data=table(classes=3), loss=nn.CrossEntropyLoss())
    assert isinstance(found, list) and "H501" in found.codes
    html = found._repr_html_()
    assert "H501" in html and "<script" not in html and "checked" in html
    assert "error[H501]" in str(found)
    with pytest.raises(modelwright.ModelwrightError, match="H501"):
        found.raise_if_any()
    modelwright.check(nn.Linear(8, 1), data=numbers(), loss=nn.MSELoss()).raise_if_any()


def test_html_is_escaped() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("<b>", nn.Linear(8, 3))
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(x)

    assert "&lt;b&gt;" in modelwright.check(Odd(), data=table(classes=3), loss=F.cross_entropy)._repr_html_()


@pytest.mark.parametrize("wrap", [lambda x, y: DataLoader(TensorDataset(x, y), 32, shuffle=True), TensorDataset])
def test_loaders_and_datasets_are_read_like_tensors(wrap: Any) -> None:
    found = modelwright.check(Net(), data=wrap(*table(classes=3)), loss=nn.CrossEntropyLoss())
    assert {"H501", "M409"} <= set(found.codes)


def test_the_state_of_a_loaders_generator_is_kept() -> None:
    generator = torch.Generator().manual_seed(5)
    loader = DataLoader(TensorDataset(*table(classes=3)), 32, shuffle=True, generator=generator)
    before = generator.get_state()
    modelwright.check(Net(), data=loader, loss=nn.CrossEntropyLoss())
    assert torch.equal(before, generator.get_state())


def test_without_data_only_the_model_is_looked_at() -> None:
    found = modelwright.check(nn.Sequential(nn.Linear(8, 3)))
    assert not found and "needs rows" not in str(found.receipt.ran)
    assert found.receipt.not_run["M401"].startswith("needs")


def test_what_cannot_be_read_or_used_is_a_finding() -> None:
    assert [d.code for d in modelwright.check(Net(), data="rows.csv", loss=nn.MSELoss())] == ["F008"]
    (found,) = modelwright.check(Net(), data=table(classes=3), loss=nn.CrossEntropyLoss)
    assert found.code == "H504" and found.help == "loss=CrossEntropyLoss()"


def test_codes_are_ignored_when_asked_for() -> None:
    found = modelwright.check(Net(), data=table(classes=3), loss=nn.CrossEntropyLoss(), ignore=["H501"])
    assert "H501" not in found.codes and found.receipt.ignored == {"H501": 1}


def test_a_loss_may_hold_the_users_model_and_its_gradients_stay() -> None:
    model = nn.Sequential(nn.Linear(8, 1))
    model[0].weight.grad = torch.ones_like(model[0].weight)
    modelwright.check(model, data=numbers(), loss=lambda out, y: F.mse_loss(out, y) + model[0].weight.abs().sum())
    assert torch.equal(model[0].weight.grad, torch.ones_like(model[0].weight))


def test_checking_a_description_loads_no_torch_for_the_question_whether_it_is_a_model() -> None:
    import subprocess

    code = "import sys, modelwright; modelwright.check('nowhere.csv'); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_not_made_yet_is_said_at_the_call() -> None:
    data, loss, model = table(classes=3), nn.CrossEntropyLoss(), nn.Linear(8, 3)
    given: list[tuple[Any, Any, str]] = [
        (nn.Linear, None, "Y009"),
        (model, torch.optim.Adam, "O601"),
        (model, torch.optim.Adam(model.parameters(), lr=5), "O605"),
    ]
    for source, optimizer, code in given:
        (found,) = modelwright.check(source, data=data, loss=loss, optimizer=optimizer)
        assert found.code == code and found.help
        assert "modelwright.check(source" in (found.where.source or "")
