"""What the search for duplicates keeps of each picture: all that it needs of the pixels."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from transfer.data.duplicates.hashes import perceptual_hash
from transfer.data.duplicates.spots import Spots, find_spots
from transfer.data.duplicates.texture import fine_texture, gray
from transfer.data.duplicates.texture_store import TextureStore
from transfer.data.threads import ordered_map

# Near duplicates are confirmed at this size, whatever sizes they come in.
COMMON_SIDE = 64
# Longer pictures are made smaller still, so that shifts stay within the range that votes can express.
LARGEST_SIDE = 2000

Image = tuple[int, np.ndarray]


@dataclass(frozen=True)
class Detail:
    """How finely pictures are sketched: `factor` times smaller, then with spots as `find_spots` describes them."""

    factor: float
    num_names: int
    pixels_per_spot: int
    spot_side: int


@dataclass(frozen=True)
class Sketches:
    """The pictures by position, ordered by id as they came.

    `hashes` is uint64 [n], `hashed` false for pictures too plain to have one; `common` is int8 [n, 64, 64], the fine
    textures of the pictures squeezed to 64x64; `textures` are those at working size, `factors` times smaller.
    """

    image_ids: np.ndarray
    factors: np.ndarray
    hashes: np.ndarray
    hashed: np.ndarray
    common: np.ndarray
    spots: list[Spots]
    textures: TextureStore


class _Sketch(NamedTuple):
    image_id: int
    factor: float
    hash: int | None
    common: np.ndarray
    texture: np.ndarray
    spots: Spots


@contextmanager
def sketched(images: Iterable[Image], *, detail: Detail, num_threads: int) -> Iterator[Sketches]:
    """Sketch (image_id, uint8 [height, width, 3]) one by one; the textures lie in a temporary file inside the block."""
    # Threads inside a matrix product this small cost more than they save, and their number could change its rounding.
    with TextureStore() as textures, threadpool_limits(1, user_api="blas"):
        drawn: list[_Sketch] = []
        for sketch in ordered_map(partial(_sketch, detail=detail), images, num_threads=num_threads):
            textures.append(sketch.texture)
            drawn.append(sketch._replace(texture=sketch.texture[:0]))
        textures.flush()
        yield Sketches(
            image_ids=np.array([one.image_id for one in drawn], np.int64),
            factors=np.array([one.factor for one in drawn]),
            hashes=np.array([one.hash or 0 for one in drawn], np.uint64),
            hashed=np.array([one.hash is not None for one in drawn], bool),
            common=np.array([one.common for one in drawn], np.int8).reshape(-1, COMMON_SIDE, COMMON_SIDE),
            spots=[one.spots for one in drawn],
            textures=textures,
        )


def working_factor(images: pd.DataFrame, *, working_side: int) -> float:
    """Return by how much to make pictures smaller, so that the median of their longer sides is at most `working_side`.

    One factor for all, as pictures are compared at one scale.
    """
    longer = images[["width", "height"]].max(axis=1)
    return max(1.0, float(longer.median()) / working_side) if len(longer) else 1.0


def _sketch(image: Image, *, detail: Detail) -> _Sketch:
    image_id, pixels = image
    factor = max(detail.factor, max(pixels.shape) / LARGEST_SIDE)
    levels = gray(pixels, factor)
    texture = fine_texture(levels)
    squeezed = cv2.resize(levels, (COMMON_SIDE, COMMON_SIDE), interpolation=cv2.INTER_AREA)
    return _Sketch(
        image_id=image_id,
        factor=factor,
        hash=perceptual_hash(levels),
        common=fine_texture(squeezed),
        texture=texture.copy(),
        spots=find_spots(
            texture, num_names=detail.num_names, pixels_per_spot=detail.pixels_per_spot, side=detail.spot_side
        ),
    )
