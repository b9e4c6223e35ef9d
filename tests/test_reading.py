"""Files that ask for a check, read and not run: what is right is not told, what is wrong in few lines is."""

from __future__ import annotations

import linecache
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "reading"
HEAD = """import numpy as np, torch, torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import modelwright
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
rows = torch.randn(320, 8)
loader = DataLoader(TensorDataset(rows, (rows[:, 0] > 0).long()), batch_size=32, shuffle=True)
found = modelwright.check(model, data=loader, loss=criterion, optimizer=optimizer)
"""


def programs(file: str) -> dict[str, str]:
    """Return the programs of a file by their names."""
    parts = (HERE / file).read_text().split("# --- ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2].strip() + "\n" for part in parts}


def told(body: str, folder: Path) -> list[tuple[str, int, str]]:
    """Return what a check says of a program: its head runs, the whole file is read."""
    file = folder / "program.py"
    file.write_text(HEAD + body)
    linecache.clearcache()
    held = {}
    exec(compile(HEAD, str(file), "exec"), held)
    return [(d.code, (d.where.line or 0) - 11, d.message) for d in held["found"] if d.severity != "note"]


@pytest.mark.parametrize("name", programs("right.txt"))
def test_a_right_program_is_not_told(name: str, tmp_path: Path) -> None:
    assert told(programs("right.txt")[name], tmp_path) == []


@pytest.mark.parametrize("name", programs("faulty.txt"))
def test_a_faulty_program_is_told(name: str, tmp_path: Path) -> None:
    assert [code for code, _, _ in told(programs("faulty.txt")[name], tmp_path)] == [name.partition(" ")[0]]
