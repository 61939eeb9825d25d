"""Freeze layer groups, and keep the statistics of frozen BatchNorm layers where they are."""

from collections.abc import Sequence

from torch import nn

from transfer.models import zoo

# A layer, or a parameter that belongs to none: a ViT's class token hangs on the model itself.
Member = nn.Module | nn.Parameter
Group = Sequence[Member]


def group_names(architecture: str) -> tuple[str, ...]:
    """Return a name for each group of a classifier, shallow to deep, the head last."""
    found = zoo.find(architecture)
    names = (group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in found.groups)
    return (*names, found.head)


def layer_groups(model: nn.Module, architecture: str) -> list[list[Member]]:
    """Return the layers of a classifier from shallow to deep, the head as the last group."""
    found = zoo.find(architecture)
    names = (*found.groups, (found.head,))
    return [[_member(model, name) for name in group] for group in names]


def parameters(groups: Sequence[Group]) -> list[list[nn.Parameter]]:
    """Return the parameters of each group."""
    return [[p for member in group for p in _parameters(member)] for group in groups]


def train_only(model: nn.Module, groups: Sequence[Group], trained: Sequence[bool], *, frozen_norm: bool) -> None:
    """Put the trained groups into training mode and freeze the others: no gradients, no moving statistics.

    With `frozen_norm` every BatchNorm layer keeps its statistics, in trained groups too: right for small data sets and
    for weights whose statistics must not move. Its scale and shift are still trained.
    """
    model.eval()
    for group, is_trained in zip(groups, trained, strict=True):
        for member in group:
            member.requires_grad_(is_trained)
            if isinstance(member, nn.Module):
                member.train(is_trained)
    if frozen_norm:
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def _member(model: nn.Module, name: str) -> Member:
    above, _, last = name.rpartition(".")
    found = getattr(model.get_submodule(above), last)
    assert isinstance(found, nn.Module | nn.Parameter), name
    return found


def _parameters(member: Member) -> list[nn.Parameter]:
    return list(member.parameters()) if isinstance(member, nn.Module) else [member]
