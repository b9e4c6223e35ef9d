"""Settings of a split that contradict each other, have no effect, or ask for more than the table has."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.data.columns import Table
from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.schema import Spec, SplitSpec


def problem(key: str, message: str, fix: str, code: str = "Y007", received: str = "", expected: str = "") -> Diagnostic:
    """Return an error about one setting of the split."""
    where = Place(key=f"split.{key}")
    return Diagnostic(
        code=code, severity="error", message=message, where=where, received=received, expected=expected, help=fix
    )


def contradictions(spec: Spec, table: Table, has_classes: bool) -> list[Diagnostic]:
    """Return every setting of `spec.split` that cannot be obeyed together with the others."""
    settings = spec.split
    return [
        *_missing_columns(spec),
        *_without_effect(spec, table),
        *(_sizes(spec) if settings.sizes is not None else ()),
        *(_stratify(spec, has_classes) if settings.stratify is True else ()),
    ]


def rule_of(spec: Spec) -> tuple[str, str]:
    """Return what keeps the parts apart (random, group or time) with the reason."""
    data, settings = spec.data, spec.split
    if settings.by != "auto":
        return settings.by, "given"
    if settings.sizes is not None:
        return "time", "`split.sizes` counts rows in time order"
    if data.group is not None:
        also = f"; `data.time` ({data.time}) does not order the parts, `split.by: time` would" if data.time else ""
        return "group", f"`data.group` is given: rows of one `{data.group}` stay in one part{also}"
    if data.time is not None:
        return (
            "time",
            "`data.time` is given: rows are tested that come after the training rows",
        )
    return "random", "neither groups nor a time column are given"


def _missing_columns(spec: Spec) -> Iterator[Diagnostic]:
    by = spec.split.by
    if by == "group" and spec.data.group is None:
        yield problem("by", "`by: group` needs the column of the groups", "data: {group: NAME}")
    if by == "time" and spec.data.time is None and spec.split.sizes is None:
        yield problem("by", "`by: time` needs the column of the times", "data: {time: NAME}")


def _without_effect(spec: Spec, table: Table) -> Iterator[Diagnostic]:
    settings, rule = spec.split, rule_of(spec)[0]
    given = settings.model_fields_set
    files = () if table.parts is None else tuple(int(part) for part in set(table.parts.tolist()))
    for key, reason in _overruled(settings, files):
        if key in given:
            yield problem(key, f"`{key}` has no effect: {reason}", f"remove `split.{key}`")
    if settings.gap and rule != "time":
        yield problem("gap", "`gap` has no effect without an order in time", "split: {by: time}, or remove `split.gap`")
    if not settings.shuffle and rule == "group" and settings.folds is None:
        yield problem("shuffle", "`shuffle: false` has no effect: groups are drawn at random", "remove `split.shuffle`")
    if settings.shuffle and "shuffle" in given and rule == "time":
        yield problem("shuffle", "rows in time order cannot be shuffled", "remove `split.shuffle`")
    if settings.folds is not None and files:
        yield problem("folds", "`folds` cannot be made where parts are given as files", "remove `split.folds`")


def _overruled(settings: SplitSpec, files: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    if settings.sizes is not None:
        yield "test_size", "`sizes` says how many rows each part has"
        yield "validation_size", "`sizes` says how many rows each part has"
        yield "folds", "`sizes` says how many rows each part has"
    elif settings.folds is not None:
        yield "test_size", "each fold is a test part in turn"
    if 2 in files:
        yield "test_size", "the test rows were given as a file"
    if 1 in files:
        yield "validation_size", "the validation rows were given as a file"


def _sizes(spec: Spec) -> Iterator[Diagnostic]:
    settings = spec.split
    assert settings.sizes is not None
    if settings.by in ("random", "group"):
        yield problem("sizes", f"`sizes` counts rows in time order, not `by: {settings.by}`", "remove `split.by`")
    if not settings.sizes[0] or not settings.sizes[2]:
        part = "training" if not settings.sizes[0] else "test"
        yield problem("sizes", f"no {part} rows", "split: {sizes: [8640, 2880, 2880]}", "L201", str(settings.sizes))


def _stratify(spec: Spec, has_classes: bool) -> Iterator[Diagnostic]:
    settings, rule = spec.split, rule_of(spec)[0]
    if not has_classes:
        yield problem("stratify", "`stratify: true` needs a target of classes", "remove `split.stratify`")
    if rule == "time":
        yield problem("stratify", "rows in time order cannot be stratified", "remove `split.stratify`")
    elif rule == "group" and settings.folds is None:
        yield problem("stratify", "whole groups held out cannot be stratified", "split: {folds: 5, stratify: true}")
    elif not settings.shuffle and settings.folds is None:
        yield problem("stratify", "a stratified hold-out draws rows at random", "remove `split.shuffle: false`")
