"""Write housing.csv: 3,000 rows of the California housing table, drawn at random, each line as it stands.

python examples/housing/make_sample.py california-housing/housing.csv
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

ROWS = 3000
SEED = 0
TARGET = Path(__file__).with_name("housing.csv")


def sample(text: str, rows: int = ROWS, seed: int = SEED) -> str:
    """Return the header and `rows` of the other lines, in the order they have in the file."""
    header, *lines = text.splitlines(keepends=True)
    chosen = sorted(random.Random(seed).sample(range(len(lines)), rows))
    return header + "".join(lines[index] for index in chosen)


if __name__ == "__main__":
    TARGET.write_text(sample(Path(sys.argv[1]).read_text(encoding="utf-8")), encoding="utf-8")
