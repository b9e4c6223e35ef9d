"""Every reader of pictures gets the same pictures in its own form and must give the same bytes and labels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modelwright.data.columns import Table
from modelwright.data.images.memory import examples_of
from modelwright.data.table import from_frame, read
from modelwright.spec.schema import DataSpec
from pictures import EXACT, classes, encoded, folders, idx, mnist_like, shades


def pictures_of(table: Table) -> np.ndarray:
    """Return the pictures in the order of the rows."""
    (column,) = [column.name for column in table.columns if column.kind == "image"]
    return table.media[column][table.frame[column].to_numpy()]


def in_order(pictures: np.ndarray, labels: list[str]) -> dict[str, set[bytes]]:
    """Return the pictures of each class: folders are read class by class, tables row by row."""
    return {
        name: {picture.tobytes() for picture, own in zip(pictures, labels, strict=True) if own == name}
        for name in sorted(set(labels))
    }


@pytest.mark.parametrize(
    ("form", "channels"), [(form, count) for form in EXACT for count in (1, 3) if "webp" not in form or count == 3]
)
def test_every_form_gives_the_same_bytes_and_labels(form: str, channels: int, tmp_path: Path) -> None:
    pictures, names = shades(channels=channels), classes()
    table = read(DataSpec(path=str(EXACT[form](tmp_path / "set", pictures, names))), tmp_path)
    found = pictures_of(table)
    assert found.dtype == np.uint8 and found.shape == pictures.shape
    assert in_order(found, table.frame["label"].to_list()) == in_order(pictures, names)
    assert table.names[-1] == "label" and table.column("label").kind == "category"
    again = read(DataSpec(path=str(tmp_path / "set" if "folders" in form else table.reading.paths[0])), tmp_path)
    assert again.reading.fingerprint == table.reading.fingerprint
    assert (pictures_of(again) == found).all()


@pytest.mark.parametrize("form", EXACT)
def test_another_label_or_another_pixel_is_another_fingerprint(form: str, tmp_path: Path) -> None:
    pictures, names = shades(), classes()
    seen: set[str] = set()
    for number, (x, y) in enumerate(((pictures, names), (255 - pictures, names), (pictures, names[1:] + names[:1]))):
        path = EXACT[form](tmp_path / str(number), x, y)
        seen.add(read(DataSpec(path=str(path)), tmp_path).reading.fingerprint)
    assert len(seen) == 3


@pytest.mark.parametrize(("suffix", "most"), [("jpg", 40), ("gif", 0)])
def test_forms_that_lose_bytes_lose_few(suffix: str, most: int, tmp_path: Path) -> None:
    pictures = np.repeat(np.repeat(shades(side=4), 4, 2), 4, 3)
    table = read(DataSpec(path=str(folders(tmp_path / "set", pictures, classes(), suffix))), tmp_path)
    found = pictures_of(table)
    order = sorted(range(len(pictures)), key=lambda row: (row % 3, row))
    grey = found if found.shape[1] == 1 else found[:, :1]  # GIF has palettes, which may hold any colours
    assert np.abs(grey.astype(int) - pictures[order]).max() <= most


@pytest.mark.parametrize("pack", [False, True])
def test_mnists_four_files_are_training_and_test(pack: bool, tmp_path: Path) -> None:
    train, test = shades(), 255 - shades(9)
    table = read(DataSpec(path=str(mnist_like(tmp_path / "mnist", train, test, pack))), tmp_path)
    assert table.parts is not None
    assert (pictures_of(table)[table.parts == 0] == train).all() and (
        pictures_of(table)[table.parts == 2] == test
    ).all()
    assert table.frame["label"].to_list() == [n % 3 for n in range(24)] + [n % 3 for n in range(9)]
    assert "t10k-images" in table.reading.why["format"]


def test_parts_may_be_folders_or_paths(tmp_path: Path) -> None:
    for part, rows in (("train", 12), ("val", 6), ("test", 9)):
        folders(tmp_path / "set" / part, shades(rows), classes(rows))
    inside = read(DataSpec(path="set"), tmp_path)
    assert inside.parts is not None and np.bincount(inside.parts).tolist() == [12, 6, 9]
    apart = read(DataSpec(path="set/train", validation="set/val", test="set/test"), tmp_path)
    assert apart.parts is not None and apart.parts.tolist() == inside.parts.tolist()
    assert (pictures_of(apart) == pictures_of(inside)).all()


def test_idx_files_may_be_given_apart(tmp_path: Path) -> None:
    mnist_like(tmp_path / "a", shades(), shades(3))
    data = DataSpec(path="a/train-images-idx3-ubyte", test="a/t10k-images-idx3-ubyte")
    table = read(data, tmp_path)
    assert table.parts is not None and np.bincount(table.parts).tolist() == [24, 0, 3]


def test_keras_and_medmnist_archives_have_parts(tmp_path: Path) -> None:
    x, y = shades(12), np.arange(12)[:, None] % 3
    np.savez(tmp_path / "keras.npz", x_train=x[:, 0], y_train=y[:, 0], x_test=x[:3, 0], y_test=y[:3, 0])
    np.savez(tmp_path / "med.npz", train_images=x[:, 0], train_labels=y, val_images=x[:2, 0], val_labels=y[:2])
    keras, med = (read(DataSpec(path=name), tmp_path) for name in ("keras.npz", "med.npz"))
    assert keras.parts is not None and np.bincount(keras.parts).tolist() == [12, 0, 3]
    assert med.parts is not None and np.bincount(med.parts).tolist() == [12, 2]
    assert keras.frame["label"].to_list()[:4] == [0, 1, 2, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_of_python_may_have_any_order_of_axes(channels: int) -> None:
    pictures = shades(channels=channels)
    forms = [pictures, pictures.transpose(0, 2, 3, 1)] + ([pictures[:, 0]] if channels == 1 else [])
    for array in forms:
        examples, names = examples_of(array, classes(), [])
        table = from_frame(examples, DataSpec())
        assert names == ["label"] and (pictures_of(table) == pictures).all()
        assert table.frame["label"].to_list() == classes()


MODES = {
    "1": lambda: Image.fromarray(np.eye(8, dtype=bool)),
    "L": lambda: Image.fromarray(shades()[0, 0]),
    "LA": lambda: Image.fromarray(shades()[0, 0]).convert("LA"),
    "P": lambda: Image.fromarray(shades(channels=3)[0].transpose(1, 2, 0)).quantize(16),
    "RGB": lambda: Image.fromarray(shades(channels=3)[0].transpose(1, 2, 0)),
    "RGBA": lambda: Image.fromarray(shades(channels=3)[0].transpose(1, 2, 0)).convert("RGBA"),
    "I;16": lambda: Image.fromarray((shades()[0, 0].astype(np.uint16) << 8) + 7),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_read(mode: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(3):
            MODES[mode]().save(tmp_path / "set" / name / f"{number}.png")
    found = pictures_of(read(DataSpec(path="set"), tmp_path))
    assert found.shape[1] == (3 if mode in ("P", "RGB", "RGBA") else 1)
    wanted = MODES[mode]()
    plain = shades()[0] if mode == "I;16" else np.asarray(wanted.convert("RGB" if found.shape[1] == 3 else "L"))
    assert (found[0] == (plain.transpose(2, 0, 1) if plain.ndim == 3 and found.shape[1] == 3 else plain)).all()


def test_grey_and_coloured_pictures_together_are_coloured(tmp_path: Path) -> None:
    folders(tmp_path / "set", shades(6), ["a"] * 6)
    folders(tmp_path / "set", shades(6, channels=3), ["b"] * 6)
    table = read(DataSpec(path="set"), tmp_path)
    assert pictures_of(table).shape == (12, 3, 8, 8)
    assert (pictures_of(table)[:6] == shades(6)).all() and (pictures_of(table)[6:] == shades(6, channels=3)).all()


def test_the_cameras_rotation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    wide = np.zeros((1, 8, 16), np.uint8)
    wide[0, :, :8] = 255
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "1.jpg").write_bytes(encoded(wide, "jpeg", exif=exif.tobytes(), quality=95))
    table = read(DataSpec(path="set"), tmp_path)
    found = pictures_of(table)[0, 0]
    assert found.shape == (16, 8) and found[:6].min() > 200 and found[-6:].max() < 60
    assert any("EXIF" in finding.message for finding in table.findings)


def test_sizes_that_differ_are_made_equal_and_said(tmp_path: Path) -> None:
    folders(tmp_path / "set", shades(6, side=16), classes(6))
    folders(tmp_path / "set" / "more", shades(3, side=12), classes(3))
    for name in ("cat", "dog", "owl"):
        (tmp_path / "set" / "more" / name).rename(tmp_path / "set" / name / "small")
    (tmp_path / "set" / "more").rmdir()
    table = read(DataSpec(path="set"), tmp_path)
    assert pictures_of(table).shape == (9, 1, 16, 16)
    (found,) = [finding for finding in table.findings if finding.code == "D111"]
    assert "2 sizes" in found.message and found.help == "transform: Resize((16, 16))"
    said = read(DataSpec(path="set"), tmp_path, ["Resize((10, 12))"])
    assert pictures_of(said).shape == (9, 1, 10, 12) and not said.findings
    cropped = read(DataSpec(path="set"), tmp_path, ["Resize(14)", "CenterCrop(10)"])
    assert pictures_of(cropped).shape == (9, 1, 10, 10)
    small = Image.open(io.BytesIO(encoded(shades(3, side=12)[0])))
    wanted = np.asarray(small.resize((14, 14), Image.Resampling.BILINEAR))[2:12, 2:12]
    assert any((picture[0] == wanted).all() for picture in pictures_of(cropped))


def test_the_second_run_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders(tmp_path / "set", shades(), classes())
    first = pictures_of(read(DataSpec(path="set"), tmp_path)).copy()

    def fail(*_: object) -> None:
        raise AssertionError("a picture was decoded again")

    monkeypatch.setattr("modelwright.data.images.store.decode", fail)
    table = read(DataSpec(path="set"), tmp_path)
    assert isinstance(table.media["image"], np.memmap) and (pictures_of(table) == first).all()
    monkeypatch.undo()
    file = next((tmp_path / "set").rglob("*.png"))
    file.write_bytes(encoded(255 - shades()[0]))
    assert (pictures_of(read(DataSpec(path="set"), tmp_path)) != first).any()


def test_a_cache_that_cannot_be_written_or_is_damaged_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folders(tmp_path / "set", shades(), classes())
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("MODELWRIGHT_CACHE", str(blocked))
    first = pictures_of(read(DataSpec(path=str(path)), tmp_path))
    monkeypatch.setenv("MODELWRIGHT_CACHE", str(tmp_path / "cache"))
    read(DataSpec(path=str(path)), tmp_path)
    for file in (tmp_path / "cache").rglob("*.npy"):
        file.write_bytes(file.read_bytes()[:100])
    assert (pictures_of(read(DataSpec(path=str(path)), tmp_path)) == first).all()


def test_a_table_keeps_its_other_columns_and_its_rows(tmp_path: Path) -> None:
    pictures = shades()
    path = EXACT["a table of paths"](tmp_path / "set", pictures, classes())
    frame = pl.read_csv(path).with_columns(pl.Series("age", range(24)), pl.Series("last", classes()))
    frame.write_csv(path)
    table = read(DataSpec(path=str(path)), tmp_path)
    assert table.names == ["file_name", "label", "age", "last"] and table.column("file_name").kind == "image"
    assert (pictures_of(table) == pictures).all() and table.frame["age"].to_list() == list(range(24))
    assert table.files[3] == "pictures/00003.png"


def test_one_idx_file_alone_is_training(tmp_path: Path) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(idx(shades()[:, 0]))
    (tmp_path / "labels-idx1-ubyte").write_bytes(idx(np.arange(24) % 3))
    table = read(DataSpec(path="."), tmp_path)
    assert table.parts is None and (pictures_of(table) == shades()).all()
