"""Find how far one picture is shifted against another by the phases of their frequencies alone."""

from typing import NamedTuple

import numpy as np
import scipy.fft

# Of the mean magnitude: weaker frequencies hold rounding errors and are left weak.
REGULARIZER = 0.05
# Of a side: pictures fade out towards their borders, which the transform would take for edges.
FADE_SHARE = 8


class Peak(NamedTuple):
    """The first picture, moved by (-down, -right) pixels, lies on the second.

    `sharpness` is the height in standard deviations of all heights: it grows with the square root of the independent
    values that agree.
    """

    down: float
    right: float
    sharpness: float


NO_PEAK = Peak(0.0, 0.0, 0.0)


def peak_near_zero(first: np.ndarray, second: np.ndarray, *, reach: int) -> Peak:
    """Return the highest peak at most `reach` pixels from no shift, for two pictures of one shape."""
    if min(first.shape) < 2 * reach + 3:
        return NO_PEAK
    surface = _surface(first, second)
    middle = (surface.shape[0] // 2, surface.shape[1] // 2)
    near = surface[middle[0] - reach : middle[0] + reach + 1, middle[1] - reach : middle[1] + reach + 1]
    down, right = divmod(int(near.argmax()), near.shape[1])
    place = (middle[0] - reach + down, middle[1] - reach + right)
    height, deviation = float(surface[place]), float(surface.std())
    if height <= 0 or deviation <= 0:
        return NO_PEAK
    return Peak(
        down=down - reach + _vertex(surface[place[0] - 1 : place[0] + 2, place[1]]),
        right=right - reach + _vertex(surface[place[0], place[1] - 1 : place[1] + 2]),
        sharpness=height / deviation,
    )


def _surface(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the phase correlation at every shift, no shift in the middle."""
    shape = tuple(scipy.fft.next_fast_len(side, real=True) for side in first.shape)
    product = _phases(first, shape) * _phases(second, shape).conj()
    surface: np.ndarray = scipy.fft.irfft2(product, s=shape)
    return np.roll(surface, (shape[0] // 2, shape[1] // 2), axis=(0, 1))


def _phases(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    down, across = (_fade(side) for side in picture.shape)
    spectrum = scipy.fft.rfft2(picture * down[:, None] * across, s=shape)
    magnitude = np.abs(spectrum)
    return np.asarray(spectrum / (magnitude + REGULARIZER * magnitude.mean() + 1e-6))


def _fade(side: int) -> np.ndarray:
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    return np.sin(np.pi / 2 * np.clip(distance / max(1, side // FADE_SHARE), 0, 1)).astype(np.float32) ** 2


def _vertex(heights: np.ndarray) -> float:
    """Fit a parabola through a peak and its two neighbours: where it culminates, -0.5 to 0.5."""
    before, here, after = (float(height) for height in heights)
    curvature = before - 2 * here + after
    return min(0.5, max(-0.5, (before - after) / (2 * curvature))) if curvature < 0 else 0.0
