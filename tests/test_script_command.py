"""`modelwright script` as a command: files read in every way, what is refused, and that the script stands alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import modelwright
from modelwright.cli import run as command
from scripts import is_tidy, records, repeats, written
from test_script import FAST, table

GIVEN: dict[str, Any] = {"target": "kind", "model": "linear", "train": FAST}
SAID = {"true": "yes"}


def rows() -> pl.DataFrame:
    return table(160).drop("town", "owner", "day", "far", "w")


def padded(frame: pl.DataFrame) -> bytes:
    lines = frame.write_csv(null_value="?").splitlines()
    return "\n".join(", ".join(line.split(",")) for line in lines).encode() + b"\n"


def german(frame: pl.DataFrame) -> bytes:
    text = frame.with_columns(pl.col(pl.Float64).cast(pl.String).str.replace(".", ",", literal=True))
    return text.write_csv(separator=";", null_value="unknown").encode()


WAYS = {
    "padded.csv": padded,
    "german.csv": german,
    "tabs.tsv": lambda frame: frame.write_csv(separator="\t", null_value="-").encode(),
    "latin.csv": lambda frame: frame.with_columns(pl.col("colour").replace("red", "röt")).write_csv().encode("latin-1"),
    "thousands.csv": lambda frame: (
        (frame.with_columns(pl.col("price") * 1000).with_columns(price=pl.format('"{},{}"', pl.lit(12), pl.lit(345))))
        .write_csv(quote_style="never")
        .encode()
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_text_files(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(WAYS[name](rows()))
    text = repeats(file, tmp_path, **GIVEN)
    assert f'FILE = Path(__file__).parent / "{name}"' in text


@pytest.mark.parametrize("write", [padded, pl.DataFrame.write_csv], ids=["padded", "plain"])
def test_a_file_without_a_header_that_ends_with_a_blank_line(write: Callable[..., Any], tmp_path: Path) -> None:
    """As Adult's: the last line is blank, and versions of polars count nameless columns from 0 or from 1."""
    found = write(rows())
    content = found.encode() if isinstance(found, str) else found
    file = tmp_path / "trees.csv"
    file.write_bytes(content.partition(b"\n")[2] + b"\n")
    column = f"column_{rows().columns.index('kind') + 1}"
    text = repeats(file, tmp_path, **(GIVEN | {"target": column}))
    assert "new_columns=" in text


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl"])
def test_typed_files(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"trees.{suffix}"
    write = {"parquet": pl.DataFrame.write_parquet, "arrow": pl.DataFrame.write_ipc, "jsonl": pl.DataFrame.write_ndjson}
    write[suffix](rows().with_columns(flag=pl.col("flag") == "yes"), file)
    repeats(file, tmp_path, **GIVEN)


def test_several_files_and_replaced_spellings(tmp_path: Path) -> None:
    frame = rows()
    files = {part: tmp_path / f"{part}.csv" for part in ("train", "test")}
    for number, file in enumerate(files.values()):
        frame.gather_every(2, number).write_csv(file)
    data = {"test": str(files["test"]), "replace": {"colour": {"grey": "gray"}}}
    repeats(files["train"], tmp_path, **GIVEN, data=data)


def test_rows_that_python_gave_are_read_from_the_run(tmp_path: Path) -> None:
    text = repeats(rows(), tmp_path, **GIVEN)
    assert "pl.read_parquet(FILE)" in text


def test_a_description_that_was_not_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows().write_csv(tmp_path / "trees.csv")
    words = ["script", str(tmp_path / "trees.csv"), "--target", "kind", "model=linear", "train.epochs=2"]
    assert command(words) == 0
    printed = capsys.readouterr().out
    target = tmp_path / "train.py"
    assert command([*words, "-o", str(target)]) == 0 and "Run it: python" in capsys.readouterr().err
    assert is_tidy(target) == "" and "EPOCHS, BATCH_SIZE = 0, 2, " in printed
    assert command([*words, "-o", str(target)]) == 1
    assert "is there already, and is kept" in capsys.readouterr().err
    assert (
        command([*words, "train.epochs=3", "-o", str(target), "--force"]) == 0
        and "EPOCHS, BATCH_SIZE = 0, 3, " in target.read_text()
    )
    assert command(["script", str(tmp_path / "tress.csv")]) == 1
    assert "did you mean" in capsys.readouterr().err


def test_the_script_needs_no_modelwright(tmp_path: Path) -> None:
    file = tmp_path / "trees.csv"
    rows().write_csv(file)
    run = modelwright.train(file, runs=tmp_path / "runs", **GIVEN)
    text = written(run.path, tmp_path / "train.py")
    assert "modelwright" not in text.partition('"""\n')[2].replace("Written by modelwright", "")
    blocked = (
        "import sys; sys.modules.update(modelwright=None, sklearn=None, pandas=None, safetensors=None, pyarrow=None)"
    )
    told = f"{blocked}; import runpy; runpy.run_path('train.py'); assert 'torch._dynamo' not in sys.modules"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", told]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert records(tmp_path / "train.metrics.jsonl") == records(run.path / "metrics.jsonl")


def test_a_script_ends_with_0_at_its_last_line_and_with_1_after_an_error(tmp_path: Path) -> None:
    """Its end leaves torch standing, which must not hide what was printed, nor an error, nor end others' sessions."""
    rows().write_csv(tmp_path / "trees.csv")
    run = modelwright.train(tmp_path / "trees.csv", runs=tmp_path / "runs", **GIVEN)
    text = written(run.path, tmp_path / "train.py")
    start, end = text.rsplit('if __name__ == "__main__"', 1)
    assert end.rstrip().splitlines()[-1].startswith("    os._exit(0)")
    imports = "import os\nimport sys\n"
    for name, code in {"good": "print('told', end='')\n", "bad": "assert 1 > 2, 'too low'\n"}.items():
        (tmp_path / f"{name}.py").write_text(f'{imports}{code}if __name__ == "__main__"{end}')
    assert start
    done = [process(tmp_path, name) for name in ("good.py", "bad.py")]
    assert (done[0].returncode, done[0].stdout) == (0, "told")
    assert done[1].returncode == 1 and "AssertionError: too low" in done[1].stderr
    session = process(tmp_path, "-i", "good.py", text="print('goes on'); raise SystemExit(3)")
    assert session.returncode == 3 and "goes on" in session.stdout


def process(folder: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, input=text)


def test_changed_data_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "trees.csv"
    rows().write_csv(file)
    run = modelwright.train(file, runs=tmp_path / "runs", **GIVEN)
    rows().head(150).write_csv(file)
    assert command(["script", str(run.path)]) == 1
    assert "not those that this run was trained on" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["penguins", "messages", "airline"])
def test_textbook_cases_are_short(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(__file__).parents[1] / "examples" / name
    assert command(["script", str(folder / f"{name}.yaml")]) == 0
    assert 100 <= len(capsys.readouterr().out.splitlines()) <= 250


def test_the_end_is_quick_and_keeps_what_was_printed(tmp_path: Path) -> None:
    file = tmp_path / "trees.csv"
    rows().write_csv(file)
    assert command(["script", str(file), "--target", "kind", "train.epochs=1", "-o", str(tmp_path / "train.py")]) == 0
    program = [sys.executable, str(tmp_path / "train.py")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "test rows" in done.stdout.splitlines()[-1] and done.stderr == ""
    file.unlink()
    assert subprocess.run(program, capture_output=True, check=False).returncode == 1
