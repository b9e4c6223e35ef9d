"""Names of sequences, texts, embeddings and GANs that torch lacks or has in another form, for make_signatures.py."""

from __future__ import annotations

from typing import Any

from modelwright.model import attention

TOKENS: list[Any] = [
    ["vocab_size", "int[4,1000000]", 20000],
    ["length", "int[1,65536]|none", None],
    ["min_frequency", "int>=1", 2],
    ["lowercase", "bool", True],
]
TOKENIZERS = {"WordLevel": TOKENS, "BPE": TOKENS, "Character": TOKENS}
UNLISTED = {
    "WordPiece": "its trainer gives another vocabulary each time: `BPE` splits words too",
    "Unigram": "its trainer gives another vocabulary each time: `BPE` splits words too",
}
LOSSES: dict[str, Any] = {
    name: [["temperature", "float>=0.001", temperature], ["learnable", "bool", False]]
    for name, temperature in (("NTXent", 0.5), ("InfoNCE", 0.07), ("SupCon", 0.1))
} | {"NonSaturating": [], "Hinge": [], "Wasserstein": [["gradient_penalty", "float>=0", 10.0]]}
"""Losses of embeddings, with the temperatures of the papers that they are from; losses of a GAN."""
LAYERS: dict[str, Any] = {
    **{name: [] for name in ("Last", "Mean", "Max")},
    "Permute": [["dims", "tuple"]],
    **{each.__name__: each for each in (attention.SelfAttention, attention.MultiheadAttention)},
    **{each.__name__: each for each in (attention.PositionalEncoding, attention.LearnedPositionalEncoding)},
    "spectral_norm": [["module", "layer"], ["n_power_iterations", "int>=1", 1]],
}
"""A signature, or a class that has one."""
