"""The sections that score a GAN's rows: what is made, the features that are compared, and their distance."""

from __future__ import annotations

from modelwright.model.noise import PURPOSES
from modelwright.model.preprocess import Preprocess
from modelwright.model.scalers import Lines
from modelwright.plan.plan import InputPlan
from modelwright.run.gan_score import FEWEST, MOST_TEST
from modelwright.script.code import block, lines, literal, text
from modelwright.script.scoring import kept_lines, told
from modelwright.script.section import Section, Source, indented
from modelwright.ship.gan import AT_ONCE

MADE = '''
def made_rows(network, count, purpose):
    """Return rows that a generator makes, {what}."""
{copied}    with torch.inference_mode():
        parts = [network(z) for z in normal(purpose, count){cpu}.split({at_once})]
    x = torch.cat(parts).double()
{decoded}
'''
PICTURES = """    values = (x - SHIFT.cpu().double()) / SCALE.cpu().double()  # back to bytes
    return values.clamp(0, 255).numpy().round().astype(np.uint8)
"""


def write_made(source: Source) -> Section:
    """Return the section that leaves `made_rows(network, count, purpose)`: rows as users get them."""
    made, what = list[str](), "bytes [N, C, H, W]"
    if source.kind == "pixels":
        decoded = PICTURES.rstrip("\n")
    else:
        what = "in the columns of the data"
        made += _ranges(source)
        decoded = "\n".join(_decoded(source))
    given = {"what": what, "at_once": AT_ONCE, "decoded": decoded, "cpu": "", "copied": ""}
    if source.on_device:
        given |= {"cpu": ".cpu()", "copied": "    network = copy.deepcopy(network).cpu()\n"}
    return Section(lines=[*made, "", "", *block(MADE.format(**given))], imports=("import copy", "import numpy as np"))


def _numbers(source: Source) -> list[InputPlan]:
    return [column for column in source.plan.inputs if column.encoding == "number"]


def _ranges(source: Source) -> list[str]:
    """Return the lines with the range of each column of numbers in the training rows."""
    numbers = _numbers(source)
    if not numbers:
        return []
    ends = [(column.low, column.high) for column in numbers]
    known = [(-float("inf") if low is None else low, float("inf") if high is None else high) for low, high in ends]
    made = ["# made numbers stay within those of the training rows", *lines(literal(known), "RANGES = ")]
    for name, kind in (("INTEGERS", "integer"), ("TRUTHS", "boolean")):
        chosen = [column.name for column in numbers if column.kind == kind]
        made += lines(literal(chosen), f"{name} = ") if chosen else []
    decimals = {column.name: column.rounded for column in numbers if column.rounded is not None}
    return [*made, *(lines(literal(decimals), "DECIMALS = ") if decimals else [])]


def _decoded(source: Source) -> list[str]:
    """Return the lines of `made_rows` that turn numbers `x` back into columns."""
    numbers, inputs = _numbers(source), source.plan.inputs
    flags = [column.name for column in numbers if column.flag]
    made = ["    x, columns = x.numpy(), {}"]
    if numbers:
        made += ["    for k, name in enumerate(NUMBERS):", *indented(_unscaled(source), 2)]
        offset = " + OFFSETS[k]" if any(column.offset for column in numbers) else ""
        made += [f"        columns[name] = (values{offset}).clip(*RANGES[k])"]
        if any(column.rounded is not None for column in numbers):
            made += ["        if name in DECIMALS:"]
            made += ["            columns[name] = columns[name].round(DECIMALS[name])"]
    for at, name in enumerate(flags, len(numbers)):
        made += [f"    columns[{text(name)}][x[:, {at}] > 0.5] = np.nan  # flagged as missing"]
    made += [
        "    frame = pl.DataFrame(",
        "        {k: pl.Series(values, nan_to_null=True) for k, values in columns.items()}",
        "    )",
    ]
    for kind, how in (("integer", "pl.col(INTEGERS).cast(pl.Int64)"), ("boolean", "pl.col(TRUTHS) > 0.5")):
        if any(column.kind == kind for column in numbers):
            made += [f"    frame = frame.with_columns({how})"]
    coded = [column for column in inputs if column.encoding == "one_hot"]
    if coded:
        made += [f"    at = {len(numbers) + len(flags)}", "    for name in ONE_HOT:"]
        made += ["        place = x[:, at : at + len(categories[name])].argmax(1)"]
        made += ["        known = pl.Series(categories[name])"]
        made += ["        frame = frame.with_columns(known.gather(place).alias(name))"]
        made += ["        at += len(categories[name])"]
    return [*made, "    return frame"]


def _unscaled(source: Source) -> list[str]:
    """Return the lines that leave `values`, one column in its own units."""
    preprocess = source.assembly.model.preprocess
    assert isinstance(preprocess, Preprocess)
    if isinstance(preprocess.scale, Lines):
        return ["values = (x[:, k] - float(bias[k])) / float(scale[k]) + float(centre[k])"]
    scaled = preprocess.scale.scaled.tolist()
    share = "torch.special.ndtr(torch.from_numpy(values)).numpy()" if preprocess.scale.normal else "values"
    inner = [
        "low, high = quantiles.low[k].double(), quantiles.high[k].double()",
        f"share = {share}",
        "below = quantiles.below.double().numpy()",
        "values = np.interp(share, below, (high + low).numpy())",
    ]
    chosen = [k for k, one in enumerate(scaled) if one]
    if len(chosen) < len(scaled):
        inner = [f"if k in {chosen}:  # not those of yes and no", *(f"    {line}" for line in inner)]
    return ["values = x[:, k]", *inner]


def write_end(source: Source) -> Section:
    """Return the section that scores what the kept generator makes, and saves it."""
    plan = source.plan
    name = next(
        n for n, rows in zip(("test", "validation", "train"), (*plan.split.rows[:0:-1], 1), strict=True) if rows
    )
    known = "pictures[{}]" if source.kind == "pixels" else "frame[{}]"
    made = [
        f"real_rows = {known.format(f'spread({name}_rows, {MOST_TEST})')}",
        f"found = made_rows(average, max({FEWEST}, len(real_rows)), {PURPOSES['sample']})",
        f"score = {plan.metric}(features(real_rows), features(found))",
        *told(f'f"{plan.metric} {{score:.6g}} on {{len(real_rows)}} {name} rows"'),
        "kept = {name: value.cpu().numpy() for name, value in average.state_dict().items()}",
        *kept_lines(source),
    ]
    return Section(lines=made, imports=("import json", "import numpy as np", "from pathlib import Path"))
