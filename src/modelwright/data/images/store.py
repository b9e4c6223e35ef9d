"""Many picture files → one array of bytes [N, C, H, W]: decoded once, in threads, and kept in the cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from modelwright.data.images import cache
from modelwright.data.images.decode import Unreadable, decode, quiet
from modelwright.data.images.sizes import Decoding, fitted
from modelwright.data.machine import cores

AT_ONCE = 64  # files a thread takes: fewer cost more in handing over than in decoding
TELL_AFTER = 0.5  # seconds
CLOSED = "it cannot be read"


@dataclass(frozen=True, slots=True)
class Item:
    """One picture that is still to be read: how it is called, what identifies it without reading it, its bytes."""

    name: str
    mark: str
    content: Callable[[], bytes]


def content_of(path: str) -> bytes:
    """Return the bytes of a file. (Half the time of `Path.read_bytes`, which counts for small pictures.)"""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        size = os.fstat(file).st_size
        content = os.read(file, size + 1)
        while len(content) < size and (more := os.read(file, size + 1 - len(content))):
            content += more
        return content
    finally:
        os.close(file)


@dataclass(slots=True)
class Stored:
    """What became of the items: `array` [N, C, H, W] has a place for each, also for those in `bad`."""

    array: np.ndarray
    digest: str
    notes: dict[str, int] = field(default_factory=dict[str, int])
    shapes: list[list[int]] = field(default_factory=list[list[int]])
    bad: dict[int, str] = field(default_factory=dict[int, str])
    decoding: Decoding = field(default_factory=Decoding)

    def facts(self) -> dict[str, Any]:
        """Return what is kept beside the array."""
        return {
            "digest": self.digest,
            "notes": self.notes,
            "shapes": self.shapes,
            "bad": {str(number): why for number, why in self.bad.items()},
            "decoding": self.decoding.to_json(),
        }


def store(items: Sequence[Item], decoding: Decoding, keep: bool = True) -> Stored:
    """Return the decoded pictures; those of an earlier run, where names, sizes and times of the files are the same.

    With `keep=False` nothing is looked up or written: new pictures are asked about once.
    """
    if not keep:
        stored, _ = _Work(items, decoding, cache.Memory).all()
        return stored
    key = _key(items, decoding)
    found = cache.look_up(key)
    if found is not None and len(found[0]) == len(items):
        array, facts = found
        bad = {int(number): str(why) for number, why in facts["bad"].items()}
        kept = Decoding.from_json(facts["decoding"])
        return Stored(array, facts["digest"], facts["notes"], facts["shapes"], bad, kept)
    stored, room = _Work(items, decoding, cache.Room).all()
    content = f"{stored.digest}-{hashlib.sha256(str(stored.decoding).encode()).hexdigest()[:8]}"
    if any(why.startswith(CLOSED) for why in stored.bad.values()):  # leave to read shows in no size and no time
        room.drop()
    else:
        stored.array = room.keep(key, content, stored.facts())
    return stored


def _key(items: Sequence[Item], decoding: Decoding) -> str:
    lines = "".join(f"{item.name}\0{item.mark}\n" for item in items)
    return hashlib.sha256(f"{decoding} {cache.VERSION}\n{lines}".encode(errors="surrogateescape")).hexdigest()


class _Work:
    """Decodes all items; a second time where the first shows that sizes or colours differ."""

    def __init__(
        self, items: Sequence[Item], decoding: Decoding, room: Callable[[tuple[int, ...]], cache.Memory]
    ) -> None:
        self.items = items
        self.make_room = room
        self.decoding = decoding
        self.sums: list[bytes] = [b""] * len(items)
        self.shapes: list[tuple[int, int, int] | None] = [None] * len(items)
        self.notes: Counter[str] = Counter()
        self.bad: dict[int, str] = {}
        self.told = time.monotonic()
        self.done = 0

    def all(self) -> tuple[Stored, cache.Memory]:
        """Decode everything into a room of the shape that fits all pictures."""
        first = next((shape for number in range(len(self.items)) if (shape := self._one(number)) is not None), None)
        room = self.make_room((len(self.items), *(first or (1, 1, 1))))
        self._run(room)
        fitting = fitted([shape for shape in self.shapes if shape is not None], self.decoding)
        shapes = [list(shape) for shape in sorted({shape for shape in self.shapes if shape is not None})]
        before, self.decoding = self.decoding, fitting
        if shapes and (room.array.shape[1:] != fitting.shape or before.steps != fitting.steps):
            room.drop()
            room = self.make_room((len(self.items), *fitting.shape))
            self._run(room)
        digest = hashlib.sha256(b"".join(self.sums)).hexdigest()
        return Stored(room.array, digest, dict(self.notes), shapes, self.bad, self.decoding), room

    def _one(self, number: int) -> tuple[int, int, int] | None:
        try:
            with quiet():
                picture, _ = decode(self.items[number].content(), self.decoding.colours)
        except (Unreadable, OSError):
            return None
        return _shape(self.decoding.apply(picture))

    def _run(self, room: cache.Memory) -> None:
        self.notes.clear()
        self.bad.clear()
        self.done = 0
        starts = range(0, len(self.items), AT_ONCE)
        try:
            with quiet(), ThreadPoolExecutor(cores()) as pool:
                for notes in pool.map(lambda start: self._some(start, room.array), starts):
                    self.notes.update(notes)
                    self.done += AT_ONCE
                    self._tell()
        except BaseException:
            room.drop()
            raise
        self._tell(last=True)

    def _some(self, start: int, array: np.ndarray) -> list[str]:
        noticed: list[str] = []
        for number in range(start, min(start + AT_ONCE, len(self.items))):
            try:
                content = self.items[number].content()
                self.sums[number] = hashlib.sha256(content).digest()
                picture, notes = decode(content, self.decoding.colours)
                picture = self.decoding.apply(picture)
            except Unreadable as error:
                self.bad[number] = str(error)
                continue
            except OSError as error:
                self.bad[number] = f"{CLOSED}: {(error.strerror or str(error)).lower()}"
                continue
            shape = self.shapes[number] = _shape(picture)
            noticed += notes
            if shape == array.shape[1:]:
                array[number] = picture if shape[0] == 1 else picture.transpose(2, 0, 1)
        return noticed

    def _tell(self, last: bool = False) -> None:
        """Say how far it is, where a person looks and it takes long."""
        now = time.monotonic()
        if not sys.stderr.isatty() or (not last and now - self.told < TELL_AFTER):
            return
        self.told = now
        text = f"  decoding pictures: {min(self.done, len(self.items)):,} of {len(self.items):,}"
        print(f"\r{' ' * len(text)}\r" if last else f"\r{text}", end="", file=sys.stderr, flush=True)


def _shape(picture: np.ndarray) -> tuple[int, int, int]:
    return (1 if picture.ndim == 2 else picture.shape[2], picture.shape[0], picture.shape[1])
