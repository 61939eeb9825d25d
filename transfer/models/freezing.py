"""Freeze layer groups, and keep the statistics of frozen BatchNorm layers where they are."""

from collections.abc import Sequence

from torch import nn

from transfer.models import zoo
from transfer.models.norms import FrozenNorm, freeze_norms

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


def train_only(
    model: nn.Module, groups: Sequence[Group], trained: Sequence[bool], *, frozen_norm: FrozenNorm = "none"
) -> None:
    """Put the trained groups into training mode and freeze the others: no gradients, no moving statistics.

    `frozen_norm` is what BatchNorm keeps in trained groups, too, but not in the last, the head: a new head's BatchNorm
    knows no statistics that could be kept.
    """
    model.eval()
    for group, is_trained in zip(groups, trained, strict=True):
        for member in group:
            member.requires_grad_(is_trained)
            if isinstance(member, nn.Module):
                member.train(is_trained)
    for member in (member for group in groups[:-1] for member in group if isinstance(member, nn.Module)):
        freeze_norms(member, frozen_norm)


def _member(model: nn.Module, name: str) -> Member:
    above, _, last = name.rpartition(".")
    found = getattr(model.get_submodule(above), last)
    assert isinstance(found, nn.Module | nn.Parameter), name
    return found


def _parameters(member: Member) -> list[nn.Parameter]:
    return list(member.parameters()) if isinstance(member, nn.Module) else [member]
