"""`modelwright schema`: the JSON Schema of descriptions."""

from __future__ import annotations

import json

from modelwright.spec.json_schema import json_schema


def schema() -> None:
    """Print it."""
    print(json.dumps(json_schema(), indent=2))
