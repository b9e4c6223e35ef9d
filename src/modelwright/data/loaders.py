"""What a `torch.utils.data.DataLoader` adds to its data set: a sampler, a `collate_fn`; and loaders as parts. No torch.

Its batches are not used: modelwright draws them, in an order that a resumed run repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.own import place_of
from modelwright.spec.told import told, users_line

PARTS = {"train": 0, "validation": 1, "val": 1, "valid": 1, "test": 2}
"""What training, validation and test rows are called where they come apart, and their numbers."""
FEW = 4
PLAIN = ("SequentialSampler", "RandomSampler", "_InfiniteConstantSampler")


def is_loader(source: Any) -> bool:
    """Return whether an object is a loader: it has a data set and a size of batches."""
    return hasattr(source, "dataset") and hasattr(source, "batch_size")


def are_parts(source: Any) -> bool:
    """Return whether a dict holds data sets of parts: `{"train": …, "validation": …, "test": …}`.

    Arrays called like that are columns.
    """
    if not isinstance(source, Mapping) or "train" not in source or not set(source) <= set(PARTS):
        return False
    return all(isinstance(each, tuple) or not hasattr(each, "ndim") for each in source.values())


def own_collate(loader: Any) -> Callable[[list[Any]], Any] | None:
    """Return a loader's `collate_fn` where it is the user's own, not torch's."""
    found = getattr(loader, "collate_fn", None)
    home = str(getattr(found, "__module__", ""))
    return None if found is None or home.startswith("torch.") else found


def collated(rows: Sequence[Any], collate: Callable[[list[Any]], Any], arrays: Callable[[Any], dict[str, Any]]) -> Any:
    """Return what a `collate_fn` makes of all rows as one batch, so that it pads to the longest of them.

    DataError Y009 where it gives other rows, or makes a row otherwise when others stand beside it (mixes, noise):
    modelwright draws its batches anew in each epoch.
    """
    name, place = getattr(collate, "__name__", type(collate).__name__), place_of(collate)
    with told(f"`{name}` cannot make a batch of {len(rows):,} rows", place):
        whole = collate(list(rows))
    with told(f"`{name}` cannot make a batch of {min(FEW, len(rows))} rows", place):
        few = collate(list(rows[:FEW]))
    every, some = arrays(whole), arrays(few)
    for key, array in every.items():
        if array.ndim == 0 or len(array) != len(rows):
            message = f"`{name}` makes {list(array.shape)} of {len(rows):,} rows in `{key}`"
            raise DataError(_problem(message, place, "one row of each tensor for each row of the data set"))
    for key, array in some.items():
        if key not in every or not _begins_alike(every[key][: len(array)], array):
            message = f"`{name}` makes the first rows otherwise when more rows stand beside them (in `{key}`)"
            fix = "leave mixing and noise out of it: `augment` has MixUp and CutMix"
            raise DataError(_problem(message, place, "rows that do not depend on their batch, padding apart", fix))
    return whole


def _begins_alike(whole: np.ndarray, few: np.ndarray) -> bool:
    """Return whether rows are the same up to what pads the shorter ones."""
    if whole.ndim != few.ndim or any(a < b for a, b in zip(whole.shape, few.shape, strict=True)):
        return False
    same = whole[tuple(slice(size) for size in few.shape)]
    return bool(np.allclose(same, few, equal_nan=True)) if few.dtype.kind == "f" else np.array_equal(same, few)


def chosen(loader: Any, count: int) -> Sequence[int]:
    """Return the rows that a loader's sampler stands for, in order: a `SubsetRandomSampler` has some, others all."""
    indices = getattr(getattr(loader, "sampler", None), "indices", None)
    if indices is None or not type(loader.sampler).__name__.startswith("Subset"):
        return range(count)
    return sorted({int(index) for index in indices})


def loader_notes(loader: Any, part: str = "") -> Iterator[Diagnostic]:
    """Say what of a loader is not used."""
    message = "the loader's data set is read in order, and modelwright draws the batches: only training rows are"
    yield _note("note", f"{message} shuffled")
    sampler = getattr(loader, "sampler", None)
    name = type(sampler).__name__
    if part and PARTS[part] and "Random" in name:
        yield _note(
            "warning",
            f"the loader of the {part} rows shuffles them: that is not done, scores do not depend on an order",
            "no `shuffle=True` in the loader of rows that are only scored",
            f"DataLoader({part}_set, batch_size=…)",
        )
    if sampler is not None and name not in PLAIN and not name.startswith("Subset"):
        yield _note(
            "warning",
            f"the loader's `{name}` is not used: each row is drawn once in an epoch",
            fix="train={'class_weight': 'balanced'}, or data={'weight': NAME}, weigh rows without drawing them twice",
        )
    collate = own_collate(loader)
    if collate is not None:
        called = getattr(collate, "__name__", type(collate).__name__)
        yield _note("note", f"your `{called}` made one batch of all rows: what it pads is padded to the longest row")


def _note(severity: str, message: str, expected: str = "", fix: str = "") -> Diagnostic:
    level = "warning" if severity == "warning" else "note"
    where = users_line() if level == "warning" else Place()
    return Diagnostic(code="Y010", severity=level, message=message, where=where, expected=expected, help=fix)


def _problem(message: str, where: Place, expected: str = "", fix: str = "") -> Diagnostic:
    return Diagnostic(code="Y009", severity="error", message=message, where=where, expected=expected, help=fix)
