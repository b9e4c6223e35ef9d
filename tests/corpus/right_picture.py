"""Right programs that look suspicious: pictures and several inputs."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.faulty_shape import Flat
from corpus.rows import numbers, pictures, table


def right_lenet() -> dict[str, Any]:
    return {"model": Flat(32 * 5 * 5), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_class_token() -> dict[str, Any]:
    class ViT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch = nn.Conv2d(1, 32, 7, stride=7)
            self.token = nn.Parameter(torch.zeros(1, 1, 32))
            self.position = nn.Parameter(torch.randn(1, 17, 32) * 0.02)
            layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.head = nn.Linear(32, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.patch(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1) + self.position
            return self.head(self.encoder(x)[:, 0])

    return {"model": ViT(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_depthwise_separable() -> dict[str, Any]:
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 16, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_spatially_separable() -> dict[str, Any]:
    model = nn.Sequential(
        nn.Conv2d(1, 8, (1, 5)),
        nn.Conv2d(8, 8, (5, 1)),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 10),
    )
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(out)) + x)


def right_resnet() -> dict[str, Any]:
    stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
    model = nn.Sequential(stem, Residual(8), Residual(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_unet() -> dict[str, Any]:
    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down1 = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())
            self.down2 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU())
            self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
            self.merge = nn.Sequential(nn.Conv2d(16, 8, 3, padding=1), nn.ReLU())
            self.out = nn.Conv2d(8, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            a = self.down1(x)
            b = self.down2(F.max_pool2d(a, 2))
            return self.out(self.merge(torch.cat([a, self.up(b)], dim=1)))

    x, _ = pictures()
    return {"model": UNet(), "data": (x, (x > 0.5).float()), "loss": nn.BCEWithLogitsLoss()}


def right_siamese() -> dict[str, Any]:
    class Siamese(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 16))
            self.head = nn.Linear(16, 1)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.head((self.encoder(a) - self.encoder(b)).abs())

    a, y = table()
    data = TensorDataset(a, a.roll(1, 0), (y == y.roll(1)).float().unsqueeze(1))
    return {"model": Siamese(), "data": DataLoader(data, batch_size=32, shuffle=True), "loss": nn.BCEWithLogitsLoss()}


def right_embeddings_and_numbers() -> dict[str, Any]:
    class Tabular(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embeds = nn.ModuleList([nn.Embedding(5, 3), nn.Embedding(7, 4)])
            self.bn = nn.BatchNorm1d(8)
            self.layers = nn.Sequential(
                nn.Linear(15, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Dropout(0.2), nn.Linear(32, 3)
            )

        def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
            parts = [embed(codes[:, i]) for i, embed in enumerate(self.embeds)]
            return self.layers(torch.cat([self.bn(numbers), *parts], dim=1))

    x, y = table(classes=3)
    codes = torch.stack([torch.randint(0, 5, (256,)), torch.randint(0, 7, (256,))], dim=1)
    data = TensorDataset(x * 1000, codes, y)
    return {
        "model": Tabular(),
        "data": DataLoader(data, batch_size=32, shuffle=True, drop_last=True),
        "loss": F.cross_entropy,
    }


def right_numpy_arrays() -> dict[str, Any]:
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 16), nn.ELU(), nn.Linear(16, 1))
    return {"model": model, "data": (x.double().numpy(), y.double().numpy()), "loss": nn.HuberLoss()}
