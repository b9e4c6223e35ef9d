"""Somebody else than the owner of a file, for tests of permissions: root may read everything, so it becomes nobody."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest

NOBODY = 65534
posix = pytest.mark.skipif(os.name != "posix", reason="users, signals and limits of POSIX")


@contextmanager
def unreadable(file: Path) -> Generator[Path]:
    """Work in the folder of a file that this user may not read; yield its name there."""
    file.chmod(0)
    file.parent.chmod(0o755)
    user = os.geteuid()
    with chdir(file.parent):
        os.seteuid(NOBODY if user == 0 else user)
        try:
            yield Path(file.name)
        finally:
            os.seteuid(user)
