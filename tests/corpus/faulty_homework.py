"""Faulty programs as they are handed in: own classes with a fault in `__init__` or `forward`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, series, table, words


def m401_deep_linear() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2, self.fc3 = nn.Linear(784, 128), nn.Linear(128, 64), nn.Linear(64, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = x.view(x.size(0), -1)
            x = self.fc1(x)
            x = self.fc2(x)
            return F.log_softmax(self.fc3(x), dim=1)

    return {"model": Net(), "data": pictures(), "loss": nn.NLLLoss()}


def m401_convolutions_in_a_row() -> dict[str, Any]:
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.Conv2d(16, 32, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 12 * 12, 10)
    )
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def m402_last_layer_with_the_others() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(8, 32), nn.Linear(32, 32), nn.Linear(32, 3)])

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = F.relu(layer(x))
            return x

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m402_price_through_a_relu() -> dict[str, Any]:
    """Also H509."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 64), nn.Linear(64, 1)
            self.act, self.drop = nn.ReLU(), nn.Dropout(0.2)

        def forward(self, x: Tensor) -> Tensor:
            x = self.drop(self.act(self.fc1(x)))
            return self.act(self.fc2(x))

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def m402_dropout_on_the_scores() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.fc1(x))
            return F.dropout(self.fc2(x), 0.5, training=self.training)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m403_attention_like_hidden_layer() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.softmax(self.fc1(x), dim=1)
            return self.fc2(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m403_tanh_over_relu() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 64), nn.Linear(64, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc2(torch.tanh(torch.relu(self.fc1(x))))

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def m405_ones_everywhere() -> dict[str, Any]:
    def start(layer: nn.Module) -> None:
        if isinstance(layer, nn.Linear):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)

    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
    model.apply(start)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss()}


def m405_own_parameters_of_zeros() -> dict[str, Any]:
    """Also M409."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w1, self.b1 = nn.Parameter(torch.zeros(8, 16)), nn.Parameter(torch.zeros(16))
            self.w2, self.b2 = nn.Parameter(torch.zeros(16, 2)), nn.Parameter(torch.zeros(2))

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(x @ self.w1 + self.b1) @ self.w2 + self.b2

    return {"model": Net(), "data": table(), "loss": nn.CrossEntropyLoss()}


def m407_all_dropped() -> dict[str, Any]:
    """Also T712 or T713 or M409."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2, self.drop = nn.Linear(8, 64), nn.Linear(64, 3), nn.Dropout(1.0)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc2(self.drop(F.relu(self.fc1(x))))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m408_odd_row_left_over() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
    loader = DataLoader(TensorDataset(*table(129)), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def m409_no_grad_in_forward() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                features = torch.relu(self.encoder(x))
            return self.head(features)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_rounded_answers() -> dict[str, Any]:
    """Also T712."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.round(torch.sigmoid(self.b(torch.relu(self.a(x)))))

    return {"model": Net(), "data": binary(), "loss": nn.BCELoss()}


def m409_everything_frozen() -> dict[str, Any]:
    """Also T712 or O601."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    for parameter in model.parameters():
        parameter.requires_grad = False
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_block_made_but_not_called() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3)
            self.bn1, self.bn2 = nn.BatchNorm2d(8), nn.BatchNorm2d(8)
            self.fc = nn.Linear(8, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.bn1(self.conv1(x)))
            x = F.relu(self.bn1(self.conv2(x)))
            return self.fc(x.mean((2, 3)))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def m409_loss_of_a_new_tensor() -> dict[str, Any]:
    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(torch.tensor(output.tolist(), requires_grad=True), target)

    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    return {"model": model, "data": numbers(), "loss": loss}


def m411_vocabulary_without_padding() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.lstm, self.out = nn.Embedding(50, 8), nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(self.embed(x))[1][0][-1])

    x, y = words()
    return {"model": Net(), "data": (x + 1, y), "loss": nn.CrossEntropyLoss()}


def s308_attention_with_the_default_layout() -> dict[str, Any]:
    """Also S310."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.attention, self.out = nn.Linear(3, 16), nn.MultiheadAttention(16, 2), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.embed(x)
            x, _ = self.attention(x, x, x)
            return self.out(x.mean(1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s311_appended_to_a_list() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = []
            for _ in range(3):
                self.blocks.append(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = x + block(x)
            return self.out(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_bias_is_a_tensor() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 3, bias=False)
            self.bias = torch.zeros(3, requires_grad=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x) + self.bias

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_layer_made_in_forward() -> dict[str, Any]:
    """Also O613 or M409 or T712."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 8, 5, stride=3)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.flatten(F.relu(self.conv(x)), 1)
            return nn.Linear(x.shape[1], 10)(x)

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}
