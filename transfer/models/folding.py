"""Fold BatchNorm into the convolution before it: the layer answers as it did, frozen, and costs nothing any more."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.ops import FrozenBatchNorm2d

from transfer.errors import WeightsError

NORMS = (nn.BatchNorm2d, FrozenBatchNorm2d)


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Fold every BatchNorm of `model` into the convolution that is registered right before it, in place.

    The names of the convolutions stay; they gain a bias. What was a norm becomes an identity without weights.

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
        mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias
        )
        model.set_submodule(norm_name, nn.Identity())
    return model
