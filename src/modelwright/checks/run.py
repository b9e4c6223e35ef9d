"""Run the rules of one phase and keep the receipt: what ran, what could not and why, what was silenced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modelwright.checks.facts import NEEDS, Facts
from modelwright.checks.rule import Phase, as_meant, code_of, load
from modelwright.checks.rules import BY_PHASE, IN_SCRIPTS, RULES
from modelwright.diagnostic import SEVERITIES, Diagnostic, by_severity
from modelwright.spec.near import did_you_mean, near

STRANGE = (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError, ArithmeticError)
"""What somebody's model or data, unlike any that a rule was written for, may raise; their script must go on."""
STUMBLED = "stumbled over this model"
LEFT_OUT = "needs the dry run, which was left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was found and what was looked for. `not_run` gives the reason by code, `ignored` the findings silenced."""

    diagnostics: tuple[Diagnostic, ...] = ()
    ran: tuple[str, ...] = ()
    not_run: dict[str, str] = field(default_factory=dict[str, str])
    ignored: dict[str, int] = field(default_factory=dict[str, int])

    def __add__(self, later: Receipt) -> Receipt:
        """Return both as one; what ran in either has run."""
        ran = tuple(dict.fromkeys((*self.ran, *later.ran)))
        return Receipt(
            diagnostics=tuple(by_severity(dict.fromkeys((*self.diagnostics, *later.diagnostics)))),
            ran=ran,
            not_run={code: why for code, why in {**self.not_run, **later.not_run}.items() if code not in ran},
            ignored=dict(Counter(self.ignored) + Counter(later.ignored)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the receipt as JSON values."""
        return {
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
            "ran": list(self.ran),
            "not_run": dict(self.not_run),
            "ignored": dict(self.ignored),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Receipt:
        """Return the receipt that `to_json` gave."""
        found = tuple(Diagnostic.from_json(each) for each in value["diagnostics"])
        return cls(diagnostics=found, ran=tuple(value["ran"]), not_run=value["not_run"], ignored=value["ignored"])

    def summary(self) -> str:
        """Return one line: how many rules ran, what they found, what could not run and why."""
        spoke = {diagnostic.code for diagnostic in self.diagnostics} | set(self.ignored)
        silent = sum(code not in spoke for code in self.ran)
        counts = Counter(d.severity for d in self.diagnostics if d.code in self.ran)
        found = [f"{silent} silent", *(_count(counts[s], s) for s in SEVERITIES if counts[s])]
        parts = [f"checked {_count(len(self.ran), 'rule')}: {', '.join(found)}"]
        if self.ignored:
            parts.append(f"ignored: {', '.join(f'{code} ({count})' for code, count in self.ignored.items())}")
        if self.not_run:
            parts.append(f"{len(self.not_run)} could not run: {_reasons(self.not_run)}")
        return "; ".join(parts)


def run(phase: Phase, facts: Facts, ignore: Sequence[str] = (), before: Receipt | None = None) -> Receipt:
    """Run the rules of `phase`, and those that could not run in `before` but can now; add the result to `before`.

    Codes in `ignore` still run and are counted; a code that no rule has is itself reported (Y004).
    """
    before = before or Receipt(diagnostics=tuple(_unknown_codes(facts, ignore)))
    open_now = {code for code, why in before.not_run.items() if why != LEFT_OUT}
    waiting = [name for name in RULES if code_of(name) in open_now and name not in BY_PHASE[phase]]
    rules = [load(name) for name in (*waiting, *BY_PHASE[phase])]
    looked = [(rule.code, rule.needs, rule.check) for rule in rules]
    if phase == "training" and facts.trained is not None:
        looked += [(each.code, ("trained",), each.trained) for each in map(load, RULES) if each.trained is not None]
    return before + _run(looked, facts, ignore)


def left_out() -> Receipt:
    """Return the receipt of a dry run that nobody wanted."""
    return Receipt(not_run=dict.fromkeys(map(code_of, BY_PHASE["dry_run"]), LEFT_OUT))


def run_program(facts: Facts, ignore: Sequence[str] = ()) -> Receipt:
    """Run all rules that can look at a program in Python: a model with its data, loss and optimizer, and its file."""
    from modelwright.checks.script.readers import READERS

    rules = [load(name) for name in RULES]
    looked = [(r.code, r.program_needs, r.program) for r in rules if r.program is not None]
    found = _run(looked, facts, ignore, STRANGE)
    return Receipt(diagnostics=tuple(_unknown_codes(facts, ignore))) + found + _run(READERS, facts, ignore, STRANGE)


def run_named(names: Sequence[str], facts: Facts, ignore: Sequence[str] = ()) -> Receipt:
    """Run some rules on a program in Python, by the names of their modules."""
    rules = [load(name) for name in names]
    return _run([(r.code, r.program_needs, r.program or r.check) for r in rules], facts, ignore, STRANGE)


def with_findings(receipt: Receipt, more: Sequence[Diagnostic]) -> Receipt:
    """Return a receipt with findings that no rule made."""
    return replace(receipt, diagnostics=tuple(by_severity((*receipt.diagnostics, *more))))


def _run(
    rules: Sequence[tuple[str, tuple[str, ...], Callable[[Facts], Iterable[Diagnostic]]]],
    facts: Facts,
    ignore: Sequence[str],
    strange: tuple[type[Exception], ...] = (),
) -> Receipt:
    found: list[Diagnostic] = []
    ran: list[str] = []
    not_run: dict[str, str] = {}
    for code, needs, check in rules:
        lacking = [need for need in needs if not facts.known(need)]
        if lacking:
            not_run[code] = f"needs {' and '.join(NEEDS[need] for need in lacking)}"
            continue
        try:
            findings = list(check(facts))
        except strange as error:
            not_run[code] = f"{STUMBLED} ({type(error).__name__}: {str(error).partition(chr(10))[0][:80]})"
            continue
        ran.append(code)
        found.extend(findings)
    return Receipt(
        diagnostics=tuple(by_severity(d for d in found if d.code not in ignore)),
        ran=tuple(ran),
        not_run=not_run,
        ignored=dict(Counter(d.code for d in found if d.code in ignore)),
    )


def _unknown_codes(facts: Facts, ignore: Sequence[str]) -> list[Diagnostic]:
    codes = [*(code_of(name) for name in RULES), *IN_SCRIPTS]
    found: list[Diagnostic] = []
    for index, code in enumerate(ignore):
        if code in codes:
            continue
        meant = as_meant(code)
        similar = near(meant, codes, 1)
        found.append(
            Diagnostic(
                code="Y004",
                severity="warning",
                message=f"`ignore` names `{code}`, which is not the code of a rule{did_you_mean(meant, codes)}",
                where=facts.place(f"ignore[{index}]"),
                expected="codes of rules; what makes a description or a file unusable cannot be ignored",
                received=code,
                help=f"ignore: [{similar[0]}]" if similar else "",
            )
        )
    return found


def _reasons(not_run: dict[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for code, why in not_run.items():
        by_reason.setdefault(why, []).append(code)
    return "; ".join(
        f"{', '.join(codes)} {why if len(codes) == 1 else why.replace('needs', 'need', 1)}"
        for why, codes in by_reason.items()
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
