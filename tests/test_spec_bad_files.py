"""Files that are no descriptions: missing, empty, wrongly encoded, not YAML, or made to cost time or memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.source import from_text, read
from somebody import posix, unreadable

LAUGHS = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def problem(path: Path) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        read(path)
    (finding,) = caught.value.diagnostics
    return finding


def wrong(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        from_text(text)
    return caught.value.diagnostics[-1]


def test_a_missing_file_shows_its_near_miss(tmp_path: Path) -> None:
    (tmp_path / "adult.yaml").write_text("task: auto")
    finding = problem(tmp_path / "adlut.yaml")
    assert (finding.code, finding.help) == ("F001", str(tmp_path / "adult.yaml"))
    assert "adult.yaml" in problem(tmp_path / "zzz.yaml").help
    assert "no folder" in problem(tmp_path / "nowhere" / "a.yaml").help


def test_a_folder_and_a_data_file_are_not_descriptions(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("task: auto")
    assert (problem(tmp_path).code, problem(tmp_path).help) == ("F008", str(tmp_path / "a.yaml"))
    data = problem(tmp_path / "adult.csv")
    assert data.code == "F008"
    assert "modelwright init" in data.help


@posix
def test_a_file_without_read_permission(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("task: auto")
    with unreadable(file) as name:
        assert problem(name).code == "F001"


@pytest.mark.parametrize(
    ("content", "code", "says", "line"),
    [
        (b"", "F002", "empty", None),
        (b" \n\t\n", "F002", "empty", None),
        (b"# only a comment\n", "F002", "empty", None),
        (b"task: auto\nscale: \0none\n", "F004", "NUL", 2),
        ("task: auto".encode("utf-16"), "F004", "UTF-16", None),
        ("task: auto\n# é\n".encode("latin-1"), "F004", "0xe9 is not UTF-8", 2),
        (b"- a\n- b\n", "Y002", "keys at its top level", 1),
        (b"just text", "Y002", "keys at its top level", 1),
    ],
)
def test_content_that_is_no_description(tmp_path: Path, content: bytes, code: str, says: str, line: int | None) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    finding = problem(file)
    assert finding.code == code
    assert says in finding.message
    assert finding.where.file == str(file)
    if line is not None:
        assert finding.where.line == line


def test_a_byte_order_mark_and_carriage_returns_are_nothing_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbftrain:\r\n  epochs: 3\r\n")
    description = read(file)
    assert description.spec.train.epochs == 3
    assert description.place("train.epochs").line == 2
    assert description.place("train.epochs").source == "  epochs: 3"


@pytest.mark.parametrize(
    ("text", "says", "line", "column"),
    [
        ("train:\n\tepochs: 3\n", "a tab stands in the indentation", 2, 1),
        ("data: x: y", "a second `:`", 1, 8),
        ("task: auto\n scale: none", "a second `:`", 2, 7),
        ("train: [1, 2", "not closed", 1, 13),
        ("train: {epochs: 3", "not closed", 1, 18),
        ("data:\n  path: 1\n target: 2", "does not continue", 3, 2),
        ("data: 'x", "a quote is not closed", 1, 9),
        ("data: *x", "an alias that is not defined", 1, 7),
        ("data: @x", "cannot start a value", 1, 7),
        ("data: {path: a.csv}\nmodel: {a: mlp(hidden=[3])}", "a list inside a call", 2, 23),
        ('data: "\\q"', "starts an escape", 1, 9),
        ("task: auto\n---\ntask: binary", "a second document", 2, 1),
        ("task: \x07", "an unprintable character", 1, 7),
    ],
)
def test_what_is_not_yaml_is_said_with_line_and_column(text: str, says: str, line: int, column: int) -> None:
    finding = wrong(text)
    assert finding.code == "Y006"
    assert says in finding.message
    assert (finding.where.line, finding.where.column) == (line, column)


def test_what_was_read_before_is_said() -> None:
    finding = wrong("data: {path: a.csv}\ntask: auto\nscale: @\n")
    assert finding.known == "read so far: data, task"
    assert finding.where.source == "scale: @"


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "data: &a [*a]",
        "data: &a {path: *a}",
        "data: " + "[" * 5_000,
        "data: " + "{a: " * 5_000,
        "data:\n  " + "- " * 3_000,
        "data: [" + "x, " * 10_000 + "x]",
        "x" * 200_000,
        "data: !!python/object/apply:os.system ['true']",
        "data: {path: !!python/name:os.system x}",
        "data: !custom {path: x}",
        "<<: {task: auto}",
        "? [a, b]\n: 1",
    ],
)  # fmt: skip
def test_hostile_yaml_is_refused(text: str) -> None:
    assert wrong(text).code in ("Y001", "Y006")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc:-[]{}(),.&*!|>'\"#%@ \n\t19", max_size=60))
def test_any_text_is_a_description_or_a_problem(text: str) -> None:
    try:
        from_text(text)
    except SpecError as error:
        assert error.diagnostics
        for finding in error.diagnostics:
            assert finding.message
            if finding.where.source is not None and finding.where.column is not None:
                assert 0 < finding.where.column <= len(finding.where.source) + 1
