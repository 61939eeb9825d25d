"""Between pictures of any size and the square that a detector sees."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from transfer.models.inputs import normalise
from transfer.models.resampling import fit_inside, fit_onto, sizes

# A deep feature map has one cell for so many pixels: a canvas is a multiple of it.
DEEPEST_STRIDE = 32


class Canvas(nn.Module):
    """Fit images into the top left of a black square, normalise it, and bring boxes back to the pixels of the image."""

    def __init__(self, image_size: int, *, mean: Sequence[float], std: Sequence[float]) -> None:
        """Take the length of the longer side, and mean and std of 0..1 values."""
        super().__init__()
        self.image_size = image_size
        self.side = -(-image_size // DEEPEST_STRIDE) * DEEPEST_STRIDE
        self.mean, self.std = tuple(mean), tuple(std)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Turn an image, uint8 or float 0..1 [3, h, w], into float32 [1, 3, side, side]."""
        pixels = image * 255.0 if image.is_floating_point() else image.float()
        fitted = fit_inside(sizes(image), longer_side=self.image_size)
        # Whole values, as stored pictures have.
        resized = fit_onto(pixels, fitted, side=self.side).round().clamp(0.0, 255.0)
        return normalise(resized.permute(1, 2, 0)[None], mean=self.mean, std=self.std)

    def from_stored(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn stored pictures, uint8 [n, image_size, image_size, 3], into float32 [n, 3, side, side]."""
        missing = self.side - self.image_size
        padded = functional.pad(pixels, (0, 0, 0, missing, 0, missing)) if missing else pixels
        return normalise(padded, mean=self.mean, std=self.std)

    def back(self, boxes: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Move boxes [n, 4] from the pixels of the canvas to those of `image`, and cut off what lies outside it."""
        before = sizes(image)
        ratios = fit_inside(before, longer_side=self.image_size).float() / before.float()
        whole = (boxes / _per_corner(ratios).to(boxes.device)).clamp(min=0.0)
        return torch.minimum(whole, _per_corner(before.float()).to(boxes.device))


def _per_corner(height_and_width: torch.Tensor) -> torch.Tensor:
    """Return [width, height, width, height], to go with corners."""
    return height_and_width.flip(0).repeat(2)
