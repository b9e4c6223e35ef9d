"""`train.epochs=5` and `optimizer=SGD(lr=0.1)`: put into a description, then checked like the file."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec import keys, words
from modelwright.spec.choices import CHOICES, PLAYERS, TWO
from modelwright.spec.document import Document, Origin, parse
from modelwright.spec.near import near

MAPPINGS = ("data.columns", "data.replace", "train.class_weight")
"""Keys whose parts are the user's own names: `data.columns.zip=category`."""
_CALLS = frozenset(choice.key for choice in CHOICES)
_ITEM = re.compile(r"model\[(\d+)\]")


def apply(document: Document, overrides: Sequence[str]) -> Document:
    """Return the description with each `key=value` put in; what is wrong with one is added to the problems."""
    if not overrides:
        return document
    changed = copy.deepcopy(document)
    files = [text for text in overrides if "=" not in text and Path(text).is_file()]
    if files:
        changed.problems.append(_many_files(files))
    for text in overrides:
        key, equals, value = text.partition("=")
        key = key.strip()
        path = _path(key, changed.value)
        if text in files:
            continue
        if not equals or not key:
            changed.problems.append(_no_value(text))
        elif path is None:
            changed.problems.append(_unknown(key, text, value))
        else:
            _put(changed, path, key, text, value)
    return changed


def _path(key: str, mapping: dict[str, Any]) -> list[str | int] | None:
    if key in keys.known():
        return list(key.split("."))
    for prefix in MAPPINGS:
        if key.startswith(prefix + ".") and key != prefix + ".":
            return [*prefix.split("."), key.removeprefix(prefix + ".")]
    section, _, player = key.partition(".")
    if section in TWO and player in PLAYERS and isinstance(mapping.get(section, {}), dict):
        return [section, player]
    layers = mapping.get("model")
    if (match := _ITEM.fullmatch(key)) and isinstance(layers, list) and int(match[1]) < len(layers):
        return ["model", int(match[1])]
    return None


def _put(document: Document, path: list[str | int], key: str, text: str, value: str) -> None:
    lead = text[: len(text) - len(value)]
    place = Place(key=key, source=text, column=len(lead) + 1, length=max(1, len(value)))
    is_call = key in _CALLS or path[0] in TWO
    if (is_call and value.strip() and not value.lstrip().startswith("[")) or value.isspace():
        parsed = Document(value.strip() or value, {key: place}, {}, {key: value})
    else:
        try:
            parsed = parse(value, Origin(None, key, lead))
        except SpecError as error:
            if not words.types(path) <= {"string", "null"}:
                document.problems.extend(error.diagnostics)
                return
            parsed = Document(value, {key: place}, {}, {key: value})  # `data.separator=,`: text needs no quotes here
    if not _set(document.value, path, parsed.value):
        return  # `train: 5` in the file is a problem of its own
    for places in (document.places, document.keys, document.raw):
        for old in [old for old in places if old.startswith((f"{key}.", f"{key}["))]:
            del places[old]
    document.places.update({key: Place(key=key, source=text, column=len(lead) + 1)} | parsed.places)
    document.keys.update({key: Place(key=key, source=text, column=1, length=len(key))} | parsed.keys)
    document.raw.pop(key, None)
    document.raw.update(parsed.raw)
    document.problems.extend(parsed.problems)


def _set(value: Any, path: Sequence[str | int], new: Any) -> bool:
    step, *rest = path
    if isinstance(value, list) and isinstance(step, int):
        value[step] = new
        return True
    if not isinstance(value, dict):
        return False
    if not rest:
        value[step] = new
        return True
    if value.get(step) is None:
        value[step] = {}
    return _set(value[step], rest, new)


def _many_files(files: list[str]) -> Diagnostic:
    """Say how several files are named: a shell without quotes turns one pattern into many words."""
    first = Path(files[0])
    return Diagnostic(
        code="Y006",
        severity="error",
        message=f"`{first}` is a file, not an override" + (f" ({len(files)} of them)" if len(files) > 1 else ""),
        where=Place(source=files[0], column=1, length=len(files[0])),
        expected="one SOURCE, then key=value",
        received=" ".join(files[:3]) + (" …" if len(files) > 3 else ""),
        help=f"several files are one pattern in quotes: '{first.with_name('*' + first.suffix)}', or their folder: "
        f"{first.parent}",
    )


def _no_value(text: str) -> Diagnostic:
    place = Place(source=text, column=1, length=len(text))
    return Diagnostic(
        code="Y006",
        severity="error",
        message=f"`{text}` is not an override",
        where=place,
        expected="key=value",
        received=text,
        help=f"{text}=VALUE" if text in keys.known() else "train.epochs=5",
    )


def _unknown(key: str, text: str, value: str) -> Diagnostic:
    named = keys.owner(key.rpartition(".")[2])
    section, _, last = key.rpartition(".")
    beside = {name.rpartition(".")[2]: name for name in keys.known() if name.rpartition(".")[0] == section}
    close = named[:1] or ([beside[word] for word in near(last, beside, 1)] if beside else near(key, keys.known(), 1))
    advice = keys.ELSEWHERE.get(key, "") if not named else ""
    return Diagnostic(
        code="Y001",
        severity="error",
        message=f"unknown key `{key}`" + (f"; did you mean `{close[0]}`?" if close and not advice else ""),
        where=Place(key=key, source=text, column=1, length=max(1, len(key))),
        expected="a dotted key of a description, such as train.epochs",
        received=key,
        help=advice or (f"{close[0]}={value}" if close else ""),
    )
