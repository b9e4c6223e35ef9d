"""The section that reads the data: polars' own readers, and what makes each column what it was in the run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from modelwright.data.columns import Table
from modelwright.data.files import Source as File
from modelwright.data.files import resolve
from modelwright.data.missing import AMONG_NUMBERS, spellings
from modelwright.data.table import from_frame, read
from modelwright.run.folder import FRAME
from modelwright.script.code import INDENT, WIDTH, Group, block, call, flat, lines, literal, text
from modelwright.script.columns import NUMBERS, Step, Steps, no_number, source_of, steps_to, strip
from modelwright.script.readers import Reader, brief, delimited, impossible, is_text, reader_for, without_blank
from modelwright.script.section import Section, Source

TEXTS: pl.DataType = pl.String()


def write(source: Source, extra: Sequence[str] = (), pictures: str = "", inside: bool = False) -> Section:
    """Return the section that leaves `frame`: the columns that the run used, typed as they were; `extra` ones too,
    where what the file holds became something else (sequences, a series in the order of time). `pictures` is a column
    of paths, or of the pictures themselves (`inside`), which every reader takes along.

    Raises RunError R010 where polars' readers alone cannot give the same rows.
    """
    table = as_read(source) if extra else source.assembly.prepared.dataset.table
    wanted = table.frame.select(*(_wanted(source, name) for name in _used(source, table, extra)))
    if inside:
        wanted = wanted.drop(pictures)
    elif pictures:
        wanted = wanted.with_columns(pl.Series(pictures, table.files, dtype=pl.String))
    files = files_of(source)
    types = {name: dtype if dtype in NUMBERS else TEXTS for name, dtype in wanted.schema.items()}
    missing = _missing(source, files, types)
    plain = _plain(source, files, wanted, missing)
    reader, found = plain or _readable(source, files, types, wanted, missing)
    before = _before(source, missing)
    steps = _steps(source, found, wanted, before)
    explicit = is_text(source) and not before and plain is None
    typed = {name: found[name].dtype for name in wanted.columns} if explicit else {}
    body = block(
        _constants(source, files, steps, missing),
        lines(Group("{", tuple(f"{text(n)}: pl.{dtype}" for n, dtype in typed.items()), "}"), "COLUMNS = ")
        if typed
        else (),
        ("",) if typed or len(files) > 1 else (),
        _calls(source, files, reader),
        _conversions(steps, before),
    )
    return Section(lines=body, imports=("from pathlib import Path", "import polars as pl", *reader.imports))


def as_read(source: Source) -> Table:
    """Return the rows as the file has them."""
    data = source.request.description.spec.data
    if source.request.frame is not None:
        return from_frame(source.request.frame, data)
    return read(data, source.request.base)


def _used(source: Source, table: Table, extra: Sequence[str]) -> list[str]:
    """Return the columns that a run uses, in the order of the file."""
    data, plan = source.plan.data, source.plan
    names = {column.name for column in plan.inputs} | set(plan.outputs.targets)
    if plan.contrast is not None:
        names = set(source.compared_columns)
    names |= {data.weight or "", *extra}
    names |= {(data.group or "") if source.rule == "group" else ""}
    names |= {(data.time or "") if source.rule == "time" else ""}
    return [name for name in table.frame.columns if name in names]


def _wanted(source: Source, name: str) -> pl.Expr:
    """Return a column as the sections that follow take it: categories and classes as words."""
    plan = source.plan
    inputs = [*plan.inputs, *(plan.contrast.second.inputs if plan.contrast and plan.contrast.second else ())]
    words = {column.name for column in inputs if column.encoding in ("one_hot", "embedding")}
    if plan.task in ("binary", "multiclass"):
        words |= set(plan.outputs.targets)
    return pl.col(name).cast(pl.String) if name in words else pl.col(name)


def files_of(source: Source) -> list[File]:
    """Return the files to read, in order, each with its part."""
    data = source.spec.data
    if source.request.frame is not None:
        kept = None if source.run is None else source.run / FRAME
        if kept is None or not kept.exists():
            raise impossible(source, "its rows were given by a Python program, not in a file", "write them to a file")
        return [File(str(kept), kept)]
    if any("://" in path for path in ([data.path] if isinstance(data.path, str) else data.path)):
        raise impossible(source, "its data come from an address, not from a file", "download the file, name it, train")
    files = resolve(data.path, source.request.base)
    for part, path in enumerate((data.validation, data.test), 1):
        files += resolve(path, source.request.base, part=part) if path is not None else []
    if any(file.path is None for file in files):
        raise impossible(source, "its data came through standard input", "write them to a file, name it, train")
    return files


def _missing(source: Source, files: Sequence[File], types: dict[str, pl.DataType]) -> list[str]:
    """Return the spellings of a missing value that occur in the files."""
    if not is_text(source):
        return []
    words = spellings(list(source.plan.data.options.get("missing") or ()))
    reader = delimited(source, dict.fromkeys(types, TEXTS), [])
    try:
        frames = [reader.read(file.path or Path()) for file in files]
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return words
    stripped = pl.concat(frames).select(pl.all().str.strip_chars())
    return [word for word in words if any((column == word).any() for column in stripped)]


def _before(source: Source, missing: list[str]) -> tuple[Step, ...]:
    """Return what every column goes through first: cells of padded files lose their white space."""
    if not source.plan.data.options.get("padded"):
        return ()
    if not missing:
        return (strip(),)
    return (strip(), Step(".replace(MISSING, None)", lambda e: e.replace(missing, None)))


def _readable(
    source: Source, files: Sequence[File], types: dict[str, pl.DataType], wanted: pl.DataFrame, missing: list[str]
) -> tuple[Reader, pl.DataFrame]:
    """Return the reader with as many typed columns as give what the run had, and what it reads."""
    text_only = dict.fromkeys(types, TEXTS)
    for attempt in (text_only if _before(source, missing) else types, text_only):
        reader = reader_for(source, files, attempt, missing)
        try:
            found = pl.concat([reader.read(file.path or Path()) for file in files], how="vertical_relaxed")
            if is_text(source) and found.height > wanted.height:
                reader = without_blank(reader)
                found = pl.concat([reader.read(file.path or Path()) for file in files], how="vertical_relaxed")
        except (pl.exceptions.PolarsError, OSError, ValueError):
            continue
        if found.height != wanted.height or set(wanted.columns) - set(found.columns):
            continue
        misread = [n for n in wanted.columns if attempt[n] != pl.String and not _same(found[n], wanted[n])]
        if not misread or not is_text(source):
            return reader, found
        return _readable(source, files, types | dict.fromkeys(misread, TEXTS), wanted, missing)
    raise impossible(
        source, "its file is written in a way that polars alone does not read", "save the table as Parquet, and train"
    )


def _plain(
    source: Source, files: Sequence[File], wanted: pl.DataFrame, missing: list[str]
) -> tuple[Reader, pl.DataFrame] | None:
    """Return the reader that names no columns and no types, where what it gives is what the run had but for words."""
    if not is_text(source) or source.plan.data.options.get("padded"):
        return None
    reader = delimited(source, {}, missing)
    try:
        found = pl.concat([reader.read(file.path or Path()) for file in files], how="vertical_relaxed")
        if found.height == wanted.height and _same_but_words(found.select(wanted.columns), wanted):
            return reader, found
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return None
    return None


def _same_but_words(found: pl.DataFrame, wanted: pl.DataFrame) -> bool:
    """Tell whether numbers are the same; what is text, date or yes and no is made of text by steps."""
    numbers = [name for name, dtype in wanted.schema.items() if dtype.is_numeric()]
    others = [name for name in wanted.columns if name not in numbers]
    return all(_same(found[name], wanted[name]) for name in numbers) and all(
        found[name].dtype == pl.String for name in others
    )


def _same(one: pl.Series, other: pl.Series) -> bool:
    return one.dtype == other.dtype and one.equals(other, null_equal=True)


def _steps(source: Source, found: pl.DataFrame, wanted: pl.DataFrame, before: Steps) -> dict[str, Steps]:
    """Return the steps of each column that needs some; RunError R010 for one that cannot be had."""
    options, replace = source.plan.data.options, source.spec.data.replace
    missing = list(options.get("missing") or ())
    made: dict[str, Steps] = {}
    for name in wanted.columns:
        start: Steps = ()
        if name in replace:
            pairs = replace[name]
            start = (Step(f".replace({_flat(pairs)})", lambda e, pairs=pairs: e.replace(pairs)),)
        expression = pl.col(name)
        for step in (*before, *start):
            expression = step.apply(expression)
        column = found.select(expression.alias(name)).to_series()
        rest = steps_to(column, wanted[name], (options.get("dates") or {}).get(name), missing)
        if rest is None:
            raise impossible(source, f"polars alone does not read the column `{name}` so", "save the table as Parquet")
        if start or rest:
            made[name] = (*start, *rest)
    return made


def _flat(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"{text(old)}: {text(new)}" for old, new in pairs.items()) + "}"


def _constants(source: Source, files: Sequence[File], steps: dict[str, Steps], missing: list[str]) -> list[str]:
    folder, names = _places(source, files)
    if len(files) == 1:
        made = [f"FILE = {names[0].replace('FOLDER', folder, 1)}"]
    else:
        made = [f"FOLDER = {folder}"]
        made += lines(Group("[", tuple(names), "]"), "FILES = ")
    if missing and not brief(missing, source):
        made += lines(literal(missing), "MISSING = ")
    if any(step.code == no_number().code for own in steps.values() for step in own):
        made += lines(literal(list(AMONG_NUMBERS)), "NO_NUMBER = ")
    return made


def _places(source: Source, files: Sequence[File]) -> tuple[str, list[str]]:
    """Return the folder as source and the file paths; relative to the script where they lie below it."""
    paths = [(source.request.base / (file.path or Path())).resolve() for file in files]
    parent = Path(os.path.commonpath([path.parent for path in paths]))
    return folder_of(source, parent), [f"FOLDER / {text(path.relative_to(parent).as_posix())}" for path in paths]


def folder_of(source: Source, folder: Path) -> str:
    """Return a folder as source; relative to the script where it lies below it."""
    folder = folder.resolve()
    here = None if source.output is None else source.output.resolve().parent
    if here is None or not folder.is_relative_to(here):
        return f"Path({text(str(folder))})"
    inside = folder.relative_to(here).as_posix()
    return "Path(__file__).parent" + ("" if inside == "." else f" / {text(inside)}")


def _calls(source: Source, files: Sequence[File], reader: Reader) -> list[str]:
    if len(files) == 1:
        return lines(reader.call("FILE"), "frame = ")
    each = "for file in FILES"
    one = f"{flat(reader.call('file'))} {each}"
    if len(one) + len("frames = []") <= WIDTH:
        made = [f"frames = [{one}]"]
    elif len(one) + len(INDENT) <= WIDTH:
        made = ["frames = [", f"{INDENT}{one}", "]"]
    else:
        made = ["frames = [", *lines(reader.call("file"), depth=1), f"{INDENT}{each}", "]"]
    made.append("frame = pl.concat(frames)")
    if source.plan.split.by == "files" and source.kind != "windows":
        made += ["# 0: training, 1: validation, 2: test"]
        made += lines(literal([file.part for file in files]), "part = np.repeat(", ", [one.height for one in frames])")
    return made


def _conversions(steps: dict[str, Steps], before: Steps) -> list[str]:
    made: list[str] = []
    if before:
        made.append(f"frame = frame.with_columns(pl.all(){''.join(step.code for step in before)})")
    if steps:
        made += lines(call("frame.with_columns", (source_of(name, own) for name, own in steps.items())), "frame = ")
    return made
