"""Objects of the user's own that Python callers hand over: `python:NAME` stands for them in the description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.spec.choices import LISTS, METRIC, OWN, TWO
from modelwright.spec.own import IN_PYTHON
from modelwright.spec.torchvision import PerPicture, as_texts

_PLAIN = (str, list, tuple, Mapping)


def apart(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keys of a description as texts, and the objects that were among their values, by key.

    >>> apart({"loss": max, "scale": "none"})
    ({'loss': 'python:max', 'scale': 'none'}, {'loss': <built-in function max>})
    """
    values = as_texts(values)
    own = {key: value for key, value in values.items() if key in OWN and not isinstance(value, _PLAIN)}
    texts = {key: f"{IN_PYTHON}:{_name(own[key])}" if key in own else value for key, value in values.items()}
    evaluate = values.get("evaluate")
    if isinstance(evaluate, Mapping) and callable(metric := evaluate.get("metric")):
        own[METRIC.key] = metric
        texts["evaluate"] = {**evaluate, "metric": f"{IN_PYTHON}:{_name(metric)}"}
    for key, both in values.items():
        if key in TWO and isinstance(both, Mapping):  # the two networks of a GAN, or their optimizers
            inner = {str(name): value for name, value in both.items()}
            mine = {name: value for name, value in inner.items() if not isinstance(value, _PLAIN)}
            texts[key] = {**inner, **{name: f"{IN_PYTHON}:{_name(value)}" for name, value in mine.items()}}
            own |= {f"{key}.{name}": value for name, value in mine.items()}
    for key in LISTS:
        listed: Any = values.get(key)
        every: list[Any] = listed if isinstance(listed, list) else []
        for at, one in enumerate(every):
            if isinstance(one, PerPicture):
                own[f"{key}[{at}]"] = one
                texts[key] = [*texts[key][:at], f"{IN_PYTHON}:{one.name}", *texts[key][at + 1 :]]
    return texts, own


def _name(found: Any) -> str:
    """Return a name that a description can hold: that of a class or function, or of an object's class."""
    inner = getattr(found, "func", found)
    name = getattr(inner, "__name__", type(inner).__name__)
    return name if name.isidentifier() else "function"
