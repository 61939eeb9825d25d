"""Augmentation policies by name, from torchvision's v2 transforms; boxes move with the image where they can."""

import difflib
from collections.abc import Callable

import torch
from torch import nn
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2

from transfer.data.reading import RGB
from transfer.data.views.contrast import Clahe, RandomClahe
from transfer.errors import ParamsError

# A box that lost more than three quarters of its area to a crop no longer shows what it names.
KEPT_AREA = 0.25


class _OnColours(nn.Module):
    """Apply a transform of light and colour to red, green and blue; further channels and boxes pass."""

    def __init__(self, transform: v2.Transform) -> None:
        super().__init__()
        self.transform = transform

    def forward(self, image: torch.Tensor, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        changed = self.transform(tv_tensors.Image(image[:RGB]))
        return tv_tensors.Image(torch.cat([changed, image[RGB:]])), boxes


class _WithoutBoxes(nn.Module):
    """Apply a transform that cannot say where it moved what: of the boxes nothing is left."""

    def __init__(self, transform: v2.Transform) -> None:
        super().__init__()
        self.transform = transform

    def forward(self, image: torch.Tensor, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.transform(image), torch.zeros_like(boxes)


def _none(size: int) -> list[nn.Module]:
    return []


def _flips(size: int) -> list[nn.Module]:
    return [v2.RandomHorizontalFlip(), v2.RandomVerticalFlip()]


def _surface(size: int) -> list[nn.Module]:
    """A texture seen from above: no up or down, nearer or farther, in other light."""
    return [
        *_flips(size),
        v2.RandomResizedCrop((size, size), scale=(0.6, 1.0), ratio=(0.9, 1.1), antialias=True),
        _OnColours(v2.ColorJitter(brightness=0.2, contrast=0.2)),
    ]


def _framed(size: int) -> list[nn.Module]:
    """A photograph: upright, mirrored, cropped."""
    return [v2.RandomHorizontalFlip(), v2.RandomResizedCrop((size, size), scale=(0.5, 1.0), antialias=True)]


def _natural(size: int) -> list[nn.Module]:
    """A photograph in other light."""
    return [*_framed(size), _OnColours(v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3))]


def _drawn_from_a_table(transform: type[v2.Transform]) -> Callable[[int], list[nn.Module]]:
    """A photograph, and then what the published policy draws from its table of light, colour, shear and rotation."""
    return lambda size: [*_framed(size), _WithoutBoxes(transform(interpolation=InterpolationMode.BILINEAR))]


POLICIES: dict[str, Callable[[int], list[nn.Module]]] = {
    "none": _none,
    "flips": _flips,
    "surface": _surface,
    "natural": _natural,
}
# AutoAugment (Cubuk et al. 2019, the policies for ImageNet), RandAugment (Cubuk et al. 2020, two operations of
# magnitude 9) and TrivialAugment Wide (Mueller and Hutter 2021, one operation of any magnitude).
TABLE_POLICIES: dict[str, Callable[[int], list[nn.Module]]] = {
    "auto": _drawn_from_a_table(v2.AutoAugment),
    "rand": _drawn_from_a_table(v2.RandAugment),
    "trivial": _drawn_from_a_table(v2.TrivialAugmentWide),
}
ALL: dict[str, Callable[[int], list[nn.Module]]] = {**POLICIES, **TABLE_POLICIES}


def policy(name: str, *, size: int, clahe: Clahe | None = None) -> nn.Module:
    """Build a policy for square pictures of `size` pixels.

    Raises:
        ParamsError: no policy has this name; the message lists the known ones and the closest.
    """
    if name not in ALL:
        closest = difflib.get_close_matches(name, ALL, n=1)
        hint = f"; did you mean {closest[0]!r}?" if closest else "."
        msg = f"params.yaml: augment_data: unknown policy {name!r}{hint} Known are: {', '.join(ALL)}"
        raise ParamsError(msg)
    first = [RandomClahe(clahe)] if clahe is not None and clahe.share > 0 else []
    composed: nn.Module = v2.Compose([*first, *ALL[name](size)] or [v2.Identity()])
    return composed


def require(name: str, *, moves_boxes: bool, channels: int) -> None:
    """Refuse a policy that cannot do what the pictures of a model need.

    Raises:
        ParamsError: the policy is unknown, or it is one from a table and boxes or further channels must move along.
    """
    policy(name, size=1)
    if name in TABLE_POLICIES and (moves_boxes or channels != RGB):
        needs = "the detector's boxes" if moves_boxes else f"{channels} channels"
        msg = (
            f"params.yaml: augment_data: the policy {name!r} moves RGB pictures alone and cannot take {needs} along; "
            f"those that can are: {', '.join(POLICIES)}"
        )
        raise ParamsError(msg)


def augment(
    transform: nn.Module, image: torch.Tensor, boxes: torch.Tensor, *, seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Apply a policy to uint8 [channels, size, size] and boxes [n, 4] (corners in pixels).

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
