"""The architectures this line can carry: how to build each, where its head sits, its layers from shallow to deep."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torchvision import models

from transfer.errors import WeightsError


@dataclass(frozen=True)
class Architecture:
    """One torchvision model.

    `head` is the dotted name of the layers that a new task replaces; what enters them are `num_features` numbers
    per image. `groups` are the names of all other layers, cut where the resolution halves, shallow to deep.
    `pyramid` are the layers whose outputs have strides 4, 8, 16 and 32: a detector's feature pyramid stands on them.
    """

    build: Callable[..., nn.Module]
    head: str
    num_features: int
    groups: tuple[tuple[str, ...], ...]
    pyramid: tuple[str, str, str, str]


def _resnet(build: Callable[..., nn.Module], num_features: int) -> Architecture:
    stages = ("layer1", "layer2", "layer3", "layer4")
    return Architecture(build, "fc", num_features, (("conv1", "bn1"), *((stage,) for stage in stages)), stages)


def _features(build: Callable[..., nn.Module], head: str, num_features: int, ends: tuple[int, ...]) -> Architecture:
    """Describe a model that is one `features` sequence; a group ends at each index of `ends`, the first at stride 2."""
    starts = (0, *(end + 1 for end in ends))
    groups = tuple(
        tuple(f"features.{i}" for i in range(start, end + 1)) for start, end in zip(starts, ends, strict=False)
    )
    stride_4, stride_8, stride_16, stride_32 = (f"features.{end}" for end in ends[1:])
    return Architecture(build, head, num_features, groups, (stride_4, stride_8, stride_16, stride_32))


ARCHITECTURES = {
    "resnet18": _resnet(models.resnet18, 512),
    "resnet34": _resnet(models.resnet34, 512),
    "resnet50": _resnet(models.resnet50, 2048),
    "mobilenet_v2": _features(models.mobilenet_v2, "classifier", 1280, (1, 3, 6, 13, 18)),
    "mobilenet_v3_small": _features(models.mobilenet_v3_small, "classifier", 576, (0, 1, 3, 8, 12)),
    "mobilenet_v3_large": _features(models.mobilenet_v3_large, "classifier", 960, (1, 3, 6, 12, 16)),
    "efficientnet_b0": _features(models.efficientnet_b0, "classifier", 1280, (1, 2, 3, 5, 8)),
}


def find(name: str) -> Architecture:
    """Look an architecture up.

    Raises:
        WeightsError: no architecture has this name; the message lists the known ones and the closest.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    closest = difflib.get_close_matches(name, ARCHITECTURES, n=1)
    hint = f"; did you mean {closest[0]!r}?" if closest else "."
    msg = f"unknown architecture {name!r}{hint} Known are: {', '.join(ARCHITECTURES)}"
    raise WeightsError(msg)


def build(name: str, head: nn.Module) -> nn.Module:
    """Build an architecture with torch's random initial weights and `head` in place of its own."""
    architecture = find(name)
    model = architecture.build(weights=None)
    model.set_submodule(architecture.head, head)
    return model
