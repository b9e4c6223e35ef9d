"""Runs that are killed and resumed end with the bytes of the undisturbed run (`kill_trials.py` has the trials)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRIALS = Path(__file__).with_name("kill_trials.py")


@pytest.mark.parametrize(
    ("kind", "number", "least", "data"),
    [
        *(("random", 8, 8, "rows"), ("calls", 7, 10, "rows")),
        *(("random", 6, 6, "pictures"), ("calls", 19, 4, "pictures"), ("random", 3, 3, "views")),
        *(("random", 5, 5, "gan"), ("calls", 23, 4, "gan")),
        *(("random", 2, 2, "texts"), ("random", 2, 2, "sequences"), ("random", 2, 2, "forecast")),
    ],
)
def test_killed_runs_end_like_the_undisturbed_one(kind: str, number: int, least: int, data: str) -> None:
    words = [sys.executable, TRIALS, kind, str(number), data]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trials"] >= least
    assert told["equal"] == told["trials"], done.stderr
