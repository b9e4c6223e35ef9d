"""Recipes: from their files to layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import SpecError
from modelwright.plan import recipes
from modelwright.plan.plan import TokensPlan
from modelwright.plan.sequences import with_vocabulary
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.signatures import signature


def expand(text: str) -> list[str]:
    return [str(layer) for layer in recipes.expand(parse(text))]


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("linear", ["Linear(..., ...)"]),
        ("mlp", ["Linear(..., 128)", "ReLU", "Linear(..., 128)", "ReLU", "Linear(..., ...)"]),
        ("mlp([8], LeakyReLU(0.2))", ["Linear(..., 8)", "LeakyReLU(0.2)", "Linear(..., ...)"]),
        (
            "mlp(8, dropout=0.1, norm=LayerNorm)",
            ["Linear(..., 8)", "LayerNorm", "ReLU", "Dropout(0.1)", "Linear(..., ...)"],
        ),
        ("mlp(8, activation=none)", ["Linear(..., 8)", "Linear(..., ...)"]),
        ("mlp(8, norm=none)", ["Linear(..., 8)", "ReLU", "Linear(..., ...)"]),
    ],
)
def test_expansion(text: str, layers: list[str]) -> None:
    assert expand(text) == layers


@pytest.mark.parametrize(
    ("text", "code", "help_text"),
    [
        ("mpl", "Y004", "mlp"),
        ("mlp(hiden=[3])", "Y005", "mlp(hidden=[3])"),
        ("mlp(hidden=[3, 0])", "Y003", ""),
        ("mlp(hidden=[3, 2.5])", "Y005", ""),
        ("mlp(dropout=1.5)", "Y003", ""),
        ("mlp(activation=Relu)", "Y004", "ReLU"),
        ("linear(3)", "Y005", ""),
    ],
)
def test_wrong_arguments(text: str, code: str, help_text: str) -> None:
    with pytest.raises(SpecError) as raised:
        expand(text)
    (found,) = raised.value.diagnostics
    assert found.code == code
    assert found.help == help_text or not help_text


TOKENS = TokensPlan(tokenizer="WordLevel", length=9, vocabulary=("a", "b"))
FITS: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    **dict.fromkeys(("linear", "mlp"), (("number", (7,)), ("pixels", (3, 4, 5)), ("steps", (6, 2)))),
    "cnn": (("pixels", (1, 28, 28)),),
    "resnet": (("pixels", (3, 32, 32)),),
    "bag": (("tokens", (9,)),),
    "transformer": (("tokens", (9,)), ("steps", (48, 5))),
    **dict.fromkeys(("conv", "gru", "lstm"), (("steps", (20, 7)),)),
    "dcgan": (),  # of a GAN: tests/test_gan_plan.py
}
"""Encodings of the inputs that a recipe is for, each with the shape of a row."""


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_ends_in_an_open_head_and_fits_what_it_is_for(name: str) -> None:
    for encoding, shape in FITS[name]:
        layers = recipes.expand(Call(name), encoding=encoding)
        assert layers[-1] == parse("Linear(..., ...)")
        layers = with_vocabulary(layers, TOKENS) if encoding == "tokens" else layers
        assert fill_sizes(layers, shape, 3)[-1].args[1] == 3
    assert recipes.load(name).doc
    assert all(parameter.doc for parameter in recipes.signature(name))


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_recipes_for_tables_take_pictures_as_numbers(name: str) -> None:
    layers = recipes.expand(Call(name), encoding="pixels")
    assert layers[0] == parse("Flatten") and fill_sizes(layers, (3, 4, 5), 2)[1].args[0] == 60


@pytest.mark.parametrize("name", recipes.names())
def test_signatures_json_has_the_recipe_as_its_file_says(name: str) -> None:
    assert [one.name for one in signature("recipe", name)] == [one.name for one in recipes.signature(name)]


def test_an_unknown_name_has_no_signature() -> None:
    with pytest.raises(KeyError):
        recipes.signature("nope")


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_mlp_has_one_block_a_width(hidden: list[int], dropout: bool, norm: bool) -> None:
    kwargs: dict[str, Value] = {"hidden": tuple(hidden), "dropout": 0.5 if dropout else 0}
    layers = recipes.expand(Call("mlp", (), {**kwargs, "norm": Call("BatchNorm1d") if norm else None}))
    assert [layer.args[1] for layer in layers if layer.name == "Linear"] == [*hidden, ...]
    assert len(layers) == len(hidden) * (2 + dropout + norm) + 1


def test_the_format_repeats_nests_and_leaves_out() -> None:
    recipe = recipes.from_mapping(
        "tower",
        {
            "doc": "two convolutions a width, deep times",
            "arguments": {
                "widths": {"type": "integers", "default": [4], "doc": "…"},
                "deep": {"type": "integer", "default": 2, "doc": "…"},
                "pool": {"type": "boolean", "default": True, "doc": "…"},
            },
            "layers": [
                {
                    "for": "width",
                    "in": "widths",
                    "layers": [
                        {"for": "_", "in": "deep", "layers": ["Residual(Conv2d(..., width, 3), ReLU)"]},
                        {"if": "pool", "layers": ["MaxPool2d(2)"]},
                    ],
                },
                "Linear(..., ...)",
            ],
        },
    )
    made = [str(layer) for layer in recipes.layers_of(recipe, {"widths": (4, 8), "pool": False})]
    block = "Residual(Conv2d(..., {}, 3), ReLU)"
    assert made == [block.format(4)] * 2 + [block.format(8)] * 2 + ["Linear(..., ...)"]
    assert str(list(recipes.layers_of(recipe, {}))[2]) == "MaxPool2d(2)"
