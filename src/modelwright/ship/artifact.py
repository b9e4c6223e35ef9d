"""The model file: one `model.safetensors` with weights, preprocessing, plan and the rows that prove it. No pickle.

Loading runs no code from the file, reads no other path and fetches nothing: layers are names of a closed set, sizes
are those of the tensors that are there, and the proof rows are replayed before the model is handed out.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors import deserialize as read_tensors
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from modelwright.data.columns import Examples, Media
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import ModelwrightError, RunError
from modelwright.files import write_atomically
from modelwright.lean_torch import meta_rules
from modelwright.model.build import RowModel, blank, towers
from modelwright.model.own import tensors_apart
from modelwright.plan.plan import PLAN_VERSION, Plan
from modelwright.ship.gan import GenerativeModel, Generators
from modelwright.ship.model import Ensemble, Model
from modelwright.ship.own import handed_over
from modelwright.spec.own import is_own
from modelwright.spec.torchvision import PerPicture, per_picture

KEY = "modelwright"
PROOF = "proof."  # begins the names of tensors that are the pictures or sequences of the proof rows
MODEL, MEMBERS, SCORE = "model.safetensors", "members", "score.json"  # in a run folder
UNFIT = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What building or asking a model raises whose plan was written by hand."""
TOLERANCE = 1e-4  # of a proof row's answer, relative: float32 on another machine sums in another order


def save_model(path: Path, model: Model, rows: Examples) -> None:
    """Write the model with `rows` (raw inputs) and the answers it gives to them."""
    write_atomically(path, to_bytes(model, rows))


def to_bytes(model: Model, rows: Examples) -> bytes:
    """Return the content of the model's file."""
    tensors = tensors_apart(model.module.state_dict())
    tensors |= {PROOF + name: torch.from_numpy(array) for name, array in rows.media.items()}
    facts: dict[str, Any] = {
        "plan": model.plan.model_dump(mode="json"),
        "proof": {"rows": json.loads(rows.frame.write_json()), "answers": model.answers(_asked(rows)).tolist()},
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("modelwright", "torch", "polars")},
        },
    }
    facts["tensors"] = {name: tensor_digest(name, tensor) for name, tensor in sorted(tensors.items())}
    facts["digest"] = digest(tensors, facts)
    return save_tensors(tensors, {KEY: json.dumps(facts)})


def _asked(rows: Examples) -> Examples | pl.DataFrame:
    """Return proof rows as a user would give them: the columns of a table go through their typing again."""
    return rows if rows.media else rows.frame


def load(path: str | os.PathLike[str], model: Callable[..., Any] | None = None, *, transform: Any = None) -> Model:
    """Load a model file, or the model(s) of a run folder, prove each on the rows it carries, and return it.

    `model` is your own class (or function, or a module of it) where the file holds weights of one: its code is never
    in the file, and none is looked for (RunError Y009). `transform`, likewise, has the objects that changed its
    pictures. A cohort's folder gives one model that averages, or makes rows in turn. Raises RunError R001 where there
    is no model (yet), R003 where the file is damaged or was changed, R004 where its plan has an unknown version.
    """
    place, own = Path(path), per_picture(transform)
    if not (place / MEMBERS).is_dir():
        return _with(own, _load(place / MODEL if place.is_dir() else place, model))
    if not (place / SCORE).exists():
        _refuse(place, "this cohort has not ended", "R001", f"modelwright resume {place}")
    models = [_with(own, _load(folder / MODEL, model)) for folder in sorted((place / MEMBERS).iterdir())]
    generators = [one for one in models if isinstance(one, GenerativeModel)]
    return Generators(generators) if generators else Ensemble(models)


def _with(transform: tuple[PerPicture, ...], model: Model) -> Model:
    model.transform = transform
    return model


def _load(file: Path, own: Callable[..., Any] | None) -> Model:
    try:
        content = file.read_bytes()
    except OSError as error:
        resumed = file.name == MODEL and (file.parent / "plan.json").exists()
        fix = f"modelwright resume {file.parent}" if resumed else ""
        _refuse(file, f"it cannot be read: {(error.strerror or str(error)).lower()}", "R001", fix)
    return from_bytes(content, own, file)


def from_bytes(content: bytes, own: Callable[..., Any] | None = None, file: Path = Path(MODEL)) -> Model:
    """Return the model that the content of a file holds; `file` is what messages call it."""
    tensors, facts = _take_apart(file, content)
    plan = _plan(file, facts)
    if digest(tensors, facts) != facts.get("digest"):
        _refuse(file, f"it is not as it was saved: {_changed(tensors, facts)}")
    media = {name.removeprefix(PROOF): tensors.pop(name).numpy() for name in list(tensors) if name.startswith(PROOF)}
    module = _module(file, plan, tensors, own)
    model = Model(plan, module) if plan.gan is None else GenerativeModel(plan, module)
    _prove(file, model, facts, media)
    return model


def digest(tensors: dict[str, Tensor], facts: dict[str, Any]) -> str:
    """Return a SHA-256 over names, types, shapes and bytes of tensors and over the facts beside them."""
    others = {name: value for name, value in facts.items() if name != "digest"}
    total = hashlib.sha256(json.dumps(others, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def tensor_digest(name: str, tensor: Tensor) -> str:
    """Return a short SHA-256 over one tensor, by which a changed one is found."""
    return digest({name: tensor}, {})[:16]


def _changed(tensors: dict[str, Tensor], facts: dict[str, Any]) -> str:
    """Say that the digest differs, and which tensors are not those that were saved, where it is tensors."""
    known = facts.get("tensors")
    names = sorted({*tensors, *map(str, known)}) if isinstance(known, dict) else []
    other = [n for n in names if n not in tensors or (known or {}).get(n) != tensor_digest(n, tensors[n])]
    said = ", ".join(f"tensor `{name}`" for name in other[:3])
    return f"the digest differs ({said})" if said else "the digest differs"


def proof_rows(path: Path) -> list[Examples]:
    """Return the rows that prove the model file at `path`, or those of each model of a run folder, as given."""
    folders = sorted((path / MEMBERS).iterdir()) if (path / MEMBERS).is_dir() else [path]
    found: list[Examples] = []
    for folder in folders:
        tensors, facts = _take_apart(folder, (folder / MODEL if folder.is_dir() else folder).read_bytes())
        media = {n.removeprefix(PROOF): tensors[n].numpy() for n in tensors if n.startswith(PROOF)}
        found.append(Examples(pl.DataFrame(facts["proof"]["rows"], infer_schema_length=None), media))
    return found


def _take_apart(file: Path, content: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Split the bytes into tensors and facts; safetensors itself refuses huge headers, gaps and overlaps."""
    length = int.from_bytes(content[:8], "little") if len(content) >= 8 else 0
    if length < 2 or length > len(content) - 8:
        _refuse(file, f"it is cut short or no safetensors file ({len(content):,} bytes)")
    try:
        read_tensors(content)
        tensors = load_tensors(content)
        metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
        facts = json.loads(metadata[KEY])
    except SafetensorError as error:
        _refuse(file, f"it is no sound safetensors file: {error}")
    except KeyError:
        _refuse(file, "it holds tensors, but no modelwright plan: another tool wrote it")
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        _refuse(file, f"its header cannot be read: {error}")
    if not isinstance(facts, dict):
        _refuse(file, "its header holds no plan")
    learned = {name: tensor for name, tensor in tensors.items() if not name.startswith(PROOF)}
    bad = [name for name, tensor in learned.items() if tensor.is_floating_point() and tensor.isnan().any()]
    if bad:
        _refuse(file, f"tensor `{bad[0]}` holds NaN")
    return tensors, facts


def _plan(file: Path, facts: dict[str, Any]) -> Plan:
    value = facts.get("plan")
    found = value.get("version") if isinstance(value, dict) else None
    if found != PLAN_VERSION:
        _refuse(file, f"its plan has version {found}; this modelwright knows version {PLAN_VERSION}", "R004")
    try:
        return Plan.model_validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors()[0]
        _refuse(file, f"its plan is damaged at `{'.'.join(map(str, first['loc']))}`: {first['msg'].lower()}")


def _module(file: Path, plan: Plan, tensors: dict[str, Tensor], own: Callable[..., Any] | None) -> RowModel:
    """Build the layers without memory (on the meta device), then hand them the file's tensors."""
    each = [handed_over(file, one, own) for one in towers(plan) if is_own(one.layers[0])]
    meta_rules()
    try:
        with torch.device("meta"):
            module = blank(plan, (lambda at=0: each[at]) if each else None)
        module.load_state_dict(tensors, strict=True, assign=True)
    except ModelwrightError as error:
        _refuse(file, f"its plan names what cannot be built: {error.diagnostics[0].message}")
    except UNFIT as error:
        _refuse(file, f"plan and tensors do not fit together: {_brief(error)}")
    if any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
        _refuse(file, "plan and tensors do not fit together: a layer was left without its tensors")
    module.requires_grad_(False)
    return module.eval()


def _prove(file: Path, model: Model, facts: dict[str, Any], media: Media) -> None:
    """Replay the proof rows: what the model answers must be what it answered when it was saved."""
    try:
        rows = pl.DataFrame(facts["proof"]["rows"], infer_schema_length=None)
        expected = torch.tensor(facts["proof"]["answers"], dtype=torch.float64)
    except (*UNFIT, pl.exceptions.PolarsError):
        _refuse(file, "it carries no rows to prove it by")
    if rows.is_empty() or not expected.numel():
        _refuse(file, "it carries no rows to prove it by")
    try:
        asked = model.read(_asked(Examples(rows, media)))
        answers = model.answers_to(asked)
        model.framed(answers)
    except ModelwrightError as error:
        _refuse(file, f"its proof rows cannot be replayed: {error.diagnostics[0].message}")
    except (*UNFIT, pl.exceptions.PolarsError) as error:
        _refuse(file, f"its proof rows cannot be replayed: {_brief(error)}")
    found = torch.as_tensor(answers, dtype=torch.float64)
    if found.shape != expected.shape:
        _refuse(file, f"its proof rows give {tuple(found.shape)} answers instead of {tuple(expected.shape)}")
    off = (found - expected).abs() / torch.maximum(expected.abs(), torch.from_numpy(model.slack))
    if not math.isfinite(float(off.max())) or float(off.max()) > TOLERANCE:
        row = int(off.reshape(len(off), -1).max(1).values.argmax()) + 1
        _refuse(file, f"proof row {row} is answered otherwise than when the model was saved")


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _refuse(file: Path, reason: str, code: str = "R003", fix: str = "") -> NoReturn:
    fixes = {"R004": "pip install --upgrade modelwright", "R001": "modelwright train FILE"}
    raise RunError(
        Diagnostic(
            code=code,
            severity="error",
            message=f"the model file is not used: {reason}",
            where=Place(file=str(file)),
            expected="a model.safetensors as `modelwright train` writes it",
            help=fix or fixes.get(code, "take the file from its run folder again, or train again"),
        )
    )
