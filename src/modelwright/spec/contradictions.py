"""Settings that contradict each other, or that have no effect beside others (Y007)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.schema import DataSpec, Spec

_TEXT_FILES = frozenset((".csv", ".tsv", ".txt", ".data", ".dat", ".tab", ".gz", ".zst", ""))
_BINARY = frozenset((".parquet", ".pq", ".arrow", ".feather", ".ipc", ".jsonl", ".ndjson"))
_EXCEL = frozenset((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"))
Finding = tuple[str, str, str]
"""Key, message, fix."""


def check(spec: Spec, place: Callable[[str], Place]) -> list[Diagnostic]:
    """Return a finding for each contradiction and each setting without effect."""
    rules = (_by, _given_files, _folds, _sizes, _time_order, _shuffle, _columns, _steps, _formats, _training, _codes)
    return [
        Diagnostic(code="Y007", severity="error", message=message, where=place(key), help=fix)
        for rule in rules
        for key, message, fix in rule(spec)
    ]


def _by(spec: Spec) -> Iterator[Finding]:
    split, data = spec.split, spec.data
    if split.by == "group" and data.group is None:
        yield "split.by", "`by: group` needs the column of the groups", "data: {group: COLUMN}"
    if split.by == "time" and data.time is None and split.sizes is None:
        yield "split.by", "`by: time` needs the column of the times", "data: {time: COLUMN}"
    if split.by == "random" and data.group is not None:
        message = f"`by: random` would tear the groups of `{data.group}` apart"
        yield "split.by", message, "split: {by: group}, or leave `data.group` out"


def _is_by_time(spec: Spec) -> bool:
    if spec.split.by != "auto":
        return spec.split.by == "time"
    return spec.split.sizes is not None or (spec.data.group is None and spec.data.time is not None)


def _given_files(spec: Spec) -> Iterator[Finding]:
    given = spec.split.model_fields_set
    parts = [name for name in ("test", "validation") if getattr(spec.data, name) is not None]
    for part in parts:
        if f"{part}_size" in given:
            yield (
                f"split.{part}_size",
                f"without effect: `data.{part}` gives the {part} rows",
                "leave one of the two out",
            )
        if "folds" in given and spec.split.folds:
            yield "split.folds", f"folds cannot be made where `data.{part}` gives the {part} rows", "leave one out"
        if "sizes" in given and spec.split.sizes:
            yield "split.sizes", f"sizes contradict `data.{part}`, which gives the {part} rows", "leave one out"
    if len(parts) == 2:
        for name in sorted(given & {"by", "random_state", "shuffle", "stratify", "gap"}):
            yield f"split.{name}", "without effect: every part is a file of its own", f"leave `{name}` out"


def _folds(spec: Spec) -> Iterator[Finding]:
    if spec.split.folds is None:
        return
    if "test_size" in spec.split.model_fields_set:
        message = f"without effect: each of {spec.split.folds} folds is the test part once"
        yield "split.test_size", message, "leave `test_size` or `folds` out"
    if spec.split.sizes is not None:
        yield "split.sizes", "exact sizes contradict `folds`", "leave one of the two out"


def _sizes(spec: Spec) -> Iterator[Finding]:
    sizes = spec.split.sizes
    if sizes is None:
        return
    if spec.split.by in ("random", "group"):
        yield "split.sizes", f"exact sizes are taken in time order, not `by: {spec.split.by}`", "split: {by: time}"
    for name in ("test_size", "validation_size"):
        if name in spec.split.model_fields_set:
            yield f"split.{name}", "without effect: `sizes` says the rows of every part", "leave one of the two out"
    if sizes[0] == 0:
        yield "split.sizes", "no training rows: the first of the sizes is 0", "sizes: [TRAINING, VALIDATION, TEST]"


def _time_order(spec: Spec) -> Iterator[Finding]:
    given = spec.split.model_fields_set
    if not _is_by_time(spec):
        if spec.split.gap:
            yield "split.gap", "without effect: a gap stands between parts in time order", "split: {by: time}"
        return
    why = "parts are taken in time order"
    if spec.split.stratify is True:
        yield "split.stratify", f"contradiction: {why}, so classes cannot be balanced", "leave `stratify` out"
    if "shuffle" in given and spec.split.shuffle:
        yield "split.shuffle", f"contradiction: {why}, so rows cannot be shuffled", "leave `shuffle` out"
    if "random_state" in given:
        yield "split.random_state", f"without effect: {why}, nothing is drawn", "leave `random_state` out"


def _shuffle(spec: Spec) -> Iterator[Finding]:
    if spec.split.shuffle or _is_by_time(spec):
        return
    if spec.split.stratify is True and spec.split.folds is None:
        yield "split.stratify", "rows can be stratified only where they are shuffled", "shuffle: true"
    if "random_state" in spec.split.model_fields_set:
        yield "split.random_state", "without effect: with `shuffle: false` nothing is drawn", "leave one of the two out"


def _columns(spec: Spec) -> Iterator[Finding]:
    data = spec.data
    targets = data.target if isinstance(data.target, list) else [data.target]
    for index, name in enumerate(data.drop):
        if name in targets:
            yield f"data.drop[{index}]", f"`{name}` is the target as well", "keep one of the two"
    for role in ("group", "time", "weight"):
        if (name := getattr(data, role)) is not None and name in targets:
            yield f"data.{role}", f"`{name}` is the target as well", "keep one of the two"
    if isinstance(data.target, list) and len(set(data.target)) < len(data.target):
        yield "data.target", "a target is named twice", f"target: [{', '.join(dict.fromkeys(data.target))}]"


def _steps(spec: Spec) -> Iterator[Finding]:
    data = spec.data
    given = [name for name in ("length", "resample") if getattr(data, name) not in ("auto", None)]
    if len(given) == 2:
        yield "data.length", "`resample` says how many steps each sequence has", "leave one of the two out"
    forecast = spec.task == "forecasting" or data.horizon != "auto" or data.window != "auto"
    for name in given if forecast else ():
        yield f"data.{name}", "without effect on a forecast, which looks back on a window", "data: {window: STEPS}"


def _formats(spec: Spec) -> Iterator[Finding]:
    data = spec.data
    suffixes = _suffixes(data)
    if not suffixes:
        return
    for name in ("separator", "encoding"):
        if getattr(data, name) != "auto" and suffixes <= _BINARY | _EXCEL:
            yield f"data.{name}", f"without effect on {' and '.join(sorted(suffixes))} files", f"leave `{name}` out"
    if data.header != "auto" and suffixes <= _BINARY:
        yield "data.header", f"without effect on {' and '.join(sorted(suffixes))} files", "leave `header` out"
    if data.sheet is not None and suffixes <= _BINARY | (_TEXT_FILES - {""}):
        yield "data.sheet", "without effect: only Excel files have sheets", "leave `sheet` out"
    if data.query is not None and suffixes <= _BINARY | _EXCEL | (_TEXT_FILES - {""}):
        yield "data.query", "without effect: only databases can be queried", "leave `query` out"


def _suffixes(data: DataSpec) -> set[str]:
    paths = data.path if isinstance(data.path, list) else [data.path]
    return {PurePosixPath(path).suffix.lower() for path in paths if path}


def _training(spec: Spec) -> Iterator[Finding]:
    train = spec.train
    no_validation = spec.split.validation_size == 0 and spec.data.validation is None and spec.split.sizes is None
    if no_validation and isinstance(train.patience, int):
        yield "train.patience", "without effect: there are no validation rows to stop by", "patience: none"
    if isinstance(train.batch_size, int) and train.accumulate > train.batch_size:
        message = f"a batch of {train.batch_size} rows cannot be computed in {train.accumulate} parts"
        yield "train.accumulate", message, f"accumulate: {train.batch_size}"
    if train.class_weight is not None and spec.task == "regression":
        yield "train.class_weight", "without effect: regression has no classes", "leave `class_weight` out"
    if train.seeds > 1 and train.epochs == 0:
        yield "train.seeds", "without effect: nothing is trained with `epochs: 0`", "leave `seeds` out"


def _codes(spec: Spec) -> Iterator[Finding]:
    for index, code in enumerate(spec.ignore):
        if len(code) != 4 or not code[1:].isdigit() or not code[0].isalpha():
            yield f"ignore[{index}]", f"`{code}` is not the code of a check", "a letter and three digits: L205"
