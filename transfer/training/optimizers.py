"""The optimizer over a model's layer groups, each with its own learning rate."""

from collections.abc import Sequence

import torch
from torch import nn


def adamw(
    groups: Sequence[Sequence[nn.Parameter]], rates: Sequence[float], *, weight_decay: float
) -> torch.optim.AdamW:
    """Build AdamW with one rate per group; a group with rate 0 stays out. Norms and biases (1-D) do not decay."""
    settings = []
    for parameters, rate in zip(groups, rates, strict=True):
        for decay, chosen in (
            (weight_decay, [p for p in parameters if p.ndim > 1]),
            (0.0, [p for p in parameters if p.ndim <= 1]),
        ):
            if rate > 0 and chosen:
                settings.append({"params": chosen, "lr": rate, "peak_lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(settings, fused=True)


def scale_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set every group's rate to `factor` times its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * factor
