"""When a network reads texts, which column it reads, and the tokens that training rows teach."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from modelwright.data.columns import Column
from modelwright.data.tokens import learn
from modelwright.plan.plan import InputPlan
from modelwright.spec.call import parse
from modelwright.spec.schema import Spec

DEFAULT = "WordLevel"


def chosen(spec: Spec, columns: Sequence[Column], others: int) -> Column | None:
    """Return the column of texts that the network reads; None where it reads a table of numbers and categories.

    It reads texts where there is nothing else to read (`others` counts further usable inputs), or where the description
    asks for it: by `encode.text`, or by the kind `text` forced on a column. Of several columns it is the longest texts.
    """
    forced = [column for column in columns if spec.data.columns.get(column.name) == "text"]
    if not columns or (others and not forced and spec.encode.text == "auto"):
        return None
    return max(forced or columns, key=_length)


def why_unused(column: Column, taken: Column | None) -> str:
    """Return why a column of texts is no input."""
    if taken is not None:
        return f"the network reads the texts of `{taken.name}`: join the two columns if both are needed"
    return "text: the network takes the other columns, or texts: `encode.text=WordLevel` makes it read this column"


def plan_text(spec: Spec, column: Column, values: pl.Series) -> InputPlan:
    """Return the input that a column of texts becomes; `values` are the training rows."""
    given = spec.encode.text
    texts = values.cast(pl.String).fill_null("").to_list()
    tokens = learn(parse(DEFAULT if given == "auto" else given), texts)
    why = [column.why, f"{tokens.size - 2:,} different tokens in the training rows"]
    if tokens.truncated:
        why.append(
            f"{_percent(tokens.truncated)} of the texts are longer than {tokens.length} tokens and lose their end"
        )
    if empty := sum(not text.strip() for text in texts):
        why.append(f"{empty:,} empty texts count as one unknown token")
    return InputPlan(
        name=column.name, kind="text", encoding="tokens", why="; ".join(why), shape=(tokens.length,), tokens=tokens
    )


def _length(column: Column) -> float:
    return sum(map(len, column.examples)) / max(1, len(column.examples))


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
