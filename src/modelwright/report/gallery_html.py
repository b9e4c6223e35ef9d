"""Walls of small pictures, and texts with marked words, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.report.markup import marked, text

DATA = "data:image/png;base64,"
PAIR = 2  # pictures of a row: rows of so few stand beside one another
NAMES = {-3: "down-3", -2: "down-2", -1: "down-1", 0: "", 1: "up-1", 2: "up-2", 3: "up-3"}


def wall(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of pictures, each under its label. ValueError for a picture that is not part of the page itself."""
    pairs = " pairs" if len(rows) > 1 and all(len(row["pictures"]) <= PAIR for row in rows) else ""
    return f'<div class="wall{pairs}">{"".join(_row(row) for row in rows)}</div>'


def _row(row: Mapping[str, Any]) -> str:
    label = str(row["label"])
    pictures = row["pictures"]
    shown = "".join(_picture(picture, int(row["width"])) for picture in pictures)
    head = f"<h4>{marked(label)}</h4>" if label else ""
    if any(picture["alt"] for picture in pictures):
        return f'<div class="shelf">{head}<ul>{shown}</ul></div>'
    said = text(str(row.get("said") or label))
    return f'<div class="shelf">{head}<div class="strip" role="img" aria-label="{said}">{shown}</div></div>'


def _picture(picture: Mapping[str, Any], width: int) -> str:
    source, alt = str(picture["source"]), str(picture["alt"])
    if not source.startswith(DATA):
        raise ValueError("a picture of a report is a PNG within the page")
    said = f' title="{text(alt)}"' if alt else ""
    image = f'<img src="{text(source)}" alt="{text(alt)}"{said} width="{width}">'
    if not alt:
        return image
    caption = str(picture.get("caption", "")).strip()
    return f"<li>{image}{f'<span>{marked(caption)}</span>' if caption else ''}</li>"


def passages(found: Sequence[Mapping[str, Any]], legend: Sequence[Sequence[Any]]) -> str:
    """Return texts whose tokens have a background by their mark, and a sign for those who do not see it."""
    swatches = "".join(f'<li><mark class="{NAMES[int(mark)]}">{text(name)}</mark></li>' for name, mark in legend)
    keys = f'<ul class="legend">{swatches}</ul>' if legend else ""
    return keys + "".join(_passage(one) for one in found)


def _passage(one: Mapping[str, Any]) -> str:
    words: list[str] = []
    for token, mark in zip(one["tokens"], one["marks"], strict=True):
        name = NAMES[max(-3, min(3, int(mark)))]
        words.append(f'<mark class="{name}">{text(str(token))}</mark>' if name else text(str(token)))
    return f'<div class="passage"><h4>{marked(str(one["label"]))}</h4><p>{" ".join(words)}</p></div>'
