"""Right programs that look suspicious: initial weights, frozen parts, optimizers, data."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, table


def _mlp(out: int = 3, hidden: int = 32) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, out))


def right_logistic_regression_from_zero() -> dict[str, Any]:
    model = nn.Linear(8, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_head_from_zero() -> dict[str, Any]:
    model = _mlp()
    nn.init.zeros_(model[2].weight)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_factorised_layer() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 4), nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_low_rank_adapter() -> dict[str, Any]:
    class Adapted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base = nn.Linear(8, 32).requires_grad_(False)
            self.a, self.b = nn.Linear(8, 2, bias=False), nn.Linear(2, 32, bias=False)
            nn.init.zeros_(self.b.weight)
            self.out = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(F.relu(self.base(x) + self.b(self.a(x))))

    model = Adapted()
    optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_frozen_backbone() -> dict[str, Any]:
    model = _mlp()
    model[0].requires_grad_(False)
    optimizer = torch.optim.Adam(model[2].parameters(), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_features_without_gradient() -> dict[str, Any]:
    class Probe(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
            self.head = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                features = self.backbone(x)
            return self.head(features)

    model = Probe()
    optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_teacher_kept_out_of_the_parameters() -> dict[str, Any]:
    class Student(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp()
            self.teacher = [_mlp().requires_grad_(False)]

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x) + 0 * self.teacher[0](x)

    return {"model": Student(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_monte_carlo_dropout() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 64), nn.Linear(64, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.b(F.dropout(F.relu(self.a(x)), 0.1, training=True))

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def right_strong_dropout() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 512), nn.ReLU(), nn.Dropout(0.8), nn.Linear(512, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_dropout_on_the_inputs() -> dict[str, Any]:
    model = nn.Sequential(nn.Dropout(0.2), nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_gates() -> dict[str, Any]:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.value, self.gate, self.out = nn.Linear(8, 32), nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.tanh(self.value(x)) * torch.sigmoid(self.gate(x)))

    return {"model": Gated(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_experts() -> dict[str, Any]:
    class Experts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Linear(8, 4)
            self.experts = nn.ModuleList(_mlp() for _ in range(4))

        def forward(self, x: Tensor) -> Tensor:
            weights = F.softmax(self.gate(x), dim=-1)
            answers = torch.stack([expert(x) for expert in self.experts], dim=1)
            return (weights.unsqueeze(-1) * answers).sum(dim=1)

    return {"model": Experts(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_mish_by_hand() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            h = self.a(x)
            return self.b(h * torch.tanh(F.softplus(h)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_layers_of_a_list_that_are_registered() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.names = ["first", "second"]
            for i, name in enumerate(self.names):
                self.add_module(name, nn.Linear(8 if i == 0 else 16, 16))
            self.order = [self.first, self.second]
            self.out = nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.order:
                x = F.relu(layer(x))
            return self.out(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_two_heads() -> dict[str, Any]:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.kind, self.size = nn.Linear(8, 32), nn.Linear(32, 3), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            h = F.relu(self.body(x))
            return {"kind": self.kind(h), "size": self.size(h)}

    def loss(out: dict[str, Tensor], y: Tensor) -> Tensor:
        return F.cross_entropy(out["kind"], y) + 0.1 * F.mse_loss(out["size"], y.float().unsqueeze(1))

    return {"model": Two(), "data": table(classes=3), "loss": loss}


def right_weight_norm() -> dict[str, Any]:
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(8, 32)), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_stochastic_depth() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.start = nn.Linear(8, 16)
            self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(16, 16), nn.ReLU()) for _ in range(3))
            self.out = nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.start(x))
            for block in self.blocks:
                if not self.training or torch.rand(()) > 0.2:
                    x = x + block(x)
            return self.out(x)

    loader = DataLoader(TensorDataset(*table(classes=3)), batch_size=16, shuffle=True)
    return {"model": Net(), "data": loader, "loss": nn.CrossEntropyLoss()}


def right_deep_linear_output_used_twice() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.features, self.head = nn.Linear(8, 64), nn.Linear(64, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            features = self.features(F.relu(self.body(x)))
            return self.head(features), features

    def loss(out: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
        return F.cross_entropy(out[0], y) + 0.01 * out[1].pow(2).mean()

    return {"model": Net(), "data": table(classes=3), "loss": loss}


def right_model_in_evaluation_mode() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 1)).eval()
    return {"model": model, "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def right_lazy_layers() -> dict[str, Any]:
    model = nn.Sequential(nn.LazyLinear(32), nn.ReLU(), nn.LazyLinear(3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_counter_as_buffer() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp()
            self.register_buffer("steps", torch.zeros((), dtype=torch.long))

        def forward(self, x: Tensor) -> Tensor:
            self.steps += 1
            return self.layers(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}
