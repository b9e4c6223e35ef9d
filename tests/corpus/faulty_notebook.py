"""Faulty programs as notebooks have them: data that were prepared wrongly, optimizers, models that cannot learn."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset, TensorDataset

from corpus.rows import binary, numbers, pictures, table


def _net(out: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, out))


def d101_logarithm_of_zero() -> dict[str, Any]:
    x, y = table(classes=3)
    x[:, 2] = torch.log(torch.relu(x[:, 2]))
    return {"model": _net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def d101_no_price_known() -> dict[str, Any]:
    x, y = numbers()
    y[5] = float("nan")
    return {"model": _net(1), "data": DataLoader(TensorDataset(x, y), batch_size=32), "loss": nn.MSELoss()}


def d107_only_the_first_class_is_kept() -> dict[str, Any]:
    x, y = table(classes=3)
    data = TensorDataset(x, y)
    some = Subset(data, [i for i in range(len(data)) if int(y[i]) == 0])
    return {"model": _net(), "data": DataLoader(some, batch_size=16, shuffle=True), "loss": nn.CrossEntropyLoss()}


def d108_pictures_divided_later() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.relu(self.conv(x.float())).mean((2, 3)))

    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (64, 3, 20, 20), dtype=torch.uint8, generator=made)
    return {"model": Net(), "data": (x, torch.arange(64) % 10), "loss": nn.CrossEntropyLoss()}


def d108_seconds_since_1970() -> dict[str, Any]:
    x, y = table(classes=3)
    x[:, 0] = 1.6e9 + 1e6 * x[:, 0]
    return {"model": _net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def d108_divided_by_255_twice() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (64, 1, 28, 28), generator=made).float() / 255
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return {"model": model, "data": (x / 255, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def l205_answer_left_among_the_columns() -> dict[str, Any]:
    x, y = numbers()
    data = torch.cat([x, y], dim=1)
    model = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 1))
    return {"model": model, "data": (data, y), "loss": nn.MSELoss()}


def l205_label_kept_in_the_table() -> dict[str, Any]:
    x, y = table(classes=3)
    data = torch.cat([x[:, :4], y.float().unsqueeze(1), x[:, 4:]], dim=1)
    model = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 3))
    loader = DataLoader(TensorDataset(data, y), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def d106_same_rows_with_other_labels() -> dict[str, Any]:
    x, y = table(200, classes=3)
    return {"model": _net(), "data": (torch.cat([x, x]), torch.cat([y, (y + 1) % 3])), "loss": nn.CrossEntropyLoss()}


def d102_column_of_zeros() -> dict[str, Any]:
    x, y = table(classes=3)
    x[:, 3] = 0
    return {"model": _net(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def o601_model_made_again_in_the_next_cell() -> dict[str, Any]:
    model = _net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model = _net()
    loader = DataLoader(TensorDataset(*table(classes=3)), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o601_layer_added_after() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(8, 32)
            self.head = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(F.relu(self.body(x)))

    model = Net()
    optimizer = torch.optim.AdamW(model.parameters())
    model.body = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 32))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_rate_of_ten() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=10)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_rate_that_moves_nothing() -> dict[str, Any]:
    model = _net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-10)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_adam_of_one() -> dict[str, Any]:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o603_functional_batch_norm() -> dict[str, Any]:
    """Also S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.batch_norm(self.a(x), None, None, training=True)
            return self.b(F.relu(x))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o610_files_read_class_by_class() -> dict[str, Any]:
    x, y = pictures(120, size=12, classes=3)
    order = torch.argsort(y, stable=True)
    loader = DataLoader(TensorDataset(x[order], y[order]), batch_size=20)
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def o613_forward_of_a_layer_is_called() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.b.forward(F.relu(self.a.forward(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o613_relu_in_place_spoils_the_gradient() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            gate = torch.tanh(self.a(x))
            gate[:, 0] = 1.0
            return self.b(gate * x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def t712_output_taken_from_the_input() -> dict[str, Any]:
    """Also M409 or O601."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _net(1)

        def forward(self, x: Tensor) -> Tensor:
            out = self.layers(x)
            return x[:, :1] + 0 * len(out)

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def t712_negative_bias_kills_everything() -> dict[str, Any]:
    """Also T713 or M409."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 8, 5, stride=2), nn.Linear(8, 10, bias=False)
            nn.init.constant_(self.conv.bias, -100.0)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.relu(self.conv(x)).amax((2, 3)))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def t713_answers_from_a_constant() -> dict[str, Any]:
    """Also M409 or T712."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.start = nn.Parameter(torch.randn(1, 8))
            self.layers = _net(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(self.start.expand(len(x), 8))

    return {"model": Net(), "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def t713_mask_never_read() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(50, 8), nn.Linear(8, 2)

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
            return self.out(self.embedding(input_ids).mean(1))

    ids = torch.randint(1, 50, (64, 10), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(10) < 4 + torch.arange(64).unsqueeze(1) % 6).long()
    batches = [{"input_ids": ids, "attention_mask": mask, "labels": torch.arange(64) % 2}]
    return {"model": Net(), "data": batches, "loss": nn.CrossEntropyLoss()}
