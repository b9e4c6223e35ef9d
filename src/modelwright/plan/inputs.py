"""Which columns enter the model and how each becomes numbers, learned from the training rows only."""

from __future__ import annotations

from types import EllipsisType

import numpy as np
import polars as pl

from modelwright.data.columns import Column, Table
from modelwright.data.numbers import DATE_PARTS, date_part, numbers_of, offset_for
from modelwright.data.roles import target_columns
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError, SpecError
from modelwright.plan import texts
from modelwright.plan.pictures import picture_input
from modelwright.plan.plan import InputPlan
from modelwright.plan.steps import require_line, require_sequences, sequence_input
from modelwright.spec.call import parse
from modelwright.spec.schema import Spec

ONE_HOT_LIMIT = 32
"""Columns of more categories are embedded: each would widen the first layer by a mostly empty input."""

TEXT = "text"
RARE = 2
"""A category with fewer training rows shares the place of unseen values: nothing about it could be told from noise,
and the place, which new values will take, learns from these rows what a rare value means."""


def plan_inputs(
    spec: Spec, table: Table, train_rows: np.ndarray, targets: tuple[str, ...] | None = None
) -> tuple[tuple[InputPlan, ...], dict[str, str], dict[str, str]]:
    """Return the inputs in file order, the columns that are none (with the reason), and reasons by dotted path.

    `targets`: those that are known, perhaps none; left out: as `target_columns` finds them.

    Categories, ranges, date parts and missing flags come from `train_rows` alone. Raises DataError (D102) where no
    input is left, SpecError (Y005) for an encoder that cannot be used.
    """
    targets = target_columns(spec, table)[0] if targets is None else targets
    encoder = _encoder(spec.encode.category)
    flags = _flags(spec.encode.missing)
    inputs: list[InputPlan] = []
    unused: dict[str, str] = {}
    why: dict[str, str] = {}
    for column in table.columns:
        reason = _role(spec, column, targets)
        if column.name in table.media and not reason:
            if column.kind == "series":
                require_line(spec.scale)
            planned, reasons = _media(spec, column, table, train_rows)
            inputs.append(planned)
            why |= reasons
            continue
        values = table.frame.get_column(column.name).gather(train_rows)
        planned = reason or _plan(column, values, encoder, flags, forced=column.name in spec.data.columns)
        if isinstance(planned, str):
            unused[column.name] = planned
        else:
            inputs.append(planned)
    inputs = _with_text(spec, table, train_rows, _alone(inputs, unused), unused)
    if not inputs:
        raise DataError(_no_inputs(unused))
    require_sequences(spec.data, inputs[0])
    why |= {f"inputs.{column.name}": column.why for column in inputs}
    why["encode.category"] = "given" if spec.encode.category != "auto" else _category_rule()
    return tuple(inputs), unused, why


def _alone(inputs: list[InputPlan], unused: dict[str, str]) -> list[InputPlan]:
    """Return the one column of pictures or sequences, where there is one: a network takes those or numbers."""
    chosen = next((column for column in inputs if column.encoding in ("pixels", "steps")), None)
    if chosen is None:
        return inputs
    unused |= {c.name: f"the network takes the {chosen.kind}s of `{chosen.name}`" for c in inputs if c is not chosen}
    return [chosen]


def _with_text(
    spec: Spec, table: Table, train_rows: np.ndarray, inputs: list[InputPlan], unused: dict[str, str]
) -> list[InputPlan]:
    """Return the one column of texts where the network reads texts, else the inputs as they are."""
    columns = [column for column in table.columns if unused.get(column.name) == TEXT]
    media = bool(inputs) and inputs[0].encoding in ("pixels", "steps")
    column = None if media else texts.chosen(spec, columns, len(inputs))
    unused |= {one.name: texts.why_unused(one, column) for one in columns if one is not column}
    if column is None:
        return inputs
    del unused[column.name]
    unused |= {one.name: f"the network reads the texts of `{column.name}`" for one in inputs}
    return [texts.plan_text(spec, column, table.frame.get_column(column.name).gather(train_rows))]


def embedding_dim(categories: int) -> int:
    """Return the width of an embedding: round(1.6 n^0.56), at most 50.

    Source: fastai's `emb_sz_rule` (Howard and Gugger 2020), found by experiment on tables there; its limit is 600.

    >>> embedding_dim(42), embedding_dim(100_000)
    (13, 50)
    """
    return max(1, min(50, round(1.6 * categories**0.56)))


def _category_rule() -> str:
    return f"one-hot up to {ONE_HOT_LIMIT} categories, embeddings beyond"


def _role(spec: Spec, column: Column, targets: tuple[str, ...]) -> str:
    """Return why a column cannot be an input whatever it holds; empty if it can."""
    data = spec.data
    if column.name in targets:
        return "target"
    if column.name in data.drop:
        return "dropped: given"
    if column.name == data.group:
        return "group: parts of the split are made of whole groups, which new rows will not share"
    if column.name == data.time:
        return "time: orders the rows; later rows lie beyond the times of training"
    if column.name == data.weight:
        return "weight of the rows"
    if column.kind == "identifier":
        return f"identifier: {column.why}; `data.columns: {{{column.name}: category}}` makes it an input"
    if column.kind in ("image", "series"):
        return ""
    if column.kind == "text":
        return TEXT
    return ""


def _plan(column: Column, values: pl.Series, encoder: tuple[str, int], flags: bool, forced: bool) -> InputPlan | str:
    """Return the input that a column becomes, or why it becomes none; a kind that is `forced` keeps a constant in."""
    if values.dtype.is_float():
        values = values.fill_nan(None)
    missing = values.null_count()
    if missing == len(values):
        return "no training row has a value"
    flag = flags and missing > 0
    match column.kind:
        case "category":
            return _category(column, values, encoder)
        case "date":
            return _date(column, values, flag)
        case _:
            return _number(column, values, flag, forced)


def _media(spec: Spec, column: Column, table: Table, rows: np.ndarray) -> tuple[InputPlan, dict[str, str]]:
    """Return the input that a column of pictures or sequences becomes, and reasons by dotted path."""
    if column.kind == "image":
        return picture_input(spec, column, table, rows)
    places = table.frame[column.name].gather(rows).to_numpy()
    return sequence_input(column, table.media[column.name], places, spec.data), {}


def _number(column: Column, values: pl.Series, flag: bool, forced: bool = False) -> InputPlan | str:
    numbers = numbers_of(values)
    known = numbers[~np.isnan(numbers)]
    low, high = float(known.min()), float(known.max())
    offset = offset_for(known)
    if np.float32(low - offset) == np.float32(high - offset) and not (flag or forced):
        return _constant(values)
    why = column.why
    if offset:
        why += f"; {offset:,.6g} is taken off before it becomes float32, which could not tell its values apart"
    return InputPlan(
        name=column.name, kind=column.kind, encoding="number", why=why, flag=flag, low=low, high=high, offset=offset
    )


def _date(column: Column, values: pl.Series, flag: bool) -> InputPlan | str:
    parts = tuple(part for part in DATE_PARTS if date_part(values, part).drop_nulls().n_unique() > 1)
    if not parts:
        return _constant(values)
    why = f"{column.why}; {', '.join(parts)} vary in the training rows"
    return InputPlan(name=column.name, kind="date", encoding="date", why=why, dates=parts, flag=flag)


def _category(column: Column, values: pl.Series, encoder: tuple[str, int]) -> InputPlan | str:
    texts = values.cast(pl.String).alias("value")
    counts = texts.value_counts(name="rows").sort(["rows", "value"], descending=[True, False], nulls_last=True)
    if len(counts) < 2:
        return _constant(values)
    kept = counts.filter(pl.col("rows") >= RARE)
    if not len(kept):
        return "each value occurs once in the training rows, so none says anything about another row"
    categories = tuple(kept.get_column("value").to_list())
    left = len(counts) - len(kept)
    rare = f"; {left:,} that occur once share the place of unseen values" if left else ""
    encoding, dim = encoder
    embed = encoding == "embedding" or (encoding == "auto" and len(categories) > ONE_HOT_LIMIT)
    return InputPlan(
        name=column.name,
        kind="category",
        encoding="embedding" if embed else "one_hot",
        why=f"{column.why}; {len(categories):,} categories in the training rows{rare}",
        categories=categories,
        dim=(dim or embedding_dim(len(categories))) if embed else 0,
    )


def _constant(values: pl.Series) -> str:
    known = values.drop_nulls()
    holes = ", where it has one" if values.null_count() else ""
    return f"constant: each training row has {known[0]}{holes}"


def _encoder(text: str) -> tuple[str, int]:
    """Return how categories are encoded (auto, one_hot or embedding) and the width of embeddings (0: by their rule)."""
    if text == "auto":
        return "auto", 0
    call = parse(text)
    match call.name, call.args, tuple(call.kwargs.items()):
        case "OneHotEncoder", (), ():
            return "one_hot", 0
        case "Embedding", () | (EllipsisType(),), ():
            return "embedding", 0
        case "Embedding", (EllipsisType(), int(dim)), () if dim > 0:
            return "embedding", dim
        case "Embedding", () | (EllipsisType(),), (("embedding_dim", int(dim)),) if dim > 0:
            return "embedding", dim
        case _:
            raise SpecError(_unusable(text))


def _unusable(text: str) -> Diagnostic:
    return Diagnostic(
        code="Y005",
        severity="error",
        message=f"`{text}` cannot encode categories",
        where=Place(key="encode.category"),
        expected="`OneHotEncoder`, `Embedding` or `Embedding(..., 16)`",
        help="Embedding(..., 16)",
    )


def _flags(text: str) -> bool:
    """Return whether a missing value is flagged; as in scikit-learn an imputer that is given says so itself."""
    return text == "auto" or parse(text).kwargs.get("add_indicator") is True


def _no_inputs(unused: dict[str, str]) -> Diagnostic:
    listed = "; ".join(f"`{name}`: {reason}" for name, reason in list(unused.items())[:10])
    return Diagnostic(
        code="D102",
        severity="error",
        message="no column is left to learn from",
        where=Place(key="data"),
        known=listed,
        help="give a table with inputs, or force a kind: `data.columns: {NAME: category}`",
    )
