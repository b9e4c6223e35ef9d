"""Sizes that are filled in, and what is said about those that don't fit."""

from __future__ import annotations

import subprocess
import sys

import pytest

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan.layer_shapes import RULES
from modelwright.plan.shape_rule import Shape
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import parse


def fill(layers: list[str], inputs: int | Shape, outputs: int) -> list[str]:
    return [str(layer) for layer in fill_sizes([parse(layer) for layer in layers], inputs, outputs)]


def problems(layers: list[str], inputs: int | Shape, outputs: int) -> list[Diagnostic]:
    with pytest.raises(SpecError) as raised:
        fill(layers, inputs, outputs)
    return list(raised.value.diagnostics)


def only(layers: list[str], inputs: int | Shape, outputs: int) -> Diagnostic:
    (diagnostic,) = problems(layers, inputs, outputs)
    return diagnostic


TEXTBOOK = ["Conv2d(..., 16, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Flatten"]


@pytest.mark.parametrize(
    ("layers", "inputs", "outputs", "filled"),
    [
        (["Linear(..., ...)"], 8, 3, ["Linear(8, 3)"]),
        (["Linear(..., 64)", "ReLU", "Linear(..., ...)"], 108, 1, ["Linear(108, 64)", "ReLU", "Linear(64, 1)"]),
        (["Linear(out_features=4)", "Linear(4, ...)"], 8, 2, ["Linear(8, out_features=4)", "Linear(4, 2)"]),
        (["BatchNorm1d", "Linear(..., 2)"], 8, 2, ["BatchNorm1d(8)", "Linear(8, 2)"]),
        (["BatchNorm1d(eps=0.1)", "Linear(..., 2)"], 8, 2, ["BatchNorm1d(8, eps=0.1)", "Linear(8, 2)"]),
        (["GroupNorm(2)", "Linear(..., 2)"], 8, 2, ["GroupNorm(2, 8)", "Linear(8, 2)"]),
        (["LayerNorm(...)", "Linear(..., ..., bias=False)"], 8, 2, ["LayerNorm(8)", "Linear(8, 2, bias=False)"]),
        (
            [*TEXTBOOK, "Linear(..., 10)"],
            (1, 28, 28),
            10,
            ["Conv2d(1, 16, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Flatten", "Linear(3136, 10)"],
        ),
        (
            ["Residual(Linear(..., 4), ReLU, Linear(..., 8))", "Linear(..., ...)"],
            8,
            2,
            ["Residual(Linear(8, 4), ReLU, Linear(4, 8))", "Linear(8, 2)"],
        ),
        (
            ["Concat(Linear(..., 64), Sequential(Linear(..., 3), ReLU), Identity)", "Linear(..., ...)"],
            8,
            2,
            ["Concat(Linear(8, 64), Sequential(Linear(8, 3), ReLU), Identity)", "Linear(75, 2)"],
        ),
        (
            ["Residual(Conv2d(..., 6, 3, 2, 1), shortcut=Conv2d(..., 6, 1, stride=2))", "Flatten", "Linear(..., 2)"],
            (3, 8, 8),
            2,
            ["Residual(Conv2d(3, 6, 3, 2, 1), shortcut=Conv2d(3, 6, 1, stride=2))", "Flatten", "Linear(96, 2)"],
        ),
    ],
)
def test_sizes_follow_from_the_data(layers: list[str], inputs: int | Shape, outputs: int, filled: list[str]) -> None:
    assert fill(layers, inputs, outputs) == filled
    assert fill(filled, inputs, outputs) == filled


def test_wrong_size_is_explained_with_its_fix() -> None:
    found = only(["Linear(100, 64)", "Linear(..., 3)"], 108, 3)
    assert found.code == "S301"
    assert found.message == "layer 1: receives 108 numbers (from: the inputs), but Linear(100, 64) expects 100"
    assert (found.expected, found.received, found.help) == ("108", "100", "Linear(..., 64)")
    assert fill([found.help, "Linear(..., 3)"], 108, 3)


def test_flattened_size_is_explained_with_its_arithmetic() -> None:
    found = only([*TEXTBOOK, "Linear(1000, 10)"], (1, 28, 28), 10)
    assert found.code == "S303"
    assert "receives 3136 numbers (from: Flatten)" in found.message
    assert found.known == (
        "1×28×28 → Conv2d(1, 16, 3, padding=1) → 16×28×28 → ReLU → 16×28×28 → MaxPool2d(2) → 16×14×14 → Flatten → 3136"
    )
    assert found.help == "Linear(..., 10)"


def test_all_layers_that_do_not_fit_are_named_at_once() -> None:
    found = problems(["Linear(5, 4)", "BatchNorm1d(3)", "GroupNorm(3)", "ReLU", "Linear(9, 7)"], 8, 2)
    assert sorted(one.code for one in found) == ["S301", "S301", "S301", "S301", "S304"]
    assert [one.message[:8] for one in found if one.code == "S301"] == ["layer 1:", "layer 2:", "layer 3:", "layer 5:"]


@pytest.mark.parametrize(
    ("layers", "inputs", "fix"),
    [
        (["Linear(..., 64)"], 8, "Linear(..., 10)"),
        (["Linear(..., 64)", "ReLU"], 8, "Linear(..., 10) as the last layer"),
        (["Conv2d(..., 4, 3)"], (1, 8, 8), "Flatten, then Linear(..., 10), as the last layers"),
    ],
)
def test_output_that_the_target_does_not_need(layers: list[str], inputs: int | Shape, fix: str) -> None:
    found = only(layers, inputs, 10)
    assert (found.code, found.expected, found.help) == ("S304", "10", fix)
    assert "..." not in found.message


def test_an_empty_list_of_layers() -> None:
    assert only([], 8, 2).code == "S304"


def test_channels_last_are_recognised() -> None:
    found = only(["Conv2d(3, 16, 3)", "Flatten", "Linear(..., 10)"], (28, 28, 3), 10)
    assert found.code == "S302"
    assert "channels last" in found.message


@pytest.mark.parametrize(
    ("layer", "inputs", "words"),
    [
        ("MaxPool2d(50)", (1, 28, 28), "spans 50, but its input is only 28 long"),
        ("Conv2d(1, 4, 9, dilation=4)", (1, 28, 28), "spans 9 (dilated to 33)"),
        ("Conv2d(..., 4, 3)", 8, "expects channels × height × width for one row, but receives 8"),
        ("Flatten(0)", (2, 3), "batch axis"),
        ("Softmax(dim=0)", 4, "batch axis"),
        ("Unflatten(1, (3, 3))", 8, "3·3 = 9"),
        ("GLU", 7, "7 is odd"),
        ("GRU(..., 4)", (5,), "takes sequences"),
        ("Permute((0, 1))", (5, 3), "3 axes"),
        ("Targets(4)", (5, 3), "4 columns"),
        ("Conv2d(..., 5, 3, groups=2)", (4, 8, 8), "groups=2 must divide"),
        ("PixelShuffle(3)", (4, 8, 8), "9 divides, not 4"),
        ("InstanceNorm1d(...)", 8, "expects 2 axes"),
        ("AvgPool2d(2, padding=2)", (1, 8, 8), "at most half"),
        ("Bilinear(3, 4, 5)", 8, "several inputs"),
        ("PReLU(3)", 8, "3 slopes"),
        ("TransformerEncoderLayer(..., 3)", (5, 8), "don't divide"),
    ],
)
def test_layers_that_do_not_fit_their_input(layer: str, inputs: int | Shape, words: str) -> None:
    assert words in problems([layer, "Linear(..., ...)"], inputs, 2)[0].message


def test_residual_offers_a_projection_that_works() -> None:
    found = only(["Residual(Linear(..., 64), ReLU)", "Linear(..., ...)"], 8, 2)
    assert "8 is not 64" in found.message
    assert fill([found.help, "Linear(..., ...)"], 8, 2)
    found = only(["Residual(Conv2d(..., 8, 3, 2, 1))", "Flatten", "Linear(..., ...)"], (4, 16, 16), 2)
    assert fill([found.help, "Flatten", "Linear(..., ...)"], (4, 16, 16), 2)


def test_branches_of_concat_must_line_up() -> None:
    found = only(["Concat(Conv2d(..., 4, 3), Identity)", "Flatten", "Linear(..., ...)"], (2, 8, 8), 2)
    assert "Conv2d(2, 4, 3) gives 4×6×6, Identity gives 2×8×8" in found.message


def test_layers_inside_a_block_are_numbered_within_it() -> None:
    found = problems(["ReLU", "Residual(Linear(5, 4), Linear(..., 8))", "Linear(..., ...)"], 8, 2)
    assert found[0].message.startswith("layer 2.1: receives 8")


def test_open_width_before_the_head() -> None:
    found = problems(["Linear(..., ...)", "ReLU", "Linear(..., ...)"], 8, 2)
    assert "last such layer only" in found[0].message


def test_findings_stand_where_the_layer_stands() -> None:
    layers = [parse("ReLU"), parse("Linear(5, 2)")]
    with pytest.raises(SpecError) as raised:
        fill_sizes(layers, 8, 2, lambda index: Place(key=f"model[{index}]"))
    assert raised.value.diagnostics[0].where.key == "model[1]"
    with pytest.raises(SpecError) as raised:
        fill_sizes(layers, 8, 2, Place(key="model"))
    assert raised.value.diagnostics[0].where.key == "model"


def test_layers_without_a_rule_are_asked_of_torch() -> None:
    assert "Unfold" not in RULES
    layers = ["Unfold(2)", "Flatten", "Linear(..., ...)"]
    assert fill(layers, (1, 4, 4), 2) == ["Unfold(2)", "Flatten", "Linear(36, 2)"]


def test_known_layers_need_no_torch() -> None:
    code = (
        "import sys; from modelwright.plan.sizes import fill_sizes; from modelwright.plan.recipes import expand;"
        "from modelwright.spec.call import parse;"
        "fill_sizes(expand(parse('mlp(norm=BatchNorm1d, dropout=0.1)')), 8, 2);"
        "fill_sizes([parse(t) for t in ('Conv2d(..., 4, 3)', 'Flatten', 'Linear(..., ...)')], (1, 8, 8), 2);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
