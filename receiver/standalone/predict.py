"""Answer for images with the models of a bundle. Needs numpy, pillow and onnxruntime, on Python 3.9 or newer.

    python predict.py IMAGE_OR_FOLDER... [--task detection] [--threshold 0.5] [--format jsonl]

Or from Python, where `decode` gives the very pixels that the models were made with:

    model = load(Path("bundle"), "classification")
    answers = model.predict([decode(Path("a.jpg").read_bytes(), model.spec)])
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageFile, UnidentifiedImageError

RGB, WIDE = 3, 65535
MAX_PIXELS = 100_000_000
# Images of one size run together up to so many pixels: beyond, memory grows and nothing is gained.
BATCH_PIXELS = 2**22
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
EXTENSIONS = frozenset(
    ".jpg .jpeg .jpe .jfif .png .apng .bmp .dib .gif .tif .tiff .webp .ppm .pgm .pbm .pnm".split()  # noqa: SIM905
)
# Of JPEG, PNG, GIF and TIFF: what begins so was meant to be an image.
FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
ORIENTATION_TAG, BITS_PER_SAMPLE_TAG, EXTRA_SAMPLES_TAG = 0x0112, 258, 338
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
# image bombs goes, as `max_pixels` does the same.
warnings.filterwarnings("error", module=r"PIL\.")
Image.MAX_IMAGE_PIXELS = None


class BundleError(Exception):
    """A bundle that cannot be used."""


class UnreadableImage(ValueError):
    """An image that cannot be decoded; the message is the reason."""


def decode(data: bytes, spec: Mapping[str, Any], *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode into uint8 [height, width, channels], RGB first, upright, as a task's "input" in bundle.json says.

    For three channels gray is repeated, palettes are looked up, alpha is dropped, CMYK is converted without a profile,
    and of several frames the first is read. More channels are the bands of a file one after the other: those of every
    page of a TIFF, and alpha as the band that it is. Values of 16-bit gray are cut into 256 equal steps of the window.

    Raises:
        UnreadableImage: the bytes are no image, are cut short, are too large, hold a mode without a fixed range, or
            more or fewer bands than the model reads.
    """
    return pixels(open_image(data), data, spec, max_pixels=max_pixels)


def open_image(data: bytes) -> ImageFile.ImageFile:
    """Read the header alone: its width times its height is what `pixels` will need memory for."""
    if not data:
        reason = "the file has zero bytes"
        raise UnreadableImage(reason)
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        if data.startswith(FIRST_BYTES):
            reason = f"the header of {len(data):,} bytes is cut short or damaged"
            raise UnreadableImage(reason) from error
        reason = f"not an image: none of {', '.join(FORMATS)}; it begins with {data[:8]!r}"
        raise UnreadableImage(reason) from error
    except Exception as error:  # decoders raise almost anything on damaged input
        reason = f"the header cannot be read: {error or type(error).__name__}"
        raise UnreadableImage(reason) from error


def pixels(
    image: ImageFile.ImageFile, data: bytes, spec: Mapping[str, Any], *, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """Decode what `open_image` opened."""
    # A detector may read the first three of more bands that its data set was stored with.
    channels, bands = spec["channels"], spec.get("stored_channels") or spec["channels"]
    low, high = spec.get("sixteen_bit_window") or (0, WIDE)
    orientation = _load_page(image, data, max_pixels)
    if (low, high) != (0, WIDE) and image.mode not in WIDE_MODES and _bits(image, data) > 8:
        reason = "16-bit colour, of which only the upper 8 bits can be read; a window needs one gray band per page"
        raise UnreadableImage(reason)
    # Pillow turns a TIFF upright by itself.
    turn = UPRIGHT.get(orientation) if image.format != "TIFF" else None
    if bands == RGB:
        return _rgb(image if turn is None else image.transpose(turn), (low, high))[:, :, :channels]
    pages = (page if turn is None else page.transpose(turn) for page in _pages(image, data, max_pixels, bands))
    return _stacked([_bands(page, (low, high)) for page in pages], bands)[:, :, :channels]


def _load_page(image: ImageFile.ImageFile, data: bytes, max_pixels: int, number: int = 0) -> int:
    """Decode one frame; return its orientation."""
    try:
        image.seek(number)
    except Exception as error:  # as above
        raise _damaged(image, data, error) from error
    if image.width * image.height > max_pixels:
        reason = f"{image.width:,} x {image.height:,} pixels; the limit is {max_pixels:,} in all"
        raise UnreadableImage(reason)
    if image.mode not in EIGHT_BIT_MODES + WIDE_MODES:
        reason = f"mode {image.mode} has no fixed range to bring to 8 bits; store the image with 8 or 16 bits"
        raise UnreadableImage(reason)
    try:
        orientation = int(image.getexif().get(ORIENTATION_TAG, 1))
        image.load()
    except Exception as error:  # as above
        raise _damaged(image, data, error) from error
    return orientation


def _damaged(image: ImageFile.ImageFile, data: bytes, error: Exception) -> UnreadableImage:
    return UnreadableImage(f"{image.format}, {len(data):,} bytes: {error or type(error).__name__}")


def _bits(image: ImageFile.ImageFile, data: bytes) -> int:
    # Pillow reads 16-bit colour as 8-bit RGB, so only the file itself can tell.
    if image.format == "PNG":
        return data[24]
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE_TAG, (8,))))  # type: ignore[attr-defined]
    return 8


def _rgb(image: Image.Image, window: tuple[int, int]) -> np.ndarray:
    if image.mode in WIDE_MODES:
        return np.repeat(_windowed(image, window), RGB, axis=2)
    if image.mode in ("P", "PA"):
        # By way of RGBA, as Pillow warns about palettes with transparency otherwise.
        image = image.convert("RGBA")
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    return np.array(image.convert("RGB"))


def _pages(image: ImageFile.ImageFile, data: bytes, max_pixels: int, bands: int) -> Iterator[Image.Image]:
    """Load the frames that are read, one after the other; only the pages of a TIFF are bands of one image."""
    if image.format != "TIFF":
        yield image
        return
    # Each page has a band at least, so more of them than bands are not even looked at.
    for number in range(min(int(getattr(image, "n_frames", 1)), bands + 1)):
        _load_page(image, data, max_pixels, number)
        samples = image.tag_v2.get(EXTRA_SAMPLES_TAG, ())  # type: ignore[attr-defined]
        if MULTIPLIED_BY_ALPHA in samples:
            reason = "the colours are multiplied by alpha, so alpha is no band of its own; store it as a page"
            raise UnreadableImage(reason)
        if image.mode == "RGB" and samples:
            reason = f"{len(samples)} band(s) beyond RGB have no meaning in the file; store each as a page of its own"
            raise UnreadableImage(reason)
        yield image


def _bands(image: Image.Image, window: tuple[int, int]) -> np.ndarray:
    if image.mode in WIDE_MODES:
        return _windowed(image, window)
    if image.mode in ("1", "L"):
        return np.array(image.convert("L"))[:, :, None]
    return np.array(image) if image.mode in ("LA", "RGBA", "RGBX") else _rgb(image, window)


def _stacked(pages: Sequence[np.ndarray], wanted: int) -> np.ndarray:
    sizes = sorted({f"{page.shape[1]} x {page.shape[0]}" for page in pages})
    found = sum(page.shape[2] for page in pages)
    if len(sizes) > 1 or found != wanted:
        what = f"pages of {' and '.join(sizes)} pixels" if len(sizes) > 1 else f"{found} band(s)"
        reason = f"{what} in {len(pages)} page(s); the model reads {wanted}"
        raise UnreadableImage(reason)
    return np.concatenate(pages, axis=2)


def _windowed(image: Image.Image, window: tuple[int, int]) -> np.ndarray:
    low, high = window
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > WIDE:
        reason = f"gray values from {values.min()} to {values.max()}; at most 16 bits without sign are read"
        raise UnreadableImage(reason)
    stored = (np.clip(values, low, high) - low) * 256 // (high - low + 1)
    return stored.astype(np.uint8)[:, :, None]


class Model:
    """One task of a bundle, ready to answer; `spec` is what `decode` needs to know. May be used by several threads."""

    def __init__(self, session: Any, task: str, facts: Mapping[str, Any]) -> None:
        self.task, self.facts = task, facts
        self.spec: Mapping[str, Any] = facts["input"]
        self.categories: list[str] = list(facts["categories"])
        self.threshold = float(facts["threshold"])
        self._session = session
        (self._input,) = session.get_inputs()
        # [n, height, width, channels], or one image at a time: [height, width, channels].
        self.takes_batches = len(self._input.shape) == 4

    def predict(self, images: Sequence[np.ndarray], batch_size: int = 32) -> list[dict[str, Any]]:
        """Answer for uint8 [height, width, channels] images of any sizes, in their order, with the bundle's threshold.

        Classification: {"label", "confidence", "sure", "probabilities": {label: probability}}.
        Detection: {"boxes": [{"label", "score", "box": [x_min, y_min, x_max, y_max] in pixels}]}, best first.
        """
        return [self.answer(found) for found in self.run(images, batch_size)]

    def run(self, images: Sequence[np.ndarray], batch_size: int = 32) -> list[tuple[np.ndarray, ...]]:
        """Return what the graph answers for each image: probabilities; or boxes, scores and labels, all of them."""
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != self.spec["channels"]:
                msg = f"expected uint8 [height, width, {self.spec['channels']}], found {image.dtype} {image.shape}"
                raise ValueError(msg)
        if not self.takes_batches:
            return [tuple(self._session.run(self.facts["outputs"], {self._input.name: image})) for image in images]
        found: list[tuple[np.ndarray, ...]] = [()] * len(images)
        for numbers in same_sized([image.shape for image in images], batch_size):
            batch = np.stack([images[number] for number in numbers])
            for number, *answer in zip(numbers, *self._session.run(self.facts["outputs"], {self._input.name: batch})):
                found[number] = tuple(answer)
        return found

    def answer(self, found: tuple[np.ndarray, ...], threshold: float | None = None) -> dict[str, Any]:
        """Put into words what `run` found for one image."""
        least = self.threshold if threshold is None else threshold
        if self.task == "classification":
            probabilities = dict(zip(self.categories, _shortest(found[0])))
            label = max(probabilities, key=lambda name: probabilities[name])
            confidence = probabilities[label]
            sure = confidence >= least
            return {"label": label, "confidence": confidence, "sure": sure, "probabilities": probabilities}
        rows = zip(found[2].tolist(), _shortest(found[1]), map(_shortest, found[0]))
        boxes = [{"label": self.categories[label], "score": score, "box": box} for label, score, box in rows]
        kept = sorted((box for box in boxes if box["score"] >= least), key=lambda box: -box["score"])
        return {"boxes": kept}


def same_sized(shapes: Sequence[tuple[int, ...]], batch_size: int) -> Iterator[list[int]]:
    """Yield the numbers of images that can run together."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, shape in enumerate(shapes):
        groups.setdefault(shape, []).append(number)
    for (height, width, *_), numbers in groups.items():
        step = max(1, min(batch_size, BATCH_PIXELS // (height * width)))
        yield from (numbers[start : start + step] for start in range(0, len(numbers), step))


def _shortest(values: np.ndarray) -> list[float]:
    """Return float32 numbers as the shortest decimals that stand for them."""
    return [float(str(value)) for value in values]


def load(bundle: Path, task: str, threads: int = 1) -> Model:
    """Load one task of a bundle (a folder or a zip): "classification" or "detection".

    Raises:
        BundleError: the bundle is none, is damaged, or has no such task.
    """
    known = tasks(bundle)
    if task not in known:
        msg = f"{bundle}: has no {task!r}; it has {' and '.join(known)}"
        raise BundleError(msg)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Plans of memory are kept for every size of image ever seen: with images of any size they only grow.
    options.enable_mem_pattern = False
    data = _read(bundle, known[task]["onnx"])
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common class
        msg = f"{bundle}: {known[task]['onnx']}: onnxruntime {onnxruntime.__version__} cannot load it: {error}"
        raise BundleError(msg) from error
    return Model(session, task, known[task])


def tasks(bundle: Path) -> dict[str, dict[str, Any]]:
    """Return the tasks of a bundle by name, as bundle.json describes them."""
    try:
        found = json.loads(_read(bundle, "bundle.json"))
        if found["format"] != 1:
            msg = f"{bundle}: bundle.json: format {found['format']}, expected 1; use the predict.py of that bundle"
            raise BundleError(msg)
        return dict(found["tasks"])
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{bundle}: bundle.json cannot be understood: {type(error).__name__}: {error}"
        raise BundleError(msg) from error


def _read(bundle: Path, name: str) -> bytes:
    try:
        if bundle.is_dir():
            return (bundle / name).read_bytes()
        with zipfile.ZipFile(bundle) as archive:
            return archive.read(name)
    except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        msg = f"{bundle}: {name} cannot be read ({error}); expected a bundle: a folder or a zip with bundle.json"
        raise BundleError(msg) from error


def image_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield files as they are named, and the images in folders in the order of their names."""
    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            kept = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
            yield from (str(file) for file in kept if file.suffix.lower() in EXTENSIONS)


def csv_header(model: Model) -> list[str]:
    """Name the columns of `csv_rows`."""
    if model.task == "classification":
        return ["file", "label", "confidence", "sure", *(f"p_{name}" for name in model.categories)]
    return ["file", "label", "score", "x_min", "y_min", "x_max", "y_max"]


def csv_rows(file: str, answer: Mapping[str, Any]) -> list[list[Any]]:
    """Write one row per image, or one per box; an image without boxes has a row that is empty but for its name."""
    if "boxes" not in answer:
        sure = str(answer["sure"]).lower()
        return [[file, answer["label"], answer["confidence"], sure, *answer["probabilities"].values()]]
    rows = [[file, box["label"], box["score"], *box["box"]] for box in answer["boxes"]]
    return rows or [[file, *[""] * 6]]


def _answers(model: Model, files: Iterable[str], unreadable: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    waiting: list[tuple[str, np.ndarray]] = []

    def answered() -> Iterator[tuple[str, dict[str, Any]]]:
        yield from zip([name for name, _ in waiting], model.predict([image for _, image in waiting]))
        waiting.clear()

    for file in files:
        try:
            waiting.append((file, decode(Path(file).read_bytes(), model.spec)))
        except (OSError, UnreadableImage) as error:
            unreadable.append(f"{file}: {error}")
        if sum(image.size for _, image in waiting) >= 3 * BATCH_PIXELS:
            yield from answered()
    yield from answered()


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output; return 1 if a file could not be read, 2 if the bundle could not."""
    parser = argparse.ArgumentParser(description="Answer for images with the models of a bundle.")
    parser.add_argument("input", nargs="+", help="image, or folder of images")
    parser.add_argument("--task", help="classification or detection; without it the first that the bundle has")
    parser.add_argument("--threshold", type=float, help="instead of the bundle's own")
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--bundle", type=Path, default=Path(__file__).parent, help="folder or zip, if not this folder")
    given = parser.parse_args(arguments)
    unreadable: list[str] = []
    try:
        model = load(given.bundle, given.task or next(iter(tasks(given.bundle))), given.threads)
    except BundleError as error:
        print(f"predict.py: {error}", file=sys.stderr)
        return 2
    if given.threshold is not None:
        model.threshold = given.threshold
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    table = csv.writer(sys.stdout, lineterminator="\n")
    if given.format == "csv":
        table.writerow(csv_header(model))
    for file, answer in _answers(model, image_files(given.input), unreadable):
        if given.format == "csv":
            table.writerows(csv_rows(file, answer))
        else:
            print(json.dumps({"file": file, **answer}, ensure_ascii=False))
    for line in unreadable:
        print(f"predict.py: not read: {line}", file=sys.stderr)
    return 1 if unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
