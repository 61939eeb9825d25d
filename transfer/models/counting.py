"""How large a model is."""

from torch import nn


def count(model: nn.Module) -> tuple[int, int]:
    """Count the parameters that have gradients, and all."""
    parameters = list(model.parameters())
    return sum(p.numel() for p in parameters if p.requires_grad), sum(p.numel() for p in parameters)
