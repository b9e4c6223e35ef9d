"""Garbage is looked for from the time on when a command works, and never twice set up."""

from __future__ import annotations

import gc
import subprocess
import sys

from real import PENGUINS, needs_data

CODE = """
import gc, sys
from modelwright import garbage
garbage.put_off()
assert not gc.isenabled()
from modelwright.cli import run
from modelwright.training import loop
def looked(*_, train=loop.train, **__):
    assert gc.isenabled() and gc.get_freeze_count() > 100_000 and gc.get_threshold()[0] == garbage.AFTER
    print("looked")
    return train(*_, **__)
from modelwright.training import trainer
trainer.train = looked
sys.exit(run(sys.argv[1:]))
"""


@needs_data
def test_a_command_looks_for_garbage_once_all_is_loaded(tmp_path: str) -> None:
    command = [sys.executable, "-c", CODE, "train", str(PENGUINS), "--target", "species", "--quiet", "train.epochs=1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "looked" in done.stdout, done.stderr


def test_in_python_nothing_changes() -> None:
    from modelwright import garbage

    before = gc.get_threshold(), gc.get_freeze_count()
    garbage.begin()
    assert (gc.get_threshold(), gc.get_freeze_count()) == before and gc.isenabled()
