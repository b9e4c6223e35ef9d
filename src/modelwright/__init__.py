"""modelwright: describe a model in PyTorch's own words; it is checked, trained fast, explained, and given back.

Names are loaded when they are first used: `import modelwright` itself loads neither torch nor polars.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelwright.api import check, resume, train
    from modelwright.checks.findings import Diagnostics
    from modelwright.diagnostic import Diagnostic
    from modelwright.errors import DataError, ModelwrightError, RunError, SpecError
    from modelwright.estimator import Classifier, Regressor
    from modelwright.run.handle import Run
    from modelwright.ship.artifact import load
    from modelwright.ship.model import Model
    from modelwright.spec.schema import DataSpec, EncodeSpec, EvaluateSpec, Spec, SplitSpec, TrainSpec

__all__ = [
    "Classifier",
    "DataError",
    "DataSpec",
    "Diagnostic",
    "Diagnostics",
    "EncodeSpec",
    "EvaluateSpec",
    "Model",
    "ModelwrightError",
    "Regressor",
    "Run",
    "RunError",
    "Spec",
    "SpecError",
    "SplitSpec",
    "TrainSpec",
    "check",
    "load",
    "resume",
    "train",
]

_HOME = {
    "Classifier": "estimator",
    "DataError": "errors",
    "DataSpec": "spec.schema",
    "Diagnostic": "diagnostic",
    "Diagnostics": "checks.findings",
    "EncodeSpec": "spec.schema",
    "EvaluateSpec": "spec.schema",
    "Model": "ship.model",
    "ModelwrightError": "errors",
    "Regressor": "estimator",
    "Run": "run.handle",
    "RunError": "errors",
    "Spec": "spec.schema",
    "SpecError": "errors",
    "SplitSpec": "spec.schema",
    "TrainSpec": "spec.schema",
    "check": "api",
    "load": "ship.artifact",
    "resume": "api",
    "train": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'modelwright' has no attribute {name!r}")
    value = getattr(import_module(f"modelwright.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
