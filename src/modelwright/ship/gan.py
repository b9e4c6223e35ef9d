"""A trained generator as its user holds it: random numbers in, pictures or rows in the user's units out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch

from modelwright.data.columns import Examples
from modelwright.diagnostic import Diagnostic
from modelwright.errors import DataError
from modelwright.model.decode import decode, pixels
from modelwright.model.noise import normal
from modelwright.model.pictures import Pixels
from modelwright.model.preprocess import Preprocess
from modelwright.plan.plan import GanPlan, Plan
from modelwright.ship.model import Model, typed_values

AT_ONCE = 1024
LETTER = "z"
"""Latents are columns `z1`, `z2`, …"""


class GenerativeModel(Model):
    """The generator of a GAN. `modelwright.load(file)` or `run.model` gives one."""

    def __repr__(self) -> str:
        made = "pictures" if self.pictures else f"rows of {len(self.plan.inputs)} columns"
        return f"GenerativeModel({made} from {self._gan.latent} random numbers)"

    @property
    def _gan(self) -> GanPlan:
        assert self.plan.gan is not None
        return self.plan.gan

    @property
    def pictures(self) -> bool:
        """Whether it makes pictures."""
        return self.plan.inputs[0].encoding == "pixels"

    def sample(self, rows: int, seed: int = 0) -> Any:
        """Return new rows: of a table a polars frame with the columns it was trained on, of pictures uint8 arrays
        `[rows, channels, height, width]`.

        The first rows are the same however many are asked for; another `seed` gives other rows.

        >>> model.sample(64)  # doctest: +SKIP
        """
        found = self.of_latents(normal("sample", rows, self._gan.latent + self._gan.noise, seed).numpy())
        return found.round().astype(np.uint8) if self.pictures else self.frame(found)

    def of_latents(self, latents: np.ndarray) -> np.ndarray:
        """Return what is made of random numbers float32 `[N, latent + noise]`: pictures `[N, C, H, W]`, float64 of 0 to
        255, or the values of `decode`."""
        made = [self._made(latents[at : at + AT_ONCE]) for at in range(0, len(latents), AT_ONCE)]
        if made:
            return np.concatenate(made)
        return np.zeros((0, *(self.plan.inputs[0].shape if self.pictures else (len(self.plan.inputs),))))

    def _made(self, latents: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            rows = self.module(torch.from_numpy(np.ascontiguousarray(latents, dtype=np.float32)))
        if isinstance(self.module.front, Pixels):
            return pixels(rows, self.module.front)
        assert isinstance(self.module.preprocess, Preprocess)
        return decode(rows, self.module.preprocess, self.plan.inputs)

    def frame(self, values: np.ndarray) -> pl.DataFrame:
        """Return values of `of_latents` as the columns they stand for, typed as in the data."""
        columns: dict[str, pl.Series] = {}
        for at, column in enumerate(self.plan.inputs):
            known = pl.Series(column.name, values[:, at], nan_to_null=True)
            if column.encoding == "one_hot":
                names = pl.Series(list(column.categories), dtype=pl.String)
                made = names.gather(known.cast(pl.Int64).to_list()).alias(column.name)
                columns[column.name] = made.cast(pl.Int64) if column.kind == "integer" else made
            else:
                columns[column.name] = typed_values(known, column.kind)
        return pl.DataFrame(columns)

    def read(self, rows: Any, *, rolled: bool = False) -> Examples:
        """Return latents as `predict` of other models takes rows; DataError F009 for anything else."""
        if isinstance(rows, Examples):
            return rows
        width = self._gan.latent + self._gan.noise
        if isinstance(rows, pl.DataFrame) and rows.columns == latent_names(width):
            return Examples(rows)
        raise DataError(
            Diagnostic(
                code="F009",
                severity="error",
                message="this model answers no rows: it makes new ones",
                expected=f"nothing but how many; or random numbers in columns {LETTER}1 to {LETTER}{width}",
                help="modelwright sample RUN 64 -o rows.csv",
            )
        )

    def answers_to(self, rows: Examples) -> np.ndarray:
        """Return what is made of latents in columns; a missing value is 0."""
        return np.nan_to_num(self.of_latents(rows.frame.to_numpy().astype(np.float32)), nan=0.0)

    def framed(self, found: np.ndarray) -> pl.DataFrame:
        """Return made rows as a frame; of pictures a row of numbers each."""
        return pl.DataFrame(found.reshape(len(found), -1)) if self.pictures else self.frame(found)

    def told(self, rows: Examples, found: np.ndarray) -> pl.DataFrame:
        """Return what is made of random numbers in columns."""
        return self.framed(found)

    @property
    def slack(self) -> np.ndarray:
        """What a made value may be small against: 255 for a pixel, the range of a column of numbers, 1 for a code."""
        if self.pictures:
            return np.array(255.0)
        ends = [(abs(column.low or 0.0), abs(column.high or 0.0)) for column in self.inputs]
        return np.array([max(both) or 1.0 for both in ends])


class Generators(GenerativeModel):
    """The generators of a cohort, which make rows in turn, also of random numbers that are given; `modelwright.load`
    of its folder gives one."""

    def __init__(self, models: Sequence[GenerativeModel]) -> None:
        super().__init__(_of_all([one.plan for one in models]), models[0].module)
        self.models = tuple(models)

    def sample(self, rows: int, seed: int = 0) -> Any:
        """Return new rows as one generator gives them; each is the next one's."""
        turns = self._turns(rows)
        parts = [one.sample(len(turn), seed) for one, turn in zip(self.models, turns, strict=True)]
        order = np.argsort(np.concatenate(turns))
        return np.concatenate(parts)[order] if self.pictures else pl.concat(parts)[order]

    def of_latents(self, latents: np.ndarray) -> np.ndarray:
        """Return what the generators make of random numbers, each of the rows that are its turn."""
        turns = self._turns(len(latents))
        pairs = zip(self.models, turns, strict=True)
        parts = [self._recoded(one, one.of_latents(latents[turn])) for one, turn in pairs]
        return np.concatenate(parts)[np.argsort(np.concatenate(turns))]

    def _recoded(self, one: GenerativeModel, values: np.ndarray) -> np.ndarray:
        """Return values with the codes of all generators' categories: each knows those of its own rows."""
        for at, column in enumerate(() if self.pictures else self.plan.inputs):
            if column.encoding == "one_hot":
                codes = np.array([column.categories.index(name) for name in one.plan.inputs[at].categories])
                known = ~np.isnan(values[:, at])
                values[known, at] = codes[values[known, at].astype(np.int64)]
        return values

    def _turns(self, rows: int) -> list[np.ndarray]:
        count = len(self.models)
        return [np.arange(at, rows, count) for at in range(count)]


def _of_all(plans: Sequence[Plan]) -> Plan:
    """Return the first plan with the categories of all."""
    every: dict[str, dict[str | None, Any]] = {}
    for column in (column for plan in plans for column in plan.inputs):
        every.setdefault(column.name, {}).update(dict.fromkeys(column.categories))
    inputs = tuple(one.model_copy(update={"categories": tuple(every[one.name])}) for one in plans[0].inputs)
    return plans[0].model_copy(update={"inputs": inputs})


def latent_names(width: int) -> list[str]:
    """Return the names of the columns that random numbers stand in.

    >>> latent_names(2)
    ['z1', 'z2']
    """
    return [f"{LETTER}{number}" for number in range(1, width + 1)]


def proof_latents(model: GenerativeModel, seed: int) -> Examples:
    """Return the random numbers that prove a generator."""
    gan = model.plan.gan
    assert gan is not None
    z = normal("sample", 3 if model.pictures else 5, gan.latent + gan.noise, seed)
    return Examples(pl.DataFrame(z.numpy(), schema=latent_names(gan.latent + gan.noise)))
