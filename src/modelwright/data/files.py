"""From what the user wrote (file, list, folder, glob, URL, `-`) to the files that are read."""

from __future__ import annotations

import difflib
import glob
import hashlib
import io
import lzma
import os
import re
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from modelwright.data.formats import COMPRESSED, opened, suffix_format
from modelwright.data.problems import fail
from modelwright.diagnostic import Place
from modelwright.errors import DataError

BLOCK = 1 << 20
ARCHIVE = re.compile(r"(?P<name>.+)_(?P<part>TRAIN|TEST)(?P<rest>\..+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: `name` as the user knows it; a path, or bytes already here. `part`: 0 training, 1, 2."""

    name: str
    path: Path | None = None
    content: bytes | None = None
    part: int = 0
    keep: object = None  # a temporary file that lives as long as this source

    def raw(self) -> BinaryIO:
        """Open the file as it lies there (F001 where it cannot be)."""
        if self.content is not None:
            return io.BytesIO(self.content)
        try:
            return (self.path or Path()).open("rb")
        except OSError as error:
            raise cannot_read(self.name, error) from error

    def head(self, size: int = 512) -> bytes:
        """Return the first bytes as they lie there."""
        with self.raw() as file:
            return file.read(size)

    def open(self) -> BinaryIO:
        """Open the file, decompressed."""
        return opened(self.place, self.head(), self.name)

    @property
    def place(self) -> Path | bytes:
        """Where the bytes are."""
        return self.content if self.content is not None else self.path or Path()


def resolve(given: str | Sequence[str], base: Path, key: str = "data.path", part: int = 0) -> list[Source]:
    """Return the files that a path, list, folder, glob or URL stands for; raises F001 and F008, all of them at once."""
    texts = [given] if isinstance(given, str) else list(given)
    found: list[Source] = []
    problems: list[DataError] = []
    for text in texts:
        try:
            found.extend(replace(source, part=part) for source in _one(text, base, key))
        except DataError as error:
            problems.append(error)
        except OSError as error:  # a folder on the way may not be entered, or the disk fails
            problems.append(cannot_read(text, error))
    if problems:
        raise DataError(*(diagnostic for error in problems for diagnostic in error.diagnostics))
    if not found:
        raise fail("F001", "no data file is named", where=Place(key=key), fix="data: {path: table.csv}")
    return found


def _one(text: str, base: Path, key: str) -> list[Source]:
    if not text:
        raise fail("F001", "no data file is named", where=Place(key=key), fix="data: {path: table.csv}")
    if text == "-":
        return [Source("standard input", content=sys.stdin.buffer.read())]
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    elif "://" in text:
        return _remote(text, key)
    path = base / Path(text).expanduser()
    if path.is_dir():
        return _folder(path, text, key)
    if path.exists():
        return [Source(text, path)]
    if any(letter in text for letter in "*?["):
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - pathlib globs no absolute pattern
        files = sorted(match for match in matches if Path(match).is_file())
        if files:
            return [
                Source(os.path.relpath(file, base) if not Path(text).is_absolute() else file, Path(file))
                for file in files
            ]
    raise _not_found(path, text, key)


def _not_found(path: Path, text: str, key: str) -> DataError:
    folder = path.parent
    there = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    like = difflib.get_close_matches(path.name, there, n=1, cutoff=0.6)
    return fail(
        "F001",
        f"there is no file `{text}`",
        where=Place(key=key),
        expected="a file, folder, glob or URL",
        received=str(path),
        known=_known_of(folder, path.name),
        fix=f"did you mean `{Path(text).with_name(like[0])}`?"
        if like
        else "check the path"
        if Path(text).is_absolute()
        else "check the path; it is relative to the description, or without one to the folder you are in",
    )


def _known_of(folder: Path, name: str) -> str:
    if folder.is_dir():
        return ""
    return f"{folder} is a file, no folder: it holds no {name}" if folder.exists() else f"there is no folder {folder}"


def cannot_read(name: str, error: OSError) -> DataError:
    """Say why a file cannot be opened."""
    reason = (error.strerror or type(error).__name__).lower()
    fix = f"make it readable: chmod u+r {name}" if isinstance(error, PermissionError) else "check the path"
    return fail(
        "F001",
        f"`{name}` cannot be read: {reason}",
        where=Place(file=name),
        expected="a file that you may read",
        fix=fix,
    )


def _folder(path: Path, text: str, key: str) -> list[Source]:
    """Return the tables of a folder, which must all be of one format."""
    try:
        entries = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith((".", "_")))
    except OSError as error:
        raise cannot_read(text, error) from error
    formats = {entry: fmt for entry in entries if (fmt := suffix_format(entry.name)) is not None}
    kinds = Counter(formats.values())
    if not kinds:
        others = ", ".join(entry.name for entry in entries[:5]) or "no files"
        raise fail(
            "F008",
            f"the folder `{text}` holds no table",
            where=Place(key=key),
            expected="files that end in .csv, .tsv, .parquet, .arrow, .jsonl, .xlsx",
            received=others,
            fix="name a file",
        )
    if len(kinds) > 1:
        counted = ", ".join(f"{number} {name}" for name, number in kinds.most_common())
        first = entries[0].suffix if entries[0].suffix not in COMPRESSED else "".join(entries[0].suffixes)
        raise fail(
            "F008",
            f"the folder `{text}` holds tables of {len(kinds)} formats",
            where=Place(key=key),
            expected="files of one format",
            received=counted,
            fix=f"data: {{path: {text.rstrip('/')}/*{first}}}",
        )
    return [Source(str(Path(text) / entry.name), entry) for entry in formats]


def archive_parts(sources: Sequence[Source]) -> list[Source]:
    """Return files with `NAME_TEST` as test rows of `NAME_TRAIN`, as the UEA & UCR archive calls them, training first.

    Other files come back as they are.
    """
    found = [ARCHIVE.fullmatch(Path(source.name).name) for source in sources]
    pairs = [(match["name"], match["part"], match["rest"]) for match in found if match is not None]
    if len(sources) != 2 or len({(name, rest) for name, _, rest in pairs}) != 1 or len({*pairs}) != 2:
        return list(sources)
    return sorted(
        (replace(source, part=2 if pair[1] == "TEST" else 0) for source, pair in zip(sources, pairs, strict=True)),
        key=lambda source: source.part,
    )


def _remote(url: str, key: str) -> list[Source]:
    """Fetch files through fsspec (HTTP through the standard library, which needs no further package)."""
    if url.startswith(("http://", "https://")):
        return [_kept(url, _http(url, key))]
    import fsspec.core  # only here: most tables lie on a disk

    try:
        system, path = fsspec.core.url_to_fs(url)
        paths = sorted(str(found) for found in system.glob(path)) if "*" in path else [path]
        if not paths:
            raise FileNotFoundError(url)
        return [_kept(url if len(paths) == 1 else name, system.open(name, "rb")) for name in paths]
    except ImportError as error:
        raise fail(
            "F001", f"`{url}` needs a further package: {error}", where=Place(key=key), fix="pip install it"
        ) from error
    except (OSError, ValueError) as error:
        raise fail("F001", f"`{url}` cannot be read: {error}", where=Place(key=key), fix="check the address") from error


def _http(url: str, key: str) -> BinaryIO:
    try:
        return cast(BinaryIO, urllib.request.urlopen(url, timeout=60))
    except (urllib.error.URLError, OSError) as error:
        raise fail(
            "F001",
            f"`{url}` cannot be fetched: {_reason(error)}",
            where=Place(key=key),
            expected="an address that answers",
            fix="check the address and the network, or fetch the file yourself and name it",
        ) from error


def _reason(error: OSError) -> str:
    inner = getattr(error, "reason", None)
    inner = inner if isinstance(inner, OSError) else error
    return (inner.strerror or str(inner)).lower()


def _kept(name: str, stream: BinaryIO) -> Source:
    """Copy a download to a temporary file, since it is read more than once."""
    file = tempfile.NamedTemporaryFile(prefix="modelwright-")  # noqa: SIM115 - lives as long as the source
    with stream:
        while block := stream.read(BLOCK):
            file.write(block)
    file.flush()
    return Source(name, Path(file.name), keep=file)


@contextmanager
def whole_files(*names: str) -> Generator[None]:
    """Turn the errors of damaged compressed files, wherever they are met, into DataError F004."""
    try:
        yield
    except (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk, not what stands in the file
            raise cannot_read(str(error.filename or "the data"), error) from error
        raise fail(
            "F004",
            f"{f'`{names[0]}`' if len(names) == 1 else 'a compressed file'} is damaged or incomplete: {error}",
            where=Place(file=", ".join(names[:5])),
            expected="the whole file",
            fix="write or fetch it again",
        ) from error


def fingerprint(sources: Sequence[Source]) -> str:
    """Return the SHA-256 of the bytes of one file, or that of the files' sums in reading order."""
    sums: list[str] = []
    for source in sources:
        digest = hashlib.sha256()
        with source.raw() as file:
            while block := file.read(BLOCK):
                digest.update(block)
        sums.append(digest.hexdigest())
    return sums[0] if len(sums) == 1 else hashlib.sha256("\n".join(sums).encode()).hexdigest()
