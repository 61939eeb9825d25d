"""Name the spots of a texture by what lies around them, so that equal spots of two pictures get equal names."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

SPOT_SIGMA = 1.0
BITS_PER_NAME = 64
# Of the int8 texture: weaker extrema are rounding, not structure.
WEAKEST = 6.0


class Spots(NamedTuple):
    """`rows` and `columns` are int16 [num_spots]; `names` is uint64 [num_spots, num_names]."""

    rows: np.ndarray
    columns: np.ndarray
    names: np.ndarray


def find_spots(texture: np.ndarray, *, num_names: int, pixels_per_spot: int, side: int) -> Spots:
    """Describe the strongest extrema of an int8 texture by the `side` x `side` pixels around them, ordered by place.

    A name is a row of yes-no answers about these pixels: the more leading bits two names share, the more alike the
    pixels are. `side` is odd.
    """
    smooth = cv2.GaussianBlur(texture.astype(np.float32), (0, 0), SPOT_SIGMA)
    rows, columns = _extrema(smooth, texture.size // pixels_per_spot, border=side // 2)
    answers = _patches(smooth, rows, columns, side) @ _questions(num_names, side) > 0
    answers = answers.reshape(len(rows), num_names, BITS_PER_NAME)
    names = np.packbits(answers, axis=2).view(">u8")[..., 0].astype(np.uint64)
    return Spots(rows, columns, names)


def _extrema(smooth: np.ndarray, most: int, *, border: int) -> tuple[np.ndarray, np.ndarray]:
    strength = np.abs(smooth)
    peaks = (strength == cv2.dilate(strength, np.ones((5, 5), np.uint8))) & (strength > WEAKEST)
    rows, columns = (places + border for places in np.nonzero(peaks[border:-border, border:-border]))
    strongest = np.argsort(-strength[rows, columns], kind="stable")[:most]
    chosen = np.sort(strongest)
    return rows[chosen].astype(np.int16), columns[chosen].astype(np.int16)


def _patches(smooth: np.ndarray, rows: np.ndarray, columns: np.ndarray, side: int) -> np.ndarray:
    """Return the surroundings of the spots, float32 [num_spots, side**2]."""
    if len(rows) == 0:
        return np.zeros((0, side * side), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(smooth, (side, side))
    return np.asarray(windows[rows - side // 2, columns - side // 2]).reshape(len(rows), side * side)


@lru_cache(maxsize=4)
def _questions(num_names: int, side: int) -> np.ndarray:
    """Return fixed random weights, float32 [side**2, num_names * BITS_PER_NAME], fading outwards, each of sum 0."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((side, side, num_names * BITS_PER_NAME)).astype(np.float32)
    fade = cv2.getGaussianKernel(side, side / 2, cv2.CV_32F)
    flat = (weights * (fade @ fade.T)[..., None]).reshape(side * side, -1)
    return np.asarray(flat - flat.mean(axis=0))
