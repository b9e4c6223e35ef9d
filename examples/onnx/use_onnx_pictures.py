"""Say what pictures show with an exported model: ONNX Runtime, NumPy and Pillow, without modelwright.

    python use_onnx_pictures.py model.onnx cat.png dog.jpg

Sizes and colours are those the model was trained with; what `transform` did to the pictures is inside the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def picture(file: Path, shape: list[int]) -> np.ndarray:
    """Return a picture as the model takes it: bytes [C, H, W]."""
    colours, height, width = shape
    image = Image.open(file).convert("L" if colours == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(height, width, colours).transpose(2, 0, 1)


def main() -> None:
    """Print an answer a picture: its file, the class, the probabilities of all."""
    session = onnxruntime.InferenceSession(sys.argv[1])
    about = json.loads(session.get_modelmeta().custom_metadata_map["modelwright"])
    (described,) = about["inputs"]
    files = [Path(name) for name in sys.argv[2:]]
    pictures = np.stack([picture(file, described["shape"][1:]) for file in files])
    classes, probabilities = session.run(["prediction", "probabilities"], {described["name"]: pictures})
    for file, name, row in zip(files, classes, probabilities, strict=True):
        print(f"{file.name}: {name:<10}", "  ".join(f"{value:.4f}" for value in row))


if __name__ == "__main__":
    main()
