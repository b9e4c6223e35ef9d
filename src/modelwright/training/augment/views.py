"""Two views of a row as a function of (seed, epoch, row): pictures changed, columns of other rows, words left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from modelwright.data.batches import Batch, Rows
from modelwright.training.augment.build import Change
from modelwright.training.augment.noise import uniform

View = Callable[[int, Tensor, Batch], Batch]
"""(epoch, numbers of the rows, their inputs) → inputs of a view."""
APART = 1000  # streams of random numbers between the first view and the second
CORRUPT, THIN = 500, 600  # streams of corruption, and of words that are left out
LOOK = 1 << 31
"""The epoch whose noise evaluation has: one that no training reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Gives each row of a batch twice: the inputs of the first view, those of the second, then what else there is."""

    first: View
    second: View
    inputs: int

    def __call__(self, epoch: int, rows: Tensor, batch: Batch) -> Batch:
        inputs, rest = batch[: self.inputs], batch[self.inputs :]
        return (*self.first(epoch, rows, inputs), *self.second(epoch, rows, inputs), *rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Pictures changed at random, one change after another; `stream` keeps the noise of views apart."""

    seed: int
    changes: tuple[Change, ...]
    stream: int

    def __call__(self, epoch: int, rows: Tensor, batch: Batch) -> Batch:
        pictures = batch[0]
        for stream, change in enumerate(self.changes, start=self.stream):
            pictures = change(pictures, uniform(self.seed, epoch, rows, stream, change.draws))
        return (pictures,)


def unchanged(epoch: int, rows: Tensor, batch: Batch) -> Batch:
    """Return the rows as they are."""
    return batch


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Corrupted:
    """Some columns of each row taken from other training rows: each column with probability `share`.

    `table` are the training rows as the network takes them (numbers, perhaps codes), `columns` say for each a number
    for the column of the data it belongs to: a category's numbers go together. Source: Bahri, Jiang, Tay and Metzler
    2022, "SCARF: self-supervised contrastive learning using random feature corruption".
    """

    seed: int
    table: tuple[Tensor, ...]
    columns: tuple[Tensor, ...]
    share: float

    def __call__(self, epoch: int, rows: Tensor, batch: Batch) -> Batch:
        count = 1 + max(int(each.max()) for each in self.columns if len(each))
        u = uniform(self.seed, epoch, rows, CORRUPT, 2 * count)
        taken, source = u[:, :count] < self.share, (u[:, count:] * len(self.table[0])).long()
        made: list[Tensor] = []
        for values, known, of in zip(batch, self.table, self.columns, strict=True):
            others = known[source[:, of], torch.arange(len(of), device=known.device)]
            made.append(torch.where(taken[:, of], others, values))
        return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinned:
    """Texts without some of their tokens, numbers `[N, T]`: each is left out with probability `share`, one stays.

    What is left moves up, so that a view is a shorter text. Source: Wu and others 2020, "CLEAR: contrastive learning
    for sentence representation" (word deletion).
    """

    seed: int
    share: float
    stream: int

    def __call__(self, epoch: int, rows: Tensor, batch: Batch) -> Batch:
        tokens = batch[0]
        u = uniform(self.seed, epoch, rows, self.stream, tokens.shape[1]).masked_fill(tokens == 0, -1.0)
        kept = (u >= self.share) | (u == u.amax(1, keepdim=True))
        order = (~kept).to(torch.uint8).argsort(dim=1, stable=True)
        return (torch.where(kept, tokens, 0).gather(1, order),)


def looked_at(views: Views | None, inputs: tuple[Rows, ...], rows: Tensor) -> list[Batch]:
    """Return the views of rows as evaluation sees them, the same each time; `rows` are their numbers in the table."""
    gathered = tuple(each.index_select(0, torch.arange(len(each), device=each.device)) for each in inputs)
    if views is None:
        return [gathered]
    made = views(LOOK, rows, gathered)
    return [made[: views.inputs], made[views.inputs :]]
