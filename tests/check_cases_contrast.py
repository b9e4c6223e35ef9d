"""Declared cases of the rule about rows that are compared with each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import torch
from torch import Tensor, nn
from torch.nn import functional

from check_facts import Case
from contrasts import clusters, questions
from modelwright.api import request_for
from modelwright.checks.facts import Facts
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import rows_of
from modelwright.run.prepare import prepare, read_dataset, splits


def run(frame: pl.DataFrame, **description: Any) -> Callable[[], Facts]:
    """Return what makes the facts of a contrastive run."""

    def facts() -> Facts:
        asked = request_for(frame, description=description)
        dataset = read_dataset(asked.description, asked.base, asked.frame)
        return prepare(dataset, splits(dataset)[0]).facts

    return facts


def simclr(normal: bool = True, masked: bool = True, kind: str = "views", width: int = 16) -> Callable[[], Facts]:
    """Return what makes the facts of a program with a contrastive loss written by hand."""

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, width))

        def forward(self, x: Tensor) -> Tensor:
            z = self.layers(torch.cat([x, x + 0.1 * torch.randn_like(x)]))
            return functional.normalize(z, dim=1) if normal else z

    def loss(z: Tensor, _: Tensor) -> Tensor:
        rows = len(z) // 2
        if kind == "clip":
            return functional.cross_entropy(z[:rows] @ z[rows:].T / 0.1, torch.arange(rows))
        logits = z @ z.T / 0.1
        if masked:
            logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
        return functional.cross_entropy(logits, torch.arange(len(z)).roll(rows))

    def facts() -> Facts:
        torch.manual_seed(0)
        data = (torch.randn(64, 8), torch.zeros(64))
        return Facts(program=Program(model=Encoder(), loss=loss, rows=rows_of(data, 64)))

    return facts


def classifier() -> Facts:
    """A classifier of 32 classes whose batch has each once looks like a contrastive loss, and is none."""
    torch.manual_seed(0)
    data = (torch.randn(32, 8), torch.arange(32))
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32))
    return Facts(program=Program(model=model, loss=nn.CrossEntropyLoss(), rows=rows_of(data, 32)))


FEW = questions(240).with_columns(answer=pl.Series([f"an answer {row % 3} that occurs often" for row in range(240)]))
MANY = clusters().with_columns(kind=pl.Series([f"k{row // 2}" for row in range(240)]))
CLASSES = {"positives": "labels"}

CONTRAST = {
    "H510": [
        Case("one row", run(clusters(), task="contrastive", train={"batch_size": 1}), "error", "nothing"),
        Case("copies", run(FEW, contrastive={"pairs": ["question", "answer"], "shared": True}), "warning", "`answer`"),
        Case("pairs", run(questions().unique("question").unique("answer"), contrastive={"pairs": ["size", "age"]})),
        Case("views", run(clusters(), task="contrastive")),
        Case(
            "one class",
            run(clusters(), data={"target": "kind"}, contrastive=CLASSES, train={"batch_size": 2}),
            "warning",
            "one class",
        ),
        Case(
            "alone",
            run(
                MANY, data={"target": "kind"}, contrastive=CLASSES, split={"stratify": False}, train={"batch_size": 16}
            ),
            "warning",
            "no other row",
        ),
        Case("labels", run(clusters(), data={"target": "kind"}, contrastive=CLASSES)),
        Case("lengths", simclr(normal=False), "error", "unit length"),
        Case("itself", simclr(masked=False), "error", "itself"),
        Case("by hand", simclr()),
        Case("as many numbers as rows", simclr(width=128)),
        Case("as many numbers as rows, lengths", simclr(normal=False, width=128), "error", "unit length"),
        Case("clip", simclr(kind="clip")),
        Case("clip, lengths", simclr(normal=False, kind="clip"), "error", "unit length"),
        Case("classes", classifier),
    ]
}
