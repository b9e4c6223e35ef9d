"""The part with the targets: columns to what the loss takes."""

from __future__ import annotations

from modelwright.script.code import lines, literal, text
from modelwright.script.section import Section, Source


def write(source: Source) -> Section:
    """Return the section that leaves `target_of(part)` and, where rows count differently, `weight_of(part)`."""
    made = _target(source)
    if source.plan.data.weight is not None:
        name = text(source.plan.data.weight)
        made += ["", "", "def weight_of(part):", '    """Return how much each row counts."""']
        made += [f"    return part[{name}].cast(pl.Float64).to_numpy()"]
    return Section(lines=made, imports=("import numpy as np", "import torch", "import polars as pl"))


def _target(source: Source) -> list[str]:
    plan = source.plan
    name = text(plan.outputs.targets[0])
    match plan.task:
        case "binary":
            return [
                *lines(literal(list(plan.outputs.classes)), "CLASSES = ", "  # the second's probability is learned"),
                "",
                "",
                "def target_of(part):",
                '    """Return 1 for the second class and 0 for the first, float32 [N, 1]."""',
                f"    known = part[{name}].replace_strict(CLASSES, [0, 1])",
                "    return known.cast(pl.Float32).to_numpy(writable=True)[:, None]",
            ]
        case "multiclass":
            return [
                *lines(literal(list(plan.outputs.classes)), "CLASSES = "),
                "",
                "",
                "def target_of(part):",
                '    """Return the number of the class, int64 [N]."""',
                "    numbers = pl.Series(range(len(CLASSES)), dtype=pl.Int64)",
                f"    return part[{name}].replace_strict(CLASSES, numbers).to_numpy(writable=True)",
            ]
        case "multilabel":
            return _labels(source)
        case _:
            return _numbers(source)


def _labels(source: Source) -> list[str]:
    frame, targets = source.assembly.prepared.dataset.table.frame, source.plan.outputs.targets
    words = [name for name in targets if str(frame[name].dtype) == "String"]
    made = lines(literal(list(targets)), "LABELS = ")
    expression = "pl.col(LABELS).cast(pl.Float32)"
    if words:
        made += ['YES = ["yes", "y", "true", "t", "1", "1.0"]']
        made.append("WORDS = pl.col(LABELS).cast(pl.String).str.strip_chars().str.to_lowercase()")
        expression = "WORDS.is_in(YES)"
    return [
        *made,
        "",
        "",
        "def target_of(part):",
        f'    """Return 1 for yes and 0 for no, float32 [N, {len(targets)}]."""',
        f"    labels = part.select({expression})",
        '    return labels.cast(pl.Float32).to_numpy(order="c", writable=True)',
    ]


def _numbers(source: Source) -> list[str]:
    targets = list(source.plan.outputs.targets)
    return [
        *lines(literal(targets), "TARGETS = "),
        "",
        "",
        "def target_of(part):",
        f'    """Return the numbers to predict in their own units, float32 [N, {len(targets)}]."""',
        "    columns = [part[name].cast(pl.Float64).to_numpy() for name in TARGETS]",
        "    return np.stack(columns, axis=1).astype(np.float32)",
        "",
        "",
        "# targets are standardised for training; answers come back in their own units",
        "columns = [frame[name][train_rows].cast(pl.Float64).to_numpy() for name in TARGETS]",
        "MEAN = np.array([np.mean(column) for column in columns])",
        "SCALE = np.array([np.std(column) for column in columns])",
        "largest = np.array([np.abs(column).max() for column in columns])",
        "SCALE = np.where(SCALE > 1e-12 * largest, SCALE, 1.0)",
    ]
