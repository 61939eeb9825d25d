"""Keep BatchNorm from moving in groups that train: its statistics, its scale and shift, or both."""

from typing import Literal

from torch import nn

FrozenNorm = Literal["none", "statistics", "affine", "both"]


def freeze_norms(model: nn.Module, what: FrozenNorm) -> None:
    """Freeze what is named in every BatchNorm layer.

    Frozen statistics are right for small data sets, and for weights whose statistics come from much larger data.
    """
    for module in model.modules():
        if not isinstance(module, nn.modules.batchnorm._BatchNorm):
            continue
        if what in {"statistics", "both"}:
            module.eval()
        if what in {"affine", "both"}:
            module.requires_grad_(False)
