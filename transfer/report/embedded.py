"""Pictures as data URLs, made small enough to carry along in a page."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

QUALITY = 80


@dataclass(frozen=True)
class Picture:
    """A data URL, and the width and height in pixels of what it shows before it was made smaller."""

    url: str
    width: int
    height: int


def from_pixels(pixels: np.ndarray, *, side: int) -> Picture:
    """Embed uint8 [height, width, 3]; its longer side becomes at most `side` pixels."""
    height, width = pixels.shape[:2]
    return Picture(_jpeg(Image.fromarray(pixels), side), width, height)


def from_file(path: Path, *, side: int) -> Picture:
    """Embed a picture that a stage drew."""
    with Image.open(path) as image:
        return Picture(_jpeg(image.convert("RGB"), side), *image.size)


def _jpeg(image: Image.Image, side: int) -> str:
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    is_gray = image.mode == "RGB" and _is_gray(np.asarray(image))
    buffer = io.BytesIO()
    # One channel instead of three that are equal: the same picture in fewer bytes.
    (image.convert("L") if is_gray else image).save(buffer, format="JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _is_gray(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
