"""Pictures written as text: their bytes in base64, as CSV files and JSON lines hold them."""

from __future__ import annotations

import base64
import binascii
import re

BEGIN = ("iVBORw0KGgo", "/9j/", "R0lGOD", "Qk", "SUkqA", "TU0AK", "UklGR")
"""What the first bytes of png, jpeg, gif, bmp, tiff and webp become."""
SHORTEST = 40  # letters; the smallest picture takes more
LETTERS = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


def is_coded(text: str) -> bool:
    """Return whether a text is a picture in base64, alone or as an address (`data:image/png;base64,…`).

    >>> is_coded("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
    True
    >>> is_coded("Qkerchief of the wearer"), is_coded("cats/1.png")
    (False, False)
    """
    letters = _letters(text)
    return len(letters) >= SHORTEST and letters.startswith(BEGIN) and LETTERS.fullmatch(letters) is not None


def coded_bytes(text: str) -> bytes:
    """Return the bytes of a picture in base64; what is left of them where letters are missing."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", _letters(text))
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:  # one letter too many
        return base64.b64decode(letters[: len(letters) // 4 * 4])


def _letters(text: str) -> str:
    head, found, rest = text.partition(";base64,")
    return (rest if found and head.startswith("data:") else text).strip()
