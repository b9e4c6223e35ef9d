"""Reports and the life of a run: the model is the same with and without one, a resumed run has the same one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import modelwright
from modelwright.api import request_for
from modelwright.cli import run as command
from modelwright.run.events import Started
from modelwright.run.request import Interrupted, Request, Stop
from modelwright.run.start import resume, start
from reports import _rows, blocks_of, browser_or_skip, made, report_of

FILES = ("model.safetensors", "metrics.jsonl", "score.json")
OVERRIDES = ["train.epochs=9", "train.checkpoint_seconds=0", "model=mlp(hidden=[16], dropout=0.2)"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    _rows(300).drop("z").write_csv(path)
    return path


def asked(csv: Path, **more: object) -> Request:
    request = request_for(str(csv), target="y", overrides=OVERRIDES)
    return Request(description=request.description, base=request.base, overrides=request.overrides, **more)


def trained(request: Request, runs: Path) -> Path:
    (begun, *_) = [event for event in start(request, runs, "rows") if isinstance(event, Started)]
    return begun.path


def test_the_model_has_the_same_bytes_with_and_without_a_report(csv: Path, tmp_path: Path) -> None:
    one, other = trained(asked(csv), tmp_path / "a"), trained(asked(csv, report=None), tmp_path / "b")
    assert (one / "report.html").exists() and not list(other.glob("report*"))
    assert not (other / "checkpoint/path.safetensors").exists() and not (one / "checkpoint/path.safetensors").exists()
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def stopped(csv: Path, runs: Path, epochs: int) -> Path:
    """Return a run that was stopped after so many epochs."""
    stop, path = Stop(), runs
    with pytest.raises(Interrupted):
        for event in start(asked(csv, stop=stop), runs, "rows"):
            if isinstance(event, Started):
                path = event.path
            if isinstance(event, dict) and event["epoch"] == epochs:
                stop.asked = True
    return path


def test_a_resumed_run_has_the_figures_of_the_undisturbed_one(csv: Path, tmp_path: Path) -> None:
    whole = trained(asked(csv), tmp_path / "a")
    path = stopped(csv, tmp_path / "b", 5)
    assert (path / "checkpoint/path.safetensors").exists()
    list(resume(path, Stop()))
    one, other = (blocks_of(modelwright.Run(each)) for each in (whole, path))
    for name in ("surface", "steps", "loss", "importance", "dependence"):
        assert one[name] == other[name], name
    for name in FILES:
        assert (whole / name).read_bytes() == (path / name).read_bytes(), name


@pytest.mark.parametrize("damage", ("gone", "cut"))
def test_without_the_weights_of_earlier_epochs_the_path_is_declared_missing(
    csv: Path, tmp_path: Path, damage: str
) -> None:
    path = stopped(csv, tmp_path, 5)
    kept = path / "checkpoint/path.safetensors"
    if damage == "gone":
        kept.unlink()
    else:
        kept.write_bytes(kept.read_bytes()[:50])
    list(resume(path, Stop()))
    block = blocks_of(modelwright.Run(path))["surface"]
    assert block["kind"] == "missing" and "resumed after epoch 5" in block["why"]


def test_a_report_can_be_made_again(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trained(asked(csv), tmp_path)
    before = report_of(modelwright.Run(path))
    (path / "report.html").unlink()
    assert command(["report", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path / "report.html")
    assert report_of(modelwright.Run(path)) == before  # what only a running training has is taken from it
    page = (path / "report.html").read_text("utf-8")
    csv.unlink()
    assert command(["report", str(path)]) == 0
    assert (path / "report.html").read_text("utf-8") == page


def test_a_run_without_a_report_gets_one_that_says_what_it_lacks(csv: Path, tmp_path: Path) -> None:
    path = trained(asked(csv, report=None), tmp_path)
    assert command(["report", str(path)]) == 0
    blocks = blocks_of(modelwright.Run(path))
    for name in ("surface", "time"):
        assert "made without a report" in blocks[name]["why"]
    assert blocks["importance"]["kind"] == "figure"
    csv.unlink()
    shutil.rmtree(path / "checkpoint")
    (path / "report.json").write_text("{}")
    assert command(["report", str(path)]) == 0
    assert "cannot be read any more" in blocks_of(modelwright.Run(path))["importance"]["why"]


def test_only_finished_runs_have_reports(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stopped(csv, tmp_path, 3)
    assert command(["report", str(path)]) == 1
    assert "has not ended" in capsys.readouterr().err
    assert command(["report", str(tmp_path / "nowhere")]) == 1


def test_a_cohort_and_its_members_have_reports() -> None:
    run = made("cohort")
    blocks = blocks_of(run)
    assert len(blocks["models-loss"]["plots"][0]["traces"]) == 2
    assert "of the cohort" not in json.dumps(blocks["errors"])
    assert sum(row[2] for row in blocks["confusion"]["table"]["rows"]) == 200
    member = next((run.path / "members").iterdir())
    assert not (member / "report.html").exists()
    assert command(["report", str(member)]) == 0
    assert blocks_of(modelwright.Run(member))["importance"]["kind"] == "figure"
    assert command(["report", str(run.path)]) == 0
    assert blocks_of(run).keys() == blocks.keys()


def test_no_report_is_written_where_none_is_asked_for(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(csv.parent)
    words = ["train", str(csv), "--target", "y", "train.epochs=2", "--quiet"]
    assert command([*words, "--no-report"]) == 0
    assert not Path("runs/rows-1/report.html").exists()
    assert command(words) == 0
    assert Path("runs/rows-2/report.html").exists() and Path("runs/rows-2/report.json").exists()


def test_runs_are_compared_on_a_page(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [made("binary").path, trained(asked(csv, report=None), tmp_path), made("regression").path]
    page = tmp_path / "both.html"
    assert command(["compare", *map(str, runs), "--html", str(page)]) == 0
    assert "rmse" in capsys.readouterr().out
    with browser_or_skip() as browser:
        browser.open(page)
        browser.wait_until("document.documentElement.dataset.figures === 'drawn'")
        said = [e for e in browser.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
        shown = browser.evaluate("document.body.innerText")
    assert said == []
    assert all(str(run) in shown for run in runs) and "different metrics" in shown


def test_figures_are_written_as_files(capsys: pytest.CaptureFixture[str]) -> None:
    browser_or_skip().close()
    run = made("few")
    assert command(["report", str(run.path), "--figures"]) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert written and all(path.parent == run.path / "report/figures" for path in written)
    assert all(path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and path.stat().st_size > 2000 for path in written)


def test_frames_in_memory_have_reports_too() -> None:
    run = made("multilabel")
    assert blocks_of(run)["flow"]["kind"] == "flow"
    assert isinstance(pl.read_parquet(run.path / "data.parquet"), pl.DataFrame)
    assert command(["report", str(run.path)]) == 0


def test_python_users_have_reports_unless_they_say_otherwise(csv: Path, tmp_path: Path) -> None:
    given = {"target": "y", "train": {"epochs": 1}, "runs": tmp_path}
    assert (modelwright.train(csv, report=True, **given).path / "report.html").exists()
    quiet = modelwright.train(csv, report=False, **given).path
    assert not list(quiet.glob("report*"))
    asked = "import inspect, modelwright as m; print([inspect.signature(f).parameters['report'].default for f in"
    said = subprocess.run(
        [sys.executable, "-c", f"{asked} (m.train, m.resume)])"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[True, True]"  # these tests run with another default
