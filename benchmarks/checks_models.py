"""The models of the four workloads with rows of their shapes, for the time of a dry run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from peers import nets
from torch import nn

Made = tuple[nn.Module, tuple[torch.Tensor, torch.Tensor], nn.Module]


def table() -> Made:
    """Return the table's network with rows as wide as Adult's."""
    x = torch.randn(2_000, 108)
    return nets.table_net(108), (x, (x[:, 0] > 0).float()), nn.BCEWithLogitsLoss()


def pictures() -> Made:
    """Return the convolutional network with pictures of 28×28."""
    return nets.image_net(), (torch.rand(2_000, 1, 28, 28), torch.randint(0, 10, (2_000,))), nn.CrossEntropyLoss()


def series() -> Made:
    """Return the recurrent network with windows of 96 steps and 7 channels."""
    walk = torch.randn(500, 120, 7).cumsum(1) / 10
    return nets.SequenceNet(), (walk[:, :96], walk[:, 96:]), nn.MSELoss()


def texts() -> Made:
    """Return the attention block with 64 words a text."""
    words = torch.randint(1, 20_000, (2_000, 64))
    return nets.TextNet(4), (words, torch.randint(0, 4, (2_000,))), nn.CrossEntropyLoss()


MODELS: dict[str, Callable[[], Any]] = {"table": table, "pictures": pictures, "series": series, "texts": texts}
