"""A drawn picture with its boxes, and the geometry of drawing it."""

from dataclasses import dataclass

import numpy as np

Corners = tuple[int, int, int, int]


@dataclass(frozen=True)
class Picture:
    """`pixels` are uint8 [height, width], or [height, width, 4] with infrared last.

    A box is (category, x_min, y_min, x_max, y_max), the maximum exclusive.
    """

    pixels: np.ndarray
    boxes: tuple[tuple[str, int, int, int, int], ...]

    def transposed(self) -> "Picture":
        """Swap rows and columns, boxes included."""
        boxes = tuple((name, top, left, bottom, right) for name, left, top, right, bottom in self.boxes)
        return Picture(np.ascontiguousarray(self.pixels.T), boxes)


def tight_box(mask: np.ndarray, place: tuple[int, int]) -> Corners | None:
    """Return the smallest box around the true pixels of `mask`, whose top left corner lies at `place` (row, column).

    None where no pixel is true.
    """
    if not mask.any():
        return None
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    top, left = place
    return (left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)


def overlaps(box: Corners, other: Corners, margin: int) -> bool:
    """Whether two boxes (x_min, y_min, x_max, y_max) come closer than `margin` pixels."""
    apart_across = box[0] >= other[2] + margin or other[0] >= box[2] + margin
    apart_down = box[1] >= other[3] + margin or other[1] >= box[3] + margin
    return not (apart_across or apart_down)


def inside(canvas: np.ndarray, place: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Return the part of `canvas` of the given shape whose top left corner lies at `place` (row, column), as a view."""
    return canvas[place[0] : place[0] + shape[0], place[1] : place[1] + shape[1]]
