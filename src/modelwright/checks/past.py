"""What the rules of training read: the record of each epoch, as `metrics.jsonl` keeps it."""

from __future__ import annotations

from modelwright.checks.facts import Facts


def losses(facts: Facts) -> list[float]:
    """Return the training loss of each epoch."""
    return [float(record["loss"]) for record in facts.history or ()]


def by_layer(facts: Facts, what: str) -> dict[str, list[float]]:
    """Return `gradient`, `update` or `weight` of each layer, record by record; layers in their order.

    Short epochs do not each end with a record of layers.
    """
    records = [record["layers"] for record in facts.history or () if record.get("layers")]
    if not records:
        return {}
    return {name: [float(record[name][what]) for record in records] for name in records[0]}
