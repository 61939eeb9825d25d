"""Leaves on soil in red, green, blue and infrared: living and dry ones differ in infrared alone, as in a drought."""

import numpy as np

from transfer.data.drawing import fields
from transfer.data.drawing.picture import Picture, tight_box

# Levels of infrared: a living leaf's cells scatter it, a dry one's no longer do.
INFRARED = {"dry": 70.0, "living": 200.0}
SOIL = (118.0, 98.0, 84.0, 105.0)
CLASSES = tuple(sorted(INFRARED))


def draw(name: str, size: int, rng: np.random.Generator) -> Picture:
    """Draw one picture of the class `name`, uint8 [size, size, 4], with a box around each of two to four leaves."""
    canvas = np.array(SOIL) + 14 * fields.blurred(rng, (size, size), (size / 40, size / 40))[..., None]
    boxes = []
    for _ in range(int(rng.integers(2, 5))):
        leaf = _leaf(rng, size)
        green = np.array((62.0, 112.0, 48.0)) + rng.uniform(-20, 20, 3)
        light = 1 + 0.15 * fields.blurred(rng, (size, size), (size / 16, size / 16))[..., None]
        canvas = np.where(leaf[..., None], np.append(green, INFRARED[name] + rng.uniform(-15, 15)) * light, canvas)
        corners = tight_box(leaf, (0, 0))
        boxes += [(name, *corners)] if corners else []
    noisy = canvas + rng.normal(0, 5, canvas.shape)
    return Picture(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), tuple(boxes))


def _leaf(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return where a leaf is, bool [size, size]: two arcs that meet in points."""
    down, across = fields.positions((size, size))
    place, angle = rng.uniform(0.25, 0.75, 2) * size, rng.uniform(0, np.pi)
    along = (np.cos(angle) * (down - place[0]) + np.sin(angle) * (across - place[1])) / (rng.uniform(0.25, 0.4) * size)
    beside = (np.cos(angle) * (across - place[1]) - np.sin(angle) * (down - place[0])) / (rng.uniform(0.1, 0.18) * size)
    shape: np.ndarray = np.abs(beside) < 1 - along**2
    return shape
