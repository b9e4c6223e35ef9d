"""Which of the model's inputs come from which column of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelwright.data.arrays import number_columns
from modelwright.plan.plan import InputPlan


@dataclass(frozen=True, slots=True)
class Places:
    """Where a column stands: in `x` (preprocessed numbers) and among the codes of embedded columns."""

    x: tuple[int, ...]
    codes: tuple[int, ...]


def places(inputs: Sequence[InputPlan]) -> dict[str, Places]:
    """Return the places of each column, as `model.preprocess.Preprocess` arranges them.

    Numbers and parts of dates first, then the flags of missing values, then one column a category.
    """
    x: dict[str, list[int]] = {column.name: [] for column in inputs}
    codes: dict[str, list[int]] = {column.name: [] for column in inputs}
    numbers = [column.name for column, _ in number_columns(inputs)]
    flagged = {column.name for column in inputs if column.flag}
    names = [*numbers, *(name for name in dict.fromkeys(numbers) if name in flagged)]
    embedded = 0
    for column in inputs:
        if column.encoding == "one_hot":
            names += [column.name] * len(column.categories)
        elif column.encoding == "embedding":
            codes[column.name].append(embedded)
            embedded += 1
    for at, name in enumerate(names):
        x[name].append(at)
    return {column.name: Places(tuple(x[column.name]), tuple(codes[column.name])) for column in inputs}
