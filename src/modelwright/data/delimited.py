"""Delimited text, parsed once: block by block, straight into typed columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from modelwright.data.blocks import Block, OpenQuote, OtherEncoding, blocks
from modelwright.data.files import Source
from modelwright.data.missing import spellings
from modelwright.data.problems import fail
from modelwright.data.ragged import open_quote, ragged
from modelwright.data.schemas import same_names
from modelwright.data.sniff import SAMPLE, Dialect, sniff
from modelwright.diagnostic import Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

LARGE = 50 << 20  # bytes of text from which numbers are kept as float32: training computes in float32 anyway
PACKED = 4  # how much larger text is than its compressed file, roughly


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader gives: the rows, how many came from each source, and how they were read."""

    frame: pl.DataFrame
    rows: tuple[int, ...]
    options: dict[str, object]
    why: dict[str, str]


class _Misfit(Exception):
    """Columns whose cells do not fit the type of the sample."""

    def __init__(self, types: dict[str, pl.DataType]) -> None:
        super().__init__(", ".join(types))
        self.types = types


def read_delimited(
    sources: Sequence[Source],
    data: DataSpec,
    as_text: Collection[str] = (),
    like: Dialect | None = None,
    *,
    empty: bool = False,
) -> Read:
    """Read text files that belong to one table, in the order given.

    `as_text` names columns that are read as they stand. Types follow from a sample; a column whose later cells do not
    fit is widened to float, or the files are read again with that column as text. `empty`: a header may be all.
    """
    dialects = _dialects(sources, data, like)
    large = sum(size(source) for source in sources) > LARGE
    types = _types(dialects, as_text, large)
    while True:
        try:
            parts = [_read_one(source, dialects[i], types, data, empty) for i, source in enumerate(sources)]
            break
        except _Misfit as misfit:
            types |= misfit.types
        except _Reread as again:
            dialects[again.position(sources)] = again.dialect
    names = dialects[0].names
    frame = join([frame for part in parts for frame in part], names, types)
    why = dict(dialects[0].why)
    if large and any(dtype == pl.Float32 for dtype in types.values()):
        why["float32"] = "the file is large: numbers are kept as float32, as training uses them"
    options: dict[str, object] = {**dialects[0].to_json(), "padded": any(dialect.padded for dialect in dialects)}
    return Read(frame, tuple(sum(map(len, part)) for part in parts), options, why)


class _Reread(Exception):
    """A source turned out to be written otherwise than its start."""

    def __init__(self, source: Source, dialect: Dialect) -> None:
        super().__init__(source.name)
        self.source = source
        self.dialect = dialect

    def position(self, sources: Sequence[Source]) -> int:
        return next(i for i, source in enumerate(sources) if source is self.source)


def size(source: Source) -> int:
    """Return the bytes of text of a source, roughly where it is compressed."""
    held = len(source.content) if source.content is not None else source.path.stat().st_size if source.path else 0
    return held * PACKED if source.name.endswith((".gz", ".zst", ".bz2", ".xz", ".zip")) else held


def _dialects(sources: Sequence[Source], data: DataSpec, like: Dialect | None) -> list[Dialect]:
    found: list[Dialect] = []
    problems: list[DataError] = []
    for source in sources:
        try:
            with source.open() as file:
                head = file.read(SAMPLE)
                whole = not file.read(1)
            found.append(sniff(head, source.name, data, whole=whole, like=found[0] if found else like))
        except DataError as error:
            problems.append(error)
    if problems:
        raise DataError(*(diagnostic for error in problems for diagnostic in error.diagnostics))
    same_names([(source.name, dialect.names) for source, dialect in zip(sources, found, strict=True)])
    return found


def _types(dialects: Sequence[Dialect], as_text: Collection[str], large: bool) -> dict[str, pl.DataType]:
    """Return one type a column that fits the samples of all files."""
    number = pl.Float32() if large else pl.Float64()
    types: dict[str, pl.DataType] = {}
    for name in dialects[0].names:
        found = {dialect.types[dialect.names.index(name)] for dialect in dialects}
        if "String" in found or name in as_text:
            types[name] = pl.String()
        else:
            types[name] = pl.Int64() if found == {"Int64"} else number
    return types


def _read_one(
    source: Source, dialect: Dialect, types: dict[str, pl.DataType], data: DataSpec, empty: bool
) -> list[pl.DataFrame]:
    missing = spellings(data.missing)
    own = {name: types[name] for name in dialect.names}
    frames: list[pl.DataFrame] = []
    try:
        for block in blocks(source, dialect, found_encoding=data.encoding == "auto"):
            frames.append(_parse(block, own, missing, dialect, source))
    except OtherEncoding as other:
        why = dialect.why | {"encoding": other.why}
        raise _Reread(source, replace(dialect, encoding=other.encoding, why=why)) from other
    except OpenQuote as error:
        unquoted = replace(dialect, quote=False)
        if ragged(source, unquoted) is None:
            raise _Reread(source, unquoted) from error
        raise open_quote(source, dialect) from error
    if not frames and empty:
        return [pl.DataFrame(schema=own)]
    if not frames:
        raise fail(
            "F002",
            f"`{source.name}` has a header and no rows",
            where=Place(file=source.name),
            expected="at least one row",
            received="the line of names alone",
            fix="write the file again from its source, or name another",
        )
    return frames


def _parse(
    block: Block, types: dict[str, pl.DataType], missing: list[str], dialect: Dialect, source: Source
) -> pl.DataFrame:
    try:
        frame = _polars(block, types, missing, dialect.decimal)
    except pl.exceptions.PolarsError as error:
        text = _as_text(block, types, missing, dialect, source)
        raise _Misfit(_misfits(text, types, dialect.decimal)) from error
    if block.quote and _lines_alone(block, frame.height, frame.width):
        raise _Reread(source, replace(dialect, quote=False))
    if frame.width > 1 and frame[:, -1].null_count() and not _regular(block, frame):
        # polars fills a short line with nulls, at its end
        found = ragged(source, dialect)
        if found:
            raise found
    return frame


def _as_text(
    block: Block, types: dict[str, pl.DataType], missing: list[str], dialect: Dialect, source: Source
) -> pl.DataFrame:
    """Parse a block with every column as text; what fails then is a matter of lines and quotes."""
    try:
        return _polars(block, {name: pl.String() for name in types}, missing, dialect.decimal)
    except pl.exceptions.PolarsError as error:
        if block.quote and b'"' in block.content and not dialect.untidy:
            if _lines_alone(block, -1, len(types)):
                raise _Reread(source, replace(dialect, quote=False)) from error
            raise _Reread(source, replace(dialect, untidy=True)) from error
        reason = str(error).splitlines()[0]
        raise ragged(source, dialect) or fail("F003", f"`{source.name}` cannot be parsed", received=reason) from error


def _lines_alone(block: Block, rows: int, columns: int) -> bool:
    """Tell whether quotes join lines each of which is a whole record by itself: they are letters then, not quotes."""
    lines = block.content.rstrip(b"\r\n").split(b"\n") if b'"' in block.content else []
    if columns == 1 or len(lines) in (0, rows):
        return False
    separator = block.separator.encode()
    return all(line.count(separator) == columns - 1 for line in lines)


def _regular(block: Block, frame: pl.DataFrame) -> bool:
    separators = block.content.count(block.separator.encode())
    return separators == frame.height * (frame.width - 1) and not (block.quote and b'"' in block.content)


def _polars(block: Block, types: dict[str, pl.DataType], missing: list[str], decimal: str) -> pl.DataFrame:
    return pl.read_csv(
        block.content,
        has_header=False,
        schema=types,
        separator=block.separator,
        quote_char='"' if block.quote else None,
        null_values=missing,
        decimal_comma=decimal == ",",
    )


def _misfits(text: pl.DataFrame, types: dict[str, pl.DataType], decimal: str) -> dict[str, pl.DataType]:
    """Return the type that columns of a block fit instead of their own."""
    number = pl.Float32() if pl.Float32 in types.values() else pl.Float64()
    wider: dict[str, pl.DataType] = {}
    for name, dtype in types.items():
        cells = text[name].str.replace(",", ".", literal=True) if decimal == "," else text[name]
        fitting = (attempt for attempt in (dtype, number) if _fits(cells, attempt))
        best = next(fitting, pl.String())
        if best != dtype:
            wider[name] = best
    return wider or {name: pl.String() for name in types}


def _fits(cells: pl.Series, dtype: pl.DataType) -> bool:
    return cells.cast(dtype, strict=False).null_count() == cells.null_count()


def join(frames: Iterable[pl.DataFrame], names: Sequence[str], types: dict[str, pl.DataType]) -> pl.DataFrame:
    """Put frames one under the other, column by column, so that only one column is ever held twice."""
    parts = list(frames)
    if len(parts) == 1:
        return parts[0].select(names)
    columns: list[pl.Series] = []
    for name in names:
        columns.append(pl.concat([part[name].cast(types[name]) for part in parts], rechunk=True))
        parts = [part.drop(name) for part in parts]
    return pl.DataFrame(columns)
