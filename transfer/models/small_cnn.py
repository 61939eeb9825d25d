"""A small network for small pictures, to be trained from random weights: four blocks, 0.4 million parameters."""

from collections import OrderedDict

import torch
from torch import nn

WIDTHS = (32, 64, 128, 256)


class SmallCnn(nn.Module):
    """Four blocks of convolution, BatchNorm, ReLU and pooling; the mean over the last map; a linear layer.

    Reads float [n, 3, h, w] of 16 pixels or more; made for 64.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        blocks = [_block(before, width) for before, width in zip((3, *WIDTHS), WIDTHS, strict=False)]
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(WIDTHS[-1], num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Answer with logits, or with features [n, 256] where the classifier is an identity."""
        answers: torch.Tensor = self.classifier(self.features(images).mean(dim=(2, 3)))
        return answers


def small_cnn(*, weights: None = None) -> nn.Module:
    """Build it as torchvision builds its models; there are no published weights."""
    return SmallCnn()


def _block(before: int, width: int) -> nn.Sequential:
    # The norm's shift does what the convolution's bias would.
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(before, width, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(width),
            relu=nn.ReLU(inplace=True),
            pool=nn.MaxPool2d(2),
        )
    )
