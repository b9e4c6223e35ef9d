"""`modelwright script` of code of the user's own: of its file the definitions that are used stand in the script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import nn

import modelwright
from modelwright import RunError
from modelwright.api import request_for
from modelwright.run.again import planned
from modelwright.run.request import Request
from modelwright.script.compose import script
from modelwright.script.section import Source
from own_nets import MLP
from pictures import mnist_like, shades
from scripts import repeats, written
from test_script import table

NET = '''"""Networks of mine."""

import math

import torch
import torch.nn.functional as F
from torch import nn

WIDTH = 8
UNUSED = math.pi


def squash(x):
    """Bring numbers near 0."""
    return torch.tanh(x) * F.sigmoid(x)


# Two layers, as in the course.
class Net(nn.Module):
    def __init__(self, in_features, out_features, hidden=WIDTH):
        super().__init__()
        self.first = nn.Linear(in_features, hidden)
        self.drop = nn.Dropout(0.1)
        self.last = nn.Linear(hidden, out_features)

    def forward(self, x):
        return self.last(self.drop(squash(self.first(x))))


class Pair(Net):
    def forward(self, x):
        return {"hidden": x, "logits": super().forward(x)}


class One(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.line = nn.Linear(in_features, 1)

    def forward(self, x):
        return self.line(x)[:, 0]


class SimpleCNN(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.fc = nn.Linear(4 * 4 * 4, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc(x.view(-1, 4 * 4 * 4))


class Focal(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, output, target):
        loss = F.cross_entropy(output, target, reduction="none")
        return (1 - (-loss).exp()) ** self.gamma * loss


def distance(output, target, power=2):
    return (output - target).abs().pow(power).mean()


def sgd(parameters, lr=0.1):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.5)


def halved(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
'''
FAST = {"epochs": 2, "batch_size": 32}
CASES: dict[str, dict[str, Any]] = {
    "a class": {"target": "kind", "model": "net.py:Net(hidden=6)"},
    "one of a dict": {"target": "kind", "model": "net.py:Pair"},
    "a column": {"target": "price", "model": "net.py:One"},
    "loss of rows": {"target": "kind", "model": "net.py:Net", "loss": "net.py:Focal(gamma=1.5)"},
    "weighted loss": {"target": "kind", "loss": "net.py:Focal", "train": FAST | {"class_weight": "balanced"}},
    "loss of a batch": {"target": "price", "model": "linear", "loss": "net.py:distance(power=1)"},
    "optimizer": {"target": "kind", "model": "linear", "optimizer": "net.py:sgd(lr=0.2)", "scheduler": "net.py:halved"},
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table and the file of classes, to work in."""
    table().drop("town", "owner", "day").write_csv(tmp_path / "trees.csv")
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_tables(case: str, desk: Path) -> None:
    text = repeats(desk / "trees.csv", desk, **{"train": FAST, **CASES[case]})
    assert "UNUSED" not in text and "import math" in text


def test_pictures(desk: Path) -> None:
    every = shades(120)
    mnist_like(desk / "mnist", every[:90], every[90:])
    text = repeats(desk / "mnist", desk, model="net.py:SimpleCNN", train=FAST)
    assert "class SimpleCNN(nn.Module)" in text and "class Net(" not in text


def described(source: Any, **given: Any) -> str:
    """Return the script of a description that Python holds with its objects, not trained."""
    target, model = given.pop("target"), given["model"]
    words = {**given, "model": f"python:{getattr(model, '__name__', 'module')}"}
    request: Request = request_for(source, target=target, description=words, own={"model": model})
    return script(Source(assembly=planned(request).assembly, request=request))


def test_a_class_that_python_gave_stands_in_its_file(desk: Path) -> None:
    text = described(desk / "trees.csv", target="kind", model=MLP, train=FAST)
    assert "class MLP(nn.Module)" in text and "class GRUModel" not in text


def test_what_has_no_source_is_refused(desk: Path) -> None:
    class Inner(nn.Linear):
        pass

    made: dict[str, Any] = {}
    exec("from torch import nn\nclass Typed(nn.Linear): pass", made)
    cases = ((nn.Linear(7, 3), "as an object"), (Inner, "inside"), (made["Typed"], "cannot be read"))
    for model, why in cases:
        with pytest.raises(RunError, match=why) as told:
            described(
                desk / "trees.csv", target="kind", model=model, train=FAST, data={"drop": ["w", "flag", "colour"]}
            )
        assert told.value.diagnostics[0].code == "R010"


def test_a_run_of_an_object_says_what_to_do(desk: Path) -> None:
    run = modelwright.train(desk / "trees.csv", target="kind", model=MLP, train=FAST, runs=desk / "runs")
    with pytest.raises(modelwright.ModelwrightError, match="handed over in Python"):
        written(run.path, desk / "train.py")


def test_what_one_file_cannot_hold_is_refused(desk: Path) -> None:
    (desk / "parts.py").write_text("from torch import nn\n\nBlock = nn.Linear\n")
    (desk / "deep.py").write_text(
        "from parts import Block\nfrom torch import nn\n\n\nclass Deep(nn.Module):\n"
        "    def __init__(self, in_features, "
        "out_features):\n        super().__init__()\n        self.inner = Block(in_features, out_features)\n\n"
        "    def forward(self, x):\n        return self.inner(x)\n"
    )
    run = modelwright.train(desk / "trees.csv", target="kind", model="deep.py:Deep", train=FAST, runs=desk / "runs")
    with pytest.raises(RunError, match="stands beside it"):
        written(run.path, desk / "train.py")
    (desk / "clash.py").write_text(NET.replace("squash", "outputs"))
    run = modelwright.train(desk / "trees.csv", target="kind", model="clash.py:Net", train=FAST, runs=desk / "runs")
    with pytest.raises(RunError, match="`outputs`"):
        written(run.path, desk / "train.py")


SCORES = """import numpy as np


def hits(y_true, y_pred, worth=1.0):
    return worth * float((y_true == y_pred).mean())


def log_score(y_true, y_proba, sample_weight=None):
    stated = y_proba[np.arange(len(y_true)), y_true]
    return float(np.average(np.log(np.maximum(stated, 1e-9)), weights=sample_weight))


def away(y_true, y_pred):
    return float(np.abs(y_true - y_pred).max())
"""
METRICS: dict[str, dict[str, Any]] = {
    "answers": {"target": "kind", "metric": "scores.py:hits(worth=2)"},
    "probabilities": {"target": "kind", "metric": "scores.py:log_score"},
    "row weights": {"target": "kind", "metric": "scores.py:log_score", "data": {"weight": "w"}},
    "numbers": {"target": "price", "metric": "scores.py:away"},
}


@pytest.mark.parametrize("case", METRICS)
def test_a_metric_of_ones_own_stands_in_the_script(case: str, desk: Path) -> None:
    (desk / "scores.py").write_text(SCORES)
    given = dict(METRICS[case])
    metric = given.pop("metric")
    text = repeats(desk / "trees.csv", desk, model="linear", train=FAST, evaluate={"metric": metric}, **given)
    assert (metric.partition(":")[2].partition("(")[0] in text and "away" in text) or case != "numbers"
