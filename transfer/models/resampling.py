"""Antialiased bilinear resizing as two matrix products, so that an exported graph can hold it."""

import torch

# A traced graph has tensors where a running program has whole numbers.
Size = int | torch.Tensor


def resize_bilinear_antialias(image: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Resize float [..., h, w] to [..., height, width].

    Equals torch's interpolate(mode="bilinear", antialias=True, align_corners=False) up to float rounding.
    """
    rows = triangle_weights(image.shape[-2], height, rows=height).to(image.device)
    columns = triangle_weights(image.shape[-1], width, rows=width).to(image.device)
    return rows @ (image @ columns.T)


def fit_onto(image: torch.Tensor, fitted: torch.Tensor, *, side: int) -> torch.Tensor:
    """Resize float [..., h, w] to `fitted` (int64 [2]: height, width) in the top left of a square; the rest is 0."""
    rows = triangle_weights(image.shape[-2], fitted[0], rows=side).to(image.device)
    columns = triangle_weights(image.shape[-1], fitted[1], rows=side).to(image.device)
    return rows @ (image @ columns.T)


def fit_inside(before: torch.Tensor, *, longer_side: int) -> torch.Tensor:
    """Return the height and width (int64 [2]) at which the longer side is `longer_side`, each at least 1.

    Rounds as `transfer.data.resize.fit_inside` does: in double precision, halves to even.
    """
    scale = longer_side / before.max().double()
    return torch.round(before.double() * scale).clamp(min=1).long()


def sizes(image: torch.Tensor) -> torch.Tensor:
    """Return height and width of [..., h, w] as int64 [2] on the CPU; a traced graph computes them from its input."""
    return torch._shape_as_tensor(image)[-2:]


def triangle_weights(size_in: Size, size_out: Size, *, rows: int) -> torch.Tensor:
    """Compute how much each of `size_in` pixels counts for each output pixel: float32 [rows, size_in].

    Row i is a triangle around the place of output pixel i, as wide as the pixels that shrink to one, at least two.
    Rows from `size_out` on are 0: they pad.
    """
    centres = (torch.arange(rows).float() + 0.5) * (size_in / size_out)
    shrinking = (2 * centres[:1]).clamp(min=1.0)
    pixels = torch.arange(size_in).float() + 0.5  # type: ignore[arg-type]
    weights = (1.0 - (pixels - centres[:, None]).abs() / shrinking).clamp(min=0.0)
    inside = (torch.arange(rows)[:, None] < size_out).float()
    return weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-6) * inside
