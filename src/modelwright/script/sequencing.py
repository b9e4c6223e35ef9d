"""The sections of sequences: files of the UEA & UCR archive, wide and long tables; each channel scaled."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelwright.data.files import archive_parts, resolve
from modelwright.data.resample import resampled
from modelwright.data.sequences import AT_ONCE, lengths_of
from modelwright.model.scalers import MinMaxScaler, QuantileTransformer
from modelwright.script import reading
from modelwright.script.code import block, flat, lines, literal, text
from modelwright.script.reading import folder_of
from modelwright.script.scaling import line_of, scaler_of
from modelwright.script.section import Section, Source, impossible
from modelwright.script.shown import shown

READ_TS = '''
def read_ts(name):
    """Return the sequences of a file, [channels, steps] each, and what their lines end with."""
    lines = (FOLDER / name).read_text().splitlines()
    start = next(k for k, line in enumerate(lines) if line.lower().startswith("@data"))
    cells = [line.split(":") for line in lines[start + 1 :] if line.strip()]
    sequences = [[numbers(channel) for channel in one[:-1]] for one in cells]
    return sequences, [one[-1].strip() for one in cells]


def numbers(channel):
    """Return the numbers of a channel, NaN for `?`."""
    return [float(cell.replace("?", "nan")) for cell in channel.split(",")]
'''
TOGETHER = [
    "steps = max(len(channel) for one in found for channel in one)",
    "sequences = np.full((len(found), steps, len(found[0])), np.nan, dtype=np.float32)",
    "for row, one in enumerate(found):",
    "    for k, channel in enumerate(one):",
    "        sequences[row, : len(channel), k] = channel",
]
HOLES = """
# a straight line over each hole; what comes after the last step stays NaN
for row, one in enumerate(sequences):
    steps = np.flatnonzero(~np.isnan(one).all(axis=1)).max(initial=-1) + 1
    for channel in one[:steps].T:
        holes = np.isnan(channel)
        if holes.any() and not holes.all():
            at = np.flatnonzero(~holes)
            channel[holes] = np.interp(np.flatnonzero(holes), at, channel[at])
"""
LONG = """
borders = frame[{series}].rle_id().to_numpy()
starts = np.flatnonzero(np.diff(borders, prepend=-1))
lengths = np.diff([*starts, frame.height])
values = frame.select(pl.col(CHANNELS).cast(pl.Float64)).to_numpy()
sequences = np.full((len(starts), lengths.max(), len(CHANNELS)), np.nan, np.float32)
for row, (start, length) in enumerate(zip(starts, lengths)):
    sequences[row, :length] = values[start : start + length]
frame = frame[starts]
"""


def write_reading(source: Source) -> Section:
    """Return the section that leaves `sequences` float32 [N, T, C] and `frame`, a row a sequence."""
    made = dict[str, Any](source.plan.data.options.get("sequence") or {})
    form = str(made.get("form"))
    if source.request.frame is not None and not hasattr(source.request.frame, "columns"):
        raise impossible(source, "its sequences were given by a Python program", "write them to a .ts file, and train")
    if form == "ts":
        section = _ts(source)
    elif form == "wide":
        section = _wide(source, list(made["steps"]))
    else:
        section = _long(source, made)
    table = source.assembly.prepared.dataset.table
    holes = any("inside the sequences are missing" in found.message for found in table.findings)
    return Section(lines=[*section.lines, *(block(HOLES) if holes else ())], imports=section.imports)


def _ts(source: Source) -> Section:
    data, table = source.spec.data, source.assembly.prepared.dataset.table
    files = resolve(data.path, source.request.base)
    for part, path in enumerate((data.validation, data.test), 1):
        files += resolve(path, source.request.base, part=part) if path is not None else []
    files = archive_parts(files)
    paths = [(source.request.base / file.path).resolve() for file in files if file.path is not None]
    content = [path.read_text(errors="replace").lower() for path in paths]
    if len(paths) < len(files) or any(
        "@timestamps true" in one or "\n#" in one.partition("@data")[2] for one in content
    ):
        raise impossible(
            source, "its .ts files hold times or comments among the values", "write them without, and train"
        )
    base = paths[0].parent
    made = [f"FOLDER = {folder_of(source, base)}", "", "", *block(READ_TS), "", ""]
    if any(path.parent != base for path in paths):
        raise impossible(source, "its files stand in several folders", "put them into one folder")
    names = flat(literal([path.name for path in paths]))
    target = "target" if "target" in table.frame.columns else "class"
    kind = ".cast(pl.Float64)" if target == "target" else ""
    if len(paths) == 1:
        made += [f'found, last = read_ts("{paths[0].name}")']
    else:
        made += [f"parts = [read_ts(name) for name in {names}]"]
        made += [
            "found = [one for sequences, _ in parts for one in sequences]",
            "last = [one for _, lasts in parts for one in lasts]",
        ]
    made += [*TOGETHER, f'frame = pl.DataFrame({{"{target}": last}}){kind}']
    if table.parts is not None:
        made += ["# 0: training, 1: validation, 2: test"]
        made += [f"part = np.repeat({[file.part for file in files]}, [len(one) for one, _ in parts])"]
    return Section(lines=made, imports=("import numpy as np", "import polars as pl", "from pathlib import Path"))


def _wide(source: Source, steps: list[str]) -> Section:
    """Return the section of a table with a row a sequence."""
    section = reading.write(source, extra=steps)
    made = [*section.lines, *lines(literal(steps), "STEPS = ")]
    made += ["values = frame.select(pl.col(STEPS).cast(pl.Float64)).to_numpy()"]
    made += ["sequences = values.astype(np.float32)[:, :, None]"]
    return Section(lines=made, imports=(*section.imports, "import numpy as np"))


def _long(source: Source, made: dict[str, Any]) -> Section:
    """Return the section of a table with a row a step."""
    series, time, channels = str(made["series"]), made["time"], list(made["channels"])
    extra = [series, *([str(time)] if time else []), *channels]
    section = reading.write(source, extra=extra)
    keys = [text(series), *([text(str(time))] if time else [])]
    found = [*section.lines, *lines(literal(channels), "CHANNELS = ")]
    found += [f"frame = frame.sort({', '.join(keys)}, maintain_order=True)", *block(LONG.format(series=text(series)))]
    return Section(lines=found, imports=(*section.imports, "import numpy as np"))


PRESENT = '''
def present(missing):
    """Return which steps are there, bool [N, T]: all up to the last that has a value."""
    some = (~missing.all(2)).to(torch.int32)
    mask = some.flip(1).cumsum(1).flip(1) > 0
    mask[:, 0] = True  # no layer has an answer to nothing
    return mask
'''


def write(source: Source) -> Section:
    """Return the section that leaves `encode(rows)`."""
    column, scaler = source.plan.inputs[0], scaler_of(source)
    steps, channels = column.shape
    scaler = None if isinstance(scaler, QuantileTransformer) else scaler
    made = [f"sequences = sequences[:, :{steps}]"] if _longer(source) and not column.resampled else []
    if column.resampled:
        parts = ("", "", *shown([lengths_of, resampled]), "", "", f"sequences = resampled(sequences, {steps})")
        made = [*lines(literal(AT_ONCE), "AT_ONCE = "), *parts]
    fit = [] if scaler is None else [*block(line_of(scaler)), "", ""]
    made += ["", "", *fit] if made and fit else fit
    clip = scaler.feature_range if isinstance(scaler, MinMaxScaler) and scaler.clip else None
    if scaler is not None:
        made += [
            "EPSILON = 2.0**-52",
            f"centre, scale, bias = np.zeros((3, {channels}), dtype=np.float32)",
            f"for k in range({channels}):",
            "    values = sequences[train_rows, :, k].astype(np.float64)",
            "    middle, factor, shift = line(values[~np.isnan(values)])",
            "    centre[k], scale[k] = middle, factor",
            "    bias[k] = shift + (float(centre[k]) - middle) * factor",
            "centre, scale, bias = map(torch.from_numpy, (centre, scale, bias))",
        ]
    made += ["", "", *block(PRESENT)] if column.ragged else []
    said = f"x float32 [N, {steps}, {channels}]" + (" and which steps are there" if column.ragged else "")
    made += ["", "", "def encode(rows):", f'    """Return {said}."""', "    x = torch.from_numpy(sequences[rows])"]
    made += ["    missing = x.isnan()"] if _gaps(source) else []
    made += ["    x = (x - centre) * scale + bias"] if scaler is not None else []
    made += [f"    x = x.clamp{tuple(clip)}"] if clip else []
    made += ["    x = x.masked_fill(missing, 0.0)"] if _gaps(source) else []
    to = source.on_device
    made += [f"    return x{to}, present(missing){to}" if column.ragged else f"    return x{to}"]
    return Section(lines=made, imports=("import numpy as np", "import torch"))


def _longer(source: Source) -> bool:
    table = source.assembly.prepared.dataset.table
    return table.media[source.plan.inputs[0].name].shape[1] > source.plan.inputs[0].shape[0]


def _gaps(source: Source) -> bool:
    table = source.assembly.prepared.dataset.table
    return source.ragged or bool(np.isnan(table.media[source.plan.inputs[0].name]).any())
