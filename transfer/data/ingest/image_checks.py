"""Read one file of the source, and name everything that is unusual about its image."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from transfer.data import paths
from transfer.data.decode import ImageFacts, UnreadableImage, probe
from transfer.data.ingest.formats.records import RawImage
from transfer.data.reading import RGB, Reading
from transfer.data.source import Source
from transfer.errors import DataError


class Examined(NamedTuple):
    """What reading one image gave; `facts` is None where `problems` say why it cannot be used at all."""

    record: RawImage
    sha256: str
    num_bytes: int
    facts: ImageFacts | None
    problems: tuple[tuple[str, str], ...]


# A smaller share of the window in an image's 16-bit values leaves it fewer than 16 of 256 levels.
NARROW = 1 / 16


def examine(source: Source, max_pixels: int, reading: Reading, record: RawImage) -> Examined:
    """Read, hash and decode one image; every problem is a finding's name and a reason."""
    try:
        data = source.read(record.file)
    except DataError as error:
        return Examined(record, "", 0, None, (("unreadable_file", str(error)),))
    digest = hashlib.sha256(data).hexdigest()
    try:
        facts = probe(data, max_pixels=max_pixels, reading=reading)
    except UnreadableImage as error:
        return Examined(record, digest, len(data), None, ((error.finding, str(error)),))
    return Examined(record, digest, len(data), facts, tuple(_oddities(record.file, facts, reading)))


def _oddities(file: str, facts: ImageFacts, reading: Reading) -> Iterator[tuple[str, str]]:
    if paths.extension(file) not in paths.EXTENSIONS[facts.format]:
        yield "wrong_extension", f"the content is {facts.format}"
    if facts.num_frames > 1 and (reading.channels == RGB or facts.format != "TIFF"):
        yield "several_frames", f"{facts.num_frames} frames"
    if facts.mode == "CMYK":
        yield "cmyk_image", "mode CMYK"
    if facts.bits > 8:
        yield from _sixteen_bits(facts, reading)
    # A GIF has no other way to store colours, so its palette is nothing unusual.
    if facts.mode in ("P", "PA") and facts.format != "GIF":
        yield "palette_image", f"mode {facts.mode}"
    if facts.mode in ("LA", "La", "PA", "RGBA", "RGBa") and reading.channels == RGB:
        yield "alpha_image", f"mode {facts.mode}"
    if facts.orientation != 1:
        yield "exif_rotated", f"EXIF orientation {facts.orientation}"


def _sixteen_bits(facts: ImageFacts, reading: Reading) -> Iterator[tuple[str, str]]:
    if facts.values is None:
        yield "sixteen_bit_image", f"{facts.bits} bits per sample"
        return
    smallest, largest = facts.values
    yield "sixteen_bit_image", f"{facts.bits} bits per sample, values up to {largest}"
    low, high = reading.window
    if min(largest, high) - max(smallest, low) < NARROW * (high - low):
        reason = f"values from {smallest} to {largest}, of the window from {low} to {high}: little is left in 8 bits"
        yield "narrow_range", reason
