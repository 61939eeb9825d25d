"""Augmentation policies by name, from torchvision's v2 transforms; boxes move with the image."""

from collections.abc import Callable

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from transfer.errors import ParamsError

# A box that lost more than three quarters of its area to a crop no longer shows what it names.
KEPT_AREA = 0.25


def _none(size: int) -> list[v2.Transform]:
    return []


def _flips(size: int) -> list[v2.Transform]:
    return [v2.RandomHorizontalFlip(), v2.RandomVerticalFlip()]


def _surface(size: int) -> list[v2.Transform]:
    """A texture seen from above: no up or down, nearer or farther, in other light."""
    return [
        *_flips(size),
        v2.RandomResizedCrop((size, size), scale=(0.6, 1.0), ratio=(0.9, 1.1), antialias=True),
        v2.ColorJitter(brightness=0.2, contrast=0.2),
    ]


def _natural(size: int) -> list[v2.Transform]:
    """A photograph: upright, mirrored, cropped, in other light."""
    return [
        v2.RandomHorizontalFlip(),
        v2.RandomResizedCrop((size, size), scale=(0.5, 1.0), antialias=True),
        v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3),
    ]


POLICIES: dict[str, Callable[[int], list[v2.Transform]]] = {
    "none": _none,
    "flips": _flips,
    "surface": _surface,
    "natural": _natural,
}


def policy(name: str, *, size: int) -> v2.Transform:
    """Build a policy for square pictures of `size` pixels.

    Raises:
        ParamsError: no policy has this name.
    """
    if name not in POLICIES:
        msg = f"params.yaml: augment_data: unknown policy {name!r}; known are: {', '.join(POLICIES)}"
        raise ParamsError(msg)
    return v2.Compose(POLICIES[name](size) or [v2.Identity()])


def augment(
    transform: v2.Transform, image: torch.Tensor, boxes: torch.Tensor, *, seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Apply a policy to uint8 [3, size, size] and boxes [n, 4] (corners in pixels).

    Returns the image, the boxes of [n, 4] and a mask [n] of those that still show their object.
    """
    # torchvision draws from torch's global generator; seeded anew, a view does not depend on those drawn before it.
    # torch.manual_seed would also note a stack trace, for a GPU that is not used here: a tenth of the time.
    torch.default_generator.manual_seed(seed)
    height, width = image.shape[-2:]
    # Without torchvision's own clamping the share that left the picture can still be seen.
    corners = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(height, width), clamping_mode=None)
    moved_image, moved = transform(tv_tensors.Image(image), corners)
    whole = moved.as_subclass(torch.Tensor)
    limit = torch.tensor([width, height, width, height], dtype=whole.dtype)
    inside = torch.minimum(whole.clamp(min=0), limit)
    return moved_image.as_subclass(torch.Tensor), inside, _area(inside) >= (KEPT_AREA * _area(whole)).clamp(min=1)


def _area(boxes: torch.Tensor) -> torch.Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
