"""The plan of a GAN: what is filled in, what fits pictures of any size, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from modelwright.api import request_for
from modelwright.errors import SpecError
from modelwright.model.build import GanModel, build, build_discriminator
from modelwright.model.inputs import blank_preprocess
from modelwright.model.losses import make_loss
from modelwright.plan.plan import Plan
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.spec.source import from_mapping, from_text
from modelwright.spec.write import to_yaml

RANDOM = np.random.default_rng(0)
FRAME = pl.DataFrame(
    {
        "age": RANDOM.integers(18, 80, 60),
        "pay": [None if at % 9 == 0 else float(at) for at in range(60)],
        "job": [("cook", "clerk", "judge")[at % 3] for at in range(60)],
        "left": [at % 2 == 0 for at in range(60)],
    }
)


def plan_of(source: Any, y: Any = None, **description: Any) -> Plan:
    asked = request_for(source, y, description={"task": "gan", **description})
    dataset = read_dataset(asked.description, asked.base, asked.frame)
    return prepare(dataset, splits(dataset)[0]).plan


def pictures(tall: int, wide: int, channels: int = 1) -> np.ndarray:
    return RANDOM.integers(0, 256, size=(40, channels, tall, wide), dtype=np.uint8)


@pytest.mark.parametrize(
    ("tall", "wide", "channels"), [(8, 8, 1), (28, 28, 1), (32, 32, 3), (27, 30, 1), (15, 64, 3), (65, 9, 1)]
)
def test_pictures_of_any_size_are_made(tall: int, wide: int, channels: int) -> None:
    plan = plan_of(pictures(tall, wide, channels))
    model = build(plan, blank_preprocess(plan), seed=0)
    assert isinstance(model, GanModel) and plan.gan is not None
    made = model(torch.randn(4, plan.gan.latent))
    assert made.shape == (4, channels, tall, wide)
    assert made.abs().max() <= 1
    assert build_discriminator(plan, seed=0)(made).shape == (4,)
    assert all(value in plan.why for value in ("model.generator", "model.discriminator", "gan.latent", "gan.ema"))


@pytest.mark.parametrize("widths", ["[8]", "[8, 16, 32]", "16"])
def test_the_blocks_of_dcgan_are_as_many_as_its_widths(widths: str) -> None:
    plan = plan_of(pictures(28, 28), model=dict.fromkeys(("generator", "discriminator"), f"dcgan(widths={widths})"))
    assert plan.gan is not None
    blocks = widths.count(",") + 1
    assert sum(layer.startswith("ConvTranspose2d") for layer in plan.layers) == blocks
    assert sum(layer.startswith("spectral_norm(Conv2d") for layer in plan.gan.discriminator) == blocks


def test_spectral_norm_bounds_the_slope() -> None:
    plan = plan_of(FRAME, model={"discriminator": ["spectral_norm(Linear(..., 16))", "ReLU", "Linear(..., 1)"]})
    layer = build_discriminator(plan, seed=0).layers
    for _ in range(50):
        layer(torch.randn(3, plan.width))
    weight = layer.get_submodule("0").weight
    assert isinstance(weight, torch.Tensor)
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=1e-3)


def test_columns_of_a_table() -> None:
    plan = plan_of(FRAME, data={"target": "job", "drop": ["left"]})
    assert [column.name for column in plan.inputs] == ["age", "pay", "job"]
    assert plan.gan is not None and (plan.gan.noise, plan.gan.target) == (1 + 3, "job")
    assert plan.outputs.width == plan.width == 2 + 1 + 3
    assert "left" in plan.unused
    assert plan_of(FRAME).gan.target is None  # type: ignore[union-attr]


def test_what_is_given_is_taken() -> None:
    plan = plan_of(
        FRAME,
        model={"generator": ["Linear(..., 8)", "ReLU", "Linear(..., ...)"], "discriminator": "mlp(hidden=[8])"},
        loss="Hinge",
        optimizer={"generator": "Adam(lr=0.001, betas=(0.5, 0.9))", "discriminator": "RMSprop(lr=0.01)"},
        gan={"latent": 5, "discriminator_steps": 3, "ema": 0.9},
        train={"epochs": 3, "patience": 2},
    )
    assert plan.layers == ("Linear(5, 8)", "ReLU", f"Linear(8, {plan.width})")
    assert plan.gan is not None and plan.gan.discriminator == (f"Linear({plan.width}, 8)", "ReLU", "Linear(8, 1)")
    assert (plan.gan.optimizer, plan.optimizer) == ("RMSprop(lr=0.01)", "Adam(lr=0.001, betas=(0.5, 0.9))")
    assert (plan.gan.discriminator_steps, plan.gan.ema, plan.train.patience) == (3, 0.9, 2)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert plan_of(FRAME, loss="Wasserstein").loss == "Wasserstein(gradient_penalty=10.0)"
    assert plan_of(FRAME, optimizer="Adam(lr=0.3)").gan.optimizer == "Adam(lr=0.3)"  # type: ignore[union-attr]


def test_a_schedule_rises_to_the_generators_rate() -> None:
    assert plan_of(FRAME).scheduler is None
    plan = plan_of(FRAME, scheduler="OneCycleLR", optimizer="Adam(lr=0.3)", train={"seeds": 2}, split={"folds": 3})
    assert plan.scheduler == "OneCycleLR(max_lr=0.3)" and plan.split.folds == 3
    assert plan_of(FRAME, scheduler="none").scheduler is None


def test_the_description_reads_back() -> None:
    text = (
        "task: gan\nmodel: {generator: mlp, discriminator: [Linear(..., 8), ReLU, Linear(..., 1)]}\ngan: {latent: 3}\n"
    )
    spec = from_text(text).spec
    assert from_text(to_yaml(spec)).spec == spec
    assert from_text("task: gan", ["model.generator=mlp(hidden=[3])", "gan.latent=7"]).spec.gan.latent == 7


WRONG = [
    (
        {"scheduler": "ReduceLROnPlateau", "split": {"validation_size": 0, "test_size": 0.2}},
        "Y007",
        "scheduler",
    ),
    ({"model": "mlp(hidden=[8])"}, "Y007", "model"),
    ({"loss": "CrossEntropyLoss"}, "H504", "loss"),
    ({"augment": "RandomHorizontalFlip"}, "Y007", "augment"),
    ({"train": {"accumulate": 2}}, "Y007", "train.accumulate"),
    ({"data": {"weight": "age"}}, "Y007", "data.weight"),
    ({"train": {"class_weight": "balanced"}}, "Y007", "train.class_weight"),
    ({"evaluate": {"metric": "accuracy"}}, "Y007", "evaluate.metric"),
    ({"model": {"generator": "dcgan"}}, "Y007", "model.generator"),
    ({"model": {"discriminator": ["Linear(..., 8)", "Linear(..., 2)"]}}, "S304", "model.discriminator[1]"),
    ({"model": {"generator": ["Linear(..., 8)", "Linear(9, ...)"]}}, "S301", "model.generator[1]"),
]


@pytest.mark.parametrize(("description", "code", "key"), WRONG)
def test_what_does_not_fit_is_refused(description: dict[str, Any], code: str, key: str) -> None:
    with pytest.raises(SpecError) as error:
        plan_of(FRAME, **description)
    told = {(found.code, found.where.key): found for found in error.value.diagnostics}
    assert (code, key) in told
    refused = told[code, key].message.partition("for a GAN: ")
    assert not refused[1] or len(refused[2]) > 10, "the reason is told"


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ({"model": {"generator": "mpl"}}, "Y004"),
        ({"model": {"generator": ["Liner(3, 4)"]}}, "Y004"),
        ({"model": {"critic": "mlp"}}, "Y002"),
        ({"optimizer": {"discriminator": "Adam(rate=3)"}}, "Y005"),
        ({"gan": {"latents": 3}}, "Y001"),
        ({"gan": {"latent": 0}}, "Y003"),
        ({"loss": "Wasserstein(gradient_penalty=-1)"}, "Y003"),
    ],
)
def test_slips_in_a_description_are_told(description: dict[str, Any], code: str) -> None:
    with pytest.raises(SpecError) as error:
        from_mapping({"task": "gan", **description})
    assert code in {found.code for found in error.value.diagnostics}


def test_a_loss_of_a_gan_trains_nothing_else() -> None:
    for name in ("NonSaturating", "Hinge", "Wasserstein"):
        with pytest.raises(SpecError, match="it is a loss for gan"):
            make_loss(name, "multiclass")


def test_whole_numbers_of_few_values_are_drawn_and_others_keep_their_decimals() -> None:
    rows = pl.DataFrame(
        {
            "year": [2007, 2008, 2009, None] * 20,
            "price": [1.25, 7.5, 8.05, 3.4] * 19 + [1.25, 1 / 3, 2.5, 3.5],
            "count": range(80),
        }
    )
    found = {column.name: column for column in plan_of(rows).inputs}
    assert set(found["year"].categories) == {"2007", "2008", "2009", None} and found["year"].kind == "integer"
    assert [found[name].rounded for name in ("price", "count")] == [2, 0]
    forced = plan_of(rows, data={"columns": {"year": "integer"}})
    assert forced.inputs[0].encoding == "number" and forced.inputs[0].rounded == 0
