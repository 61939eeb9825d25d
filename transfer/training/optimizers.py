"""The optimizer over a model's layer groups, each with its own learning rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True)
class OptimizerSettings:
    """`momentum` is SGD's, in Nesterov's form. Without `decay_norms` norms and biases (1-D) do not decay.

    `weight_decay` is decoupled in AdamW (Loshchilov and Hutter, 2019) and part of the gradient in the others.
    """

    name: str = "adamw"
    weight_decay: float = 0.0
    decay_norms: bool = False
    momentum: float = 0.9


def build(
    settings: OptimizerSettings, groups: Sequence[Sequence[nn.Parameter]], rates: Sequence[float]
) -> torch.optim.Optimizer:
    """Build an optimizer with one rate per group; frozen parameters and groups with rate 0 stay out."""
    parts: list[dict[str, Any]] = []
    for parameters, rate in zip(groups, rates, strict=True):
        trained = [p for p in parameters if p.requires_grad and rate > 0]
        decaying = [p for p in trained if p.ndim > 1 or settings.decay_norms]
        others = [p for p in trained if p.ndim <= 1 and not settings.decay_norms]
        for weight_decay, chosen in ((settings.weight_decay, decaying), (0.0, others)):
            if chosen:
                parts.append({"params": chosen, "lr": rate, "peak_lr": rate, "weight_decay": weight_decay})
    # With a momentum of 0 Nesterov's form is no form.
    own = {"momentum": settings.momentum, "nesterov": settings.momentum > 0} if settings.name == "sgd" else {}
    return OPTIMIZERS[settings.name](parts, fused=True, **own)


def scale_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set every group's rate to `factor` times its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * factor
