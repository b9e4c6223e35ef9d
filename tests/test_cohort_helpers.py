"""Members of a cohort that helper processes train: the same bytes, whoever trains, is stopped or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import modelwright
from modelwright.api import request_for
from modelwright.plan.plan import Plan
from modelwright.run import members
from modelwright.run.events import Member, Scored
from modelwright.run.parallel import CLAIM, claim, helpers_that_pay, release
from modelwright.run.request import Interrupted, Stop
from modelwright.run.start import resume, start
from real import PENGUINS, needs_data
from test_cohort import IN_TURNS, contents

pytestmark = needs_data


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    runs = tmp_path_factory.mktemp("alone")
    return contents(modelwright.train(PENGUINS, target="species", runs=runs, name="run", **IN_TURNS).path)


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "helpers_that_pay", lambda *_: 1)


def patiently(folder: Path, how_many: int) -> None:
    """Wait until so many members have their scores."""
    deadline = time.monotonic() + 100
    while len(list(folder.glob("members/*/score.json"))) < how_many and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.usefixtures("helped")
def test_a_helper_trains_the_same_bytes(alone: dict[str, bytes], tmp_path: Path) -> None:
    """The first member waits for the helper, which begins at the end: so both have trained some."""
    request = request_for(PENGUINS, target="species", description=IN_TURNS)
    seen: list[str] = []
    for event in start(request, tmp_path, "run"):
        if isinstance(event, Member):
            seen.append(event.name)
        if isinstance(event, dict) and len(seen) == 1:
            patiently(tmp_path / "run-1", 1)
    assert isinstance(event, Scored) and sorted(seen) == sorted(set(seen)) and len(seen) == 6
    assert contents(tmp_path / "run-1") == alone
    assert not list((tmp_path / "run-1/members").glob(f"{CLAIM}*"))


@pytest.mark.usefixtures("helped")
def test_stopping_stops_the_helper_and_both_go_on(alone: dict[str, bytes], tmp_path: Path) -> None:
    request = request_for(PENGUINS, target="species", description=IN_TURNS)
    with pytest.raises(Interrupted):
        for event in start(request, tmp_path, "run"):
            if isinstance(event, dict):
                patiently(tmp_path / "run-1", 1)
                request.stop.asked = True
    assert not list(tmp_path.glob("run-1/score.json"))
    list(resume(tmp_path / "run-1", Stop()))
    assert contents(tmp_path / "run-1") == alone


def test_a_killed_cohort_takes_its_helper_along(alone: dict[str, bytes], tmp_path: Path) -> None:
    code = (
        "from modelwright.run import members, start as s; from modelwright.api import request_for\n"
        "from pathlib import Path\n"
        "from test_cohort import IN_TURNS, PENGUINS\n"
        "members.helpers_that_pay = lambda *_: 1\n"
        "for event in s.start(request_for(PENGUINS, target='species', description=IN_TURNS), Path('.'), 'run'):\n"
        "    print(type(event).__name__, flush=True)\n"
        "    while type(event).__name__ == 'dict' and not list(Path('run-1').glob('members/*/score.json')): pass\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    child = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    patiently(tmp_path / "run-1", 2)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    list(resume(tmp_path / "run-1", Stop()))
    assert contents(tmp_path / "run-1") == alone


@pytest.mark.usefixtures("helped")
def test_what_a_failed_helper_leaves_is_trained_here(
    alone: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The helper is a program that claims a member and fails."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\n: > "$3/members/{CLAIM}fold-3-seed-1"\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    request = request_for(PENGUINS, target="species", description=IN_TURNS)
    for event in start(request, tmp_path / "runs", "run"):
        if isinstance(event, dict):
            while not list(tmp_path.glob(f"runs/run-1/members/{CLAIM}fold-3-seed-1")):
                time.sleep(0.01)
    assert contents(tmp_path / "runs/run-1") == alone


def test_one_claims(tmp_path: Path) -> None:
    assert claim(tmp_path / "seed-0") and not claim(tmp_path / "seed-0") and claim(tmp_path / "seed-1")
    release(tmp_path)
    assert claim(tmp_path / "seed-0")


def test_helpers_only_where_they_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan: Plan = modelwright.train(PENGUINS, target="species", train={"epochs": 1}, runs=tmp_path).plan
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4))
    long = plan.model_copy(update={"train": plan.train.model_copy(update={"epochs": 100_000})})
    shared = long.model_copy(update={"execution": plan.execution.model_copy(update={"threads": 2})})
    assert helpers_that_pay(plan, 1_000, 10) == 0
    assert (helpers_that_pay(long, 1_000, 10), helpers_that_pay(long, 1_000, 2)) == (3, 1)
    assert helpers_that_pay(long, 1_000, 1) == 0 and helpers_that_pay(shared, 1_000, 10) == 0
