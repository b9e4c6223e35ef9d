"""What a cell of a text file is: a whole number, a number, a date or a word."""

from __future__ import annotations

import re
from typing import Literal

from modelwright.data.missing import AMONG_NUMBERS

Shape = Literal["empty", "whole", "code", "number", "word"]

WHOLE = re.compile(r"[+-]?\d{1,18}")  # 18 digits fit into 64 bits
CODE = re.compile(r"[+-]?0\d+|[+-]?\d{19,}")  # leading zeros, or more digits than a number keeps
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|Inf|INF|infinity|Infinity)")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")  # thousands where the comma is the decimal sign
DATE_START = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?\b")


def shape(text: str, decimal: str = ".") -> Shape:
    """Return what a cell looks like; `code` is a whole number with leading zeros or very many digits.

    >>> shape("12"), shape("007"), shape("1,5", ","), shape("-"), shape("a")
    ('whole', 'code', 'number', 'empty', 'word')
    """
    if CODE.fullmatch(text):
        return "code"
    if WHOLE.fullmatch(text):
        return "whole"
    if decimal == ",":
        text = comma_free(text)
    if NUMBER.fullmatch(text):
        return "number"
    return "empty" if text in AMONG_NUMBERS else "word"


def comma_free(text: str) -> str:
    """Return a number written with a decimal comma as one with a point.

    >>> comma_free("1.234,5"), comma_free("0,5")
    ('1234.5', '0.5')
    """
    return (text.replace(".", "") if POINTS.fullmatch(text) else text.replace(".", "?")).replace(",", ".")


def is_value(text: str) -> bool:
    """Tell a cell that holds a number or a date from one that may be a name.

    >>> is_value("3.5"), is_value("2020-01-31"), is_value("age")
    (True, True, False)
    """
    return shape(text) in ("whole", "code", "number") or bool(DATE_START.match(text)) or bool(THOUSANDS.fullmatch(text))
