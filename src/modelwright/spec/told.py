"""What code of the user's own raises, told as one finding with their file and line. No torch here."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import ModelwrightError, RunError

HINTS = (
    ("CUDA", "leave `.cuda()` and `.to(device)` out: modelwright moves the model and its rows"),
    ("same device", "leave `.cuda()` and `.to(device)` out: modelwright moves the model and its rows"),
    ("Double", "leave `.double()` and `dtype=torch.float64` out: rows are float32"),
    ("dtype", "leave `.double()` and `dtype=torch.float64` out: rows are float32"),
    ("shapes cannot be multiplied", "give the layer the size that arrives, or `nn.LazyLinear`'s in place of it"),
    ("invalid for input of size", "`x.flatten(1)` keeps the rows and takes every size"),
)
"""Part of an error's text → what mends it."""


@contextmanager
def told(doing: str, place: Place = NOWHERE) -> Generator[None]:
    """Let what the user's code raises end as one finding at the line of their file; RunError Y008."""
    try:
        yield
    except ModelwrightError:
        raise
    except Exception as error:
        raise RunError(_raised(error, doing, place)) from error


def _raised(error: Exception, doing: str, place: Place) -> Diagnostic:
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[0]}".rstrip(": ")
    if isinstance(error, SyntaxError) and error.filename:
        place = Place(file=error.filename, line=error.lineno, column=error.offset, source=error.text)
    strangers = _not_the_users()
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith((*strangers, "<")):
            source = frame.line or ""
            place = Place(file=frame.filename, line=frame.lineno, column=1, source=source, length=len(source) or 1)
    return Diagnostic(
        code="Y008",
        severity="error",
        message=f"{doing}: {text}",
        where=place,
        received=" ".join(lines[1:3])[:200],
        help=next((hint for part, hint in HINTS if part in str(error)), ""),
    )


def users_line() -> Place:
    """Return the line of the user's code that is running: the first one outside of modelwright and torch."""
    frame, strangers = inspect.currentframe(), tuple(_not_the_users())
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((*strangers, "<")):
            source = linecache.getline(file, frame.f_lineno).rstrip("\n")
            return Place(file=file, line=frame.f_lineno, column=1, source=source, length=len(source) or 1)
        frame = frame.f_back
    return NOWHERE


def _not_the_users() -> list[str]:
    """Return the folders of code that the user has not written: torch, Python's own, ours."""
    known = [sys.modules.get(name) for name in ("torch", "numpy", "traceback")]
    files = [str(module.__file__) for module in known if module is not None]
    return [str(Path(__file__).parent.parent), *(str(Path(file).parent) for file in files)]
