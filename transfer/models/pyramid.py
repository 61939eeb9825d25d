"""The part of a detector that reads the image: an architecture of the zoo as the body, a feature pyramid on it."""

from collections.abc import Sequence

import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from transfer.models import zoo
from transfer.models.folding import FrozenNormConv2d, freeze_batch_norm

PROBE_SIZE = 64


class PyramidBackbone(nn.Module):
    """Answer an image batch with feature maps of `out_channels`, shallow to deep: "0", "1", ... and "pool" at last."""

    def __init__(self, body: nn.Module, out_channels: int) -> None:
        super().__init__()
        channels, self.strides = probe(body)
        self.body = body
        self.fpn = FeaturePyramidNetwork(list(channels), out_channels, LastLevelMaxPool())
        self.out_channels = out_channels

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Read float [n, 3, side, side]."""
        maps: dict[str, torch.Tensor] = self.fpn(self.body(images))
        return maps


def frozen_norm_body(
    architecture: str, layers: Sequence[str], tensors: dict[str, torch.Tensor] | None = None
) -> nn.Module:
    """Build an architecture up to the last of `layers`, which it answers with, its BatchNorm frozen.

    `tensors` are the weights of a backbone checkpoint; without them the weights are random.
    """
    model = zoo.build(architecture, nn.Identity()).eval()
    if tensors is not None:
        model.load_state_dict(tensors)
    freeze_batch_norm(model)
    answers = {layer: str(level) for level, layer in enumerate(layers)}
    body: nn.Module = create_feature_extractor(model, answers, tracer_kwargs={"leaf_modules": [FrozenNormConv2d]})
    return body


@torch.no_grad()
def probe(body: nn.Module) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the channels and the strides of the maps that a body answers with."""
    maps = body(torch.zeros(1, 3, PROBE_SIZE, PROBE_SIZE)).values()
    return tuple(m.shape[1] for m in maps), tuple(PROBE_SIZE // m.shape[2] for m in maps)
