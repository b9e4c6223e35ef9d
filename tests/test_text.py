"""Texts from a file to answers: training, padding, saving, what is read and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import modelwright
from modelwright.errors import DataError, RunError, SpecError
from modelwright.plan import recipes

GOOD = [
    "lovely warm day",
    "what a happy song",
    "we love this bright room",
    "a kind and happy friend",
    "so warm, so kind",
]
BAD = ["cold grey rain", "what a sad end", "we hate this dark room", "a cruel and sad day", "so cold, so cruel"]
ENDS = ["", " indeed", " , they said to me", " once more and again"]
STARTS = ["", "today ", "it is true : "]
LAYERS = [
    "Embedding(..., 16)",
    "PositionalEncoding",
    "Residual(LayerNorm, SelfAttention(..., 4, rotary=True))",
    "MultiheadAttention(..., 2)",
    "TransformerEncoderLayer(..., 2, 16, dropout=0.0, norm_first=True)",
    "Max",
    "Linear(..., ...)",
]
CONVOLUTION = [
    *("Embedding(..., 16)", "Permute([0, 2, 1])", "Conv1d(..., 16, 3, padding=1)", "ReLU", "Permute([0, 2, 1])"),
    *("Concat(Mean, Last)", "Linear(..., ...)"),
]
MODELS: dict[str, Any] = {
    "default": "auto",
    "transformer": "transformer(d_model=16, dim_feedforward=32)",
    "attention": LAYERS,
    "convolution": CONVOLUTION,
}


def texts() -> tuple[list[str], list[str]]:
    """Sentences of two moods; a word tells which."""
    moods = (("good", GOOD), ("bad", BAD))
    pairs = [(start + text + end, mood) for start in STARTS for end in ENDS for mood, some in moods for text in some]
    return [text for text, _ in pairs], [mood for _, mood in pairs]


def frame() -> pl.DataFrame:
    some, moods = texts()
    return pl.DataFrame({"mood": moods, "said": some})


def train(folder: Path, model: Any = "auto", **kwargs: Any) -> Any:
    some = {"train": {"epochs": 12, "batch_size": 16}, "model": model, "runs": folder}
    return modelwright.train(frame(), target="mood", **{**some, **kwargs})


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_texts_learns_and_padding_never_changes_an_answer(name: str, tmp_path: Path) -> None:
    run = train(tmp_path, MODELS[name])
    assert run.score.value > 0.9
    model = modelwright.load(run.path)
    long = "so cold , so cruel once more and again"
    alone = model.answers(["what a happy song"])
    together = model.answers(["what a happy song", long, ""])
    np.testing.assert_allclose(alone[0], together[0], rtol=1e-4, atol=1e-6)
    numbers = torch.from_numpy(np.array([[5, 6, 0, 0, 0, 0, 0, 0]], dtype=np.int32))
    weights = model.module.layers[0].weight
    before = model.module(numbers)
    with torch.no_grad():
        weights[0] = 1e3  # the vector of padding
    torch.testing.assert_close(model.module(numbers), before)


@pytest.mark.parametrize("name", ["bag", "transformer"])
def test_recipes_for_texts_are_tried_above(name: str) -> None:
    assert name in recipes.names()


def test_answers_come_back_for_lists_frames_and_files(tmp_path: Path) -> None:
    run = train(tmp_path)
    model = modelwright.load(run.path / "model.safetensors")
    asked = ["a happy day", "a cruel day", "", "wholly unknown words"]
    found = model.predict(asked)
    assert found["prediction"][:2].to_list() == ["good", "bad"]
    assert found.columns == ["prediction", "probability_bad", "probability_good"]
    file = tmp_path / "new.csv"
    pl.DataFrame({"said": asked}).write_csv(file)
    assert model.predict(str(file)).equals(model.predict(pl.DataFrame({"said": asked})))
    assert model.predict(str(file)).equals(found)


def test_texts_are_known_as_words_from_training_rows_alone(tmp_path: Path) -> None:
    some, moods = texts()
    rows = pl.DataFrame({"said": [*some, "unheard unheard"], "mood": [*moods, "good"]})
    sizes = {"sizes": [100, 0, 21], "shuffle": False, "stratify": False}
    run = modelwright.train(rows, target="mood", split=sizes, train={"epochs": 1}, runs=tmp_path, ignore=["L212"])
    tokens = run.plan.inputs[0].tokens
    assert tokens is not None and "unheard" not in tokens.vocabulary and "happy" in tokens.vocabulary


def test_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = (train(tmp_path, "transformer(d_model=8)") for _ in range(2))
    assert (first.path / "model.safetensors").read_bytes() == (second.path / "model.safetensors").read_bytes()


def test_a_model_file_whose_vocabulary_was_changed_is_refused(tmp_path: Path) -> None:
    run = train(tmp_path)
    file = run.path / "model.safetensors"
    content = file.read_bytes()
    assert content.count(b'\\"happy\\"') == 1
    file.write_bytes(content.replace(b'\\"happy\\"', b'\\"nappy\\"'))
    with pytest.raises(RunError) as raised:
        modelwright.load(file)
    assert raised.value.diagnostics[0].code == "R003"


def test_regression_from_texts(tmp_path: Path) -> None:
    some, moods = texts()
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"said": some, "stars": [(5.0 if m == "good" else 1.0) + rng.normal(0, 0.1) for m in moods]})
    run = modelwright.train(rows, target="stars", train={"epochs": 20, "batch_size": 16}, runs=tmp_path)
    assert run.score.value < 1
    told = json.loads((run.path / "score.json").read_text())
    assert [baseline["name"] for baseline in told["baselines"]] == ["mean", "bag of words"]


def test_the_target_of_a_table_of_texts_is_the_other_column(tmp_path: Path) -> None:
    run = modelwright.train(frame(), train={"epochs": 1}, runs=tmp_path)
    assert run.plan.outputs.targets == ("mood",)
    assert "but for the texts of `said`" in run.plan.why["data.target"]


def test_a_table_with_numbers_is_read_as_a_table_unless_texts_are_asked_for(tmp_path: Path) -> None:
    rows = frame().with_columns(pl.Series("size", np.random.default_rng(0).normal(size=120)))
    plain = modelwright.train(rows, target="mood", train={"epochs": 1}, runs=tmp_path)
    assert [one.name for one in plain.plan.inputs] == ["size"] and "encode.text" in plain.plan.unused["said"]
    asked = modelwright.train(
        rows, target="mood", encode={"text": "BPE(vocab_size=80)"}, train={"epochs": 1}, runs=tmp_path
    )
    assert [one.name for one in asked.plan.inputs] == ["said"] and "texts of `said`" in asked.plan.unused["size"]


@pytest.mark.parametrize(
    ("model", "said", "fix"),
    [
        ("linear", "the first layer has to make vectors", "bag"),
        (["Embedding(3, 8)", "Mean", "Linear(..., ...)"], "has 3 vectors", "Embedding(..., 64)"),
        (["Embedding(..., 10)", "SelfAttention(..., 4)", "Mean", "Linear(..., ...)"], "4 heads don't divide", "12"),
        (["Embedding(..., 8)", "LearnedPositionalEncoding(3)", "Mean", "Linear(..., ...)"], "3 places", "(16)"),
        (
            ["Embedding(..., 8)", "TransformerEncoderLayer(..., 2, batch_first=False)", "Mean", "Linear(..., ...)"],
            "mix",
            "",
        ),
        (["Embedding(..., 8)", "Mean", "Mean", "Linear(..., ...)"], "expects a sequence", ""),
        (
            ["Embedding(..., 8)", "Permute([1, 0, 2])", "Mean", "Linear(..., ...)"],
            "the batch first",
            "Permute((0, 2, 1))",
        ),
    ],
)
def test_layers_that_do_not_fit_texts_are_told_with_a_fix(model: Any, said: str, fix: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        train(tmp_path, model)
    found = next(one for one in raised.value.diagnostics if said in one.message)
    assert fix in found.help


@pytest.mark.parametrize(
    ("text", "code"),
    [("WordLevl", "Y004"), ("WordPiece", "Y004"), ("WordLevel(vocab_size=2)", "Y003"), ("BPE(size=9)", "Y005")],
)
def test_wrong_tokenizers_are_told(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        train(tmp_path, encode={"text": text})
    assert raised.value.diagnostics[0].code == code


def test_a_column_of_empty_texts_is_refused(tmp_path: Path) -> None:
    rows = frame().with_columns(said=pl.lit(" "))
    with pytest.raises(DataError) as raised:
        modelwright.train(rows, target="mood", data={"columns": {"said": "text"}}, runs=tmp_path)
    assert raised.value.diagnostics[0].code == "D102"


def test_words_that_training_rows_had_not_are_told_of(tmp_path: Path) -> None:
    from modelwright.ship.drift import drift

    inputs = train(tmp_path).plan.inputs
    (found,) = drift(pl.DataFrame({"said": ["ganz andere Wörter", "noch mehr davon"]}), inputs)
    assert found.code == "E811" and "all of 6 tokens" in found.message
    assert not drift(pl.DataFrame({"said": ["a happy day", "so cold"]}), inputs)
