"""Classifiers: a backbone of the zoo with a head for this data set's labels."""

from collections.abc import Mapping

import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import heads, stem, zoo


def build_backbone(facts: Facts, tensors: Mapping[str, torch.Tensor]) -> nn.Module:
    """Build the body of a backbone or classifier checkpoint; it answers with features float [n, num_features].

    Raises:
        WeightsError: the tensors are not those of the architecture.
    """
    prefix = f"{zoo.find(facts.architecture).head}."
    body = {name: tensor for name, tensor in tensors.items() if not name.startswith(prefix)}
    return _filled(_built(facts, nn.Identity()), body, facts)


def build_classifier(facts: Facts, tensors: Mapping[str, torch.Tensor]) -> nn.Module:
    """Build the model of a classifier checkpoint; it answers with logits float [n, len(categories)].

    Raises:
        WeightsError: the tensors are not those of the architecture.
    """
    return _filled(_built(facts, head(facts)), tensors, facts)


def head(facts: Facts) -> nn.Module:
    """Make a fresh head for the categories of the facts, of the shape in `facts.build["head"]`.

    Raises:
        WeightsError: what is recorded there is not the shape of a head.
    """
    shape = heads.from_facts(facts.build.get("head"))
    return heads.build(zoo.find(facts.architecture).num_features, len(facts.categories), shape)


def untrained(facts: Facts) -> nn.Module:
    """Build a classifier with torch's random initial weights."""
    return _built(facts, head(facts)).to(memory_format=torch.channels_last).eval()


def joined(facts: Facts, body: Mapping[str, torch.Tensor], head: nn.Module) -> dict[str, torch.Tensor]:
    """Return the tensors of a classifier from those of its body and a head; a head among the former is left out."""
    prefix = f"{zoo.find(facts.architecture).head}."
    kept = {name: tensor for name, tensor in body.items() if not name.startswith(prefix)}
    return {**kept, **{f"{prefix}{name}": tensor for name, tensor in head.state_dict().items()}}


def _built(facts: Facts, head: nn.Module) -> nn.Module:
    return stem.replace(zoo.build(facts.architecture, head, image_size=facts.image_size), facts.channels)


def _filled(model: nn.Module, tensors: Mapping[str, torch.Tensor], facts: Facts) -> nn.Module:
    try:
        model.load_state_dict(dict(tensors))
    except RuntimeError as error:
        msg = f"the weights do not fit {facts.architecture} with {len(facts.categories)} categories: {error}"
        raise WeightsError(msg) from error
    model.to(memory_format=torch.channels_last)
    return model.eval()
