"""Image files as input samples, decoded by Pillow within limits.

Only raster formats with a decoder in Pillow itself are opened; formats that run another program (EPS) are not.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nbnet.data.reading import PathLike, opened
from nbnet.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMATS", "MAX_PIXELS", "SUFFIXES", "read_image"]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pbm", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
MAX_PIXELS = 50_000_000
_SMALLEST = 64  # fewer numbers in a row are measurements and no picture of 8 x 8 pixels
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_image(
    path: PathLike,
    shape: tuple[int, ...] | None = None,
    value_range: tuple[float, float] = (0, 255),
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """One image file as an array.

    Parameters
    ----------
    path : path-like
        PNG, JPEG, BMP, GIF (first frame), PPM, TIFF or WebP.
    shape : tuple of int, optional
        Shape of one input sample: (height, width) for grey, (height, width, channels) with 1, 3 or 4 channels, or
        (height * width,) of a square grey image of 8 x 8 pixels
        or more. The image is converted and resized to it. Default: its own size,
        (H, W) for grey and (H, W, 3) for colour.
    value_range : tuple (low, high)
        What black and white become.
    max_pixels : int
        Refuse an image with more.

    Returns
    -------
    ndarray
        uint8 for the range (0, 255), else float32.

    Raises
    ------
    DataError
        When the file is missing, not an image, damaged or too large, or `shape` is not that of an image.

    Notes
    -----
    The camera's orientation is applied, transparent parts are shown on white, 16-bit grey is scaled to 8 bits, and
    resizing is bilinear with antialiasing, without keeping the aspect ratio.
    """
    size, mode = _wanted(shape, path)
    with opened(path, "image") as stream, warnings.catch_warnings():
        from PIL import Image

        # Pillow's own warning and limit are for images larger than max_pixels, which is checked below.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(stream, formats=FORMATS)
            if image.width * image.height <= max_pixels:
                pixels = _decode(image, size, mode)
        except Exception as error:  # decoders raise almost anything on damaged files
            raise DataError(
                f"The image '{path}' cannot be read: {_reason(error)}. Expected a whole {', '.join(FORMATS[:-1])} or "
                f"{FORMATS[-1]} file."
            ) from error
        if image.width * image.height > max_pixels:
            raise DataError(
                f"The image '{path}' has {image.width} x {image.height} pixels; the limit is {max_pixels:,}. Scale it "
                "down first."
            )
    if shape is not None:
        pixels = pixels.reshape(shape)
    low, high = value_range
    return pixels if (low, high) == (0, 255) else (low + pixels * np.float32((high - low) / 255)).astype(np.float32)


def _wanted(shape: tuple[int, ...] | None, path: PathLike) -> tuple[tuple[int, int] | None, str | None]:
    """(width, height) and Pillow mode that `shape` asks for."""
    if shape is None:
        return None, None
    if len(shape) == 2:
        return (shape[1], shape[0]), "L"
    if len(shape) == 3 and shape[2] in _MODES:
        return (shape[1], shape[0]), _MODES[shape[2]]
    if len(shape) == 1 and shape[0] >= _SMALLEST and math.isqrt(shape[0]) ** 2 == shape[0]:
        return (math.isqrt(shape[0]), math.isqrt(shape[0])), "L"
    raise DataError(
        f"The image '{Path(path)}' cannot become an input of shape {shape}: expected (height, width), (height, width, "
        "channels) with 1, 3 or 4 channels, or the size of a square grey image (64 at least). "
        "Give the inputs as .npy or .npz."
    )


def _decode(image: Image.Image, size: tuple[int, int] | None, mode: str | None) -> np.ndarray:
    """Pixels as uint8 in the wanted mode and size."""
    from PIL import Image, ImageOps

    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image).astype(np.float64) / 257).clip(0, 255).round().astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("its pixels are floating-point numbers, whose range is not known")
    if mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
    if mode is None:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    image = image.convert(mode)
    if size is not None and image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.array(image, dtype=np.uint8)


def _reason(error: Exception) -> str:
    """What Pillow says, without its reference to the stream object."""
    from PIL import UnidentifiedImageError

    return (
        "its content is no known image"
        if isinstance(error, UnidentifiedImageError)
        else str(error) or type(error).__name__
    )
