"""Faulty programs from threads that ask why the loss does not fall: wrong arguments, axes and optimizers."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus.rows import binary, numbers, pictures, series, table, words


def _mlp(out: int = 3, columns: int = 8) -> nn.Sequential:
    return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, out))


def h501_divergence_of_probabilities() -> dict[str, Any]:
    x, y = table(classes=4)
    soft = 0.9 * F.one_hot(y, 4) + 0.025

    class Student(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(4)

        def forward(self, x: Tensor) -> Tensor:
            return F.softmax(self.layers(x), dim=1)

    return {"model": Student(), "data": (x, soft), "loss": nn.KLDivLoss(reduction="batchmean")}


def h501_minus_forgotten() -> dict[str, Any]:
    """Also T712 or H505."""
    x, y = table(classes=4)

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return (F.log_softmax(output, dim=1) * F.one_hot(target, 4)).sum(dim=1).mean()

    return {"model": _mlp(4), "data": (x, y), "loss": loss}


def t712_error_is_made_larger() -> dict[str, Any]:
    """Also H505."""

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return -F.mse_loss(output, target)

    return {"model": _mlp(1), "data": numbers(), "loss": loss}


def h502_arguments_exchanged() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.layers(x))

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(target, output)

    return {"model": Net(), "data": binary(), "loss": loss}


def h509_variance_may_be_negative() -> dict[str, Any]:
    """Also R007, Y008 or H502."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
            self.mean, self.variance = nn.Linear(32, 1), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            hidden = self.body(x)
            return self.mean(hidden), self.variance(hidden)

    criterion = nn.GaussianNLLLoss()
    return {"model": Net(), "data": numbers(), "loss": lambda out, y: criterion(out[0], y, out[1])}


def s307_margin_of_zeros_and_ones() -> dict[str, Any]:
    x, y = binary()
    return {"model": _mlp(1), "data": (x, y), "loss": nn.SoftMarginLoss()}


def s307_pairs_labelled_zero_and_one() -> dict[str, Any]:
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = _mlp(16, 4)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.tower(x[:, :4]), self.tower(x[:, 4:])

    x, y = table()
    criterion = nn.CosineEmbeddingLoss(margin=0.2)
    return {"model": Pair(), "data": (x, y), "loss": lambda out, same: criterion(out[0], out[1], same)}


def s305_labels_in_a_column() -> dict[str, Any]:
    """Also S306 or S307."""
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, y.view(-1, 1)), "loss": nn.CrossEntropyLoss()}


def s305_classes_stand_last() -> dict[str, Any]:
    """Also S304, H501 or S307."""

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(50, 16), nn.Linear(32, 6)
            self.lstm = nn.LSTM(16, 16, batch_first=True, bidirectional=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(self.embedding(x))[0])

    x, _ = words(64, 6)
    return {"model": Tagger(), "data": (x, x % 6), "loss": nn.CrossEntropyLoss()}


def s303_view_makes_more_rows() -> dict[str, Any]:
    """Also S301, S305 or S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
            self.fc1, self.fc2 = nn.Linear(160, 50), nn.Linear(50, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(F.max_pool2d(self.conv1(x), 2))
            x = F.relu(F.max_pool2d(self.conv2(x), 2))
            return self.fc2(F.relu(self.fc1(x.view(-1, 160))))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s302_view_instead_of_permute() -> dict[str, Any]:
    """Also S310."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 16, 3, padding=1)
            self.fc = nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = x.view(x.size(0), 3, 32, 32)
            return self.fc(F.relu(self.conv(x)).mean((2, 3)))

    x, y = pictures(32, 3, 32)
    return {"model": Net(), "data": (x.permute(0, 2, 3, 1).contiguous(), y), "loss": nn.CrossEntropyLoss()}


def s310_steps_and_channels_by_reshape() -> dict[str, Any]:
    """Also S302 or S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv1d(3, 16, 5), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = x.reshape(-1, 3, 20)
            return self.out(F.relu(self.conv(x)).amax(2))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_both_directions_by_view() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(3, 16, batch_first=True, bidirectional=True)
            self.out = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            _, hidden = self.gru(x)
            return self.out(hidden.view(x.size(0), -1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


class Positions(nn.Module):
    """The tutorial's positional encoding, for sequences whose first axis is the step."""

    pe: Tensor

    def __init__(self, width: int, longest: int = 256) -> None:
        super().__init__()
        position = torch.arange(longest).unsqueeze(1)
        rate = torch.exp(torch.arange(0, width, 2) * (-9.2 / width))
        pe = torch.zeros(longest, 1, width)
        pe[:, 0, 0::2], pe[:, 0, 1::2] = torch.sin(position * rate), torch.cos(position * rate)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pe[: x.size(0)]


def s308_positions_of_the_rows() -> dict[str, Any]:
    """Also S310 or S312."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.positions = nn.Embedding(50, 16), Positions(16)
            layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.encoder, self.out = nn.TransformerEncoder(layer, 1), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(self.positions(self.embedding(x))).mean(1))

    return {"model": Net(), "data": words(), "loss": nn.CrossEntropyLoss()}


def s308_divided_by_the_norm_of_all() -> dict[str, Any]:
    class Embed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.out = _mlp(16), nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            hidden = self.layers(x)
            return self.out(8 * hidden / hidden.norm())

    return {"model": Embed(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s309_words_are_not_shifted() -> dict[str, Any]:
    """Also L205, L215 or T713."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(50, 32), nn.Linear(32, 50)
            self.lstm = nn.LSTM(32, 32, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(self.embedding(x))[0])

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output.reshape(-1, 50), target.reshape(-1))

    x, _ = words()
    return {"model": Model(), "data": (x, x), "loss": loss}


def o601_decoder_alone() -> dict[str, Any]:
    class Autoencoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 2))
            self.decoder = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 8))

        def forward(self, x: Tensor) -> Tensor:
            return self.decoder(self.encoder(x))

    model = Autoencoder()
    x, _ = table()
    optimizer = torch.optim.Adam(model.decoder.parameters(), lr=1e-3)
    return {"model": model, "data": (x, x), "loss": nn.MSELoss(), "optimizer": optimizer}


def o601_thawed_after_the_optimizer_was_made() -> dict[str, Any]:
    model = _mlp()
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for parameter in model.parameters():
        parameter.requires_grad = True
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_momentum_of_nine() -> dict[str, Any]:
    """Also T712."""
    model = _mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=9)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_downhill_is_up() -> dict[str, Any]:
    """Also T712."""
    model = _mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, maximize=True)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o607_decay_of_ten() -> dict[str, Any]:
    """Also O605 or T712."""
    model = _mlp(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=50)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss(), "optimizer": optimizer}
