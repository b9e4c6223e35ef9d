"""Contrastive runs from the description to the nearest rows: views, labels, pairs and triplets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import modelwright
from contrasts import clusters, questions
from modelwright.run.handle import Run
from modelwright.ship.model import Model
from modelwright.training.augment.views import Thinned
from pictures import classes, encoded, folders, shades

SETTINGS: dict[str, Any] = {"ignore": ["E801", "L214", "E804"], "dry_run": False}


def train(rows: Any, folder: Path, epochs: int = 2, **settings: Any) -> Run:
    given = {"train": {"epochs": epochs, **settings.pop("train", {})}, **SETTINGS, **settings}
    return modelwright.train(rows, runs=folder, name="run", **given)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Run:
    contrastive = {"pairs": ["question", "answer"], "embedding": 16}
    return train(questions(), tmp_path_factory.mktemp("pairs"), 20, contrastive=contrastive)


def test_pairs_find_each_other(pairs: Run) -> None:
    result = pairs.result
    assert pairs.plan.task == "contrastive" and pairs.plan.why["task"] == "`contrastive` says what is compared"
    untrained = next(each for each in result.baselines if each.name == "untrained network")
    assert result.score.metric == "recall_at_1" and result.score.low > untrained.value and untrained.low > 0
    assert {"recall_at_5", "recall_at_10", "mean_rank", "alignment", "uniformity"} <= set(result.scores)
    assert result.scores["mean_rank"].value < 5
    assert "log_temperature" not in str(pairs.plan.layers) and pairs.plan.loss.startswith("InfoNCE")


def test_two_networks_have_embeddings_by_column(pairs: Run) -> None:
    both = pairs.predict(questions(3, seed=1))
    assert both.columns == [f"embedding_{side}_{n + 1}" for side in ("question", "answer") for n in range(16)]
    alone = pairs.predict(questions(3, seed=1).select("answer"))
    assert alone.columns == both.columns[16:]
    np.testing.assert_allclose(alone.to_numpy(), both.to_numpy()[:, 16:], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(alone.to_numpy(), axis=1), 1, atol=1e-5)


def test_questions_are_looked_for_among_answers(pairs: Run) -> None:
    frame = questions(40, seed=2)
    found = pairs.model.nearest(frame.select("question"), frame.select("answer"), k=3)
    assert found.columns == ["query", "rank", "row", "similarity", "answer"]
    near = pairs.predict(frame).to_numpy()
    similar = near[:, :16] @ near[:, 16:].T
    for query in range(40):
        mine = found.filter(pl.col("query") == query + 1)
        assert mine["rank"].to_list() == [1, 2, 3]
        np.testing.assert_allclose(mine["similarity"].to_numpy(), np.sort(similar[query])[::-1][:3], atol=1e-6)
        np.testing.assert_allclose(mine["similarity"].to_numpy(), similar[query][mine["row"].to_numpy() - 1], atol=1e-6)


def test_without_other_rows_the_training_rows_are_those_to_look_among(pairs: Run) -> None:
    frame = questions()
    found = pairs.nearest(frame.select("question"), k=1)
    assert found.height == 240 and found["row"].max() <= 240
    assert frame["answer"][found["row"].to_numpy() - 1].to_list() == found["answer"].to_list()
    assert pairs.nearest(["where kitten runs number 3"], k=2).height == 2


def test_the_file_holds_all_that_is_needed(pairs: Run, tmp_path: Path) -> None:
    copied = tmp_path / "alone.safetensors"
    copied.write_bytes((pairs.path / "model.safetensors").read_bytes())
    model = modelwright.load(copied)
    assert isinstance(model, Model) and "contrastive of 32 numbers" in repr(model)
    rows = questions(5, seed=3)
    np.testing.assert_array_equal(model.answers(rows), pairs.embed(rows))


def test_views_of_rows_and_a_probe_of_the_target(tmp_path: Path) -> None:
    frame = clusters().with_columns(kind=pl.when(pl.int_range(pl.len()) % 3 == 0).then(None).otherwise("kind"))
    run = train(frame, tmp_path, 3, target="kind", task="contrastive")
    plan = run.plan
    assert plan.contrast is not None
    assert (plan.contrast.positives, plan.contrast.views, plan.contrast.corrupt) == ("views", 2, 0.3)
    assert sum(plan.split.rows) == 240  # rows without a target are compared too
    assert "kind" not in [column.name for column in plan.inputs]
    probed = [each for each in run.result.baselines if each.metric == "probe_accuracy"]
    assert {"untrained network", "majority", "linear on the inputs"} == {each.name for each in probed}
    assert run.result.scores["probe_accuracy"].low > next(b.value for b in probed if b.name == "majority")
    assert run.predict(frame[:2]).columns[0] == "embedding_1"


def test_views_of_texts_leave_words_out(tmp_path: Path) -> None:
    texts = questions(240).select("question", subject=pl.col("answer").str.extract(r"the (\w+)"))
    run = train(texts, tmp_path, 12, target="subject", task="contrastive", data={"columns": {"question": "text"}})
    contrast = run.plan.contrast
    assert contrast is not None and (contrast.views, contrast.corrupt) == (2, 0.3)
    assert run.plan.why["contrastive.views"].startswith("default: a view leaves out")
    untrained = next(each for each in run.result.baselines if each.name == "untrained network")
    assert run.result.score.value > untrained.value
    near = run.nearest(["where kitten runs number 3"], k=5)
    assert near.height == 5 and run.predict(texts[:2]).shape == (2, 64)


def test_a_view_of_a_text_is_some_of_its_words_in_their_order() -> None:
    texts = torch.randint(1, 90, (200, 12)) * (torch.arange(12) < torch.randint(1, 13, (200, 1)))
    rows = torch.arange(200)
    made = [Thinned(seed=3, share=0.4, stream=stream)(2, rows, (texts,))[0] for stream in (600, 1600)]
    assert made[0].shape == texts.shape and not torch.equal(*made)
    assert torch.equal(Thinned(seed=3, share=0.4, stream=600)(2, rows[50:60], (texts[50:60],))[0], made[0][50:60])
    for before, after in zip(texts.tolist(), made[0].tolist(), strict=True):
        left = [token for token in after if token]
        assert left and after[: len(left)] == left, "padding comes last"
        words = iter(token for token in before if token)
        assert all(token in words for token in left)
    share = 1 - (made[0] != 0).sum() / (texts != 0).sum()
    assert 0.25 < share < 0.4


def test_labels(tmp_path: Path) -> None:
    run = train(clusters(), tmp_path, 8, target="kind", contrastive={"positives": "labels"})
    assert run.plan.contrast is not None and run.plan.contrast.views == 1 and run.plan.loss.startswith("SupCon")
    assert run.result.score.value > 0.8
    query = clusters()[:9]
    found = run.nearest(query.drop("kind"), k=5)
    same = (found["kind"] == query["kind"][found["query"].to_numpy() - 1]).mean()
    assert isinstance(same, float) and same > 0.8


def test_labels_that_no_training_row_has_are_compared_too(tmp_path: Path) -> None:
    frame = clusters(300).with_columns(kind=pl.Series([f"k{row // 2}" for row in range(300)]))
    run = train(frame, tmp_path, target="kind", contrastive={"positives": "labels"}, split={"stratify": False})
    assert run.plan.contrast is not None and run.plan.contrast.probe is None
    assert "no training row has the class" in run.plan.why["contrastive.probe"]
    assert "probe_accuracy" not in run.result.scores and np.isfinite(run.result.score.value)


@pytest.mark.parametrize("loss", ["TripletMarginLoss(margin=0.3)", "MarginRankingLoss(margin=0.2)"])
def test_triplets_mined_from_labels(loss: str, tmp_path: Path) -> None:
    run = train(clusters(), tmp_path, 6, target="kind", loss=loss, contrastive={"positives": "labels"})
    assert run.result.score.value > 0.7


@pytest.mark.parametrize("loss", ["auto", "InfoNCE(temperature=0.1)"])
def test_triplets_of_columns(loss: str, tmp_path: Path) -> None:
    run = train(questions(), tmp_path, 10, loss=loss, contrastive={"triplets": ["question", "answer", "wrong"]})
    assert run.result.score.value > 0.3
    assert run.plan.contrast is not None and run.plan.contrast.second is None
    assert run.predict(questions(2).select("answer")).columns[0] == "embedding_answer_1"


def test_a_text_and_numbers(tmp_path: Path) -> None:
    run = train(questions(), tmp_path, 10, contrastive={"pairs": ["question", ["size", "age"]]})
    assert run.plan.contrast is not None and run.plan.contrast.second is not None
    assert [column.name for column in run.plan.contrast.second.inputs] == ["size", "age"]
    found = run.nearest(pl.DataFrame({"size": [0.5], "age": [0.5]}), k=3)
    assert all("cat" in text or "kitten" in text for text in found["question"])


def test_one_network_for_both(tmp_path: Path) -> None:
    run = train(questions(), tmp_path, 10, contrastive={"pairs": ["question", "answer"], "shared": True})
    assert run.plan.contrast is not None and run.plan.contrast.towers == 1
    assert run.result.scores["mean_rank"].value < 10


def test_views_of_pictures_with_a_head(tmp_path: Path) -> None:
    rows = folders(tmp_path / "rows", shades(90), classes(90))
    run = train(rows, tmp_path, task="contrastive", model="cnn(widths=[4])", contrastive={"projection": 8})
    assert run.plan.contrast is not None and len(run.plan.contrast.projection) == 4
    assert run.plan.outputs.targets == ("label",) and run.plan.augment
    found = run.nearest(str(rows / "cat"), k=2)
    assert {"file", "label", "similarity"} <= set(found.columns)
    assert run.predict(shades(3)[:, 0]).shape == (3, 128)


def test_folders_of_matching_pictures(tmp_path: Path) -> None:
    left, right = shades(40), 255 - shades(40)
    for name, pictures in (("left", left), ("right", right)):
        (tmp_path / "rows" / name).mkdir(parents=True)
        for row, picture in enumerate(pictures):
            (tmp_path / "rows" / name / f"{row:03d}.png").write_bytes(encoded(picture))
    (tmp_path / "rows" / "left" / "alone.png").write_bytes(encoded(left[0]))
    run = train(tmp_path / "rows", tmp_path, model="cnn(widths=[4])", contrastive={"pairs": ["left", "right"]})
    assert sum(run.plan.split.rows) == 40 and run.plan.contrast is not None and run.plan.contrast.second is not None
    assert run.predict(str(tmp_path / "rows" / "right")).columns[1] == "embedding_left_1"


def test_a_picture_and_its_text(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for row, picture in enumerate(shades(40)):
        (tmp_path / "p" / f"{row}.png").write_bytes(encoded(picture))
    words = {"cat": "a dark small cat", "dog": "some dog between", "owl": "one bright owl there"}
    frame = pl.DataFrame({"photo": [f"p/{row}.png" for row in range(40)], "caption": [words[c] for c in classes(40)]})
    frame.write_csv(tmp_path / "rows.csv")
    data = {"columns": {"caption": "text"}}
    contrastive = {"pairs": ["photo", "caption"]}
    run = train(tmp_path / "rows.csv", tmp_path, 10, data=data, model="cnn(widths=[4])", contrastive=contrastive)
    assert run.plan.contrast is not None and run.plan.contrast.second is not None
    assert run.plan.contrast.second.recipe is not None and run.plan.contrast.second.recipe.startswith("bag")
    found = run.nearest(["one bright owl there"], among=str(tmp_path / "p"), k=3)
    assert found.height == 3 and "file" in found.columns


def test_a_cohort_has_the_mean_similarity_of_its_models(tmp_path: Path) -> None:
    run = train(clusters(), tmp_path, 1, target="kind", task="contrastive", train={"seeds": 2})
    rows = clusters(4, seed=5)
    alone = [
        modelwright.load(path / "model.safetensors").answers(rows) for path in sorted((run.path / "members").iterdir())
    ]
    joined = run.embed(rows)
    np.testing.assert_allclose(joined @ joined.T, np.mean([one @ one.T for one in alone], axis=0), atol=1e-6)
