"""Compare two textures block by block, so that nothing but the texture of most of the area counts."""

import numpy as np

# In pixels; small pictures and narrow overlaps have smaller blocks, so that there are enough for a median.
SIDES = (8, 16)
WANTED = 12
# Of the int8 texture: a block below it shows a plain surface, on which any two pictures agree or disagree by chance.
PLAIN = 5.0


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
    side = int(np.clip(np.sqrt(first.size / WANTED), *SIDES))
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
