"""The trace: shapes, parameters, operations and notes of each layer."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from modelwright.model.layers import make_layers
from modelwright.model.trace import LayerTrace, trace_layers
from modelwright.plan.shape_rule import Shape
from modelwright.spec.call import parse

TEXTBOOK = ["Conv2d(3, 16, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Dropout(0.1)", "Flatten", "Linear(3136, 10)"]


def traced(layers: list[str], inputs: int | Shape) -> list[LayerTrace]:
    return trace_layers([parse(layer) for layer in layers], inputs)


def test_the_textbook_network() -> None:
    found = traced(TEXTBOOK, (3, 28, 28))
    assert [layer.index for layer in found] == ["1", "2", "3", "4", "5", "6"]
    assert [layer.call for layer in found] == TEXTBOOK
    assert [layer.output for layer in found[:3]] == [(16, 28, 28), (16, 28, 28), (16, 14, 14)]
    assert found[0].input == (3, 28, 28)
    assert [layer.parameters for layer in found] == [448, 0, 0, 0, 0, 31370]
    assert [layer.note for layer in found] == [
        "16 kernels of 3×3×3, 16 biases; sees 3×3 pixels",
        "no weights: a fixed function of each number",
        "no weights: pooling takes the largest; sees 4×4 pixels",
        "no weights: drops 10 % of the numbers, in training only",
        "no weights: arranges the same numbers anew",
        "10×3136 weights, 10 biases",
    ]
    assert [layer.flops for layer in found] == [2 * 27 * 16 * 784, 16 * 784, 4 * 16 * 196, 0, 0, 2 * 3136 * 10]
    assert json.loads(json.dumps(found[0].to_json()))["trainable"] == 448


@pytest.mark.parametrize(
    ("layers", "inputs"),
    [
        (["Linear(8, 5)", "ReLU", "Linear(5, 3, bias=False)"], 8),
        (["Linear(8, 5)"], (7, 8)),
        (["Conv1d(4, 6, 3, groups=2)", "Conv1d(6, 4, 2, stride=2)"], (4, 20)),
        (["Conv2d(3, 16, (3, 5), 2, padding=1)"], (3, 28, 28)),
        (["Conv3d(2, 4, 3)"], (2, 8, 8, 8)),
        (["ConvTranspose2d(4, 6, 3, stride=2)"], (4, 5, 6)),
        (["Residual(Linear(8, 4), Linear(4, 8))", "Concat(Linear(8, 3), Identity)"], 8),
    ],
)
def test_operations_of_products_are_those_torch_counts(layers: list[str], inputs: int | Shape) -> None:
    shape = (inputs,) if isinstance(inputs, int) else inputs
    with FlopCounterMode(display=False) as counter:
        make_layers([parse(layer) for layer in layers])(torch.zeros(1, *shape))
    products = [layer for layer in traced(layers, inputs) if layer.name.startswith(("Linear", "Conv"))]
    assert sum(layer.flops or 0 for layer in products if layer.name != "Concat") == counter.get_total_flops()


def test_blocks_list_their_layers_and_count_each_weight_once() -> None:
    layers = ["Residual(Conv2d(2, 4, 3, padding=1), BatchNorm2d(4), shortcut=Conv2d(2, 4, 1))", "Flatten"]
    found = traced(layers, (2, 6, 6))
    assert [layer.index for layer in found] == ["1", "1.shortcut", "1.1", "1.2", "2"]
    assert [layer.name for layer in found] == ["Residual", "Conv2d", "Conv2d", "BatchNorm2d", "Flatten"]
    assert found[1].call == "Conv2d(2, 4, 1)"
    model = make_layers([parse(layer) for layer in layers])
    assert sum(layer.parameters for layer in found) == sum(weight.numel() for weight in model.parameters())
    assert found[0].flops == 4 * 6 * 6


def test_a_module_of_the_users_own() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(4, 8)
            self.unused = nn.Linear(4, 8)
            self.gru = nn.GRU(8, 5, batch_first=True)
            self.attention = nn.TransformerEncoderLayer(8, 2, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.gru(self.attention(self.first(x)))[0]

    net = Net()
    net.first.requires_grad_(False)
    found = trace_layers(net, (6, 4))
    assert [layer.index for layer in found] == ["first", "attention", "gru"]
    assert [layer.output for layer in found] == [(6, 8), (6, 8), (6, 5)]
    assert (found[0].trainable, found[0].note) == (0, "frozen: 8×4 weights, 8 biases")
    assert found[1].flops == 2 * 6 * (4 * 8 * 8 + 2 * 8 * 2048) + 2 * 2 * 6 * 6 * 8
    assert found[2].flops == 6 * 2 * 3 * 5 * (8 + 5)
    assert net.first.weight.device.type == "cpu"
    assert net.training
    assert not net.first._forward_hooks


def test_a_large_model_takes_no_memory() -> None:
    assert traced(["Linear(1000000, 1000000)"], 1_000_000)[0].parameters == 10**12 + 10**6


@pytest.mark.parametrize(
    ("layer", "inputs", "note"),
    [
        ("BatchNorm1d(4)", 4, "a scale and a shift a channel; mean and variance are measured, not learned"),
        ("LayerNorm(4)", 4, "a scale and a shift"),
        ("RMSNorm(4)", 4, "a scale"),
        ("LayerNorm(4, elementwise_affine=False)", 4, "no weights: centres and scales by what it measures"),
        ("PReLU", 4, "1 slope"),
        ("AvgPool1d(2)", (2, 4), "no weights: pooling takes the mean"),
        ("ZeroPad1d(2)", (2, 4), "no weights: adds a border"),
        ("Softmax(dim=1)", 4, "no weights: makes positive numbers with sum 1"),
        ("LogSoftmax(dim=1)", 4, "no weights: the logarithm of positive numbers with sum 1"),
        ("ConvTranspose1d(2, 3, 4)", (2, 4), "2 kernels of 3×4, 3 biases"),
        ("Upsample(scale_factor=2)", (2, 4), "no weights: makes a larger map of the same numbers"),
    ],
)
def test_notes(layer: str, inputs: int | Shape, note: str) -> None:
    assert traced([layer], inputs)[0].note == note
