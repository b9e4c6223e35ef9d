"""Texts → numbers of tokens, with the `tokenizers` library; what it learned from training texts is data of the plan.

A tokenizer is built anew from its call and the vocabulary in the plan, so that a model file holds lists of words and no
pipeline of its own. Number 0 is padding, 1 an unknown token; an empty text is one unknown token.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.plan.plan import TokensPlan
from modelwright.spec.call import Call, parse
from modelwright.spec.names import bind
from modelwright.spec.signatures import signature

PADDING, UNKNOWN = "[PAD]", "[UNK]"  # never in a vocabulary: the pre-tokenizers take brackets apart
AT_ONCE = 8_192  # texts
LOOK = 5_000  # texts that are measured, evenly spread
LONGEST = 256
COVERED = 0.98  # share of the training texts that the length chosen holds whole


def learn(call: Call, texts: Sequence[str]) -> TokensPlan:
    """Return the tokens of some texts, those of the training rows. Raises DataError where no text holds any token."""
    arguments = arguments_of(call)
    tokenizer = _blank(call.name, bool(arguments["lowercase"]))
    tokenizer.train_from_iterator(texts, _trainer(call.name, arguments), len(texts))
    vocabulary, merges = _learned(tokenizer)
    lengths = _lengths(tokenizer, texts[:: max(1, len(texts) // LOOK)])
    if not vocabulary or not lengths.any():
        raise DataError(_no_tokens())
    length = cast("int | None", arguments["length"]) or fitting(lengths)
    filled = Call(call.name, (), {**arguments, "length": length})
    return TokensPlan(
        tokenizer=str(filled),
        length=length,
        vocabulary=vocabulary,
        merges=merges,
        truncated=float(np.mean(lengths > length)),
    )


def arguments_of(call: Call) -> dict[str, Any]:
    """Return every argument of a tokenizer, defaults filled in."""
    defaults = {parameter.name: parameter.default for parameter in signature("tokenizer", call.name)}
    return {**defaults, **bind("tokenizer", call)}


def fitting(lengths: np.ndarray) -> int:
    """Return a length that holds nearly all texts whole: a multiple of 8, at most 256.

    >>> fitting(np.array([3, 9, 30]))
    32
    """
    held = int(np.quantile(lengths, COVERED, method="higher"))
    return min(LONGEST, max(8, -(-held // 8) * 8))


def encode(tokens: TokensPlan, texts: Sequence[str | None]) -> np.ndarray:
    """Return int32 `[N, length]`: the numbers of each text's first tokens, then padding."""
    tokenizer = _made(tokens)
    out = np.zeros((len(texts), tokens.length), dtype=np.int32)
    for start in range(0, len(texts), AT_ONCE):
        some = [text or "" for text in texts[start : start + AT_ONCE]]
        for row, found in enumerate(tokenizer.encode_batch_fast(some), start):
            numbers = found.ids
            out[row, : len(numbers)] = numbers
    out[out[:, 0] == 0, 0] = 1
    return out


def tokenizer_of(tokens: TokensPlan) -> str:
    """Return the tokenizer of a plan as the JSON that `tokenizers.Tokenizer.from_str` reads."""
    return _made(tokens).to_str()


def _made(tokens: TokensPlan) -> Any:
    return _known(tokens.model_dump_json())


@functools.lru_cache(maxsize=4)
def _known(content: str) -> Any:
    """Return the tokenizer of a plan. Kept, since building one takes longer than asking it for a few rows."""
    tokens = TokensPlan.model_validate_json(content)
    call = parse(tokens.tokenizer)
    tokenizer = _blank(call.name, bool(arguments_of(call)["lowercase"]), tokens)
    tokenizer.enable_truncation(tokens.length)
    return tokenizer


def _library() -> Any:
    try:
        import tokenizers
    except ModuleNotFoundError as error:
        raise DataError(
            Diagnostic(
                code="F008",
                severity="error",
                message="texts are tokenised by the package `tokenizers`, which is not installed",
                where=Place(key="encode.text"),
                help="pip install 'modelwright[text]'",
            )
        ) from error
    return tokenizers


def _blank(name: str, lowercase: bool, tokens: TokensPlan | None = None) -> Any:
    """Return a tokenizer with the vocabulary of a plan, or one that is still to learn."""
    library = _library()
    models, before, normal = library.models, library.pre_tokenizers, library.normalizers
    words = [PADDING, UNKNOWN, *(tokens.vocabulary if tokens else ())]
    numbers = {word: number for number, word in enumerate(words)}
    match name:
        case "BPE":
            model = (
                models.BPE(numbers, list(tokens.merges), unk_token=UNKNOWN) if tokens else models.BPE(unk_token=UNKNOWN)
            )
        case _:
            model = models.WordLevel(numbers, unk_token=UNKNOWN) if tokens else models.WordLevel(unk_token=UNKNOWN)
    tokenizer = library.Tokenizer(model)
    steps = [normal.NFC(), *([normal.Lowercase()] if lowercase else [])]
    tokenizer.normalizer = normal.Sequence(steps)
    letters = before.Split(library.Regex(r"[\s\S]"), "isolated")
    tokenizer.pre_tokenizer = letters if name == "Character" else before.Whitespace()
    return tokenizer


def _trainer(name: str, arguments: dict[str, Any]) -> Any:
    trainers = _library().trainers
    return (trainers.BpeTrainer if name == "BPE" else trainers.WordLevelTrainer)(
        vocab_size=arguments["vocab_size"],
        min_frequency=arguments["min_frequency"],
        special_tokens=[PADDING, UNKNOWN],
        show_progress=False,
    )


def _learned(tokenizer: Any) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the vocabulary (without padding and unknown) and the merges of a trained tokenizer."""
    numbers: dict[str, int] = tokenizer.get_vocab()
    words = tuple(word for word, number in sorted(numbers.items(), key=lambda item: item[1]) if number > 1)
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return words, tuple((str(left), str(right)) for left, right in model.get("merges") or ())


def _lengths(tokenizer: Any, texts: Sequence[str]) -> np.ndarray:
    """Return how many tokens each text has."""
    lengths = np.zeros(len(texts), dtype=np.int64)
    for start in range(0, len(texts), AT_ONCE):
        found = tokenizer.encode_batch_fast(texts[start : start + AT_ONCE])
        lengths[start : start + len(found)] = [len(one) for one in found]
    return lengths


def _no_tokens() -> Diagnostic:
    return Diagnostic(
        code="D102",
        severity="error",
        message="no text of the training rows holds a word",
        where=Place(key="encode.text"),
        expected="texts with letters, digits or signs",
        help="name another column, or correct these cells",
    )
