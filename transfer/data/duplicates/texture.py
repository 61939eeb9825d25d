"""Reduce a picture to its fine texture: what stays the same in two pictures of one surface and differs on any other."""

import cv2
import numpy as np

# In pixels: finer structure is mostly noise of the sensor and of JPEG.
FINE_SIGMA = 1.0
# In pixels: coarser structure is light and shape, not texture.
COARSE_SIGMA = 5.0
# In pixels: contrast is evened out over neighbourhoods of about this size.
CONTRAST_SIGMA = 12.0
# In gray levels: what rounding and compression leave on a plain surface; weaker texture is not blown up.
FLOOR = 0.5
# int8 levels per unit of evened contrast.
STORED_SCALE = 28.0


def gray(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Turn uint8 [height, width, 3] into gray levels, float32, each side `factor` times smaller."""
    levels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if factor == 1:
        return np.asarray(levels)
    size = (max(1, round(pixels.shape[1] / factor)), max(1, round(pixels.shape[0] / factor)))
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA))


def fine_texture(levels: np.ndarray) -> np.ndarray:
    """Return int8 [height, width]: deviations from the neighbourhood, in units of the contrast there (28 levels each).

    Brightness, gradients of light and contrast fall out; what is left of a plain surface stays weak.
    """
    deviation = cv2.GaussianBlur(levels, (0, 0), FINE_SIGMA) - cv2.GaussianBlur(levels, (0, 0), COARSE_SIGMA)
    contrast = np.sqrt(cv2.GaussianBlur(deviation * deviation, (0, 0), CONTRAST_SIGMA))
    evened = deviation / (contrast + FLOOR)
    return np.asarray(np.clip(np.rint(STORED_SCALE * evened), -127, 127), dtype=np.int8)
