"""The function that decodes one picture, tried before it is written; and running lines of a script to see them."""

from __future__ import annotations

import runpy
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from modelwright.data.images.decode import DEEP, ORIENTATION, eight_bits
from modelwright.data.images.sizes import SAMPLING, cropped
from modelwright.script.section import Source, impossible, indented
from modelwright.script.shown import shown
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import pair

TRIED = 16  # pictures of a folder that are decoded by the script's own lines
DIFFERS = "it gives other pictures than the run had"


def array_of(source: Source) -> np.ndarray:
    """Return the pictures of the run in the order of its rows."""
    table = source.assembly.prepared.dataset.table
    name = source.plan.inputs[0].name
    return table.media[name][table.frame[name].to_numpy()]


def shape_of(source: Source) -> tuple[int, ...]:
    """Return the shape of a picture as it is read."""
    return source.assembly.prepared.dataset.table.media[source.plan.inputs[0].name].shape[1:]


def run_lines(made: Sequence[str], base: Path, imports: Sequence[str]) -> dict[str, Any]:
    """Run lines of the script as they will be run, to see what they give."""
    given = [line for line in made if not line.startswith("FOLDER = ")]
    head = ["import numpy as np", "import polars as pl", "from pathlib import Path", *imports]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "reading.py"
        file.write_text("\n".join([*head, *given]), encoding="utf-8")
        return runpy.run_path(str(file), {"FOLDER": base})


def decode_lines(source: Source, files: Sequence[Path | bytes]) -> tuple[list[str], tuple[str, ...]]:
    """Return the function that decodes one picture, a file or its bytes, with what some of these pictures need."""
    grey, inside = shape_of(source)[0] == 1, isinstance(files[0], bytes)
    taken = "content" if inside else "file"
    made = [f"image = Image.open({'io.BytesIO(content)' if inside else 'file'})"]
    needs = ["from PIL import Image", *(["import io"] if inside else [])]
    modes, turned = _looked_at(files)
    before: list[str] = []
    if turned:
        made.append("image = ImageOps.exif_transpose(image)  # as the camera was held")
        needs[0] = "from PIL import Image, ImageOps"
    if modes & set(DEEP):
        before += [*shown([eight_bits]), "", ""]
        made += ['if image.mode.startswith(("I", "F")):  # 16 bits']
        made += ["    image = Image.fromarray(eight_bits(np.asarray(image)))"]
    made.append(f'image = image.convert("{"L" if grey else "RGB"}")')
    crop = False
    for step in source.plan.data.options.get("steps") or ():
        more, cut = _step(source, str(step))
        made, crop = made + more, crop or cut
    before = [*shown([cropped]), "", "", *before] if crop else before
    made.append(f"return np.asarray(image){'[None]' if grey else '.transpose(2, 0, 1)'}")
    doc = "bytes [1, H, W]" if grey else "bytes [3, H, W]"
    return [*before, f"def read_picture({taken}):", f'    """Return a picture as {doc}."""', *indented(made)], tuple(
        needs
    )


def _looked_at(files: Sequence[Path | bytes]) -> tuple[set[str], bool]:
    """Return the modes of pictures, and whether one has to be turned; only their headers are read."""
    modes, turned = set[str](), False
    for file in files:
        with Image.open(BytesIO(file) if isinstance(file, bytes) else file) as image:
            modes.add(image.mode)
            turned = turned or ("exif" in image.info and image.getexif().get(ORIENTATION, 1) not in (0, 1))
    return modes, turned


def _step(source: Source, step: str) -> tuple[list[str], bool]:
    """Return the lines that resize or crop a decoded picture, and whether they call `cropped`."""
    one = parse(step)
    given = bind("transform", one)
    if one.name == "CenterCrop":
        tall, wide = pair(given["size"])
        return [f"image = Image.fromarray(cropped(np.asarray(image), {tall}, {wide}))"], True
    sampling = SAMPLING[str(given.get("interpolation", "bilinear"))].name
    size = given.get("size")
    if isinstance(size, tuple) and len(size) == 2:
        tall, wide = pair(size)
        return [f"image = image.resize(({wide}, {tall}), Image.Resampling.{sampling})"], False
    if given.get("max_size") is not None:
        raise impossible(source, "`max_size` of Resize cannot be written yet", "give both sizes: Resize((32, 32))")
    small = pair(size)[0]
    return [
        "width, height = image.size",
        f"short, long = {small}, int({small} * max(width, height) / min(width, height))",
        "size = (long, short) if height <= width else (short, long)",
        f"image = image.resize(size, Image.Resampling.{sampling})",
    ], False


def try_lines(source: Source, decode: Sequence[str], needs: Sequence[str], files: Sequence[Path | bytes]) -> None:
    """Decode some pictures by the script's lines; RunError R010 where they are not those of the run."""
    read = run_lines(decode, Path(), needs)["read_picture"]
    chosen: Iterator[int] = iter(range(0, len(files), max(1, len(files) // TRIED)))
    array = array_of(source)
    if not all(np.array_equal(read(files[row]), array[row]) for row in chosen):
        raise impossible(source, DIFFERS, "convert them to PNG, and train")
