"""SARIF: every finding with its rule and its place, and what could not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelwright.checks.run import Receipt
from modelwright.cli import run
from modelwright.diagnostic import Diagnostic, Place
from modelwright.sarif import to_sarif


def test_a_finding_becomes_a_result_with_its_place() -> None:
    where = Place(file="a.yaml", line=3, column=7, length=4, key="loss")
    found = Diagnostic(code="H504", severity="warning", message="m", where=where, expected="e", help="f")
    (log,) = to_sarif(Receipt(diagnostics=(found,), not_run={"L207": "needs a time column"}))["runs"]
    (result,) = log["results"]
    assert result["ruleId"] == "H504" and result["level"] == "warning"
    assert result["message"]["text"] == "m\nexpected: e\nfix: f"
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7, "endColumn": 11}
    assert log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "H504"
    (note,) = log["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "L207 could not run: it needs a time column"


def test_the_command_prints_one_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.yaml"
    file.write_text("model: [Linear(..., 8), Linear(..., 3)]\noptimiser: Adam\n")
    assert run(["check", str(file), "--sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert {"Y001", "M401"} <= {result["ruleId"] for result in log["runs"][0]["results"]}
