"""`modelwright init`: a description of a data file, each line with its reason."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelwright.api import request_for
from modelwright.data.columns import Column, Table
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.files import write_atomically
from modelwright.plan import recipes
from modelwright.plan.plan import Plan
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.spec.call import Value, parse
from modelwright.spec.describe import Fact, describe
from modelwright.text import Line, count, heading, show
from modelwright.verbs.train import target_names


def init(data: str, target: str | None, output: Path | None, force: bool) -> None:
    """Write the description beside you (`adult.csv` → `adult.yaml`); one that is there is kept unless `force`."""
    path = output or Path(f"{Path(data.rstrip('/')).name.partition('.')[0] or 'model'}.yaml")
    if path.exists() and not force:
        raise RunError(_there_already(path, data, target, output))
    request = request_for(data, target=target_names(target))
    dataset = read_dataset(request.description, request.base)
    prepared = prepare(dataset, splits(dataset)[0])
    plan = prepared.plan
    write_atomically(path, describe(_seen_from(path, data), dataset.table, list(facts(plan, dataset.table))))
    inputs = f"{', '.join(plan.outputs.targets)} ({plan.task}) from {count(len(plan.inputs), 'column')}"
    file = shlex.quote(str(path))
    lines: list[Line] = [heading("wrote", f"{path}: predict {inputs}")]
    for verb in ("check", "train"):
        lines.append([("", f"  {verb}  "), ("command", f"modelwright {verb} {file}")])
    show(lines)


def facts(plan: Plan, table: Table) -> Iterator[Fact]:
    """Yield what a description of this plan says: dotted key, value, reason."""
    why, train, split = plan.why, plan.train, plan.split
    targets = plan.outputs.targets
    yield "data.target", targets[0] if len(targets) == 1 else targets, _said(why["data.target"])
    yield from _columns(plan, table)
    yield "task", plan.task, why["task"]
    if split.by != "files":
        yield "split.test_size", split.test_size, f"default: {split.rows[2]:,} rows, used once, for the score"
        yield "split.validation_size", split.validation_size, f"default: {split.rows[1]:,} rows, to choose the epoch by"
        yield "split.random_state", split.random_state, "default: the seed that rows are drawn with"
        if split.by == "random":
            yield "split.stratify", split.stratify, why.get("split.stratify", "default")
    if plan.inputs[0].encoding == "pixels":
        yield "transform", list(plan.inputs[0].transform), why["transform"]
    elif plan.inputs[0].tokens is not None:
        yield "encode.text", plan.inputs[0].tokens.tokenizer, plan.inputs[0].why
    else:
        yield "scale", plan.scale, why["scale"]
        yield "encode.missing", plan.impute, why["impute"]
    yield "model", _with_defaults(plan), why["model"]
    yield "loss", plan.loss, why["loss"]
    yield "optimizer", plan.optimizer, why["optimizer"]
    # Without a rate of its own it follows the optimizer's, so that who changes that changes what is trained.
    yield "scheduler", (plan.scheduler or "none").partition("(")[0], why["scheduler"]
    yield "train.epochs", train.epochs, why["train.epochs"]
    yield "train.batch_size", train.batch_size, why["train.batch_size"]
    yield "train.patience", train.patience or "none", why["train.patience"]
    yield "evaluate.metric", plan.metric, why["metric"]


def _columns(plan: Plan, table: Table) -> Iterator[Fact]:
    """Yield what is worth saying of columns: identifiers that are left out, and codes that only look like numbers."""
    dropped = [column for column in table.columns if column.kind == "identifier" and column.name in plan.unused]
    if dropped:
        yield "data.drop", [column.name for column in dropped], f"no inputs: {_reasons(dropped)}"
    codes = [column for column in table.columns if column.kind == "category" and _looks_like_numbers(column)]
    if codes:
        yield "data.columns", {column.name: "category" for column in codes}, _reasons(codes)


def _reasons(columns: Sequence[Column]) -> str:
    return "; ".join(f"`{column.name}`: {column.why}" for column in columns[:3])


def _said(why: str) -> str:
    return "as `--target` says" if why == "given" else why


def _looks_like_numbers(column: Column) -> bool:
    return bool(column.examples) and all(text.lstrip("+-").replace(".", "", 1).isdigit() for text in column.examples)


def _with_defaults(plan: Plan) -> str | list[str]:
    """Return the model with every argument of its recipe, so that there is something to change."""
    if plan.recipe is None:
        return list(plan.layers)
    call = parse(plan.recipe)
    given = {parameter.name: parameter.default for parameter in recipes.signature(call.name)}
    named = dict(zip(given, call.args, strict=False))
    merged = {**given, **named, **call.kwargs}
    arguments = (f"{name}={_argument(value)}" for name, value in merged.items() if value is not None)
    return f"{call.name}({', '.join(arguments)})"


def _argument(value: Value) -> str:
    return f"[{', '.join(map(_argument, value))}]" if isinstance(value, tuple) else str(value)


def _seen_from(path: Path, data: str) -> str:
    """Return the data's path as the description needs it: relative to its own folder; URLs and absolute ones stay."""
    if "://" in data or Path(data).is_absolute() or path.parent == Path():
        return data
    return os.path.relpath(data, path.parent)


def _there_already(path: Path, data: str, target: str | None, output: Path | None) -> Diagnostic:
    words = ["modelwright", "init", data, *(["--target", target] if target is not None else [])]
    again = [*words, *(["-o", str(output)] if output is not None else []), "--force"]
    return Diagnostic(
        code="R006",
        severity="error",
        message=f"`{path}` is there already; it is kept",
        where=Place(file=str(path)),
        help=f"{shlex.join(again)}, or another name: {shlex.join([*words, '-o', 'OTHER.yaml'])}",
    )
