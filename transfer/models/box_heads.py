"""The heads of Faster R-CNN, answering in fp32 whatever they compute in: boxes need more than bf16's 8 bits."""

import torch
from torch import nn
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead

from transfer.models.roi_pooling import BINS


class ProposalHead(RPNHead):
    """Says of each anchor whether it covers an object, and how to move it there."""

    def forward(self, x: list[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Read one map per level."""
        scores, moves = super().forward(x)
        return [score.float() for score in scores], [move.float() for move in moves]


class BoxPredictor(FastRCNNPredictor):
    """Says of each region what it shows, background included, and how to move its box."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Read one row per region."""
        scores, moves = super().forward(x)
        return scores.float(), moves.float()


def build_box_head(channels: int, *, convolutions: int, width: int) -> nn.Module:
    """Build the layers between regions and the predictor: two linear ones, or convolutions and one linear one."""
    head: nn.Module = (
        FastRCNNConvFCHead((channels, BINS, BINS), [channels] * convolutions, [width])
        if convolutions
        else TwoMLPHead(channels * BINS**2, width)
    )
    return head


def build_box_predictor(width: int, num_categories: int) -> BoxPredictor:
    """Build the last layer for `num_categories`, without the background; torchvision counts that too, as class 0."""
    return BoxPredictor(width, num_categories + 1)
