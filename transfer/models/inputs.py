"""From stored pixels to what a network reads."""

from collections.abc import Sequence

import torch


def normalise(pixels: torch.Tensor, *, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Turn uint8 [n, height, width, c] into float32 [n, c, height, width] with the given mean and std of 0..1 values.

    `mean` and `std` have one value per channel, however many there are.
    The result keeps the pixels' memory order, which is torch's channels_last: the fast one for convolutions.
    """
    shape = (1, len(mean), 1, 1)
    scale = torch.tensor(std, device=pixels.device).reshape(shape) * 255
    shift = torch.tensor(mean, device=pixels.device).reshape(shape) * 255
    return (pixels.permute(0, 3, 1, 2).float() - shift) / scale
