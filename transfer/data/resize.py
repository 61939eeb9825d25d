"""The one way this line resizes images: bilinear, antialiased, rounded to whole values."""

import numpy as np
import torch
from torch.nn import functional


def resize(image: np.ndarray, *, height: int, width: int) -> np.ndarray:
    """Resize uint8 [h, w, 3] to uint8 [height, width, 3]."""
    if image.shape[:2] == (height, width):
        return image
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float()
    resized = functional.interpolate(pixels, (height, width), mode="bilinear", antialias=True, align_corners=False)
    # Halves are rounded to even here and in the exported graph alike.
    return resized[0].round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def fit_inside(height: int, width: int, *, longer_side: int) -> tuple[int, int]:
    """Return the size at which the longer side is `longer_side` and the shape is kept, each side at least 1."""
    scale = longer_side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def letterbox(image: np.ndarray, *, size: int) -> tuple[np.ndarray, int, int]:
    """Fit an image into the top left of a black square; return the square and the height and width it fills."""
    height, width = fit_inside(*image.shape[:2], longer_side=size)
    square = np.zeros((size, size, 3), np.uint8)
    square[:height, :width] = resize(image, height=height, width=width)
    return square, height, width
