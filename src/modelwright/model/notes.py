"""What a layer learns, or why it learns nothing, in one phrase."""

from __future__ import annotations

from typing import cast

from torch import nn

from modelwright.model.attention import LearnedPositionalEncoding, MultiheadAttention, SelfAttention
from modelwright.model.blocks import Concat, Embed, Residual
from modelwright.plan.shape_rule import dims

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_RUNNING = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_WITHOUT_WEIGHTS = (
    ("MaxPool", "pooling takes the largest"),
    ("AvgPool", "pooling takes the mean"),
    ("LPPool", "pooling takes a norm"),
    ("Permute", "puts the axes in another order"),
    ("Mean", "the mean of the steps that are there"),
    ("Last", "the last step that is there"),
    ("PositionalEncoding", "adds waves that tell the place of a step"),
    ("Tokens", "tells padding from the text's own tokens"),
    ("Flatten", "arranges the same numbers anew"),
    ("Unflatten", "arranges the same numbers anew"),
    ("Shuffle", "arranges the same numbers anew"),
    ("Fold", "arranges the same numbers anew"),
    ("fold", "arranges the same numbers anew"),
    ("Pad", "adds a border"),
    ("Upsampl", "makes a larger map of the same numbers"),
    ("Identity", "passes its input on"),
    ("Norm", "centres and scales by what it measures"),
    ("Softm", "makes positive numbers with sum 1"),
    ("LogSoftmax", "the logarithm of numbers with sum 1"),
)
"""Part of a layer's name → what it does; the first that fits."""


def note(layer: nn.Module) -> str:
    """Return the phrase for `show`.

    >>> note(nn.Conv2d(3, 16, 3)), note(nn.MaxPool2d(2))
    ('16 kernels of 3×3×3, 16 biases', 'no weights: pooling takes the largest')
    """
    if isinstance(layer, (Residual, Concat)):
        return "adds its input to the result" if isinstance(layer, Residual) else "joins the results of its branches"
    weights = list(layer.parameters())
    if not weights:
        return "no weights: " + _what(layer)
    frozen = "" if any(weight.requires_grad for weight in weights) else "frozen: "
    return frozen + _weights(layer)


def _what(layer: nn.Module) -> str:
    name = type(layer).__name__
    if name == "Max":
        return "the largest number of each channel"
    if "Dropout" in name:
        share = f"{cast(float, layer.p):.0%}".replace("%", " %")
        return f"drops {share} of the numbers, in training only"
    if name == "LogSoftmax":
        return "the logarithm of positive numbers with sum 1"
    fixed = "a fixed function of each number"
    return next((text for part, text in _WITHOUT_WEIGHTS if part in name), fixed)


def attention(layer: SelfAttention | MultiheadAttention) -> str:
    """Return how the steps of a sequence look at each other."""
    heads = layer.num_heads if isinstance(layer, SelfAttention) else layer.attend.num_heads
    whom = "itself and earlier ones" if layer.is_causal else "all"
    return f"each step looks at {whom}, in {heads} head{'s' * (heads > 1)}"


def _weights(layer: nn.Module) -> str:
    bias = getattr(layer, "bias", None)
    biases = f", {bias.numel()} bias{'es' if bias.numel() > 1 else ''}" if isinstance(bias, nn.Parameter) else ""
    if isinstance(layer, nn.Linear):
        return f"{layer.out_features}×{layer.in_features} weights{biases}"
    if isinstance(layer, _CONVOLUTIONS):
        kernel = dims((layer.in_channels // layer.groups, *layer.kernel_size))
        return f"{layer.out_channels} kernels of {kernel}{biases}"
    if isinstance(layer, _TRANSPOSED):
        kernel = dims((layer.out_channels // layer.groups, *layer.kernel_size))
        return f"{layer.in_channels} kernels of {kernel}{biases}"
    if isinstance(layer, Embed):
        tables = cast("list[nn.Embedding]", list(layer.tables))
        sizes = ", ".join(f"{table.num_embeddings - 1}×{table.embedding_dim}" for table in tables)
        return f"a vector a category: {sizes}; one of zeros for unseen ones"
    if isinstance(layer, nn.Embedding):
        return f"{layer.num_embeddings} vectors of {layer.embedding_dim}"
    if isinstance(layer, LearnedPositionalEncoding):
        return f"{dims(tuple(layer.weight.shape))}: adds a vector a place"
    if isinstance(layer, (SelfAttention, MultiheadAttention)):
        return attention(layer)
    if isinstance(layer, nn.PReLU):
        return "1 slope" if layer.num_parameters == 1 else f"{layer.num_parameters} slopes"
    if isinstance(layer, _RUNNING):
        return "a scale and a shift a channel; mean and variance are measured, not learned"
    if "Norm" in type(layer).__name__:
        return "a scale and a shift" if biases else "a scale"
    return f"{sum(weight.numel() for weight in layer.parameters()):,} weights"
