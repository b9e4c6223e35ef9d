"""Write scikit-learn's 1,797 handwritten digits as pictures, one folder a class: `digits/3/0013.png`.

python examples/digits/make_pictures.py            # beside this script; or: … FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits


def main(folder: Path) -> None:
    """Write the pictures; grey of 0 to 16 becomes 0 to 255."""
    digits = load_digits()
    for number, (picture, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        place = folder / str(digit)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 255 / 16).round().astype("uint8")).save(place / f"{number:04d}.png")
    print(f"{len(digits.target):,} pictures in {folder.name}/")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "digits")
