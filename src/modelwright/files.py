"""Writing files so that no kill, full disk or error ever leaves half of one."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError

AGAIN = ", then run the command again"


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content`: a temporary file beside it, flushed to the disk, then renamed over it.

    Raises RunError R006 where the disk is full or the folder may not be written; what stood at `path` then still does.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        with open(temporary, "wb") as file:  # noqa: PTH123 (the kill tests count these calls)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105
        _flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> Diagnostic:
    """Say why a file cannot be written."""
    reason, fix = _reason(path, error)
    return Diagnostic(
        code="R006",
        severity="error",
        message=f"cannot write `{path.name}`: {reason}",
        where=Place(file=str(path)),
        known="what stood there before is still there" if path.is_file() else "",
        help=fix,
    )


def _reason(path: Path, error: OSError) -> tuple[str, str]:
    """Return why, and what helps; what stands at the path says more than some errors (polars' have no number)."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() and error.errno in (None, errno.EISDIR):
        return "a folder stands there", f"{path}/NAME{path.suffix}"
    if not folder.is_dir():
        return f"{folder} is a file, no folder", "name another place"
    if folder != path.absolute().parent and error.errno in (None, errno.ENOENT):
        return f"there is no folder {path.parent}", f"mkdir -p {path.parent}"
    if error.errno == errno.EEXIST:
        return "a file stands there", "name another place"
    text = error.strerror or str(error).partition(" (os error")[0] or type(error).__name__
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    fix = f"free space on the disk of {path.parent}" if full else f"make {path.parent} writable"
    return text[:1].lower() + text[1:], fix + AGAIN


def _flush_folder(folder: Path) -> None:
    """Make a rename last: on POSIX the folder is flushed too; Windows needs and allows no such thing."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
