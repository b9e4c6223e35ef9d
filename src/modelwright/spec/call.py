"""`Conv2d(..., 16, 3, padding=1)` → `Call`: the one small grammar, parsed by `ast`, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import EllipsisType
from typing import NoReturn, Union

from modelwright.spec.arithmetic import SIGNS, SYMBOLS, ArithmeticRefusal, check_number, compute

Value = Union[None, bool, int, float, str, EllipsisType, "tuple[Value, ...]", "Call"]

MAX_LENGTH = 10_000
MAX_DEPTH = 40
PREFIXES = frozenset(
    (
        *("torch", "nn", "optim", "lr_scheduler", "modules", "functional", "F", "sklearn", "preprocessing", "impute"),
        *("torchvision", "transforms", "v2", "T"),
    )
)
"""What may stand before a name in a pasted line (`torch.nn.Conv2d`) and is dropped."""
_OWN = re.compile(r"\s*(?P<home>python|[^\s:'\"(),\[\]{}]+\.py):(?=\S)", re.ASCII)
"""Where code of the user's own is: a file, or what was handed over in Python (`spec/own.py`)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A thing chosen by name, with the library's own arguments. Lists and tuples are both held as tuples.

    >>> str(parse("nn.Conv2d(..., 2 * 8, 3, padding=1)"))
    'Conv2d(..., 16, 3, padding=1)'
    """

    name: str
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = field(default_factory=dict[str, Value])

    def __str__(self) -> str:
        # A recipe's arguments are lists, as its documentation writes them; torch's own are tuples.
        text = _listed if self.name[:1].islower() else text_of
        arguments = [text(value) for value in self.args]
        arguments += [f"{name}={text(value)}" for name, value in self.kwargs.items()]
        return f"{self.name}({', '.join(arguments)})" if arguments else self.name


class CallSyntaxError(ValueError):
    """Text that is not a call: `offset` is the 0-based character where it goes wrong, `length` how much is meant."""

    def __init__(self, message: str, offset: int = 0, length: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = max(1, length)


def parse(text: str) -> Call:
    """Return the call that `text` spells; CallSyntaxError if it is anything else.

    >>> parse("SGD(lr=1e-1, momentum=0.9)")
    Call(name='SGD', args=(), kwargs={'lr': 0.1, 'momentum': 0.9})
    """
    own = _OWN.match(text)
    if own is not None:
        return _own(text, own["home"], own.end())
    value = parse_value(text)
    if isinstance(value, Call):
        return value
    raise CallSyntaxError("a name such as `ReLU` or `Linear(..., 64)` must stand here, not a value", 0, len(text))


def _own(text: str, home: str, start: int) -> Call:
    try:
        call = parse(text[start:])
    except CallSyntaxError as error:
        raise CallSyntaxError(str(error), start + error.offset, error.length) from None
    return Call(f"{home}:{call.name}", call.args, call.kwargs)


def parse_value(text: str) -> Value:
    """Return the value that `text` spells: a literal, arithmetic on numbers, a list, or a call."""
    _refuse_early(text)
    start = len(text) - len(text.lstrip())
    reader = _Reader(text.strip(), start)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on odd literals; the text is never run
            tree = ast.parse(reader.text, mode="eval")
    except SyntaxError as error:
        offset = reader.offset(error.lineno or 1, (error.offset or 1) - 1)
        raise CallSyntaxError(_plain(error.msg, text), min(offset, len(text))) from None
    except (RecursionError, MemoryError):
        raise CallSyntaxError("nested too deeply") from None
    return reader.value(tree.body, 0)


def text_of(value: Value) -> str:
    """Return the text of one value, such that `parse_value(text_of(value)) == value`."""
    if value is ...:
        return "..."
    if isinstance(value, tuple):
        return "(" + ", ".join(text_of(item) for item in value) + (",)" if len(value) == 1 else ")")
    return str(value) if isinstance(value, Call) else repr(value)


def _listed(value: Value) -> str:
    return f"[{', '.join(text_of(item) for item in value)}]" if isinstance(value, tuple) else text_of(value)


def _refuse_early(text: str) -> None:
    if not text.strip():
        raise CallSyntaxError("nothing stands here; write a name such as `ReLU`")
    if len(text) > MAX_LENGTH:
        raise CallSyntaxError(f"longer than {MAX_LENGTH:,} characters", MAX_LENGTH)
    for offset, character in enumerate(text):
        if character < " " and character not in "\t\r\n":
            raise CallSyntaxError("an unprintable character stands here", offset)
        if "\ud800" <= character <= "\udfff":
            raise CallSyntaxError("half a character (a lone surrogate) stands here", offset)
    if (at := text.find(".py:")) >= 0:
        raise CallSyntaxError("a class of your own stands alone (`model: file.py:Class`)", at, 4)


def _plain(message: str, text: str) -> str:
    if "…" in text:
        return "the character `…` stands here; write three dots, `...`"
    if message.startswith("Exceeds the limit"):
        return "the number is too large"
    message = message.removesuffix(". Maybe you meant '==' or ':=' instead of '='?")
    return f"not a call: {message}" if message else "not a call"


_REFUSED: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.Lambda, "a lambda"),
    (ast.Starred, "`*`"),
    (ast.Subscript, "an index (`[...]` after a name)"),
    (ast.ListComp, "a comprehension"),
    (ast.GeneratorExp, "a comprehension"),
    (ast.SetComp, "a comprehension"),
    (ast.DictComp, "a comprehension"),
    (ast.Dict, "a dictionary"),
    (ast.Set, "a set"),
    (ast.Compare, "a comparison"),
    (ast.BoolOp, "`and`/`or`"),
    (ast.IfExp, "`if`/`else`"),
    (ast.JoinedStr, "an f-string"),
    (ast.NamedExpr, "`:=`"),
    (ast.Await, "`await`"),
)


class _Reader:
    """Turns Python's syntax tree into values, and knows where each node stands in the text."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.lines = text.splitlines(keepends=True)

    def offset(self, line: int, column: int) -> int:
        return self.start + sum(len(text) for text in self.lines[: line - 1]) + column

    def refuse(self, node: ast.expr | ast.keyword, message: str) -> NoReturn:
        begin = self._of(node.lineno, node.col_offset)
        end = self._of(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        raise CallSyntaxError(message, begin, end - begin)

    def _of(self, line: int, column_bytes: int) -> int:
        column = len(self.lines[line - 1].encode()[:column_bytes].decode(errors="ignore"))  # ast counts UTF-8 bytes
        return self.offset(line, column)

    def value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            self.refuse(node, f"nested deeper than {MAX_DEPTH} levels")
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name() | ast.Attribute():
                return Call(self._name(node))
            case ast.Call():
                return self._call(node, depth)
            case ast.Tuple() | ast.List():
                return tuple(self.value(item, depth + 1) for item in node.elts)
            case ast.UnaryOp() | ast.BinOp():
                return self._number(node, depth)
            case _:
                what = next((words for kind, words in _REFUSED if isinstance(node, kind)), "this")
                return self.refuse(node, f"{what} cannot stand here: only names, literals, lists and arithmetic")

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._checked(node, lambda: check_number(value))
        if value is None or value is ... or isinstance(value, bool):
            return value
        if isinstance(value, str):
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                self.refuse(node, "half a character (a lone surrogate) stands here")
            return value
        return self.refuse(node, f"a {type(value).__name__} value cannot stand here")

    def _checked(self, node: ast.expr, number: Callable[[], int | float]) -> int | float:
        try:
            return number()
        except ArithmeticRefusal as refusal:
            self.refuse(node, str(refusal))

    def _name(self, node: ast.expr) -> str:
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self.refuse(node, "a name such as `ReLU` or `nn.ReLU` must stand here")
        parts.append(inner.id)
        name, *before = parts
        # `model.parameters()` opens every pasted optimizer line; the argument is dropped where the name is known.
        if name != "parameters" and (unknown := [part for part in before if part not in PREFIXES]):
            self.refuse(node, f"`{unknown[-1]}.` cannot stand before a name; write `{name}`")
        return name

    def _call(self, node: ast.Call, depth: int) -> Call:
        name = self._name(node.func)
        args = tuple(self.value(argument, depth + 1) for argument in node.args)
        kwargs: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self.refuse(keyword, "`**` cannot stand here: write the arguments by name")
            if keyword.arg in kwargs:
                self.refuse(keyword, f"`{keyword.arg}` is given twice")
            kwargs[keyword.arg] = self.value(keyword.value, depth + 1)
        return Call(name, args, kwargs)

    def _number(self, node: ast.UnaryOp | ast.BinOp, depth: int) -> int | float:
        sides = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        numbers: list[int | float] = []
        for side in sides:
            number = self.value(side, depth + 1)
            if isinstance(number, bool) or not isinstance(number, int | float):
                self.refuse(side, "arithmetic needs numbers on both sides" if len(sides) > 1 else "a number is needed")
            numbers.append(number)
        symbol = (SIGNS if len(sides) == 1 else SYMBOLS).get(type(node.op))
        if symbol is None:
            self.refuse(node, "only + - * / // % and ** can stand between numbers")
        return self._checked(node, lambda: compute(symbol, numbers))
