"""Faulty programs: losses and heads."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus.rows import binary, numbers, pictures, table


class Classifier(nn.Module):
    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.fc1 = nn.Linear(8, 32)
        self.fc2 = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)


def h501_functional_softmax() -> dict[str, Any]:
    return {"model": Classifier(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def h501_softmax_layer_in_sequential() -> dict[str, Any]:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(dim=1))
    return {"model": model, "data": pictures(), "loss": F.cross_entropy}


def h501_softmax_by_hand() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))

        def forward(self, x: Tensor) -> Tensor:
            scores = torch.exp(self.layers(x))
            return scores / scores.sum(dim=1, keepdim=True)

    return {"model": Net(), "data": table(classes=4), "loss": nn.CrossEntropyLoss()}


def h501_softmax_in_the_loss() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": lambda out, y: F.cross_entropy(out.softmax(-1), y)}


def h501_nll_of_probabilities() -> dict[str, Any]:
    return {"model": Classifier(), "data": table(classes=3), "loss": nn.NLLLoss()}


def h501_nll_of_raw_outputs() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": F.nll_loss}


def h502_sigmoid_then_logits_loss() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    return {"model": model, "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def h502_sigmoid_in_forward() -> dict[str, Any]:
    class LogisticRegression(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.linear(x)).squeeze()

    x, y = binary()

    def criterion(out: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(out, target)

    return {"model": LogisticRegression(), "data": (x, y.squeeze(1)), "loss": criterion}


def h502_raw_outputs_into_bce() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    return {"model": model, "data": binary(), "loss": nn.BCELoss()}


def h502_tanh_into_bce() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.out = nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.tanh(self.out(F.relu(self.hidden(x))))

    return {"model": Net(), "data": binary(), "loss": F.binary_cross_entropy}


def h503_softmax_over_one_output() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Softmax(dim=1))
    return {"model": model, "data": binary(), "loss": nn.BCELoss()}


def h503_cross_entropy_of_several_labels() -> dict[str, Any]:
    x, _ = table(columns=8)
    y = (x[:, :5] > 0).float()
    return {
        "model": nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 5)),
        "data": (x, y),
        "loss": nn.CrossEntropyLoss(),
    }


def h503_cross_entropy_of_one_output() -> dict[str, Any]:
    x, y = table(classes=2)
    loss = nn.CrossEntropyLoss()
    return {"model": nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1)), "data": (x, y * 0), "loss": loss}


def h507_sum_with_sgd() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return {
        "model": model,
        "data": table(classes=3),
        "loss": nn.CrossEntropyLoss(reduction="sum"),
        "optimizer": optimizer,
    }


def h507_squares_summed_by_hand() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    return {"model": model, "data": numbers(), "loss": lambda out, y: ((out - y) ** 2).sum(), "optimizer": optimizer}


def h507_no_reduction() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(reduction="none")}


def _rare(rows: int = 400) -> tuple[Tensor, Tensor]:
    x, _ = table(rows)
    return x, (x[:, 0] > 1.2).long()


def h508_share_as_weight() -> dict[str, Any]:
    x, y = _rare()
    counts = torch.bincount(y).float()
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    return {"model": model, "data": (x, y), "loss": nn.CrossEntropyLoss(weight=counts / counts.sum())}


def h508_pos_weight_upside_down() -> dict[str, Any]:
    x, y = _rare()
    positive = y.float().mean()
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    loss = nn.BCEWithLogitsLoss(pos_weight=positive / (1 - positive))
    return {"model": model, "data": (x, y.float().unsqueeze(1)), "loss": loss}


def h508_too_few_weights() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))}


def h509_relu_on_a_regression_with_negatives() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())
    return {"model": model, "data": numbers(), "loss": nn.MSELoss()}


def h509_sigmoid_on_prices() -> dict[str, Any]:
    """Also D109."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.b(F.relu(self.a(x)))).view(-1)

    x, y = numbers()
    return {"model": Net(), "data": (x, 40 + 10 * y.view(-1)), "loss": nn.L1Loss()}


def h509_tanh_by_hand_written_error() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Tanh())
    return {"model": model, "data": numbers(), "loss": lambda out, y: (y - out).abs().mean()}


def h505_outputs_far_too_large() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = nn.Linear(8, 64)
            self.out = nn.Linear(64, 5)
            nn.init.normal_(self.out.weight, std=10)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(F.relu(self.hidden(x)))

    return {"model": Net(), "data": table(classes=5), "loss": nn.CrossEntropyLoss()}


def h505_normal_weights() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    return {"model": model, "data": table(classes=10), "loss": nn.CrossEntropyLoss()}


def d109_house_prices() -> dict[str, Any]:
    """Also H505."""
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    return {"model": model, "data": (x, 200_000 + 80_000 * y), "loss": nn.MSELoss()}


def d109_large_numbers_and_absolute_error() -> dict[str, Any]:
    """Also H505."""
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    return {"model": model, "data": (x, 5_000 + 900 * y), "loss": F.l1_loss}
