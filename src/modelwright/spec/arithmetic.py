"""Arithmetic on the numbers of a description (`32 * 8 * 8`), bounded so that no text can cost time or memory."""

from __future__ import annotations

import ast
import math
import operator

MAX_INTEGER = 2**63 - 1
MAX_POWER = 1024

SIGNS: dict[type[ast.AST], str] = {ast.USub: "-", ast.UAdd: "+"}
SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


class ArithmeticRefusal(ValueError):
    """A number or a result that a description cannot hold; the text says why."""


def check_number(number: int | float) -> int | float:
    """Return the number, if it is finite and fits 64 bits; ArithmeticRefusal if not."""
    if isinstance(number, int):
        if abs(number) > MAX_INTEGER:
            raise ArithmeticRefusal("the number is too large for 64 bits")
    elif not math.isfinite(number):
        raise ArithmeticRefusal("the number is too large")
    return number


def compute(symbol: str, numbers: list[int | float]) -> int | float:
    """Return the result of one operation on one or two numbers.

    >>> compute("*", [28, 28])
    784
    """
    if len(numbers) == 1:
        return -numbers[0] if symbol == "-" else numbers[0]
    left, right = numbers
    if symbol == "**" and (abs(right) > MAX_POWER or (left < 0 and right != int(right))):
        raise ArithmeticRefusal("the power is too large, or not a real number")
    try:
        return check_number(_OPERATIONS[symbol](left, right))
    except ZeroDivisionError:
        raise ArithmeticRefusal("division by zero") from None
    except OverflowError:
        raise ArithmeticRefusal("the result is too large") from None
