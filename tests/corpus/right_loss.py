"""Right programs that look suspicious: losses, heads and targets."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus.rows import binary, numbers, pictures, table


def _mlp(out: int, last: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, out), *([] if last is None else [last]))


def right_log_softmax_and_nll() -> dict[str, Any]:
    return {"model": _mlp(3, nn.LogSoftmax(dim=1)), "data": table(classes=3), "loss": nn.NLLLoss()}


def right_log_softmax_before_cross_entropy_is_redundant() -> dict[str, Any]:
    return {"model": _mlp(3, nn.LogSoftmax(dim=-1)), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_log_of_softmax_by_hand() -> dict[str, Any]:
    loss = lambda out, y: F.nll_loss(torch.log(F.softmax(out, dim=1) + 1e-9), y)  # noqa: E731
    return {"model": _mlp(3), "data": table(classes=3), "loss": loss}


def right_sigmoid_and_bce() -> dict[str, Any]:
    return {"model": _mlp(1, nn.Sigmoid()), "data": binary(), "loss": nn.BCELoss()}


def right_softmax_only_in_evaluation() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(3)

        def forward(self, x: Tensor) -> Tensor:
            out = self.layers(x)
            return out if self.training else F.softmax(out, dim=1)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_attention_pooling_with_softmax() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(8, 16)
            self.score = nn.Linear(16, 1)
            self.out = nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            h = torch.tanh(self.embed(x.view(-1, 4, 8)))
            weights = torch.softmax(self.score(h), dim=1)
            return self.out((weights * h).sum(dim=1))

    x, y = table(columns=32, classes=3)
    return {"model": Net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def right_two_classes_by_cross_entropy() -> dict[str, Any]:
    return {"model": _mlp(2), "data": table(classes=2), "loss": nn.CrossEntropyLoss()}


def right_one_hot_targets() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, F.one_hot(y, 3).float()), "loss": nn.CrossEntropyLoss()}


def right_soft_targets() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, 0.9 * F.one_hot(y, 3).float() + 0.1 / 3), "loss": nn.CrossEntropyLoss()}


def right_one_hot_and_bce() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, F.one_hot(y, 3).float()), "loss": nn.BCEWithLogitsLoss()}


def right_several_labels() -> dict[str, Any]:
    x, _ = table()
    return {"model": _mlp(5), "data": (x, (x[:, :5] > 0).float()), "loss": nn.BCEWithLogitsLoss()}


def right_inverse_frequencies() -> dict[str, Any]:
    x, _ = table(400)
    y = (x[:, 0] > 1).long() + (x[:, 0] > 1.8).long()
    counts = torch.bincount(y).float()
    return {"model": _mlp(3), "data": (x, y), "loss": nn.CrossEntropyLoss(weight=counts.sum() / (3 * counts))}


def right_pos_weight() -> dict[str, Any]:
    x, _ = table(400)
    y = (x[:, 0] > 1.2).float().unsqueeze(1)
    return {"model": _mlp(1), "data": (x, y), "loss": nn.BCEWithLogitsLoss(pos_weight=(1 - y).sum() / y.sum())}


def right_label_smoothing() -> dict[str, Any]:
    return {"model": _mlp(3), "data": table(classes=3), "loss": nn.CrossEntropyLoss(label_smoothing=0.1)}


def right_sum_with_adam() -> dict[str, Any]:
    model = _mlp(3)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return {
        "model": model,
        "data": table(classes=3),
        "loss": nn.CrossEntropyLoss(reduction="sum"),
        "optimizer": optimizer,
    }


def right_sum_and_a_tiny_rate() -> dict[str, Any]:
    model = _mlp(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-5)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss(reduction="sum"), "optimizer": optimizer}


def right_sum_divided_by_rows() -> dict[str, Any]:
    model = _mlp(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss = lambda out, y: F.mse_loss(out, y, reduction="sum") / len(out)  # noqa: E731
    return {"model": model, "data": numbers(), "loss": loss, "optimizer": optimizer}


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.mean, self.logvar = nn.Linear(32, 4), nn.Linear(32, 4)
        self.fc3, self.fc4 = nn.Linear(4, 32), nn.Linear(32, 64)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x))
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mean, logvar


def right_vae() -> dict[str, Any]:
    x = torch.rand(128, 64, generator=torch.Generator().manual_seed(0))

    def loss(out: tuple[Tensor, Tensor, Tensor], target: Tensor) -> Tensor:
        made, mean, logvar = out
        reconstruction = F.binary_cross_entropy(made, target, reduction="sum")
        return reconstruction - 0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())

    model = VAE()
    return {"model": model, "data": x, "loss": loss, "optimizer": torch.optim.Adam(model.parameters(), lr=1e-3)}


def right_autoencoder() -> dict[str, Any]:
    x, _ = pictures()
    x = x.flatten(1).sigmoid()
    model = nn.Sequential(
        nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 8), nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 784)
    )
    model.append(nn.Sigmoid())
    return {"model": model, "data": (x, x), "loss": nn.MSELoss()}


def right_focal_loss() -> dict[str, Any]:
    def focal(out: Tensor, target: Tensor) -> Tensor:
        cross = F.binary_cross_entropy_with_logits(out, target, reduction="none")
        p = torch.exp(-cross)
        return ((1 - p) ** 2 * cross).mean()

    return {"model": _mlp(1), "data": binary(), "loss": focal}


def right_distillation() -> dict[str, Any]:
    teacher = _mlp(3).eval().requires_grad_(False)
    x, y = table(classes=3)

    def loss(out: Tensor, target: Tensor) -> Tensor:
        soft = F.softmax(teacher(x[: len(out)]) / 2, dim=1)
        return F.kl_div(F.log_softmax(out / 2, dim=1), soft, reduction="batchmean") + F.cross_entropy(out, target)

    return {"model": _mlp(3), "data": (x, y), "loss": loss}


def right_penalty_on_the_weights() -> dict[str, Any]:
    model = _mlp(1)

    def loss(out: Tensor, y: Tensor) -> Tensor:
        return F.mse_loss(out, y) + 1e-4 * sum(p.abs().sum() for p in model.parameters())

    return {"model": model, "data": numbers(), "loss": loss}


def right_contrastive_pairs() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = _mlp(16)

        def forward(self, x: Tensor) -> Tensor:
            return F.normalize(self.encoder(x), dim=1)

    def loss(z: Tensor, y: Tensor) -> Tensor:
        scores = z @ z.T / 0.1
        same = (y.unsqueeze(0) == y.unsqueeze(1)).float()
        return -(F.log_softmax(scores, dim=1) * same).sum(1).div(same.sum(1)).mean()

    return {"model": Net(), "data": table(classes=3), "loss": loss}
