"""RoIAlign as two batched matrix products: several times faster to train through, and deterministic on any device."""

import functools
import math
from collections.abc import Sequence

import torch
from torch import nn
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.poolers import initLevelMapper

BINS = 7
SAMPLES = 2
# Multiplying reads a whole feature map for each region. On larger maps than this a CPU is faster with RoIAlign's few
# reads. On a GPU torchvision's deterministic RoIAlign would have to be compiled first, for evaluation too.
LARGEST_MAP = 64 * 64


class RegionPool(MultiScaleRoIAlign):
    """torchvision's pooling from a pyramid, with known strides; for training and on a GPU, as matrix products.

    A region as large as `canonical_scale` (the root of its area, in pixels) is pooled from the map of stride 16.
    """

    def __init__(self, strides: Sequence[int], *, canonical_scale: int) -> None:
        names = [str(level) for level in range(len(strides))]
        super().__init__(names, BINS, SAMPLES, canonical_scale=canonical_scale)
        # Known, not guessed from image sizes: that guess fails where images do not fill the canvas.
        self.scales = [1 / stride for stride in strides]
        self.map_levels = initLevelMapper(
            int(math.log2(strides[0])), int(math.log2(strides[-1])), canonical_scale=canonical_scale, canonical_level=4
        )

    def forward(
        self, x: dict[str, torch.Tensor], boxes: list[torch.Tensor], image_shapes: list[tuple[int, int]]
    ) -> torch.Tensor:
        """Pool float [number of boxes, channels, 7, 7], image by image."""
        maps = [x[name] for name in self.featmap_names]
        large = max(m.shape[2] * m.shape[3] for m in maps) > LARGEST_MAP
        if maps[0].device.type == "cpu" and (large or not self.training):
            by_torchvision: torch.Tensor = super().forward({k: m.float() for k, m in x.items()}, boxes, image_shapes)
            return by_torchvision
        padded = nn.utils.rnn.pad_sequence(boxes, batch_first=True)
        levels = nn.utils.rnn.pad_sequence(self.map_levels(boxes).split([len(b) for b in boxes]), batch_first=True)
        by_level = [
            pool(m, padded, scale=scale, counts=levels == level)
            for level, (m, scale) in enumerate(zip(maps, self.scales, strict=True))
        ]
        pooled = functools.reduce(torch.add, by_level)
        return torch.cat([of_image[: len(b)] for of_image, b in zip(pooled, boxes, strict=True)])


def pool(features: torch.Tensor, boxes: torch.Tensor, *, scale: float, counts: torch.Tensor) -> torch.Tensor:
    """Pool `boxes` [n, k, 4] (pixels) from `features` [n, channels, h, w]: float [n, k, channels, 7, 7].

    Bilinear sampling is separable, so that a region is (weights of rows) x (features) x (weights of columns).
    Regions for which `counts` [n, k] is false give 0.
    """
    (n, channels, height, width), k = features.shape, boxes.shape[1]
    rows = axis_weights(boxes[..., 1], boxes[..., 3], cells=height, scale=scale) * counts[..., None, None]
    columns = axis_weights(boxes[..., 0], boxes[..., 2], cells=width, scale=scale)
    by_row = features.permute(0, 2, 3, 1).reshape(n, height, width * channels)
    strips = torch.bmm(rows.flatten(1, 2), by_row).view(n * k, BINS, width, channels)
    cells = torch.matmul(columns.view(n * k, 1, BINS, width), strips)
    return cells.view(n, k, BINS, BINS, channels).permute(0, 1, 4, 2, 3)


def axis_weights(start: torch.Tensor, end: torch.Tensor, *, cells: int, scale: float) -> torch.Tensor:
    """Compute how much each of `cells` counts for each of 7 bins between `start` and `end` [n, k]: [n, k, 7, cells].

    The mean of two bilinear samples per bin, at the places where RoIAlign (aligned=False) takes them.
    """
    length = ((end - start) * scale).clamp(min=1.0)
    steps = (torch.arange(BINS * SAMPLES, device=start.device) + 0.5) / SAMPLES
    places = (start * scale)[..., None] + steps * (length / BINS)[..., None]
    distances = places.clamp(0, cells - 1)[..., None] - torch.arange(cells, device=start.device)
    samples = (1 - distances.abs()).clamp(min=0)
    return samples.view(*start.shape, BINS, SAMPLES, cells).mean(3)
