"""L2-SP: pull trained weights toward where they started, instead of toward zero."""

from collections.abc import Iterable

import torch
from torch import nn


class StartingPoint:
    """The starting weights of everything but the head.

    Adds the gradient of strength / 2 * |w - w0|^2 to that of the loss. Source: Li, Grandvalet and Davoine, Explicit
    Inductive Bias for Transfer Learning with Convolutional Networks (2018), where a new head is pulled toward zero.
    """

    def __init__(self, body: Iterable[nn.Parameter], strength: float) -> None:
        """Remember the weights as they are now."""
        self._strength = strength
        self._pairs = [(p, p.detach().clone()) for p in body] if strength > 0 else []

    @torch.no_grad()
    def add_gradients(self) -> None:
        """Add the pull to the gradients of the weights that have one."""
        for parameter, start in self._pairs:
            if parameter.grad is not None:
                parameter.grad.add_(parameter - start, alpha=self._strength)
