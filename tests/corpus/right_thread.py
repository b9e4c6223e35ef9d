"""Right programs beside the faulty ones of threads: the same words, axes and signs, where they are meant."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from corpus.rows import binary, numbers, pictures, series, table, words


def _mlp(out: int = 3, columns: int = 8) -> nn.Sequential:
    return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, out))


def right_likelihood_is_maximised() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, maximize=True)
    return {
        "model": model,
        "data": table(classes=3),
        "loss": lambda out, y: -F.cross_entropy(out, y),
        "optimizer": optimizer,
    }


def right_divergence_from_a_teacher() -> dict[str, Any]:
    x, y = table(classes=4)
    soft = F.softmax(3.0 * F.one_hot(y, 4).float(), dim=1)

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return 4 * F.kl_div(F.log_softmax(output / 2, dim=1), target, reduction="batchmean")

    return {"model": _mlp(4), "data": (x, soft), "loss": loss}


def right_margin_of_signs() -> dict[str, Any]:
    x, y = binary()
    return {"model": _mlp(1), "data": (x, 2 * y - 1), "loss": nn.SoftMarginLoss()}


def right_shift_inside_the_loss() -> dict[str, Any]:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(50, 32), nn.Linear(32, 50)
            self.lstm = nn.LSTM(32, 32, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(self.embedding(x))[0])

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output[:, :-1].transpose(1, 2), target[:, 1:])

    x, _ = words()
    return {"model": Model(), "data": (x, x), "loss": loss}


def right_masked_words() -> dict[str, Any]:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(51, 32), nn.Linear(32, 50)
            self.place = nn.Parameter(0.02 * torch.randn(12, 32))
            layer = nn.TransformerEncoderLayer(32, 2, 64, 0.0, batch_first=True, norm_first=True)
            self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(self.embedding(x) + self.place)).transpose(1, 2)

    x, _ = words()
    hidden = torch.rand(x.shape, generator=torch.Generator().manual_seed(1)) < 0.2
    return {
        "model": Model(),
        "data": (torch.where(hidden, 50, x), torch.where(hidden, x, -100)),
        "loss": nn.CrossEntropyLoss(),
    }


def right_text_through_a_waist() -> dict[str, Any]:
    class Autoencoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.encoder = nn.Embedding(50, 16), nn.GRU(16, 8, batch_first=True)
            self.decoder, self.out = nn.GRU(8, 32, batch_first=True), nn.Linear(32, 50)

        def forward(self, x: Tensor) -> Tensor:
            _, hidden = self.encoder(self.embedding(x))
            again = hidden[-1].unsqueeze(1).expand(-1, x.size(1), -1)
            return self.out(self.decoder(again)[0])

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output.flatten(0, 1), target.flatten())

    x, _ = words()
    return {"model": Autoencoder(), "data": (x, x), "loss": loss}


def right_heads_as_many_as_steps() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.out = nn.Linear(16, 48), nn.Linear(16, 4)
            self.lift, self.place = nn.Linear(3, 16), nn.Parameter(0.1 * torch.randn(4, 16))

        def forward(self, x: Tensor) -> Tensor:
            b, t, _ = x.shape
            q, k, v = self.qkv(self.lift(x) + self.place).view(b, t, 3, 4, 4).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, 16)
            return self.out(mixed.mean(1))

    return {"model": Net(), "data": series(length=4), "loss": nn.CrossEntropyLoss()}


def right_steps_as_rows_and_back() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.each, self.gru, self.out = _mlp(8, 3), nn.GRU(8, 16, batch_first=True), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            b, t, c = x.shape
            each = self.each(x.reshape(b * t, c)).reshape(b, t, -1)
            return self.out(self.gru(each)[0][:, -1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_pixels_to_channels() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(16, 16, 3, padding=1), nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            b, c, h, w = x.shape
            x = x.view(b, c, h // 4, 4, w // 4, 4).permute(0, 1, 3, 5, 2, 4).reshape(b, 16, h // 4, w // 4)
            return self.fc(F.relu(self.conv(x)).mean((2, 3)))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_both_directions_joined() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(3, 16, num_layers=2, batch_first=True, bidirectional=True)
            self.out = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            _, hidden = self.gru(x)
            hidden = hidden.view(2, 2, x.size(0), 16)[-1]
            return self.out(hidden.transpose(0, 1).reshape(x.size(0), -1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_recomputed_in_the_backward_pass() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.out = nn.Linear(8, 32), nn.Linear(32, 3)
            self.second = nn.Sequential(nn.Linear(32, 32), nn.ReLU())

        def forward(self, x: Tensor) -> Tensor:
            x = torch.relu(self.first(x))
            return self.out(checkpoint(self.second, x, use_reentrant=False))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_scaled_cosines() -> dict[str, Any]:
    class Cosine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.prototypes = _mlp(16), nn.Parameter(torch.randn(3, 16))

        def forward(self, x: Tensor) -> Tensor:
            return 16 * F.normalize(self.body(x), dim=1) @ F.normalize(self.prototypes, dim=1).T

    return {"model": Cosine(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_two_views_and_a_slow_copy() -> dict[str, Any]:
    class Slow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.predict = _mlp(16), nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16))
            self.slow = copy.deepcopy(self.net).requires_grad_(False)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            with torch.no_grad():
                wanted = self.slow(x.roll(1, dims=1))
            return self.predict(self.net(x)), wanted

    def loss(output: Any, _: Tensor) -> Tensor:
        return 2 - 2 * F.cosine_similarity(output[0], output[1]).mean()

    model = Slow()
    optimizer = torch.optim.Adam([*model.net.parameters(), *model.predict.parameters()], lr=1e-3)
    return {"model": model, "data": table(), "loss": loss, "optimizer": optimizer}


def right_frozen_word_vectors() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding.from_pretrained(torch.randn(50, 16))
            self.gru, self.out = nn.GRU(16, 16, batch_first=True), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.gru(self.embedding(x))[0][:, -1])

    model = Net()
    optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=1e-3)
    return {"model": model, "data": words(), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_rate_of_one_by_default() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.Adadelta(model.parameters())
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_positive_variance() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.variance = _mlp(1), _mlp(1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.mean(x), F.softplus(self.variance(x)) + 1e-6

    criterion = nn.GaussianNLLLoss()
    return {"model": Net(), "data": numbers(), "loss": lambda out, y: criterion(out[0], y, out[1])}


def right_noise_is_removed() -> dict[str, Any]:
    class Denoise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 8))

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x + 0.3 * torch.randn_like(x) if self.training else x)

    x, _ = table()
    return {"model": Denoise(), "data": (x, x), "loss": nn.MSELoss()}
