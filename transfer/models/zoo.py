"""Look architectures up by name and build them; say in a sentence what one cannot do."""

import difflib

from torch import nn

from transfer.errors import ParamsError, WeightsError
from transfer.models import timm_models
from transfer.models.architectures import ARCHITECTURES, Architecture, Sizes

TIMM = "timm:"


def find(name: str) -> Architecture:
    """Look an architecture up: one of the table, or one of timm's as `timm:<model>`.

    Raises:
        WeightsError: no architecture has this name; the message lists the known ones and the closest.
    """
    if name.startswith(TIMM):
        return timm_models.architecture(name.removeprefix(TIMM))
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    closest = difflib.get_close_matches(name, ARCHITECTURES, n=1)
    hint = f"; did you mean {closest[0]!r}?" if closest else "."
    msg = (
        f"unknown architecture {name!r}{hint} Known are: {', '.join(ARCHITECTURES)}, and timm:<model> with timm's names"
    )
    raise WeightsError(msg)


def build(name: str, head: nn.Module, *, image_size: int | None = None) -> nn.Module:
    """Build an architecture with random initial weights and `head` in place of its own.

    A model that knows positions is built for pictures of `image_size` pixels, or of the size it was published for.
    """
    architecture = find(name)
    sizes = architecture.sizes
    if sizes.native is None or sizes.fixed or image_size is None:
        model = architecture.build(weights=None)
    else:
        require_size(name, image_size)
        model = architecture.build(weights=None, image_size=image_size)
    model.set_submodule(architecture.head, head)
    return model


def require_size(name: str, image_size: int) -> None:
    """Make sure that an architecture can read square pictures of a size.

    Raises:
        ParamsError: it cannot; the message says which sizes it can.
    """
    sizes = find(name).sizes
    fits = _fitting(sizes, image_size)
    if fits is not None:
        msg = f"{name} reads pictures of {fits}, found {image_size}; change augment_data.classifier.image_size"
        raise ParamsError(msg)


def pyramid(name: str) -> tuple[str, ...]:
    """Return the layers that a detector's feature pyramid stands on, of strides 4, 8, 16 and 32.

    Raises:
        WeightsError: the architecture has none; the message lists those that do.
    """
    layers = find(name).pyramid
    if layers:
        return layers
    able = ", ".join(known for known, architecture in ARCHITECTURES.items() if architecture.pyramid)
    msg = (
        f"a detector cannot stand on {name!r}: it has no feature maps of strides 4, 8, 16 and 32 with norms that fold "
        f"into convolutions; set warmup_detector.body to a checkpoint of one of: {able}"
    )
    raise WeightsError(msg)


def _fitting(sizes: Sizes, image_size: int) -> str | None:
    """Say what would fit; None where `image_size` does."""
    if sizes.fixed:
        return None if image_size == sizes.native else f"exactly {sizes.native} pixels"
    if image_size < sizes.least:
        return f"{sizes.least} pixels or more"
    lower = image_size - image_size % sizes.multiple
    if lower != image_size:
        return f"a multiple of {sizes.multiple} pixels, such as {lower} or {lower + sizes.multiple}"
    return None
