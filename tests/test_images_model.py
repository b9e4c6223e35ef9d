"""What becomes of pictures in the model: sizes, numbers, mirror images; and the arrangement that changes no number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from modelwright.model.blocks import Fronted
from modelwright.model.layers import make_layers
from modelwright.model.pictures import Geometry, Pixels
from modelwright.model.trace import totals, trace_layers
from modelwright.plan.recipes import expand
from modelwright.plan.sizes import fill_sizes
from modelwright.run.pictures import operations
from modelwright.spec.call import parse
from modelwright.training.arrange import MONOTONE, pool_first, poolable
from pictures import shades


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("format", [torch.contiguous_format, torch.channels_last])
def test_numbers_are_those_of_to_tensor_and_normalize(channels: int, format: torch.memory_format) -> None:
    mean, std = [0.4, 0.3, 0.2][:channels], [0.2, 0.25, 0.3][:channels]
    pixels = Pixels(["Grayscale", "ToTensor", f"Normalize({tuple(mean)}, {tuple(std)})"])
    pixels.memory_format = format
    x = torch.from_numpy(shades(channels=channels))
    wanted = (x.double() / 255 - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    made = pixels(x)
    assert made.dtype == torch.float32 and torch.allclose(made.double(), wanted, atol=1e-6)
    assert made.is_contiguous(memory_format=format)
    assert not pixels.state_dict()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "text", ["Resize((12, 9))", "Resize(6)", "Resize(6, interpolation='bicubic')", "Resize((5, 20))"]
)
def test_resize_is_pillows(text: str, channels: int) -> None:
    x = shades(channels=channels, side=16)
    made = Geometry([text])(torch.from_numpy(x))[0].numpy()
    how = Image.Resampling.BICUBIC if "bicubic" in text else Image.Resampling.BILINEAR
    for picture, found in zip(x, made, strict=True):
        planes = [np.asarray(Image.fromarray(plane).resize((found.shape[2], found.shape[1]), how)) for plane in picture]
        assert np.abs(found.astype(int) - np.stack(planes)).max() <= 1


def test_crops_and_borders_are_numpys() -> None:
    x = shades(channels=3, side=9)
    tensor = torch.from_numpy(x)
    assert (Geometry(["CenterCrop(5)"])(tensor)[0].numpy() == x[:, :, 2:7, 2:7]).all()
    padded = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))
    assert (Geometry(["CenterCrop(12)"])(tensor)[0].numpy() == padded).all()
    for mode in ("constant", "edge", "reflect", "symmetric"):
        wanted = np.pad(x, ((0, 0), (0, 0), (3, 1), (2, 4)), mode=mode)
        assert (Geometry([f"Pad((2, 3, 4, 1), padding_mode={mode!r})"])(tensor)[0].numpy() == wanted).all()


@pytest.mark.parametrize("count", [1, 3])
def test_grey_is_pillows(count: int) -> None:
    x = shades(channels=3)
    made = Geometry([f"Grayscale({count})"])(torch.from_numpy(x))[0]
    wanted = np.stack([np.asarray(Image.fromarray(picture.transpose(1, 2, 0)).convert("L")) for picture in x])
    assert made.shape[1] == count and np.abs(made.numpy().astype(int) - wanted[:, None]).max() <= 1


def test_a_mirrored_answer_is_the_mean_of_both() -> None:
    layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    x = torch.from_numpy(shades())
    core = Fronted(Pixels(), layers, mirror=True)
    assert torch.allclose(core.train()(x), layers(x / 255), atol=1e-6)
    both = (layers(x / 255) + layers(x.flip(-1) / 255)) / 2
    assert torch.allclose(core.eval()(x), both, atol=1e-6) and torch.allclose(core(x.flip(-1)), both, atol=1e-6)


@pytest.mark.parametrize("activation", [layer.__name__ for layer in MONOTONE])
@pytest.mark.parametrize("pool", ["MaxPool2d(2)", "MaxPool2d(3, stride=2, padding=1)", "MaxPool2d(2, ceil_mode=True)"])
def test_pooling_first_gives_the_same_bits(activation: str, pool: str) -> None:
    layers = make_layers([parse(text) for text in ("Conv2d(2, 4, 3)", activation, pool, "Flatten")])
    x = torch.randn(8, 2, 9, 9, generator=torch.Generator().manual_seed(0))
    before = layers(x)
    pool_first(layers)
    assert isinstance(layers[1], nn.MaxPool2d) and not poolable(layers)
    assert torch.equal(layers(x), before)


def test_training_with_pooling_first_gives_the_same_bits() -> None:
    weights: list[list[torch.Tensor]] = []
    for swap in (False, True):
        torch.manual_seed(0)
        layers = make_layers(fill_sizes(expand(parse("cnn(widths=[4, 6])")), (1, 12, 12), 3))
        if swap:
            pool_first(layers)
        optimizer = torch.optim.SGD(layers.parameters(), lr=0.1, momentum=0.9)
        for _ in range(5):
            optimizer.zero_grad()
            x, y = torch.randn(16, 1, 12, 12), torch.randint(3, (16,))
            nn.functional.cross_entropy(layers(x), y).backward()
            optimizer.step()
        weights.append(list(layers.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


@pytest.mark.parametrize("text", ["LeakyReLU(-0.1)", "GELU", "Dropout(0.5)", "BatchNorm2d(4)"])
def test_what_may_fall_is_not_swapped(text: str) -> None:
    assert not poolable(make_layers([parse("Conv2d(2, 4, 3)"), parse(text), parse("MaxPool2d(2)")]))


@pytest.mark.parametrize(("recipe", "side"), [("cnn", 28), ("cnn", 8), ("resnet", 32), ("resnet(more=0)", 64)])
def test_recipes_for_pictures_fit_their_sizes(recipe: str, side: int) -> None:
    layers = make_layers(fill_sizes(expand(parse(recipe)), (3, side, side), 5)).eval()
    assert layers(torch.zeros(2, 3, side, side)).shape == (2, 5)
    if recipe == "resnet":  # as the CIFAR form of ResNet-18: 17 convolutions and the head; 3 more on the way around
        kinds = [type(layer).__name__ for layer in layers.modules()]
        assert kinds.count("Conv2d") == 20 and kinds.count("Residual") == 8
        assert sum(weight.numel() for weight in layers.parameters()) == 11_173_962 - 5 * 513


def test_operations_are_those_of_the_trace_and_cost_no_import(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np, modelwright\n"
        "x = np.random.default_rng(0).integers(0, 255, (60, 16, 16)).astype('uint8')\n"
        "keys = {'model': 'resnet(width=4, wider=[8], more=0)', 'train': {'epochs': 1}, 'runs': sys.argv[1]}\n"
        "modelwright.train(x, np.arange(60) % 3, dry_run=False, **keys)\n"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    calls = fill_sizes(expand(parse("resnet(width=4, wider=[8])")), (1, 16, 16), 3)
    layers = make_layers(calls)
    traced = totals(trace_layers(calls, (1, 16, 16)))["flops"]
    counted = operations(list(layers.children()), calls, (1, 16, 16))
    assert 0.8 * traced < counted <= traced  # sums of branches and shortcuts are small beside convolutions
