"""The table of architectures: how to build each, where its head sits, its layers from shallow to deep, its sizes."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torchvision import models

from transfer.models.small_cnn import small_cnn


@dataclass(frozen=True)
class Sizes:
    """The pictures that a model can read, in pixels of a square's side.

    `least` is the stride of the deepest map: below it that map would hold padding only, or nothing. Sizes are
    multiples of `multiple`. With `native` the model knows positions, for pictures of that size; `build` then takes
    another one as `image_size`, unless `fixed`.
    """

    least: int = 32
    multiple: int = 1
    native: int | None = None
    fixed: bool = False


@dataclass(frozen=True)
class Architecture:
    """One model.

    `head` is the dotted name of the layers that a new task replaces; what enters them are `num_features` numbers
    per image. `groups` are the names of all other layers, and of parameters that belong to none, shallow to deep, cut
    where the resolution halves or, where it never does, at each block. `pyramid` are the layers whose outputs have
    strides 4, 8, 16 and 32: a detector's feature pyramid stands on them; empty where there are none of shape
    [n, c, h, w] with norms that follow their convolutions.
    """

    build: Callable[..., nn.Module]
    head: str
    num_features: int
    groups: tuple[tuple[str, ...], ...]
    pyramid: tuple[str, ...] = ()
    sizes: Sizes = Sizes()


def _cut(prefix: str, ends: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """Name the layers of a sequence from 0; a group ends at each index of `ends`."""
    starts = (0, *(end + 1 for end in ends))
    return tuple(
        tuple(f"{prefix}.{i}" for i in range(start, end + 1)) for start, end in zip(starts, ends, strict=False)
    )


def _resnet(build: Callable[..., nn.Module], num_features: int) -> Architecture:
    stages = ("layer1", "layer2", "layer3", "layer4")
    return Architecture(build, "fc", num_features, (("conv1", "bn1"), *((stage,) for stage in stages)), stages)


def _features(build: Callable[..., nn.Module], num_features: int, ends: tuple[int, ...]) -> Architecture:
    """Describe a model that is one `features` sequence; a group ends at each index of `ends`, the first at stride 2."""
    pyramid = tuple(f"features.{end}" for end in ends[1:])
    return Architecture(build, "classifier", num_features, _cut("features", ends), pyramid)


def _vgg(build: Callable[..., nn.Module], pools: tuple[int, ...]) -> Architecture:
    """Describe a VGG by the indices of its pools; only the last of its three dense layers is replaced.

    Two dense layers hold nine tenths of the pretrained weights; what the second one answers is what "CNN features
    off-the-shelf" (Razavian et al. 2014) and PyTorch's tutorial on fine-tuning take.
    """
    pyramid = (*(f"features.{pool - 1}" for pool in pools[2:]), f"features.{pools[-1]}")
    groups = (*_cut("features", pools), tuple(f"classifier.{i}" for i in range(6)))
    return Architecture(build, "classifier.6", 4096, groups, pyramid)


def _densenet121() -> Architecture:
    layers = (
        ("conv0", "norm0", "relu0", "pool0"),
        *((f"denseblock{stage}", f"transition{stage}") for stage in (1, 2, 3)),
        ("denseblock4", "norm5"),
    )
    groups = tuple(tuple(f"features.{layer}" for layer in group) for group in layers)
    return Architecture(models.densenet121, "classifier", 1024, groups)


def _convnext(build: Callable[..., nn.Module], num_features: int) -> Architecture:
    """Describe a ConvNeXt; the norm between its last map and its linear layer is pretrained and stays."""
    *shallow, deepest = _cut("features", (1, 3, 5, 7))
    groups = (*shallow, (*deepest, "classifier.0", "classifier.1"))
    pyramid = tuple(f"features.{stage}" for stage in (1, 3, 5, 7))
    return Architecture(build, "classifier.2", num_features, groups, pyramid)


def _vit_b_16() -> Architecture:
    blocks = [f"encoder.layers.encoder_layer_{i}" for i in range(12)]
    groups = (
        ("class_token", "conv_proj", "encoder.pos_embedding"),
        *((block,) for block in blocks[:-1]),
        (blocks[-1], "encoder.ln"),
    )
    sizes = Sizes(least=16, multiple=16, native=224)
    return Architecture(models.vit_b_16, "heads", 768, groups, sizes=sizes)


def _swin_t() -> Architecture:
    *shallow, deepest = _cut("features", (1, 3, 5, 7))
    return Architecture(models.swin_t, "head", 768, (*shallow, (*deepest, "norm")))


ARCHITECTURES = {
    "small_cnn": Architecture(
        small_cnn, "classifier", 256, tuple((f"features.{i}",) for i in range(4)), sizes=Sizes(least=16)
    ),
    "resnet18": _resnet(models.resnet18, 512),
    "resnet34": _resnet(models.resnet34, 512),
    "resnet50": _resnet(models.resnet50, 2048),
    "mobilenet_v2": _features(models.mobilenet_v2, 1280, (1, 3, 6, 13, 18)),
    "mobilenet_v3_small": _features(models.mobilenet_v3_small, 576, (0, 1, 3, 8, 12)),
    "mobilenet_v3_large": _features(models.mobilenet_v3_large, 960, (1, 3, 6, 12, 16)),
    "efficientnet_b0": _features(models.efficientnet_b0, 1280, (1, 2, 3, 5, 8)),
    "efficientnet_b4": _features(models.efficientnet_b4, 1792, (1, 2, 3, 5, 8)),
    "efficientnet_b7": _features(models.efficientnet_b7, 2560, (1, 2, 3, 5, 8)),
    "vgg11": _vgg(models.vgg11, (2, 5, 10, 15, 20)),
    "vgg16": _vgg(models.vgg16, (4, 9, 16, 23, 30)),
    "vgg16_bn": _vgg(models.vgg16_bn, (6, 13, 23, 33, 43)),
    "densenet121": _densenet121(),
    "convnext_tiny": _convnext(models.convnext_tiny, 768),
    "convnext_base": _convnext(models.convnext_base, 1024),
    "vit_b_16": _vit_b_16(),
    "swin_t": _swin_t(),
}
