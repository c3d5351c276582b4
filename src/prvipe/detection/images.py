"""Reading any image as RGB, upright."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from prvipe.detection.detector import Image
from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file

MOST_PIXELS = 89_478_485
"""Of an image, unless the caller says otherwise; as Pillow has it."""

# Others are not asked for here, and some start programs (EPS: Ghostscript).
_FORMATS = ("BMP", "DIB", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
# All that Pillow raises on damaged files, found by damaging some.
_UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError),
    *(struct.error, OverflowError, ZeroDivisionError),
)


def read_image(path: Path, most_pixels: int = MOST_PIXELS) -> Image:
    """Read an image.

    It is turned as its EXIF note says. Grey images, palettes and CMYK become RGB, what is
    transparent becomes white, and grey images of more than 8 bits are stretched from their darkest
    to their brightest value. Of several pages the first is read.

    Args:
        path: the image.
        most_pixels: that it may have; this is asked before anything is decoded.

    Returns:
        (H, W, 3): RGB, uint8.

    Raises:
        InputError: missing, empty, truncated, damaged, no image, or too large.
    """
    with errors_naming(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with (
                require_file(path).open("rb") as stream,
                PillowImage.open(stream, formats=_FORMATS) as opened,
            ):
                if opened.width * opened.height > most_pixels:
                    raise InputError(_too_large(most_pixels))
                opened.load()
                return _as_rgb(ImageOps.exif_transpose(opened))
        except PillowImage.DecompressionBombError:
            raise InputError(_too_large(most_pixels)) from None
        except UnidentifiedImageError:
            raise InputError("is no image, or of a kind that is not read") from None
        except _UNREADABLE as error:
            raise InputError(f"truncated or damaged image ({error}); copy it again") from error


def _too_large(most_pixels: int) -> str:
    return f"has more than {most_pixels:,} pixels; make it smaller"


def _as_rgb(image: PillowImage.Image) -> Image:
    if image.mode in _DEEP_MODES:
        return _stretched(np.asarray(image, np.float64))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = PillowImage.new("RGBA", image.size, "white")
        image = PillowImage.alpha_composite(white, image)
    return np.array(image.convert("RGB"))


def _stretched(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Image:
    if not np.isfinite(values).all():
        raise InputError("some of its grey values are not finite")
    low, high = values.min(), values.max()
    grey = np.round(255 * (values - low) / (high - low or 1)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
