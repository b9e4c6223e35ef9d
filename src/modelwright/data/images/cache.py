"""The cache folder: pictures as bytes in files that are mapped into memory, each named after what is in it.

`MODELWRIGHT_CACHE` says where it is (`~/.cache/modelwright` without it). It may be deleted at any time: what is missing
is decoded again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

VERSION = 1  # of what decoding gives; another one makes all entries anew


def folder() -> Path:
    """Return where pictures are kept; the folder need not exist."""
    own = os.environ.get("MODELWRIGHT_CACHE")
    if own:
        return Path(own) / "pictures"
    general = os.environ.get("XDG_CACHE_HOME")
    return (Path(general) if general else Path.home() / ".cache") / "modelwright" / "pictures"


def look_up(key: str) -> tuple[np.ndarray, dict[str, Any]] | None:
    """Return the pictures kept under a key, mapped into memory, with the facts beside them; None if there are none."""
    try:
        facts = json.loads((folder() / f"{key}.json").read_bytes())
        array = np.load(folder() / str(facts["file"]), mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    fits = list(array.shape) == facts.get("shape") and array.dtype == np.uint8 and facts.get("version") == VERSION
    return (array, facts) if fits else None


class Memory:
    """Place for pictures while they are decoded, in memory."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.array: np.ndarray = np.empty(shape, dtype=np.uint8)

    def keep(self, key: str, content: str, facts: dict[str, Any]) -> np.ndarray:
        """Keep what was written under a key, if there is where; return the pictures."""
        return self.array

    def drop(self) -> None:
        """Take away what was written."""


class Room(Memory):
    """Place in a file of the cache; in memory where none can be written."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.path: Path | None = None
        try:
            folder().mkdir(parents=True, exist_ok=True)
            path = folder() / f".{os.getpid()}-{id(self)}.tmp"
            self.array = _mapped(path, shape)
            self.path = path
        except OSError:
            super().__init__(shape)

    def keep(self, key: str, content: str, facts: dict[str, Any]) -> np.ndarray:
        """Keep what was written under a key; files of equal content share one. Returns the pictures."""
        if self.path is None:
            return self.array
        name = f"{content}.npy"
        entry = {**facts, "file": name, "shape": list(self.array.shape), "version": VERSION}
        try:
            self.path.replace(folder() / name)
            self.path = None
            write(folder() / f"{key}.json", json.dumps(entry))
        except OSError:
            self.drop()
        return self.array

    def drop(self) -> None:
        """Take the file away again; what is mapped stays readable."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        self.path = None


def kept(key: str, make: Callable[[], tuple[np.ndarray, dict[str, Any]]]) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the pictures of a key, made if they are not kept yet, with their facts."""
    found = look_up(key)
    if found is not None:
        return found
    array, facts = make()
    room = Room(array.shape)
    room.array[...] = array
    return room.keep(key, key, facts), facts


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return a new file mapped into memory. Its space is asked for at once: a disk that is full is an error here, and
    would kill the process when it writes into the mapping."""
    try:
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        with path.open("r+b") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return array


def write(path: Path, text: str) -> None:
    """Write a small file of the cache, which others may read meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
