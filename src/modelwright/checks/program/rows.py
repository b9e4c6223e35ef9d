"""The data of a program: a batch to step with, and what is known of all rows (labels, ranges, the loader)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
)

from modelwright.checks.program.sampler import drawn
from modelwright.checks.program.trace import tensors
from modelwright.diagnostic import Diagnostic
from modelwright.errors import DataError

LABEL_KEYS = ("labels", "label", "targets", "target", "y")
"""Names under which a batch that is a mapping holds its target."""
MOST_ROWS = 8_192  # read from a loader
MOST_BYTES = 64e6  # the same for large rows, such as pictures
STEP_ROWS = 64  # rows of a step; fewer where the model is large


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs as the model takes them (by position, or by name where they are a mapping) and the target (or None)."""

    inputs: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict[str, Any])
    target: Any = None
    whole: Any = None

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors that go into the model."""
        return [*tensors(self.inputs), *tensors(self.named)]

    @property
    def size(self) -> int:
        """How many rows, where all tensors agree on it; 0 where they do not."""
        every = [*self.tensors, *tensors(self.target)]
        sizes = {tensor.shape[0] for tensor in every if tensor.dim()}
        return sizes.pop() if len(sizes) == 1 else 0

    def take(self, rows: Tensor) -> Batch:
        """Return some of the rows (`size` must not be 0)."""
        return self._changed(lambda tensor: tensor[rows] if tensor.dim() else tensor)

    def copied(self, device: torch.device) -> Batch:
        """Return a copy of the batch on a device."""
        return self._changed(lambda tensor: tensor.detach().clone().to(device))

    def _changed(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """Change every tensor; `whole` holds the very tensors of inputs and target, as it did before."""
        inputs, target = dict[int, Tensor](), dict[int, Tensor]()

        def once(made: dict[int, Tensor], *known: dict[int, Tensor]) -> Callable[[Tensor], Tensor]:
            def changed(tensor: Tensor) -> Tensor:
                key = id(tensor)
                found = next((one[key] for one in (made, *known) if key in one), None)
                made[key] = change(tensor) if found is None else found
                return made[key]

            return changed

        return Batch(
            _map(self.inputs, once(inputs)),
            _map(self.named, once(inputs)),
            _map(self.target, once(target)),
            _map(self.whole, once({}, inputs, target)),
        )


@dataclass(frozen=True, kw_only=True)
class Loader:
    """How a DataLoader serves its rows."""

    rows: int
    batch_size: int
    drop_last: bool
    shuffled: bool | None  # None: a sampler of the user's own
    drawn: tuple[tuple[int, float, int], ...] = ()  # class, weight of its rows in the sampler, rows


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A batch to step with, all rows that were read (up to a time), and whether these are all there are."""

    batch: Batch
    read: tuple[Batch, ...]
    complete: bool
    loader: Loader | None = None

    @cached_property
    def target(self) -> Tensor | None:
        """The target of all rows that were read, where it is one tensor."""
        found = [batch.target for batch in self.read]
        if not found or not all(isinstance(each, Tensor) for each in found):
            return None
        given = cast("list[Tensor]", found)
        if any(each.shape[1:] != given[0].shape[1:] or not each.dim() for each in given):
            return None
        return torch.cat(given).detach() if len(given) > 1 else given[0].detach()

    @cached_property
    def floats(self) -> list[tuple[str, Tensor]]:
        """Inputs of real numbers (bytes included), all rows that were read, with a name for each."""
        names = [*(f"input {i + 1}" for i in range(len(self.batch.inputs))), *self.batch.named]
        found: list[tuple[str, Tensor]] = []
        for name, *parts in zip(names, *(_given(batch) for batch in self.read), strict=False):
            given = [part for part in parts if isinstance(part, Tensor) and part.dim()]
            plain = given and (given[0].is_floating_point() or given[0].dtype == torch.uint8)
            if plain and len(given) == len(parts) and all(g.shape[1:] == given[0].shape[1:] for g in given):
                found.append((name, torch.cat(given).detach() if len(given) > 1 else given[0].detach()))
        return found

    @cached_property
    def labels(self) -> np.ndarray | None:
        """Class numbers, where the target is one whole number a row (or fractions that are all whole)."""
        target = self.target
        if target is None or target.dtype in (torch.bool,) or target.is_complex():
            return None
        if target.dim() == 2 and target.shape[1] == 1:
            target = target[:, 0]
        if target.dim() != 1 or not len(target):
            return None
        values = target.cpu().numpy()
        finite = np.isfinite(values)
        return values.astype(np.int64) if finite.all() and (values == np.round(values)).all() else None


def rows_of(data: Any, limit: int = STEP_ROWS) -> Rows:
    """Return the rows of `(X, y)`, a tensor, a DataLoader, a Dataset or an iterable of batches; DataError otherwise.

    Nothing is consumed but fresh iterators; the caller keeps the state of random numbers.
    """
    if isinstance(data, Rows):
        return data
    if isinstance(data, DataLoader):
        return _of_loader(cast("DataLoader[Any]", data), limit)
    if isinstance(data, Dataset):
        return _read(DataLoader(cast("Dataset[Any]", data), batch_size=limit), None, limit)
    if isinstance(data, Mapping) or _is_pair(data) or _is_array(data):
        batch = batch_of(data)
        if not batch.tensors:
            raise _unknown(data)
        return Rows(batch=first(batch, limit), read=(batch,), complete=True)
    if isinstance(data, Iterable) and not isinstance(data, str | bytes | Iterator):
        return _read(cast("Iterable[Any]", data), None, limit)
    raise _unknown(data)


def batch_of(given: Any) -> Batch:
    """Return a batch from what a loader yields: `(x, y)`, `(x1, x2, y)`, a mapping, or a tensor: its own target."""
    given = _map(given, lambda t: t)
    if isinstance(given, Mapping):
        key = next((key for key in LABEL_KEYS if key in given), None)
        named = {name: value for name, value in given.items() if name != key}
        if set(named) in ({"x"}, {"X"}, {"image"}, {"inputs"}, {"input"}, {"features"}):
            return Batch(tuple(named.values()), {}, given.get(key), given)
        return Batch((), named, None if key is None else given[key], given)
    if isinstance(given, Tensor):
        return Batch((given,), {}, given, given)
    parts = tuple(given) if isinstance(given, Sequence) else ()
    if len(parts) == 1:
        return Batch(parts, {}, parts[0], given)
    inputs = tuple(parts[0]) if len(parts) == 2 and isinstance(parts[0], tuple | list) else parts[:-1]
    return Batch(inputs, {}, parts[-1] if parts else None, given)


def first(batch: Batch, limit: int) -> Batch:
    """Return the first rows of a batch, all of it where its tensors differ in their rows."""
    return batch.take(torch.arange(limit)) if batch.size > limit else batch


def _of_loader(loader: DataLoader[Any], limit: int) -> Rows:
    """Read through a loader of our own on the same data set, without workers: the user's is left as it is."""
    plain: Iterable[Any] = loader
    if isinstance(loader.dataset, IterableDataset):
        plain = DataLoader(loader.dataset, batch_size=loader.batch_size, collate_fn=loader.collate_fn)
    elif loader.batch_sampler is not None:
        plain = DataLoader(loader.dataset, batch_sampler=loader.batch_sampler, collate_fn=loader.collate_fn)
    return _read(plain, _facts(loader), limit)


def _facts(loader: DataLoader[Any]) -> Loader | None:
    if isinstance(loader.dataset, IterableDataset) or loader.batch_size is None:
        return None
    shuffled = (
        False if isinstance(loader.sampler, SequentialSampler) else isinstance(loader.sampler, RandomSampler) or None
    )
    rows = len(cast(Any, loader.sampler))
    return Loader(
        rows=rows, batch_size=loader.batch_size, drop_last=loader.drop_last, shuffled=shuffled, drawn=drawn(loader)
    )


def _read(batches: Iterable[Any], loader: Loader | None, limit: int) -> Rows:
    rows = size = 0.0
    read: list[Batch] = []
    complete = True
    dataset = getattr(batches, "dataset", None)
    for given in batches:
        read.append(batch_of(given))
        rows += max(1, read[-1].size)
        size += sum(t.numel() * t.element_size() for t in read[-1].tensors)
        if rows >= MOST_ROWS or size >= MOST_BYTES:
            complete = False
            break
    if not read:
        raise _no_batch(loader)
    if not read[0].tensors:
        raise _unknown(read)
    step = first(read[0], limit)
    if isinstance(dataset, TensorDataset) and not complete:
        read, complete = [batch_of(dataset.tensors)], True
    return Rows(batch=step, read=tuple(read), complete=complete, loader=loader)


def _given(batch: Batch) -> list[Any]:
    return [*batch.inputs, *batch.named.values()]


def _is_pair(data: Any) -> bool:
    return (
        isinstance(data, tuple)
        and 1 <= len(data) <= 6
        and all(
            _is_array(each) or (isinstance(each, tuple | list) and all(_is_array(e) for e in each)) for each in data
        )
    )


def _is_array(data: Any) -> bool:
    return isinstance(data, Tensor | np.ndarray) or (hasattr(data, "to_numpy") and not isinstance(data, type))


def _map(value: Any, change: Any) -> Any:
    """Return nested tuples, lists and mappings with each tensor changed; arrays and frames become tensors."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _map(each, change) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_map(each, change) for each in value)
    if _is_array(value):
        return change(_tensor(value))
    return value


def _tensor(array: Any) -> Tensor:
    values = np.asarray(array if isinstance(array, np.ndarray) else array.to_numpy())
    if values.dtype == object or values.dtype.kind in "USM":
        raise _unknown(values)
    return torch.from_numpy(values.astype(np.float32) if values.dtype == np.float64 else values.copy())


def _no_batch(loader: Loader | None) -> DataError:
    dropped = loader is not None and loader.drop_last and loader.rows < loader.batch_size
    rows = f"{loader.rows} rows, batches of {loader.batch_size}" if loader is not None else "nothing"
    return DataError(
        Diagnostic(
            code="F002",
            severity="error",
            message="the loader gives no batch: rows are fewer than one" if dropped else "the loader gives no batch",
            expected="at least one batch an epoch",
            received=rows + (", drop_last=True" if dropped else ""),
            help=f"batch_size={max(1, loader.rows // 4)}" if loader is not None and dropped else "",
        )
    )


def _unknown(data: Any) -> DataError:
    return DataError(
        Diagnostic(
            code="F008",
            severity="error",
            message=f"these data cannot be checked: {type(data).__name__}",
            expected="(X, y) of tensors or arrays of numbers, a DataLoader, a Dataset, or a list of batches",
            received=type(data).__name__,
            help="modelwright.check(model, data=(X, y), loss=loss)",
        )
    )
