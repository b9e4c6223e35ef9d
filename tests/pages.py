"""What the tests of the pages share: the machinery of scripts/doc_blocks.py."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import doc_blocks  # noqa: E402

__all__ = ["ROOT", "doc_blocks"]
