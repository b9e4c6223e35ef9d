"""Right programs of student projects that look like mistakes: masks, heads, losses of their own, odd optimizers."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler

from corpus.rows import binary, numbers, pictures, series, table, words


def _net(out: int = 3, columns: int = 8) -> nn.Sequential:
    return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, out))


def right_sampler_of_inverse_counts() -> dict[str, Any]:
    x, y = table(900, classes=2)
    keep = (y == 0) | (torch.arange(900) % 8 == 0)
    x, y = x[keep], y[keep]
    weights = 1.0 / torch.bincount(y)[y].double()
    loader = DataLoader(TensorDataset(x, y), batch_size=64, sampler=WeightedRandomSampler(weights, len(y)))
    return {"model": _net(2), "data": loader, "loss": nn.CrossEntropyLoss()}


def right_lambda_gives_a_factor() -> dict[str, Any]:
    model = _net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_tied_and_scaled_embedding() -> dict[str, Any]:
    class Model(nn.Module):
        def __init__(self, words: int = 400, width: int = 64) -> None:
            super().__init__()
            self.embed = nn.Embedding(words, width)
            nn.init.normal_(self.embed.weight, std=0.02)
            self.gru = nn.GRU(width, width, batch_first=True)
            self.out = nn.Linear(width, words, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.gru(self.embed(x))[0]).transpose(1, 2)

    x, _ = words(64, 13, 400)
    return {"model": Model(), "data": (x[:, :-1], x[:, 1:]), "loss": nn.CrossEntropyLoss()}


def right_distances_with_a_little_more() -> dict[str, Any]:
    def loss(out: Tensor, y: Tensor) -> Tensor:
        apart = torch.sqrt(((out[:, None] - out[None]) ** 2).sum(-1) + 1e-6)
        same = (y[:, None] == y[None]).float()
        return (same * apart + (1 - same) * F.relu(1 - apart)).mean()

    return {"model": _net(4), "data": table(classes=3), "loss": loss}


def right_dice_of_probabilities() -> dict[str, Any]:
    def dice(out: Tensor, mask: Tensor) -> Tensor:
        p = torch.sigmoid(out)
        overlap = (p * mask).sum((1, 2, 3))
        return 1 - ((2 * overlap + 1) / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1)).mean()

    x, _ = pictures(16, 1, 16)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    return {"model": model, "data": (x, (x > 0.5).float()), "loss": dice}


def right_void_is_ignored() -> dict[str, Any]:
    x, _ = pictures(16, 1, 16)
    mask = (x[:, 0] > 0.5).long()
    mask[:, 0] = 255
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    return {"model": model, "data": (x, mask), "loss": nn.CrossEntropyLoss(ignore_index=255)}


def right_padding_is_masked() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.pos = nn.Embedding(51, 16, padding_idx=0), nn.Parameter(torch.randn(12, 16) * 0.02)
            self.enc, self.fc = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            there = (x != 0).unsqueeze(-1)
            h = self.enc(self.emb(x) + self.pos, src_key_padding_mask=x == 0)
            return self.fc((h * there).sum(1) / there.sum(1))

    x, y = words()
    x = x + 1
    x[::2, 8:] = 0
    return {"model": Net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def right_packed_sequences() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.lstm = nn.Embedding(51, 16, padding_idx=0), nn.LSTM(16, 16, batch_first=True)
            self.fc = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            lengths = (x != 0).sum(1).cpu()
            packed = nn.utils.rnn.pack_padded_sequence(self.emb(x), lengths, batch_first=True, enforce_sorted=False)
            return self.fc(self.lstm(packed)[1][0][-1])

    x, y = words()
    x = x + 1
    x[::2, 8:] = 0
    return {"model": Net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def right_hidden_of_both_directions() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.fc = nn.GRU(3, 16, batch_first=True, bidirectional=True), nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            _, h = self.gru(x)
            return self.fc(h.transpose(0, 1).reshape(len(x), -1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_hydra() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
            self.kind, self.price = nn.Linear(32, 3), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            h = self.body(x)
            return self.kind(h), self.price(h).squeeze(-1)

    class Rows(Dataset[tuple[Tensor, tuple[Tensor, Tensor]]]):
        def __init__(self) -> None:
            self.x, self.y = table(classes=3)
            self.price = self.x[:, 0] * 2

        def __len__(self) -> int:
            return len(self.x)

        def __getitem__(self, i: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
            return self.x[i], (self.y[i], self.price[i])

    def loss(out: tuple[Tensor, Tensor], y: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(out[0], y[0]) + 0.5 * F.mse_loss(out[1], y[1])

    return {"model": Net(), "data": DataLoader(Rows(), 32, shuffle=True), "loss": loss}


def right_vae_with_a_small_divergence() -> dict[str, Any]:
    class Vae(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc, self.mu, self.logvar = nn.Linear(20, 32), nn.Linear(32, 4), nn.Linear(32, 4)
            self.dec = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 20))

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            h = F.relu(self.enc(x))
            mu, logvar = self.mu(h), self.logvar(h)
            return self.dec(mu + torch.exp(logvar / 2) * torch.randn_like(mu)), mu, logvar

    def loss(out: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
        divergence = -0.5 * (1 + out[2] - out[1] ** 2 - out[2].exp()).sum(1).mean()
        return F.mse_loss(out[0], x) + 0.01 * divergence

    x, _ = table(256, 20)
    return {"model": Vae(), "data": (x, x), "loss": loss}


def right_shallow_autoencoder_is_linear() -> dict[str, Any]:
    class Pca(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode, self.decode = nn.Linear(20, 4, bias=False), nn.Linear(4, 20)

        def forward(self, x: Tensor) -> Tensor:
            return self.decode(self.encode(x))

    x, _ = table(256, 20)
    return {"model": Pca(), "data": (x, x), "loss": nn.MSELoss()}


def right_root_mean_square() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _net(1), "data": (x, y), "loss": lambda out, target: torch.sqrt(F.mse_loss(out, target))}


def right_logarithm_of_counts() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _net(1), "data": (x, torch.log1p(torch.exp(y + 3).round())), "loss": nn.MSELoss()}


def right_standardised_inside_by_buffers() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self, mean: Tensor, std: Tensor) -> None:
            super().__init__()
            self.register_buffer("mean", mean)
            self.register_buffer("std", std)
            self.net = _net(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.net((x - self.mean) / self.std)

    x, y = numbers()
    x = x * torch.logspace(0, 4, 8) + 100
    return {"model": Net(x.mean(0), x.std(0)), "data": (x, y), "loss": nn.MSELoss()}


def right_fourier_features_of_time() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("waves", 2 * math.pi * torch.arange(1, 5) / 24)
            self.net = _net(1)

        def forward(self, hour: Tensor) -> Tensor:
            return self.net(torch.cat([torch.sin(hour * self.waves), torch.cos(hour * self.waves)], 1))

    hour = torch.arange(240).float().unsqueeze(1) % 24
    return {"model": Net(), "data": (hour, torch.sin(hour * 2 * math.pi / 24)), "loss": nn.MSELoss()}


def right_prototypes_by_distance() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.centres = _net(4), nn.Parameter(torch.randn(3, 4))

        def forward(self, x: Tensor) -> Tensor:
            return -torch.cdist(self.body(x), self.centres)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_group_norm_and_batches_of_two() -> dict[str, Any]:
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.GroupNorm(2, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(8, 10))
    return {"model": model, "data": DataLoader(TensorDataset(*pictures(65)), 2), "loss": nn.CrossEntropyLoss()}


def right_unsqueezed_target() -> dict[str, Any]:
    x, y = binary()
    y = y.squeeze(1)
    loss = nn.BCEWithLogitsLoss()
    return {"model": _net(1), "data": (x, y), "loss": lambda out, target: loss(out, target.unsqueeze(1))}


def right_frozen_layers_in_the_optimizer() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3))
    model[0].requires_grad_(False)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}
