"""Texts in files: a folder for each class with a text a file, or a file for each class with a text a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modelwright.data.delimited import Read
from modelwright.data.encoding import encoding_of, wrong
from modelwright.data.files import Source, cannot_read
from modelwright.data.problems import fail
from modelwright.diagnostic import Place
from modelwright.spec.schema import DataSpec

FORM = "texts"
TEXT, CLASS = "text", "class"
LOOK = 20  # lines that are looked at for tabs, which make a table of a file
SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Texts:
    """Files of texts with their classes; `lines`: each line is a text of its own."""

    sources: tuple[Source, ...]
    classes: tuple[str, ...]
    lines: bool


def find_texts(data: DataSpec, base: Path) -> Texts | None:
    """Return the text files of the folders that a description names; None where these are no folders of texts."""
    named = [(data.path, 0), (data.validation, 1), (data.test, 2)]
    parts = [(path, part) for path, part in named if path is not None]
    found: list[tuple[Source, str]] = []
    lines: set[bool] = set()
    for path, part in parts:
        folder = base / Path(path).expanduser() if isinstance(path, str) and path else None
        try:
            each = _of_folder(folder, str(path), part) if folder is not None and folder.is_dir() else None
        except OSError as error:
            raise cannot_read(str(path), error) from error
        if each is None:
            return None
        lines.add(each.lines)
        found += zip(each.sources, each.classes, strict=True)
    if len(lines) != 1:
        return None
    return Texts(tuple(source for source, _ in found), tuple(name for _, name in found), lines.pop())


def _of_folder(folder: Path, text: str, part: int) -> Texts | None:
    inner = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith((".", "_"))]
    folders = [entry for entry in inner if entry.is_dir()]
    files = [(entry.name, file) for entry in folders for file in _texts(sorted(entry.iterdir()))]
    if len({name for name, _ in files}) < 2:
        files = [(file.stem, file) for file in _texts(inner)]
        if len(files) < 2 or len(files) < sum(entry.is_file() for entry in inner) or any(_tabs(f) for _, f in files):
            return None
        return Texts(_sources(files, folder, text, part), tuple(name for name, _ in files), lines=True)
    return Texts(_sources(files, folder, text, part), tuple(name for name, _ in files), lines=False)


def _texts(entries: Sequence[Path]) -> list[Path]:
    return [entry for entry in entries if entry.suffix.lower() == ".txt" and entry.is_file()]


def _sources(files: Sequence[tuple[str, Path]], folder: Path, text: str, part: int) -> tuple[Source, ...]:
    return tuple(Source(str(Path(text) / file.relative_to(folder)), file, part=part) for _, file in files)


def _tabs(file: Path) -> bool:
    with file.open("rb") as stream:
        return any(b"\t" in line for line, _ in zip(stream, range(LOOK), strict=False))


def read_texts(texts: Texts, data: DataSpec) -> Read:
    """Read the files as a table of two columns, `text` and `class`. Raises DataError for bytes that are no text."""
    rows: list[str] = []
    classes: list[str] = []
    counts: list[int] = []
    encodings: set[str] = set()
    why = {
        "format": "a text a line, a file for each class" if texts.lines else "a text a file, a folder for each class"
    }
    for source, name in zip(texts.sources, texts.classes, strict=True):
        content, encoding, reason = decoded(source, data.encoding)
        found = list(lines_of(content)) if texts.lines else [content]
        rows += found
        classes += [name] * len(found)
        counts.append(len(found))
        encodings.add(encoding)
        if "encoding" not in why or encoding != "utf-8":
            why["encoding"] = f"{source.name}: {reason}" if encoding != "utf-8" else reason
    if not rows:
        raise fail("F002", "the text files are empty", where=Place(file=texts.sources[0].name), expected="texts")
    return Read(
        pl.DataFrame({TEXT: rows, CLASS: classes}), tuple(counts), {"encoding": "/".join(sorted(encodings))}, why
    )


def read_lines(source: Source, encoding: str = "auto") -> Read:
    """Read one text file to predict for: each line is a text."""
    content, _, reason = decoded(source, encoding)
    rows = list(lines_of(content))
    return Read(pl.DataFrame({TEXT: rows}, schema={TEXT: pl.String}), (len(rows),), {}, {"encoding": reason})


def decoded(source: Source, given: str) -> tuple[str, str, str]:
    """Return the text of a file, its encoding and the reason; DataError F004 where it is no text."""
    with source.open() as file:
        content = file.read()
    encoding, why = encoding_of(content, source.name, given)
    try:
        return content.decode(encoding), encoding, why
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise wrong(source.name, encoding, line, error.object[error.start]) from error


def lines_of(content: str) -> Iterator[str]:
    """Yield the lines of a text that hold something."""
    return (line.strip() for line in content.splitlines() if line.strip())
