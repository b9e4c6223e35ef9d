"""One picture file → bytes [H, W] or [H, W, 3], by Pillow: all modes, 16 bits, the camera's rotation applied."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin, TiffImagePlugin, WebPImagePlugin

LOADED = (TiffImagePlugin, WebPImagePlugin)  # else Pillow loads all its formats at the first of these two
JPEG = b"\xff\xd8\xff"
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
LARGEST = 89_478_485  # pixels, Pillow's own limit: a small file can claim so many that memory runs out
ORIENTATION = 0x0112
DAMAGED = (
    *(OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, KeyError, OverflowError, MemoryError),
    *(ZeroDivisionError, AttributeError, struct.error, zlib.error, Image.DecompressionBombError, NotImplementedError),
)
"""What Pillow raises for damaged files, by format."""
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
GREY = ("1", "L", "LA", "La", *DEEP)
TRANSPARENT = ("RGBA", "LA", "PA", "La", "RGBa")


class Unreadable(Exception):
    """A picture that cannot be decoded; the text says why."""


def decode(content: bytes, colours: int = 0) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the bytes of a picture, and what was done to it (`16 bits`, `rotated`, …).

    `colours` 1 or 3 asks for grey or RGB; 0 takes what is there. Transparency is left out and palettes become colours,
    as torchvision's ImageFolder has it; 16 bits become 8. Raises Unreadable.
    """
    try:
        image, notes = opened(content)
        return pixels(image, colours), notes
    except DAMAGED as error:
        raise Unreadable(_why(error, content)) from error


@contextmanager
def quiet() -> Generator[None]:
    """Keep Pillow from warning of what is told otherwise. The filters are the process': not for each thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened(content: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    """Return a decoded picture, upright, and what was noticed."""
    if content.startswith(JPEG):  # what Image.open would try after others, without what it asks about each
        image: Image.Image = JpegImagePlugin.JpegImageFile(io.BytesIO(content))
    else:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if not width or not height:
        raise Unreadable(f"it has no pixels: {height}×{width}")
    if width * height > LARGEST:
        raise Unreadable(f"{height:,}×{width:,} pixels are more than {LARGEST:,}: it may be a decompression bomb")
    notes: list[str] = []
    if image.format in ("GIF", "WEBP", "TIFF") and getattr(image, "n_frames", 1) > 1:
        notes.append("animated")  # the first picture is taken
    image.load()
    if image.mode in DEEP:
        notes.append("16 bits")
    elif image.mode == "CMYK":
        notes.append("CMYK")
    elif image.mode in TRANSPARENT or "transparency" in image.info:
        notes.append("transparent")
    if "exif" in image.info and image.getexif().get(ORIENTATION, 1) not in (0, 1):
        image = ImageOps.exif_transpose(image)
        notes.append("rotated")
    return image, tuple(notes)


def pixels(image: Image.Image, colours: int = 0) -> np.ndarray:
    """Return a picture's bytes, grey as [H, W] and colours as [H, W, 3]."""
    grey = image.mode in GREY if colours == 0 else colours == 1
    if image.mode in DEEP:
        image = Image.fromarray(eight_bits(np.asarray(image)))
    wanted = "L" if grey else "RGB"
    image = image if image.mode == wanted else image.convert(wanted)
    # What np.asarray gives too, which asks Pillow for more than these bytes.
    shape = (image.height, image.width) if grey else (image.height, image.width, 3)
    return np.frombuffer(image.tobytes(), dtype=np.uint8).reshape(shape)


def eight_bits(deep: np.ndarray) -> np.ndarray:
    """Return numbers of 16 bits (or real ones of 0 to 1) as bytes.

    >>> eight_bits(np.array([0, 256, 65535], dtype=np.uint16)).tolist()
    [0, 1, 255]
    """
    if deep.dtype.kind == "f":
        top = float(np.nanmax(deep, initial=0.0))
        scale = 255.0 if top <= 1.0 else 1.0 if top <= 255.0 else 255.0 / 65535.0
        return np.clip(np.nan_to_num(deep) * scale, 0, 255).astype(np.uint8)
    return (np.clip(deep, 0, 65535).astype(np.uint16) >> 8).astype(np.uint8)


def _why(error: BaseException, content: bytes) -> str:
    if not content:
        return "the file is empty"
    text = " ".join(str(error).split())
    if "identif" in text or not text:  # "cannot identify image file", "not identified by this driver"
        return "it is no picture that can be read (png, jpeg, webp, bmp, gif, tiff)"
    if "truncated" in text.lower():
        return f"it is cut short ({text})"
    return text[:200]
