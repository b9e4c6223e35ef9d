"""The run folder: `runs/<name>-<number>/`, readable without modelwright, never half-written."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.files import cannot_write, write_atomically
from modelwright.plan.plan import Plan

DESCRIPTION, PLAN, SPLIT, CHECKS = "description.yaml", "plan.json", "split.json", "checks.json"
METRICS, SCORE, ENVIRONMENT = "metrics.jsonl", "score.json", "environment.json"
CHECKPOINT, MODEL, FRAME = "checkpoint/last.safetensors", "model.safetensors", "data.parquet"
MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Folder:
    """A run folder that exists; its files have the names above."""

    path: Path

    def read_json(self, name: str) -> Any:
        """Read one of its JSON files (RunError R001 if that cannot be done)."""
        try:
            return json.loads((self.path / name).read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(_broken(self.path, name, str(error))) from error

    def write_json(self, name: str, value: Any) -> None:
        """Replace one of its JSON files atomically."""
        write_atomically(self.path / name, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def write_metrics(self, history: list[dict[str, Any]]) -> None:
        """Replace the metrics by one JSON line an epoch."""
        write_atomically(self.path / METRICS, "".join(json.dumps(record) + "\n" for record in history))

    @property
    def finished(self) -> bool:
        """Whether the run has its score: that file is written last."""
        return (self.path / SCORE).exists()

    @property
    def members(self) -> list[Folder]:
        """The runs of a cohort, in order; empty for a single run."""
        folders = (self.path / MEMBERS).glob("*/") if (self.path / MEMBERS).exists() else ()
        return [Folder(path) for path in sorted(folders, key=lambda path: path.name) if not path.name.startswith(".")]

    def plan(self) -> Plan:
        """Read the plan; RunError R004 for a plan of another version, R001 for a damaged one."""
        return read_plan(self.read_json(PLAN), self.path / PLAN)


def read_plan(value: Any, place: Path) -> Plan:
    """Make a Plan of JSON values; RunError R004 where its version is unknown, R001 where it is damaged."""
    from pydantic import ValidationError

    found = value.get("version") if isinstance(value, dict) else None
    if found != 1:
        raise RunError(
            Diagnostic(
                code="R004",
                severity="error",
                message="the plan has a version that this modelwright does not know",
                where=Place(file=str(place)),
                expected="version 1",
                received=f"version {found}" if found is not None else "no version",
                help="pip install --upgrade modelwright",
            )
        )
    try:
        return Plan.model_validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors()[0]
        raise RunError(
            _broken(place.parent, place.name, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        ) from error


def open_folder(path: Path) -> Folder:
    """Return the run folder at `path`; RunError R001 where it is none, with the runs that are near."""
    if (path / PLAN).exists() or (path / MEMBERS).exists():
        return Folder(path)
    near = sorted(str(plan.parent) for plan in path.glob(f"*/{PLAN}")) if path.is_dir() else []
    parent = path.parent
    near = near or (sorted(str(plan.parent) for plan in parent.glob(f"*/{PLAN}")) if parent.is_dir() else [])
    near = sorted(near, key=lambda one: (one.startswith(f"{path}-"), one))[-8:]  # what is called like it, last
    message = f"`{path}` is not a run folder" if path.exists() else f"there is no run folder `{path}`"
    raise RunError(
        Diagnostic(
            code="R001",
            severity="error",
            message=message,
            expected=f"a folder that `modelwright train` made, with a {PLAN} in it",
            known=f"runs here: {', '.join(near)}" if near else "",
            help=near[-1] if near else "modelwright train FILE",
        )
    )


def create(runs: Path, name: str, files: Mapping[str, bytes | str], subfolder: str = "checkpoint") -> Folder:
    """Make a new run folder with `files` in it, whole or not at all: it is filled under another name, then renamed."""
    if not name or name.startswith(".") or Path(name).name != name:
        raise RunError(_no_name(name))
    staging = runs / f".{name}.tmp-{os.getpid()}"
    try:
        _fill(staging, files, subfolder)
        return Folder(_rename_to_next(staging, runs, name))
    except OSError as error:
        raise RunError(cannot_write(runs, error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _no_name(name: str) -> Diagnostic:
    return Diagnostic(
        code="R001",
        severity="error",
        message=f"`{name}` cannot be the name of a run",
        expected="the name of one folder; `--runs` says where it is made",
        received=name,
        help="--name " + ("-".join(part for part in Path(name).parts if part.strip("./")) or "mine"),
    )


def create_member(members: Path, name: str, files: Mapping[str, bytes | str]) -> Folder:
    """Make the folder of one member of a cohort, whole or not at all."""
    staging = members / f".{name}.tmp-{os.getpid()}"
    try:
        _fill(staging, files, "checkpoint")
        staging.rename(members / name)
        return Folder(members / name)
    except OSError as error:
        raise RunError(cannot_write(members, error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill(staging: Path, files: Mapping[str, bytes | str], subfolder: str) -> None:
    staging.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(staging, ignore_errors=True)
    (staging / subfolder).mkdir(parents=True)
    for file, content in files.items():
        write_atomically(staging / file, content)


def _rename_to_next(staging: Path, runs: Path, name: str) -> Path:
    """Rename to the first free number; another process may take it first, then the next is tried."""
    taken = [int(number) for path in runs.glob(f"{name}-*") if (number := path.name.removeprefix(f"{name}-")).isdigit()]
    number = max(taken, default=0) + 1
    while True:
        path = runs / f"{name}-{number}"
        if not path.exists():
            try:
                staging.rename(path)
            except OSError:
                if not path.exists():
                    raise
            else:
                return path
        number += 1


def environment(base: Path, description: Path | None, overrides: tuple[str, ...]) -> dict[str, Any]:
    """Return what a later reader needs to know of where the run was made."""
    return {
        "base": str(base),
        "description": None if description is None else str(description),
        "overrides": list(overrides),
        "command": sys.argv,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "versions": {name: version(name) for name in ("modelwright", "torch", "numpy", "polars", "safetensors")},
    }


def _broken(path: Path, name: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="R001",
        severity="error",
        message=f"`{name}` of the run cannot be read: {reason}",
        where=Place(file=str(path / name)),
        help="train again; the run folder was changed or is incomplete",
    )
