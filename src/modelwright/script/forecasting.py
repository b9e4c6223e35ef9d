"""The sections of a forecast: rows in the order of time, parts cut in time, windows as views of one scaled series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import polars as pl

from modelwright.model.scalers import QuantileTransformer
from modelwright.script import reading
from modelwright.script.code import Item, block, call, lines, literal, text
from modelwright.script.scaling import line_of, scaler_of
from modelwright.script.section import Section, Source, impossible, indented

MOST = 40  # series whose borders are written down one by one
STARTS = '''
def starts_of(rows):
    """Return where windows begin whose targets are known and lie in some rows."""
    inside = np.zeros(frame.height, dtype=bool)
    inside[rows] = True
{known}    whole = np.lib.stride_tricks.sliding_window_view(inside, HORIZON).all(1)
    starts = np.flatnonzero(whole) - WINDOW
    starts = starts[starts >= 0]
{one}    return torch.from_numpy(starts){to}
'''
KNOWN = """    known = pl.all_horizontal(pl.col(TARGETS).is_not_null())
    inside &= frame.select(known).to_series().to_numpy()
"""
ONE = """    ends = series_of[starts + WINDOW + HORIZON - 1]
    starts = starts[series_of[starts] == ends]  # of one series
"""
BETWEEN = '''
def rows_between(first, last):
    """Return the rows of a span of time."""
    return frame[{time}].is_between(first, last).arg_true().to_numpy()
'''
STRIDES = '''
def starts_of(rows):
    """Return where windows begin whose targets are known and lie in some rows."""
    inside = np.zeros(frame.height, dtype=bool)
    inside[rows] = True
{known}    edges = np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8))
    starts = []
    for start, stop in np.flatnonzero(edges).reshape(-1, 2).tolist():
        first, last = max(start, WINDOW) - WINDOW, stop - HORIZON - WINDOW
        starts += range(first, last + 1, {stride})
    return torch.tensor(starts){to}
'''
TRUTH = '''
def tensors_of(starts):
    """Return windows [N, WINDOW, {width}] and the scaled targets after them."""
    after = ahead.index_select(0, starts).flatten(1)
    return windows.index_select(0, starts), after


def truth_of(starts):
    """Return the targets after each window in their own units{scaled}."""
    values = frame.select(pl.col(TARGETS).cast(pl.Float64)).to_numpy()[WINDOW:]
    found = np.lib.stride_tricks.sliding_window_view(values, HORIZON, axis=0)
    found = found[starts.cpu().numpy()].swapaxes(1, 2).reshape(len(starts), -1)
    return {found}
'''


def write_reading(source: Source) -> Section:
    """Return the section that leaves `frame`, its rows in the order of time."""
    plan, table = source.plan.forecast, source.assembly.prepared.dataset.table
    assert plan is not None and table.timeline is not None
    keys = [name for name in (plan.series, plan.time) if name is not None]
    section = reading.write(source, extra=[*keys, *(column.name for column in source.plan.inputs)])
    made = list(section.lines)
    if keys:
        made.append(f"frame = frame.sort({', '.join(map(text, keys))}, maintain_order=True)")
    if table.frame.height > reading.as_read(source).frame.height:
        made += _upsampled(source)
    return Section(lines=made, imports=section.imports)


def _upsampled(source: Source) -> list[str]:
    plan, table = source.plan.forecast, source.assembly.prepared.dataset.table
    assert plan is not None and plan.time is not None
    if not table.frame[plan.time].dtype.is_temporal():
        raise impossible(source, "rows of missing times are added, and times are numbers", "fill in those rows")
    named: dict[str, Item] = {"every": f'"{plan.step}"', "maintain_order": "True"}
    named |= {"group_by": text(plan.series)} if plan.series else {}
    made = ["# rows without values for the times that are missing"]
    made += lines(call("frame.upsample", [text(plan.time)], named), "frame = ")
    if plan.series:
        made.append(f"frame = frame.with_columns(pl.col({text(plan.series)}).forward_fill())")
    return made


def write_split(source: Source) -> Section:
    """Return the section that leaves `train_rows`, `validation_rows` and `test_rows`, and where windows begin."""
    plan, split = source.plan.forecast, source.assembly.prepared.split
    table = source.assembly.prepared.dataset.table
    assert plan is not None and table.timeline is not None
    several = len(table.timeline.blocks) > 1
    made = [f"WINDOW, HORIZON = {plan.window}, {plan.horizon}"]
    made += lines(literal(list(source.plan.outputs.targets)), "TARGETS = ")
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    parts = {name: rows for name, rows in parts.items() if name != "validation" or len(rows)}
    made += _parts(source, parts)
    targets = source.plan.outputs.targets
    gaps = any(table.frame[name].null_count() for name in targets)
    if several:
        made += [f"series_of = frame[{text(str(plan.series))}].rle_id().to_numpy()"]
    if several and plan.stride > 1:
        raise impossible(source, "windows of several series are apart by a stride", "data: {stride: 1}")
    form = STARTS if plan.stride == 1 else STRIDES.replace("{stride}", str(plan.stride))
    given = {"known": KNOWN if gaps else "", "one": ONE if several else "", "to": source.on_device}
    made += ["", "", *block(form.format(**given)), "", ""]
    made += [f"{name}_starts = starts_of({name}_rows)" for name in parts]
    sizes = ", ".join(f"len({name}_rows)" for name in parts)
    counts = tuple(len(rows) for rows in parts.values())
    made += [f"assert ({sizes}) == {counts}"]
    return Section(lines=made, imports=("import numpy as np", "import torch", "import polars as pl"))


def _parts(source: Source, parts: Mapping[str, np.ndarray]) -> list[str]:
    """Return the lines that leave the rows of each part, written as shortly as they allow."""
    plan, table, made = source.plan.forecast, source.assembly.prepared.dataset.table, list[str]()
    assert plan is not None and table.timeline is not None
    if all(_is_run(rows) for rows in parts.values()):
        made += [f"{name}_rows = np.arange({rows[0]}, {rows[-1] + 1})" for name, rows in parts.items()]
    elif plan.time is not None and all(_is_span(table.frame[plan.time], rows) for rows in parts.values()):
        made += ["", "", *block(BETWEEN.format(time=text(plan.time))), "", ""]
        for name, rows in parts.items():
            ends = [_time(source, table.frame[plan.time][int(row)]) for row in _ends(table.frame[plan.time], rows)]
            made += lines(call("rows_between", ends), f"{name}_rows = ")
    elif len(table.timeline.blocks) <= MOST:
        for name, rows in parts.items():
            found = [(start, stop) for start, stop in _runs(rows)]
            made += [
                f"{name}_rows = np.concatenate(",
                *indented(lines(literal(found), "[np.arange(*ends) for ends in ", "]")),
                ")",
            ]
    else:
        raise impossible(
            source, f"{len(table.timeline.blocks):,} series are cut each by its own rows", "name `data.time`"
        )
    return made


def _is_run(rows: np.ndarray) -> bool:
    return len(rows) > 0 and int(rows[-1] - rows[0]) == len(rows) - 1


def _runs(rows: np.ndarray) -> list[tuple[int, int]]:
    borders = np.flatnonzero(np.diff(rows) != 1) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(rows, borders)]


def _ends(time: pl.Series, rows: np.ndarray) -> tuple[int, int]:
    """Return the rows with the first and the last time of a part."""
    chosen = time.gather(rows)
    return int(rows[chosen.arg_min() or 0]), int(rows[chosen.arg_max() or 0])


def _is_span(time: pl.Series, rows: np.ndarray) -> bool:
    """Tell whether a part has all rows from its first time to its last."""
    first, last = _ends(time, rows)
    return time.is_between(time[first], time[last]).arg_true().to_list() == sorted(rows.tolist())


def _time(source: Source, value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise impossible(source, "its series are cut at times with a time zone", "write the times in UTC")
        return f'pl.lit("{value.isoformat(sep=" ")}").str.to_datetime(time_unit="us")'
    return f"pl.date({value.year}, {value.month}, {value.day})" if isinstance(value, date) else repr(value)


def write(source: Source) -> Section:
    """Return the section that leaves `windows`, `ahead`, `tensors_of` and `truth_of`."""
    plan, inputs, targets = source.plan.forecast, source.plan.inputs, source.plan.outputs.targets
    table = source.assembly.prepared.dataset.table
    assert plan is not None
    scaler = scaler_of(source)
    scaler = None if isinstance(scaler, QuantileTransformer) else scaler
    names = [column.name for column in inputs]
    columns = "TARGETS" if names == list(targets) else "COLUMNS"
    made = lines(literal(names), "COLUMNS = ") if columns == "COLUMNS" else []
    offset = any(column.offset for column in inputs)
    made += lines(literal([column.offset for column in inputs]), "OFFSETS = ") if offset else []
    made += [f"values = frame.select(pl.col({columns}).cast(pl.Float64))"]
    if any(
        table.frame[name].null_count() or table.frame[name].is_nan().any()
        for name in names
        if table.frame[name].dtype.is_numeric()
    ):
        several = table.timeline is not None and len(table.timeline.blocks) > 1
        over = ".over(pl.Series(series_of))" if several else ""
        made += [
            "known = values[train_rows].to_numpy()",
            "filled = pl.all().fill_nan(None).forward_fill().backward_fill()",
            f"values = values.select(filled{over}).to_numpy()",
        ]
        known = "known[:, k]"
    else:
        made += ["values = values.to_numpy()"]
        known = "values[train_rows, k]"
    made += _fitted(source, known, offset)
    head = f"[:, :{len(targets)}]" if len(names) > len(targets) else ""
    made += [
        "windows = series.unfold(0, WINDOW, 1).transpose(1, 2)  # views: nothing is copied",
        f"ahead = series[WINDOW:]{head}.unfold(0, HORIZON, 1).transpose(1, 2)",
    ]
    scaled = plan.units == "scaled"
    found = "(found - MEAN) / SCALE" if scaled else "found"
    made += ["", "", *block(TRUTH.format(width=len(names), scaled=", scaled" if scaled else "", found=found))]
    fit = [*block(line_of(scaler)), "", ""] if scaler is not None else []
    return Section(lines=[*fit, *made], imports=("import numpy as np", "import torch", "import polars as pl"))


def _fitted(source: Source, known: str, offset: bool) -> list[str]:
    """Return the lines that fit each column on the training rows, and leave `series`, MEAN and SCALE."""
    count, targets = len(source.plan.inputs), len(source.plan.outputs.targets)
    horizon = source.plan.forecast.horizon if source.plan.forecast else 1
    scaler = scaler_of(source)
    less, more = (" - OFFSETS[k]", "OFFSETS[k] + ") if offset else ("", "")
    one = "(values - OFFSETS)" if offset else "values"
    if scaler is None or isinstance(scaler, QuantileTransformer):
        made = [f"centre, bias = np.zeros((2, {count}), dtype=np.float32)"]
        made += ["centre -= OFFSETS", "bias += OFFSETS + centre.astype(float)"] if offset else []
        made += [f"series = torch.from_numpy({one}.astype(np.float32)){source.on_device}"]
        made += ["series = series - torch.from_numpy(centre) + torch.from_numpy(bias)"] if offset else []
        return [*made[0 if offset else 1 :], "MEAN, SCALE = 0.0, 1.0"]
    made = [
        "EPSILON = 2.0**-52",
        f"centre, scale, bias = np.zeros((3, {count}), dtype=np.float32)",
        f"MEAN, SCALE = np.zeros((2, {count}))",
        f"for k in range({count}):",
        f"    column = {known}",
        "    middle, factor, shift = line(column[np.isfinite(column)])",
        f"    centre[k], scale[k] = middle{less}, factor",
        f"    bias[k] = shift + ({more}float(centre[k]) - middle) * factor",
        "    MEAN[k], SCALE[k] = middle - shift / factor, 1 / factor",
        "centre, scale, bias = map(torch.from_numpy, (centre, scale, bias))",
        f"series = torch.from_numpy({one}.astype(np.float32))",
        f"series = ((series - centre) * scale + bias){source.on_device}"
        if source.on_device
        else "series = (series - centre) * scale + bias",
    ]
    clip = getattr(scaler, "clip", False) and getattr(scaler, "feature_range", None)
    made += [f"series = series.clamp{tuple(clip)}"] if clip else []
    chosen = f"[:{targets}]" if targets < count else ""
    return [*made, *(f"{name} = np.tile({name}{chosen}, {horizon})  # for each step" for name in ("MEAN", "SCALE"))]
