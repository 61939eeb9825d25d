"""Freeze layer groups, and keep the statistics of frozen BatchNorm layers where they are."""

from collections.abc import Sequence

from torch import nn

from transfer.models import zoo


# The layers of one group; some architectures have parameters that belong to no layer.
Group = Sequence[nn.Module | nn.Parameter]


def group_names(architecture: str) -> tuple[str, ...]:
    """Return a name for each group of a classifier, shallow to deep, the head last."""
    found = zoo.find(architecture)
    names = (group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in found.groups)
    return (*names, found.head)


def layer_groups(model: nn.Module, architecture: str) -> list[list[nn.Module]]:
    """Return the modules of a classifier from shallow to deep, the head as the last group."""
    found = zoo.find(architecture)
    names = (*found.groups, (found.head,))
    return [[model.get_submodule(name) for name in group] for group in names]


def parameters(groups: Sequence[Sequence[nn.Module]]) -> list[list[nn.Parameter]]:
    """Return the parameters of each group."""
    return [[p for module in group for p in module.parameters()] for group in groups]


def train_only(
    model: nn.Module, groups: Sequence[Sequence[nn.Module]], trained: Sequence[bool], *, frozen_norm: bool
) -> None:
    """Put the trained groups into training mode and freeze the others: no gradients, no moving statistics.

    With `frozen_norm` every BatchNorm layer keeps its statistics, in trained groups too: right for small data sets and
    for weights whose statistics must not move. Its scale and shift are still trained.
    """
    model.eval()
    for group, is_trained in zip(groups, trained, strict=True):
        for module in group:
            module.train(is_trained).requires_grad_(is_trained)
    if frozen_norm:
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
