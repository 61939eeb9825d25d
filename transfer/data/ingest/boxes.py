"""Bring the boxes of one image into pixels of the upright image, and judge each of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from transfer.data.decode import ImageFacts
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.records import RawBox, RawImage

# Corners less than this over the edge are the rounding of the annotation's own decimals: clipped without a finding.
ROUNDING_PIXELS = 0.5


def place(record: RawImage, facts: ImageFacts, ledger: Ledger) -> list[RawBox] | None:
    """Return the boxes in pixels of the upright image, or None where the image has to go.

    Shares are those of the upright image. Pixels belong to the image whose size the annotation gives: if only the
    unturned image has that size, the boxes are turned with it. Without a size, or where turning leaves the size as
    it is, they are taken as upright, as that is what annotation tools show.
    """
    width, height = facts.width, facts.height
    if record.relative:
        return [_scaled(box, width, height) for box in record.boxes]
    if record.size is None or record.size == (width, height):
        return list(record.boxes)
    if facts.orientation >= 5 and record.size == (height, width):
        return [turned(box, facts.orientation, width=height, height=width) for box in record.boxes]
    stated_width, stated_height = record.size
    reason = f"{record.annotation} says {stated_width} x {stated_height}, the image has {width} x {height}"
    # The same shape, but for a pixel of rounding.
    if abs(stated_width * height - stated_height * width) > max(*record.size, width, height):
        ledger.note("shape_differs", record.file, reason)
        return None
    if not ledger.note("size_differs", record.file, reason):
        return None
    return [_scaled(box, width / stated_width, height / stated_height) for box in record.boxes]


def turned(box: RawBox, orientation: int, *, width: int, height: int) -> RawBox:
    """Turn a box as EXIF turns the image that is stored with `width` and `height`."""
    x_min, y_min, x_max, y_max = box.x_min, box.y_min, box.x_max, box.y_max
    if orientation in (2, 3, 7, 8):
        x_min, x_max = width - x_max, width - x_min
    if orientation in (3, 4, 6, 7):
        y_min, y_max = height - y_max, height - y_min
    if orientation >= 5:
        x_min, y_min, x_max, y_max = y_min, x_min, y_max, x_max
    return replace(box, x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)


def judge(
    record: RawImage, boxes: Sequence[RawBox], facts: ImageFacts, ledger: Ledger, *, categories: Collection[str]
) -> Iterator[RawBox]:
    """Yield the boxes that stay, clipped to the image; `categories` are the declared ones, or none for any."""
    seen: set[RawBox] = set()
    for box in boxes:
        where = f"{box.category} ({box.x_min:g}, {box.y_min:g}, {box.x_max:g}, {box.y_max:g})"
        if categories and box.category not in categories:
            ledger.note("unknown_class", record.file, f"{where}: not among ingest_data.categories")
            continue
        inside = _inside(box, where, record, facts, ledger)
        if inside is None:
            continue
        if inside not in seen or ledger.note("repeated_box", record.file, f"{where} again"):
            yield inside
        seen.add(inside)


def _inside(box: RawBox, where: str, record: RawImage, facts: ImageFacts, ledger: Ledger) -> RawBox | None:
    if box.x_min >= box.x_max or box.y_min >= box.y_max:
        ledger.note("zero_area_box", record.file, where)
        return None
    clipped = replace(
        box,
        x_min=max(0.0, box.x_min),
        y_min=max(0.0, box.y_min),
        x_max=min(float(facts.width), box.x_max),
        y_max=min(float(facts.height), box.y_max),
    )
    if clipped.x_min >= clipped.x_max or clipped.y_min >= clipped.y_max:
        ledger.note("box_outside_image", record.file, f"{where} outside {facts.width} x {facts.height}")
        return None
    if _overshoot(box, facts) < ROUNDING_PIXELS:
        return clipped
    stays = ledger.note("box_over_edge", record.file, f"{where} over {facts.width} x {facts.height}")
    return clipped if stays else None


def _overshoot(box: RawBox, facts: ImageFacts) -> float:
    return max(-box.x_min, -box.y_min, box.x_max - facts.width, box.y_max - facts.height)


def _scaled(box: RawBox, x: float, y: float) -> RawBox:
    return replace(box, x_min=box.x_min * x, y_min=box.y_min * y, x_max=box.x_max * x, y_max=box.y_max * y)
