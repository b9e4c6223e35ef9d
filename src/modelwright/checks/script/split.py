"""What happens to rows before they are split: statistics, choices, copies and windows that reach both sides."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from modelwright.checks.facts import Facts
from modelwright.checks.program.statements import Node, called
from modelwright.checks.script.marks import (
    CHOSEN,
    FITTED,
    HELD_OUT,
    SPLITS,
    TRAINING,
    Flow,
    kinds,
    mark,
    measures,
)
from modelwright.checks.script.reading import Script, names, own, root, scopes, script_of, statements, words
from modelwright.diagnostic import Diagnostic

FOLDS = ("KFold", "StratifiedKFold", "ShuffleSplit", "StratifiedShuffleSplit", "RepeatedKFold", "TimeSeriesSplit")


def before_split(facts: Facts, code: str) -> Iterator[Diagnostic]:
    """Yield the findings of one code: what was done to all rows, which are then split."""
    script = script_of(facts)
    if script is not None:
        yield from (finding for finding in _findings(script) if finding.code == code)


@lru_cache(maxsize=2)
def _findings(script: Script) -> tuple[Diagnostic, ...]:
    found: dict[Node, Diagnostic] = {}
    for body in scopes(script.tree):
        flow = Flow(script)
        for statement in statements(body):
            _follow(flow, statement)
        found = {**flow.found, **found}
    return tuple(found.values())


def _follow(flow: Flow, statement: ast.stmt) -> None:
    nodes = list(own(statement))
    splits = [n for n in nodes if isinstance(n, ast.Call) and _splits(flow, n)]
    for call in splits:
        for name in sorted(set[str]().union(*(names(each) for each in _rows(call)))):
            _told(flow, name, call)
    for node in nodes:
        if isinstance(node, ast.Call):
            _fitted_on_held_out(flow, node)
    cut = _cut(flow, nodes)
    targets = _targets(statement)
    value = getattr(statement, "iter" if isinstance(statement, ast.For) else "value", None)
    if value is None:
        return
    done = None if splits else mark(flow, value)
    part = bool(splits) or cut or (bool(names(value) & flow.parts) and not done)
    for target in targets:
        name = root(target)
        plain = isinstance(target, ast.Name)
        if done is not None:
            flow.marks[name] = done
        elif plain:
            flow.marks.pop(name, None)
        if part:
            flow.parts.add(name)
        elif plain:
            flow.parts.discard(name)
        if plain and measures(value) and not part:
            flow.measured.add(name)
    if isinstance(value, ast.Call) and called(value) == "fit" and not targets and done is not None:
        flow.marks[root(value.func)] = done  # scaler.fit(X) as a statement: what it transforms is marked


def _rows(call: ast.Call) -> list[ast.expr]:
    """Return what a call splits: cross_val_score clones its first argument, whatever it was fitted on before."""
    return call.args[1:] if called(call) == "cross_val_score" else call.args


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        given = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For):
        given = [statement.target]
    else:
        return []
    return [each for one in given for each in (one.elts if isinstance(one, ast.Tuple | ast.List) else [one])]


def _splits(flow: Flow, call: ast.Call) -> bool:
    if called(call) in SPLITS or called(call) == "cross_val_score":
        return True
    if called(call) != "split" or not isinstance(call.func, ast.Attribute):
        return False
    made = call.func.value
    calls = [made] if isinstance(made, ast.Call) else list(flow.script.kinds(ast.unparse(made)))
    return any(called(call) in FOLDS for call in calls)


def _cut(flow: Flow, nodes: list[Node]) -> bool:
    """Say whether a statement takes the first or the last rows of something; tell marks once both have been taken."""
    found = False
    for node in nodes:
        if not isinstance(node, ast.Subscript):
            continue
        first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        if isinstance(first, ast.Name | ast.Attribute) and words(ast.unparse(first)) & (TRAINING | HELD_OUT):
            found = True  # rows by their numbers
        if not isinstance(first, ast.Slice) or first.step is not None or (first.lower is None) == (first.upper is None):
            continue
        found = True
        name = root(node)
        others = flow.cuts.setdefault(name, [])
        if any(_meets(first, other) for other in others):
            _told(flow, name, None)
        others.append(first)
    return found


def _meets(one: ast.Slice, other: ast.Slice) -> bool:
    ends = [(one.upper, other.lower), (other.upper, one.lower)]
    return any(a is not None and b is not None and ast.unparse(a) == ast.unparse(b) for a, b in ends)


def _fitted_on_held_out(flow: Flow, call: ast.Call) -> None:
    """Tell where a transformer that was fitted before is fitted on test rows anew."""
    if called(call) not in ("fit", "fit_transform") or not isinstance(call.func, ast.Attribute) or not call.args:
        return
    made = ast.unparse(call.func.value)
    made_of = kinds(flow.script, call.func.value)
    given = words(ast.unparse(call.args[0]))
    if made in flow.fitted and given & (HELD_OUT - {"dev"}) and not given & TRAINING:
        flow.found[call] = flow.script.found(
            "L202",
            "warning",
            call,
            f"`{made}` is fitted on held-out rows anew: they are not treated as the training rows were",
            expected="statistics of the training rows, applied to all others",
            help=f"{made}.transform({ast.unparse(call.args[0])})",
        )
    elif made_of & (FITTED | CHOSEN | {"LabelEncoder", "OrdinalEncoder", "OneHotEncoder"}):
        flow.fitted.add(made)


def _told(flow: Flow, name: str, split: ast.Call | None) -> None:
    done = flow.marks.get(name)
    if done is None or done.node in flow.found:
        return
    if done.code == "L207":
        shuffled = split is not None and not any(
            k.arg == "shuffle" and getattr(k.value, "value", None) is False for k in split.keywords
        )
        if not shuffled or split is None or called(split) not in SPLITS:
            return
    message, expected, fix = SAID[done.code]
    flow.found[done.node] = flow.script.found(
        done.code, "warning", done.node, message.format(what=done.what), expected=expected, help=fix
    )


SAID = {
    "L202": (
        "{what} of all rows, which are split afterwards: test rows have told training something",
        "split first, then statistics of the training rows",
        "X_train, X_test = train_test_split(X); scaler.fit(X_train); X_test = scaler.transform(X_test)",
    ),
    "L203": (
        "`{what}` chooses among the inputs with the test rows in view: they are split off afterwards",
        "split first, then a choice by the training rows",
        "selector.fit(X_train, y_train); X_test = selector.transform(X_test)",
    ),
    "L204": (
        "rows are drawn again (`{what}`) before the split: the same row stands on both sides",
        "split first, then copies of training rows only",
        "X_train, X_test, y_train, y_test = train_test_split(X, y), then draw from X_train",
    ),
    "L207": (
        "windows that overlap (`{what}`) are split at random: a test window's steps stand in training windows",
        "earlier windows for training, later ones for the test",
        "train_test_split(X, y, shuffle=False), or cut the series before windows are made",
    ),
}
