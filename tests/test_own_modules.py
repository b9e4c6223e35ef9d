"""Modules of one's own: textbook classes run as they stand, and get what torch's own layers get."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import modelwright
from modelwright import ModelwrightError, RunError
from modelwright.cli import run as command
from modelwright.data.arrays import raw
from modelwright.data.batches import order
from own_nets import MLP, GRUModel, LinearModel, SelfAttention, SimpleCNN, Tied, WithCodes

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins" / "penguins.csv"
NETS = Path(__file__).parent / "own_nets.py"
FEW: dict[str, Any] = {"epochs": 2, "batch_size": 64}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table and the classes, to work in."""
    shutil.copy(PENGUINS, tmp_path)
    shutil.copy(NETS, tmp_path / "net.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def describe(folder: Path, model: str, more: str = "") -> str:
    text = (
        f"data: {{path: penguins.csv, target: species}}\nmodel: {model}\ntrain: {{epochs: 2, batch_size: 64}}\n{more}"
    )
    (folder / "own.yaml").write_text(text)
    return "own.yaml"


def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X[:400].astype(np.float32) / 16, y[:400]


@pytest.mark.parametrize(
    ("model", "output", "filled"),
    [
        (LinearModel, "", "python:LinearModel(input_size=64, num_classes=10)"),
        (SimpleCNN, "", "python:SimpleCNN"),
        (lambda: GRUModel(8, 16, 10, 2), "[0]", "python:function"),
        (SelfAttention(16, 2, 10), "", "python:SelfAttention"),
        (Tied, "[logits]", "python:Tied(in_features=64, num_classes=10)"),
        (nn.Sequential(nn.Linear(64, 10)), "", "python:Sequential"),
    ],
)
def test_textbook_classes_run_as_they_stand(model: Any, output: str, filled: str, tmp_path: Path) -> None:
    X, y = digits()
    kinds = {f"column_{n + 1}": "numeric" for n in range(64)}
    scale: dict[str, Any] = {"scale": "none", "data": {"columns": kinds}}
    frame = pl.DataFrame({f"column_{n + 1}": X[:, n] for n in range(64)})
    run = modelwright.train(frame, y, model=model, train=FEW, runs=tmp_path, **scale)
    assert run.plan.layers == (filled,) and run.plan.own.get("output", "") == output
    assert run.plan.why["model"].startswith("your own")
    expected = run.predict(frame)["prediction"]
    again = modelwright.load(run.path, model=model)
    assert again.predict(frame)["prediction"].equals(expected)
    assert [record["epoch"] for record in run.history] == [1, 2]


def test_weights_are_those_of_the_built_in_model_and_of_a_plain_loop(desk: Path) -> None:
    """Same initial weights, same order: the bits of the recipe's, and those of a loop written by hand."""
    common: dict[str, Any] = {"target": "species", "optimizer": "SGD(lr=0.1)", "train": FEW}
    built_in = modelwright.train("penguins.csv", model="mlp(hidden=[16])", **common)
    own = modelwright.train("penguins.csv", model=MLP, **common)
    ours, theirs = (run.model.module.layers.state_dict() for run in (own, built_in))
    for mine, recipe in zip(ours.values(), theirs.values(), strict=True):
        assert torch.equal(mine, recipe)
    last = modelwright.train("penguins.csv", model=MLP, split={"validation_size": 0, "test_size": 0.2}, **common)
    by_hand = _loop(last)
    assert all(torch.equal(a, b) for a, b in zip(by_hand, last.model.module.layers.state_dict().values(), strict=True))


def _loop(run: modelwright.Run) -> list[torch.Tensor]:
    from modelwright.run.prepare import prepare, read_dataset, splits
    from modelwright.spec.source import from_text

    description = from_text((run.path / "description.yaml").read_text().replace("python:MLP", "net.py:MLP"))
    dataset = read_dataset(description, Path())
    part = splits(dataset)[0]
    plan = prepare(dataset, part).plan
    arrays = raw(dataset.table.examples, plan.inputs, part.train)
    x = run.model.module.preprocess(*map(torch.from_numpy, arrays))[0]
    names = pl.Series(plan.outputs.classes)
    labels = [names.to_list().index(name) for name in dataset.table.frame["species"].gather(part.train)]
    y = torch.tensor(labels)
    torch.manual_seed(0)
    model = MLP(x.shape[1], 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    for epoch in range(2):
        for rows in torch.from_numpy(order(len(x), 0, epoch)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return [weight.detach() for weight in model.parameters()]


def test_a_module_that_is_handed_over_stays_as_it_was(tmp_path: Path) -> None:
    module = MLP(6, 3)
    before = {name: weight.clone() for name, weight in module.state_dict().items()}
    random = torch.get_rng_state()
    X = pl.DataFrame(np.random.default_rng(0).normal(size=(90, 6)))
    run = modelwright.train(X, [n % 3 for n in range(90)], model=module, train=FEW, runs=tmp_path)
    assert all(torch.equal(weight, before[name]) for name, weight in module.state_dict().items())
    assert not torch.equal(run.model.module.layers.fc1.weight, before["fc1.weight"])
    assert torch.equal(torch.get_rng_state(), random)


def test_numbers_and_codes_come_apart_where_forward_takes_two(desk: Path) -> None:
    file = describe(desk, "net.py:WithCodes", "encode: {category: Embedding}\n")
    run = modelwright.train(file)
    embedded = [column for column in run.plan.inputs if column.encoding == "embedding"]
    assert run.plan.own["tensors"] == "2" and len(embedded) == 2
    width = run.plan.width - sum(column.dim for column in embedded)
    assert run.plan.layers == (f"net.py:WithCodes(in_features={width}, num_classes=3)",)
    assert modelwright.load(run.path, model=WithCodes).classes == ("Adelie", "Chinstrap", "Gentoo")


def test_from_the_command_line(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = describe(desk, "net.py:MLP(hidden=8)")
    assert command(["check", file]) == 0
    assert command(["show", file, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert [layer["index"] for layer in told["layers"]] == ["fc1", "fc2"]
    assert told["total"]["parameters"] == 15 * 8 + 8 + 8 * 3 + 3
    assert told["plan"]["own"]["file"] == "net.py" and len(told["plan"]["own"]["sha256"]) == 64
    assert command(["train", file, "-q"]) == 0
    assert command(["predict", "runs/own-1", "penguins.csv"]) == 1
    assert "code is never loaded from a file" in capsys.readouterr().err
    assert command(["predict", "runs/own-1", "penguins.csv", "--model", "net.py:MLP", "-o", "answers.csv"]) == 0
    assert pl.read_csv("answers.csv").height == 344
    assert command(["resume", "runs/own-1", "-q"]) == 0


def test_a_model_file_runs_no_code(desk: Path) -> None:
    run = modelwright.train(describe(desk, "net.py:MLP"))
    (desk / "net.py").write_text("raise SystemExit('this code must not run')\n")
    with pytest.raises(RunError, match="model=MLP") as caught:
        modelwright.load(run.path)
    assert caught.value.diagnostics[0].code == "Y009"
    with pytest.raises(RunError, match="do not fit together"):
        modelwright.load(run.path, model=LinearModel(15, 3))
    with pytest.raises(RunError, match="makes no module"):
        modelwright.load(run.path, model=lambda *_args, **_kwargs: 3)
    assert modelwright.Run(run.path, MLP).predict("penguins.csv").height == 344


def test_resume_ends_with_the_bytes_of_the_undisturbed_run(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import modelwright.run.session as session

    whole = modelwright.train("penguins.csv", target="species", model=Tied, train={"epochs": 4}, name="whole")
    real, seen = session.save_checkpoint, []

    def save_and_die(*words: Any) -> None:
        real(*words)
        seen.append(words)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "save_checkpoint", save_and_die)
    train = {"epochs": 4, "checkpoint_seconds": 0}
    with pytest.raises(KeyboardInterrupt):
        modelwright.train("penguins.csv", target="species", model=Tied, train=train, name="cut")
    monkeypatch.setattr(session, "save_checkpoint", real)
    with pytest.raises(ModelwrightError, match=r"handed over.*resume\(run, model=Tied\)"):
        modelwright.resume("runs/cut-1")
    again = modelwright.resume("runs/cut-1", model=Tied)
    assert again.history == whole.history and again.score == whole.score
    for one, other in zip(again.model.module.parameters(), whole.model.module.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_run_is_not_resumed_with_other_code(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import modelwright.run.session as session

    monkeypatch.setattr(session, "score_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        modelwright.train(describe(desk, "net.py:MLP"))
    monkeypatch.undo()
    monkeypatch.chdir(desk.parent)
    (desk / "net.py").write_text((desk / "net.py").read_text().replace("torch.relu", "torch.tanh"))
    with pytest.raises(RunError, match=r"`net.py` is not what it was"):
        modelwright.resume(desk / "runs" / "own-1")
    shutil.copy(NETS, desk / "net.py")
    assert modelwright.resume(desk / "runs" / "own-1").score.metric == "accuracy"


def test_folds_and_seeds_train_the_class_anew(desk: Path) -> None:
    run = modelwright.train(describe(desk, "net.py:MLP", "split: {folds: 2}\n"))
    assert run.members == 2 and len(modelwright.load(run.path, model=MLP).models) == 2
