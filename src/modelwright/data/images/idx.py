"""IDX files, the format of MNIST: a header that says type and sizes, then the bytes. Source: MNIST's page."""

from __future__ import annotations

import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.data.files import cannot_read
from modelwright.data.problems import fail
from modelwright.diagnostic import Place

TYPES: dict[int, str] = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
LARGEST = 1 << 36  # bytes that a header may claim: a damaged one claims anything


def is_idx(path: Path) -> bool:
    """Return whether a file begins as an IDX file does, packed with gzip or not."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)  # packed: the tables of the compression come first
    except OSError:
        return False
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, 4)
        except zlib.error:
            return False
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in TYPES and 1 <= head[3] <= 4


def read_idx(path: Path, name: str) -> np.ndarray:
    """Return the array in an IDX file; DataError D113 where header and size disagree, F001 where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise cannot_read(name, error) from error
    packed = content.startswith(GZIP)
    unpacker = zlib.decompressobj(31)
    start = _unpacked(unpacker, content, 4 + 4 * 4, name) if packed else content[:20]
    if len(start) < 4 or start[2] not in TYPES or len(start) < 4 + 4 * start[3]:
        raise _wrong(name, "the whole header of an IDX file", f"{len(start)} bytes")
    kind, axes = np.dtype(TYPES[start[2]]), start[3]
    header = 4 + 4 * axes
    shape = tuple(int(size) for size in np.frombuffer(start[4:header], ">u4"))
    wanted = prod(shape) * kind.itemsize
    if wanted > LARGEST:
        raise _wrong(name, f"at most {LARGEST:,} bytes", f"a header that claims {wanted:,} bytes")
    if packed:
        body = start[header:] + _unpacked(unpacker, unpacker.unconsumed_tail, header + wanted - len(start) + 1, name)
        whole = unpacker.eof or not unpacker.decompress(unpacker.unconsumed_tail, 1)
    else:
        body, whole = memoryview(content)[header:], True
    if len(body) != wanted or not whole:
        more = "" if whole else "more than "
        sizes = " × ".join(f"{size:,}" for size in shape)
        raise _wrong(name, f"{wanted:,} bytes: the header says {sizes}", f"{more}{min(len(body), wanted):,} bytes")
    return np.frombuffer(body, kind).reshape(shape)


def _unpacked(unpacker: Any, content: bytes, most: int, name: str) -> bytes:
    """Unpack at most so many bytes: a file that claims little and holds much takes no memory."""
    try:
        return unpacker.decompress(content, max(1, most))
    except zlib.error as error:
        raise fail(
            "F004",
            f"`{name}` is damaged or incomplete: {error}",
            where=Place(file=name),
            expected="the whole file",
            fix="write or fetch it again",
        ) from error


def _wrong(name: str, expected: str, received: str) -> Exception:
    return fail(
        "D113",
        f"the header of `{name}` disagrees with its size",
        where=Place(file=name),
        expected=expected,
        received=received,
        fix="fetch the file again: it is cut short or damaged",
    )
