"""Local contrast as an augmentation: opencv's contrast limited adaptive histogram equalisation (CLAHE)."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import nn
from torchvision import tv_tensors


@dataclass(frozen=True)
class Clahe:
    """How often and how strongly: `share` of the views, opencv's clip limit, tiles along each side of the picture."""

    share: float = 0.0
    clip_limit: float = 2.0
    grid: int = 8


class RandomClahe(nn.Module):
    """Even out the lightness (L of Lab) of a share of the pictures; other channels than RGB stay."""

    def __init__(self, settings: Clahe) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, image: torch.Tensor, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Change uint8 [channels, height, width]; boxes pass."""
        if torch.rand(()) >= self.settings.share:
            return image, boxes
        colours = image[:3].permute(1, 2, 0).contiguous().numpy()
        evened = equalised(colours, clip_limit=self.settings.clip_limit, grid=self.settings.grid)
        return tv_tensors.Image(torch.cat([torch.from_numpy(evened).permute(2, 0, 1), image[3:]])), boxes


def equalised(picture: np.ndarray, *, clip_limit: float, grid: int) -> np.ndarray:
    """Even out the lightness of uint8 [height, width, 3], RGB."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=(grid, grid)).apply(lab[:, :, 0])
    evened: np.ndarray = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return evened
