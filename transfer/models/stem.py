"""Bodies that read more or fewer than three channels: the first convolution of an RGB body, inflated."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from transfer.checkpoint import RGB, Facts
from transfer.errors import WeightsError
from transfer.models import zoo


def first_convolution(model: nn.Module) -> tuple[str, nn.Conv2d]:
    """Return the convolution that reads the picture, and its name.

    Raises:
        WeightsError: the model has none, or it does not read RGB.
    """
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            if layer.in_channels == RGB and layer.groups == 1:
                return name, layer
            msg = f"{name}: the first convolution reads {layer.in_channels} channels, expected {RGB} to inflate it"
            raise WeightsError(msg)
    msg = f"{type(model).__name__} has no convolution that could be made to read other channels"
    raise WeightsError(msg)


def inflated(weight: torch.Tensor, channels: int) -> torch.Tensor:
    """Turn a convolution's weights [out, 3, h, w] into [out, channels, h, w].

    One channel gets the sum over RGB: a gray picture is answered as its RGB copy was. With more than three, RGB keep
    theirs and each further channel gets their mean (Wang et al. 2016, "Temporal segment networks", cross modality
    pre-training); all are scaled by 3 / channels, so that activations keep their size (Carreira and Zisserman 2017,
    "Quo vadis, action recognition?": inflated filters are divided by the number of copies).
    """
    if channels == RGB:
        return weight
    mean = weight.mean(dim=1, keepdim=True)
    kept = [weight] if channels > RGB else []
    copies = channels - RGB if channels > RGB else channels
    return torch.cat([*kept, *[mean] * copies], dim=1) * (RGB / channels)


def replace(model: nn.Module, channels: int) -> nn.Module:
    """Let a model that reads RGB read `channels`, in place; its weights are inflated."""
    if channels == RGB:
        return model
    _require_channels(channels)
    _, convolution = first_convolution(model)
    # The layer itself stays: an architecture may have a convolution class of its own.
    convolution.weight = nn.Parameter(inflated(convolution.weight.detach(), channels))
    convolution.in_channels = channels
    return model


def inflate(tensors: Mapping[str, torch.Tensor], architecture: str, channels: int) -> dict[str, torch.Tensor]:
    """Turn the tensors of a body that reads RGB into those of the same body for pictures of `channels`.

    Raises:
        WeightsError: `channels` is below 1, or the tensors are not those of a body that reads RGB.
    """
    if channels == RGB:
        return dict(tensors)
    _require_channels(channels)
    with torch.device("meta"):
        name = f"{first_convolution(zoo.build(architecture, nn.Identity()))[0]}.weight"
    if name not in tensors or tensors[name].shape[1] != RGB:
        found = list(tensors[name].shape) if name in tensors else "nothing"
        msg = f"{architecture}: expected {name} of an RGB body, [n, {RGB}, h, w], found {found}"
        raise WeightsError(msg)
    return {**tensors, name: inflated(tensors[name], channels)}


def widen(facts: Facts, tensors: Mapping[str, torch.Tensor], channels: int) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Make a body's checkpoint one for pictures of `channels`; one that reads them already stays as it is.

    The mean and std of channels that are not red, green or blue are the means of those three.

    Raises:
        WeightsError: it reads neither RGB nor `channels`.
    """
    if facts.channels == channels:
        return facts, dict(tensors)
    if facts.channels != RGB:
        msg = (
            f"the {facts.architecture} reads {facts.channels} channels and the pictures have {channels}; "
            "only a body that reads RGB can be made to read others"
        )
        raise WeightsError(msg)
    changes: dict[str, Any] = {
        "mean": _per_channel(facts.mean, channels),
        "std": _per_channel(facts.std, channels),
        "build": {**facts.build, "channels": channels},
    }
    widened = Facts.model_validate({**facts.model_dump(), **changes})
    return widened, inflate(tensors, facts.architecture, channels)


def _per_channel(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    mean = sum(values) / len(values)
    return (*values, *[mean] * (channels - RGB)) if channels > RGB else (mean,) * channels


def _require_channels(channels: int) -> None:
    if channels < 1:
        msg = f"pictures have 1 channel or more, found {channels}"
        raise WeightsError(msg)
