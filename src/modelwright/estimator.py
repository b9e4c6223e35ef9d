"""scikit-learn's estimators: `Classifier` and `Regressor` train in memory and keep what `modelwright.train` makes.

They write no files. A pickle holds the parameters and the bytes of the model file: no code, no live objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from modelwright.errors import ModelwrightError
from modelwright.estimator_rows import names_beside, read_columns, weights_of
from modelwright.run.fit import Fitted, fit, from_state, to_state
from modelwright.spec.handed import apart
from modelwright.spec.source import Description, from_mapping


class _Estimator(BaseEstimator):
    """What both share: parameters are keys of a description; `fitted_` holds the trained model."""

    _task = ""

    def __init__(
        self,
        model: Any = "auto",
        *,
        loss: Any = "auto",
        optimizer: Any = "auto",
        scheduler: Any = "auto",
        scale: str = "auto",
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        validation_size: float = 0.0,
        patience: int | str = "auto",
        clip_grad_norm: float | None = None,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.scale = scale
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_size = validation_size
        self.patience = patience
        self.clip_grad_norm = clip_grad_norm
        self.device = device
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {**cast("dict[str, Any]", super().__getstate__())}
        if "fitted_" in state:
            state["fitted_"] = to_state(state["fitted_"])
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(dict(state))
        if isinstance(self.__dict__.get("fitted_"), dict):
            own = None if isinstance(self.model, str | list) else self.model
            self.fitted_ = from_state(self.__dict__["fitted_"], own)

    @property
    def n_iter_(self) -> int:
        """Epochs that were trained."""
        return len(self.fitted_.history)

    @property
    def model_(self) -> Any:
        """The trained `modelwright.Model`: its plan with all reasons, its module, `answers` to raw rows."""
        check_is_fitted(self)
        return self.fitted_.model

    def _learn(
        self,
        rows: pl.DataFrame,
        answers: Mapping[str, NDArray[Any]],
        weight: NDArray[Any] | None,
        classes: tuple[str, ...],
        **more: Any,
    ) -> Fitted:
        """Train on rows with their answers as further columns; what modelwright refuses is a ValueError here."""
        names = names_beside(rows.columns, (*answers, "sample_weight"))
        frame = rows.with_columns(pl.Series(names[name], values) for name, values in answers.items())
        if weight is not None:
            frame = frame.with_columns(pl.Series(names["sample_weight"], weight)).filter(weight > 0)
        kinds = {name: "numeric" for name, dtype in frame.schema.items() if dtype.is_float()}
        data: dict[str, Any] = {"target": [names[name] for name in answers], "columns": kinds}
        data["columns"] |= {names[name]: "integer" if classes else "numeric" for name in answers}
        if weight is not None:
            data["weight"] = names["sample_weight"]
        task = ("binary" if len(classes) == 2 else "multiclass") if classes else "regression"
        before = more.pop("before", None)
        try:
            description = self._description(data, task, **more)
            return fit(description, frame, classes, self._validation(frame, names, classes), before=before)
        except ModelwrightError as error:
            raise ValueError(str(error)) from error

    def _description(self, data: dict[str, Any], task: str, **more: Any) -> Description:
        train = {name: getattr(self, name) for name in ("epochs", "batch_size", "patience", "clip_grad_norm", "device")}
        train |= {"seed": int(self.random_state)} | more.pop("train", {})
        keys = {name: getattr(self, name) for name in ("model", "loss", "optimizer", "scheduler", "scale")} | more
        keys, own = apart({name: list(value) if isinstance(value, tuple) else value for name, value in keys.items()})
        found = from_mapping({**keys, "data": data, "task": task, "train": train})
        return Description(found.spec, None, None, found.places, found.base, own)

    def _validation(self, frame: pl.DataFrame, names: Mapping[str, str], classes: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the rows that choose the epoch and stop training: none unless they are asked for."""
        rows = np.arange(frame.height)
        if not self.validation_size:
            return rows[:0]
        labels = frame[names["target"]].to_numpy() if classes else None
        _, chosen = train_test_split(
            rows, test_size=self.validation_size, stratify=labels, random_state=int(self.random_state)
        )
        return np.sort(chosen)

    def _answers(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        return self.fitted_.model.answers(read_columns(self, X, reset=False))


class Classifier(ClassifierMixin, _Estimator):
    """A network for classes as a scikit-learn classifier: `fit`, `partial_fit`, `predict`, `predict_proba`, `score`.

    `X` is `[rows, columns]` of numbers (NaN is filled in) or a frame, whose texts become categories; parameters are the
    keys of a description, `model` to `scheduler` also your own classes and functions. All rows are trained on unless
    `validation_size` keeps some to choose the epoch by. ValueError for what cannot be used.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> Classifier("mlp(hidden=[8])", optimizer="AdamW(lr=0.03)", epochs=20).fit(X, y).score(X, y) > 0.9
    True
    """

    classes_: NDArray[Any]

    def __init__(
        self,
        model: Any = "auto",
        *,
        loss: Any = "auto",
        optimizer: Any = "auto",
        scheduler: Any = "auto",
        scale: str = "auto",
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        validation_size: float = 0.0,
        patience: int | str = "auto",
        clip_grad_norm: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        super().__init__(
            model,
            loss=loss,
            optimizer=optimizer,
            scheduler=scheduler,
            scale=scale,
            epochs=epochs,
            batch_size=batch_size,
            validation_size=validation_size,
            patience=patience,
            clip_grad_norm=clip_grad_norm,
            device=device,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train anew on all rows; `sample_weight` counts a row as often as it says."""
        rows, codes, weight = self._rows(X, y, sample_weight, None, reset=True)
        self.fitted_ = self._learn(rows, {"target": codes}, weight, self._names())
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch more on these rows. `classes` names all that will come, in the first call.

        Scaling and categories are those of the first call's rows; the learning rate is constant unless a `scheduler` is
        given.
        """
        before = self.__dict__.get("fitted_")
        known = self.classes_ if before is not None else classes
        rows, codes, weight = self._rows(X, y, sample_weight, known, reset=before is None)
        more: dict[str, Any] = {"train": {"epochs": 1}, "before": before}
        if isinstance(self.scheduler, str) and self.scheduler == "auto":
            more["scheduler"] = "none"
        self.fitted_ = self._learn(rows, {"target": codes}, weight, self._names(), **more)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return one column of probabilities a class, in the order of `classes_`."""
        found = self._answers(X)
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row."""
        found = self.predict_proba(X)
        return self.classes_[found.argmax(axis=1)]

    def _description(self, data: dict[str, Any], task: str, **more: Any) -> Description:
        weight: Any = self.class_weight
        if isinstance(weight, Mapping):
            names = {value: str(code) for code, value in enumerate(self.classes_.tolist())}
            weight = {names[value]: float(each) for value, each in weight.items() if value in names}
        train = {**more.pop("train", {}), "class_weight": weight}
        return super()._description(data, task, train=train, **more)

    def _names(self) -> tuple[str, ...]:
        return tuple(str(code) for code in range(len(self.classes_)))

    def _rows(
        self, X: Any, y: Any, sample_weight: Any, classes: Any, reset: bool
    ) -> tuple[pl.DataFrame, NDArray[np.int64], NDArray[Any] | None]:
        """Return rows, class numbers and weights; ValueError where they do not fit, or rows have one class only."""
        rows, y = read_columns(self, X, reset=reset, y=y)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        weight = weights_of(sample_weight, rows)
        here = np.unique(y if weight is None else y[weight > 0])
        every = here if classes is None else np.unique(classes)
        unknown = np.setdiff1d(here, every)
        if len(unknown):
            raise ValueError(f"y has classes that `classes` does not name: {unknown[:5].tolist()}")
        if len(every) < 2:
            raise ValueError(f"{type(self).__name__} needs rows of two classes; all rows are of 1 class: {every}")
        self.classes_ = every
        kept = np.isin(y, every)
        return rows.filter(kept), np.searchsorted(every, y[kept]), None if weight is None else weight[kept]


class Regressor(RegressorMixin, _Estimator):
    """A network for numbers as a scikit-learn regressor, `fit` to `score`; `y` is `[N]` or `[N, T]`.

    Inputs and parameters as for `Classifier`. Targets are standardised for training; answers are in their own units.

    >>> X = np.linspace(-1, 1, 200)[:, None]
    >>> model = Regressor("mlp(hidden=[16])", optimizer="AdamW(lr=0.03)", epochs=30)
    >>> model.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.9
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train anew on all rows; `sample_weight` counts a row as often as it says."""
        return self._fit(X, y, sample_weight, reset=True)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch more on these rows; scaling is that of the first call's rows."""
        before = self.__dict__.get("fitted_")
        more: dict[str, Any] = {"train": {"epochs": 1}, "before": before}
        if isinstance(self.scheduler, str) and self.scheduler == "auto":
            more["scheduler"] = "none"
        return self._fit(X, y, sample_weight, reset=before is None, **more)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the numbers `[N]`, or `[N, T]` where several were learned."""
        found = self._answers(X)
        return found[:, 0] if found.shape[1] == 1 else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _fit(self, X: Any, y: Any, sample_weight: Any, reset: bool, **more: Any) -> Self:
        rows, y = read_columns(self, X, reset=reset, y=y, numbers=True)
        columns = y.reshape(len(y), -1).astype(np.float64)
        names = ["target"] if columns.shape[1] == 1 else [f"target_{at + 1}" for at in range(columns.shape[1])]
        answers = {name: columns[:, at] for at, name in enumerate(names)}
        self.fitted_ = self._learn(rows, answers, weights_of(sample_weight, rows), (), **more)
        return self
