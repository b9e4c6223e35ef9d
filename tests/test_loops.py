"""Training loops of scripts that ask for a check: what is wrong in them is said with its line, right ones pass."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import modelwright
from modelwright.checks.program.loops import left_in_evaluation, loops

LOOPS = Path(__file__).parent / "loops"
SCRIPTS = sorted(LOOPS.glob("*.py"))
LINES = {
    "E802": r"acc|f1|append",
    "L201": r"loader = DataLoader",
    "L202": r"fit|mean|Scaler|scale|dataset",
    "L203": r"Select|fit",
    "L204": r"resampl|sample",
    "L207": r"sequences|windows|unfold",
    "L210": r"test",
    "M409": r"requires_grad",
    "O601": r"torch\.optim\.",
    "O602": r"\.step\(\)|zero_grad|\.backward\(\)",
    "O603": r"\.eval|model\(",
    "O604": r"loss|append",
    "O606": r"scheduler|sched",
    "O608": r"\.backward\(\)",
    "O609": r"clip_grad",
    "O610": r"check\(",
    "O613": r"torch\.load",
}
"""What stands in the line that is pointed at."""


def found_by(script: Path) -> modelwright.Diagnostics:
    """Return what a script finds when it runs."""
    return runpy.run_path(str(script))["found"]


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")  # torch says it when it is too late
@pytest.mark.parametrize(
    "script", [s for s in SCRIPTS if not s.stem.startswith("right_")], ids=lambda script: script.stem
)
def test_a_faulty_loop_is_found_at_its_line(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = script.stem.partition("_")[0].upper()
    told = [d for d in found_by(script) if d.severity != "note"]
    assert {d.code for d in told} == {code}
    where = told[0].where
    assert where.file is not None and Path(where.file).name == script.name
    assert re.search(LINES[code], script.read_text().splitlines()[(where.line or 1) - 1])


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.stem[0] == "r"], ids=lambda script: script.stem)
def test_a_right_loop_passes(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [(d.code, d.message) for d in found_by(script) if d.severity != "note"] == []


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    cell = tmp_path / "cell.py"
    cell.write_text("%matplotlib inline\nfor x in loader:\n    loss.backward()\n    optimizer.step()\n")
    assert loops(None) == loops(str(cell)) == loops(str(tmp_path / "none.py")) == ()
    assert left_in_evaluation(str(cell), 1) is None


def test_calls_that_resemble_steps_are_none(tmp_path: Path) -> None:
    script = tmp_path / "environment.py"
    script.write_text("for x in rows:\n    state = env.step(action)\n    loss.backward()\n    scheduler.step()\n")
    assert loops(str(script)) == ()
