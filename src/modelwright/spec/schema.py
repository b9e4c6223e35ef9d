"""The description as typed objects: what the user wrote, with nothing filled in.

"auto" stands for "modelwright chooses and says why"; "none" switches a thing off.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modelwright.data.kind import Kind

Auto = Literal["auto"]
Task = Literal["binary", "multiclass", "multilabel", "regression", "forecasting", "contrastive", "gan"]
CallText = str
"""One call in the grammar of `spec/call.py`, for example `AdamW(lr=0.001)`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class DataSpec(_Part):
    """Where the rows are and what the columns are for."""

    path: str | list[str] = Field(default="", description="File, folder, glob or URL; or several of them.")
    kind: Literal["table", "series"] | Auto = Field(
        default="auto", description="What the rows are: examples of their own, or sequences whose columns are steps."
    )
    validation: str | None = Field(default=None, description="A file of validation rows, given apart.")
    test: str | None = Field(default=None, description="A file of test rows, given apart.")
    target: str | list[str] | Auto = Field(
        default="auto", description="Column(s) to predict; left out: the last column. `all`: forecast every column."
    )
    drop: list[str] = Field(default=[], description="Columns that must not be inputs.")
    group: str | None = Field(
        default=None, description="Column whose equal values must stay in one part (patient, user)."
    )
    time: str | None = Field(default=None, description="Column that orders the rows in time.")
    series: str | None = Field(
        default=None, description="Column that tells several series of one table apart; each of its values is one."
    )
    window: Annotated[int, Field(ge=1)] | Auto = Field(
        default="auto", description="Steps that a forecast looks back on."
    )
    horizon: Annotated[int, Field(ge=1)] | Auto = Field(
        default="auto", description="Steps to forecast; makes the task `forecasting`."
    )
    stride: Annotated[int, Field(ge=1)] = Field(default=1, description="Steps from one window to the next.")
    length: Annotated[int, Field(ge=1)] | Auto = Field(
        default="auto", description="Steps of a sequence; longer ones are cut at their end. Left out: all of them."
    )
    resample: Annotated[int, Field(ge=1, le=65_536)] | None = Field(
        default=None,
        description="Steps that each sequence is brought to, on straight lines between its own; none is cut or padded.",
    )
    weight: str | None = Field(default=None, description="Column of row weights.")
    columns: dict[str, Kind] = Field(default={}, description="Kinds forced on columns: `{zip: category}`.")
    missing: list[str] = Field(
        default=[], description="Further spellings of a missing value, besides empty, NA, NaN, ? …."
    )
    replace: dict[str, dict[str, str]] = Field(
        default={}, description='Spellings to correct, by column: `{income: {"<=50K.": "<=50K", ">50K.": ">50K"}}`.'
    )
    header: bool | Auto = Field(default="auto", description="Whether the first line names the columns.")
    separator: str | Auto = Field(default="auto", description="What stands between two values of a line.")
    encoding: str | Auto = Field(
        default="auto", description="Text encoding, as Python names it: utf-8, latin-1, utf-16."
    )
    query: str | None = Field(default=None, description="SQL query, where `path` is a database.")
    sheet: str | None = Field(default=None, description="Sheet of an Excel file; left out: the first.")
    on_error: Literal["raise", "skip"] = Field(
        default="raise", description="What a picture that cannot be decoded does: `skip` leaves it out and lists it."
    )


class SplitSpec(_Part):
    """How rows become training, validation and test rows; scikit-learn's names."""

    by: Literal["random", "group", "time"] | Auto = Field(default="auto", description="What keeps the parts apart.")
    test_size: Annotated[float, Field(gt=0, lt=1)] | Annotated[int, Field(ge=1)] = Field(
        default=0.2, description="Test rows: a share of all rows, or a count."
    )
    validation_size: Annotated[float, Field(ge=0, lt=1)] | Annotated[int, Field(ge=0)] = Field(
        default=0.1, description="Validation rows: a share of the rows that are not test rows, or a count; 0: none."
    )
    random_state: Annotated[int, Field(ge=0, lt=2**32)] = Field(default=0, description="Seed of the split.")
    shuffle: bool = Field(default=True, description="Whether rows are shuffled before they are split.")
    stratify: bool | Auto = Field(default="auto", description="Whether each part keeps the shares of the classes.")
    folds: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="Cross-validation with this many folds."
    )
    gap: Annotated[int, Field(ge=0)] = Field(default=0, description="Rows left out between two parts, with `by: time`.")
    sizes: list[Annotated[int, Field(ge=0)]] | None = Field(
        default=None,
        min_length=3,
        max_length=3,
        description="Training, validation and test rows exactly, in time order.",
    )


class EncodeSpec(_Part):
    """How columns that are not plain numbers become numbers."""

    category: CallText = Field(default="auto", description="`OneHotEncoder`, `Embedding` or `Embedding(..., 16)`.")
    text: CallText = Field(
        default="auto",
        description="How texts become tokens: `WordLevel(vocab_size=20000, length=128)`, `BPE`, `Character`.",
    )
    missing: CallText = Field(default="auto", description='`SimpleImputer(strategy="median", add_indicator=True)`.')


class TrainSpec(_Part):
    """How the model is trained."""

    epochs: Annotated[int, Field(ge=0, lt=2**31)] | Auto = Field(
        default="auto", description="Passes over the training rows."
    )
    batch_size: Annotated[int, Field(ge=1)] | Auto = Field(default="auto", description="Rows in one training step.")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(default=0, description="Seed of weights, order and dropout.")
    seeds: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="Train this many models, seeds counted up from `seed`."
    )
    patience: Annotated[int, Field(ge=1)] | Literal["none"] | Auto = Field(
        default="auto",
        description="Stop after this many epochs without a better validation score; the best weights are kept.",
    )
    clip_grad_norm: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Largest norm of the gradient."
    )
    accumulate: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Parts a batch is computed in; the same result."
    )
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]] | None = Field(
        default=None, description="Weights of the classes: `balanced`, or one number a class."
    )
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = Field(
        default="auto", description="cpu, cuda, cuda:1, mps."
    )
    threads: Annotated[int, Field(ge=1, le=1024)] | Auto = Field(
        default="auto", description="Threads of one operation on the CPU."
    )
    checkpoint_seconds: Annotated[float, Field(ge=0)] = Field(
        default=30.0, description="Seconds between two checkpoints."
    )
    precision: Literal["float32", "bfloat16"] | Auto = Field(
        default="auto",
        description="Numbers of a step's products; auto: bfloat16 for convolutions if the processor has it.",
    )


class EvaluateSpec(_Part):
    """Which score leads."""

    metric: str = Field(default="auto", description="The score that selection, `--json` and the report lead with.")
    units: Literal["original", "scaled"] = Field(
        default="original", description="Errors of a forecast in units of the data, or in those of the scaler."
    )
    mirror: bool = Field(
        default=False, description="Whether answers are the mean of those to a picture and to its mirror image."
    )


class Networks(_Part):
    """The two networks of `task: gan`."""

    generator: CallText | list[CallText] = Field(default="auto", description="A recipe, or layers: latent → row.")
    discriminator: CallText | list[CallText] = Field(default="auto", description="A recipe, or layers: row → score.")


class Optimizers(_Part):
    """The optimizers of the two networks, each with its own rate."""

    generator: CallText = Field(default="auto", description="That of the generator.")
    discriminator: CallText = Field(default="auto", description="That of the discriminator.")


class GanSpec(_Part):
    """How `task: gan` plays; its networks stand under `model`, their rates under `optimizer`."""

    latent: Annotated[int, Field(ge=1, le=65_536)] | Auto = Field(
        default="auto", description="Random numbers that a row is made of."
    )
    discriminator_steps: Annotated[int, Field(ge=1, le=1000)] | Auto = Field(
        default="auto", description="Steps of the discriminator for each of the generator."
    )
    ema: Annotated[float, Field(ge=0, lt=1)] | Auto = Field(
        default="auto",
        description="What the averaged generator, which is kept, holds on to in a step; 0: no average.",
    )


class ContrastiveSpec(_Part):
    """What `task: contrastive` compares, and the embedding it learns."""

    positives: Literal["views", "labels"] | Auto = Field(
        default="auto",
        description="What belongs together: two random `views` of a row, or rows of equal `labels` (`data.target`).",
    )
    pairs: list[str | list[str]] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="Two columns (or lists of columns, or folders of pictures) that match row by row.",
    )
    triplets: list[str | list[str]] | None = Field(
        default=None, min_length=3, max_length=3, description="Columns of anchor, positive and negative."
    )
    shared: bool = Field(default=False, description="Whether both columns of `pairs` go through one network.")
    second: CallText = Field(
        default="auto", description="Recipe of the network for the second column of `pairs`; `model` is the first's."
    )
    embedding: Annotated[int, Field(ge=1, le=65_536)] | Auto = Field(
        default="auto", description="Numbers of an embedding: what the model answers."
    )
    projection: Annotated[int, Field(ge=1, le=65_536)] | Literal["none"] | Auto = Field(
        default="auto", description="Width of the head that only the loss sees (SimCLR), or `none`."
    )
    corrupt: Annotated[float, Field(gt=0, lt=1)] | Auto = Field(
        default="auto",
        description="Share of a table's columns that a view takes from other rows, or of a text's words it leaves out.",
    )


class Spec(_Part):
    """A whole description. Only what differs from the defaults has to be said."""

    data: DataSpec = Field(default_factory=DataSpec, description="Where the rows are and what the columns are for.")
    task: Task | Auto = Field(default="auto", description="What is learned; follows from the target.")
    split: SplitSpec = Field(default_factory=SplitSpec, description="How rows become parts.")
    transform: CallText | list[CallText] = Field(
        default="auto", description="What becomes of each picture: torchvision's `Resize`, `CenterCrop`, `Normalize` …."
    )
    augment: CallText | list[CallText] = Field(
        default="auto",
        description="Random changes of training pictures: `RandomCrop(28, padding=2)`, `MixUp` …; `none`.",
    )
    scale: CallText = Field(default="auto", description="A scikit-learn scaler for numeric columns, or `none`.")
    encode: EncodeSpec = Field(default_factory=EncodeSpec, description="How other columns become numbers.")
    model: CallText | list[CallText] | Networks = Field(
        default="auto", description="A recipe, `mlp(hidden=[128, 128])`, or layers; of a GAN both networks."
    )
    loss: CallText = Field(default="auto", description="A loss of torch.nn.")
    optimizer: CallText | Optimizers = Field(
        default="auto", description="An optimizer of torch.optim; of a GAN one for each network."
    )
    scheduler: CallText = Field(default="auto", description="A scheduler of torch.optim.lr_scheduler, or `none`.")
    train: TrainSpec = Field(default_factory=TrainSpec, description="How the model is trained.")
    evaluate: EvaluateSpec = Field(default_factory=EvaluateSpec, description="Which score leads.")
    contrastive: ContrastiveSpec = Field(
        default_factory=ContrastiveSpec, description="What `task: contrastive` compares."
    )
    gan: GanSpec = Field(default_factory=GanSpec, description="How `task: gan` plays.")
    ignore: list[str] = Field(default=[], description="Codes of checks that must stay silent; the report shows them.")

    @property
    def layers(self) -> str | list[str]:
        """`model` where it is one network; "auto" where it is the two of a GAN."""
        return "auto" if isinstance(self.model, Networks) else self.model

    @property
    def rate(self) -> str:
        """`optimizer` where it is one; "auto" where it is the two of a GAN."""
        return "auto" if isinstance(self.optimizer, Optimizers) else self.optimizer
