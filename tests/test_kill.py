"""Runs that are killed and resumed end with the bytes of the undisturbed run (`kill_trials.py` has the trials)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRIALS = Path(__file__).with_name("kill_trials.py")


@pytest.mark.parametrize(("kind", "number", "least"), [("random", 8, 8), ("calls", 7, 10)])
def test_killed_runs_end_like_the_undisturbed_one(kind: str, number: int, least: int) -> None:
    done = subprocess.run([sys.executable, TRIALS, kind, str(number)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trials"] >= least
    assert told["equal"] == told["trials"], done.stderr
