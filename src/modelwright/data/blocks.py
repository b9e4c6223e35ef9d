"""A text file as blocks of whole records in UTF-8: never more of it in memory than a block."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from modelwright.data.encoding import not_utf8, nul, wrong
from modelwright.data.files import Source
from modelwright.data.sniff import SAMPLE, Dialect

BLOCK = 8 << 20  # bytes parsed at once; smaller costs time, larger memory (1: 1.6 s, 8: 1.1 s, 32: 1.3 s for 390 MB)
BATCH = 20_000  # records of an untidy file rewritten at once


class OtherEncoding(Exception):
    """A later part of a file is not UTF-8, as its start was."""

    def __init__(self, encoding: str, why: str) -> None:
        super().__init__(why)
        self.encoding = encoding
        self.why = why


class OpenQuote(Exception):
    """The file ends inside a quoted cell."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records of a file, without its header, with the separator and quote they are written with."""

    content: bytes
    separator: str
    quote: bool


def blocks(source: Source, dialect: Dialect, *, found_encoding: bool) -> Iterator[Block]:
    """Yield the records of a file; `found_encoding` allows OtherEncoding to be raised rather than an error."""
    if dialect.untidy or dialect.separator == " ":
        yield from _rewritten(source, dialect)
        return
    first = True
    rest = b""
    pieces = utf8(source, dialect, found_encoding=found_encoding)
    for piece, is_last in _with_last(pieces):
        piece = rest + piece if rest else piece
        end = len(piece) if is_last else _end_of_records(piece, dialect.quote)
        if is_last and dialect.quote and piece.count(b'"') % 2:
            raise OpenQuote(source.name)
        rest, piece = piece[end:], piece[:end]
        if first and piece:
            piece = piece.lstrip(b"\r\n")
            piece = piece[_first_record(piece, dialect.quote) :] if dialect.header else piece
            first = False
        content = _clean(piece, dialect)
        if content:
            yield Block(content, dialect.separator or "\x01", dialect.quote)


def utf8(source: Source, dialect: Dialect, *, found_encoding: bool) -> Iterator[bytes]:
    """Yield a file's bytes as UTF-8 without mark, a block at a time; F004 for bytes that are no text."""
    plain = dialect.encoding in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder(dialect.encoding)()
    lines = 0
    old_mac: bool | None = None
    with source.open() as file:
        while piece := _up_to_a_line(file) if plain else file.read(BLOCK):
            if lines == 0 and plain:
                piece = piece.removeprefix(codecs.BOM_UTF8)
            elif not plain:
                piece = _decoded(decoder, piece, source.name, lines)
            if plain and (other := not_utf8(piece, lines)):
                if found_encoding:
                    raise OtherEncoding(*other)
                raise wrong(source.name, dialect.encoding, lines + 1, next(byte for byte in piece if byte > 127))
            if b"\0" in piece:
                raise nul(piece, source.name, lines)
            old_mac = b"\r" in piece and b"\n" not in piece if old_mac is None else old_mac
            lines += piece.count(b"\n")
            yield piece.replace(b"\r", b"\n") if old_mac else piece


def _up_to_a_line(file: BinaryIO) -> bytes:
    """Read a block and on to the end of its line, so that no letter of UTF-8 is cut."""
    piece = file.read(BLOCK)
    return piece + file.readline() if len(piece) == BLOCK else piece


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes, name: str, lines: int) -> bytes:
    try:
        return decoder.decode(piece).encode()
    except UnicodeDecodeError as error:
        raise wrong(name, error.encoding, lines + 1, error.object[error.start]) from error


def _with_last(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    current = next(pieces, None)
    while current is not None:
        following = next(pieces, None)
        yield current, following is None
        current = following


def _end_of_records(piece: bytes, quote: bool) -> int:
    """Return where the last whole record ends: after a line end that no open quote precedes."""
    end = piece.rfind(b"\n") + 1
    quotes = piece.count(b'"', 0, end) if quote else 0
    while quotes % 2 and end:
        before = piece.rfind(b"\n", 0, end - 1) + 1
        quotes -= piece.count(b'"', before, end)
        end = before
    return end


def _first_record(piece: bytes, quote: bool) -> int:
    end = piece.find(b"\n") + 1
    while quote and end and piece.count(b'"', 0, end) % 2:
        end = piece.find(b"\n", end) + 1
    return end or len(piece)


def _clean(piece: bytes, dialect: Dialect) -> bytes:
    """Leave out blank lines and, where no quotes are, the usual space beside a cell: polars would keep both."""
    quoted = dialect.quote and b'"' in piece
    if dialect.padded and not quoted:
        separator = dialect.separator.encode()
        piece = piece.replace(separator + b" ", separator)
        if b" " + separator in piece[:SAMPLE]:
            piece = piece.replace(b" " + separator, separator)
        piece = piece.strip(b" ")
    piece = piece.strip(b"\r\n") if not quoted else piece
    if b"\n\n" in piece or (b"\r" in piece and b"\n\r\n" in piece):
        return _without_blank_lines(piece, quoted)
    return piece


def _without_blank_lines(piece: bytes, quoted: bool) -> bytes:
    if not quoted:
        return re.sub(rb"\n[\r\n]+", b"\n", piece)
    letters = np.frombuffer(piece, dtype=np.uint8)
    inside = np.logical_xor.accumulate(letters == ord('"'))
    line_end = letters == ord("\n")
    previous = np.concatenate(([True], line_end[:-1]))
    previous |= (letters == ord("\r")) & previous
    blank = line_end & ~inside & np.concatenate(([True], previous[:-1] & (letters[:-1] == ord("\r")) | line_end[:-1]))
    return letters[~blank].tobytes()


def _rewritten(source: Source, dialect: Dialect) -> Iterator[Block]:
    """Yield an untidy file as plain CSV, by Python's csv reader."""
    records = read_records(source, dialect)
    if dialect.header:
        next(records, None)
    while batch := list(itertools.islice(records, BATCH)):
        if dialect.trailing:
            batch = [record[:-1] if len(record) == len(dialect.names) + 1 else record for record in batch]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(batch)
        yield Block(text.getvalue().encode(), ",", True)


def read_records(source: Source, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the records of a file as lists of cells, blank lines left out."""
    return (record for _, record in numbered_records(source, dialect))


def numbered_records(source: Source, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of the line that it starts in."""
    text = io.TextIOWrapper(source.open(), encoding=dialect.encoding, newline="")
    with text:
        if dialect.separator == " ":
            yield from ((number, cells) for number, line in enumerate(text, 1) if (cells := line.split()))
            return
        reader = csv.reader(
            text,
            delimiter=dialect.separator or "\x01",
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            skipinitialspace=dialect.padded or dialect.untidy,
        )
        start = 1
        for record in reader:
            if record:
                yield start, record
            start = reader.line_num + 1
