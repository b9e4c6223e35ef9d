"""Texts to numbers of tokens: learned from training rows, kept as data, the same again from that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modelwright.data.tokens import encode, fitting, learn
from modelwright.errors import DataError
from modelwright.plan.plan import TokensPlan
from modelwright.spec.call import parse

TEXTS = ["The cat sat on the mat.", "The dog sat, too!", "A cat and a dog: friends.", "the end"] * 3
TOKENIZERS = ["WordLevel", "BPE(vocab_size=60)", "Character", "WordLevel(length=4, lowercase=False, min_frequency=1)"]


def words(tokens: TokensPlan, text: str) -> list[str]:
    names = ["", "?", *tokens.vocabulary]
    return [names[number] for number in encode(tokens, [text])[0] if number]


def test_words_are_numbered_by_how_often_they_occur() -> None:
    tokens = learn(parse("WordLevel"), TEXTS)
    assert tokens.vocabulary[0] == "the"
    assert words(tokens, "THE Cat flew.") == ["the", "cat", "?", "."]
    assert tokens.tokenizer == "WordLevel(vocab_size=20000, length=8, min_frequency=2, lowercase=True)"


def test_case_is_kept_where_asked_for() -> None:
    tokens = learn(parse("WordLevel(lowercase=False)"), TEXTS)
    assert words(tokens, "The the THE") == ["The", "the", "?"]


def test_rare_words_are_unknown_ones() -> None:
    tokens = learn(parse("WordLevel(min_frequency=2)"), ["twice twice once", "twice"])
    assert tokens.vocabulary == ("twice",)


def test_the_vocabulary_is_no_larger_than_asked_for() -> None:
    tokens = learn(parse("WordLevel(vocab_size=5)"), TEXTS)
    assert tokens.size == 5 and encode(tokens, TEXTS).max() < 5


def test_letters_are_tokens_one_by_one() -> None:
    tokens = learn(parse("Character"), ["ab\nba\n", "ab"])
    assert words(tokens, "ab\nc") == ["a", "b", "\n", "?"]


def test_pieces_of_words_make_up_new_words() -> None:
    tokens = learn(parse("BPE(vocab_size=60)"), ["lower lowest newer newest wider widest"] * 5)
    assert tokens.merges and len(words(tokens, "lowest")) == 1
    assert 1 < len(words(tokens, "slowest")) < 7 and "".join(words(tokens, "slowest")) == "slowest"


@pytest.mark.parametrize("call", TOKENIZERS)
def test_what_was_learned_is_data_that_gives_the_same_numbers(call: str) -> None:
    tokens = learn(parse(call), TEXTS)
    again = TokensPlan.model_validate_json(tokens.model_dump_json())
    assert again == tokens == learn(parse(call), TEXTS)
    np.testing.assert_array_equal(encode(again, TEXTS), encode(tokens, TEXTS))


@pytest.mark.parametrize("text", ["", "   ", None])
def test_an_empty_text_is_one_unknown_token(text: str | None) -> None:
    tokens = learn(parse("WordLevel"), TEXTS)
    assert encode(tokens, [text]).tolist() == [[1] + [0] * (tokens.length - 1)]


def test_names_of_special_tokens_in_a_text_are_words_like_others() -> None:
    tokens = learn(parse("WordLevel"), [*TEXTS, "[PAD] [UNK]", "[PAD] [UNK]"])
    numbers = encode(tokens, ["the [PAD] cat [UNK]"])[0]
    assert (numbers[:8] > 1).all()


def test_long_texts_lose_their_end_and_the_share_is_told() -> None:
    texts = ["one two three"] * 9 + ["one two three four five"]
    tokens = learn(parse("WordLevel(length=3)"), texts)
    assert tokens.truncated == pytest.approx(0.1)
    assert encode(tokens, texts)[-1].tolist() == encode(tokens, texts)[0].tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), max_size=4), st.sampled_from(TOKENIZERS))
def test_any_text_gives_numbers_in_range_and_padding_at_the_end(texts: list[str], call: str) -> None:
    tokens = learn(parse(call), TEXTS)
    numbers = encode(tokens, texts)
    assert numbers.shape == (len(texts), tokens.length) and numbers.dtype == np.int32
    assert ((numbers >= 0) & (numbers < tokens.size)).all()
    there = numbers > 0
    assert not texts or there[:, 0].all()
    assert (np.diff(there.astype(int), axis=1) <= 0).all()
    alone = [encode(tokens, [text])[0].tolist() for text in texts]
    assert numbers.tolist() == alone


def test_the_length_holds_nearly_all_texts() -> None:
    assert fitting(np.array([5] * 99 + [400])) == 8
    assert fitting(np.array([700] * 5)) == 256
    assert fitting(np.array([33, 33])) == 40


def test_texts_without_a_word_are_refused() -> None:
    with pytest.raises(DataError) as raised:
        learn(parse("WordLevel"), ["", "  ", ""])
    assert raised.value.diagnostics[0].code == "D102"


@pytest.mark.parametrize(
    "change",
    [{"length": 0}, {"length": 70_000}, {"vocabulary": ["a" * 2000]}, {"vocabulary": [""]}, {"tokenizer": "x" * 300}],
)
def test_what_would_ask_for_much_memory_is_no_plan(change: dict[str, object]) -> None:
    whole = learn(parse("WordLevel"), TEXTS).model_dump()
    with pytest.raises(ValidationError):
        TokensPlan.model_validate({**whole, **change})
