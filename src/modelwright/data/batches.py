"""Resident batches: rows are tensors in memory, an epoch is a permutation, a batch is a slice of permuted rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
import torch
from torch import Tensor

CHUNK_BYTES = 4 << 20  # gathered at once: stays in the processor's cache, and one gather serves many batches
Batch = tuple[Tensor, ...]
Transform = Callable[[int, Tensor, Batch], Batch]
"""What a batch becomes in training: (epoch, numbers of its rows, batch) → batch."""


def order(rows: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the rows in one epoch: a permutation that depends on (seed, epoch) alone.

    Philox is counter-based (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): any epoch's order is
    had without those before it, so a resumed run needs no state but the numbers of epoch and batch.

    >>> (order(5, seed=0, epoch=3) == order(5, seed=0, epoch=3)).all()
    np.True_
    """
    numbers = np.arange(rows, dtype=np.int32 if rows < 2**31 else np.int64)  # half the memory, the same permutation
    np.random.Generator(np.random.Philox(key=[seed, epoch])).shuffle(numbers)
    return numbers


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Some rows of a tensor, not copied: of all pictures those of one part, of all windows of a series (a view).

    It does what batches and evaluation ask of a tensor.

    >>> Chosen(torch.arange(5) * 10, torch.tensor([4, 1])).index_select(0, torch.tensor([1]))
    tensor([10])
    """

    base: Tensor
    rows: Tensor
    in_memory: bool = field(default=True, kw_only=True)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.base.device

    @property
    def row_bytes(self) -> int:
        """Memory of one row."""
        return row_bytes(self.base)

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return a copy of some of the chosen rows (`dim` is 0)."""
        return self.base.index_select(dim, self.rows.index_select(0, index))

    def split(self, size: int) -> Iterator[Tensor]:
        """Yield copies of the chosen rows, `size` at a time."""
        return (self.base.index_select(0, rows) for rows in self.rows.split(size))


Make = Callable[[np.ndarray], tuple[Tensor, ...]]
"""Reads and prepares rows by their numbers: one tensor for each input."""


class Recent:
    """Remembers the rows that were made last, since each input of a batch asks for the same ones."""

    def __init__(self, make: Make) -> None:
        self.make = make
        self.last: tuple[np.ndarray, tuple[Tensor, ...]] | None = None

    def __call__(self, rows: np.ndarray) -> tuple[Tensor, ...]:
        last = self.last
        if last is None or not np.array_equal(last[0], rows):
            last = self.last = (rows, self.make(rows))
        return last[1]


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """Rows that do not fit into memory: read and prepared when they are asked for, by their `rows` in the table."""

    make: Recent
    which: int
    rows: np.ndarray
    row_bytes: int
    device: torch.device
    in_memory: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return some of the rows (`dim` is 0)."""
        return self.make(self.rows[index.cpu().numpy()])[self.which]

    def split(self, size: int) -> Iterator[Tensor]:
        """Yield the rows, `size` at a time."""
        return (self.make(self.rows[at : at + size])[self.which] for at in range(0, len(self.rows), size))


Rows = Tensor | Chosen | Streamed
"""Rows of examples, in memory or not."""


def gathered(rows: Rows) -> Tensor:
    """Return rows as one tensor."""
    return rows if isinstance(rows, Tensor) else rows.index_select(0, torch.arange(len(rows), device=rows.device))


def row_bytes(rows: Rows) -> int:
    """Return the memory of one row, gathered."""
    return rows[0].numel() * rows.element_size() if isinstance(rows, Tensor) else rows.row_bytes


Chunk = Iterator[tuple[Tensor, ...]]


def ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield chunks, the next of which a thread reads while the one before is worked on; their order stays."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, chunks, None)
        while (chunk := following.result()) is not None:
            following = pool.submit(next, chunks, None)
            yield chunk


@dataclass(frozen=True, slots=True)
class Batches:
    """Tensors with one row an example, served in batches; a last batch of one row joins the batch before it.

    (A single row has no variance, so BatchNorm could not train on it.) `transform` is applied to each batch; what it
    draws must be a function of its arguments, so that a resumed run draws the same.

    >>> batches = Batches((torch.arange(5),), batch_size=2, seed=0)
    >>> [len(rows) for (rows,) in batches.epoch(0)]
    [2, 3]
    """

    tensors: tuple[Rows, ...]
    batch_size: int
    seed: int
    transform: Transform | None = None

    @property
    def rows(self) -> int:
        """Rows of one epoch."""
        return len(self.tensors[0])

    def __len__(self) -> int:
        """Batches of one epoch."""
        full, rest = divmod(self.rows, self.batch_size)
        return full + (rest > 1 or full == 0)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Tensor, ...]]:
        """Yield the epoch's batches from number `first` on; no Python of ours runs between two batches of a chunk.

        Chunks begin at the same rows wherever the epoch begins: the last bits of a matrix product depend on where its
        rows stand in memory, and a resumed run has to end with the bits of the straight one.
        """
        chunk = self._chunk_batches()
        begin = first - first % chunk
        permutation = torch.from_numpy(order(self.rows, self.seed, epoch)[begin * self.batch_size :])
        starts = range(0, (len(self) - begin) * self.batch_size, chunk * self.batch_size)
        stops = [*starts[1:], len(permutation)] if starts else []
        pieces = (self._gathered(epoch, permutation[a:b]) for a, b in zip(starts, stops, strict=True))
        streamed = any(not isinstance(each, Tensor) and not each.in_memory for each in self.tensors)
        return islice(chain.from_iterable(ahead(pieces) if streamed else pieces), first - begin, None)

    def _gathered(self, epoch: int, rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
        sizes = [self.batch_size] * (len(rows) // self.batch_size)
        rest = len(rows) - sum(sizes)
        if rest == 1 and sizes:
            sizes[-1] += 1
        elif rest:
            sizes.append(rest)
        rows = rows.to(self.tensors[0].device, torch.int64)
        batches = zip(*(tensor.index_select(0, rows).split(sizes) for tensor in self.tensors), strict=True)
        transform = self.transform
        if transform is None:
            return batches
        return (transform(epoch, part, batch) for part, batch in zip(rows.split(sizes), batches, strict=True))

    def _chunk_batches(self) -> int:
        return max(1, CHUNK_BYTES // (sum(map(row_bytes, self.tensors)) * self.batch_size))
