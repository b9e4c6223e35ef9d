"""The simple models are the same whether they are fitted while the network trains or after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modelwright.api import request_for
from modelwright.data.machine import cores
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.run.score import _simple, judged, judged_beside, score_run
from modelwright.training.execution import threads

PENGUINS = Path(__file__).parents[1] / "examples" / "penguins" / "penguins.csv"
pytestmark = pytest.mark.skipif(cores() == 1, reason="no core is free")


def assembled(*overrides: str) -> Assembly:
    request = request_for(str(PENGUINS), target="species", overrides=["train.epochs=3", *overrides])
    dataset = read_dataset(request.description, request.base, None)
    return assemble(prepare(dataset, splits(dataset)[0]))


def test_beside_a_training_they_are_the_same_to_the_bit() -> None:
    assembly = assembled()
    with threads(assembly.plan.execution.threads):
        beside = judged_beside(assembly, assembly.prepared.split)
        assert beside is not None and beside.simple is not None
        for _ in assembly.trainer.run():
            pass
        after = judged(assembly, assembly.prepared.split)
        assert after.simple is None
        for one, other in zip(beside.simple.result(), _simple(assembly, after.part), strict=True):
            assert one.baseline == other.baseline
            assert np.array_equal(one.outputs, other.outputs)
        assert score_run(assembly, beside).to_json() == score_run(assembly, after).to_json()


def test_where_the_network_uses_all_cores_they_wait() -> None:
    assembly = assembled("train.threads=2")
    assert judged_beside(assembly, assembly.prepared.split) is None


def test_what_fails_in_the_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelwright.run import score

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(score, "_simple", fail)
    assembly = assembled()
    on = judged_beside(assembly, assembly.prepared.split)
    assert on is not None
    with pytest.raises(ZeroDivisionError):
        score_run(assembly, on)
