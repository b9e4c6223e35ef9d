"""Atomic writing: whatever call fails or kills the process, the file is the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from modelwright.errors import RunError
from modelwright.files import write_atomically

KILLED = textwrap.dedent(
    """
    import builtins, os, sys
    from pathlib import Path
    from modelwright import files
    path, deadly = Path(sys.argv[1]), int(sys.argv[2])
    count = 0
    def dying(call):
        def wrapper(*arguments, **named):
            global count
            count += 1
            if count == deadly:
                os.kill(os.getpid(), 9)
            return call(*arguments, **named)
        return wrapper
    real_open = builtins.open
    def opened(*arguments, **named):
        file = real_open(*arguments, **named)
        if "w" in (arguments[1] if len(arguments) > 1 else named.get("mode", "r")):
            class Dying:
                def __enter__(self): return self
                def __exit__(self, *_): file.close()
                write = staticmethod(dying(file.write)); flush = staticmethod(dying(file.flush))
                fileno = staticmethod(file.fileno)
            return Dying()
        return file
    builtins.open = dying(opened)
    os.fsync, os.replace, os.open = dying(os.fsync), dying(os.replace), dying(os.open)
    files.write_atomically(path, b"new" * 100_000)
    print(count)
    """
)
CALLS = 7  # open, write, flush, fsync, replace, open the folder, fsync it


def killed_at(path: Path, call: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(call)], check=False, capture_output=True, text=True
    )


def test_the_test_counts_every_call(tmp_path: Path) -> None:
    done = killed_at(tmp_path / "file", 0)
    assert int(done.stdout) == CALLS, done.stderr


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_a_kill_leaves_the_old_or_the_new_file(tmp_path: Path, call: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    assert killed_at(path, call).returncode == -9
    assert path.read_bytes() == (b"old" if call <= 5 else b"new" * 100_000)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(RunError, match=r"R006: cannot write `file`: no space left on device.*fix: free space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="R006: cannot write `file`: there is no folder"):
        write_atomically(tmp_path / "none" / "file", "text")
