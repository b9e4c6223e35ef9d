"""Files of sequences as the UEA & UCR archive has them (`.ts`): a header of `@` lines, then one sequence a line.

A line holds channels apart by `:`, values by `,`, and the class (or number) to predict last; `?` and `NaN` are missing.
Source of the format: Ruiz et al. 2021 and the archive's own description, https://www.timeseriesclassification.com.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelwright.data.columns import Reading, Table
from modelwright.data.files import Source
from modelwright.data.kinds import column
from modelwright.data.problems import SHOWN, problem
from modelwright.data.sequences import NAME, holes, sequence_column, whole
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

PAIR = re.compile(r"\(([^,()]*),([^,()]*)\)")
LONGEST = 40  # characters of a line that are shown
MISSING = frozenset({"", "?", "nan", "NaN", "NA", "null"})


@dataclass(slots=True)
class Header:
    """What a file says of itself; `target` is what a line ends with: a class, a number or nothing."""

    dimensions: int | None = None
    length: int | None = None
    equal: bool | None = None
    univariate: bool | None = None
    timestamps: bool = False
    target: str = ""
    classes: tuple[str, ...] = ()
    data: int = 0  # line of `@data`, from 1


@dataclass(slots=True)
class Content:
    """The sequences of one file, each a list of channels, with what they end with and their lines."""

    header: Header
    sequences: list[list[np.ndarray]] = field(default_factory=list[list[np.ndarray]])
    targets: list[str] = field(default_factory=list[str])
    lines: list[int] = field(default_factory=list[int])
    problems: list[Diagnostic] = field(default_factory=list[Diagnostic])


def read_ts(sources: Sequence[Source], data: DataSpec, digest: str) -> Table:
    """Read `.ts` files as one table: a column of sequences and the target, `class` or `target`.

    Raises DataError with every line that disagrees with its header (F003), and F002 for a file without sequences.
    """
    started = time.perf_counter()
    contents = [parse(source) for source in sources]
    problems = [found for content in contents for found in content.problems]
    if problems:
        raise DataError(*problems)
    widths = {len(content.sequences[0]) for content in contents}
    if len(widths) > 1:
        raise DataError(problem("F003", "the files differ in channels", received=", ".join(map(str, sorted(widths)))))
    sequences, filled = whole(together([one for content in contents for one in content.sequences]))
    frame = pl.DataFrame({NAME: np.arange(len(sequences))})
    head = contents[0].header
    if head.target:
        texts = pl.Series(head.target, [each for content in contents for each in content.targets])
        frame = frame.with_columns(texts.cast(pl.Float64) if head.target == "target" else texts)
    parts = None
    if any(source.part for source in sources):
        sizes = [len(content.sequences) for content in contents]
        parts = np.repeat(np.array([source.part for source in sources], dtype=np.int8), sizes)
    columns = [sequence_column(sequences, "a file of the UEA & UCR archive")]
    if head.target:
        columns.append(column(frame[head.target], data.columns.get(head.target), target=True))
    reading = Reading(
        paths=tuple(source.name for source in sources),
        format="ts",
        options={"columns": list(frame.columns), "sequence": {"form": "ts", "channels": sequences.shape[2]}},
        why={"format": "lines that begin with @ name what the file holds"},
        fingerprint=digest,
        seconds=time.perf_counter() - started,
    )
    findings = (holes(filled, sequences.size),) if filled else ()
    return Table(
        frame=frame, columns=tuple(columns), reading=reading, parts=parts, findings=findings, media={NAME: sequences}
    )


def together(sequences: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Return sequences of channels as float32 `[N, T, C]`, NaN after their end."""
    steps = max(len(channel) for one in sequences for channel in one)
    found = np.full((len(sequences), steps, len(sequences[0])), np.nan, dtype=np.float32)
    for row, one in enumerate(sequences):
        for at, channel in enumerate(one):
            found[row, : len(channel), at] = channel
    return found


def parse(source: Source) -> Content:
    """Return what a file holds; what is wrong with it stands in `problems`."""
    with source.open() as file:
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    header = _header(source.name, lines)
    content = Content(header)
    for number, line in enumerate(lines[header.data :], start=header.data + 1):
        if not line.strip() or line.startswith(("#", "%")):
            continue
        if len(content.problems) >= SHOWN:
            break
        content.problems.extend(_line(content, line.strip(), source.name, number))
    if not content.sequences and not content.problems:
        content.problems.append(
            problem("F002", f"`{source.name}` holds no sequences", where=Place(file=source.name), fix="fetch it again")
        )
    return content


def _header(name: str, lines: Sequence[str]) -> Header:
    header = Header()
    for number, line in enumerate(lines, start=1):
        words = line.strip().split()
        if not words or not words[0].startswith("@"):
            continue
        key, given = words[0].lower(), words[1:]
        yes = bool(given) and given[0].lower() == "true"
        match key:
            case "@timestamps":
                header.timestamps = yes
            case "@univariate":
                header.univariate = yes
            case "@dimensions" | "@dimension":
                header.dimensions = _whole(given)
            case "@equallength":
                header.equal = yes
            case "@serieslength":
                header.length = _whole(given)
            case "@classlabel" if yes:
                header.target, header.classes = "class", tuple(given[1:])
            case "@targetlabel" if yes:
                header.target = "target"
            case "@data":
                header.data = number
                return header
            case _:
                pass
    where = Place(file=name)
    raise DataError(
        problem("F003", f"`{name}` has no line `@data`", where=where, expected="@data before the sequences")
    )


def _whole(words: Sequence[str]) -> int | None:
    return int(words[0]) if words and words[0].isdigit() else None


def _line(content: Content, line: str, name: str, number: int) -> Iterator[Diagnostic]:
    """Take one sequence; yield what is wrong with it."""
    header, where = content.header, Place(file=name, line=number)
    *channels, last = line.split(":") if header.target else [*line.split(":"), ""]
    try:
        sequence = [_values(channel, header.timestamps) for channel in channels]
    except ValueError as error:
        cell = str(error).partition(": ")[2]
        fix = "@timeStamps true, if these are pairs (time,value)" if "(" in line else "`?` where a value is missing"
        text = f"line {number} has a value that is no number"
        yield problem("F007", text, where=where, expected="numbers", received=cell, fix=fix)
        return
    if not channels:
        text = f"line {number} ends without the {header.target} that the header says"
        yield problem("F003", text, where=where, expected=f"values:{header.target}", received=last[:LONGEST])
        return
    fix = "mend this line, or what the header says of all"
    for text, expected, received in _disagreements(content, sequence, last.strip()):
        received = received if len(received) <= LONGEST else f"{received[:LONGEST]}…"
        yield problem("F003", f"line {number}: {text}", where=where, expected=expected, received=received, fix=fix)
    content.sequences.append(sequence)
    content.targets.append(last.strip())
    content.lines.append(number)


def _values(channel: str, timestamps: bool) -> np.ndarray:
    cells = [value for _, value in PAIR.findall(channel)] if timestamps else channel.split(",")
    return np.array([np.nan if cell.strip() in MISSING else float(cell) for cell in cells], dtype=np.float32)


def _disagreements(content: Content, sequence: list[np.ndarray], last: str) -> Iterator[tuple[str, str, str]]:
    """Yield what of a sequence is not as the header, or the sequences before it, say."""
    header, found = content.header, len(sequence)
    wanted = header.dimensions or (1 if header.univariate else None)
    wanted = wanted or (len(content.sequences[0]) if content.sequences else found)
    if found != wanted:
        yield "it has another number of channels than the header says", str(wanted), str(found)
    elif header.univariate and found > 1:
        yield "it has several channels, but the header says @univariate true", "1", str(found)
    lengths = {len(channel) for channel in sequence}
    if len(lengths) > 1:
        yield "its channels differ in length", "one length", ", ".join(map(str, sorted(lengths)))
    length = max(lengths, default=0)
    if header.timestamps and not min(lengths, default=0):
        yield "it holds values without times, but the header says @timeStamps true", "(time,value),…", "none"
    elif header.equal and header.length is not None and length != header.length:
        yield "its length is not the one of the header", str(header.length), str(length)
    elif header.equal and header.length is None and content.sequences and length != len(content.sequences[0][0]):
        yield "its length differs, though the header says equal", str(len(content.sequences[0][0])), str(length)
    if header.classes and last not in header.classes:
        yield "its class is not one that the header names", ", ".join(header.classes[:10]), last or "nothing"
    if header.target == "target" and not _is_number(last):
        yield "it does not end with a number to predict", "a number", last or "nothing"


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
