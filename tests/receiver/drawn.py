"""Images of every kind that a file may hold, readable and not, as bytes."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image


def noise(height: int = 20, width: int = 30, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encode(image: Image.Image | np.ndarray, format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, format, **options)
    return stream.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def pages(*images: np.ndarray, **options: Any) -> bytes:
    first, *others = map(Image.fromarray, images)
    return encode(first, "TIFF", save_all=True, append_images=others, **options)


GRAY = noise(seed=1)[:, :, 0]
DEEP = np.random.default_rng(2).integers(0, 65536, (20, 30), dtype=np.uint16)
ALPHA = np.dstack([noise(), GRAY])
PALETTE = Image.fromarray(noise()).quantize(16)
CMYK = Image.fromarray(noise()).convert("CMYK")
FRAMES = [Image.new("RGB", (9, 7), color) for color in ("red", "blue", "green")]
EXTRA_SAMPLE = struct.pack("<HHI", 338, 3, 1)
# A TIFF that says of its fourth band that the colours are multiplied by it.
MULTIPLIED = encode(ALPHA, "TIFF").replace(EXTRA_SAMPLE + b"\2\0", EXTRA_SAMPLE + b"\1\0")

IMAGES = {
    **{f"rgb {kind}": encode(noise(), kind) for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")},
    **{f"turned {kind} {n}": encode(noise(), kind, exif=turned(n)) for kind in ("JPEG", "PNG", "TIFF", "WEBP")
       for n in range(10)},
    "gray": encode(GRAY),
    "gray jpeg": encode(GRAY, "JPEG"),
    "bilevel": encode(GRAY > 127),
    "bilevel ppm": encode(Image.fromarray(GRAY > 127), "PPM"),
    "gray with alpha": encode(np.dstack([GRAY, GRAY.T.reshape(20, 30)])),
    "alpha": encode(ALPHA),
    "alpha webp": encode(ALPHA, "WEBP", lossless=True),
    "alpha tiff": encode(ALPHA, "TIFF"),
    "palette": encode(PALETTE),
    "palette with a transparent colour": encode(PALETTE, transparency=3),
    "palette with alpha": encode(PALETTE, transparency=bytes(range(16))),
    "cmyk jpeg": encode(CMYK, "JPEG"),
    "cmyk tiff": encode(CMYK, "TIFF"),
    "ycbcr": encode(Image.fromarray(noise()).convert("YCbCr"), "TIFF"),
    "lab": encode(Image.fromarray(noise()).convert("LAB"), "TIFF"),
    "multiplied": MULTIPLIED,
    "16 bits": encode(DEEP),
    "16 bits tiff": encode(DEEP, "TIFF"),
    "16 bits turned": encode(DEEP, exif=turned(6)),
    "32 bits": encode(DEEP.astype(np.int32), "TIFF"),
    "negative": encode(np.full((3, 3), -5, np.int32), "TIFF"),
    "float": encode(np.ones((3, 3), np.float32), "TIFF"),
    "animation": encode(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "animated webp": encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "pages": pages(noise(), GRAY),
    "four pages": pages(*np.moveaxis(ALPHA, 2, 0)),
    "four pages turned": pages(noise(), GRAY, exif=turned(5)),
    "deep pages": pages(DEEP, DEEP // 2, DEEP // 3, DEEP // 4),
    "pages of two sizes": pages(noise(), GRAY[:9]),
    "nine pages": pages(*[GRAY] * 9),
    "nothing": b"",
    "text": b"<html>no image here</html>",
    "huge": encode(np.zeros((1, 70_000), np.uint8), "PNG"),
    "bad exif": encode(noise(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"),
    **{f"half a {kind}": (data := encode(noise(), kind))[: len(data) // 2]
       for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")},
}  # fmt: skip
