"""Problems on the terminal or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TextIO

from modelwright.checks.run import Receipt
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import ModelwrightError, RunError
from modelwright.render import to_json


def show_error(error: ModelwrightError, as_json: bool) -> None:
    """Print all problems of an error: text on standard error, JSON on standard output."""
    if as_json:
        print(json.dumps(to_json(error.diagnostics, Receipt()), ensure_ascii=False))
    else:
        print_diagnostics(error.diagnostics, sys.stderr)


def refused_by_system(error: OSError) -> RunError:
    """Return what to say where the operating system refuses something that no part of modelwright foresaw."""
    file = error.filename if isinstance(error.filename, str) else None
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return RunError(
        Diagnostic(
            code="R006",
            severity="error",
            message=f"the system refuses: {reason}",
            where=Place(file=file),
            expected="files and folders that may be read and written, and room on the disk",
            help=f"look at {file or 'the disk and the permissions'}, then run the command again",
        )
    )


def print_diagnostics(diagnostics: Sequence[Diagnostic], file: TextIO) -> None:
    """Print findings, in colour where a person looks."""
    if file.isatty():
        from rich.console import Console

        from modelwright.render import rich_text

        Console(file=file, soft_wrap=True).print(rich_text(diagnostics))
    else:
        from modelwright.render import text

        print(text(diagnostics), file=file)
