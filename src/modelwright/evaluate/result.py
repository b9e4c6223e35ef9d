"""What an evaluation says: scores with intervals beside baselines, as values, as JSON and as text. No torch here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Score:
    """One score on whole rows with its 95 % interval; NaN where it is undefined, and `note` says why.

    `method` says how the interval was made. Shares lie in 0..1; errors are in the user's units.
    """

    metric: str
    value: float
    low: float
    high: float
    higher_is_better: bool
    method: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values; NaN becomes null."""
        return {
            "metric": self.metric,
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "higher_is_better": self.higher_is_better,
            "method": self.method,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Score:
        """Return the score that `to_json` wrote."""
        numbers: dict[str, Any] = {name: _or_nan(data[name]) for name in ("value", "low", "high")}
        return cls(**(data | numbers))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The score of a simple model on the same rows; `note` says what it left out, if anything.

    `low` and `high` bound the score of the trained model minus this one, compared row by row (95 %): that tells
    models apart whose own intervals overlap. NaN where they were not compared.
    """

    name: str
    metric: str
    value: float
    note: str = ""
    low: float = NAN
    high: float = NAN

    def verdict(self, higher_is_better: bool) -> str:
        """Say what the trained model is beside this one: `better`, `worse` or `not told apart`.

        >>> Baseline("linear", "accuracy", 0.85, low=0.002, high=0.008).verdict(higher_is_better=True)
        'better'
        """
        if not (self.low > 0 or self.high < 0):
            return "not told apart"
        return "better" if (self.low > 0) == higher_is_better else "worse"

    def to_json(self) -> dict[str, Any]:
        """Return the baseline as JSON values; NaN becomes null."""
        numbers = {name: _number(getattr(self, name)) for name in ("value", "low", "high")}
        return {"name": self.name, "metric": self.metric, "note": self.note, **numbers}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Baseline:
        """Return the baseline that `to_json` wrote."""
        numbers: dict[str, Any] = {name: _or_nan(data[name]) for name in ("value", "low", "high")}
        return cls(**(data | numbers))


@dataclass(frozen=True, slots=True)
class Result:
    """All scores of one part of the rows (`training`, `validation` or `test`); `score` is the one that leads.

    `steps` is the leading metric of a forecast at each step ahead.
    """

    score: Score
    scores: dict[str, Score] = field(default_factory=dict[str, Score])
    baselines: tuple[Baseline, ...] = ()
    rows: int = 0
    part: str = "test"
    steps: tuple[float, ...] = ()

    @property
    def baseline(self) -> Baseline | None:
        """The best baseline by the leading metric, None if there is none that is defined."""
        known = [b for b in self.baselines if b.metric == self.score.metric and not math.isnan(b.value)]
        return max(known, key=lambda b: b.value if self.score.higher_is_better else -b.value, default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values, without loss."""
        return {
            "score": self.score.to_json(),
            "scores": {name: score.to_json() for name, score in self.scores.items()},
            "baselines": [baseline.to_json() for baseline in self.baselines],
            "rows": self.rows,
            "part": self.part,
            **({"steps": [_number(value) for value in self.steps]} if self.steps else {}),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """Return the result that `to_json` wrote."""
        return cls(
            score=Score.from_json(data["score"]),
            scores={name: Score.from_json(score) for name, score in data["scores"].items()},
            baselines=tuple(Baseline.from_json(baseline) for baseline in data["baselines"]),
            rows=data["rows"],
            part=data["part"],
            steps=tuple(_or_nan(value) for value in data.get("steps", ())),
        )


def format_score(score: Score) -> str:
    """Return the score as text, with as many digits as its interval supports.

    >>> format_score(Score("accuracy", 0.85713, 0.85142, 0.86291, True))
    '0.857 (0.851 to 0.863)'
    >>> format_score(Score("rmse", 48713.2, 46911.0, 50702.5, False))
    '48,700 (46,900 to 50,700)'
    """
    if math.isnan(score.value):
        return "undefined"
    if math.isnan(score.low) or math.isnan(score.high):
        return format_number(score.value)
    width = score.high - score.low
    numbers = [format_number(number, width) for number in (score.value, score.low, score.high)]
    return "{} ({} to {})".format(*numbers)


def format_number(value: float, width: float = 0.0) -> str:
    """Return a number rounded to two digits of `width`, or to four significant digits where `width` is 0.

    >>> format_number(0.78123, width=0.004), format_number(0.78123), format_number(123456.0), format_number(4e-7)
    ('0.7812', '0.7812', '123,500', '4e-07')
    """
    if not math.isfinite(value):
        return "undefined" if math.isnan(value) else str(value)
    if width > 0:
        decimals = 1 - math.floor(math.log10(width))
    elif value:
        decimals = 3 - math.floor(math.log10(abs(value)))
    else:
        return "0"
    if decimals > 7:
        return f"{value:.4g}"
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return NAN if value is None else value
