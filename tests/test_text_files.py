"""Texts in folders: a text a file in a folder for each class, or a text a line in a file for each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.data.table import from_frame, read
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

TEXTS = {"bad": ["cold grey rain\nagain", "it was dull"], "good": ["warm day", "a happy song", "ça va bien"]}


def folders(root: Path, encoding: str = "utf-8") -> Path:
    for name, texts in TEXTS.items():
        (root / name).mkdir(parents=True)
        for number, text in enumerate(texts):
            (root / name / f"{number}.txt").write_bytes(text.encode(encoding))
    return root


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    table = read(DataSpec(path=str(folders(tmp_path / "moods"))), Path())
    assert table.frame.rows() == [(text, name) for name, texts in TEXTS.items() for text in texts]
    assert table.reading.format == "texts" and table.reading.paths == (str(tmp_path / "moods"),)
    assert "a folder for each class" in table.reading.why["format"]


def test_a_file_for_each_class(tmp_path: Path) -> None:
    for name, texts in TEXTS.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(text.replace("\n", " ") for text in texts) + "\n\n")
    table = read(DataSpec(path=tmp_path.name), tmp_path.parent)
    assert table.frame["class"].to_list() == ["bad"] * 2 + ["good"] * 3
    assert table.frame["text"][0] == "cold grey rain again"


def test_folders_of_parts(tmp_path: Path) -> None:
    folders(tmp_path / "train")
    folders(tmp_path / "test")
    table = read(DataSpec(path="train", test="test"), tmp_path)
    assert table.parts is not None and table.parts.tolist() == [0] * 5 + [2] * 5


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_texts_in_another_encoding_are_read_and_it_is_said(encoding: str, tmp_path: Path) -> None:
    table = read(DataSpec(path=str(folders(tmp_path / "moods", encoding))), Path())
    assert table.frame["text"].to_list() == [text for texts in TEXTS.values() for text in texts]
    assert "encoding" in table.reading.why


def test_bytes_that_are_no_text_are_refused_with_their_file(tmp_path: Path) -> None:
    folders(tmp_path)
    (tmp_path / "good" / "9.txt").write_bytes(b"ab\x00\x01\x00cd")
    with pytest.raises(DataError) as raised:
        read(DataSpec(path=str(tmp_path)), Path())
    (found,) = raised.value.diagnostics
    assert found.code == "F004" and "9.txt" in found.message


def test_an_encoding_that_is_given_wrongly_is_refused_with_the_line(tmp_path: Path) -> None:
    folders(tmp_path, "latin-1")
    with pytest.raises(DataError) as raised:
        read(DataSpec(path=str(tmp_path), encoding="utf-8"), Path())
    (found,) = raised.value.diagnostics
    assert found.code == "F004" and found.where.line == 1


def test_empty_files_hold_no_texts(tmp_path: Path) -> None:
    for name in TEXTS:
        (tmp_path / f"{name}.txt").touch()
    with pytest.raises(DataError) as raised:
        read(DataSpec(path=str(tmp_path)), Path())
    assert raised.value.diagnostics[0].code == "F002"


def test_a_folder_of_tables_stays_one(tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / f"{part}.txt").write_text("x\ty\n1\t2\n3\t4\n")
    assert read(DataSpec(path=str(tmp_path)), Path()).names == ["x", "y"]


def test_a_list_of_texts_is_a_column() -> None:
    assert from_frame(["one", "two"], DataSpec()).names == ["text"]
