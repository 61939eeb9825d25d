"""Decode image files from anywhere into uint8 RGB, or say exactly why not."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from transfer.errors import DataError

MAX_PIXELS = 100_000_000
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# Of JPEG, PNG, GIF and TIFF: what begins so was meant to be an image.
FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
ORIENTATION_TAG = 0x0112
BITS_PER_SAMPLE_TAG = 258
# How to turn the stored pixels so that people see them upright, by EXIF orientation.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
EIGHT_BIT_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
WIDE_MODES = ("I;16", "I;16L", "I;16B", "I")

# Pillow warns where an image is odd but can be read in part; half an image is worse than none. Its own guard against
# image bombs goes, as the one below does the same with a limit that params can set.
warnings.filterwarnings("error", module=r"PIL\.")
Image.MAX_IMAGE_PIXELS = None


class UnreadableImage(DataError):
    """An image that cannot be decoded; `finding` is the name of the reason."""

    def __init__(self, finding: str, reason: str) -> None:
        super().__init__(reason)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a file says about its image; width and height are those of the upright image.

    `orientation` is the EXIF value as stored, 1 where there is none or an impossible one. `bits` are per sample.
    `largest` is the largest value of a gray image of more than 8 bits, and 0 for all others.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    bits: int
    num_frames: int
    largest: int


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode into uint8 [height, width, 3], RGB, upright.

    Gray is repeated, palettes are looked up, alpha is dropped, CMYK is converted without a profile, and of 16 bits
    the upper 8 are kept. Of several frames the first is read.

    Raises:
        UnreadableImage: the bytes are no image, are cut short, are too large, or hold a mode without a fixed range.
    """
    image, orientation = _load(data, max_pixels)
    return _rgb(image.transpose(UPRIGHT[orientation]) if _is_turned(image, orientation) else image)


def probe(data: bytes, *, max_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Decode fully, so that damage is found, and return the facts instead of the pixels.

    Raises:
        UnreadableImage: as `decode` does.
    """
    image, orientation = _load(data, max_pixels)
    width, height = image.size[::-1] if orientation >= 5 and _is_turned(image, orientation) else image.size
    return ImageFacts(
        format=str(image.format),
        mode=image.mode,
        width=width,
        height=height,
        orientation=orientation,
        bits=_bits(image, data),
        num_frames=1 if image.format == "MPO" else int(getattr(image, "n_frames", 1)),
        largest=_largest(image),
    )


def _load(data: bytes, max_pixels: int) -> tuple[ImageFile.ImageFile, int]:
    """Decode the first frame; return it as stored, and its orientation."""
    image = _open(data)
    if image.width * image.height > max_pixels:
        reason = f"{image.width:,} x {image.height:,} pixels; the limit is {max_pixels:,} in all"
        raise UnreadableImage("image_too_large", reason)
    if image.mode not in EIGHT_BIT_MODES + WIDE_MODES:
        reason = f"mode {image.mode} has no fixed range to bring to 8 bits; store the image with 8 or 16 bits"
        raise UnreadableImage("unsupported_image", reason)
    try:
        orientation = int(image.getexif().get(ORIENTATION_TAG, 1))
        image.load()
    except Exception as error:  # decoders raise almost anything on damaged input
        reason = f"{image.format}, {len(data):,} bytes: {error or type(error).__name__}"
        raise UnreadableImage("truncated_image", reason) from error
    return image, orientation if orientation in UPRIGHT else 1


def _is_turned(image: ImageFile.ImageFile, orientation: int) -> bool:
    # Pillow turns a TIFF upright by itself.
    return orientation in UPRIGHT and image.format != "TIFF"


def _open(data: bytes) -> ImageFile.ImageFile:
    if not data:
        raise UnreadableImage("empty_file", "the file has zero bytes")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        if data.startswith(FIRST_BYTES):
            reason = f"the header of {len(data):,} bytes is cut short or damaged"
            raise UnreadableImage("truncated_image", reason) from error
        reason = f"not an image: none of {', '.join(FORMATS)}; it begins with {data[:8]!r}"
        raise UnreadableImage("not_an_image", reason) from error
    except Exception as error:  # decoders raise almost anything on damaged input
        reason = f"the header cannot be read: {error or type(error).__name__}"
        raise UnreadableImage("truncated_image", reason) from error


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode in WIDE_MODES:
        return _upper_byte(image)
    if image.mode in ("P", "PA"):
        # By way of RGBA, as Pillow warns about palettes with transparency otherwise.
        image = image.convert("RGBA")
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    # A copy, as Pillow's own buffer is read-only, and torch warns about such arrays.
    return np.array(image.convert("RGB"))


def _upper_byte(image: Image.Image) -> np.ndarray:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        reason = f"gray values from {values.min()} to {values.max()}; at most 16 bits without sign are read"
        raise UnreadableImage("unsupported_image", reason)
    return np.repeat((values >> 8).astype(np.uint8)[:, :, None], 3, axis=2)


def _bits(image: ImageFile.ImageFile, data: bytes) -> int:
    if image.mode in WIDE_MODES:
        return 16
    # Pillow reads 16-bit colour as 8-bit RGB, so only the file itself can tell.
    if image.format == "PNG":
        return data[24]
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE_TAG, (8,))))  # type: ignore[attr-defined]
    return 8


def _largest(image: Image.Image) -> int:
    if image.mode not in WIDE_MODES:
        return 0
    _upper_byte(image)
    return int(np.asarray(image).max())
