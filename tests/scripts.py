"""What the tests of scripts share: train, write the script, run it, and hold the two beside each other."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import modelwright
from modelwright.run.again import reopen
from modelwright.script.compose import script
from modelwright.script.section import Source

RUFF = Path(sys.executable).with_name("ruff")


@contextlib.contextmanager
def threads_kept() -> Generator[None]:
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def written(run: Path, output: Path) -> str:
    """Return the script of a run, after writing it."""
    found = reopen(run)
    text = script(Source(assembly=found.assembly, request=found.request, run=run, member=found.member, output=output))
    output.write_text(text)
    return text


def records(file: Path) -> list[dict[str, Any]]:
    """Return the records of the epochs, without those of single layers, which a script does not look at."""
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "layers"} for record in found]


def is_tidy(path: Path) -> str:
    """Return what a linter and a formatter have to say about a file; empty where nothing."""
    said = ""
    for words in (["check", "--quiet"], ["format", "--diff"]):
        command = [str(RUFF), words[0], "--isolated", "--no-cache", *words[1:], str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said += (done.stdout + done.stderr) if done.returncode else ""
    return said


def repeats(source: Any, folder: Path, **given: Any) -> str:
    """Train, run the script in this process, and assert the same bits; return the script."""
    run = modelwright.train(source, runs=folder / "runs", **given)
    return repeated(run, folder / "train.py")


def repeated(run: modelwright.Run, path: Path) -> str:
    """Write the script of a run, run it in this process, and assert the same bits; return the script."""
    text = written(run.path, path)
    with threads_kept(), contextlib.redirect_stdout(io.StringIO()) as told:
        runpy.run_path(str(path), run_name="script")  # as `__main__` it would end this process when all is saved
    member = sorted((run.path / "members").iterdir())[0] if run.members else run.path
    found, wanted = records(path.with_suffix(".metrics.jsonl")), records(member / "metrics.jsonl")
    kept, own = load_file(member / "model.safetensors"), dict(np.load(path.with_suffix(".npz")))
    if json.loads((member / "plan.json").read_text())["execution"]["together"]:  # one product served all members
        near = [{name: pytest.approx(value, rel=1e-4) for name, value in record.items()} for record in wanted]
        assert found == near and "the last bits differ" in text
        same_weights(kept, own, rtol=1e-2, atol=1e-3)
        assert_scored(member, told.getvalue(), rel=1e-2)
    else:
        assert found == wanted, f"{found}\n{wanted}"
        same_weights(kept, own)
        assert_scored(member, told.getvalue())
    said = is_tidy(path)
    assert not said, said
    return text


def assert_scored(member: Path, told: str, rel: float = 0.0) -> None:
    """Assert that a script tells the score of its run."""
    score = json.loads((member / "score.json").read_text())["score"]
    if not rel:
        assert f"{score['metric']} {score['value']:.6g} on" in told
        return
    found = re.search(rf"^{re.escape(score['metric'])} (\S+) on", told, re.MULTILINE)
    assert found is not None and float(found[1]) == pytest.approx(score["value"], rel=rel), told


def same_weights(kept: dict[str, np.ndarray], own: dict[str, np.ndarray], rtol: float = 0.0, atol: float = 0.0) -> None:
    """Assert that a script's arrays are those of the model file, within what a sum in another order may change."""
    fitted = {"preprocess.fill": "fill"} | {f"preprocess.scale.{name}": name for name in ("centre", "scale", "bias")}
    for name, value in kept.items():
        if name.startswith(("preprocess.", "proof.")):
            if fitted.get(name) in own:
                np.testing.assert_allclose(value, own[fitted[name]], rtol=rtol, atol=atol, err_msg=name)
            continue
        found = next(own[one] for one in in_script(name) if one in own)
        np.testing.assert_allclose(value, found, rtol=rtol, atol=atol, err_msg=name)


def in_script(name: str) -> Iterator[str]:
    """Yield what a tensor of the model file may be called in a script."""
    plain = name.replace("front.", "").replace("layers.inner.", "layers.").removeprefix("temperature.")
    number, rest = (1, plain.removeprefix("second.")) if plain.startswith("second.") else (0, plain)
    for inner in (rest, rest.removeprefix("layers."), f"layers.{rest}"):
        yield from (f"networks.{number}.{inner}", *((inner,) if not number else ()))
