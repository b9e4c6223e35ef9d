"""Right programs that look suspicious: targets and how they are compared."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import numbers, pictures, table


def _mlp(out: int, last: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, out), *([] if last is None else [last]))


def right_sigmoid_for_shares() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1, nn.Sigmoid()), "data": (x, torch.sigmoid(y)), "loss": nn.MSELoss()}


def right_relu_for_counts() -> dict[str, Any]:
    x, y = numbers()
    return {
        "model": _mlp(1, nn.Softplus()),
        "data": (x, (y.exp() * 2).round()),
        "loss": nn.PoissonNLLLoss(log_input=False),
    }


def right_tanh_for_angles() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1, nn.Tanh()), "data": (x, torch.tanh(y)), "loss": nn.SmoothL1Loss()}


def right_unscaled_ages() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1), "data": (x, 40 + 12 * y), "loss": nn.MSELoss()}


def right_model_scales_its_answers() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x) * 80_000 + 200_000

    x, y = numbers()
    return {"model": Net(), "data": (x, 200_000 + 80_000 * y), "loss": nn.MSELoss()}


def right_bias_of_the_base_rate() -> dict[str, Any]:
    x, _ = table(1000)
    y = (x[:, 0] > 2).float().unsqueeze(1)
    model = _mlp(1)
    nn.init.constant_(model[2].bias, float(torch.log(y.mean() / (1 - y.mean()))))
    return {"model": model, "data": (x, y), "loss": nn.BCEWithLogitsLoss()}


def right_squeezed_on_both_sides() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1), "data": (x, y), "loss": lambda out, t: F.mse_loss(out.squeeze(-1), t.squeeze(-1))}


def right_pairwise_ranking() -> dict[str, Any]:
    x, y = numbers()

    def loss(out: Tensor, target: Tensor) -> Tensor:
        s, t = out.squeeze(1), target.squeeze(1)
        better = (t.unsqueeze(1) > t.unsqueeze(0)).float()
        return (F.softplus(-(s.unsqueeze(1) - s.unsqueeze(0))) * better).mean()

    return {"model": _mlp(1), "data": (x, y), "loss": loss}


def right_ignored_labels() -> dict[str, Any]:
    x, y = table(classes=3)
    y[::7] = -1
    return {"model": _mlp(3), "data": (x, y), "loss": nn.CrossEntropyLoss(ignore_index=-1)}


def right_mean_and_variance() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.mean, self.spread = nn.Linear(8, 32), nn.Linear(32, 1), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            h = F.relu(self.body(x))
            return self.mean(h), F.softplus(self.spread(h)) + 1e-3

    return {"model": Net(), "data": numbers(), "loss": lambda out, y: F.gaussian_nll_loss(out[0], y, out[1])}


def right_quantiles() -> dict[str, Any]:
    q = torch.tensor([0.1, 0.5, 0.9])

    def pinball(out: Tensor, y: Tensor) -> Tensor:
        error = y - out
        return torch.maximum(q * error, (q - 1) * error).mean()

    return {"model": _mlp(3), "data": numbers(), "loss": pinball}


def right_segmentation() -> dict[str, Any]:
    x, _ = pictures()
    y = (x[:, 0] > 0.5).long()
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    return {"model": model, "data": (x, y), "loss": nn.CrossEntropyLoss()}


def right_few_rows_of_many_classes() -> dict[str, Any]:
    x, y = pictures(rows=32, classes=10)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    return {
        "model": model,
        "data": DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True),
        "loss": F.cross_entropy,
    }


def right_critic_of_signs() -> dict[str, Any]:
    x, _ = numbers()
    sign = torch.where(torch.arange(len(x)) % 2 == 0, 1.0, -1.0)
    x = x + 0.7 * (sign > 0)[:, None]
    model = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Flatten(0))
    optimizer = torch.optim.RMSprop(model.parameters(), 5e-5)
    return {"model": model, "data": (x, sign), "loss": lambda out, y: (out * y).mean(), "optimizer": optimizer}


def right_loss_shifts_the_words() -> dict[str, Any]:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.past, self.out = nn.Embedding(20, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 20)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.past(self.embed(x))[0])

    def loss(logits: Tensor, words: Tensor) -> Tensor:
        following = F.pad(words, (0, 1), value=-100)[..., 1:].contiguous()
        return F.cross_entropy(logits.view(-1, 20), following.view(-1), ignore_index=-100)

    words = torch.randint(0, 20, (128, 12))
    return {"model": Words(), "data": (words, words), "loss": loss}
