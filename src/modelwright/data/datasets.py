"""Data as PyTorch's users hold them: data sets, loaders, tensors, dicts of arrays, generators → arrays, read once.

A `__getitem__` costs its time again in every epoch; rows in memory cost it once. No torch here: tensors are known by
what they can do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.held_vectors import ROWS
from modelwright.data.images.behind import Normalised, as_bytes
from modelwright.data.images.several import below_one_another, differing, shape_of
from modelwright.data.loaders import PARTS, are_parts, chosen, collated, is_loader, loader_notes, own_collate
from modelwright.data.problems import problem
from modelwright.data.row_arrays import apart, array_of, arrays_of, is_tensor, named_parts, of_arrays, side_by_side
from modelwright.data.row_blocks import as_pairs, blocks_of, joined, within
from modelwright.data.spill import OTHERWISE, SHARE, file_of, free_bytes, spill
from modelwright.diagnostic import Diagnostic
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


@dataclass(frozen=True, slots=True)
class Held:
    """What was read: inputs as an array or a frame, the target apart (None where it is a column), and what to say."""

    inputs: Any
    answers: Any
    notes: tuple[Diagnostic, ...] = ()
    batch_size: int | None = None
    parts: np.ndarray | None = None
    transform: str = ""

    def said(self) -> dict[str, Any]:
        """Return the keys of a description that the data themselves say: the size of batches, a normalisation."""
        size = {} if self.batch_size is None else {"train": {"batch_size": self.batch_size}}
        return size | ({"transform": self.transform} if self.transform else {})

    def with_parts(self, frame: pl.DataFrame | Examples | None) -> pl.DataFrame | Examples | None:
        """Return rows with the parts that they were given in."""
        if self.parts is None or frame is None:
            return frame
        return (
            Examples(frame, parts=self.parts) if isinstance(frame, pl.DataFrame) else replace(frame, parts=self.parts)
        )


def is_dataset(source: object) -> bool:
    """Return whether an object is a data set, a loader, a tensor, a generator, a dict of arrays `[N, W]`, or of data
    sets of training, validation and test rows."""
    if is_tensor(source) or are_parts(source):
        return True
    if isinstance(source, Mapping):
        return any(is_tensor(each) or getattr(each, "ndim", 1) > 1 for each in source.values())
    if isinstance(source, str | bytes | Sequence | np.ndarray | pl.DataFrame | pl.LazyFrame | os.PathLike):
        return False
    if hasattr(source, "columns") or hasattr(source, "model_fields"):
        return False
    return hasattr(source, "__getitem__") or hasattr(source, "__iter__")


def read_held(source: Any, y: Any, known: Sequence[Normalised] | None = ()) -> Held:
    """Return the rows of a data set and the like; DataError or RunError where they cannot be read, with the row.

    `known` are means and deviations that pictures may have been normalised with; None: these are no pictures.
    """
    if is_tensor(source):
        inputs, transform = as_bytes(array_of(source), None, known)
        return Held(inputs, array_of(y) if is_tensor(y) else y, transform=transform)
    if are_parts(source):
        return _joined(source)
    if isinstance(source, Mapping):
        columns = {str(name): array_of(values) for name, values in source.items()}
        inputs, transform = _behind_all(side_by_side(columns), None, known)
        return Held(inputs, array_of(y) if is_tensor(y) else y, transform=transform)
    return _read_rows(source, y, known=known)


def _read_rows(source: Any, y: Any, part: str = "", known: Sequence[Normalised] | None = ()) -> Held:
    """Read a data set, or that of a loader, row by row."""
    loader = source if is_loader(source) else None
    one = loader.dataset if loader is not None else source
    started, collate = time.perf_counter(), own_collate(loader)
    rows = _rows(one, loader)
    first = next(rows, None)
    if first is None:
        raise DataError(problem("F002", f"`{type(one).__name__}` has no rows", where=place_of(one)))
    rows, streamed = chain([first], rows), False
    if collate is not None:
        inputs, answers, count, streamed, transform = *_collated(rows, collate, one), False, ""
    else:
        rows, named = as_pairs(rows, first)
        inputs, answers, count, streamed, transform = _stacked(rows, one, named, known)
    if streamed and (part or y is not None):
        raise DataError(_too_large(one, "rows that are not given in parts, with their answers in them"))
    seconds = time.perf_counter() - started
    if not streamed:
        inputs, transform = _behind_all(inputs, one, known)
    notes = (*_notes(one, count, seconds), *(loader_notes(loader, part) if loader is not None else ()))
    notes += (*([_streamed(one, inputs)] if streamed else []), *([_behind(transform)] if transform else []))
    size = getattr(loader, "batch_size", None)
    return Held(inputs, answers if y is None else y, notes, size, transform=transform)


def _stacked(
    rows: Iterator[Any], one: Any, named: bool, known: Sequence[Normalised] | None
) -> tuple[Any, Any, int, bool, str]:
    """Return inputs, answers and how many rows there are, whether they are streamed, and what is undone in them."""
    blocks = blocks_of(rows, one)
    kept, more = within(blocks, SHARE * free_bytes())
    if not more:
        inputs, answers = of_arrays(joined(kept), named)
        return inputs, answers, sum(len(next(iter(block.values()))) for block in kept), False, ""
    found = spill(chain(kept, blocks), one, named, known)
    inputs = found.inputs if found.beside is None else Examples(found.beside, {ROWS: found.inputs})
    return inputs, found.answers, found.rows, True, found.transform


def _collated(rows: Iterator[Any], collate: Any, one: Any) -> tuple[Any, Any, int]:
    """Return inputs and answers of all rows as the user's own function makes one batch of them."""
    limit, taken, kept = SHARE * free_bytes(), 0, list[Any]()
    for item in rows:
        kept.append(item)
        taken += sum(array_of(part).nbytes for _, part in named_parts(item))
        if taken > limit:
            raise DataError(_too_large(one, "a loader without `collate_fn`, whose rows can be streamed"))
    return *apart(collated(kept, collate, arrays_of)), len(kept)


def _too_large(one: Any, expected: str) -> Diagnostic:
    message = f"the rows of `{type(one).__name__}` do not fit into memory"
    return problem("F008", message, where=place_of(one), expected=expected, fix=OTHERWISE)


def _streamed(one: Any, inputs: np.ndarray | Examples) -> Diagnostic:
    array = inputs.media[ROWS] if isinstance(inputs, Examples) else inputs
    message = (
        f"the rows of `{type(one).__name__}` do not fit into memory: {array.nbytes / 1e9:.3g} GB are streamed from "
        f"`{file_of(array)}`, which may be deleted when the run is finished"
    )
    return Diagnostic(code="Y010", severity="note", message=message, where=place_of(one))


def _behind_all(inputs: Any, one: Any, known: Sequence[Normalised] | None) -> tuple[Any, str]:
    """Return inputs with their pictures as bytes, and the `Normalize` that is undone in all of them."""
    if isinstance(inputs, np.ndarray):
        return as_bytes(inputs, one, known)
    if not isinstance(inputs, Examples):
        return inputs, ""
    pictures = {name: array for name, array in inputs.media.items() if array.ndim == 4}
    found = {name: as_bytes(array, one, known) for name, array in pictures.items()}
    undone = {transform for _, transform in found.values()}
    if len(undone) > 1:
        listed = ", ".join(f"`{name}`: {transform or 'none'}" for name, (_, transform) in found.items())
        fix = "leave `Normalize` out of the data, and give it here: transform='Normalize(0.5, 0.5)'"
        message = "the pictures are normalised in different ways"
        raise DataError(problem("S306", message, expected="one `Normalize` for all", received=listed, fix=fix))
    media = {**inputs.media, **{name: array for name, (array, _) in found.items()}}
    return replace(inputs, media=media), min(undone, default="")


def _behind(transform: str) -> Diagnostic:
    message = f"the pictures are bytes behind `{transform}`: they are kept as bytes, and it is done in each batch"
    return Diagnostic(code="Y010", severity="note", message=message)


def _joined(given: Mapping[str, Any]) -> Held:
    """Read training, validation and test rows that are given apart, as one set of rows with their parts."""
    held = {name: _part(name, each) for name, each in given.items()}
    said = {name: shape_of(each.inputs) for name, each in held.items()}
    kinds = {(type(each.inputs).__name__, str(said[name]), each.transform) for name, each in held.items()}
    if len(kinds) > 1 or len({each.answers is None for each in held.values()}) > 1:
        shapes = ", ".join(f"{name}: {shape}" for name, shape in differing(said).items())
        message = "the training, validation and test rows are not alike"
        raise DataError(problem("F003", message, expected="rows of one shape, all with an answer", received=shapes))
    order = sorted(held, key=PARTS.__getitem__)
    sizes = [len(held[name].inputs) for name in order]
    parts = np.repeat(np.array([PARTS[name] for name in order], dtype=np.int8), sizes)
    inputs = [held[name].inputs for name in order]
    answers = [held[name].answers for name in order]
    notes = tuple(note for name in order for note in held[name].notes)
    together = None if answers[0] is None else np.concatenate([np.asarray(each) for each in answers])
    return Held(below_one_another(inputs), together, notes, held["train"].batch_size, parts, held["train"].transform)


def _part(name: str, given: Any) -> Held:
    if isinstance(given, tuple) and len(given) == 2:
        inputs, answers = (array_of(each) if is_tensor(each) else each for each in given)
        return Held(inputs, answers)
    if isinstance(given, Mapping):
        return read_held(given, None)
    if not is_dataset(given):
        expected = "a data set, a loader, or (X, y)"
        raise DataError(
            problem("F008", f"the {name} rows are no data set", expected=expected, received=type(given).__name__)
        )
    return _read_rows(given, None, name)


def _rows(one: Any, loader: Any = None) -> Iterator[Any]:
    """Yield the rows of a map or iterable data set, or those that its loader's sampler stands for; what it raises is
    told with the row."""
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
    for row in range(count) if loader is None else chosen(loader, count):
        with told(f"row {row} of `{name}`, which says that it has {count:,} rows", place):
            item = one[row]
        yield item


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
    pairs = zip(named_parts(one[0]), named_parts(one[0]), strict=True)
    return any(
        not np.array_equal(array_of(a), array_of(b), equal_nan=array_of(a).dtype.kind == "f")
        for (_, a), (_, b) in pairs
    )
