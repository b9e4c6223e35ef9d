"""The keys that choose something by name: calls are read, checked against the closed set, written canonically."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec import names, own
from modelwright.spec.call import Call, CallSyntaxError, parse
from modelwright.spec.document import Document, join
from modelwright.spec.signatures import Role, signature
from modelwright.spec.typecheck import shown


@dataclass(frozen=True, slots=True)
class Choice:
    """A key that holds a call: its role, words that may stand instead, and an example to paste."""

    key: str
    role: Role
    words: tuple[str, ...]
    example: str


CHOICES = (
    Choice("transform", "transform", ("auto",), "Normalize(0.1307, 0.3081)"),
    Choice("augment", "augment", ("auto", "none"), "RandomCrop(28, padding=2)"),
    Choice("scale", "scaler", ("auto", "none"), "StandardScaler"),
    Choice("encode.category", "encoder", ("auto",), "OneHotEncoder"),
    Choice("encode.text", "tokenizer", ("auto",), "WordLevel(vocab_size=20000, length=128)"),
    Choice("encode.missing", "imputer", ("auto", "none"), 'SimpleImputer(strategy="median")'),
    Choice("model", "recipe", ("auto",), "mlp(hidden=[128, 128])"),
    Choice("loss", "loss", ("auto",), "CrossEntropyLoss"),
    Choice("optimizer", "optimizer", ("auto",), "AdamW(lr=0.001)"),
    Choice("scheduler", "scheduler", ("auto", "none"), "StepLR(step_size=30)"),
)
LISTS = ("transform", "augment")
"""Keys that hold one call or several."""
LAYER = Choice("model", "layer", (), "Linear(..., 64)")
METRIC = Choice("evaluate.metric", "loss", ("auto",), "accuracy")
OWN = ("model", "loss", "optimizer", "scheduler", METRIC.key)
"""Keys that take code of the user's own."""
TWO, PLAYERS = ("model", "optimizer"), ("generator", "discriminator")
"""Keys that hold two calls for a GAN, and the names of its networks."""


class Checker:
    """Collects the findings of one description."""

    def __init__(self, document: Document, base: Path = Path()) -> None:
        self.document = document
        self.base = base
        self.findings: list[Diagnostic] = []

    def check(self, mapping: dict[str, Any]) -> None:
        """Check every call of `mapping`; right ones are written canonically, wrong ones are taken out."""
        for choice in CHOICES:
            section, _, name = choice.key.rpartition(".")
            inner = mapping.get(section) if section else mapping
            if not isinstance(inner, dict) or name not in inner:
                continue
            if isinstance(inner[name], dict) and name in TWO and set(inner[name]) <= set(PLAYERS):
                self._players(choice, inner[name])
                continue
            checked = self._value(choice, inner[name])
            if checked is None:
                del inner[name]
            else:
                inner[name] = checked

        self._metric(mapping.get("evaluate"))

    def _metric(self, evaluate: Any) -> None:
        """Check a metric of the user's own; those of the table are looked up when the task is known."""
        value = evaluate.get("metric") if isinstance(evaluate, dict) else None
        if not isinstance(value, str) or not own.is_own(value):
            return
        call = self._call(METRIC, METRIC.key, value)
        checked = self._own(METRIC, call) if isinstance(call, Call) else None
        if checked is None:
            del evaluate["metric"]
        else:
            evaluate["metric"] = checked

    def _players(self, choice: Choice, both: dict[str, Any]) -> None:
        """Check what stands for each of the two networks of a GAN."""
        for player in list(both):
            checked = self._value(replace(choice, key=join(choice.key, player)), both[player])
            if checked is None:
                del both[player]
            else:
                both[player] = checked

    def _value(self, choice: Choice, value: Any) -> str | list[str] | None:
        model = choice.key.partition(".")[0] == "model"
        if model and isinstance(value, list):
            return self._layers(value, choice.key)
        if choice.key in LISTS:
            return self._list(choice, value)
        call = self._call(choice, choice.key, value)
        if call is None or isinstance(call, str):
            return call
        if own.is_own(call.name) and choice.key.partition(".")[0] in OWN:
            return self._own(choice, call)
        if model:
            return self._model(choice, call, str(value))
        return self._resolved(choice.role, choice.key, call, str(value))

    def _own(self, choice: Choice, call: Call) -> str | None:
        """Check code of the user's own by what its file says; what was handed over in Python is looked at later."""
        where = self._place(choice.key)
        if own.split_name(call.name)[0] == own.IN_PYTHON:
            return str(call)
        try:
            known = own.signature(call, self.base, {}, choice.key, where)
            found = list(own.problems(call, known, where, whole=choice.key.partition(".")[0] == "model"))
        except SpecError as error:
            found = list(error.diagnostics)
        self.findings += found
        return None if found else str(call)

    def _list(self, choice: Choice, value: Any) -> str | list[str] | None:
        """Check transforms, one or several, or as torchvision's `Compose([…])` holds them."""
        alone = not isinstance(value, list)
        items = list(value) if isinstance(value, list) else [value]
        if alone:
            call = self._call(choice, choice.key, value)
            if call is None or isinstance(call, str):
                return call
            items = [call]
            if call.name == "Compose" and len(call.args) == 1 and isinstance(call.args[0], tuple):
                items = list(call.args[0])
        found: list[str | None] = []
        for index, item in enumerate(items):
            key = choice.key if alone else join(choice.key, index)
            call = self._call(replace(choice, words=()), key, item)
            text = str(value) if alone else str(item)
            if isinstance(call, Call) and own.split_name(call.name)[0] == own.IN_PYTHON:
                found.append(str(call))  # an object of the caller's, which is looked at when pictures are there
            else:
                found.append(self._resolved(choice.role, key, call, text) if isinstance(call, Call) else None)
        right = [text for text in found if text is not None]
        return right if len(right) == len(found) else None

    def _call(self, choice: Choice, key: str, value: Any) -> Call | str | None:
        """Return a call; or one of the words; or None, with a finding."""
        if isinstance(value, Call):
            return value
        if (value is None or value == "null") and "none" in choice.words:
            return "none"
        if isinstance(value, str) and value.lower() in choice.words:
            return value.lower()
        if not isinstance(value, str):
            self._not_a_call(choice, key, value)
            return None
        try:
            return parse(value)
        except CallSyntaxError as error:
            where = self._within(key, value, error.offset, error.length)
            self._add("Y006", key, str(error), choice, shown(value), "", where)
            return None

    def _not_a_call(self, choice: Choice, key: str, value: Any) -> None:
        none = "none" if value is False and "none" in choice.words else ""
        message = f"`{key}` has no value" if value is None else f"`{key}: {shown(value)}` is not a name with arguments"
        if isinstance(value, list) and key != "model":
            none = f"{key}: {value[0]}" if len(value) == 1 and isinstance(value[0], str) else ""
        fix = _as_call(value) if isinstance(value, dict) else none
        self._add("Y002", key, message, choice, shown(value), fix or choice.example)

    def _model(self, choice: Choice, call: Call, text: str) -> str | list[str] | None:
        if call.name == "Sequential" and not call.kwargs:
            return self._layers(list(call.args), choice.key, text)
        if call.name[:1].isupper():
            return self._layers([call], choice.key, text)
        return self._resolved(choice.role, choice.key, call, text)

    def _layers(self, items: list[Any], model: str, text: str = "") -> list[str] | None:
        """Check a list of layers; `text` is that of a `Sequential(…)` or a lone layer they come from."""
        calls: list[Call | None] = []
        for index, item in enumerate(items):
            key = model if text else join(model, index)
            call = self._call(LAYER, key, item)
            found = self._resolved("layer", key, call, text or str(item)) if isinstance(call, Call) else None
            calls.append(parse(found) if found is not None else None)
        if not items:
            self._add(
                "Y002",
                model,
                f"`{model}` has no layers",
                LAYER,
                "[]",
                "model: [Linear(..., 64), ReLU, Linear(..., ...)]",
            )
        self._widths(calls, model, bool(text))
        return [str(call) for call in calls] if items and all(calls) else None

    def _widths(self, calls: list[Call | None], model: str, alone: bool) -> None:
        """Only the last layer's `out_features` follows from the data."""
        sized = [index for index, call in enumerate(calls) if call is not None and _has_width(call)]
        for index in sized[:-1]:
            call = calls[index]
            if call is not None and _width(call) is ...:
                key = model if alone else join(model, index)
                message = "`out_features` follows from the target in the last layer only: say the width of this one"
                fix = str(Call(call.name, (..., 64)))
                self._add("Y005", key, message, LAYER, str(call), fix, expected="a whole number ≥ 1")

    def _resolved(self, role: Role, key: str, call: Call, text: str) -> str | None:
        resolved, findings = names.check(role, call)
        for finding in findings:
            where = self._token(key, text, finding.token)
            diagnostic = finding.diagnostic.at(where)
            if role == "layer" and call.name in ("mlp", "linear"):
                diagnostic = replace(diagnostic, help=f"model: {call}   (a recipe stands alone)")
            self.findings.append(diagnostic)
        return None if findings else str(resolved)

    def _token(self, key: str, text: str, token: str) -> Place:
        offset = text.find(token)
        return self._within(key, text, offset, len(token)) if offset >= 0 else self._place(key)

    def _place(self, key: str) -> Place:
        return self.document.places.get(key, Place(key=key))

    def _within(self, key: str, text: str, offset: int, length: int) -> Place:
        """The place of a part of a value's text, where that stands on one line."""
        place = self._place(key)
        if place.source is None or place.column is None:
            return place
        start = place.source.find(text, place.column - 1)
        if start < 0:
            return place
        return replace(place, column=start + offset + 1, length=max(1, min(length, len(text) - offset)))

    def _add(
        self,
        code: str,
        key: str,
        message: str,
        choice: Choice,
        received: str,
        fix: str,
        where: Place | None = None,
        expected: str = "",
    ) -> None:
        words = "".join(f", or {word}" for word in choice.words)
        self.findings.append(
            Diagnostic(
                code=code,
                severity="error",
                message=message,
                where=where or self._place(key),
                expected=expected or f"{names.with_article(choice.role)} such as `{choice.example}`{words}",
                received=received,
                help=fix,
            )
        )


def _has_width(call: Call) -> bool:
    return any(parameter.name == "out_features" for parameter in signature("layer", call.name))


def _width(call: Call) -> Any:
    return call.kwargs.get("out_features", call.args[1] if len(call.args) > 1 else None)


def _as_call(value: dict[str, Any]) -> str:
    """`{Linear: {out_features: 64}}` or `{name: Adam, lr: 0.1}` as a call, to paste."""
    write: Callable[[dict[str, Any]], str] = lambda kwargs: ", ".join(  # noqa: E731 - one expression, used twice
        f"{key}={shown(inner).capitalize() if isinstance(inner, bool) else shown(inner)}"
        for key, inner in kwargs.items()
    )
    name = next((str(value[key]) for key in ("name", "type", "class") if isinstance(value.get(key), str)), "")
    if name:
        rest = write({key: inner for key, inner in value.items() if key not in ("name", "type", "class")})
        return f"{name}({rest})" if rest else name
    first, inner = next(iter(value.items()), ("", None))
    if len(value) == 1 and isinstance(inner, dict):
        return f"{first}({write(inner)})"
    return f"{first}({shown(inner)})" if len(value) == 1 and inner is not None else ""
