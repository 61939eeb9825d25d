"""Decode image files from anywhere into uint8 RGB, or say exactly why not."""

import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from transfer.data.reading import RGB, USUAL, WIDE, Reading
from transfer.errors import DataError

MAX_PIXELS = 100_000_000
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# Of JPEG, PNG, GIF and TIFF: what begins so was meant to be an image.
FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
ORIENTATION_TAG = 0x0112
BITS_PER_SAMPLE_TAG = 258
EXTRA_SAMPLES_TAG = 338
MULTIPLIED_BY_ALPHA = 1
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
    `values` are the smallest and the largest of gray of more than 8 bits, if there is any.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    bits: int
    num_frames: int
    values: tuple[int, int] | None


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, reading: Reading = USUAL) -> np.ndarray:
    """Decode into uint8 [height, width, channels], RGB first, upright.

    For three channels gray is repeated, palettes are looked up, alpha is dropped, CMYK is converted without a profile,
    and of several frames the first is read. More channels are the bands of a file one after the other: those of every
    page of a TIFF, and alpha as the band that it is.

    Raises:
        UnreadableImage: the bytes are no image, are cut short, are too large, hold a mode without a fixed range, or
            more or fewer bands than channels are asked for.
    """
    image, orientation = _load(data, max_pixels, reading)
    turn = UPRIGHT[orientation] if _is_turned(image, orientation) else None
    if reading.channels != RGB:
        return _stacked(_pages(image, data, max_pixels, reading), turn, reading)
    return _rgb(image if turn is None else image.transpose(turn), reading)


def probe(data: bytes, *, max_pixels: int = MAX_PIXELS, reading: Reading = USUAL) -> ImageFacts:
    """Decode fully, so that damage is found, and return the facts instead of the pixels.

    Raises:
        UnreadableImage: as `decode` does.
    """
    image, orientation = _load(data, max_pixels, reading)
    mode, turned = image.mode, orientation >= 5 and _is_turned(image, orientation)
    width, height = image.size[::-1] if turned else image.size
    bits, num_frames = _bits(image, data), 1 if image.format == "MPO" else _num_frames(image)
    if reading.channels != RGB:
        _stacked(_pages(image, data, max_pixels, reading), None, reading)
    wide = [_values(page) for page in _pages(image, data, max_pixels, reading) if page.mode in WIDE_MODES]
    return ImageFacts(
        format=str(image.format),
        mode=mode,
        width=width,
        height=height,
        orientation=orientation,
        bits=bits,
        num_frames=num_frames,
        values=(min(int(one.min()) for one in wide), max(int(one.max()) for one in wide)) if wide else None,
    )


def _load(data: bytes, max_pixels: int, reading: Reading) -> tuple[ImageFile.ImageFile, int]:
    """Decode the first frame; return it as stored, and its orientation."""
    image = _open(data)
    orientation = _load_page(image, data, max_pixels)
    if reading.window != USUAL.window and image.mode not in WIDE_MODES and _bits(image, data) > 8:
        reason = "16-bit colour, of which only the upper 8 bits can be read; a window needs one gray band per page"
        raise UnreadableImage("unsupported_image", reason)
    return image, orientation


def _load_page(image: ImageFile.ImageFile, data: bytes, max_pixels: int, *, number: int = 0) -> int:
    """Decode one frame; return its orientation."""
    _seek(image, data, number)
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
        raise _damaged(image, data, error) from error
    return orientation if orientation in UPRIGHT else 1


def _seek(image: ImageFile.ImageFile, data: bytes, number: int) -> None:
    try:
        image.seek(number)
    except Exception as error:  # as above
        raise _damaged(image, data, error) from error


def _damaged(image: ImageFile.ImageFile, data: bytes, error: Exception) -> UnreadableImage:
    return UnreadableImage("truncated_image", f"{image.format}, {len(data):,} bytes: {error or type(error).__name__}")


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


def _rgb(image: Image.Image, reading: Reading) -> np.ndarray:
    if image.mode in WIDE_MODES:
        return np.repeat(_windowed(image, reading), 3, axis=2)
    if image.mode in ("P", "PA"):
        # By way of RGBA, as Pillow warns about palettes with transparency otherwise.
        image = image.convert("RGBA")
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    # A copy, as Pillow's own buffer is read-only, and torch warns about such arrays.
    return np.array(image.convert("RGB"))


def _stacked(pages: Iterable[Image.Image], turn: Image.Transpose | None, reading: Reading) -> np.ndarray:
    """Put the bands of all pages behind each other: uint8 [height, width, channels]."""
    bands = [_bands(page if turn is None else page.transpose(turn), reading) for page in pages]
    sizes = sorted({f"{page.shape[1]} x {page.shape[0]}" for page in bands})
    num_bands = sum(page.shape[2] for page in bands)
    if len(sizes) > 1 or num_bands != reading.channels:
        found = f"pages of {' and '.join(sizes)} pixels" if len(sizes) > 1 else f"{num_bands} band(s)"
        reason = f"{found} in {len(bands)} page(s); ingest_data.channels is {reading.channels}"
        raise UnreadableImage("other_channels", reason)
    return np.concatenate(bands, axis=2)


def _pages(image: ImageFile.ImageFile, data: bytes, max_pixels: int, reading: Reading) -> Iterator[Image.Image]:
    """Load the frames that are read, one after the other; only the pages of a TIFF are bands of one image."""
    if reading.channels == RGB or image.format != "TIFF":
        yield image
        return
    # Each page has a band at least, so more of them than channels are not even looked at.
    for number in range(min(_num_frames(image), reading.channels + 1)):
        _load_page(image, data, max_pixels, number=number)
        _check_alpha(image)
        yield image


def _check_alpha(page: ImageFile.ImageFile) -> None:
    samples = page.tag_v2.get(EXTRA_SAMPLES_TAG, ())  # type: ignore[attr-defined]
    if MULTIPLIED_BY_ALPHA in samples:
        reason = "the colours are multiplied by alpha, so alpha is no band of its own; store it as a page of its own"
        raise UnreadableImage("other_channels", reason)
    if page.mode == "RGB" and samples:
        reason = f"{len(samples)} band(s) beyond RGB have no meaning in the file; store each as a page of its own"
        raise UnreadableImage("other_channels", reason)


def _bands(image: Image.Image, reading: Reading) -> np.ndarray:
    if image.mode in WIDE_MODES:
        return _windowed(image, reading)
    if image.mode in ("1", "L"):
        return np.array(image.convert("L"))[:, :, None]
    return np.array(image) if image.mode in ("LA", "RGBA", "RGBX") else _rgb(image, reading)


def _windowed(image: Image.Image, reading: Reading) -> np.ndarray:
    low, high = reading.window
    inside = np.clip(_values(image), low, high) - low
    stored: np.ndarray = (inside * 256 // (high - low + 1)).astype(np.uint8)
    return stored[:, :, None]


def _values(image: Image.Image) -> np.ndarray:
    """Return gray values of more than 8 bits as int64 [height, width]."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > WIDE:
        reason = f"gray values from {values.min()} to {values.max()}; at most 16 bits without sign are read"
        raise UnreadableImage("unsupported_image", reason)
    return values


def _num_frames(image: ImageFile.ImageFile) -> int:
    return int(getattr(image, "n_frames", 1))


def _bits(image: ImageFile.ImageFile, data: bytes) -> int:
    if image.mode in WIDE_MODES:
        return 16
    # Pillow reads 16-bit colour as 8-bit RGB, so only the file itself can tell.
    if image.format == "PNG":
        return data[24]
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE_TAG, (8,))))  # type: ignore[attr-defined]
    return 8
