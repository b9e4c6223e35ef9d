"""Files that a command is to write: what is there stays, unless `--force` says otherwise."""

from __future__ import annotations

from pathlib import Path

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError


def require_free(path: Path, force: bool) -> None:
    """Raise RunError R006 where a file stands at `path` and is not to be replaced, before any work is done."""
    if not path.exists() or (force and path.is_file()):
        return
    raise RunError(
        Diagnostic(
            code="R006",
            severity="error",
            message=f"`{path}` is there already, and is kept",
            where=Place(file=str(path)),
            expected="a path where no file stands",
            help="name another file, or add --force to replace it" if path.is_file() else "name a file",
        )
    )
