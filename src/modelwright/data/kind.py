"""The kinds a column can have; apart from `columns.py` so that a description is checked without polars."""

from __future__ import annotations

from typing import Literal

Kind = Literal["numeric", "integer", "boolean", "category", "date", "text", "identifier", "image", "series"]
KINDS: tuple[Kind, ...] = (
    *("numeric", "integer", "boolean", "category", "date", "text", "identifier"),
    *("image", "series"),
)
