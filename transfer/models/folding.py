"""Frozen BatchNorm at no cost: its scale goes to the weights of the convolution before it, its shift to the bias."""

from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import FrozenBatchNorm2d

from transfer.errors import WeightsError

NORMS = (nn.BatchNorm2d, FrozenBatchNorm2d)


class FrozenNormConv2d(nn.Module):
    """A convolution and the frozen BatchNorm behind it, in one pass over the image.

    Trained are the weights as they were before scaling. Trained in their place, the scaled ones would move too far
    where the scale is small: the size of Adam's steps knows nothing of it.
    """

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, conv: nn.Conv2d, scale: torch.Tensor, shift: torch.Tensor) -> None:
        """Take over the weights of `conv`; `scale` and `shift` have one value per channel that it answers with."""
        super().__init__()
        self.weight = conv.weight
        self.register_buffer("scale", scale.reshape(-1, 1, 1, 1))
        self.register_buffer("shift", shift)
        self.conv_settings: tuple[Any, ...] = (conv.stride, conv.padding, conv.dilation, conv.groups)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Convolve and normalise."""
        return functional.conv2d(images, self.weight * self.scale, self.shift, *self.conv_settings)

    def settled(self) -> nn.Conv2d:
        """Return a plain convolution that answers the same."""
        channels, per_group = self.weight.shape[:2]
        stride, padding, dilation, groups = self.conv_settings
        size: Any = tuple(self.weight.shape[2:])
        conv = nn.Conv2d(per_group * groups, channels, size, stride, padding, dilation, groups)
        conv.weight.data = (self.weight * self.scale).detach()
        conv.bias.data = self.shift.clone()  # type: ignore[union-attr]
        return conv


def freeze_batch_norm(model: nn.Module) -> nn.Module:
    """Put `FrozenNormConv2d` in place of every convolution that a BatchNorm is registered right after, in place.

    The convolution's name and weights stay; what was a norm becomes an identity.

    Raises:
        WeightsError: a BatchNorm does not follow a convolution of its width.
    """
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, (nn.Conv2d, *NORMS))]
    for (conv_name, conv), (norm_name, norm) in pairwise([("", nn.Identity()), *layers]):
        if not isinstance(norm, NORMS):
            continue
        if not isinstance(conv, nn.Conv2d) or conv.out_channels != len(norm.get_buffer("running_mean")):
            msg = f"{norm_name}: expected a convolution before this BatchNorm, found {conv_name or 'nothing'}"
            raise WeightsError(msg)
        _fold(model, conv_name, norm_name)
    return model


def fold_batch_norm(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """Fold every BatchNorm that reads what a convolution answers into it, in place, for a model that trains no more.

    Which ones do is seen while the model reads `images`. Other norms stay, in evaluation mode: those of sums, of
    pooled or of joined maps, those with an activation inside, LayerNorm.
    """
    for conv_name, norm_name in _seen_pairs(model.eval(), images):
        _fold(model, conv_name, norm_name)
    return settle(model).eval()


def settle(model: nn.Module) -> nn.Module:
    """Put plain convolutions in place of every `FrozenNormConv2d`, in place: for a model that trains no more."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, FrozenNormConv2d):
            model.set_submodule(name, layer.settled())
    return model


@torch.no_grad()
def _seen_pairs(model: nn.Module, images: torch.Tensor) -> list[tuple[str, str]]:
    """Name each convolution and the BatchNorm that reads its answer."""
    answers: list[tuple[str, torch.Tensor]] = []
    pairs: list[tuple[str, str]] = []
    # Of these very classes: timm has derived ones that also pad, standardise or activate.
    convolutions = [(name, layer) for name, layer in model.named_modules() if type(layer) is nn.Conv2d]
    norms = [(name, layer) for name, layer in model.named_modules() if type(layer) in NORMS]
    with ExitStack() as hooks:
        for name, layer in convolutions:
            hook = layer.register_forward_hook(lambda _, __, answer, name=name: answers.append((name, answer)))
            hooks.callback(hook.remove)
        for name, layer in norms:
            hook = layer.register_forward_pre_hook(
                lambda _, read, name=name: pairs.extend((conv, name) for conv, answer in answers if answer is read[0])
            )
            hooks.callback(hook.remove)
        model(images)
    return pairs


def _fold(model: nn.Module, conv_name: str, norm_name: str) -> None:
    conv = model.get_submodule(conv_name)
    assert isinstance(conv, nn.Conv2d)
    folded = FrozenNormConv2d(conv, *_scale_and_shift(conv, model.get_submodule(norm_name)))
    model.set_submodule(conv_name, folded)
    model.set_submodule(norm_name, nn.Identity())


@torch.no_grad()
def _scale_and_shift(conv: nn.Conv2d, norm: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    gain, offset = (getattr(norm, name).detach() for name in ("weight", "bias"))
    scale = gain * torch.rsqrt(variance + float(norm.eps))  # type: ignore[arg-type]
    before = conv.bias if conv.bias is not None else torch.zeros_like(mean)
    return scale, offset + (before - mean) * scale
