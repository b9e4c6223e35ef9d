"""Numbers that are kept as text, or several spellings of a missing value.

## What it does
Looks in columns of text and categories for values that are numbers but for a few words (`12.5`, `7.1`, `n.d.`), for
numbers with thousands separators, decimal commas, currencies or percent signs, and for spellings of a missing value
(`-`, `n/a`, `null`, `#N/A` …) that stand among the categories.
A negative number such as -999 that is the only one below 0 of an input, in several rows and three times farther from
the next number than these usually are from one another, stands for a missing value. Two or three units in one column
are told where they measure the same (`kg` and `g`).

## Why it matters
A number read as a category has no order: 9 and 10 are as unlike as 9 and 900, and values not seen in training mean
nothing. A missing value read as a category hides that it is missing, and hides it differently in the next file.

## Example
`income` is `"1,200"`, `"950"`, `"unknown"`.

## Fix
Say which words mean missing, or that the column really is a category:
```yaml
data:
  missing: [unknown]
  # or: columns: {income: category}
```

## Source
deepchecks; dslinter. Warning from 90 % numbers on with at most 5 distinct words among them; kinds that you give are
not questioned, nor are columns of whole numbers that were read as codes.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.measure import spread
from modelwright.data.columns import Column
from modelwright.diagnostic import Diagnostic

CODE = "D104"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table",)

MOSTLY = 0.9
LOOK = 500
WORDS = 5
SPELLINGS = frozenset(
    [
        "?",
        "-",
        "--",
        "---",
        ".",
        "n/a",
        "na",
        "nan",
        "null",
        "nil",
        "#n/a",
        "#na",
        "n.a.",
        "n.d.",
        "n/d",
        "nd",
        "tbd",
        "missing",
        "#value!",
        "#ref!",
        "#div/0!",
        "<na>",
        "(null)",
    ]
)
SPELLED = sorted(SPELLINGS)
PLAIN = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
DRESSED = (
    r"^\s*[-+]?\s*[$€£¥]?\s*[-+]?"
    r"(\d{1,3}([,' ]\d{3})+(\.\d+)?|\d{1,3}(\.\d{3})+,\d+|\d+,\d+|\d+(\.\d+)?)"
    r"\s*[$€£¥%]?\s*$"
)


UNIT = r"^\s*[-+]?(?:\d{1,9}|\d{1,3}(?:[,' ]\d{3})+)(?:[.,]\d+)?\s*([A-Za-zµ°²³/%]{1,6})\s*$"
NO_UNIT = r"^((?i:st|nd|rd|th)|[ABDEHIO-UXYZ])$"  # 24th, 100R, 1A: ordinals and codes
MEASURED = 20  # distinct numbers from which one and the same word behind them is a unit
UNITS, EACH = 3, 5  # units that are mixed in one column, and distinct numbers with each of them
ALIKE = tuple(
    frozenset(units.split())
    for units in (
        "kg g mg lb lbs oz t",
        "mm cm m km in ft yd mi",
        "ms s sec min mins h hr hrs hours days",
        "B KB MB GB TB kB",
        "ml cl dl l L",
        "°C °F",
        "Hz kHz MHz GHz",
        "W kW MW hp",
    )
)
"""Units of one kind: others, such as AM and PM, are two halves of a code."""
NONE = (*SPELLED, "none", "unknown")  # what may stand among numbers for one that is missing
FAR = 3.0  # times the usual step between numbers
MARKS = (-9.0, -99.0, -999.0, -9999.0, -99999.0)
"""Negative numbers that stand for a missing value where all others are none."""


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each column of numbers in disguise and each with hidden missing values."""
    assert facts.table is not None
    forced = facts.description.spec.data.columns if facts.description is not None else {}
    frame, columns = facts.table.frame, facts.table.columns
    words = [c for c in columns if frame[c.name].dtype == pl.String and c.name not in forced and c.unique > 1]
    values = {column.name: _distinct(facts, column) for column in words}
    few = [column.name for column in words if len(values[column.name]) <= LOOK]
    marked = _any_marked({name: values[name] for name in few})  # one look at all of them
    yield from _marks(facts)
    for column in words:
        if not (column.name in marked if column.name in few else _suspect(values[column.name])):
            continue
        counts = facts.sample(column.name).drop_nulls().value_counts(name="rows").rename({column.name: "value"})
        finding = _numbers(facts, column.name, counts) or _missing(facts, column.name, counts)
        if finding is not None:
            yield finding


def _distinct(facts: Facts, column: Column) -> pl.Series:
    """Return the values of a column: those of the plan where it knows all of them, else those of the sampled rows."""
    planned = next((each.categories for each in facts.inputs or () if each.name == column.name), ())
    known = [value for value in planned if value is not None]
    if len(known) == column.unique:
        return pl.Series("", known)
    return facts.sample(column.name).unique().alias("")


def _any_marked(values: dict[str, pl.Series]) -> set[str]:
    """Return the columns with a number in some dress or a spelling of a missing value: all that most are asked."""
    found: set[str] = set()
    at, marks = 0, _marked(pl.concat(list(values.values()))).to_numpy() if values else None
    for name, each in values.items():
        if marks is not None and marks[at : at + len(each)].any():
            found.add(name)
        at += len(each)
    return found


def _suspect(distinct: pl.Series) -> bool:
    """Say whether many values may be numbers, or whether a spelling of a missing one is among them."""
    if distinct.str.strip_chars().str.to_lowercase().is_in(SPELLED).any():
        return True
    return float(_marked(distinct.gather(spread(len(distinct), LOOK))).to_numpy().mean()) >= MOSTLY / 2


def _marked(values: pl.Series) -> pl.Series:
    """Return for each value whether it is a number in some dress, or a spelling of a missing one."""
    numbers = values.str.contains(PLAIN) | values.str.contains(DRESSED) | values.str.contains(UNIT)
    return (numbers | values.str.strip_chars().str.to_lowercase().is_in(SPELLED)).fill_null(False)


def _numbers(facts: Facts, name: str, counts: pl.DataFrame) -> Diagnostic | None:
    if (units := _units(counts)) is not None:
        return _of_unit(facts, name, *units)
    plain = counts["value"].str.contains(PLAIN)
    dressed = counts["value"].str.contains(DRESSED)
    numbers, others = counts.filter(plain | dressed), counts.filter(~(plain | dressed))
    none = others["value"].str.strip_chars().str.to_lowercase().is_in(NONE)
    words = others["value"].sort().to_list()
    share = int(numbers["rows"].sum()) / max(1, int(counts["rows"].sum()) - int(others.filter(none)["rows"].sum()))
    codes = not words and bool(plain.all()) and bool(counts["value"].str.contains(r"^\s*[-+]?\d+\s*$").all())
    if share < MOSTLY or int((~none).sum()) > WORDS or codes or (not words and bool(plain.all())) or numbers.height < 5:
        return None
    shown = ", ".join(f"`{word}`" for word in words)
    odd = counts.filter(dressed & ~plain)["value"].sort().to_list()
    spelt = f"{shown} among the numbers" if words else f"spellings like {', '.join(f'`{v}`' for v in odd[:3])}"
    return Diagnostic(
        code=CODE,
        severity="warning",
        message=f"column `{name}` holds numbers but was read as text: {spelt}",
        where=facts.column_place(name),
        expected="numbers alone, with a point before decimals",
        received=f"{share:.1%} of the values are numbers",
        help=f"data: {{missing: [{', '.join(repr(word) for word in words)}]}}"
        if words and not odd
        else "write the numbers plainly: 1200.5",
    )


def _units(counts: pl.DataFrame) -> tuple[list[str], float] | None:
    """Return the unit, or the few units, behind most values, and behind what share of them; None without one."""
    units = counts.with_columns(unit=pl.col("value").str.extract(UNIT)).drop_nulls()
    units = units.filter(~pl.col("unit").str.contains(NO_UNIT))
    each = units.group_by("unit").agg(pl.len(), pl.col("rows").sum()).filter(pl.col("len") >= EACH)
    best = each.sort("rows", descending=True).head(UNITS)
    if not any(set(best["unit"]) <= units for units in ALIKE):
        best = best.head(1)
    share = int(best["rows"].sum()) / int(counts["rows"].sum()) if best.height else 0.0
    measured = share >= MOSTLY and int(best["len"].sum()) >= MEASURED
    return (best["unit"].to_list(), share) if measured else None


def _of_unit(facts: Facts, name: str, units: list[str], share: float) -> Diagnostic:
    shown, mixed = " and ".join(f"`{unit}`" for unit in units), len(units) > 1
    behind = f"{shown} stand{'' if mixed else 's'} behind them"
    return Diagnostic(
        code=CODE,
        severity="warning",
        message=f"column `{name}` holds numbers but was read as text: {behind}",
        where=facts.column_place(name),
        expected="numbers alone, with a point before decimals; the unit belongs into the name of the column",
        received=f"{share:.1%} of the values are numbers with {shown}",
        help="write the numbers plainly: 1200.5" + (", all of them in one unit" if mixed else ""),
    )


def _marks(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each input whose only negative number is one that people write for a missing value."""
    assert facts.table is not None
    for name in facts.input_names:
        low = facts.table.column(name).low
        if low not in MARKS:
            continue
        values = facts.table.frame[name]
        others, count = values.filter(values != low), int((values == low).sum())
        end = others.min()
        if count < 2 or not isinstance(end, int | float) or end < 0 or not _apart(low, others):
            continue
        yield Diagnostic(
            code=CODE,
            severity="warning",
            message=f"column `{name}` has {low:g} in {count:,} rows: it seems to stand for a missing value",
            where=facts.column_place(name),
            expected="a missing value to be marked as missing",
            received=f"{low:g} beside numbers from {end:g} on, and no other below 0",
            help=f"data: {{missing: ['{low:g}']}}",
        )


def _apart(low: float, others: pl.Series) -> bool:
    """Say whether a number lies far from all others, for what lies between these, and is not their other end."""
    steps = others.unique().sort().diff().drop_nulls().cast(pl.Float64)
    usual = steps.median()
    return isinstance(usual, float) and float(others.min()) - low >= FAR * usual and others.max() != -low  # pyright: ignore


def _missing(facts: Facts, name: str, counts: pl.DataFrame) -> Diagnostic | None:
    assert facts.table is not None
    lowered = counts["value"].str.strip_chars().str.to_lowercase()
    found = counts.filter(lowered.is_in(list(SPELLINGS)))["value"].sort().to_list()
    if "+" in lowered.to_list():
        found = [word for word in found if word.strip() != "-"]
    if not found:
        return None
    mixed = len(found) > 1 or facts.table.column(name).missing > 0
    return Diagnostic(
        code=CODE,
        severity="warning" if mixed and name in (*facts.input_names, *facts.targets) else "note",
        message=f"column `{name}` has {', '.join(f'`{word}`' for word in found)} as a category",
        where=facts.column_place(name),
        expected="one spelling of a missing value" if mixed else "a missing value to be marked as missing",
        received=f"{', '.join(found)}" + (" beside values that are missing" if mixed else ""),
        help=f"data: {{missing: [{', '.join(repr(word) for word in found)}]}}",
    )
