"""Runs that are stopped, fill the disk, lose their data or never were: exit 1, the way on is said, nothing is lost."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bad_input import HEAD, Desk, files, rows
from modelwright.cli import run
from somebody import posix

COMMAND = [sys.executable, "-m", "modelwright"]
WORDS = ["train", "rows.csv", "--target", "answer", "train.epochs=40", "train.batch_size=16", "train.patience=none"]
RESULTS = ("model.safetensors", "metrics.jsonl", "score.json")
LIMIT = 60_000  # bytes a file may have: a run's texts fit, a checkpoint does not
FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv = ["modelwright", *sys.argv[2:]]
from modelwright.__main__ import main
main()
"""
"""Lets no file grow beyond a size: writes fail as on a full disk."""


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("straight")
    (folder / "rows.csv").write_text(HEAD + rows(600))
    subprocess.run([*COMMAND, *WORDS, "--quiet"], cwd=folder, check=True, capture_output=True, timeout=100)
    return folder / "runs" / "rows-1"


def started(folder: Path, words: list[str], room: int | None = None) -> subprocess.Popen[str]:
    """Start a command in `folder`, on a disk that takes files of at most `room` bytes if it is given."""
    (folder / "rows.csv").write_text(HEAD + rows(600))
    return subprocess.Popen(
        [*(COMMAND if room is None else (sys.executable, "-c", FULL, str(room))), *words],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def same(run_folder: Path, other: Path) -> None:
    for name in RESULTS:
        assert (run_folder / name).read_bytes() == (other / name).read_bytes(), name


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_saved_and_ends_as_if_it_never_was(
    tmp_path: Path, straight: Path, number: signal.Signals
) -> None:
    process = started(tmp_path, WORDS)
    assert process.stdout is not None
    seen = iter(process.stdout.readline, "")
    assert any(re.search(r"epoch +\d+/40", line) for line in seen)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in out + err
    assert "modelwright resume runs/rows-1" in err
    folder = tmp_path / "runs" / "rows-1"
    assert (folder / "checkpoint" / "last.safetensors").exists()
    assert not (folder / "score.json").exists()
    words = [*COMMAND, "resume", "runs/rows-1", "--quiet"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    same(folder, straight)
    assert not [name for name in files(tmp_path) if ".tmp-" in name]


@posix
def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path: Path, straight: Path) -> None:
    stopped = started(tmp_path, [*WORDS, "--quiet", "train.checkpoint_seconds=0"])
    checkpoint = tmp_path / "runs" / "rows-1" / "checkpoint" / "last.safetensors"
    while not checkpoint.exists():
        assert stopped.poll() is None
    stopped.send_signal(signal.SIGINT)
    assert stopped.communicate(timeout=60) and stopped.returncode == 1
    good = checkpoint.read_bytes()
    process = started(tmp_path, ["resume", "runs/rows-1"], LIMIT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in out + err
    assert "error[R006]: cannot write" in err and "free space" in err and "then: modelwright resume runs/rows-1" in err
    assert checkpoint.read_bytes() == good
    assert not [name for name in files(tmp_path) if ".tmp-" in name]
    words = [*COMMAND, "resume", "runs/rows-1", "--quiet"]
    subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=100, check=True)
    same(checkpoint.parent.parent, straight)


@posix
def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    process = started(tmp_path, [*WORDS, "--quiet"], 0)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err and "error[R006]" in err
    assert not (tmp_path / "runs" / "rows-1").exists()


def test_resume_of_what_is_no_run(desk: Desk) -> None:
    (desk.folder / "other").mkdir()
    assert "`other` is not a run folder" in desk.text("resume", "other")
    assert "`good.csv` is not a run folder" in desk.text("resume", "good.csv")
    assert "there is no run folder `runs/gone`" in desk.text("resume", "runs/gone")
    assert "= expected: a folder that `modelwright train` made" in desk.text("compare", "other", "good.csv")


def test_run_folders_that_were_changed(desk: Desk) -> None:
    words = ["train", "good.csv", "--target", "answer", "train.epochs=1", "--quiet"]
    assert desk.run(*words)[0] == 0 and "= fix: runs/good-1" in desk.text("resume", "runs/good")
    folder = desk.folder / "runs" / "good-1"
    plan, score = (folder / "plan.json").read_text(), (folder / "score.json").read_text()
    (folder / "score.json").unlink()
    for content, code in (
        (plan[:100], "R001"),
        (plan.replace('"version":1', '"version":99').replace('"version": 1', '"version": 99'), "R004"),
        (json.dumps({**json.loads(plan), "layers": 5}), "R001"),
        ("[" * 50_000, "R001"),
        ("[]", "R004"),
        ("\0", "R001"),
    ):
        (folder / "plan.json").write_text(content)
        assert f"error[{code}]" in desk.text("resume", "runs/good-1")
        assert "error[R001]: the run `runs/good-1` has not ended" in desk.text("compare", "runs/good-1")
    (folder / "plan.json").write_text(plan)
    desk.put("good.csv", HEAD + rows(50))
    text = desk.text("resume", "runs/good-1")
    assert "the data are not those that this run was trained on" in text and "= fix: put the old file back" in text
    (desk.folder / "good.csv").unlink()
    assert "error[F001]" in desk.text("resume", "runs/good-1")
    (folder / "score.json").write_text(score[:40])
    assert "`score.json`" in desk.text("resume", "runs/good-1")


def test_a_checkpoint_that_is_damaged(desk: Desk) -> None:
    assert desk.run("train", "good.csv", "--target", "answer", "train.epochs=2", "train.checkpoint_seconds=0")[0] == 0
    folder = desk.folder / "runs" / "good-1"
    checkpoint = folder / "checkpoint" / "last.safetensors"
    good = checkpoint.read_bytes()
    (folder / "score.json").unlink()
    for bad in (good[:200], good[: len(good) // 2], b"", (1 << 62).to_bytes(8, "little") + good[8:], b"\x80\x04\x95"):
        checkpoint.write_bytes(bad)
        text = desk.text("resume", "runs/good-1")
        assert "error[R002]" in text and f"= fix: remove it and resume from the start: rm {Path('runs')}" in text
    checkpoint.unlink()
    assert desk.run("resume", "runs/good-1", "--quiet")[0] == 0


@pytest.mark.parametrize("place", ["good.csv", "good.csv/runs", "/proc/runs"])
def test_runs_that_cannot_be_written(desk: Desk, place: str) -> None:
    text = desk.text("train", "good.csv", "--target", "answer", "train.epochs=1", "--quiet", "--runs", place)
    assert "error[R006]: cannot write" in text and "= fix: " in text


@pytest.mark.parametrize("name", ["a/b", "../evil", ".hidden", "..", "/tmp/x"])
def test_names_that_are_no_folder(desk: Desk, name: str) -> None:
    text = desk.text("train", "good.csv", "--target", "answer", "train.epochs=1", "--quiet", "--name", name)
    assert f"`{name}` cannot be the name of a run" in text


@posix
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_files_of_somebody_else(desk: Desk) -> None:
    (desk.folder / "good.csv").chmod(0)
    (desk.folder / "mine.yaml").write_text("data: {path: good.csv}\n")
    (desk.folder / "mine.yaml").chmod(0)
    hidden = str(desk.folder / "good.csv")  # the folders above are closed to others
    words = (["check", "good.csv"], ["check", "mine.yaml"], ["check", hidden], ["train", hidden], ["resume", hidden])
    for verb in ("check", "train", "resume"):  # whatever is imported on the way is there afterwards
        desk.run(verb, "none.csv")
    importlib.import_module("modelwright.run.start")
    os.seteuid(65534)
    try:
        said = [desk.run(*each) for each in words]
    finally:
        os.seteuid(0)
    for code, out, err in said:
        assert code == 1
        assert re.search(r"error\[(F001|R006)\].*(permission denied|may not be read)", out + err)


def test_a_model_too_large_for_memory_is_told_and_leaves_no_run(desk: Desk) -> None:
    layers = "model=[Linear(..., 30000000), Linear(..., 30000000), Linear(..., 1)]"
    text = desk.text("train", "good.csv", "--target", "answer", "--quiet", layers)
    assert "do not fit into the memory of this machine" in text


@pytest.mark.parametrize(
    ("model", "loss", "said"),
    [
        ("[Linear(..., 1)]", "BCELoss", r"error\[(H502|R007)\].*BCEWithLogitsLoss"),
        ("[Linear(..., 2)]", "CrossEntropyLoss(weight=[1.0, 2.0, 3.0])", r"error\[(H508|S30\d|R007)\].*= fix: "),
    ],
)
def test_a_step_that_torch_refuses_is_said_in_its_words(desk: Desk, model: str, loss: str, said: str) -> None:
    text = desk.text("train", "good.csv", "--target", "answer", f"model={model}", f"loss={loss}", "train.epochs=1")
    assert re.search(said, text, re.DOTALL), text


def test_many_short_epochs(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text(HEAD + rows(30))
    words = ["train", str(tmp_path / "few.csv"), "--target", "answer", "train.epochs=1200", "train.patience=none"]
    assert run([*words, "--runs", str(tmp_path), "--quiet", "model=linear"]) == 0
