"""Numbers as small pictures: PNG files within the page."""

from __future__ import annotations

import base64
import io

import numpy as np

from modelwright.report.gallery_html import DATA

VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five colours of matplotlib's viridis, dark to light: even to the eye, and to eyes that see no red or green."""
BELOW, ABOVE = np.array((31.0, 99.0, 214.0)), np.array((192.0, 82.0, 10.0))
GROUND = np.array((207.0, 214.0, 222.0))
MOST_PIXELS = 112  # a side; larger pictures are made smaller


def png(pixels: np.ndarray) -> str:
    """Return uint8 `[H, W]` or `[H, W, 3]` as the data: address of a PNG.

    >>> png(np.zeros((2, 2), np.uint8))[:30]
    'data:image/png;base64,iVBORw0K'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", optimize=True)
    return DATA + base64.b64encode(buffer.getvalue()).decode("ascii")


def picture(pixels: np.ndarray) -> np.ndarray:
    """Return a picture uint8 `[C, H, W]` as it is shown, `[H, W]` or `[H, W, 3]`, at most 112 pixels a side.

    Three channels are red, green and blue, a fourth is left out; of two, or more than four, the mean is shown.
    """
    from PIL import Image

    colour = pixels.shape[0] in (3, 4)
    shown = pixels[:3].transpose(1, 2, 0) if colour else pixels.mean(0).round().astype(np.uint8)
    longest = max(shown.shape[:2])
    if longest <= MOST_PIXELS:
        return shown
    tall, wide = (max(1, round(side * MOST_PIXELS / longest)) for side in shown.shape[:2])
    return np.asarray(Image.fromarray(np.ascontiguousarray(shown)).resize((wide, tall), Image.Resampling.BOX))


def signed(values: np.ndarray, most: float) -> np.ndarray:
    """Return numbers as colours `[H, W, 3]`: -most blue, 0 white, most orange.

    >>> signed(np.array([[-1.0, 0.0]]), 1.0).tolist()
    [[[31, 99, 214], [255, 255, 255]]]
    """
    share = np.clip(values / (most or 1.0), -1, 1)[..., None]
    ends = np.where(share < 0, BELOW, ABOVE)
    return (255 + np.abs(share) * (ends - 255)).round().astype(np.uint8)


def bars(values: np.ndarray, most: float, wide: int = 6, tall: int = 12) -> np.ndarray:
    """Return numbers `[C, K]` as bars `[H, W, 3]`, channels below one another: orange up and blue down to `most`.

    >>> bars(np.array([[1.0, -1.0]]), 1.0, wide=1, tall=1).tolist()
    [[[192, 82, 10], [255, 255, 255]], [[207, 214, 222], [207, 214, 222]], [[255, 255, 255], [31, 99, 214]]]
    """
    strips: list[np.ndarray] = []
    for own in np.clip(values / (most or 1.0), -1, 1):
        strip = np.full((2 * tall + 1, len(own) * wide, 3), 255.0)
        strip[tall] = GROUND
        for at, share in enumerate(np.rint(own * tall).astype(int)):
            place = slice(at * wide, (at + 1) * wide - (wide > 1))
            strip[tall - share : tall, place] = ABOVE
            strip[tall + 1 : tall + 1 - share, place] = BELOW
        strips.append(strip)
    return np.concatenate(strips).round().astype(np.uint8)


def lit(values: np.ndarray, most: float) -> np.ndarray:
    """Return numbers from 0 to `most` as colours `[H, W, 3]`, dark to light.

    >>> lit(np.array([[0.0, 2.0]]), 2.0).tolist()
    [[[68, 1, 84], [253, 231, 37]]]
    """
    share = np.clip(values / (most or 1.0), 0, 1) * (len(VIRIDIS) - 1)
    low = np.minimum(share.astype(int), len(VIRIDIS) - 2)
    colours = np.array(VIRIDIS, dtype=np.float64)
    part = (share - low)[..., None]
    return (colours[low] * (1 - part) + colours[low + 1] * part).round().astype(np.uint8)


def over(shown: np.ndarray, values: np.ndarray, most: float) -> np.ndarray:
    """Return a picture in pale grey with numbers `[h, w]` as colours over it: orange above 0, blue below.

    The numbers are of cells that divide the picture; each pixel has the colour of its cell.
    """
    grey = shown.mean(2) if shown.ndim == 3 else shown.astype(np.float64)
    rows = np.arange(grey.shape[0]) * values.shape[0] // grey.shape[0]
    columns = np.arange(grey.shape[1]) * values.shape[1] // grey.shape[1]
    share = np.clip(values[np.ix_(rows, columns)] / (most or 1.0), -1, 1)[..., None]
    pale = 255 - (255 - grey[..., None].repeat(3, 2)) * 0.55
    weight = np.abs(share) ** 0.7 * 0.8
    return (pale * (1 - weight) + np.where(share < 0, BELOW, ABOVE) * weight).round().astype(np.uint8)
