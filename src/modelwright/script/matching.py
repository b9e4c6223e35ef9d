"""The section that reads pictures that match by their names, a folder a side; tried before it is written."""

from __future__ import annotations

import numpy as np

from modelwright.data.columns import Media
from modelwright.script.code import Group, block, lines, literal, text
from modelwright.script.decoding import DIFFERS, decode_lines, run_lines
from modelwright.script.geometry import geometry_lines
from modelwright.script.reading import folder_of
from modelwright.script.section import Section, Source, impossible, indented

MATCHED = '''
def files_of(side):
    """Return the pictures of a folder by their names without suffix."""
    files = sorted((FOLDER / side).rglob("*"))
    chosen = [file for file in files if file.suffix in SUFFIXES]
    return {file.relative_to(FOLDER / side).with_suffix(""): file for file in chosen}


files = [files_of(side) for side in SIDES]
names = [name for name in files[0] if all(name in side for side in files)]
'''


def write(source: Source) -> Section:
    """Return the section that leaves `pictures`, uint8 [N, C, H, W] a side, and `frame`; RunError R010 where the lines
    give other pictures than the run had."""
    contrast, table = source.plan.contrast, source.assembly.prepared.dataset.table
    assert contrast is not None
    sides = [side[0] for side in contrast.sides]
    folder = (source.request.base / str(source.spec.data.path)).expanduser().resolve()
    files = [file for side in sides for file in sorted((folder / side).rglob("*")) if file.is_file()]
    decode, needs = decode_lines(source, files)
    suffixes = tuple(map(text, sorted({file.suffix for file in files})))
    made = [f"FOLDER = {folder_of(source, folder)}", *lines(literal(sides), "SIDES = ")]
    made += [*lines(Group("(", suffixes, ")"), "SUFFIXES = "), "", "", *block(MATCHED), "", "", *decode, "", ""]
    made += ["pictures = [np.stack([read_picture(side[name]) for name in names]) for side in files]"]
    made += ['frame = pl.DataFrame({"picture": range(len(names))})']
    _require_same(source, run_lines(made, folder, needs)["pictures"], sides, table.media)
    shape = table.media[sides[0]].shape[1:]
    sized = geometry_lines(source.plan.inputs[0].transform, shape)
    if sized:
        made += ["", "", "def sized(x):", '    """Return pictures as the model takes them, bytes as before."""']
        made += [*indented(sized), "    return x", "", ""]
        made += ["slices = [torch.from_numpy(each).split(1024) for each in pictures]"]
        made += ["pictures = [np.concatenate([sized(x).numpy() for x in each]) for each in slices]"]
    imports = ("import numpy as np", "import polars as pl", "from pathlib import Path", *needs)
    return Section(lines=made, imports=(*imports, "import torch", "from torch.nn import functional"))


def _require_same(source: Source, found: list[np.ndarray], sides: list[str], media: Media) -> None:
    frame = source.assembly.prepared.dataset.table.frame
    wanted = [media[side][frame[side].to_numpy()] for side in sides]
    if not all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True)):
        raise impossible(source, DIFFERS, "convert them to PNG of one size, and train")
