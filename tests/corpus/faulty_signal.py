"""Faulty programs on words, steps and pictures, as people hand them in: attention, padding, axes, masks."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import pictures, series, words


class Tiny(nn.Module):
    """A decoder of one block; `mask` is what each program is about."""

    def __init__(self, vocabulary: int = 50, width: int = 32, length: int = 12) -> None:
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.attn = nn.MultiheadAttention(width, 4, batch_first=True)
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))
        self.head = nn.Linear(width, vocabulary)

    def mask(self, steps: int) -> Tensor:
        return torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        h = self.ln1(x)
        x = x + self.attn(h, h, h, attn_mask=self.mask(idx.shape[1]), need_weights=False)[0]
        return self.head(x + self.mlp(self.ln2(x))).transpose(1, 2)


def _next() -> tuple[Tensor, Tensor]:
    x, _ = words(64, 13)
    return x[:, :-1], x[:, 1:]


def s309_mask_upside_down() -> dict[str, Any]:
    class Model(Tiny):
        def mask(self, steps: int) -> Tensor:
            return torch.tril(torch.ones(steps, steps, dtype=torch.bool), -1)

    return {"model": Model(), "data": _next(), "loss": nn.CrossEntropyLoss()}


def s309_mask_of_ones_is_added() -> dict[str, Any]:
    class Model(Tiny):
        def mask(self, steps: int) -> Tensor:
            return torch.tril(torch.ones(steps, steps))

    return {"model": Model(), "data": _next(), "loss": nn.CrossEntropyLoss()}


def s309_own_scores_are_never_filled() -> dict[str, Any]:
    class Head(nn.Module):
        def __init__(self, width: int = 32) -> None:
            super().__init__()
            self.key, self.query, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
            self.register_buffer("tril", torch.tril(torch.ones(12, 12)))

        def forward(self, x: Tensor) -> Tensor:
            w = self.query(x) @ self.key(x).transpose(-2, -1) * x.shape[-1] ** -0.5
            w.masked_fill(self.tril[: x.shape[1], : x.shape[1]] == 0, float("-inf"))
            return F.softmax(w, dim=-1) @ self.value(x)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tok, self.pos, self.head, self.lm = (
                nn.Embedding(50, 32),
                nn.Embedding(12, 32),
                Head(),
                nn.Linear(32, 50),
            )

        def forward(self, idx: Tensor) -> Tensor:
            x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
            return self.lm(x + self.head(x)).view(-1, 50)

    return {"model": Model(), "data": _next(), "loss": lambda out, y: F.cross_entropy(out, y.reshape(-1))}


def s308_normalised_over_everything() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.fc = nn.GRU(3, 16, batch_first=True), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.gru(F.layer_norm(x, x.shape))
            return self.fc(out[:, -1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_cosine_along_the_rows() -> dict[str, Any]:
    """Also S305, S301."""

    class Match(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(8, 32)
            self.out = nn.Linear(32, 1)

        def forward(self, x: Tensor) -> Tensor:
            p, q = self.a(x[:, :8]), self.b(x[:, 8:])
            close = F.cosine_similarity(p, q, dim=0)
            return self.out(p * close).squeeze(1)

    x = torch.randn(256, 16, generator=torch.Generator().manual_seed(0))
    return {"model": Match(), "data": (x, (x[:, 0] * x[:, 8] > 0).float()), "loss": nn.BCEWithLogitsLoss()}


def s308_mean_of_the_rows_for_the_steps() -> dict[str, Any]:
    """Also S301, S305."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.fc = nn.Embedding(50, 16), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(torch.relu(self.emb(x)).mean(dim=0))

    return {"model": Net(), "data": words(), "loss": nn.CrossEntropyLoss()}


def s308_log_softmax_down_the_batch() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv1d(3, 16, 3), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.conv(x.transpose(1, 2))).amax(2)
            return F.log_softmax(self.fc(x), dim=0)

    return {"model": Net(), "data": series(), "loss": nn.NLLLoss()}


def s310_last_output_of_the_default_lstm() -> dict[str, Any]:
    """Also S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.fc = nn.LSTM(3, 32, num_layers=2), nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            h0 = torch.zeros(2, x.size(1), 32)
            c0 = torch.zeros(2, x.size(1), 32)
            out, _ = self.lstm(x, (h0, c0))
            return self.fc(out[:, -1, :])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s310_hidden_state_read_as_rows() -> dict[str, Any]:
    """Also S308, S301."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 16, num_layers=2, batch_first=True)
            self.fc = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            _, (h, _) = self.lstm(x)
            return self.fc(h.reshape(x.size(0), -1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s310_everything_is_padding() -> dict[str, Any]:
    """Also T701, D101, H505, R005: a mask that is true for the words hides them all."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.pos = nn.Embedding(51, 16, padding_idx=0), nn.Parameter(torch.randn(12, 16) * 0.02)
            self.enc = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.fc = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.enc(self.emb(x) + self.pos, src_key_padding_mask=x != 0).mean(1))

    x, y = words()
    return {"model": Net(), "data": (x + 1, y), "loss": nn.CrossEntropyLoss()}


def s307_void_pixels_of_255() -> dict[str, Any]:
    x, _ = pictures(16, 1, 16)
    mask = (x[:, 0] > 0.5).long()
    mask[:, 0] = 255
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    return {"model": model, "data": (x, mask), "loss": nn.CrossEntropyLoss(ignore_index=-1)}


def s305_mask_keeps_its_channel() -> dict[str, Any]:
    """Also S301, S306."""
    x, _ = pictures(16, 1, 16)
    mask = (x > 0.5).long()
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    return {"model": model, "data": DataLoader(TensorDataset(x, mask), 4), "loss": nn.CrossEntropyLoss()}


def h502_dice_of_raw_outputs() -> dict[str, Any]:
    """Also T712, H505."""

    def dice(out: Tensor, mask: Tensor) -> Tensor:
        overlap = (out * mask).sum((1, 2, 3))
        return 1 - ((2 * overlap + 1) / (out.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1)).mean()

    x, _ = pictures(16, 1, 16)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    return {"model": model, "data": (x, (x > 0.5).float()), "loss": dice}


def s303_stride_was_forgotten_in_the_sum() -> dict[str, Any]:
    """Also S301."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 16, 5, stride=2), nn.Conv2d(16, 32, 3, stride=2)
            self.fc = nn.Linear(32 * 7 * 7, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.conv2(F.relu(self.conv1(x))))
            return self.fc(x.flatten(1))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def d108_standardised_by_the_wrong_numbers() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (64, 3, 16, 16), generator=made).float()
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 10))
    return {"model": model, "data": (x, torch.arange(64) % 10), "loss": nn.CrossEntropyLoss()}


def m411_padding_number_is_the_size() -> dict[str, Any]:
    """Also S301, S307."""
    x, y = words(64, 12, 50)
    x[::3, 9:] = 50
    model = nn.Sequential(nn.Embedding(50, 16), nn.Flatten(), nn.Linear(12 * 16, 2))
    return {"model": model, "data": (x, y), "loss": nn.CrossEntropyLoss()}
