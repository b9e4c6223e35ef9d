"""Answer raw rows with an exported model: ONNX Runtime and NumPy, without modelwright.

    python use_onnx.py model.onnx rows.json

`rows.json` holds a list of objects, one a row: numbers, words, dates as ISO text; what is left out is missing.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime


def column(values: list[Any], described: dict[str, Any]) -> np.ndarray:
    """Return the values of one column as the model takes them."""
    if described["type"] == "string":
        return np.array([described["missing"] if value is None else str(value) for value in values], dtype=object)
    if "unit" in described:  # a date: seconds since 1970, on the clock it was written by
        values = [None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC) for value in values]
        values = [None if value is None else value.timestamp() for value in values]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def main() -> None:
    """Print an answer a row: the prediction, then the probabilities."""
    model, rows = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(model)
    about = json.loads(session.get_modelmeta().custom_metadata_map["modelwright"])
    feed = {each["name"]: column([row.get(each["name"]) for row in rows], each) for each in about["inputs"]}
    found = dict(zip((one.name for one in session.get_outputs()), session.run(None, feed), strict=True))
    for number in range(len(rows)):
        print(*(f"{text(values[number])}" for values in found.values()))


def text(value: Any) -> str:
    """Return one answer as text."""
    if isinstance(value, np.ndarray):
        return "  ".join(text(one) for one in value)
    return f"{value:<10}" if isinstance(value, str) else f"{value:.4f}"


if __name__ == "__main__":
    main()
