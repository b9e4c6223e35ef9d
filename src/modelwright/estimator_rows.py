"""What scikit-learn's callers hand to `fit` and `predict`: checked by its own functions, given as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, validate_data  # pyright: ignore[reportPrivateUsage]

from modelwright.data.frames import to_polars

NUMBERS = [np.float64, np.float32]


def read_columns(estimator: BaseEstimator, X: Any, reset: bool, y: Any = None, numbers: bool = False) -> Any:
    """Return `X` as a frame of float columns, or with texts and categories where a frame has some; and `y`, if given.

    Names and their number are kept in `feature_names_in_` and `n_features_in_` (`reset`) or compared with those.
    Raises ValueError and TypeError as scikit-learn does.
    """
    asked: dict[str, Any] = {"reset": reset}
    if y is not None or reset:
        asked |= {"y": y, "y_numeric": numbers, "multi_output": numbers, "ensure_min_samples": 2}
    if _has_words(X):
        return _with_words(estimator, X, y, asked)
    given = validate_data(estimator, X, dtype=NUMBERS, ensure_all_finite="allow-nan", **asked)
    array, answers = given if y is not None else (given, None)
    known = getattr(estimator, "feature_names_in_", None)
    names = [f"x{at}" for at in range(array.shape[1])] if known is None else [str(name) for name in known]
    frame = pl.DataFrame({name: np.ascontiguousarray(array[:, at]) for at, name in enumerate(names)})
    return frame if y is None else (frame, answers)


def _has_words(X: Any) -> bool:
    """Return whether a frame has columns that are no numbers."""
    if not hasattr(X, "columns") or not hasattr(X, "dtypes") or not hasattr(X, "shape"):
        return False
    types = X.dtypes if isinstance(X, pl.DataFrame) else list(X.dtypes)
    return any(not _is_number(each) for each in types)


def _is_number(dtype: Any) -> bool:
    if isinstance(dtype, pl.DataType):
        return dtype.is_numeric() or dtype == pl.Boolean
    return getattr(dtype, "kind", "O") in "biuf"


def _with_words(estimator: BaseEstimator, X: Any, y: Any, asked: dict[str, Any]) -> Any:
    """Return a frame with categories: scikit-learn's checks of names and shape apply, those of numbers do not."""
    if y is None:
        validate_data(estimator, X, reset=asked["reset"], skip_check_array=True)
        return _floats(to_polars(X))
    _, answers = validate_data(
        estimator,
        X,
        y,
        validate_separately=(
            {"dtype": None, "ensure_all_finite": False, "ensure_min_samples": 2},
            {"dtype": None, "ensure_2d": False},
        ),
        reset=asked["reset"],
    )
    return _floats(to_polars(X)), answers


def _floats(frame: pl.DataFrame) -> pl.DataFrame:
    """Whole numbers are numbers, not codes: who has codes makes categories of them."""
    whole = [name for name, dtype in frame.schema.items() if dtype.is_integer() or dtype == pl.Boolean]
    return frame.with_columns(pl.col(whole).cast(pl.Float64)) if whole else frame


def weights_of(sample_weight: Any, rows: pl.DataFrame) -> NDArray[Any] | None:
    """Return the weights of the rows; ValueError where they are negative, or none counts."""
    if sample_weight is None:
        return None
    weight: NDArray[Any] = _check_sample_weight(sample_weight, rows.to_numpy(), ensure_non_negative=True)
    if not (weight > 0).any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def names_beside(taken: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Return for each wanted name one that no column has.

    >>> names_beside(["target", "x"], ["target"])
    {'target': 'target_'}
    """
    found: dict[str, str] = {}
    for name in wanted:
        free = name
        while free in taken:
            free += "_"
        found[name] = free
    return found
