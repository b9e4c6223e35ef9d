"""Bad input in code of one's own: a clear finding at the user's file and line, before anything is written."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from bad_input import Desk

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, input_size, num_classes=1):
        super().__init__()
        self.fc = nn.Linear(input_size, num_classes)
{init}
    def forward(self, x):
{forward}
        return self.fc(x)
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with a table in it."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


def train(desk: Desk, net: str, model: str = "net.py:Net", more: str = "") -> str:
    """Train with a class and return what standard error says; the command fails, and leaves no run folder."""
    desk.put("net.py", net)
    desk.put("own.yaml", f"data: {{path: good.csv, target: answer}}\nmodel: {model}\ntrain: {{epochs: 1}}\n{more}")
    code, _, told = desk.run("train", "own.yaml", "-q")
    assert code == 1, told
    assert not (desk.folder / "runs").exists()
    return told


def net(init: str = "", forward: str = "") -> str:
    return NET.format(init=textwrap.indent(init, " " * 8) + "\n", forward=textwrap.indent(forward, " " * 8))


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        (net(forward="x = x.cuda()"), "leave `.cuda()`", 12),
        (net(forward="x = x.double()"), "float64", 13),
        (net(init="self.double()"), "`fc.weight` of `Net` is float64", 5),
        (net(init="self.more = [nn.Linear(2, 2)]"), "`self.more` is a Python list of modules", 9),
        (net(init="self.heads = {'a': nn.Linear(2, 2)}"), "self.heads = nn.ModuleDict", 9),
        (net(forward="x = x / 0 * 0"), "puts out NaN or infinity", 5),
        (net(forward="x = x - x.mean(0)"), "mixes rows, or changes their order", 5),
        (net(forward="x = torch.stack(sorted(x, key=lambda row: -row.sum().item()))"), "changes their order", 5),
        (net(init="self.requires_grad_(False)"), "all its weights are frozen", 5),
        (net(forward="return None"), "returns no tensor", 5),
        (net(forward="return self.fc(x).sum()"), "rows are lost or mixed", 5),
        (net(forward="x = x[:, :2]"), "shapes cannot be multiplied", 13),
        (net(init="raise ValueError('my own words')"), "`Net` cannot be made: ValueError: my own words", 9),
        (net(forward="x += 1"), "writes into its input", 5),
        (net(forward="h = self.fc(x).exp(); h += 1\nreturn h"), "`Net` cannot be trained: RuntimeError", 5),
        ("import torch\nraise RuntimeError('at the top')\nclass Net: pass\n", "cannot be loaded", 2),
        ("class Net:\n    def __init__(self): pass\n", "makes no torch.nn.Module", 1),
        ("class Net(\n", "is not Python", 1),
    ],
)
def test_a_module_that_cannot_be_trained(text: str, says: str, line: int, desk: Desk) -> None:
    told = train(desk, text)
    assert says in told
    assert f"net.py:{line}:" in told


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("net.py:Ned", "did you mean `Net`?"),
        ("net2.py:Net", "did you mean `net.py`?"),
        ("../net.py:Net", "stands outside the folder"),
        ("net.py:Net(hiden=3)", "has no argument `hiden`"),
        ("net.py:Net(1, 2, 3)", "takes 2 arguments by position, 3 were given"),
        ("net.py:Net(num_classes=4)", "puts out [4, 4], and the target needs [4, 1] or [4, 2]"),
        ("python:Net", "was handed over in Python, and is not here now"),
        ("[net.py:Net, ReLU]", "there is no layer `net.py:Net`"),
    ],
)
def test_a_description_that_names_other_code(model: str, says: str, desk: Desk) -> None:
    assert says in train(desk, net(), model)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def loss(output, target):\n    return (output.argmax(1) == target).sum()\n", "has no gradient"),
        ("def loss(output, target):\n    return ((output - target) ** 2).sum(0) / 0\n", "NaN or infinite"),
        ("def loss(output):\n    return output.sum()\n", "does not take output [4, 1] and target [4, 1]"),
        ("def loss(output, target):\n    return 3\n", "returns no tensor"),
        ("def loss(output, target):\n    return output.mean()\n", "one number a batch"),
    ],
)
def test_a_loss_that_cannot_train(text: str, says: str, desk: Desk) -> None:
    desk.put("losses.py", text)
    more = "loss: losses.py:loss\n"
    more += "" if "one number" not in says else "data: {path: good.csv, target: answer, weight: weight}\n"
    desk.put("net.py", net())
    where = "data: {path: good.csv, target: answer}\n" if "data:" not in more else ""
    desk.put("own.yaml", f"{where}{more}train: {{epochs: 1}}\n")
    code, _, told = desk.run("train", "own.yaml", "-q")
    assert code == 1 and says in told and not (desk.folder / "runs").exists()


def test_all_problems_are_told_at_once(desk: Desk) -> None:
    told = train(desk, net(init="self.double()\nself.more = [nn.Linear(2, 2)]"))
    assert "float64" in told and "self.more" in told and "2 errors" in told


def test_check_tells_what_train_tells(desk: Desk) -> None:
    desk.put("net.py", net(init="self.more = [nn.Linear(2, 2)]"))
    desk.put("own.yaml", "data: {path: good.csv, target: answer}\nmodel: net.py:Net\n")
    code, out, _ = desk.run("check", "own.yaml")
    assert code == 1 and "nn.ModuleList" in out
