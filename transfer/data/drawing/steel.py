"""Pictures of brushed steel strip with one of six defects, after the classes of the NEU surface defect database."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from transfer.data.drawing import defects, fields
from transfer.data.drawing.fields import Shape
from transfer.data.drawing.picture import Corners, Picture, inside, overlaps, tight_box


@dataclass(frozen=True)
class Look:
    """How a defect lies on the strip; heights and widths are shares of the picture's side."""

    relief: Callable[[np.random.Generator, Shape, float], np.ndarray]
    heights: tuple[float, float]
    widths: tuple[float, float]
    most: int
    contrast: tuple[float, float]


LOOKS = {
    "crazing": Look(defects.crazing, (0.55, 0.95), (0.55, 0.95), 1, (0.50, 0.70)),
    "inclusion": Look(defects.inclusion, (0.50, 0.90), (0.20, 0.32), 2, (0.40, 0.65)),
    "patches": Look(defects.patches, (0.35, 0.70), (0.32, 0.60), 3, (0.45, 0.65)),
    "pitted_surface": Look(defects.pitted_surface, (0.45, 0.85), (0.45, 0.85), 2, (0.45, 0.65)),
    "rolled-in_scale": Look(defects.rolled_in_scale, (0.45, 0.85), (0.45, 0.85), 2, (0.45, 0.65)),
    "scratches": Look(defects.scratches, (0.55, 0.95), (0.25, 0.45), 2, (0.55, 0.95)),
}
CLASSES = tuple(sorted(LOOKS))
# Where a relief is weaker than this share of full contrast, an annotator would not see it.
VISIBLE = 0.3
# Of the picture's side; a defect that turned out smaller is drawn anew.
LEAST_SIDE = 0.12
TRIES = 30


def draw(name: str, size: int, rng: np.random.Generator) -> Picture:
    """Draw one picture of the class `name`, `size` pixels square."""
    strip = _strip(rng, size)
    look = LOOKS[name]
    boxes: list[Corners] = []
    for _ in range(int(rng.integers(1, look.most + 1))):
        box = _add_defect(rng, strip, look, boxes)
        boxes += [box] if box else []
    pixels = _photograph(rng, strip)
    picture = Picture(pixels, tuple((name, *box) for box in boxes))
    return picture.transposed() if rng.random() < 0.4 else picture


def _add_defect(rng: np.random.Generator, strip: np.ndarray, look: Look, taken: list[Corners]) -> Corners | None:
    """Draw one defect into `strip` where none is yet, and return its box; None where no place is left."""
    size = len(strip)
    for _ in range(TRIES):
        shape = (round(size * rng.uniform(*look.heights)), round(size * rng.uniform(*look.widths)))
        place = (int(rng.integers(0, size - shape[0] + 1)), int(rng.integers(0, size - shape[1] + 1)))
        around = (place[1], place[0], place[1] + shape[1], place[0] + shape[0])
        if any(overlaps(around, box, size // 20) for box in taken):
            continue
        relief = look.relief(rng, shape, size / 128)
        box = tight_box(np.abs(relief) > VISIBLE, place)
        if box and min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE * size:
            inside(strip, place, shape)[...] *= 1 + rng.uniform(*look.contrast) * relief
            return box
    return None


def _strip(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw sound steel, brushed from top to bottom: reflectance around 1."""
    pixel = size / 128
    shape = (size, size)
    brushed = fields.blurred(rng, shape, (14 * pixel, 0.7 * pixel))
    brushed += 0.6 * fields.blurred(rng, shape, (7 * pixel, 2 * pixel))
    grain = fields.blurred(rng, shape, (0.7 * pixel, 0.7 * pixel))
    bands = fields.coarse(rng, (1, size), 6)
    stains = fields.coarse(rng, shape, 3)
    strip = 1 + rng.uniform(0.015, 0.06) * brushed + rng.uniform(0.01, 0.09) * grain
    strip += rng.uniform(0.0, 0.08) * bands + rng.uniform(0.0, 0.10) * stains
    return _slanted(strip, rng.uniform(-0.15, 0.15)).astype(np.float32)


def _slanted(strip: np.ndarray, slope: float) -> np.ndarray:
    size = len(strip)
    columns = (np.arange(size)[None, :] + np.round(slope * np.arange(size))[:, None].astype(int)) % size
    return np.take_along_axis(strip, columns, axis=1)


def _photograph(rng: np.random.Generator, strip: np.ndarray) -> np.ndarray:
    """Light the strip unevenly and take a noisy 8-bit picture of it."""
    size = len(strip)
    down, across = (position / size - 0.5 for position in fields.positions((size, size)))
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.7) * (np.cos(angle) * across + np.sin(angle) * down)
    exposed = np.clip(rng.uniform(0.34, 0.66) * light * strip, 0, 1) ** rng.uniform(0.8, 1.25)
    noisy = exposed + rng.uniform(0.005, 0.022) * rng.standard_normal(strip.shape, dtype=np.float32)
    pixels: np.ndarray = np.clip(np.rint(255 * noisy), 0, 255).astype(np.uint8)
    return pixels
