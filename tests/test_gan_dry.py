"""The dry run of a GAN: what is told before two networks play, and that it changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

import modelwright
from modelwright import ModelwrightError
from modelwright.api import request_for
from modelwright.cli import run as command
from modelwright.run.gan import Game, game_of
from modelwright.run.gan_dry import dry_run_gan
from modelwright.run.prepare import prepare, read_dataset, splits
from pictures import shades

ROWS = pl.DataFrame(
    {
        "x": np.random.default_rng(0).normal(size=200),
        "y": np.random.default_rng(1).exponential(size=200),
        "c": np.array(["a", "b", "c"])[np.random.default_rng(2).integers(0, 3, 200)],
    }
)


class Generator(nn.Module):
    """Latents → rows, as a script writes it; what is wrong is named."""

    def __init__(self, latent_dim: int, out_features: int, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.first = nn.Linear(latent_dim, 16)
        self.second = nn.Linear(16, out_features)
        if wrong == "list":
            self.hidden = [nn.Linear(16, 16)]
        elif wrong == "unused":
            self.spare = nn.Linear(16, 16)

    def forward(self, z: Tensor) -> Tensor:
        x = torch.relu(self.first(torch.zeros_like(z) if self.wrong == "latent" else z))
        if self.wrong == "list":
            x = self.hidden[0](x)
        if self.wrong == "rows":
            x = x - x.mean(0)
        x = self.second(x.detach() if self.wrong == "cut" else x)
        return torch.tanh(x) if self.wrong == "bounded" else x


class Discriminator(nn.Module):
    """Rows → scores."""

    def __init__(self, in_features: int, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.net = nn.Sequential(nn.Linear(in_features, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.wrong == "spread":  # the sign of a generator that has collapsed
            x = x + x.std(0)
        return torch.sigmoid(self.net(x)) if self.wrong == "sigmoid" else self.net(x)


def both(makes: str = "", judges: str = "") -> dict[str, Any]:
    return {
        "generator": lambda latent_dim, out_features: Generator(latent_dim, out_features, makes),
        "discriminator": lambda in_features: Discriminator(in_features, judges),
    }


def found(source: Any = ROWS, **settings: Any) -> dict[str, Any]:
    told = modelwright.check(source, task="gan", **settings)
    return {one.code: one for one in told if one.severity != "note"}


@pytest.mark.parametrize(
    ("model", "code", "says"),
    [
        (both("list"), "S311", "hidden"),
        (both("unused"), "M409", "spare"),
        (both("cut"), "M409", "first"),
        (both("latent"), "T713", "the same for every row"),
        (both("rows"), "S308", "depends on the other rows"),
        (both("bounded"), "H509", "cannot make what real rows have"),
        (both(judges="sigmoid"), "H502", "ends the discriminator"),
    ],
)
def test_what_is_wrong_with_a_network_is_told_with_its_line(model: dict[str, Any], code: str, says: str) -> None:
    one = found(model=model)[code]
    assert says in one.message and one.severity == "error"
    assert one.where.file is not None and one.where.file.endswith("test_gan_dry.py") and one.where.line


@pytest.mark.parametrize("judges", ["", "spread"])
def test_right_networks_are_left_in_peace(judges: str) -> None:
    assert found(model=both(judges=judges)) == {}


@pytest.mark.parametrize("source", [ROWS, shades(60)], ids=["table", "pictures"])
@pytest.mark.parametrize("loss", ["NonSaturating", "Hinge", "Wasserstein(gradient_penalty=1)"])
def test_the_defaults_are_right(source: Any, loss: str) -> None:
    assert found(source, loss=loss) == {}


def test_networks_that_share_weights_are_refused() -> None:
    joint = nn.Linear(8, 8)

    def generator(latent_dim: int, out_features: int) -> nn.Module:
        return nn.Sequential(nn.Linear(latent_dim, 8), joint, nn.Linear(8, out_features))

    def discriminator(in_features: int) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, 8), joint, nn.Linear(8, 1))

    one = found(model={"generator": generator, "discriminator": discriminator})["H510"]
    assert "share weights" in one.message and "2 weights" in one.received


def test_a_layer_of_a_list_is_told_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ROWS.write_csv(tmp_path / "rows.csv")
    (tmp_path / "gan.yaml").write_text(
        "data: {path: rows.csv}\n"
        "task: gan\n"
        "model:\n"
        "  generator: [Linear(..., 8), ReLU, Linear(..., ...), Sigmoid]\n"
        "  discriminator:\n"
        "    - Linear(..., 8)\n"
        "    - ReLU\n"
        "    - Linear(..., 1)\n"
        "    - Sigmoid\n"
    )
    assert command(["check", str(tmp_path / "gan.yaml")]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "H509" in said and "H502" in said
    assert "gan.yaml:9" in said and "gan.yaml:4" in said
    with pytest.raises(ModelwrightError, match="H502"):
        modelwright.train(tmp_path / "gan.yaml", runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    assert command(["check", str(tmp_path / "gan.yaml"), "ignore=[H502,H509]"]) == 0


def test_own_networks_of_the_wrong_shape_are_told_by_check() -> None:
    one = found(model={**both(), "discriminator": lambda in_features: nn.Linear(in_features, 2)})["Y009"]
    assert "the discriminator gives (4, 2)" in one.message


def game(source: Any) -> Game:
    asked = request_for(source, description={"task": "gan"})
    dataset = read_dataset(asked.description, asked.base, asked.frame)
    return game_of(prepare(dataset, splits(dataset)[0]))


@pytest.mark.parametrize("source", [ROWS, shades(60)], ids=["table", "pictures"])
def test_nothing_is_changed(source: Any) -> None:
    one = game(source)
    before = {name: tensor.clone() for name, tensor in one.trainer.model.state_dict().items()}
    state = torch.get_rng_state()
    receipt = dry_run_gan(one)
    assert {"S311", "M409", "H502", "H509", "H510", "T713"} <= set(receipt.ran) and "T712" in receipt.not_run
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in one.trainer.model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in one.trainer.model.parameters())
