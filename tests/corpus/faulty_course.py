"""Faulty programs as they come out of course work: sizes, types and axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, series, table, words


def s301_both_directions_forgotten() -> dict[str, Any]:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 32, bidirectional=True, batch_first=True)
            self.fc = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.lstm(x)
            return self.fc(out[:, -1, :])

    return {"model": Reader(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s301_skip_of_other_width() -> dict[str, Any]:
    class Block(nn.Module):
        def __init__(self, inside: int, out: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inside, out, 3, padding=1)
            self.conv2 = nn.Conv2d(out, out, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.conv2(F.relu(self.conv1(x))) + x)

    model = nn.Sequential(Block(1, 8), Block(8, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s301_norm_of_other_width() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(64, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s301_concatenated_but_not_widened() -> dict[str, Any]:
    class TwoBranches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right, self.out = nn.Linear(8, 16), nn.Linear(8, 16), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.cat([F.relu(self.left(x)), F.relu(self.right(x))], dim=1))

    return {"model": TwoBranches(), "data": table(), "loss": nn.CrossEntropyLoss()}


def s301_heads_do_not_divide() -> dict[str, Any]:
    """Also S303."""

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.query, self.out = nn.Linear(3, 30), nn.Linear(30, 4)

        def forward(self, x: Tensor) -> Tensor:
            n, t, _ = x.shape
            q = self.query(x).view(n, t, 4, 8).transpose(1, 2)
            return self.out((q @ q.transpose(-2, -1) @ q).transpose(1, 2).reshape(n, t, 30)[:, 0])

    return {"model": Attention(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s302_grey_pictures_into_a_colour_net() -> dict[str, Any]:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s302_numpy_pictures_with_channels_last() -> dict[str, Any]:
    x = np.random.default_rng(0).random((32, 24, 24, 3), dtype=np.float32)
    y = np.arange(32) % 10
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    return {"model": model, "data": (x, y), "loss": nn.CrossEntropyLoss()}


class LeNet(nn.Module):
    """LeNet for pictures of 32 × 32."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 16 * 5 * 5)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def s303_tutorial_net_on_other_pictures() -> dict[str, Any]:
    """Also S301 or S308: 50 rows become 32."""
    x, y = pictures(50)
    return {
        "model": LeNet(),
        "data": DataLoader(TensorDataset(x, y), batch_size=25, shuffle=True),
        "loss": F.cross_entropy,
    }


def s303_tutorial_net_on_small_pictures() -> dict[str, Any]:
    """Also S301 or S302."""
    return {"model": LeNet(), "data": pictures(size=10), "loss": nn.CrossEntropyLoss()}


def s303_flatten_takes_the_rows_too() -> dict[str, Any]:
    """Also S301 or S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4 * 26 * 26, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(torch.flatten(F.relu(self.conv(x))))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s301_upsampled_to_an_odd_size() -> dict[str, Any]:
    """Also S303."""

    class Unet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.up = nn.Conv2d(1, 8, 3, padding=1), nn.ConvTranspose2d(8, 8, 2, stride=2)
            self.out = nn.Conv2d(16, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            first = F.relu(self.down(x))
            return self.out(torch.cat([self.up(F.max_pool2d(first, 2)), first], dim=1))

    x, _ = pictures(8, 1, 27)
    return {"model": Unet(), "data": (x, (x > 0).float()), "loss": nn.BCEWithLogitsLoss()}


def s304_nine_outputs_for_ten_digits() -> dict[str, Any]:
    """Also S307."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 9))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s306_frame_of_doubles() -> dict[str, Any]:
    x, y = table(classes=3)
    loader = DataLoader(TensorDataset(torch.from_numpy(x.numpy().astype(np.float64)), y), batch_size=32, shuffle=True)
    return {
        "model": nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3)),
        "data": loader,
        "loss": nn.CrossEntropyLoss(),
    }


def s306_labels_of_32_bits() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": nn.Linear(8, 3), "data": (x, y.int()), "loss": nn.CrossEntropyLoss()}


def s306_bytes_into_a_convolution() -> dict[str, Any]:
    x = torch.randint(0, 256, (64, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10))
    return {"model": model, "data": (x, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def s306_float_words() -> dict[str, Any]:
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.fc = nn.Embedding(50, 16), nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.embedding(x).mean(1))

    x, y = words()
    return {"model": Bag(), "data": (x.float(), y), "loss": nn.CrossEntropyLoss()}


def s306_whole_numbers_for_bce_with_logits() -> dict[str, Any]:
    x, y = binary()
    return {"model": nn.Linear(8, 1), "data": (x, y.long()), "loss": nn.BCEWithLogitsLoss()}


def s307_mask_of_bytes() -> dict[str, Any]:
    x, _ = pictures(16, 1, 16)
    mask = (x > 0.5).float() * 255
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    return {"model": model, "data": (x, mask), "loss": nn.BCEWithLogitsLoss()}


def s307_stars_from_one_to_five() -> dict[str, Any]:
    x, y = table(classes=5)
    loader = DataLoader(TensorDataset(x, y + 1), batch_size=64, shuffle=True)
    return {
        "model": nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 5)),
        "data": loader,
        "loss": nn.CrossEntropyLoss(),
    }


def s307_three_classes_by_bce() -> dict[str, Any]:
    x, y = table(classes=3)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    return {"model": model, "data": (x, y.float().unsqueeze(1)), "loss": nn.BCELoss()}


def s308_lstm_reads_along_the_rows() -> dict[str, Any]:
    """Also S310."""

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.fc = nn.LSTM(3, 32), nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.lstm(x)
            return self.fc(out[:, -1, :])

    return {"model": Reader(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_encoder_of_the_default_layout() -> dict[str, Any]:
    """Also S310."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Linear(3, 16)
            self.encoder = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0), 1, enable_nested_tensor=False
            )
            self.out = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(self.embedding(x)).mean(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s308_scaled_by_the_batch() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))

        def forward(self, x: Tensor) -> Tensor:
            x = (x - x.mean(dim=0)) / x.std(dim=0)
            return self.layers(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s308_time_first_by_view() -> dict[str, Any]:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.fc = nn.GRU(3, 16), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.gru(x.view(x.shape[1], x.shape[0], x.shape[2]))
            return self.fc(out[-1])

    return {"model": Reader(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s309_convolution_centred_on_now() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv1d(1, 16, 5, padding="same"), nn.Conv1d(16, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(F.relu(self.conv(x.transpose(1, 2)))).transpose(1, 2)

    x = torch.randn(64, 25, 1, generator=torch.Generator().manual_seed(0)).cumsum(1) / 5
    return {"model": Net(), "data": (x[:, :-1], x[:, 1:]), "loss": nn.MSELoss()}


def s305_squeezed_too_far() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 16), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc2(F.relu(self.fc1(x))).flatten()

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}
