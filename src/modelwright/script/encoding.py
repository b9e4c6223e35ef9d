"""The section that turns columns into numbers: formulas and what they learn from the training rows."""

from __future__ import annotations

from modelwright.data.arrays import PERIODS, number_columns
from modelwright.plan.plan import CYCLES, InputPlan
from modelwright.script.code import WIDTH, Group, block, lines, literal
from modelwright.script.scaling import fit_lines, scale_imports, scaled_by
from modelwright.script.section import Section, Source

FREQUENT = '''
def frequent(column):
    """List the categories, most frequent first; one that occurs once counts as unseen."""
    counts = column.alias("value").value_counts(name="rows")
    order = counts.sort(["rows", "value"], descending=[True, False], nulls_last=True)
    return order.filter(pl.col("rows") > 1)["value"].to_list()
'''
WAVE = '''
def wave(values, first, period):
    """Return a cycle as sine and cosine, so that its end lies beside its start."""
    angles = np.arange(period) * (2 * np.pi / period)
    at = (values - first).fill_null(period).to_numpy()
    cycle = np.array([[*np.sin(angles), np.nan], [*np.cos(angles), np.nan]])
    return list(cycle.astype(np.float32)[:, at])
'''


def write(source: Source) -> Section:
    """Return the section that leaves `encode(part)`: what the model takes of some rows of the table."""
    inputs = source.plan.inputs
    body = block(
        _columns(inputs),
        *((("", ""), WAVE) if any(part in CYCLES for _, part in number_columns(inputs)) else ()),
        *((("", ""), _numbers(inputs)) if number_columns(inputs) else ()),
        *((("", ""), FREQUENT) if _coded(inputs) else ()),
        *fit_lines(source),
        *(("", "", *_categories(inputs)) if _coded(inputs) else ()),
        ("", ""),
        _encode(source),
    )
    imports = ("import numpy as np", "import torch", "import polars as pl", *scale_imports(source))
    return Section(lines=body, imports=imports)


def _coded(inputs: tuple[InputPlan, ...]) -> list[InputPlan]:
    return [column for column in inputs if column.encoding in ("one_hot", "embedding")]


def _columns(inputs: tuple[InputPlan, ...]) -> list[str]:
    """Return the names of the columns by what becomes of them."""
    made: list[str] = []
    numbers = [column for column in inputs if column.encoding == "number"]
    if numbers:
        made += lines(literal([column.name for column in numbers]), "NUMBERS = ")
    if any(column.offset for column in numbers):
        made.append("# float32 cannot tell these numbers apart, so this is taken off before")
        made += lines(literal([column.offset for column in numbers]), "OFFSETS = ")
    dates = [(column.name, part) for column in inputs if column.encoding == "date" for part in column.dates]
    if dates:
        made += lines(literal(dates), "DATES = ")
        cycles = {part: PERIODS[part] for _, part in dates if part in CYCLES}
        made += lines(literal(cycles), "CYCLES = ") if cycles else []
    for name, encoding in (("ONE_HOT", "one_hot"), ("EMBEDDED", "embedding")):
        chosen = [column.name for column in inputs if column.encoding == encoding]
        made += lines(literal(chosen), f"{name} = ") if chosen else []
    flagged = _flagged(inputs)
    if flagged:
        flags = lines(literal(flagged), "FLAGGED = ")
        note = "  # of NUMBERS: gaps in training rows, so flagged"
        made += [flags[0] + note] if len(flags) == 1 and len(flags[0] + note) <= WIDTH else ["#" + note[3:], *flags]
    return made


def _flagged(inputs: tuple[InputPlan, ...]) -> list[int]:
    """Return the places among the numbers of the columns that get a flag of missing values."""
    first: dict[str, int] = {}
    for place, (column, _) in enumerate(number_columns(inputs)):
        if column.flag:
            first.setdefault(column.name, place)
    return list(first.values())


def _numbers(inputs: tuple[InputPlan, ...]) -> list[str]:
    """Return the function that makes float32 numbers of the columns."""
    count = len(number_columns(inputs))
    numbers = [column for column in inputs if column.encoding == "number"]
    dated = len(numbers) < len({column.name for column, _ in number_columns(inputs)})
    offset = " - OFFSETS" if any(column.offset for column in numbers) else ""
    made = [
        "def numbers_of(part):",
        f'    """Return the numbers of some rows, float32 [N, {count}], NaN where missing."""',
    ]
    if numbers:
        made.append(f"    values = part.select(pl.col(NUMBERS).cast(pl.Float64)).to_numpy(){offset}")
        made.append("    values = values.clip(-1e37, 1e37).astype(np.float32)")
    if not dated:
        return [*made[:-1], "    return values.clip(-1e37, 1e37).astype(np.float32)"]
    made.append("    columns = list(values.T)" if numbers else "    columns = []")
    plain = "[value.cast(pl.Float32).to_numpy()]"
    parts = {part for column in inputs for part in column.dates}
    made += ["    for column, name in DATES:", "        value = getattr(part[column].dt, name)()"]
    if not parts & set(CYCLES):
        made.append(f"        columns += {plain}")
    elif parts <= set(CYCLES):
        made.append("        columns += wave(value, *CYCLES[name])")
    else:
        made += [
            "        if name in CYCLES:",
            "            columns += wave(value, *CYCLES[name])",
            "        else:",
            "            columns.append(value.cast(pl.Float32).to_numpy())",
        ]
    return [*made, "    return np.stack(columns, axis=1)"]


def _categories(inputs: tuple[InputPlan, ...]) -> list[str]:
    names = [
        name
        for name, kind in (("ONE_HOT", "one_hot"), ("EMBEDDED", "embedding"))
        if any(c.encoding == kind for c in inputs)
    ]
    both = names[0] if len(names) == 1 else "ONE_HOT + EMBEDDED"
    return [f"categories = {{name: frequent(frame[train_rows][name]) for name in {both}}}"]


def _encode(source: Source) -> list[str]:
    """Return the function that makes the model's inputs of some rows."""
    inputs = source.plan.inputs
    numbers, coded = number_columns(inputs), _coded(inputs)
    width = source.plan.width - sum(column.dim for column in inputs if column.encoding == "embedding")
    said = f"x float32 [N, {width}]" + (", and codes of embedded categories int64" if source.embedded else "")
    made = ["def encode(part):", f'    """Return what the model takes of some rows: {said}."""']
    pieces: list[str] = []
    if numbers:
        made += [
            "    numbers = torch.from_numpy(numbers_of(part))",
            "    missing = numbers.isnan()",
            *scaled_by(source),
        ]
        pieces.append("torch.where(missing, fill, scaled)")
        pieces += ["missing[:, FLAGGED]"] if _flagged(inputs) else []
    made += lines(Group("[", tuple(pieces), "]"), "    columns = ") if pieces else ["    columns = []"]
    if any(column.encoding == "one_hot" for column in coded):
        made += [
            "    for name in ONE_HOT:",
            "        found = [part[name].eq_missing(one).to_numpy() for one in categories[name]]",
            "        columns.append(torch.from_numpy(np.stack(found, axis=1)))",
        ]
    joined = "torch.cat([column.float() for column in columns], dim=1)"
    if not source.embedded:
        return [*made, f"    return {joined}{source.on_device}"]
    made.append(f"    x = {joined}")
    return [
        *made,
        "    codes = []",
        "    for name in EMBEDDED:  # 0: a category that the training rows do not have",
        "        known = categories[name]",
        "        place = pl.Series(range(1, len(known) + 1), dtype=pl.Int64)",
        "        code = part[name].replace_strict(known, place, default=0)",
        "        codes.append(torch.from_numpy(code.to_numpy(writable=True)))",
        f"    return x{source.on_device}, torch.stack(codes, dim=1){source.on_device}",
    ]
