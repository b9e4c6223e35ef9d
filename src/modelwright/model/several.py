"""Modules of the user's own with several inputs: which columns of the rows each tensor of `forward` has."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import groupby

from torch import nn

from modelwright.data.arrays import number_columns
from modelwright.model.own import Apart
from modelwright.plan.plan import InputPlan


def forward_names(module: nn.Module) -> list[str]:
    """Return the names of the tensors that `forward` takes at least."""
    parameters = list(inspect.signature(type(module).forward).parameters.values())[1:]
    plain = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return [each.name for each in plain if each.default is each.empty]


def stem(name: str) -> str:
    """Return the tensor that a column belongs to: `x1_3` is a column of `x1`.

    >>> stem("x1_3"), stem("age"), stem("x_num")
    ('x1', 'age', 'x_num')
    """
    head, _, tail = name.rpartition("_")
    return head if head and tail.isdigit() else name


def apart_by_name(inputs: Sequence[InputPlan], wanted: Sequence[str]) -> Apart:
    """Return the columns of `x` that each tensor has: columns called as it is, or all of the first stem, the second, …
    where there are as many as tensors; empty where they cannot be shared out, or some columns would be left over."""
    owners = [stem(name) for name in _owners(inputs)]
    stems = list(dict.fromkeys(stem(column.name) for column in inputs))
    names = list(wanted) if set(wanted) == set(stems) else stems
    if len(names) != len(wanted) or any(column.encoding == "embedding" for column in inputs):
        return {}
    return {
        tensor: _pieces([at for at, owner in enumerate(owners) if owner == name])
        for tensor, name in zip(wanted, names, strict=True)
    }


def _owners(inputs: Sequence[InputPlan]) -> list[str]:
    """Return the input of each column of `x`, in the order in which preprocessing puts them (`feature_names`)."""
    numbers = [column.name for column, _ in number_columns(inputs)]
    flags = [column.name for column in inputs if column.flag]
    flags.sort(key=numbers.index)
    return [*numbers, *flags, *(c.name for c in inputs if c.encoding == "one_hot" for _ in c.categories)]


def _pieces(columns: Sequence[int]) -> list[list[int]]:
    """Return numbers of columns as runs `[start, stop]`.

    >>> _pieces([0, 1, 2, 7])
    [[0, 3], [7, 8]]
    """
    runs = [list(run) for _, run in groupby(enumerate(columns), key=lambda pair: pair[1] - pair[0])]
    return [[run[0][1], run[-1][1] + 1] for run in runs]
