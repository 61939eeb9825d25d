"""Read the images of a canonical data set, sure that they are the ones that were ingested."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from transfer.data.dataset import Dataset
from transfer.data.decode import MAX_PIXELS, UnreadableImage, decode
from transfer.data.limits import UNLIMITED
from transfer.data.reading import RGB, Reading
from transfer.data.source import Source, open_source
from transfer.data.threads import ordered_map
from transfer.errors import DataError


class _Wanted(NamedTuple):
    image_id: int
    file: str
    sha256: str
    bytes: int


def read_images(
    dataset: Dataset,
    image_ids: Sequence[int],
    *,
    num_threads: int,
    max_pixels: int = MAX_PIXELS,
    all_channels: bool = False,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (image_id, uint8 [height, width, 3]) in the order asked for, decoded a few ahead in threads.

    Of a data set with more channels these are the first three, or with `all_channels` all of them.

    Raises:
        DataError: an id is unknown, or a file is gone, has changed since it was ingested, or cannot be decoded.
    """
    with open_source(dataset.root, limits=UNLIMITED) as source:
        read = partial(_read, source, max_pixels, dataset.reading)
        shown = dataset.reading.channels if all_channels else RGB
        for image_id, pixels in ordered_map(read, _wanted(dataset, image_ids), num_threads=num_threads):
            yield image_id, pixels[:, :, :shown]


def _wanted(dataset: Dataset, image_ids: Sequence[int]) -> Iterator[_Wanted]:
    table = dataset.images.set_index("image_id")
    unknown = sorted(set(map(int, image_ids)) - set(table.index))
    if unknown:
        msg = f"{dataset.root}: no image has the id {unknown[0]} ({len(unknown)} unknown ids in all)"
        raise DataError(msg)
    rows = table.loc[list(image_ids), ["file", "sha256", "bytes"]]
    for image_id, file, sha256, size in rows.itertuples():
        yield _Wanted(int(image_id), file, sha256, int(size))


def _read(source: Source, max_pixels: int, reading: Reading, wanted: _Wanted) -> tuple[int, np.ndarray]:
    # Asked before reading: a file that was swapped for a bomb is not unpacked to find out.
    size = source.size(wanted.file)
    data = source.read(wanted.file) if size == wanted.bytes else b""
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        msg = f"{source.root}: {wanted.file}: changed since it was ingested; run the stage ingest_data again"
        raise DataError(msg)
    try:
        return wanted.image_id, decode(data, max_pixels=max_pixels, reading=reading)
    except UnreadableImage as error:
        msg = f"{source.root}: {wanted.file}: {error}"
        raise DataError(msg) from error
