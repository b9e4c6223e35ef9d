"""A description, read and checked whole: YAML or a mapping from Python, overrides → `Description`. No torch here."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec import contradictions, keys, typecheck
from modelwright.spec.call import Call
from modelwright.spec.choices import Checker
from modelwright.spec.document import Document, Origin, join, parse
from modelwright.spec.overrides import apply
from modelwright.spec.reading import read_text
from modelwright.spec.schema import Spec

_NAMES = ("target", "drop", "group", "time", "weight", "missing", "replace")
"""Keys of `data` that hold names and spellings: `target: 1` names the column `1`."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the user wrote, checked: `text` and `path` of the file if there is one, `places` by dotted key.

    Files of the user's own code are found below `base`; `own` has the objects that were handed over in Python, by key.
    """

    spec: Spec
    text: str | None
    path: Path | None
    places: dict[str, Place]
    base: Path = Path()
    own: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def place(self, key: str) -> Place:
        """Return where a key stands, or the key that holds it; the file and the key where it is not written."""
        part = key
        while part:
            if part in self.places:
                return self.places[part]
            part = part[: max(part.rfind("."), part.rfind("["), 0)]
        return Place(file=str(self.path) if self.path is not None else None, key=key)


def read(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Description:
    """Return the description in a YAML file, overrides put in; SpecError with every problem."""
    file = Path(path)
    text = read_text(file)
    document = parse(text, Origin(str(file)))
    if not isinstance(document.value, dict):
        raise SpecError(*document.problems, _not_a_mapping(document, str(file)))
    return _described(document, overrides, text, file, file.parent)


def from_text(
    text: str, overrides: Sequence[str] = (), name: str = "description.yaml", base: Path = Path()
) -> Description:
    """Return the description that a YAML text holds; `name` stands in messages. SpecError with every problem.

    >>> from_text("train: {epochs: 3}").spec.train.epochs
    3
    """
    document = parse(text, Origin(name))
    if not isinstance(document.value, dict):
        raise SpecError(*document.problems, _not_a_mapping(document, name))
    return _described(document, overrides, text, None, base)


def from_mapping(mapping: Mapping[str, Any] | Spec, overrides: Sequence[str] = (), base: Path = Path()) -> Description:
    """Return the description in a mapping of Python values, or a Spec; SpecError with every problem.

    >>> from_mapping({"data": {"target": "income"}}, ["train.epochs=5"]).spec.train.epochs
    5
    """
    given = mapping.model_dump(exclude_unset=True) if isinstance(mapping, Spec) else mapping
    document = Document({})
    document.value.update(_plain(given, "", document))
    return _described(document, overrides, None, None, base)


def _described(
    document: Document, overrides: Sequence[str], text: str | None, path: Path | None, base: Path
) -> Description:
    document = apply(document, overrides)
    mapping: dict[str, Any] = copy.deepcopy(document.value)
    problems = [*document.problems, *keys.take_unknown(document, mapping)]
    _names_as_text(mapping, document)
    _none_words(mapping)
    checker = Checker(document, base)
    checker.check(mapping)
    spec, findings = typecheck.validate(mapping, document)
    problems += checker.findings + findings
    places = document.places | {name: document.keys[name] for name in keys.sections() if name in document.keys}
    description = Description(spec, text, path, places, base)
    # Half a section says little about the other half: contradictions are looked for where data and split are whole.
    if not any((problem.where.key or "").startswith(("data", "split")) for problem in problems):
        problems += contradictions.check(spec, description.place)
    if problems:
        error = SpecError(*problems)
        error.rest = description
        raise error
    return description


def _not_a_mapping(document: Document, file: str) -> Diagnostic:
    nothing = document.value is None
    received = "nothing but comments" if nothing else typecheck.shown(document.value)
    return Diagnostic(
        code="F002" if nothing else "Y002",
        severity="error",
        message="the description is empty" if nothing else "a description holds keys at its top level",
        where=document.places.get("", Place(file=file)),
        expected=f"keys such as {', '.join(list(Spec.model_fields)[:6])}",
        received=received,
        help="data: {path: FILE.csv, target: COLUMN}",
    )


def _plain(value: Any, key: str, document: Document) -> Any:
    """Python values as YAML would give them; every key gets a place of its own."""
    if key:
        document.places[key] = Place(key=key)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner, join(key, str(name)), document) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, join(key, index), document) for index, inner in enumerate(value)]
    return str(value) if isinstance(value, os.PathLike | Call) else value


def _names_as_text(mapping: dict[str, Any], document: Document) -> None:
    data = mapping.get("data")
    if isinstance(data, dict):
        for name in (name for name in _NAMES if name in data):
            data[name] = _text(data[name], f"data.{name}", document)


def _text(value: Any, key: str, document: Document) -> Any:
    if isinstance(value, list):
        return [_text(item, join(key, index), document) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _text(item, join(key, name), document) for name, item in value.items()}
    return document.raw.get(key, str(value)) if isinstance(value, int | float) else value


def _none_words(mapping: dict[str, Any]) -> None:
    """`none` and an empty value both switch off what can be off."""
    for section, model in keys.sections().items():
        inner = mapping.get(section)
        if not isinstance(inner, dict):
            continue
        for name, value in list(inner.items()):
            if model.model_fields[name].default is None and value in ("none", "null", "None"):
                inner[name] = None
            if name == "patience" and value in (None, "null", "None"):
                inner[name] = "none"
