"""Running a phase: what ran, what could not and why, what was ignored, and that rules wait for what they lack."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from check_facts import description, halves, table
from modelwright.checks.facts import Facts
from modelwright.checks.rules import BY_PHASE
from modelwright.checks.run import Receipt, run
from modelwright.diagnostic import Diagnostic

X = np.random.default_rng(0).normal(size=300)
LEAK = ["no" if value < 0 else "yes" for value in X]


def _facts(**more: object) -> Facts:
    rows = table({"x": X[::-1], "answer": [label.upper() for label in LEAK], "y": LEAK})
    return Facts(description=description(), table=rows, targets=("y",), task="binary", split=halves(300), **more)  # type: ignore[arg-type]


def test_a_rule_that_lacks_something_says_what_and_runs_when_it_is_there() -> None:
    first = run("description", Facts(description=description(loss="MSELoss")))
    assert first.not_run == {"H503": "needs a known task", "H504": "needs a known task"}
    facts = _facts()
    second = run("data", Facts(**{**vars(facts), "description": description(loss="MSELoss")}), before=first)
    assert "H504" in second.ran
    assert "H504" not in second.not_run
    assert [d.code for d in second.diagnostics if d.severity == "error"] == ["H504", "L205"]
    assert second.not_run["L202"] == "needs the plan"


def test_every_rule_of_a_phase_ran_or_has_a_reason() -> None:
    for phase, names in BY_PHASE.items():
        receipt = run(phase, Facts())  # type: ignore[arg-type]
        assert len(receipt.ran) + len(receipt.not_run) == len(names)
        assert all(reason.startswith("needs ") for reason in receipt.not_run.values())


def test_ignored_findings_are_counted_and_shown() -> None:
    receipt = run("data", _facts(), ignore=["L205"])
    assert receipt.ignored == {"L205": 1}
    assert "L205" in receipt.ran
    assert not any(d.code == "L205" for d in receipt.diagnostics)
    assert "ignored: L205 (1)" in receipt.summary()


def test_an_unknown_code_is_reported_once_with_a_near_miss() -> None:
    first = run("description", Facts(description=description()), ignore=["L2O5", "L205"])
    second = run("data", _facts(), ignore=["L2O5", "L205"], before=first)
    unknown = [d for d in second.diagnostics if d.code == "Y004"]
    assert [d.message for d in unknown] == [
        "`ignore` names `L2O5`, which is not the code of a rule; did you mean `L205`?"
    ]
    assert unknown[0].severity == "warning"
    assert unknown[0].help == "ignore: [L205]"
    assert unknown[0].where.key == "ignore[0]"


def test_a_code_that_is_no_rule_cannot_be_ignored() -> None:
    found = run("description", Facts(description=description()), ignore=["F001"]).diagnostics
    assert [d.code for d in found] == ["Y004"]
    assert "cannot be ignored" in found[0].expected


def test_summary_is_one_line() -> None:
    note = Diagnostic(code="D105", severity="note", message="m")
    error = Diagnostic(code="L205", severity="error", message="m")
    receipt = Receipt(
        diagnostics=(error, note),
        ran=("D105", "L205", "D101"),
        not_run={"L202": "needs the plan", "D109": "needs the plan", "L210": "needs the record"},
    )
    assert receipt.summary() == (
        "checked 3 rules: 1 silent, 1 error, 1 note; 3 could not run: L202, D109 need the plan; L210 needs the record"
    )
    assert Receipt(ran=("D101",)).summary() == "checked 1 rule: 1 silent"


def test_receipts_add_up_without_repeating() -> None:
    note = Diagnostic(code="D105", severity="note", message="m")
    first = Receipt(diagnostics=(note,), ran=("D105",), not_run={"H503": "needs a known task"}, ignored={"D101": 1})
    both = first + Receipt(diagnostics=(note,), ran=("H503",), ignored={"D101": 2})
    assert both == Receipt(diagnostics=(note,), ran=("D105", "H503"), ignored={"D101": 3})
    assert both.to_json() == {
        "diagnostics": [note.to_json()],
        "ran": ["D105", "H503"],
        "not_run": {},
        "ignored": {"D101": 3},
    }


def test_checking_changes_nothing() -> None:
    facts = _facts()
    assert facts.table is not None
    before = facts.table.frame.clone()
    np.random.seed(1)
    state = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    run("data", facts)
    assert facts.table.frame.equals(before)
    assert (np.random.get_state()[1] == state).all()  # type: ignore[index]


def test_a_description_is_checked_without_torch_polars_and_scikit_learn() -> None:
    code = (
        "import sys\n"
        "from modelwright.checks.facts import Facts\n"
        "from modelwright.checks.run import run\n"
        "from modelwright.spec.source import from_mapping\n"
        "given = from_mapping({'data': {'path': 'a.csv'}, 'optimizer': 'Adam(lr=2)'})\n"
        "found = run('description', Facts(description=given))\n"
        "assert [d.code for d in found.diagnostics] == ['O605'], found\n"
        "heavy = {'torch', 'polars', 'numpy', 'sklearn', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_rules_of_data_need_no_torch_and_no_scikit_learn() -> None:
    code = (
        "import sys\n"
        "from modelwright.checks.rule import load\n"
        "from modelwright.checks.rules import RULES\n"
        "assert [load(name).code for name in RULES]\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
