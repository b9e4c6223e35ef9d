"""How numbers are imputed and scaled: scikit-learn's formulas, in float64 when they are fitted, in float32 after."""

from __future__ import annotations

from typing import Any, cast

from modelwright.data.arrays import number_columns
from modelwright.model import quantiles
from modelwright.model.imputation import SimpleImputer
from modelwright.model.quantiles import QuantileTransformer
from modelwright.model.scalers import MinMaxScaler, RobustScaler, Scaler, StandardScaler, make_scaler
from modelwright.plan.plan import CYCLES
from modelwright.script.code import flat, literal
from modelwright.script.section import Source
from modelwright.script.shown import shown
from modelwright.spec.call import parse
from modelwright.spec.names import bind

STANDARD = '''
def line(known):
    """Return centre, scale and bias of scikit-learn's StandardScaler."""
    mean = float(known.mean())
    away = known - mean
    squares, sum_ = float(away @ away), float(away.sum())
    variance = (squares - sum_**2 / len(known)) / len(known)
    error = len(known) * EPSILON * variance + (len(known) * mean * EPSILON) ** 2
    return {centre}, {scale}, 0.0
'''
MIN_MAX = '''
def line(known):
    """Return centre, scale and bias of scikit-learn's MinMaxScaler."""
    span = float(known.max() - known.min())
    scale = {width} / (span if span >= 10 * EPSILON else 1.0)
    return float(known.min()), scale, {low}
'''
ROBUST = '''
def line(known):
    """Return centre, scale and bias of scikit-learn's RobustScaler."""
    low, high = np.percentile(known, {ends})
    spread = float(high - low)
    spread = spread if spread >= 10 * EPSILON else 1.0
{unit}    return {centre}, 1 / spread, 0.0
'''
UNIT = """    ends = torch.tensor({ends}, dtype=torch.float64) / 100
    spread /= float(torch.special.ndtri(ends).diff())
"""
CENTRED = '''
def line(known):
    """Return centre, scale and bias of scikit-learn's RobustScaler, which only centres."""
    return {centre}, 1.0, 0.0
'''
MOST_FREQUENT = '''
def most_frequent(known):
    """Return the value that occurs most, the smallest of several."""
    values, counts = np.unique(known, return_counts=True)
    return float(values[np.argmax(counts)])
'''


def has_lines(source: Source) -> bool:
    """Whether numbers are scaled by one straight line a column."""
    return not isinstance(scaler_of(source), QuantileTransformer)


def scaler_of(source: Source) -> Scaler | None:
    """Return the scaler with its arguments, None where numbers stay as they are."""
    if source.plan.scale == "none":
        return None
    call = parse(source.plan.scale)
    return make_scaler(call.name, cast(dict[str, Any], bind("scaler", call)))


def scale_imports(source: Source) -> tuple[str, ...]:
    """Return what the formulas import beside NumPy and torch."""
    if has_lines(source) or not number_columns(source.plan.inputs):
        return ()
    return (
        "from torch import Tensor, nn",
        "from dataclasses import dataclass, field",
        "from typing import Any, Literal",
    )


def fit_lines(source: Source) -> list[list[str] | tuple[str, ...] | str]:
    """Return pieces that leave what `encode` needs: centre, scale, bias (or quantiles) and fill of each number."""
    columns = number_columns(source.plan.inputs)
    if not columns:
        return []
    scaler = scaler_of(source)
    if isinstance(scaler, QuantileTransformer):
        return _quantile_pieces(source, scaler)
    pieces: list[list[str] | tuple[str, ...] | str] = []
    if scaler is not None:
        pieces += [("", ""), line_of(scaler)]
    if _imputer(source).strategy == "most_frequent":
        pieces += [("", ""), MOST_FREQUENT]
    return [*pieces, ("", ""), _fit(source, scaler)]


def line_of(scaler: Scaler) -> str:
    """Return the function that fits one straight line, as a scaler does."""
    match scaler:
        case StandardScaler():
            scale = "1 / variance**0.5 if variance > error else 1.0" if scaler.with_std else "1.0"
            return STANDARD.format(centre="mean" if scaler.with_mean else "0.0", scale=scale)
        case MinMaxScaler():
            low, high = scaler.feature_range
            return MIN_MAX.format(width=high - low, low=low)
        case RobustScaler():
            ends = flat(literal(tuple(scaler.quantile_range)))
            centre = "float(np.median(known))" if scaler.with_centering else "0.0"
            if not scaler.with_scaling:
                return CENTRED.format(centre=centre)
            unit = UNIT.format(ends=ends) if scaler.unit_variance else ""
            return ROBUST.format(ends=ends, unit=unit, centre=centre)
        case QuantileTransformer():
            raise TypeError("quantiles are no line")


def _imputer(source: Source) -> SimpleImputer:
    return SimpleImputer(**cast(dict[str, Any], bind("imputer", parse(source.plan.impute))))


def _fill(source: Source) -> str:
    imputer = _imputer(source)
    match imputer.strategy:
        case "mean":
            return "known.mean()"
        case "median":
            return "np.median(known)"
        case "most_frequent":
            return "most_frequent(known)"
        case "constant":
            return repr(float(imputer.fill_value or 0))


def _fit(source: Source, scaler: Scaler | None) -> list[str]:
    """Return the loop over the columns of numbers."""
    columns = number_columns(source.plan.inputs)
    offset = any(column.offset for column, _ in columns)
    cycles = [k for k, (_, part) in enumerate(columns) if part in CYCLES]
    made = ["EPSILON = 2.0**-52"] if scaler is not None else []
    made += [f"centre, scale, bias, fill = np.zeros((4, {len(columns)}), dtype=np.float32)"]
    if scaler is None or len(_scaled(source)) < len(columns):
        made += ["scale += 1"]
    made += ["for k, column in enumerate(numbers_of(frame[train_rows]).T):"]
    if cycles:
        made += [f"    if k in {flat(literal(cycles))}:  # sine or cosine", "        continue"]
    if offset:
        padding = len(columns) - sum(column.encoding == "number" for column, _ in columns)
        made.append(f"    offset = (OFFSETS + [0.0] * {padding})[k]" if padding else "    offset = OFFSETS[k]")
    made.append(f"    known = column[~np.isnan(column)].astype(np.float64){' + offset' if offset else ''}")
    made += _line_of_column(source, scaler, cycles, offset=offset)
    made.append(f"    fill[k] = {_fill(source)}{' - offset' if offset else ''}")
    made.append("fill = ((fill - centre) * scale + bias).clip(-1e30, 1e30)")
    return [*made, *_as_tensors(source, scaler)]


def _scaled(source: Source) -> list[int]:
    """Return the places of the numbers that are scaled: neither yes and no, nor sine and cosine."""
    columns = enumerate(number_columns(source.plan.inputs))
    return [k for k, (column, part) in columns if part not in CYCLES and column.kind != "boolean"]


def _line_of_column(source: Source, scaler: Scaler | None, cycles: list[int], *, offset: bool) -> list[str]:
    if scaler is None:
        return ["    centre[k] = -offset", "    bias[k] = offset + float(centre[k])"] if offset else []
    less, more = (" - offset", "offset + ") if offset else ("", "")
    inner = [
        "middle, factor, shift = line(known)",
        f"centre[k], scale[k] = middle{less}, factor",
        f"bias[k] = shift + ({more}float(centre[k]) - middle) * factor",
    ]
    scaled = _scaled(source)
    if len(scaled) == len(number_columns(source.plan.inputs)) - len(cycles):
        return [f"    {one}" for one in inner]
    return [f"    if k in {flat(literal(scaled))}:  # not those of yes and no", *(f"        {one}" for one in inner)]


def _as_tensors(source: Source, scaler: Scaler | None) -> list[str]:
    clip, names = _clip(scaler), "centre, scale, bias, fill"
    if not clip:
        return [f"{names} = map(torch.from_numpy, ({names}))"]
    return [
        f"clipped = np.isin(np.arange({len(number_columns(source.plan.inputs))}), {flat(literal(_scaled(source)))})",
        f"fill = np.where(clipped, fill.clip{clip}, fill)",
        f"fitted = map(torch.from_numpy, ({names}, clipped))",
        f"{names}, clipped = fitted",
    ]


def _clip(scaler: Scaler | None) -> str:
    clipped = isinstance(scaler, MinMaxScaler) and scaler.clip
    return flat(literal(tuple(scaler.feature_range))) if clipped and isinstance(scaler, MinMaxScaler) else ""


def scaled_by(source: Source) -> list[str]:
    """Return the lines of `encode` that scale `numbers`."""
    scaler = scaler_of(source)
    if isinstance(scaler, QuantileTransformer):
        return ["    scaled = quantiles(numbers)"]
    made = ["    scaled = ((numbers - centre) * scale + bias).clamp(-1e30, 1e30)"]
    clip = _clip(scaler)
    return [*made, f"    scaled = torch.where(clipped, scaled.clamp{clip}, scaled)"] if clip else made


def _quantile_pieces(source: Source, scaler: QuantileTransformer) -> list[list[str] | tuple[str, ...] | str]:
    """Return the classes of the transformer as they are, and the loop that fits them."""
    columns = number_columns(source.plan.inputs)
    cycles = [k for k, (_, part) in enumerate(columns) if part in CYCLES]
    offset = any(column.offset for column, _ in columns)
    padding = len(columns) - sum(column.encoding == "number" for column, _ in columns)
    of = f"(OFFSETS + [0.0] * {padding})[k]" if offset and padding else "OFFSETS[k]" if offset else "0.0"
    given = ", ".join(
        f"{name}={value!r}".replace("'", '"') for name, value in bind("scaler", parse(source.plan.scale)).items()
    )
    del scaler
    made = [
        f"settings = QuantileTransformer({given})",
        f"quantiles = Quantiles({len(columns)}, settings)",
        f"fill = torch.zeros({len(columns)})",
        "for k, column in enumerate(numbers_of(frame[train_rows]).T):",
        *((f"    if k in {flat(literal(cycles))}:  # sine or cosine", "        continue") if cycles else ()),
        f"    offset = {of}",
        "    values = column.astype(np.float64) + offset",
        "    known = values[~np.isnan(values)]",
        f"    if k in {flat(literal(_scaled(source)))}:",
        "        quantiles.set(k, settings.fit(values), offset)",
        f"    row = torch.zeros(1, {len(columns)})",
        f"    row[0, k] = float({_fill(source)} - offset)",
        "    fill[k] = quantiles(row)[0, k]",
    ]
    pieces: list[list[str] | tuple[str, ...] | str] = [("", f"BOUND = {quantiles.BOUND}", "", "")]
    pieces += [shown((quantiles.QuantileTransformer, quantiles.Quantiles, quantiles.normal_quantile)), ("", "")]
    if _imputer(source).strategy == "most_frequent":
        pieces += [MOST_FREQUENT, ("", "")]
    return [*pieces, made]
