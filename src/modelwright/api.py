"""What Python users call: `train`, `check` and `resume`. (`modelwright.load` is `ship.artifact.load`.)"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from modelwright.errors import DataError, RunError, SpecError
from modelwright.spec import source as spec_source
from modelwright.spec.choices import METRIC
from modelwright.spec.handed import apart
from modelwright.spec.layered import as_overrides, over, targets_in, with_target
from modelwright.spec.schema import (
    Auto,
    ContrastiveSpec,
    DataSpec,
    EncodeSpec,
    EvaluateSpec,
    GanSpec,
    Spec,
    SplitSpec,
    Task,
    TrainSpec,
)

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from modelwright.checks.findings import Diagnostics
    from modelwright.run.events import Event
    from modelwright.run.handle import Run
    from modelwright.run.request import Request

DESCRIPTIONS = (".yaml", ".yml")
EMPTY: Mapping[str, Any] = MappingProxyType({})


def train(
    source: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    data: DataSpec | Mapping[str, Any] = EMPTY,
    task: Task | Auto = "auto",
    split: SplitSpec | Mapping[str, Any] = EMPTY,
    transform: Any = "auto",
    augment: Any = "auto",
    scale: str = "auto",
    encode: EncodeSpec | Mapping[str, Any] = EMPTY,
    model: str | Sequence[str] | Callable[..., Any] | Mapping[str, Any] = "auto",
    loss: str | Callable[..., Any] = "auto",
    optimizer: str | Callable[..., Any] | Optimizer | Mapping[str, Any] = "auto",
    scheduler: str | Callable[..., Any] = "auto",
    train: TrainSpec | Mapping[str, Any] = EMPTY,
    evaluate: EvaluateSpec | Mapping[str, Any] = EMPTY,
    contrastive: ContrastiveSpec | Mapping[str, Any] = EMPTY,
    gan: GanSpec | Mapping[str, Any] = EMPTY,
    ignore: Sequence[str] = (),
    overrides: Sequence[str] = (),
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    dry_run: bool = True,
    report: bool = True,
) -> Run:
    """Train a model and return its run, with score, model and predictions.

    `source` is a description (a file or a `Spec`), a data file, a frame (polars, pandas), an array (`[N, W]`, pictures
    `[N, H, W]`, sequences `[N, T, C]`), a dict of columns, a data set, or `{"train": …, "test": …}`; `y` the target
    apart. `data` to `ignore` are keys of a description and go over `source`'s, `overrides` over them. `model` may be a
    class or module of yours, `loss`, `optimizer`, `scheduler` and the metric functions. Raises SpecError and DataError.

    >>> modelwright.train("penguins.csv", target="species", train={"epochs": 20}).score  # doctest: +SKIP
    """
    keys = (data, task, split, transform, augment, scale, encode, model, loss, optimizer, scheduler, train)
    description, own = _description(*keys, evaluate, contrastive, gan, ignore)
    request = request_for(source, y, target=target, description=description, overrides=overrides, own=own)
    return _ended(_begun(replace(request, dry_run=dry_run), Path(runs), name, report), own)


def resume(
    run: str | os.PathLike[str],
    *,
    model: Callable[..., Any] | Mapping[str, Any] | None = None,
    loss: Callable[..., Any] | None = None,
    optimizer: Callable[..., Any] | Optimizer | Mapping[str, Any] | None = None,
    scheduler: Callable[..., Any] | None = None,
    metric: Callable[..., Any] | None = None,
    transform: Any = None,
    augment: Any = None,
    report: bool = True,
) -> Run:
    """Go on with a run that was stopped or killed, and return it; it ends as if it never had been, bit for bit.

    What was handed over in Python to `train` is handed over again; `report` as there. Raises RunError R001 where `run`
    is no run folder, or its data or your own code are not those it was trained on.

    >>> run = modelwright.resume("runs/penguins-1", model=SimpleNet)  # doctest: +SKIP
    """
    from modelwright.run.request import Stop
    from modelwright.run.start import resume

    values = {"model": model, "loss": loss, "optimizer": optimizer, "scheduler": scheduler, METRIC.key: metric}
    values |= {"transform": transform, "augment": augment}
    _, own = apart({key: value for key, value in values.items() if value is not None})
    return _ended(resume(Path(run), Stop(), own, {} if report else None), own)


def check(
    source: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    data: Any = EMPTY,
    task: Task | Auto = "auto",
    split: SplitSpec | Mapping[str, Any] = EMPTY,
    transform: Any = "auto",
    augment: Any = "auto",
    scale: str = "auto",
    encode: EncodeSpec | Mapping[str, Any] = EMPTY,
    model: str | Sequence[str] | Callable[..., Any] | Mapping[str, Any] = "auto",
    loss: Any = "auto",
    optimizer: Any = "auto",
    scheduler: str | Callable[..., Any] = "auto",
    train: TrainSpec | Mapping[str, Any] = EMPTY,
    evaluate: EvaluateSpec | Mapping[str, Any] = EMPTY,
    contrastive: ContrastiveSpec | Mapping[str, Any] = EMPTY,
    gan: GanSpec | Mapping[str, Any] = EMPTY,
    ignore: Sequence[str] = (),
    overrides: Sequence[str] = (),
    dry_run: bool = True,
) -> Diagnostics:
    """Return all that is wrong or doubtful with a description and its data, or with any PyTorch model, errors first.

    Arguments as for `train`. For a model: `check(model, data=(X, y), loss=criterion, optimizer=optimizer)`; `data` may
    be a DataLoader or Dataset, `loss` any function of both. Copies run: nothing is changed.
    """
    if _is_module(source) or _is_class(source):
        return _check_program(source, y, data, loss, optimizer, ignore)
    keys = (data, task, split, transform, augment, scale, encode, model, loss, optimizer, scheduler, train)
    description, own = _description(*keys, evaluate, contrastive, gan, ignore)
    return _check_description(source, y, target, description, overrides, own, dry_run)


def _check_description(
    source: Any,
    y: Any,
    target: str | Sequence[str] | None,
    description: Mapping[str, Any],
    overrides: Sequence[str],
    own: Mapping[str, Any],
    dry_run: bool,
) -> Diagnostics:
    """Check what `train` would be given; a description or data that cannot be read are findings like others."""
    from modelwright.checks.findings import Diagnostics, Receipt
    from modelwright.run.survey import survey, survey_rest

    try:
        request = request_for(source, y, target=target, description=description, overrides=overrides, own=own)
    except SpecError as error:
        return Diagnostics(survey_rest(error))
    except (DataError, RunError) as error:
        return Diagnostics(Receipt(diagnostics=error.diagnostics))
    notes = Receipt(diagnostics=request.notes)
    return Diagnostics(survey(request.description, request.base, request.frame, dry_run=dry_run) + notes)


def _is_module(source: Any) -> bool:
    """Say whether `source` is a PyTorch module, without loading torch where nobody has."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, torch.nn.Module)


def _is_class(source: Any) -> bool:
    """Say whether `source` is a class of modules, where an object of it was meant."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, type) and issubclass(source, torch.nn.Module)


def _check_program(model: Any, y: Any, data: Any, loss: Any, optimizer: Any, ignore: Sequence[str]) -> Diagnostics:
    """Check a PyTorch model; data that cannot be read is a finding like others."""
    from modelwright.checks.findings import Diagnostics
    from modelwright.checks.program.check import check_program, class_for_model
    from modelwright.checks.program.source import caller
    from modelwright.checks.run import Receipt

    rows = None if isinstance(data, Mapping) and not data else data
    loss, optimizer = (None if isinstance(each, str) and each == "auto" else each for each in (loss, optimizer))
    where = caller(2)
    if isinstance(model, type):
        return Diagnostics(Receipt(diagnostics=(class_for_model(model, where),)))
    try:
        receipt = check_program(model, rows if y is None else (rows, y), loss, optimizer, ignore, where)
    except DataError as error:
        receipt = Receipt(diagnostics=tuple(found.at(where) for found in error.diagnostics))
    return Diagnostics(receipt)


def request_for(
    source: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    description: Mapping[str, Any] = EMPTY,
    overrides: Sequence[str] = (),
    own: Mapping[str, Any] = EMPTY,
) -> Request:
    """Return what `source`, the keys of `description` and the rest ask for; SpecError with all problems.

    `own` has the objects that stand in the description as `python:NAME`, by key.
    """
    request = _request_for(source, y, target=target, description=description, overrides=overrides)
    return replace(request, description=replace(request.description, own=own)) if own else request


def _request_for(
    source: Any,
    y: Any,
    *,
    target: str | Sequence[str] | None,
    description: Mapping[str, Any],
    overrides: Sequence[str],
) -> Request:
    from modelwright.run.request import Request

    extra = with_target(description, target)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.suffix.lower() in DESCRIPTIONS:
            changes = (*as_overrides(extra), *overrides)
            found = spec_source.read(path, changes)
            return Request(description=found, base=path.parent.resolve(), overrides=changes)
        extra = over({"data": {"path": os.fspath(source)}}, extra)
    elif isinstance(source, Spec):
        extra = over(source.model_dump(exclude_unset=True), extra)
    else:
        from modelwright.data.datasets import is_dataset, read_held
        from modelwright.data.held import examples

        if is_dataset(source):
            held = read_held(source, y)
            extra = over(held.said(), extra)
            request = _request_for(held.inputs, held.answers, target=target, description=extra, overrides=overrides)
            return replace(request, notes=held.notes, frame=held.with_parts(request.frame))

        frame, names = examples(source, y, targets_in(extra))
        extra = with_target(extra, names)
        return Request(description=spec_source.from_mapping(extra, overrides), base=Path.cwd(), frame=frame)
    return Request(description=spec_source.from_mapping(extra, overrides), base=Path.cwd())


def name_of(request: Request) -> str:
    """Return the name of a request's runs: the description's file, or the data's."""
    given = request.description.spec.data.path
    first = given if isinstance(given, str) else given[0]
    path = request.description.path or (Path(first.rstrip("/").rpartition("/")[2]) if first else Path("run"))
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in path.name.partition(".")[0]) or "run"


def _begun(request: Request, runs: Path, name: str | None, report: bool) -> Iterable[Event]:
    from modelwright.run.start import start

    return start(replace(request, report={} if report else None), runs, name or name_of(request))


def _ended(events: Iterable[Event], own: Mapping[str, Any] = EMPTY) -> Run:
    from modelwright.run.events import Scored
    from modelwright.run.handle import Run

    *_, last = events
    assert isinstance(last, Scored)
    transform = [one for key, one in own.items() if key.startswith("transform[")]
    return Run(last.path, own.get("model", own.get("model.generator")), transform=transform or None)


def _description(*values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of the keys of a description, values given in the order of `Spec`'s fields; apart from them
    the objects of the user's own, for which `python:NAME` stands in the description."""
    given: dict[str, Any] = {}
    keys, own = apart(dict(zip(Spec.model_fields, values, strict=True)))
    for key, value in keys.items():
        if isinstance(value, BaseModel):
            value = value.model_dump(exclude_unset=True)
        if isinstance(value, tuple):
            value = list(value)
        if value != "auto" and not (isinstance(value, Mapping | list) and not value):
            given[key] = value
    return given, own
