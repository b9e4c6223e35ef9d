"""Contract of all rules: listed, documented, declared by cases, firing and silent where they must be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelwright.checks
from check_cases_contrast import CONTRAST
from check_cases_data import DATA
from check_cases_layers import LAYERS
from check_cases_leakage import LEAKAGE
from check_cases_model import MODEL
from check_cases_pictures import PICTURES
from check_cases_program import PROGRAMS
from check_cases_series import SERIES
from check_cases_trained import TRAINED
from check_cases_training import TRAINING
from check_facts import Case, at_warning
from modelwright.checks.facts import NEEDS, Facts
from modelwright.checks.loss.h504_loss_for_task import METRICS_OF_CLASSES, METRICS_OF_NUMBERS
from modelwright.checks.rule import HEADINGS, PHASES, code_of, docstring, load
from modelwright.checks.rules import BY_PHASE, RULES
from modelwright.diagnostic import SEVERITIES
from modelwright.evaluate.metrics import ALIASES, METRICS

DECLARED = (CONTRAST, DATA, LEAKAGE, MODEL, LAYERS, PICTURES, PROGRAMS, SERIES, TRAINED, TRAINING)
CASES: dict[str, list[Case]] = {
    code: [case for cases in DECLARED for case in cases.get(code, [])] for cases in DECLARED for code in cases
}
HOME = Path(modelwright.checks.__file__).parent


def test_every_rule_module_is_listed() -> None:
    modules = {f"{path.parent.name}.{path.stem}" for path in HOME.glob("*/*.py") if re.match(r"[a-z]\d{3}_", path.name)}
    assert modules == set(RULES)
    assert len(RULES) == len(set(RULES))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_is(name: str) -> None:
    rule = load(name)
    assert rule.code == code_of(name)
    assert name in BY_PHASE[rule.phase]
    assert rule.phase in PHASES
    assert rule.severity in SEVERITIES
    assert set(rule.needs) <= set(NEEDS)
    headings = re.findall(r"^## (.*)$", docstring(name), flags=re.MULTILINE)
    assert headings == list(HEADINGS)
    assert all(part.strip() for part in re.split(r"^## .*$", docstring(name), flags=re.MULTILINE))


@pytest.mark.parametrize("name", RULES)
def test_each_rule_has_a_firing_and_a_silent_case(name: str) -> None:
    cases = CASES[code_of(name)]
    assert any(case.severity is not None for case in cases)
    assert any(case.severity is None for case in cases)


def test_no_case_is_of_an_unknown_rule() -> None:
    assert set(CASES) == {code_of(name) for name in RULES}


@pytest.mark.parametrize(
    ("code", "case"),
    [pytest.param(code, case, id=f"{code} {case.name}") for code, cases in CASES.items() for case in cases],
)
def test_case(code: str, case: Case) -> None:
    rule = next(load(name) for name in RULES if code_of(name) == code)
    facts = case.facts()
    check, needs = (rule.check, rule.needs) if facts.program is None else (rule.program, rule.program_needs)
    assert check is not None
    lacking = [need for need in needs if not facts.known(need)]
    assert not (lacking and case.severity), f"the case lacks {lacking}"
    found = [] if lacking else list(check(facts))
    assert all(diagnostic.code == code for diagnostic in found)
    if case.severity is None:
        assert (found if rule.severity == "note" else at_warning(found)) == []
        return
    matching = [diagnostic for diagnostic in found if diagnostic.severity == case.severity]
    assert matching, [(d.severity, d.message) for d in found]
    assert any(case.says in f"{d.message} {d.received} {d.expected}" for d in matching)
    assert all(d.message and not d.message.endswith(".") and d.expected and "\n" not in d.message for d in matching)


def test_a_need_that_is_missing_is_known_as_missing() -> None:
    empty = Facts()
    assert not any(empty.known(need) for need in NEEDS)


def test_metrics_are_those_that_are_computed() -> None:
    others = {"regression", "forecasting", "contrastive"}
    of_classes = {name for name, metric in METRICS.items() if set(metric.prepare) - others}
    of_numbers = {name for name, metric in METRICS.items() if "regression" in metric.prepare}
    aliases = set(ALIASES)
    assert of_classes - of_numbers | {alias for alias in aliases if ALIASES[alias] in of_classes} == METRICS_OF_CLASSES
    assert of_numbers - of_classes | {alias for alias in aliases if ALIASES[alias] in of_numbers} == METRICS_OF_NUMBERS
