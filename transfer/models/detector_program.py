"""The whole detector as one module, raw pixels in, boxes out: what is evaluated, exported and held to parity."""

import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.models.detector import Detector
from transfer.models.folding import settle


class DetectorProgram(nn.Module):
    """Resize, normalise, detect, suppress, and bring the boxes back to the pixels that came in.

    Input: one image, uint8 [height, width, 3], RGB, of any size. Output: boxes float32 [n, 4] (x_min, y_min, x_max,
    y_max in pixels of the image), scores float32 [n], labels int64 [n] that index the categories, from 0.
    """

    def __init__(self, network: Detector, facts: Facts) -> None:
        """Take a trained detector over: in evaluation mode and fp32, whatever it was trained with, to train no more."""
        super().__init__()
        settle(network.backbone.body)
        self.network = network.eval()
        self.facts = facts

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Answer for one image."""
        pixels = image.permute(2, 0, 1)
        found = self.network.detect(self.network.backbone.body(self.network.transform(pixels)))[0]
        boxes = self.network.transform.back(found["boxes"], pixels)
        # Where an image does not fill its canvas, a box that lay in the padding has no area left.
        kept = torch.where((boxes[:, 2:] > boxes[:, :2]).all(dim=1))[0]
        return boxes[kept], found["scores"][kept], found["labels"][kept] - 1
