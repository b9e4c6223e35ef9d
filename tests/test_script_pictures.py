"""`modelwright script` of pictures: each script, run, gives the losses and the weights of its run, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import modelwright
from modelwright import RunError
from pictures import classes, folders, idx, image, mnist_like, shades, table_of_bytes, table_of_paths
from scripts import repeats, written

FAST = {"epochs": 2, "batch_size": 16, "precision": "float32"}
LAYERS = ["Conv2d(..., 4, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Flatten", "Linear(..., ...)"]
CASES: dict[str, dict[str, Any]] = {
    "linear": {"model": "linear"},
    "cnn": {"model": "cnn(widths=[4, 8])"},
    "resnet": {"model": "resnet(width=4, wider=[8], more=0)"},
    "layers": {"model": LAYERS, "transform": "Normalize(0.1307, 0.3081)"},
    "mlp": {"model": ["Flatten", "Linear(..., 8)", "Tanh", "Dropout(0.2)", "Linear(..., ...)"]},
    "pooling inside": {
        "model": ["Residual(Conv2d(..., 1, 3, padding=1), Tanh, MaxPool2d(3, 1, 1))", "Flatten", "Linear(..., ...)"]
    },
    "bfloat16": {"model": LAYERS, "train": FAST | {"precision": "bfloat16"}},
    "class weights": {"model": LAYERS, "train": FAST | {"class_weight": "balanced", "batch_size": 7}},
    "resized": {"model": LAYERS, "transform": ["Resize((6, 6))", "CenterCrop(5)", "Pad((1, 2))", "ToTensor"]},
    "mirrored": {"model": LAYERS, "augment": "RandomHorizontalFlip", "evaluate": {"mirror": True}},
    "crop": {"model": LAYERS, "augment": ["RandomCrop(8, padding=2)", "RandomVerticalFlip(p=0.3)"]},
    "crop, reflected": {"model": LAYERS, "augment": ["RandomCrop(8, padding=(1, 2), padding_mode='reflect')"]},
    "crop, symmetric": {"model": LAYERS, "augment": ["RandomCrop(8, padding=1, padding_mode='symmetric')"]},
    "warps": {"model": LAYERS, "augment": ["RandomRotation(10)", "RandomAffine(5, translate=(0.1, 0.1), fill=9)"]},
    "resized crop": {"model": LAYERS, "augment": ["RandomResizedCrop(8, scale=(0.5, 1.0))", "RandomErasing"]},
    "mixes": {"model": LAYERS, "augment": ["RandomErasing(p=0.9)", "MixUp(alpha=0.4)", "CutMix"]},
}
COLOURED: dict[str, dict[str, Any]] = {
    "colours": {"model": LAYERS, "transform": "Normalize((0.4, 0.5, 0.6), (0.2, 0.2, 0.3))"},
    "grey": {"model": LAYERS, "transform": ["Grayscale", "ToTensor"]},
    "jitter": {"model": LAYERS, "augment": ["ColorJitter(0.2, 0.2, 0.2, 0.1)"]},
}
ROWS = 90


def apart(train: int, test: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures for training and other ones for testing; the class of each shows in its brightness."""
    every = shades(train + test)
    return every[:train], every[train:]


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mnist_like(tmp_path_factory.mktemp("data") / "mnist", *apart(ROWS, 30))


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders(tmp_path_factory.mktemp("data") / "pets", shades(ROWS, 3), classes(ROWS))


@pytest.mark.parametrize("case", CASES)
def test_mnist_files(case: str, mnist: Path, tmp_path: Path) -> None:
    text = repeats(mnist, tmp_path, **{"train": FAST, **CASES[case]})
    assert "def read_idx(name)" in text


@pytest.mark.parametrize("case", COLOURED)
def test_folders_of_classes(case: str, coloured: Path, tmp_path: Path) -> None:
    text = repeats(coloured, tmp_path, **{"train": FAST, **COLOURED[case]})
    assert "Image.open(file)" in text and 'FOLDER.glob("*/*.png")' in text


def test_packed_files(tmp_path: Path) -> None:
    place = mnist_like(tmp_path / "packed", *apart(60, 30), pack=True)
    assert "gzip.decompress" in repeats(place, tmp_path, model=LAYERS, train=FAST)


def test_one_file_without_parts(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "images-idx3-ubyte").write_bytes(idx(shades(60)[:, 0]))
    (tmp_path / "set" / "labels-idx1-ubyte").write_bytes(idx(np.arange(60) % 3))
    repeats(tmp_path / "set", tmp_path, model=LAYERS, train=FAST, split={"folds": 3})


def test_parts_and_sizes_and_kinds_of_pictures(tmp_path: Path) -> None:
    pictures, names = shades(60, 3), classes(60)
    for part, rows in (("train", slice(0, 40)), ("val", slice(40, 50)), ("test", slice(50, 60))):
        folders(tmp_path / "pets" / part, pictures[rows], names[rows])
    folder = tmp_path / "pets" / "train" / "cat"
    image(pictures[0]).resize((11, 9)).save(folder / "wide.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    image(pictures[1]).save(folder / "turned.jpg", exif=turned)
    Image.fromarray(pictures[2, 0].astype(np.uint16) * 256).save(folder / "deep.png")
    text = repeats(tmp_path / "pets", tmp_path, model=LAYERS, train=FAST, ignore=["D111"])
    assert "exif_transpose" in text and "eight_bits" in text and ".resize((8, 8)" in text


def test_pictures_that_python_gave_are_read_from_the_run(tmp_path: Path) -> None:
    pictures = (shades(60), np.array(classes(60)))
    run = modelwright.train(*pictures, model=LAYERS, train=FAST, runs=tmp_path / "runs")
    assert 'np.load(FOLDER / "data.image.npy")' in written(run.path, tmp_path / "train.py")


@pytest.mark.parametrize("nested", [False, True])
def test_a_column_of_bytes(nested: bool, tmp_path: Path) -> None:
    rows = table_of_bytes(tmp_path / "rows", shades(60, 3), classes(60), nested)
    text = repeats(rows, tmp_path, target="label", model=LAYERS, train=FAST)
    assert "Image.open(io.BytesIO(content))" in text and ('.struct.field("bytes")' in text) == nested


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint16])
def test_arrays_in_one_file(kind: type, tmp_path: Path) -> None:
    scale = 257 if kind is np.uint16 else 1
    np.savez(tmp_path / "set.npz", images=shades(60)[:, 0].astype(kind) * scale, labels=np.arange(60)[:, None] % 3)
    text = repeats(tmp_path / "set.npz", tmp_path, model=LAYERS, train=FAST)
    assert "[:, None]" in text and 'arrays["labels"][:, 0]' in text


def test_arrays_in_parts_and_beside_one_another(tmp_path: Path) -> None:
    (pictures, others), names = apart(60, 30), np.array(classes(60))
    wide = {"x_train": pictures.transpose(0, 2, 3, 1), "x_test": others.transpose(0, 2, 3, 1)}
    np.savez(tmp_path / "set.npz", **wide, y_train=names, y_test=names[:30])
    assert ".transpose(0, 3, 1, 2)" in repeats(tmp_path / "set.npz", tmp_path, model=LAYERS, train=FAST)
    np.save(tmp_path / "x.npy", pictures)
    np.save(tmp_path / "labels.npy", names)
    assert 'np.load(FOLDER / "labels.npy")' in repeats(tmp_path / "x.npy", tmp_path, model=LAYERS, train=FAST)


def test_a_column_of_paths(tmp_path: Path) -> None:
    rows = table_of_paths(tmp_path / "rows", shades(60, 3), classes(60))
    assert "FILE.parent / one" in repeats(rows, tmp_path, model=LAYERS, train=FAST)


def test_arrays_in_several_files_are_refused(tmp_path: Path) -> None:
    for name, pictures in zip(("set", "test"), apart(60, 30), strict=True):
        np.savez(tmp_path / f"{name}.npz", images=pictures, labels=np.array(classes(len(pictures))))
    given = {"data": {"test": str(tmp_path / "test.npz")}, "model": LAYERS, "train": FAST}
    run = modelwright.train(tmp_path / "set.npz", runs=tmp_path / "runs", **given)
    with pytest.raises(RunError, match="several files of arrays") as told:
        written(run.path, tmp_path / "train.py")
    assert told.value.diagnostics[0].code == "R010"
