"""Right programs that look suspicious: shapes, sequences, attention, pictures."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from corpus.faulty_rows import Language, next_word
from corpus.rows import series, table, words


def right_rnn_with_time_first() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(3, 16)
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(x.permute(1, 0, 2))
            return self.head(out[-1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_last_hidden_state() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(3, 16, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
            self.head = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            h0 = torch.zeros(4, x.size(0), 16, device=x.device)
            _, (h, _) = self.rnn(x, (h0, torch.zeros_like(h0)))
            return self.head(torch.cat([h[-2], h[-1]], dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_causal_language_model() -> dict[str, Any]:
    x, _ = words(length=13)
    return {"model": Language(mask=True), "data": (x[:, :-1], x[:, 1:]), "loss": next_word}


def right_recurrent_language_model() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.rnn = nn.LSTM(16, 32, batch_first=True)
            self.head = nn.Linear(32, 50)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(self.embed(x))[0])

    x, _ = words(length=13)
    loss = lambda out, y: F.cross_entropy(out.transpose(1, 2), y)  # noqa: E731
    return {"model": Net(), "data": (x[:, :-1], x[:, 1:]), "loss": loss}


def right_attention_by_hand() -> dict[str, Any]:
    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(width)
            self.qkv = nn.Linear(width, 3 * width)
            self.project = nn.Linear(width, width)
            self.drop = nn.Dropout(0.1)

        def forward(self, x: Tensor) -> Tensor:
            n, t, c = x.shape
            q, k, v = self.qkv(self.norm(x)).view(n, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
            weights = self.drop(F.softmax(q @ k.transpose(-2, -1) / math.sqrt(c // 2), dim=-1))
            return x + self.project((weights @ v).transpose(1, 2).reshape(n, t, c))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = nn.Linear(3, 16)
            self.blocks = nn.ModuleList(Block(16) for _ in range(2))
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.up(x)
            for block in self.blocks:
                x = block(x)
            return self.head(x.mean(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_separate_projections() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = nn.Linear(3, 16)
            self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.up(x)
            out = F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))
            return self.head(F.gelu(self.o(out)).mean(1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


class Words(Dataset[dict[str, Tensor]]):
    def __init__(self) -> None:
        self.x, self.y = words()

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, at: int) -> dict[str, Tensor]:
        return {"input_ids": self.x[at], "labels": self.y[at]}


def right_batches_by_name() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.out = nn.Linear(16, 2)

        def forward(self, input_ids: Tensor) -> Tensor:
            return self.out(self.embed(input_ids).mean(dim=1))

    return {"model": Net(), "data": DataLoader(Words(), batch_size=16, shuffle=True), "loss": nn.CrossEntropyLoss()}


def right_model_with_its_own_loss() -> dict[str, Any]:
    class Output(dict[str, Tensor]):
        @property
        def loss(self) -> Tensor:
            return self["loss"]

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.out = nn.Linear(16, 2)

        def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Output:
            logits = self.out(self.embed(input_ids).mean(dim=1))
            return (
                Output(logits=logits) if labels is None else Output(loss=F.cross_entropy(logits, labels), logits=logits)
            )

    return {"model": Net(), "data": DataLoader(Words(), batch_size=16, shuffle=True)}


def right_shared_weights() -> dict[str, Any]:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            nn.init.normal_(self.embed.weight, std=0.02)
            self.rnn = nn.GRU(16, 16, batch_first=True)
            self.out = nn.Linear(16, 50, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.rnn(self.embed(x))[0])

    x, _ = words(length=13)
    return {"model": Tied(), "data": (x[:, :-1], x[:, 1:]), "loss": next_word}


def right_one_dimensional_convolutions() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv1d(3 if d == 1 else 8, 8, 3, dilation=d, padding=d) for d in (1, 2, 4))
            self.head = nn.Linear(8, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = x.transpose(1, 2)
            for conv in self.convs:
                x = F.gelu(conv(x))
            return self.head(x.max(dim=2).values)

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_forecast() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    wave = torch.sin(torch.arange(300) / 7) + 0.1 * torch.randn(300, generator=made)
    windows = wave.unfold(0, 30, 1)
    model = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 6))
    return {
        "model": model,
        "data": DataLoader(TensorDataset(windows[:, :24], windows[:, 24:]), 32),
        "loss": nn.MSELoss(),
    }


def right_graph_of_a_batch() -> dict[str, Any]:
    """A message passing layer over the columns of each row: no row sees another."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.adjacency = nn.Parameter(torch.eye(8) + 0.1)
            self.layer = nn.Linear(1, 8)
            self.out = nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            nodes = torch.softmax(self.adjacency, dim=-1) @ x.unsqueeze(-1)
            return self.out(F.relu(self.layer(nodes)).flatten(1))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_second_output_for_later() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            z = self.encoder(x)
            return self.head(z), torch.tanh(z)

    return {"model": Net(), "data": table(classes=3), "loss": lambda out, y: F.cross_entropy(out[0], y)}


def right_attention_to_one_token() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = x[:, None]
            weights = torch.softmax(self.query(x) @ self.key(x).transpose(1, 2) / 8**0.5, dim=-1)
            return self.out(torch.relu((weights @ self.value(x))[:, 0]))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}
