"""The file that asks for a check, as a syntax tree: its statements in order, its training loops, its names."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader

from modelwright.checks.facts import Facts
from modelwright.checks.program.loops import checked, tree_of
from modelwright.checks.program.source import spot
from modelwright.checks.program.statements import FUNCTIONS, Functions, Node, bindings, functions_of, reached, trains
from modelwright.diagnostic import Diagnostic, Severity

LOOPS = ast.For | ast.AsyncFor | ast.While
NO_HISTORY = ("no_grad", "inference_mode", "set_grad_enabled")


@dataclass(frozen=True)
class Script:
    """A file that calls `modelwright.check`, and what its tree holds."""

    file: str
    tree: ast.Module
    models: frozenset[str]

    @cached_property
    def functions(self) -> Functions:
        """The functions of the file by name."""
        return functions_of(self.tree)

    @cached_property
    def calls(self) -> list[ast.Call]:
        """All calls of the file."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    @cached_property
    def bound(self) -> dict[str, list[ast.expr | None]]:
        """What each name of the file is bound to."""
        return bindings(ast.walk(self.tree))

    @cached_property
    def stores(self) -> Counter[str]:
        """How often each plain name of the file is bound, parameters of functions counted twice: they are many."""
        counted = Counter[str]()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                counted[node.id] += 1
            elif isinstance(node, ast.arg):
                counted[node.arg] += 2
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                counted[root(node)] += 1
        return counted

    @cached_property
    def turned(self) -> set[str]:
        """The names that loops and comprehensions bind."""
        loops = (n.target for n in ast.walk(self.tree) if isinstance(n, ast.For | ast.AsyncFor | ast.comprehension))
        return set[str]().union(*map(names, loops))

    @cached_property
    def defined(self) -> dict[str, list[Node]]:
        """The functions and classes of each name."""
        held: dict[str, list[Node]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS | ast.ClassDef):
                held.setdefault(node.name, []).append(node)
        return held

    @cached_property
    def parents(self) -> dict[Node, Node]:
        """The node around each node."""
        return {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}

    @cached_property
    def batches(self) -> list[Node]:
        """The innermost loops that call `backward` and step an optimizer."""
        training = [
            node for node in ast.walk(self.tree) if isinstance(node, LOOPS) and trains(reached(node, self.functions))
        ]
        return [
            node
            for node in training
            if not any(inner is not node and inner in training for inner in self._reached_loops(node))
        ]

    def _reached_loops(self, node: Node) -> Iterator[Node]:
        return (each for each in reached(node, self.functions).nodes if isinstance(each, LOOPS))

    def around(self, node: Node) -> Iterator[Node]:
        """Yield what stands around a node, inside out."""
        while (above := self.parents.get(node)) is not None:
            yield above
            node = above

    def branch(self, node: Node) -> set[tuple[Node, str]]:
        """Return the conditions that a node stands under, each with its branch."""
        return {
            (above, field)
            for below, above in itertools.pairwise((node, *self.around(node)))
            if isinstance(above, ast.If | ast.IfExp | ast.Try | ast.ExceptHandler | ast.match_case)
            for field, value in ast.iter_fields(above)
            if below is value or (isinstance(value, list) and below in value)
        }

    def of_batches(self, loop: Node) -> bool:
        """Say whether a loop goes over a loader, as far as its text or the live object tells."""
        if not isinstance(loop, ast.For | ast.AsyncFor):
            return False
        said = words(ast.unparse(loop.iter))
        return bool(said & {"loader", "dataloader", "dl", "batches"}) or any(
            isinstance(live(self.file, name), DataLoader) for name in names(loop.iter)
        )

    def kinds(self, name: str) -> Iterator[ast.Call]:
        """Yield the calls that a name is bound to."""
        yield from (value for value in self.bound.get(name, ()) if isinstance(value, ast.Call))

    def under_no_grad(self, node: Node) -> bool:
        """Say whether a node stands under `no_grad`, or in a function that is decorated so."""
        for above in self.around(node):
            heads: list[Node] = []
            if isinstance(above, ast.With):
                heads = [item.context_expr for item in above.items]
            elif isinstance(above, FUNCTIONS):
                heads = list(above.decorator_list)
            if any(word in ast.unparse(head) for head in heads for word in NO_HISTORY):
                return True
        return False

    def found(
        self, code: str, severity: Severity, node: Node, message: str, *, expected: str, received: str = "", help: str
    ) -> Diagnostic:
        """Return a finding at the line of a node."""
        return Diagnostic(
            code=code,
            severity=severity,
            message=message,
            where=spot(self.file, getattr(node, "lineno", 1)),
            expected=expected,
            received=received or _line(node),
            help=help,
        )


def script_of(facts: Facts) -> Script | None:
    """Return the file that asks for the check, where it can be read."""
    assert facts.program is not None
    where = facts.program.called_at
    tree = tree_of(where.file) if where.file else None
    if tree is None or where.file is None:
        return None
    return _script(where.file, tree, frozenset(checked(tree, where.line)))


@lru_cache(maxsize=2)
def _script(file: str, tree: ast.Module, models: frozenset[str]) -> Script:
    """Return one object for all rules that read a file: what it computes once is kept."""
    return Script(file, tree, models)


def statements(body: Iterable[Node]) -> Iterator[ast.stmt]:
    """Yield the statements of a body in their order, those within loops and conditions too, not those of functions."""
    for one in body:
        if isinstance(one, ast.stmt):
            yield one
        if not isinstance(one, FUNCTIONS | ast.ClassDef):
            for name in ("body", "handlers", "orelse", "finalbody"):
                yield from statements(getattr(one, name, ()))


def own(statement: ast.stmt) -> Iterator[Node]:
    """Yield the expressions of a statement itself, without the statements and functions in it."""
    todo: list[Node] = [statement]
    while todo:
        one = todo.pop()
        yield one
        todo += [
            child
            for child in ast.iter_child_nodes(one)
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.Lambda)
        ]


def scopes(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """Yield the bodies of the file and of each of its functions."""
    yield tree.body
    yield from (node.body for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def words(text: str) -> set[str]:
    """Return the words of a name.

    >>> sorted(words("valLoader_2")), sorted(words("X_test"))
    (['2', 'loader', 'val'], ['test', 'x'])
    """
    return {word for word in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()) if word}


def names(node: Node | None) -> set[str]:
    """Return the plain names in an expression."""
    return set() if node is None else {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def root(node: Node) -> str:
    """Return the name that an attribute, an item or a method belongs to: `df` of `df["a"].values`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def live(file: str, name: str) -> Any:
    """Return what a name is bound to in the file while its check runs, None where that cannot be told."""
    whole = Path(file).resolve()
    frame = inspect.currentframe()
    while frame is not None:
        if Path(frame.f_code.co_filename).resolve() == whole:
            return frame.f_locals.get(name, frame.f_globals.get(name))
        frame = frame.f_back
    return None


def _line(node: Node) -> str:
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= 100 else f"{text[:97]}…"
