"""Decide whether two textures show one surface at a given shift."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from transfer.data.phase_correlation import peak_near_zero

# In pixels around the shift that was voted for.
REACH = 2
# In pixels; small pictures and narrow overlaps have smaller blocks, so that there are enough for a median.
BLOCK_SIDES = (8, 16)
BLOCKS_WANTED = 12
# Of the int8 texture: a block below it shows a plain surface, on which any two pictures agree or disagree by chance.
PLAIN = 5.0


class Registration(NamedTuple):
    """Where the second picture's corner lies on the first, in pixels, and how sure that is.

    `overlap` is the share of the smaller picture. For `sharpness` and `rival` see `phase_correlation.Peak`.
    `agreement` is the median correlation of small blocks of texture, over `num_blocks` that are not plain.
    """

    down: float
    right: float
    overlap: float
    sharpness: float
    rival: float
    agreement: float
    num_blocks: int


@dataclass(frozen=True)
class Proof:
    """What a registration must show before two pictures count as one surface."""

    min_overlap: float
    min_sharpness: float
    max_rival: float
    min_agreement: float
    min_blocks: int

    def holds(self, found: Registration) -> bool:
        """Whether all of it is shown."""
        clear = found.sharpness >= self.min_sharpness and found.rival <= self.max_rival
        same = found.agreement >= self.min_agreement and found.num_blocks >= self.min_blocks
        return clear and same and found.overlap >= self.min_overlap


def register(first: np.ndarray, second: np.ndarray, *, down: int, right: int) -> Registration:
    """Register two int8 textures near the shift that was voted for."""
    peak = peak_near_zero(*windows(first, second, down=down, right=right), reach=REACH)
    best = windows(first, second, down=down + round(peak.down), right=right + round(peak.right))
    agreement, num_blocks = block_agreement(*best)
    return Registration(
        down=down + peak.down,
        right=right + peak.right,
        overlap=best[0].size / min(first.size, second.size),
        sharpness=peak.sharpness,
        rival=peak.rival,
        agreement=agreement,
        num_blocks=num_blocks,
    )


def windows(first: np.ndarray, second: np.ndarray, *, down: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut out of both what they share when the second one's corner lies at (`down`, `right`) of the first.

    Both parts may be empty.
    """
    top, left = max(0, down), max(0, right)
    bottom = max(top, min(first.shape[0], second.shape[0] + down))
    end = max(left, min(first.shape[1], second.shape[1] + right))
    return first[top:bottom, left:end], second[top - down : bottom - down, left - right : end - right]


def block_agreement(first: np.ndarray, second: np.ndarray) -> tuple[float, int]:
    """Return the median correlation of the blocks in which both have texture, and their number; (0, 0) for none.

    A line through both pictures fills few blocks, so that it alone does not make them agree.
    """
    side = int(np.clip(np.sqrt(first.size / BLOCKS_WANTED), *BLOCK_SIDES))
    values, strengths = zip(*(_standardized(_blocks(window, side)) for window in (first, second)), strict=True)
    textured = np.minimum(*strengths) > PLAIN
    if not textured.any():
        return 0.0, 0
    correlations = (values[0][textured] * values[1][textured]).mean(axis=1)
    return float(np.median(correlations)), int(textured.sum())


def _blocks(window: np.ndarray, side: int) -> np.ndarray:
    rows, columns = window.shape[0] // side, window.shape[1] // side
    cut = window[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(rows * columns, side * side).astype(np.float32)


def _standardized(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the blocks with mean 0 and standard deviation 1, and the standard deviations they had."""
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    strengths = np.sqrt((centred * centred).mean(axis=1))
    return centred / np.maximum(strengths, 1e-6)[:, None], strengths
