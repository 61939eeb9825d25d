"""Make a body fit the pictures of a data set: their channels, and their size where it knows positions."""

from collections.abc import Mapping

import torch
from torchvision.models.vision_transformer import interpolate_embeddings

from transfer.checkpoint import Facts
from transfer.models import stem, zoo


def adapt(
    facts: Facts, tensors: Mapping[str, torch.Tensor], *, image_size: int, channels: int
) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Return facts and tensors of a backbone for pictures of `image_size` pixels and `channels`.

    Raises:
        ParamsError: the architecture cannot read pictures of this size.
        WeightsError: the body cannot be made to read as many channels.
    """
    zoo.require_size(facts.architecture, image_size)
    widened, wider = stem.widen(facts, tensors, channels)
    return widened.model_copy(update={"image_size": image_size}), resized(wider, facts.architecture, image_size)


def resized(tensors: Mapping[str, torch.Tensor], architecture: str, image_size: int | None) -> dict[str, torch.Tensor]:
    """Interpolate the positions that a model knows, as torchvision does; None is the size it was published for.

    The tensors of a model that knows none come back as they are.
    """
    sizes = zoo.find(architecture).sizes
    if sizes.native is None or sizes.fixed:
        return dict(tensors)
    return dict(interpolate_embeddings(image_size or sizes.native, sizes.multiple, dict(tensors)))
