"""Data as PyTorch's users hold them: data sets, loaders, tensors, dicts of arrays, generators → arrays, read once.

A `__getitem__` costs its time again in every epoch; rows in memory cost it once. No torch here: tensors are known by
what they can do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.own import place_of
from modelwright.spec.told import told

SLOW = (
    ("iloc", "`.iloc` makes a pandas object for each row: keep `frame.to_numpy()` once, in `__init__`"),
    ("loc", "`.loc` looks up a label for each row: keep `frame.to_numpy()` once, in `__init__`"),
    ("read_csv", "the file is read again for each row: read it once, in `__init__`"),
    ("Image", "each picture is decoded again in every epoch"),
)
"""Names that a `__getitem__` uses where it is slow, and the reason."""
SHARE = 0.5  # of the free memory that rows may take


@dataclass(frozen=True, slots=True)
class Held:
    """What was read: inputs as an array or a frame, the target apart (None where it is a column), and what to say."""

    inputs: Any
    answers: Any
    notes: tuple[Diagnostic, ...] = ()
    batch_size: int | None = None


def is_dataset(source: object) -> bool:
    """Return whether an object is a data set, a loader, a tensor, a generator, or a dict of arrays `[N, W]`."""
    if _is_tensor(source):
        return True
    if isinstance(source, Mapping):
        return any(_is_tensor(each) or getattr(each, "ndim", 1) > 1 for each in source.values())
    if isinstance(source, str | bytes | Sequence | np.ndarray | pl.DataFrame | pl.LazyFrame | os.PathLike):
        return False
    if hasattr(source, "columns") or hasattr(source, "model_fields"):
        return False
    return hasattr(source, "__getitem__") or hasattr(source, "__iter__")


def read_held(source: Any, y: Any) -> Held:
    """Return the rows of a data set and the like; DataError or RunError where they cannot be read, with the row."""
    if _is_tensor(source):
        return Held(_array(source), _array(y) if _is_tensor(y) else y)
    if isinstance(source, Mapping):
        columns = {str(name): _array(values) for name, values in source.items()}
        return Held(_frame(columns), _array(y) if _is_tensor(y) else y)
    loader = source if hasattr(source, "dataset") and hasattr(source, "batch_size") else None
    one = loader.dataset if loader is not None else source
    started = time.perf_counter()
    rows = list(_limited(_rows(one), one))
    seconds = time.perf_counter() - started
    if not rows:
        raise DataError(_problem("F002", f"`{type(one).__name__}` has no rows", place_of(one)))
    inputs, answers = _stacked(rows, one)
    notes = (*_notes(one, len(rows), seconds), *_of_loader(loader))
    return Held(inputs, answers if y is None else y, notes, getattr(loader, "batch_size", None))


def _is_tensor(value: object) -> bool:
    return hasattr(value, "detach") and hasattr(value, "numpy")


def _array(value: Any) -> np.ndarray:
    return np.asarray(value.detach().cpu().numpy() if _is_tensor(value) else value)


def _rows(one: Any) -> Iterator[Any]:
    """Yield the rows of a map or iterable data set; what it raises is told with the row."""
    name, place = type(one).__name__, place_of(one)
    if not (hasattr(one, "__len__") and hasattr(one, "__getitem__")):
        iterator, row = iter(cast("Iterable[Any]", one)), 0
        while True:
            with told(f"row {row} of `{name}`", place):
                item = next(iterator, _rows)
            if item is _rows:
                return
            yield item
            row += 1
    with told(f"the length of `{name}`", place):
        count = len(one)
    for row in range(count):
        with told(f"row {row} of `{name}`, which says that it has {count:,} rows", place):
            item = one[row]
        yield item


def _limited(rows: Iterator[Any], one: Any) -> Iterator[Any]:
    """Pass rows on; stop where they do not fit into memory."""
    limit = SHARE * _free_bytes()
    taken = 0
    for row, item in enumerate(rows):
        taken += sum(_array(part).nbytes for _, part in _parts(item))
        if taken > limit:
            message = (
                f"the rows of `{type(one).__name__}` do not fit into memory: {taken:,} bytes after {row + 1:,} rows"
            )
            fix = "write them to a Parquet file and give its path"
            raise DataError(_problem("F008", message, place_of(one), fix=fix))
        yield item


def _free_bytes() -> float:
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return float("inf")


def _parts(item: Any) -> list[tuple[str, Any]]:
    """Return the named tensors of one row: `x` and `y`, several `x1`, `x2` before the last, or the keys of a dict."""
    if isinstance(item, Mapping):
        return [(str(name), value) for name, value in item.items()]
    if isinstance(item, tuple | list) and len(item) > 1:
        inputs = list(item[:-1])
        names = ["x"] if len(inputs) == 1 else [f"x{number}" for number in range(1, len(inputs) + 1)]
        return [*zip(names, inputs, strict=True), ("y", item[-1])]
    return [("x", item[0] if isinstance(item, tuple | list) and len(item) == 1 else item)]


def _stacked(rows: Sequence[Any], one: Any) -> tuple[Any, Any]:
    """Return inputs and targets of all rows; DataError at the first row that has another shape than row 0."""
    first = {name: _array(value).shape for name, value in _parts(rows[0])}
    columns: dict[str, list[np.ndarray]] = {name: [] for name in first}
    for number, item in enumerate(rows):
        found = {name: _array(value) for name, value in _parts(item)}
        shapes = {name: array.shape for name, array in found.items()}
        if shapes != first:
            message = f"row {number} of `{type(one).__name__}` has another shape than row 0"
            known = "pad or crop in `__getitem__`: rows of one shape can be stacked"
            raise DataError(_problem("F003", message, place_of(one), _said(first), _said(shapes), known))
        for name, array in found.items():
            columns[name].append(array)
    arrays = {name: np.stack(values) for name, values in columns.items()}
    is_dict = isinstance(rows[0], Mapping)
    answers = None if is_dict else arrays.pop("y", None)
    if len(arrays) == 1 and not is_dict:
        return _bytes(next(iter(arrays.values()))), answers
    return _frame(arrays), answers


def _said(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())


def _bytes(array: np.ndarray) -> np.ndarray:
    """Return pictures as bytes where their numbers are bytes divided by 255, as torchvision's ToTensor makes them."""
    if array.ndim == 1:
        return array[:, None]
    if array.ndim < 3 or array.dtype.kind != "f":
        return array
    scaled = array * 255
    whole = np.rint(scaled)
    fits = bool(np.isfinite(array).all()) and array.min() >= 0 and array.max() <= 1
    return whole.astype(np.uint8) if fits and np.abs(scaled - whole).max() < 1e-3 else array


def _frame(arrays: Mapping[str, np.ndarray]) -> pl.DataFrame:
    """Return arrays `[N]` and `[N, W]` side by side as columns `name` and `name_1`, `name_2`, …"""
    series: list[pl.Series] = []
    for name, array in arrays.items():
        if array.ndim > 2:
            message = f"`{name}` has {array.ndim - 1} axes a row, and several inputs stand side by side as columns"
            raise DataError(
                _problem("F008", message, Place(key=name), "[N] or [N, W]", str(list(array.shape)), fix="flatten it")
            )
        if array.ndim == 1:
            series.append(pl.Series(name, array))
        else:
            series += [
                pl.Series(f"{name}_{at + 1}", np.ascontiguousarray(array[:, at])) for at in range(array.shape[1])
            ]
    if len({len(each) for each in series}) > 1:
        counts = ", ".join(f"{name} {len(array):,}" for name, array in arrays.items())
        raise DataError(_problem("F003", "the arrays have different numbers of rows", Place(), received=counts))
    return pl.DataFrame(series)


def _notes(one: Any, count: int, seconds: float) -> Iterator[Diagnostic]:
    """Say that the rows were read once, what that saves, and what makes a slow `__getitem__` slow."""
    name = type(one).__name__
    each = seconds / count * 1e6
    message = f"`{name}` was read once: {count:,} rows in {seconds:.2g} s; each epoch is spared {each:,.0f} µs a row"
    reason = next((why for part, why in SLOW if part in _names_used(one)), "")
    yield Diagnostic(code="Y010", severity="note", message=message, where=place_of(one), help=reason)
    if hasattr(one, "__getitem__") and hasattr(one, "__len__") and _is_random(one):
        yield Diagnostic(
            code="Y010",
            severity="warning",
            message=f"`{name}` gives another row 0 each time: it was read once, so one draw of its transforms is kept",
            where=place_of(one),
            expected="rows without random transforms",
            help="leave random transforms out of the data set",
        )


def _names_used(one: Any) -> tuple[str, ...]:
    """Return the names in the code of `__getitem__`, which are there in a notebook too."""
    code = getattr(getattr(type(one), "__getitem__", None), "__code__", None)
    return () if code is None else tuple(code.co_names)


def _is_random(one: Any) -> bool:
    pairs = zip(_parts(one[0]), _parts(one[0]), strict=True)
    return any(
        not np.array_equal(_array(a), _array(b), equal_nan=_array(a).dtype.kind == "f") for (_, a), (_, b) in pairs
    )


def _of_loader(loader: Any) -> Iterator[Diagnostic]:
    if loader is not None:
        yield Diagnostic(
            code="Y010",
            severity="note",
            message="the loader's data set is read in order, and modelwright draws the batches: "
            "only training rows are shuffled",
        )


def _problem(
    code: str, message: str, where: Place, expected: str = "", received: str = "", known: str = "", fix: str = ""
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity="error",
        message=message,
        where=where,
        expected=expected,
        received=received,
        known=known,
        help=fix,
    )
