"""The report of a contrastive run: the map of embeddings, and nothing about answers that it does not give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import modelwright
from contrasts import clusters, questions
from pictures import classes, folders, shades

WAYS: dict[str, dict[str, Any]] = {
    "views": {"source": clusters(120), "target": "kind", "task": "contrastive"},
    "pairs": {"source": questions(120), "contrastive": {"pairs": ["question", "answer"]}},
    "labels": {"source": clusters(120), "target": "kind", "contrastive": {"positives": "labels"}},
    "pictures": {"task": "contrastive", "model": "cnn(widths=[4])"},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_map_and_no_answers(way: str, tmp_path: Path) -> None:
    given = dict(WAYS[way])
    if way == "pictures":
        given["source"] = folders(tmp_path / "rows", shades(60), classes(60))
    settings: dict[str, Any] = {"train": {"epochs": 4}, "ignore": ["E801", "L214"], "dry_run": False, "report": True}
    run = modelwright.train(**given, **settings, runs=tmp_path / "runs", name=way)
    report = json.loads((run.path / "report.json").read_text("utf-8"))
    shown = [block for chapter in report["chapters"] for part in chapter["sections"] for block in part["blocks"]]
    blocks = {block["id"]: block for block in shown if "id" in block}
    points = blocks["map"]["plots"][0]["traces"]
    sides = 2 if way == "pairs" else 1
    assert sum(len(trace["x"]) for trace in points) == sides * run.result.rows
    assert all("row " in text for trace in points for text in trace["text"])
    assert {trace["name"] for trace in points} >= ({"question", "answer"} if way == "pairs" else set())
    bars = blocks["similarity"]["plots"][0]["traces"]
    assert [sum(bar["y"]) for bar in bars] == pytest.approx([1, 1])
    missing = {block["id"]: block["why"] for block in shown if block["kind"] == "missing"}
    assert not {name for name, why in missing.items() if "does not have it" in why or "could not be made" in why}, (
        missing
    )
    assert (run.path / "report.html").is_file()
