"""A trained model as its user holds it: raw rows in, answers in the user's units out, the same kind of table back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import polars as pl
import torch
from torch import Tensor

from modelwright.data.arrays import raw
from modelwright.data.columns import Examples
from modelwright.data.frames import is_texts
from modelwright.data.images.detect import file_column
from modelwright.data.newheld import is_array, new_rows, without_pictures
from modelwright.data.newrows import read_rows
from modelwright.data.newsequences import read_sequences
from modelwright.model.answers import answers
from modelwright.model.build import RowModel
from modelwright.plan.plan import InputPlan, Plan
from modelwright.ship.contrast import embedding_frame, embeddings, every_input, nearest, read_sides, together
from modelwright.ship.forecast import forecast_frame, read_windows
from modelwright.spec.torchvision import PerPicture

ROWS_AT_ONCE = 65_536
ANSWERS = ("prediction", "embedding_")


class Model:
    """A plan with its trained module. Make one with `modelwright.load(file)` or take `run.model`."""

    def __init__(self, plan: Plan, module: RowModel, transform: tuple[PerPicture, ...] = ()) -> None:
        self.plan = plan
        self.module = module
        self.transform = transform  # of the caller's own, for pictures: no file holds them

    def __repr__(self) -> str:
        targets = ", ".join(self.plan.outputs.targets) or f"{self.plan.outputs.width} numbers"
        return f"Model({self.plan.task} of {targets} from {len(self.plan.inputs)} columns)"

    @property
    def classes(self) -> tuple[Any, ...]:
        """The classes as the data write them, in the order of the probabilities; empty for regression."""
        return tuple(class_values(self.plan).to_list())

    @property
    def slack(self) -> np.ndarray:
        """The size that the answers to proof rows may be small against, where they are compared."""
        return np.array(1e-3 if self.plan.contrast is None else 0.1)  # numbers of a vector of length 1

    @property
    def inputs(self) -> tuple[InputPlan, ...]:
        """The columns that are asked for, with what training rows had in them."""
        return every_input(self.plan)

    def read(self, rows: Any, *, rolled: bool = False) -> Examples:
        """Return raw rows (a path, a frame, an array, a dict, texts, a data set) typed as in training, typed ones as
        they are; DataError F009 where they do not fit. Of a forecast's rows come the last windows of each series,
        `rolled` those that follow one another through all rows."""
        if isinstance(rows, Examples):
            return rows
        pictures = any(column.encoding == "pixels" for column in self.inputs)
        rows = new_rows(rows, self.inputs[0].transform, pictures)
        if self.plan.contrast is not None and self.plan.contrast.sides:
            return read_sides(rows, self.plan, lambda one: Model(one, self.module, self.transform).read(rows))
        if self.inputs[0].encoding == "pixels":
            from modelwright.data.images.new import read_new  # loads Pillow
            from modelwright.ship.changed import as_trained

            return as_trained(self.plan, read_new(rows, self.plan.data, self.inputs[0]), self.transform)
        if self.plan.forecast is not None:
            return read_windows(rows, self.plan, rolled)
        if self.inputs[0].encoding == "steps":
            return read_sequences(rows, self.plan.data, self.inputs[0])
        if is_texts(rows) and len(self.inputs) == 1:
            rows = {self.inputs[0].name: list(rows)}
        return Examples(read_rows(without_pictures(rows), self.plan.data, self.inputs))

    def answers(self, rows: Any) -> np.ndarray:
        """Return probabilities (`[N]` of the second class, `[N, K]`) or numbers `[N, T]` for raw rows, as float64."""
        return self.answers_to(self.read(rows))

    def answers_to(self, rows: Examples) -> np.ndarray:
        """Return the same for rows that `read` has typed."""
        numbers = np.arange(len(rows))
        parts = [self._answers(rows, numbers[at : at + ROWS_AT_ONCE]) for at in range(0, len(rows), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else self._no_answers()

    def _answers(self, rows: Examples, numbers: np.ndarray) -> np.ndarray:
        if self.plan.contrast is not None:
            return embeddings(self.plan, self.module, rows, numbers)
        arrays = raw(rows, self.plan.inputs, numbers)
        with torch.inference_mode():
            outputs = self.module(*(torch.from_numpy(array) for array in arrays))
            return _numpy(answers(self.plan, outputs.float()))

    def _no_answers(self) -> np.ndarray:
        return np.zeros((0,) if self.plan.task == "binary" else (0, self.plan.outputs.width))

    def nearest(self, rows: Any, among: Any, k: int = 5) -> pl.DataFrame:
        """Return the `k` rows of `among` that are nearest to each of `rows`, with their cosine similarity.

        A row for each: `query` and `row` count the rows from 1, `rank` from the nearest; the columns of `among` follow.
        Of matching columns (`contrastive.pairs`) rows of one side are looked for among those of the other.
        Raises TypeError for a model of another task, DataError F009 where the rows do not fit the model.
        """
        if self.plan.contrast is None:
            raise TypeError(f"{self.plan.task} has no embeddings: only a contrastive model knows what is near")
        return nearest(self.plan, self.read(rows), self.read(among), self.answers_to, k)

    def predict_proba(self, rows: Any) -> np.ndarray:
        """Return one column of probabilities a class (or a label), in the order of `classes`."""
        if self.plan.task in ("regression", "forecasting", "contrastive"):
            raise TypeError(f"{self.plan.task} has no probabilities: use predict")
        found = self.answers(rows)
        return np.column_stack([1 - found, found]) if self.plan.task == "binary" else found

    def framed(self, found: np.ndarray) -> pl.DataFrame:
        """Return answers as a frame, without what stands beside them."""
        return to_frame(self.plan, found)

    def told(self, rows: Examples, found: np.ndarray) -> pl.DataFrame:
        """Return answers as a frame: a row for each row, or for each step ahead of a forecast, with its time."""
        if self.plan.forecast is not None:
            return forecast_frame(self.plan, rows, found)
        if self.plan.contrast is not None:
            return embedding_frame(self.plan, rows, found)
        first = self.inputs[0]
        series = file_column(first.name) if first.encoding == "pixels" else self.plan.data.series
        answers = to_frame(self.plan, found)
        return answers if series not in rows.frame.columns else answers.insert_column(0, rows.frame[series])

    @overload
    def predict(self, rows: pl.DataFrame, *, rolled: bool = False) -> pl.DataFrame: ...
    @overload
    def predict(self, rows: np.ndarray, *, rolled: bool = False) -> np.ndarray: ...
    @overload
    def predict(self, rows: Any, *, rolled: bool = False) -> Any: ...
    def predict(self, rows: Any, *, rolled: bool = False) -> Any:
        """Return the answers to raw rows: polars gives polars, pandas gives pandas (same index), an array or a tensor
        an array, all else polars; the rows of a loader in the order of its data set, without the answers in them.

        Frames hold `prediction` (`prediction_<target>` where there are several targets) and, for classes, one column
        `probability_<class>` each. A forecast continues each series beyond its end: `horizon` rows with their times;
        `rolled` forecasts after each `horizon` rows of the series as well. A contrastive model gives embeddings of unit
        length, `embedding_1` and so on. Raises DataError F009 where the rows do not
        fit the model.
        """
        examples = self.read(rows, rolled=rolled)
        frame = self.told(examples, self.answers_to(examples))
        if is_array(rows):
            columns = [frame[name].to_numpy() for name in frame.columns if name.startswith(ANSWERS)]
            return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
        if type(rows).__module__.partition(".")[0] == "pandas":
            import pandas as pd

            index = rows.index if len(rows.index) == len(frame) and self.plan.forecast is None else None
            return pd.DataFrame({column.name: column.to_numpy() for column in frame}, index=index)
        return frame


def to_frame(plan: Plan, found: np.ndarray) -> pl.DataFrame:
    """Write answers as a frame of predictions and probabilities."""
    if plan.contrast is not None:
        return embedding_frame(plan, None, found)
    targets = plan.outputs.targets
    if plan.task in ("regression", "forecasting"):
        found = found.reshape(-1, len(targets))
        return pl.DataFrame({_name(targets, target): found[:, i] for i, target in enumerate(targets)})
    if plan.task == "multilabel":
        spelt = [_typed(names, plan.outputs.kind) for names in plan.outputs.labels]
        decided = {
            _name(targets, name): spelt[i].gather((found[:, i] > 0.5).astype(int)) for i, name in enumerate(targets)
        }
        return pl.DataFrame(decided | {f"probability_{name}": found[:, i] for i, name in enumerate(targets)})
    probability = np.column_stack([1 - found, found]) if plan.task == "binary" else found
    chosen = class_values(plan).gather(probability.argmax(1) if len(probability) else [])
    columns = {f"probability_{name}": probability[:, i] for i, name in enumerate(plan.outputs.classes)}
    return pl.DataFrame({"prediction": chosen} | columns)


def class_values(plan: Plan) -> pl.Series:
    """Return the classes with the type that they have in the data: text, whole numbers, numbers or booleans."""
    outputs = plan.outputs
    return (
        pl.Series(list(outputs.classes), dtype=pl.String) if outputs.labels else _typed(outputs.classes, outputs.kind)
    )


def _typed(names: Sequence[str], kind: str) -> pl.Series:
    """Return texts as the values they stand for; a boolean target may hold true and false, or 1 and 0."""
    texts = pl.Series(list(names), dtype=pl.String)
    if kind == "boolean" and set(names) <= {"true", "false"}:
        return texts == "true"
    if kind in ("integer", "boolean"):
        return texts.cast(pl.Int64)
    return texts.cast(pl.Float64) if kind == "numeric" else texts


def typed_values(values: pl.Series, kind: str) -> pl.Series:
    """Return made numbers with the type that a kind of column has in the data."""
    if kind == "boolean":
        return values > 0.5
    return values.cast(pl.Int64) if kind == "integer" else values


def _name(targets: Sequence[str], target: str) -> str:
    return "prediction" if len(targets) == 1 else f"prediction_{target}"


def _numpy(value: Tensor) -> np.ndarray:
    return value.double().cpu().numpy()


class Ensemble(Model):
    """The models of a cohort, asked together: their answers are averaged."""

    def __init__(self, models: Sequence[Model]) -> None:
        super().__init__(models[0].plan, models[0].module, models[0].transform)
        self.models = tuple(models)

    @property
    def inputs(self) -> tuple[InputPlan, ...]:
        """The columns that any of the models asks for, with what the training rows of all had in them."""
        columns: dict[str, InputPlan] = {}
        for column in (column for model in self.models for column in model.inputs):
            known = columns.get(column.name)
            columns[column.name] = column if known is None else _together(known, column)
        return tuple(columns.values())

    def answers_to(self, rows: Examples) -> np.ndarray:
        """Return the mean of the models' answers to typed rows; embeddings stand beside one another."""
        if self.plan.task == "contrastive":
            return together(self.plan, rows, [model.answers_to(rows) for model in self.models])
        return np.mean([model.answers_to(rows) for model in self.models], axis=0)


def _together(one: InputPlan, other: InputPlan) -> InputPlan:
    """Return an input with the categories and the range of two."""
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    known = {
        "categories": tuple(dict.fromkeys((*one.categories, *other.categories))),
        "flag": one.flag or other.flag,
        "low": min(lows, default=None),
        "high": max(highs, default=None),
    }
    return one.model_copy(update=known)
