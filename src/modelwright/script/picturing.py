"""The section that reads pictures: MNIST's files, folders of classes, arrays of a run; tried before it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.images.folders import PART_NAMES
from modelwright.data.images.idx import GZIP
from modelwright.data.images.mnist import idx_files, labels_of
from modelwright.run.folder import FRAME
from modelwright.run.kept import ARRAY
from modelwright.script import reading
from modelwright.script.arraying import array_lines
from modelwright.script.code import Group, block, flat, lines, literal, text
from modelwright.script.decoding import DIFFERS, array_of, decode_lines, run_lines, shape_of, try_lines
from modelwright.script.geometry import geometry_lines
from modelwright.script.readers import reader_for
from modelwright.script.reading import folder_of
from modelwright.script.section import Section, Source, impossible, indented

SLICES = ["slices = torch.from_numpy(pictures).split(1024)  # all at once would be float64"]
IDX = '''
def read_idx(name):
    """Return the array in a file of MNIST's format: a header with its sizes, then bytes."""
    content = {content}
    sizes = np.frombuffer(content, ">u4", content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)
'''


def write(source: Source) -> Section:
    """Return the section that leaves `pictures` uint8 [N, C, H, W] and `frame` with their labels; RunError R010 for
    pictures that come in another way."""
    form = source.plan.data.format
    if source.request.frame is not None:
        made, imports = _ofrun_lines(source), ("import polars as pl",)
    elif form == "idx":
        made, imports = _idx(source)
    elif form == "images":
        made, imports = _folders(source)
    elif form in ("npz", "npy"):
        parts = source.assembly.prepared.dataset.table.parts
        made = array_lines(source, _words(source), [] if parts is None else _parts(parts))
        imports = ()
    elif source.plan.data.options.get("picture"):
        made, imports = _column(source)
    else:
        fix = "put them into a folder for each class, and train"
        raise impossible(source, f"a script cannot read pictures that come as {form} yet", fix)
    found = geometry_lines(source.plan.inputs[0].transform, shape_of(source))
    if found:
        made += ["", "", "def sized(x):", '    """Return pictures as the model takes them, bytes as before."""']
        made += [
            *indented(found),
            "    return x",
            "",
            "",
            *SLICES,
            "pictures = np.concatenate([sized(x).numpy() for x in slices])",
        ]
    return Section(
        lines=made,
        imports=(
            "import numpy as np",
            "import polars as pl",
            "from pathlib import Path",
            *imports,
            *(("import torch", "from torch.nn import functional") if found else ()),
        ),
    )


def _words(source: Source) -> str:
    """Return what makes words of labels, which are classes; nothing where they are numbers."""
    return ".cast(pl.String)" if source.plan.task in ("binary", "multiclass") else ""


def _ofrun_lines(source: Source) -> list[str]:
    """Return the lines that read what Python gave from the run folder."""
    name = source.plan.inputs[0].name
    file = None if source.run is None else source.run / ARRAY.format(name)
    if source.run is None or file is None or not file.exists():
        raise impossible(source, "its pictures were given by a Python program", "write them to files, and train")
    folder = folder_of(source, source.run)
    labels = list(source.plan.outputs.targets)
    return [
        f"FOLDER = {folder}",
        f'pictures = np.load(FOLDER / "{file.name}")',
        *lines(literal(labels), f'frame = pl.read_parquet(FOLDER / "{FRAME}", columns=', f"){_words(source)}"),
    ]


def _idx(source: Source) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines that read MNIST's files."""
    data = source.spec.data
    table = source.assembly.prepared.dataset.table
    places = [path for path in (data.path, data.validation, data.test) if path is not None]
    folders = [source.request.base / Path(str(path)).expanduser() for path in places]
    files = [file for folder in folders for file in idx_files(folder)]
    pairs = [(file, labels_of(file, file.parent.name)) for file in files]
    base = Path(os.path.commonpath([file.parent for file in files]))
    packed = any(one.read_bytes()[:2] == GZIP for pair in pairs for one in pair)
    content = "gzip.decompress((FOLDER / name).read_bytes())" if packed else "(FOLDER / name).read_bytes()"
    named = [[text(one.relative_to(base).as_posix()) for one in pair] for pair in pairs]
    made = [f"FOLDER = {folder_of(source, base)}", "", "", *block(IDX.format(content=content)), "", ""]
    if len(pairs) == 1:
        made += [f"pictures = read_idx({named[0][0]})[:, None]"]
        made += lines(Group("pl.DataFrame({", (f'"label": read_idx({named[0][1]})',), "})"), "frame = ", _words(source))
    else:
        each = tuple(Group("(", tuple(pair), ")") for pair in named)
        made += lines(Group("[", each, "]"), "NAMES = ")
        made += ["pictures = np.concatenate([read_idx(name) for name, _ in NAMES])[:, None]"]
        made += ["label = np.concatenate([read_idx(name) for _, name in NAMES])"]
        made += [f'frame = pl.DataFrame({{"label": label}}){_words(source)}']
    if table.parts is not None:
        made += _parts(table.parts)
    needs = ("import gzip",) if packed else ()
    found = run_lines(made, base, needs)
    same = np.array_equal(found["pictures"], array_of(source)) and found["frame"]["label"].to_list() == _labels(source)
    if not same:
        raise impossible(source, DIFFERS, "put them into a folder for each class, and train")
    return made, needs


def _labels(source: Source) -> list[Any]:
    column = source.assembly.prepared.dataset.table.frame["label"]
    return (column.cast(str) if source.plan.task in ("binary", "multiclass") else column).to_list()


def _parts(parts: np.ndarray) -> list[str]:
    """Return the line that gives each row its part, by runs of equal ones."""
    borders = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(parts)]
    counts = [b - a for a, b in pairwise(borders)]
    numbers = [int(parts[start]) for start in borders[:-1]]
    made = lines(Group("np.repeat(", (flat(literal(numbers)), flat(literal(counts))), ")"), "part = ")
    return ["# 0: training, 1: validation, 2: test", *made]


def _folders(source: Source) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines that read folders of classes."""
    table = source.assembly.prepared.dataset.table
    data = source.spec.data
    places = [path for path in (data.path, data.validation, data.test) if path is not None]
    roots = [(source.request.base / Path(str(path)).expanduser()).resolve() for path in places]
    wanted = [_absolute(name, [str(path) for path in places], roots) for name in table.files]
    starts = list(dict.fromkeys(_start(file, roots) for file in wanted))
    base = Path(os.path.commonpath(starts))
    suffixes = sorted({file.suffix for file in wanted})
    decode, needs = decode_lines(source, wanted)
    made = [f"FOLDER = {folder_of(source, base)}"]
    if table.parts is None:
        made += _listed("FOLDER", suffixes, wanted, base)
    else:
        names = [text(start.relative_to(base).as_posix()) for start in starts]
        numbers = [int(table.parts[next(k for k, f in enumerate(wanted) if _start(f, roots) == s)]) for s in starts]
        made += ["files, part = [], []  # 0: training, 1: validation, 2: test"]
        each = tuple(Group("(", (str(number), name), ")") for number, name in zip(numbers, names, strict=True))
        made += lines(Group("(", each, ")"), "for number, name in ", ":")
        inner = _listed("(FOLDER / name)", suffixes, wanted, base)
        inner = [line.replace("files", "found") for line in inner]
        made += indented([*inner, "files += found", "part += [number] * len(found)"])
        made += ["part = np.array(part)"]
    depth = {len(file.relative_to(_start(file, roots)).parts) for file in wanted}
    label = "file.parent.name" if depth == {2} else "file.relative_to(FOLDER).parts[0]"
    if depth != {2} and table.parts is not None:
        raise impossible(source, "its classes hold folders, and come in parts", "put each class into one folder")
    found = run_lines(made, base, ())
    if found["files"] != wanted:
        raise impossible(source, "its folders hold files that are left out", "remove what is no picture, and train")
    made += ["", "", *decode, "", "", "pictures = np.stack([read_picture(file) for file in files])"]
    made += [f'frame = pl.DataFrame({{"label": [{label} for file in files]}})']
    try_lines(source, decode, needs, wanted)
    return made, needs


def _column(source: Source) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines that read a table with a column of paths, or of pictures as bytes."""
    table, name = source.assembly.prepared.dataset.table, str(source.plan.data.options["picture"])
    given = reading.files_of(source)
    reader = reader_for(source, given, {}, [])
    column = pl.concat([reader.read(file.path or Path()) for file in given], how="vertical_relaxed")[name]
    each = f"frame[{text(name)}]"
    if isinstance(column.dtype, pl.Struct):
        column, each = column.struct.field("bytes"), f'{each}.struct.field("bytes")'
    inside = column.dtype == pl.Binary
    if not inside and len(given) > 1:
        raise impossible(source, "several tables name its pictures", "put them into one table, and train")
    folder = (given[0].path or Path()).resolve().parent
    found = column.to_list() if inside else [folder / file for file in table.files]
    section = reading.write(source, pictures=name, inside=inside)
    decode, needs = decode_lines(source, found)
    made = [*section.lines, "", "", *decode, "", ""]
    what, taken = (
        (f"contents = {each}", "content") if inside else (f"files = [FILE.parent / one for one in {each}]", "file")
    )
    made += [what, f"pictures = np.stack([read_picture({taken}) for {taken} in {taken}s])"]
    try_lines(source, decode, needs, found)
    return made, (*section.imports, *needs)


def _listed(folder: str, suffixes: Sequence[str], wanted: Sequence[Path], base: Path) -> list[str]:
    """Return the lines that list pictures in the order of their names."""
    del base
    deep = any(len(file.parts) != len(wanted[0].parts) for file in wanted)
    stars = "*/**/*" if deep else "*/*"
    if len(suffixes) == 1:
        return [f'files = sorted({folder}.glob("{stars}{suffixes[0]}"))']
    return [
        f'files = sorted({folder}.glob("{stars}"))',
        f"files = [one for one in files if one.suffix in {flat(literal(list(suffixes)))}]",
    ]


def _absolute(name: str, given: Sequence[str], roots: Sequence[Path]) -> Path:
    """Return where a file stands whose name begins with one of the paths that were given."""
    for path, root in zip(given, roots, strict=True):
        shown_as = path.rstrip("/")
        if name.startswith(f"{shown_as}/"):
            return root / name[len(shown_as) + 1 :]
    return Path(name)


def _start(file: Path, roots: Sequence[Path]) -> Path:
    """Return the folder whose subfolders are the classes."""
    root = next(root for root in roots if file.is_relative_to(root))
    first = file.relative_to(root).parts[0]
    inside = first.lower() in PART_NAMES and len(file.relative_to(root).parts) > 2
    return root / first if inside else root
