"""Faulty programs: rows that see each other or the future, weights that nobody knows of."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus.rows import pictures, series, table, words


def s308_softmax_over_the_batch() -> dict[str, Any]:
    """Also H501."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return F.log_softmax(self.fc(x), dim=0)

    return {"model": Net(), "data": table(classes=3), "loss": nn.NLLLoss()}


def s308_view_instead_of_permute() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(3, 16)
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(x.view(x.size(1), x.size(0), -1))
            return self.head(out[-1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_attention_over_the_batch() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = nn.Linear(3, 16)
            self.attention = nn.MultiheadAttention(16, 2)
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.up(x)
            x, _ = self.attention(x, x, x)
            return self.head(x.mean(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_attention_along_the_wrong_axis() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = nn.Linear(3, 16), nn.Linear(3, 16), nn.Linear(3, 16)
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            scores = self.q(x) @ self.k(x).transpose(1, 2) / 4
            return self.head((torch.softmax(scores, dim=1) @ self.v(x)).mean(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_rows_lost_in_a_view() -> dict[str, Any]:
    """Also S303."""
    x, y = pictures()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(392, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x.view(-1, 392))

    return {"model": Net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


class Language(nn.Module):
    def __init__(self, mask: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(32, 50)
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.size(1)) if self.mask else None
        return self.head(self.encoder(self.embed(x), mask=mask))


def next_word(out: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(out.reshape(-1, out.size(-1)), target.reshape(-1))


def s309_no_mask() -> dict[str, Any]:
    x, _ = words(length=13)
    return {"model": Language(mask=False), "data": (x[:, :-1], x[:, 1:]), "loss": next_word}


def s309_both_directions() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.rnn = nn.LSTM(16, 16, batch_first=True, bidirectional=True)
            self.head = nn.Linear(32, 50)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(self.embed(x))[0])

    x, _ = words(length=13)
    return {"model": Net(), "data": (x[:, :-1], x[:, 1:]), "loss": next_word}


def s311_layers_in_a_list() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [nn.Linear(8, 8) for _ in range(3)]
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = F.relu(layer(x))
            return self.out(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_branches_in_a_dict() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.branches = {"wide": nn.Linear(8, 16), "deep": nn.Sequential(nn.Linear(8, 16), nn.ReLU())}
            self.out = nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(F.relu(self.branches["wide"](x)) + self.branches["deep"](x))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_plain_tensor_as_weight() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.randn(8, 3, requires_grad=True)
            self.bias = nn.Parameter(torch.zeros(3))

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.weight + self.bias

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m411_word_beyond_the_vocabulary() -> dict[str, Any]:
    model = nn.Sequential(nn.EmbeddingBag(40, 8), nn.ReLU(), nn.Linear(8, 2))
    return {"model": model, "data": words(), "loss": nn.CrossEntropyLoss()}


def m411_too_few_vectors() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(49, 16)
            self.out = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.embed(x).mean(dim=1))

    return {"model": Net(), "data": words(rows=512), "loss": nn.CrossEntropyLoss()}


def m411_kernel_on_a_point() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(nn.Conv2d(1 if i == 0 else 8, 8, 3, padding=1) for i in range(6))
            self.out = nn.Linear(8, 10)

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks[:5]:
                x = F.max_pool2d(F.relu(block(x)), 2, ceil_mode=True)
            return self.out(F.relu(self.blocks[5](x)).flatten(1))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}
