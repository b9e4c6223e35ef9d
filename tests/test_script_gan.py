"""`modelwright script` of GANs: each script, run, gives the losses and the weights of its run, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pictures import classes, folders, shades
from scripts import repeats
from test_gan_runs import SMALL, mixture

NETS = '''"""Two networks of mine."""

from torch import nn


class Generator(nn.Module):
    def __init__(self, latent_dim, out_features):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(latent_dim, 16), nn.BatchNorm1d(16))
        self.last = nn.Linear(16, out_features)

    def forward(self, z):
        return self.last(self.first(z).relu())


class Discriminator(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.line = nn.Linear(in_features, 1)

    def forward(self, rows):
        return self.line(rows)
'''
FAST = {"epochs": 2}
TABLES: dict[str, dict[str, Any]] = {
    "waves": {"model": SMALL, "ignore": ["E801"]},
    "hinge, standardised": {
        "model": SMALL,
        "loss": "Hinge",
        "scale": "StandardScaler",
        "train": FAST | {"batch_size": 31, "clip_grad_norm": 1.0},
    },
    "no validation rows": {"model": SMALL, "split": {"validation_size": 0}},
    "own networks": {"model": {"generator": "nets.py:Generator", "discriminator": "nets.py:Discriminator"}},
    "a classifier": {"model": SMALL, "data": {"target": "mode"}},
    "rates by steps, in bfloat16": {
        "model": SMALL,
        "scheduler": "OneCycleLR(max_lr=0.01)",
        "train": FAST | {"precision": "bfloat16"},
    },
    "rates by the score": {"model": SMALL, "scheduler": "ReduceLROnPlateau(patience=0)", "train": {"epochs": 3}},
    "rates by epochs, two seeds": {"model": SMALL, "scheduler": "StepLR(1, 0.5)", "train": FAST | {"seeds": 2}},
    "patience": {"model": SMALL, "train": {"epochs": 6, "patience": 1}, "optimizer": "Adam(lr=0.01)"},
}


@pytest.mark.parametrize("case", TABLES)
def test_tables(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS)
    mixture(400).write_csv(tmp_path / "rows.csv")
    text = repeats(tmp_path / "rows.csv", tmp_path, task="gan", **{"train": FAST, **TABLES[case]})
    assert ("def train_classifier(frame):" in text) == (case == "a classifier")


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_and_their_classifier(channels: int, tmp_path: Path) -> None:
    place = folders(tmp_path / "pets", shades(60, channels), classes(60))
    text = repeats(place, tmp_path, task="gan", train=FAST | {"batch_size": 16})
    assert "def train_classifier(pictures, frame):" in text and "spectral_norm" in text
