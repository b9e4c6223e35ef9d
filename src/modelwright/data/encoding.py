"""Which bytes stand for which letters."""

from __future__ import annotations

import codecs

from modelwright.data.problems import count, fail
from modelwright.diagnostic import Place

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS = bytes(range(0x80, 0xA0))  # control signs in Latin-1, letters and quotes in Windows-1252


def encoding_of(head: bytes, name: str, given: str) -> tuple[str, str]:
    """Return the encoding and its reason; Latin-1 or Windows-1252 where the bytes are not UTF-8."""
    if given != "auto":
        try:
            return codecs.lookup(given).name, "given"
        except LookupError as error:
            raise fail(
                "F004",
                f"there is no encoding `{given}`",
                where=Place(key="data.encoding"),
                expected="utf-8, latin-1, cp1252, utf-16",
                fix="leave `encoding` out: it is found",
            ) from error
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding, "the file starts with its byte order mark"
    zeros = head[:4096].count(0)
    if zeros * 3 > len(head[:4096]):  # every second byte of Latin letters in UTF-16 is zero
        side = "le" if head[1:4096:2].count(0) >= head[:4096:2].count(0) else "be"
        return f"utf-16-{side}", "every second byte is zero"
    if zeros:
        raise nul(head, name)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        return _single_byte(head, error.start)
    return "utf-8", "the bytes are valid UTF-8"


def _single_byte(head: bytes, start: int) -> tuple[str, str]:
    line = head.count(b"\n", 0, start) + 1
    windows = any(byte in WINDOWS for byte in head) and not any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d")
    encoding = "cp1252" if windows else "latin-1"
    return encoding, f"byte 0x{head[start]:02x} in line {line} is not UTF-8"


def not_utf8(block: bytes, lines_before: int) -> tuple[str, str] | None:
    """Return the single-byte encoding of a later part of a file, with the reason; None where it is UTF-8."""
    if block.isascii():
        return None
    try:
        block.decode()
    except UnicodeDecodeError as error:
        encoding, _ = _single_byte(block, error.start)
        line = lines_before + block.count(b"\n", 0, error.start) + 1
        return encoding, f"byte 0x{block[error.start]:02x} in line {line} is not UTF-8"
    return None


def decode(head: bytes, encoding: str, name: str, *, whole: bool) -> str:
    """Return the text of the first bytes; a letter cut at the end is left out."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except UnicodeDecodeError as error:
        raise wrong(name, encoding, head.count(b"\n", 0, error.start) + 1, error.object[error.start]) from error


def wrong(name: str, encoding: str, line: int, byte: int) -> Exception:
    """Return the error for bytes that the encoding does not know."""
    return fail(
        "F004",
        f"`{name}` is not {encoding}",
        where=Place(file=name, line=line),
        received=f"byte 0x{byte:02x}",
        fix="data: {encoding: latin-1}, or leave `encoding` out: it is found",
    )


def nul(block: bytes, name: str, lines_before: int = 0) -> Exception:
    """Return the error for NUL bytes, which no text holds."""
    position = block.index(0)
    return fail(
        "F004",
        f"`{name}` holds {count(block.count(0), 'NUL byte')}",
        where=Place(file=name, line=lines_before + block.count(b"\n", 0, position) + 1),
        expected="text",
        received="the file is damaged, or no text file",
        fix="write the file again from its source",
    )
