"""Grad-CAM: where in a picture a classifier sees what speaks for a class.

Source: Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization (2017).
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from transfer.errors import WeightsError
from transfer.models import freezing

# Of height and width: a coarser map says little about where.
LEAST_SIDE = 3


@dataclass(frozen=True)
class GradCam:
    """The map of each image for its class, float [n, h, w], not negative, in units of the class's logit per place.

    `weights` float [n, channels] are the means over all places of the logit's gradient; the map is the positive part of
    the sum of the channels of `layer`, so weighted.
    """

    layer: str
    weights: torch.Tensor
    maps: torch.Tensor


def body_layers(network: nn.Module, architecture: str) -> dict[str, nn.Module]:
    """Return the modules of a classifier's body groups by name, shallow to deep."""
    names = {module: name for name, module in network.named_modules()}
    groups = freezing.layer_groups(network, architecture)[:-1]
    return {names[member]: member for group in groups for member in group if isinstance(member, nn.Module)}


def explain(
    network: nn.Module, images: torch.Tensor, classes: torch.Tensor, *, layers: Mapping[str, nn.Module]
) -> GradCam:
    """Explain the logit of one class (int64 [n]) per square image (float [n, channels, size, size]).

    The deepest of `layers` is read that answers with a map of at least 3 x 3 places on which the logit depends: in a
    transformer whose head reads the class token alone, that is not the last one. The network has to be in evaluation
    mode; what is frozen in it stays frozen.

    Raises:
        WeightsError: no layer has such a map.
    """
    with _outputs(layers) as outputs, torch.enable_grad():
        # Even if everything is frozen, gradients flow from the images on.
        logits = network(images.detach().requires_grad_())
        score = logits.gather(1, classes[:, None]).sum()
        maps = {name: output for name, output in outputs.items() if isinstance(output, torch.Tensor)}
        gradients = torch.autograd.grad(score, list(maps.values()), allow_unused=True)
    for (name, output), gradient in reversed(list(zip(maps.items(), gradients, strict=True))):
        places, slopes = spatial(output.detach()), None if gradient is None else spatial(gradient)
        if places is not None and slopes is not None and slopes.any():
            weights = slopes.mean((2, 3))
            return GradCam(name, weights, torch.einsum("nc,nchw->nhw", weights, places).relu())
    shapes = ", ".join(f"{name} {list(output.shape)}" for name, output in maps.items())
    msg = (
        f"Grad-CAM needs a layer that answers with a square map of at least {LEAST_SIDE} x {LEAST_SIDE} places; found "
        f"none at {images.shape[-1]} pixels: {shapes}. Take larger pictures, or another architecture"
    )
    raise WeightsError(msg)


def spatial(output: torch.Tensor) -> torch.Tensor | None:
    """Bring what a layer answers with to [n, channels, side, side]; None if it is no map, or too small a one.

    Understood are maps with channels first, maps with channels last (Swin), and square grids of tokens with at most one
    token of another kind before them (ViT).
    """
    if output.ndim == 3:
        output = _grid(output)
    if output.ndim != 4:
        return None
    if output.shape[2] != output.shape[3] and output.shape[1] == output.shape[2]:
        output = output.permute(0, 3, 1, 2)
    is_map = output.shape[2] == output.shape[3] >= LEAST_SIDE
    return output if is_map else None


def _grid(tokens: torch.Tensor) -> torch.Tensor:
    """Fold tokens [n, tokens, channels] into [n, channels, side, side], or return them as they are."""
    for extra in (0, 1):
        side = math.isqrt(tokens.shape[1] - extra)
        if side * side == tokens.shape[1] - extra:
            return tokens[:, extra:].transpose(1, 2).reshape(len(tokens), -1, side, side)
    return tokens


@contextmanager
def _outputs(layers: Mapping[str, nn.Module]) -> Iterator[dict[str, Any]]:
    """Collect what each layer answers with while the block runs."""
    outputs: dict[str, Any] = {}

    def keep(name: str, answer: Any) -> Any:
        outputs[name] = answer
        # What follows may work in place, and then on a copy.
        return answer.clone() if isinstance(answer, torch.Tensor) else None

    handles = [
        layer.register_forward_hook(lambda _module, _inputs, answer, name=name: keep(name, answer))
        for name, layer in layers.items()
    ]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
