"""The plan: the description with every value filled in, frozen, each with its reason. Execution reads only this."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modelwright.data.kind import Kind
from modelwright.spec.schema import Task

PLAN_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class DataPlan(_Part):
    """The files and how they are read; `options` is what `data.table` needs to read another file alike."""

    paths: tuple[str, ...]
    format: str
    options: dict[str, Any]
    rows: int
    fingerprint: str
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    series: str | None = None


class TokensPlan(_Part):
    """How a text becomes numbers of tokens: 0 is padding, 1 an unknown token, then the `vocabulary` in order.

    `tokenizer` is a call text with every argument filled in; `merges` are what BPE learned beside the vocabulary, all
    from training rows. `truncated` is the share of training texts that are longer than `length` and lose their end.
    The bounds keep a model file from asking for much memory.
    """

    tokenizer: str = Field(max_length=200)
    length: int = Field(ge=1, le=65_536)
    vocabulary: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = Field(max_length=1_000_000)
    merges: tuple[tuple[str, str], ...] = Field(default=(), max_length=1_000_000)
    truncated: float = 0.0

    @property
    def size(self) -> int:
        """Numbers that a token can have: those of the vocabulary, padding and the unknown one."""
        return len(self.vocabulary) + 2


class InputPlan(_Part):
    """One input column and how it becomes numbers.

    `encoding`: `number` (imputed and scaled; booleans are 0/1 and not scaled), `date` (parts with cycles), `one_hot`
    (one column a category, all 0 for an unseen one) or `embedding` (row 0 for missing and unseen, then one a category).
    `categories` are those of the training rows, most frequent first; a missing value of a category is a category of
    its own, written as None, where training rows have one. `flag`: a column of 1 where the value was missing, since
    training rows have missing values. `low`/`high`: range in training rows, for drift messages. `offset` is taken off
    a number in float64 before it becomes float32; it is 0 unless float32 could not tell the values apart (10⁹ ± 1).
    `decimals`, where rows are made: how many the training rows have, which made numbers are rounded to.

    `pixels` are pictures, `steps` sequences and `tokens` texts: one such column is the only input, and `shape` is what
    one of them gives to the first layer. `transform` is what becomes of a picture, as call texts in their order.
    """

    name: str
    kind: Kind
    encoding: Literal["number", "date", "one_hot", "embedding", "pixels", "steps", "tokens"]
    why: str
    categories: tuple[str | None, ...] = ()
    dates: tuple[str, ...] = ()  # parts of a date that are used: year, month, day, weekday, hour, minute
    flag: bool = False
    dim: int = 0  # width of the embedding
    low: float | None = None
    high: float | None = None
    offset: float = 0.0
    decimals: int | None = None
    shape: tuple[int, ...] = ()
    tokens: TokensPlan | None = None
    ragged: bool = False  # sequences of unequal length, with a mask of their steps
    resampled: bool = False  # sequences of any length, brought to the steps of `shape`
    transform: tuple[str, ...] = ()

    @property
    def rounded(self) -> int | None:
        """The decimals that made numbers are rounded to; None where they are left as they are."""
        return 0 if self.kind in ("integer", "boolean") else self.decimals


class OutputPlan(_Part):
    """What is predicted: target columns, class names as they stand in the data (empty for numbers), width of the head.

    Regression targets are standardised for training with `mean` and `scale`; answers come back in the user's units.
    """

    targets: tuple[str, ...]
    kind: Kind
    classes: tuple[str, ...] = ()  # binary: (negative, positive)
    labels: tuple[tuple[str, str], ...] = ()  # multilabel: how each target writes no and yes
    width: int = 1
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()


class ForecastPlan(_Part):
    """What a forecast looks back on and what it says: `horizon` steps of each target after `window` of all inputs.

    The targets are the first inputs, in their order. `step` is the time between two rows (a polars duration, a number,
    or empty), `period` the season that training rows have, in steps (1: none).
    """

    time: str | None
    series: str | None
    window: int
    horizon: int
    stride: int
    step: str
    period: int
    units: Literal["original", "scaled"]


class GanPlan(_Part):
    """How two networks play: the plan's own `layers` and `optimizer` are the generator's, these the discriminator's.

    A row is made of `latent` random numbers and of `noise` more, by which its categories are drawn. `ema` is what the
    averaged generator holds on to in a step. `target` is the column whose classes the scores' classifier learns.
    """

    latent: int = Field(ge=1, le=65_536)
    noise: int = Field(default=0, ge=0, le=1_000_000)
    recipe: str | None
    discriminator: tuple[str, ...]
    optimizer: str
    discriminator_steps: int = Field(ge=1)
    ema: float = Field(ge=0, lt=1)
    target: str | None = None


class TowerPlan(_Part):
    """The network of the second column of matching pairs, beside that of the first, which the plan itself holds."""

    inputs: tuple[InputPlan, ...]
    recipe: str | None
    layers: tuple[str, ...]


class ContrastPlan(_Part):
    """What a contrastive task compares: rows of equal `labels`, two `views` of each row, or the `sides` of a row.

    `sides` are the columns of each; they go through one network, or through `second` as well. `embedding` is the width
    of what the model answers; `projection` are the layers behind it that only the loss sees. `views` are made of each
    row in training; `corrupt` is the share of a table's columns that the second takes from other rows, or of a text's
    words that both leave out. `probe` is the target that a linear model is asked for, given the embeddings, with its
    task.
    """

    positives: Literal["views", "labels", "pairs", "triplets"]
    sides: tuple[tuple[str, ...], ...] = ()
    second: TowerPlan | None = None
    embedding: int = Field(ge=1, le=65_536)
    projection: tuple[str, ...] = ()
    views: int = Field(default=1, ge=1, le=2)
    corrupt: float = 0.0
    probe: OutputPlan | None = None
    probe_task: Task | None = None

    @property
    def towers(self) -> int:
        """How many networks there are."""
        return 1 if self.second is None else 2

    @property
    def compared(self) -> int:
        """How many embeddings of a row the loss compares."""
        return len(self.sides) or self.views


class SplitPlan(_Part):
    """How the parts were made. `rows` counts training, validation and test rows."""

    by: Literal["random", "group", "time", "files"]
    test_size: float | int
    validation_size: float | int
    random_state: int
    shuffle: bool
    stratify: bool
    folds: int | None = None
    fold: int | None = None
    gap: int = 0
    sizes: tuple[int, int, int] | None = None
    rows: tuple[int, int, int]


class TrainPlan(_Part):
    """How the loop runs."""

    epochs: int
    batch_size: int
    seed: int
    patience: int | None
    clip_grad_norm: float | None
    accumulate: int
    class_weight: tuple[float, ...] | None


class ExecutionPlan(_Part):
    """Where and how steps are executed. `pool_first`: max pooling runs before an activation that stands before it.

    `attention`: the form in which SelfAttention is computed; empty where no layer is one. `together`: each step is
    computed with those of the other members of a cohort.
    """

    device: str
    threads: int
    precision: Literal["float32", "bfloat16"]
    memory_format: Literal["contiguous_format", "channels_last"] = "contiguous_format"
    pool_first: bool = False
    attention: Literal["", "scaled_dot_product_attention", "written out"] = ""
    together: bool = False


class Plan(_Part):
    """Everything a run needs beside the data. `why` gives the reason of each value by its dotted path.

    `layers`, `loss`, `optimizer`, `scheduler`, `scale` and `impute` are call texts with every size filled in; a run
    folder's plan alone, with the data, repeats the run. `own` says of code of the user's own which file it stood in
    (`file`, `sha256`) and how its output is taken (`output`, see `model.own.adapted`).
    """

    version: Literal[1] = PLAN_VERSION
    modelwright: str
    task: Task
    data: DataPlan
    inputs: tuple[InputPlan, ...]
    unused: dict[str, str]  # columns that are not inputs, each with the reason
    outputs: OutputPlan
    forecast: ForecastPlan | None = None
    gan: GanPlan | None = None
    contrast: ContrastPlan | None = None
    split: SplitPlan
    scale: str
    impute: str
    recipe: str | None  # the recipe that `layers` come from, as written
    layers: tuple[str, ...]
    loss: str
    optimizer: str
    scheduler: str | None
    train: TrainPlan
    execution: ExecutionPlan
    augment: tuple[str, ...] = ()  # random transforms of training pictures
    mirror: bool = False  # answers are the mean of those to a picture and to its mirror image
    metric: str
    ignore: tuple[str, ...]
    own: dict[str, str] = {}
    why: dict[str, str]

    @property
    def width(self) -> int:
        """Numbers that enter the first layer for one row."""
        return math.prod(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """What enters the first layer for one row, without the batch axis."""
        return input_shape(self.inputs)


def input_shape(inputs: Sequence[InputPlan]) -> tuple[int, ...]:
    """Return what enters the first layer for one row: (108,) for the columns of a table, (1, 28, 28) for a picture."""
    if inputs[0].shape:
        return inputs[0].shape
    return (sum(input_width(column) for column in inputs),)


CYCLES = ("month", "day", "weekday", "hour", "minute")


def input_width(column: InputPlan) -> int:
    """Return how many numbers one input column becomes, its missing flag included."""
    match column.encoding:
        case "one_hot":
            return len(column.categories)
        case "embedding":
            return column.dim
        case "date":
            return sum(2 if part in CYCLES else 1 for part in column.dates) + column.flag
        case "number":
            return 1 + column.flag
        case "pixels" | "steps" | "tokens":
            return math.prod(column.shape)
