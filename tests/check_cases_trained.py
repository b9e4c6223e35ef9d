"""Declared cases of the rules that look at a trained model, and of those of order and of tables in tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from check_cases_program import program
from check_cases_training import FALLING, past
from check_facts import Case, description, plan, split, table
from corpus import faulty_notebook, faulty_units, right_course, right_forum, right_model
from corpus.rows import numbers
from corpus.rows import table as rows
from modelwright.checks.facts import Facts
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import rows_of
from modelwright.diagnostic import Place
from modelwright.evaluate.result import Result, Score
from modelwright.plan.plan import InputPlan, OutputPlan


def _result(value: float = 0.9, low: float = 0.88, high: float = 0.92, rows: int = 500) -> Result:
    return Result(Score("accuracy", value, low, high, True), rows=rows)


def _trained(model: nn.Module, data: tuple[Tensor, Tensor], task: Any = "multiclass") -> Facts:
    """Return facts of a model as if it had just been trained."""
    return Facts(trained=Program(model=model, rows=rows_of(data, 256)), result=_result(), task=task)


def _script(name: str) -> Facts:
    """Return the facts of a check that a script of tests/loops asks for."""
    place = Place(file=str(Path(__file__).parent / "loops" / f"{name}.py"), line=1)
    return Facts(program=Program(model=nn.Linear(8, 2), called_at=place))


def _net(inner: nn.Module, out: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 32), inner, nn.Linear(32, out))


def _shifted(inner: nn.Module, bias: float, only: int = 32) -> Facts:
    model = _net(inner)
    with torch.no_grad():
        model[0].bias[:only] = bias
    return _trained(model, rows(classes=3))


def _answers(bias: float, out: int = 3, task: Any = "multiclass") -> Facts:
    model = _net(nn.Tanh(), out)
    with torch.no_grad():
        model[2].weight.mul_(1e-6 if bias else 1.0)
        model[2].bias[0] = bias
    return _trained(model, rows(classes=3) if out > 1 else numbers(), task)


def _settled(momentum: float) -> Facts:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32, momentum=momentum), nn.ReLU(), nn.Linear(32, 3))
    nn.init.normal_(model[0].bias, std=30.0)
    x, y = rows(classes=3)
    with torch.no_grad():
        for _ in range(100):
            model(x)
    return _trained(model, (x, y))


def _unequal(share: int, **keys: Any) -> Facts:
    classes = ["yes"] * share + ["no"] * (100 - share)
    outputs = OutputPlan(targets=("y",), kind="category", classes=("no", "yes"))
    made = plan("binary", (), outputs, (80, 10, 10)).model_copy(update={"metric": "accuracy"})
    frame = table({"x": range(100), "y": classes})
    return Facts(
        table=frame, targets=("y",), task="binary", plan=made, result=_result(), description=description(**keys)
    )


def _parts(change: float, kinds: tuple[str, str] = ("a", "b")) -> Facts:
    """Return a training file and a test file of 100 rows each, the number of the second moved by `change`."""
    parts = np.repeat([0, 2], 100)
    numbers_ = np.tile(np.linspace(0, 1, 100), 2) + change * (parts == 2)
    words = [kinds[int(part == 2 and at % 2 == 0)] for at, part in enumerate(parts)]
    frame = table({"x": numbers_, "kind": words, "y": numbers_}, parts=parts)
    cut = split(range(100), [], range(100, 200))
    return Facts(table=frame, targets=("y",), task="regression", split=cut)


class Keeps(nn.Module):
    """A model that remembers: as tensors with their graphs, or as numbers."""

    def __init__(self, graphs: bool) -> None:
        super().__init__()
        self.layer, self.seen, self.last, self.graphs = nn.Linear(8, 3), [], None, graphs

    def forward(self, x: Tensor) -> Tensor:
        self.last = self.layer(x)
        mean = self.last.mean()
        self.seen.append(mean if self.graphs else mean.item())
        return self.last


TEXT = InputPlan(name="t", kind="text", encoding="tokens", why="")


def _texts(test: str, train: str = "an old red car", number: str = "{}", rows: int = 100) -> Facts:
    texts = [*(f"{train} {i}" for i in range(100)), *(f"{test} {number.format(i)}".strip() for i in range(rows))]
    files = np.where(np.arange(len(texts)) < 100, 0, 2)
    made = table({"t": texts, "y": ["a", "b"] * (len(texts) // 2)}, {"t": "text"}, files)
    parts = split(np.arange(100), [], np.arange(100, len(texts)), by="files")
    return Facts(table=made, targets=("y",), task="binary", split=parts, inputs=(TEXT,))


def _keeps(graphs: bool) -> dict[str, Any]:
    return {"model": Keeps(graphs), "data": rows(classes=3), "loss": nn.CrossEntropyLoss()}


TRAINED = {
    "L209": [
        Case("another unit", lambda: _parts(100.0), "warning", "`x`"),
        Case("new categories", lambda: _parts(0.0), "note", "`kind`"),
        Case("the same kind", lambda: _parts(0.1, ("a", "a"))),
        Case("another language", lambda: _texts("ein altes rotes auto", number="nr{}"), "warning", "other words"),
        Case("texts without spaces", lambda: _texts("昨天电影不错大家都喜欢看", "今天天气很好我们去公园散步")),
        Case("empty test texts", lambda: _texts("", number="")),
        Case("a few test texts", lambda: _texts("ein altes rotes auto", rows=20)),
    ],
    "M412": [
        Case("by half", program(right_forum.right_head_of_a_frozen_net), "note", "running means"),
        Case("learned", program(right_course.right_ghost_rest_is_dropped)),
    ],
    "O602": [
        Case("never", lambda: _script("o602_nothing_is_set_to_zero"), "error", "sum of all gradients"),
        Case("in a function", lambda: _script("o602_step_in_a_function"), "error", "sum of all gradients"),
        Case("now and then", lambda: _script("right_accumulation")),
        Case("by hand", lambda: _script("right_by_hand")),
    ],
    "O604": [
        Case("added up", lambda: _script("o604_sum_of_tensors"), "warning", "total += loss"),
        Case("two losses", lambda: _script("right_sum_of_two_losses")),
        Case("graphs", program(lambda: _keeps(True)), "warning", "`seen`"),
        Case("numbers", program(lambda: _keeps(False))),
    ],
    "T704": [
        Case("jumps", lambda: past([1.0, 0.6, 0.9, 0.5, 0.8, 0.4, 0.7, 0.5, 0.6]), "warning", "4 of 8 epochs"),
        Case("falls", lambda: past(FALLING)),
        Case("small waves at the end", lambda: past([1.0, 0.3, 0.1, 0.11, 0.1, 0.11, 0.1, 0.11, 0.1, 0.11])),
    ],
    "T707": [
        Case("all", lambda: _shifted(nn.ReLU(), -50.0), "warning", "100%"),
        Case("before the first step", program(faulty_units.t707_biases_far_below_zero), "warning", "before the"),
        Case("some", lambda: _shifted(nn.ReLU(), -50.0, 10)),
        Case("alive", program(right_course.right_ghost_rest_is_dropped)),
    ],
    "T708": [
        Case("all", lambda: _shifted(nn.Sigmoid(), 30.0), "warning", "100% of its units"),
        Case("tanh", program(faulty_units.t708_unscaled_inputs_into_tanh), "warning", "saturated"),
        Case("some", lambda: _shifted(nn.Tanh(), 30.0, 10)),
        Case("gates", program(right_model.right_gates)),
    ],
    "T710": [
        Case("one class", lambda: _answers(9.0), "warning", "class number 0"),
        Case("one number", lambda: _answers(0.1, 1, "regression"), "warning", "spread"),
        Case("several", lambda: _answers(0.0)),
        Case("numbers", lambda: _answers(0.0, 1, "regression")),
    ],
    "E802": [
        Case(
            "statistics of the batch",
            lambda: _trained(_net(nn.BatchNorm1d(32, track_running_stats=False)), rows(classes=3)),
            "error",
            "how many rows",
        ),
        Case("running means", lambda: _trained(_net(nn.BatchNorm1d(32)), rows(classes=3))),
    ],
    "E803": [
        Case("asked for", lambda: _unequal(95, evaluate={"metric": "accuracy"}), "warning", "95%"),
        Case("the default", lambda: _unequal(95), "note", "95%"),
        Case("alike", lambda: _unequal(60, evaluate={"metric": "accuracy"})),
    ],
    "E807": [
        Case("none", lambda: Facts(result=_result(low=float("nan"), high=float("nan"))), "warning", "no interval"),
        Case("wide", lambda: Facts(result=_result(0.87, 0.73, 0.97, 30)), "note", "30 rows"),
        Case("narrow", lambda: Facts(result=_result())),
    ],
    "E808": [
        Case("not settled", lambda: _settled(1e-4), "warning", "cosine"),
        Case("settled", lambda: _settled(0.1)),
    ],
    "S312": [
        Case("words", program(faulty_units.s312_words_without_positions), "warning", "another order"),
        Case("own", program(faulty_units.s312_own_attention_over_a_series), "warning", "softmax"),
        Case("positions", program(right_course.right_encoder_with_positions)),
        Case("positions from zero", program(right_course.right_patches_of_pictures)),
    ],
    "D102": [
        Case("zeros", program(faulty_notebook.d102_column_of_zeros), "warning", "column 3"),
        Case("a rare category", program(right_forum.right_one_hot_with_rare_columns)),
    ],
    "D106": [
        Case("contradictions", program(faulty_notebook.d106_same_rows_with_other_labels), "warning", "different"),
        Case("few bits", program(right_forum.right_few_bits_repeat_themselves)),
    ],
    "L205": [
        Case("label", program(faulty_notebook.l205_label_kept_in_the_table), "error", "column 4"),
        Case("decides nearly", program(right_forum.right_one_feature_decides_nearly)),
    ],
}
