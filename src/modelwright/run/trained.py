"""A finished run as it stood at its end: everything fitted anew on its data, with the weights of its model file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.folder import MODEL, Folder
from modelwright.run.prepare import Dataset, prepare, splits
from modelwright.ship.artifact import PROOF


def trained(folder: Folder, dataset: Dataset) -> Assembly:
    """Return the assembly of a run with its weights; RunError R003 where the model file is not used."""
    plan = folder.plan()
    parts = splits(dataset)
    one = next((part for part in parts if part.plan.fold == plan.split.fold), parts[0])
    assembly = assemble(replace(prepare(dataset, one), plan=plan))
    put_weights(assembly, folder)
    return assembly


def put_weights(assembly: Assembly, folder: Folder) -> None:
    """Give an assembly the weights of a run's model file; RunError R003 where they do not fit."""
    try:
        tensors = load_file(folder.path / MODEL)
        own = {name: each for name, each in tensors.items() if not name.startswith(PROOF)}
        assembly.model.load_state_dict(own)
    except (SafetensorError, OSError, RuntimeError) as error:
        raise RunError(_no_model(folder.path / MODEL, error)) from error


def _no_model(path: Path, error: Exception) -> Diagnostic:
    return Diagnostic(
        code="R003",
        severity="error",
        message=f"the model file is not used: {' '.join(str(error).split())[:300]}",
        where=Place(file=str(path)),
        help="train again; the run folder was changed or is incomplete",
    )
