"""The numbers of the figures: those of the run's files, of scikit-learn, or of the definition."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from modelwright.data.arrays import features
from modelwright.model.preprocess import Preprocess
from modelwright.plan.inputs import plan_inputs
from modelwright.report.evidence import Rows
from modelwright.report.inputs import places
from modelwright.report.plane import oscillation, plane, turning
from modelwright.report.sections.confusion import matrix
from modelwright.report.sections.ranking import curves
from modelwright.report.sections.reliability import wilson
from modelwright.report.track import MOST_COPIES, Track, flat, learned, put
from modelwright.report.words import labels, thinned
from modelwright.run.handle import Run
from reports import blocks_of, made
from tables import spec, table_of


def answers_of(run: Run) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Return the test rows of a run as `predict` sees them, with their answers and the row numbers in the report."""
    rows = np.array([row[0] for row in blocks_of(run)["errors"]["table"]["rows"]]) - 1
    frame = run.model.read(run.plan.data.paths[0]).frame[rows]
    return frame, run.model.answers(frame), rows


def test_the_curves_are_those_of_the_metrics_file() -> None:
    run = made("multiclass")
    blocks, history = blocks_of(run), run.history
    (loss, validation), score, rate = (
        blocks["loss"]["plots"][0]["traces"],
        blocks["score-by-epoch"],
        blocks["learning-rate"],
    )
    assert loss["x"] == [record["epoch"] for record in history]
    assert loss["y"] == [record["loss"] for record in history]
    assert validation["y"] == [record["validation_loss"] for record in history]
    assert score["plots"][0]["traces"][0]["y"] == [record["validation_accuracy"] for record in history]
    assert rate["plots"][0]["traces"][0]["y"] == [record["lr"] for record in history]
    assert [row[1] for row in blocks["loss"]["table"]["rows"]] == [record["loss"] for record in history]


@pytest.mark.parametrize("kind", ("multiclass", "regression", "binary", "multilabel", "cohort"))
def test_the_score_and_the_baselines_are_those_of_the_score_file(kind: str) -> None:
    run = made(kind)
    own, *others = blocks_of(run)["score"]["bars"]
    assert (own["value"], own["low"], own["high"]) == (run.score.value, run.score.low, run.score.high)
    told = {bar["name"]: (bar["value"], bar["verdict"]) for bar in others}
    better = run.score.higher_is_better
    assert told == {b.name: (b.value, b.verdict(better)) for b in run.result.baselines if b.metric == run.score.metric}


def test_the_worst_rows_are_answered_as_the_model_answers_them() -> None:
    run = made("regression")
    block = blocks_of(run)["errors"]
    frame, given, rows = answers_of(run)
    truth = pl.read_csv(run.plan.data.paths[0])["median_house_value"][rows].to_numpy()
    errors = [row[3] for row in block["table"]["rows"]]
    assert np.allclose(errors, given.reshape(-1) - truth, rtol=1e-4)
    assert np.all(np.diff(np.abs(errors)) <= 1e-3)
    first = [row[4] for row in block["table"]["rows"]]
    assert np.allclose(first, frame[block["table"]["columns"][4]].to_numpy())


def test_shuffling_the_only_column_that_matters_costs_what_the_definition_says() -> None:
    worth = {row[0]: row[1:] for row in blocks_of(made("binary"))["importance"]["table"]["rows"]}
    assert set(worth) == {"size", "kind", "flag"}
    assert max(worth, key=lambda name: worth[name][0]) == "size"
    value, low, high = worth["size"]
    assert low <= value <= high and low > 0
    assert worth["flag"][1] <= 0.02  # a coin that the answer does not hang on


def test_partial_dependence_is_the_mean_answer_of_the_model_file() -> None:
    run = made("regression")
    block = blocks_of(run)["dependence"]
    column, value = block["table"]["rows"][3][0], float(block["table"]["rows"][3][1])
    mean = block["table"]["rows"][3][3]
    frame = run.model.read(run.plan.data.paths[0]).frame
    every = run.model.answers(frame.with_columns(pl.lit(value).alias(column))).mean()
    assert math.isclose(mean, every, rel_tol=0.1)  # the report takes a sample of the test rows


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.2, 0.5, 0.9, 1.0]), st.booleans()), min_size=4, max_size=60))
def test_curves_are_those_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

    scores, truth = np.array([score for score, _ in rows]), np.array([yes for _, yes in rows])
    given_rows = Rows(part="test", frame=pl.DataFrame(), numbers=truth, target=truth[:, None], answers=scores)
    assert (matrix(2, given_rows) == confusion_matrix(truth, scores > 0.5, labels=[False, True])).all()
    if truth.all() or not truth.any():
        return
    found = curves(scores, truth)
    fpr, tpr, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    assert np.allclose(found["fpr"], fpr) and np.allclose(found["tpr"], tpr)
    assert np.allclose(found["threshold"][1:], thresholds[1:])
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert np.allclose(found["precision"][1:], precision[:-1][::-1]) and np.allclose(
        found["tpr"][1:], recall[:-1][::-1]
    )


def test_wilsons_interval_is_scipys() -> None:
    from scipy.stats import binomtest

    for right, rows in ((0, 12), (7, 20), (50, 50)):
        expected = binomtest(right, rows).proportion_ci(method="wilson")
        assert np.allclose(wilson(right / rows, rows), (expected.low, expected.high), atol=1e-6)


def test_places_are_where_a_change_of_the_column_shows() -> None:
    random = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "n": pl.Series([None, *random.normal(size=79)]),
            "c": random.choice(["a", "b", "c"], 80),
            "d": pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 4, 7), "1h", eager=True),
            "e": [f"k{i % 40}" for i in range(80)],
            "m": pl.Series(["x", None] * 40),
            "b": random.random(80) > 0.5,
            "y": random.normal(size=80),
        }
    )
    table, rows = table_of(frame), np.arange(80)
    inputs, _, _ = plan_inputs(spec(data={"target": "y"}), table, rows)
    preprocess = Preprocess.fit(inputs, features(frame, inputs), "StandardScaler", "SimpleImputer(strategy='median')")

    def made_of(changed: pl.DataFrame) -> list[np.ndarray]:
        arrays = features(changed, inputs)
        return [each.numpy() for each in preprocess(torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes))]

    before, found = made_of(frame), places(inputs)
    assert set(found) == set(frame.columns) - {"y"}
    for column in inputs:
        other = frame.with_columns(frame[column.name].reverse().shift(1))
        changed = [np.flatnonzero((a != b).any(0)) for a, b in zip(before, made_of(other), strict=True)]
        assert set(changed[0]) <= set(found[column.name].x)
        assert set(changed[1] if len(changed) > 1 else []) <= set(found[column.name].codes)
        assert len(changed[0]) + sum(len(each) for each in changed[1:]) > 0
    assert sorted(at for each in found.values() for at in each.x) == list(range(before[0].shape[1]))


def test_the_plane_holds_a_path_that_lies_in_one() -> None:
    torch.manual_seed(0)
    a, b = torch.linalg.qr(torch.randn(50, 2)).Q.T
    path = [3 * x * a + y * b for x, y in ((2.0, 1.0), (1.0, -1.0), (0.5, 0.2), (0.0, 0.0))]
    found = plane(torch.zeros(50), path)
    assert found is not None and math.isclose(found.share.sum(), 1.0)
    again = found.points @ found.directions.double().numpy()
    assert np.allclose(again, torch.stack(path).numpy(), atol=1e-5)
    assert np.allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-5)
    assert plane(torch.zeros(3), [torch.ones(3), 2 * torch.ones(3), torch.zeros(3)]) is None


def test_oscillation_and_turning_are_what_their_words_say() -> None:
    there = [torch.tensor([float(x), 0.0]) for x in (0, 1, 2, 3)]
    zigzag = [torch.tensor([0.0, float(x % 2)]) for x in range(5)]
    assert (oscillation(there), turning(there)) == (0.0, 1.0)
    assert (oscillation(zigzag), turning(zigzag)) == (1.0, -1.0)


def test_a_track_is_a_function_of_the_epochs_and_bounded() -> None:
    model = nn.Linear(3, 2)
    one, other = Track.of(model), Track.of(model)
    for epoch in range(1001):
        with torch.no_grad():
            model.weight.fill_(epoch)
        one.see(epoch, model)
        if epoch % 16 == 0:
            other.see(epoch, model)
        assert len(one.copies) <= MOST_COPIES
    assert one.stride == 16 and sorted(one.copies) == sorted(other.copies) == list(range(0, 1001, 16))
    assert all(copy[0] == epoch for epoch, copy in one.copies.items())


def test_weights_go_out_and_in_again_and_frozen_ones_stay() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    before, frozen = flat(model), model[0].weight.clone()
    assert len(before) == sum(parameter.numel() for parameter in learned(model)) == 4 + 3
    put(model, before + 1)
    assert torch.equal(flat(model), before + 1) and torch.equal(model[0].weight, frozen)


def test_a_model_too_large_for_a_track_says_so() -> None:
    with torch.device("meta"):
        track = Track.of(nn.Linear(2000, 2000))
    assert "4,002,000" in track.missing


@given(st.lists(st.text(min_size=1), max_size=30))
def test_labels_never_coincide(names: list[str]) -> None:
    assert len(set(labels(names, 16))) == len(names)


def test_thinned_rows_keep_their_ends_and_say_so() -> None:
    rows, note = thinned(list(range(1000)), 200)
    assert (rows[0], rows[-1], len(rows)) == (0, 999, 200) and "200 of 1,000" in note
    assert thinned([1, 2], 200) == ([1, 2], "")


def test_the_score_of_each_slice_is_that_of_its_rows() -> None:
    run = made("regression")
    rows = blocks_of(run)["slices"]["table"]["rows"]
    total = run.result.scores["mae"].value
    for _, count, own, rest, gap, low, high in rows:
        whole = (own * count + rest * (run.result.rows - count)) / run.result.rows
        assert math.isclose(whole, total, rel_tol=1e-5) and math.isclose(gap, own - rest, rel_tol=1e-6)
        assert low <= gap <= high


def test_the_confusion_matrix_gives_the_accuracy() -> None:
    for kind in ("multiclass", "binary", "cohort"):
        run = made(kind)
        cells = blocks_of(run)["confusion"]["table"]["rows"]
        assert sum(cell[2] for cell in cells) == run.result.rows
        right = sum(cell[2] for cell in cells if cell[0] == cell[1]) / run.result.rows
        assert math.isclose(right, run.result.scores["accuracy"].value, abs_tol=0.01 if kind == "cohort" else 1e-12)
