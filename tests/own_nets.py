"""Textbook classes as people write them, for the tests of own modules: each runs as it stands."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinearModel(nn.Module):
    """The first class of every tutorial."""

    def __init__(self, input_size: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


class MLP(nn.Module):
    """The modules of `mlp(hidden=[16])` in its order."""

    def __init__(self, in_features: int, out_features: int, hidden: int = 16) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(x)))


class SimpleCNN(nn.Module):
    """Flattens with a size that was computed by hand: 8 channels of 4×4."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 4 * 4, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(torch.relu(self.conv(x.view(-1, 1, 8, 8))))
        return self.fc(x.view(-1, 8 * 4 * 4))


class GRUModel(nn.Module):
    """Reads a row of 64 numbers as 8 steps of 8."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int) -> None:
        super().__init__()
        self.hidden_size, self.num_layers, self.input_size = hidden_size, num_layers, input_size
        self.gru = nn.GRU(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.view(len(x), -1, self.input_size)
        h0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        out, hidden = self.gru(x, h0)
        return self.fc(out[:, -1, :]), hidden.transpose(0, 1)


class SelfAttention(nn.Module):
    """One projection for each head, as the drawings show it."""

    def __init__(self, embed_size: int, heads: int, num_classes: int) -> None:
        super().__init__()
        self.embed_size, self.heads, self.head_dim = embed_size, heads, embed_size // heads
        self.values = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.keys = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.queries = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.fc_out = nn.Linear(heads * self.head_dim, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = x.reshape(x.shape[0], -1, self.heads, self.head_dim)
        energy = torch.einsum("nqhd,nkhd->nhqk", self.queries(x), self.keys(x))
        attention = torch.softmax(energy / self.embed_size**0.5, dim=3)
        out = torch.einsum("nhql,nlhd->nqhd", attention, self.values(x))
        return self.fc_out(out.reshape(x.shape[0], -1, self.heads * self.head_dim).mean(dim=1))


class Tied(nn.Module):
    """Two layers that share one matrix."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.encode = nn.Linear(in_features, in_features, bias=False)
        self.again = nn.Linear(in_features, in_features, bias=False)
        self.again.weight = self.encode.weight
        self.head = nn.Linear(in_features, num_classes)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        hidden = self.again(torch.tanh(self.encode(x)))
        return {"hidden": hidden, "logits": self.head(hidden)}


class WithCodes(nn.Module):
    """Embeds its categories itself: numbers and codes come apart."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 3)
        self.head = nn.Linear(in_features + 6, num_classes)

    def forward(self, x: Tensor, codes: Tensor) -> Tensor:
        return self.head(torch.cat([x, self.table(codes).flatten(1)], dim=1))


class TwoInputs(nn.Module):
    """One branch for each input, as a tuple of a data set gives them."""

    def __init__(self, num_classes: int = 1) -> None:
        super().__init__()
        self.left = nn.Linear(3, 8)
        self.right = nn.Linear(2, 8)
        self.head = nn.Linear(16, num_classes)

    def forward(self, size: Tensor, shape: Tensor) -> Tensor:
        return self.head(torch.relu(torch.cat([self.left(size), self.right(shape)], dim=1)))


class TwoHeads(nn.Module):
    """A head for each number to predict; `named` says how they come out."""

    def __init__(self, in_features: int, named: bool = False) -> None:
        super().__init__()
        self.named = named
        self.body = nn.Linear(in_features, 8)
        self.price = nn.Linear(8, 1)
        self.area = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor] | tuple[Tensor, Tensor]:
        hidden = torch.relu(self.body(x))
        price, area = self.price(hidden), self.area(hidden).squeeze(1)
        return {"area": area, "price": price} if self.named else (price, area)
