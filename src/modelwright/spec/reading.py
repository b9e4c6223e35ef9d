"""The text of a description file, or why it cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec.document import MAX_CHARACTERS
from modelwright.spec.near import near

DATA_SUFFIXES = frozenset(
    (".csv", ".tsv", ".parquet", ".arrow", ".feather", ".jsonl", ".ndjson", ".xlsx", ".gz", ".zst")
)


def read_text(path: Path) -> str:
    """Return the text of a description; SpecError (F001, F002, F004, F008) if it cannot be read."""
    file = str(path)
    if path.suffix.lower() in DATA_SUFFIXES:
        fix = f"modelwright init {path}"
        _refuse(
            "F008", file, "this is data, not a description", "a YAML file", file, f"`{fix}` writes a description of it"
        )
    try:
        with path.open("rb") as stream:
            content = stream.read(4 * MAX_CHARACTERS + 1)
    except FileNotFoundError:
        _refuse("F001", file, f"there is no file `{path}`", "a description (YAML)", file, _nearest(path))
    except IsADirectoryError:
        _refuse("F008", file, f"`{path}` is a folder, not a description", "a YAML file", "a folder", _inside(path))
    except PermissionError:
        _refuse("F001", file, f"`{path}` may not be read", "a file with read permission", file, f"chmod u+r {path}")
    except OSError as error:
        _refuse("F001", file, f"`{path}` cannot be read: {error.strerror}", "a file", file, "")
    return _decode(content, file)


def _decode(content: bytes, file: str) -> str:
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        fix = "save the file as UTF-8" if wide else "remove the byte; is this a description?"
        what = "this file is UTF-16" if wide else "a NUL byte stands in the file"
        _refuse("F004", file, what, "text in UTF-8", "UTF-16" if wide else "a NUL byte", fix, line)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = f"the byte 0x{content[error.start]:02x}"
        fix = f"iconv -f latin1 -t utf-8 {file} > utf8.yaml"
        _refuse("F004", file, f"{byte} is not UTF-8", "text in UTF-8", byte, fix, line)
    if not text.strip():
        _refuse("F002", file, "the file is empty", "a description", "nothing", "data: {path: FILE.csv, target: COLUMN}")
    return text


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder `{folder}` either"
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())[:2000]
    found = near(path.name, names, 1)
    described = [name for name in names if name.endswith((".yaml", ".yml"))][:5]
    if found:
        return str(folder / found[0])
    return f"descriptions there: {', '.join(described)}" if described else ""


def _inside(path: Path) -> str:
    described = sorted(entry for entry in path.iterdir() if entry.suffix in (".yaml", ".yml"))[:1]
    return str(described[0]) if described else ""


def _refuse(
    code: str, file: str, message: str, expected: str, received: str, fix: str, line: int | None = None
) -> NoReturn:
    where = Place(file=file, line=line)
    raise SpecError(
        Diagnostic(
            code=code, severity="error", message=message, where=where, expected=expected, received=received, help=fix
        )
    )
