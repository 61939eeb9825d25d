"""How far features have turned away from those of the starting weights."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Drift:
    """Features float [n, num_features] of the pictures `images` as the model began, and the dotted name of its head."""

    images: torch.Tensor
    features: torch.Tensor
    head: str

    def of(self, model: nn.Module) -> float:
        """Return 1 - the mean cosine between the pictures' features then and now, 0..2."""
        now = features_of(model, self.images, head=self.head)
        return 1 - nn.functional.cosine_similarity(self.features, now).mean().item()


@torch.no_grad()
def features_of(model: nn.Module, images: torch.Tensor, *, head: str) -> torch.Tensor:
    """Return what enters the head, float32 [n, num_features]."""
    entered: list[torch.Tensor] = []
    hook = model.get_submodule(head).register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    try:
        model(images)
    finally:
        hook.remove()
    return entered[0].float().flatten(1)
