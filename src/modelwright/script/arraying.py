"""Reading pictures that are arrays in a file: .npz with its parts, .npy with the labels beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from modelwright.data.images.arrays import LABEL_WORDS, array_keys
from modelwright.script.code import Group, lines, text
from modelwright.script.decoding import DIFFERS, array_of, run_lines
from modelwright.script.reading import folder_of
from modelwright.script.section import Source, impossible

BYTES = {"b": ".astype(np.uint8) * 255", "i": ".astype(np.uint8)", "u": ".astype(np.uint8)"}
"""What makes bytes of other numbers, by the kind of their dtype."""


def array_lines(source: Source, words: str, part: list[str]) -> list[str]:
    """Return the lines that read them; `words` makes words of labels, `part` are the lines that give rows their part.

    Raises RunError R010 where several files hold the parts, or where these lines give others than the run had.
    """
    data = source.spec.data
    if data.validation is not None or data.test is not None or not isinstance(data.path, str):
        raise impossible(source, "its pictures stand in several files of arrays", "put them into one .npz, and train")
    file = (source.request.base / Path(data.path).expanduser()).resolve()
    made = [f"FOLDER = {folder_of(source, file.parent)}"]
    if file.suffix.lower() == ".npy":
        beside = next(one for word in LABEL_WORDS if (one := file.with_name(f"{word}.npy")).exists())
        pictures, labels = np.load(file, mmap_mode="r"), np.load(beside)
        read, told = f"np.load(FOLDER / {text(file.name)})", f"np.load(FOLDER / {text(beside.name)})"
    else:
        made.append(f"arrays = dict(np.load(FOLDER / {text(file.name)}))")
        with np.load(file) as archive:
            pairs = [(x, y) for x, y, _ in array_keys(archive.files)]
            pictures, labels = archive[pairs[0][0]], archive[pairs[0][1]]
        read, told = (f"arrays[{text(name)}]" for name in pairs[0])
        if len(pairs) > 1:
            names = tuple(Group("(", (text(x), text(y)), ")") for x, y in pairs)
            made += lines(Group("[", names, "]"), "NAMES = ")
            read = "np.concatenate([arrays[name] for name, _ in NAMES])"
            told = "np.concatenate([arrays[name] for _, name in NAMES])"
    made += [f"pictures = {_bytes(read, pictures)}", *_labels(source, told, labels, words), *part]
    _require_same(source, made, file.parent)
    return made


def _bytes(read: str, array: np.ndarray) -> str:
    """Return the expression of pictures as bytes, channels first."""
    shape = array.shape
    if array.ndim == 3:
        read += "[:, None]"
    elif shape[1] not in (1, 3, 4):
        read += ".transpose(0, 3, 1, 2)"
    if array.dtype == np.uint16:
        return f"({read} >> 8).astype(np.uint8)"
    return read if array.dtype == np.uint8 else f"{read}{BYTES.get(array.dtype.kind, '')}"


def _labels(source: Source, told: str, labels: np.ndarray, words: str) -> list[str]:
    more = {"O": ".astype(str)", "S": ".astype(str)", "b": ".astype(np.uint8)"}.get(labels.dtype.kind, "")
    if labels.ndim > 1 and labels.shape[1] > 1:
        columns = '{f"label_{number}": column for number, column in enumerate(label.T, 1)}'
        return [f"label = {told}{more}", f"frame = pl.DataFrame({columns})"]
    more = f"[:, 0]{more}" if labels.ndim > 1 else more
    column = f"{text(source.plan.outputs.targets[0])}: label"
    return [f"label = {told}{more}", f"frame = pl.DataFrame({{{column}}}){words}"]


def _require_same(source: Source, made: list[str], base: Path) -> None:
    found = run_lines(made, base, ())
    frame = source.assembly.prepared.dataset.table.frame
    classes = source.plan.task in ("binary", "multiclass")
    same = np.array_equal(found["pictures"], array_of(source)) and all(
        found["frame"][name].to_list() == (frame[name].cast(str) if classes else frame[name]).to_list()
        for name in source.plan.outputs.targets
    )
    if not same:
        raise impossible(source, DIFFERS, "save them as uint8 [N, C, H, W], and train")
