"""What goes wrong with pictures: each case says what, where and how to mend it, and nothing is lost."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modelwright.data.images.memory import examples_of
from modelwright.data.table import read
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec
from pictures import classes, encoded, folders, idx, mnist_like, shades, table_of_paths


def png_of(height: int, width: int) -> bytes:
    """Return a PNG whose header claims a size, with hardly any bytes behind it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 10)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def good(path: Path) -> Path:
    return folders(path / "set", shades(), classes())


def with_file(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        good(path)
        (path / "set" / name).write_bytes(content())
        return path / "set"

    return make


def empty_class(path: Path) -> Path:
    (good(path) / "yak").mkdir()
    return path / "set"


def one_of_another_size(path: Path) -> Path:
    good(path)
    (path / "set/cat/zz.png").write_bytes(encoded(shades(side=12)[0]))
    return path / "set"


def idx_cut_short(path: Path) -> Path:
    mnist_like(path / "set", shades(), shades(3))
    file = path / "set/train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-5])
    return path / "set"


def idx_too_long(path: Path) -> Path:
    mnist_like(path / "set", shades(), shades(3), pack=True)
    import gzip

    file = path / "set/train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(idx(shades()[:, 0]) + bytes(50_000_000)))
    return path / "set"


def idx_claims_much(path: Path) -> Path:
    mnist_like(path / "set", shades(), shades(3))
    (path / "set/train-images-idx3-ubyte").write_bytes(struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**15, 2**15))
    return path / "set"


def idx_other_labels(path: Path) -> Path:
    mnist_like(path / "set", shades(), shades(3))
    (path / "set/train-labels-idx1-ubyte").write_bytes(idx(np.arange(20) % 3))
    return path / "set"


def idx_no_labels(path: Path) -> Path:
    mnist_like(path / "set", shades(), shades(3))
    (path / "set/train-labels-idx1-ubyte").unlink()
    return path / "set"


def path_that_leaves(path: Path) -> Path:
    file = table_of_paths(path / "set", shades(), classes())
    frame = pl.read_csv(file)
    frame = frame.with_columns(
        pl.when(pl.int_range(24) == 4).then(pl.lit("../../etc/x.png")).otherwise("file_name").alias("file_name")
    )
    frame.write_csv(file)
    return file


def path_that_is_not_there(path: Path) -> Path:
    file = table_of_paths(path / "set", shades(), classes())
    (path / "set/pictures/00007.png").unlink()
    return file


def loose(path: Path) -> Path:
    (path / "set").mkdir()
    (path / "set/a.png").write_bytes(encoded(shades()[0]))
    return path / "set"


def pickled(path: Path) -> Path:
    np.savez(path / "set.npz", images=shades(), labels=np.array(classes(), dtype=object))
    return path / "set.npz"


def archive_of_others(path: Path) -> Path:
    np.savez(path / "set.npz", weights=shades(), notes=np.arange(24))
    return path / "set.npz"


def archive_uneven(path: Path) -> Path:
    np.savez(path / "set.npz", images=shades(), labels=np.arange(20) % 3)
    return path / "set.npz"


def archive_of_floats(path: Path) -> Path:
    np.savez(path / "set.npz", images=shades()[:, 0] / 255, labels=np.arange(24) % 3)
    return path / "set.npz"


def archive_damaged(path: Path) -> Path:
    file = pickled(path)
    file.write_bytes(file.read_bytes()[:200])
    return file


CASES: dict[str, tuple[Callable[[Path], Path], str, tuple[str, ...]]] = {
    "empty class": (empty_class, "D111", ("set/yak/", "no pictures", "on_error: skip")),
    "truncated": (
        with_file("cat/t.jpg", lambda: encoded(shades(channels=3, side=64)[0], "jpeg")[:700]),
        "D111",
        ("cat/t.jpg", "cut short", "on_error: skip"),
    ),
    "no picture": (with_file("cat/n.png", lambda: b"hello"), "D111", ("cat/n.png", "no picture")),
    "empty file": (with_file("dog/e.png", lambda: b""), "D111", ("dog/e.png", "empty")),
    "0×0": (with_file("dog/z.png", lambda: png_of(0, 0)), "D111", ("dog/z.png",)),
    "bomb": (with_file("dog/b.png", lambda: png_of(60_000, 60_000)), "D111", ("dog/b.png", "bomb")),
    "IDX cut short": (idx_cut_short, "D113", ("train-images-idx3-ubyte", "disagrees", "24 × 8 × 8")),
    "IDX too long": (idx_too_long, "D113", ("train-images-idx3-ubyte", "more than")),
    "IDX claims much": (idx_claims_much, "D113", ("train-images-idx3-ubyte", "claims")),
    "IDX other labels": (idx_other_labels, "D113", ("24 pictures", "20 labels")),
    "IDX no labels": (idx_no_labels, "D113", ("no labels", "train-labels-idx1-ubyte")),
    "a path that leaves": (path_that_leaves, "F001", ("outside the folder", "../../etc/x.png")),
    "a path that is not there": (path_that_is_not_there, "D111", ("pictures/00007.png", "no such file")),
    "no classes": (loose, "F008", ("no folders of classes", "cats/1.png")),
    "pickle": (pickled, "F004", ("pickle", "never opens")),
    "other arrays": (archive_of_others, "F006", ("images and labels", "weights")),
    "uneven": (archive_uneven, "D113", ("24 pictures and 20 labels",)),
    "floats": (archive_of_floats, "S306", ("float64", "(X * 255).round().astype('uint8')")),
    "damaged archive": (archive_damaged, "F004", ("set.npz",)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_says_what_and_where(case: str, tmp_path: Path) -> None:
    make, code, words = CASES[case]
    path = make(tmp_path)
    before = sorted(str(file) for file in tmp_path.rglob("*"))
    with pytest.raises(DataError) as caught:
        read(DataSpec(path=str(path)), tmp_path)
    first = caught.value.diagnostics[0]
    told = f"{first.message} {first.where.file} {first.expected} {first.received} {first.help}"
    assert first.code == code, told
    for word in words:
        assert word in told
    assert sorted(str(file) for file in tmp_path.rglob("*")) == before


def test_all_damaged_pictures_are_told_at_once(tmp_path: Path) -> None:
    path = good(tmp_path)
    for number in range(25):
        (path / "cat" / f"x{number}.png").write_bytes(b"no")
    with pytest.raises(DataError) as caught:
        read(DataSpec(path=str(path)), tmp_path)
    assert len(caught.value.diagnostics) == 21
    assert any("5 further" in found.message for found in caught.value.diagnostics)


@pytest.mark.parametrize("name", ["desktop.ini", ".DS_Store", "Thumbs.db", "cat/desktop.ini", "cat/._00000.png"])
def test_files_of_the_system_are_no_class_and_no_picture(name: str, tmp_path: Path) -> None:
    path = good(tmp_path)
    (path / name).write_bytes(b"[x]")
    table = read(DataSpec(path=str(path)), tmp_path)
    assert len(table.frame) == 24 and table.column("label").unique == 3
    assert any("beside the pictures" in finding.message and finding.severity == "note" for finding in table.findings)


@pytest.mark.parametrize("name", [".git", "__MACOSX"])
def test_folders_of_the_system_are_no_class(name: str, tmp_path: Path) -> None:
    path = good(tmp_path)
    folders(path / name, shades(3), ["x"] * 3)
    assert len(read(DataSpec(path=str(path)), tmp_path).frame) == 24


def test_damaged_pictures_can_be_left_out_and_are_listed(tmp_path: Path) -> None:
    path = good(tmp_path)
    (path / "cat/00000.png").write_bytes(b"no")
    (path / "yak").mkdir()
    for _ in range(2):  # decoded, and from the cache
        table = read(DataSpec(path=str(path), on_error="skip"), tmp_path)
        assert (
            len(table.frame) == 23 and (table.media["image"][table.frame["image"].to_numpy()] > 0).any((1, 2, 3)).all()
        )
        (found,) = [finding for finding in table.findings if finding.severity == "warning"]
        assert "1 picture of 24" in found.message and "cat/00000.png" in found.received


def test_rows_without_a_picture_can_be_left_out(tmp_path: Path) -> None:
    file = path_that_is_not_there(tmp_path)
    table = read(DataSpec(path=str(file), on_error="skip"), tmp_path)
    wanted = [name for row, name in enumerate(classes()) if row != 7]
    assert table.frame["label"].to_list() == wanted
    assert (table.media["file_name"][table.frame["file_name"].to_numpy()] == np.delete(shades(), 7, 0)).all()


def test_one_picture_of_another_size_is_said(tmp_path: Path) -> None:
    table = read(DataSpec(path=str(one_of_another_size(tmp_path))), tmp_path)
    (found,) = [finding for finding in table.findings if finding.code == "D111"]
    assert found.severity == "warning" and "8×8" in found.received and "12×12" in found.received
    assert table.media["image"].shape == (25, 1, 8, 8)


@pytest.mark.parametrize(
    ("array", "code", "word"),
    [
        (np.zeros((5, 6, 6, 7), np.uint8), "S302", "channels"),
        (np.zeros((5, 3, 8, 8)), "S306", "float64"),
        (np.full((5, 8, 8), 300, np.int64), "S306", "300"),
        (np.zeros((0, 8, 8), np.uint8), "D111", "no pixels"),
    ],
)
def test_arrays_that_are_no_pictures(array: np.ndarray, code: str, word: str) -> None:
    with pytest.raises(DataError) as caught:
        examples_of(array, np.zeros(len(array)), [])
    (found,) = caught.value.diagnostics
    assert found.code == code and word in f"{found.message} {found.expected}"


def test_labels_that_do_not_fit_an_array() -> None:
    with pytest.raises(DataError, match="does not fit"):
        examples_of(shades(), classes()[:-1], [])
