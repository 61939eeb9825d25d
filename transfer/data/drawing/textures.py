"""Pictures of four plain textures, over the whole picture or on one patch of it: easy data for a first try."""

from collections.abc import Callable

import numpy as np

from transfer.data.drawing import fields
from transfer.data.drawing.fields import Shape
from transfer.data.drawing.picture import Picture, inside

# A patch covers at least this share of the side, so that at least one period of every texture fits.
LEAST_SIDE = 0.45


def draw(name: str, size: int, rng: np.random.Generator) -> Picture:
    """Draw one picture of the class `name`, `size` pixels square, with one box around the texture."""
    shape = _shape(rng, size)
    place = (int(rng.integers(0, size - shape[0] + 1)), int(rng.integers(0, size - shape[1] + 1)))
    canvas = np.zeros((size, size), dtype=np.float32)
    inside(canvas, place, shape)[...] = TEXTURES[name](rng, shape, size / 128)
    gray = rng.uniform(95, 160) + rng.uniform(35, 75) * canvas + rng.uniform(2, 8) * rng.standard_normal(canvas.shape)
    box = (name, place[1], place[0], place[1] + shape[1], place[0] + shape[0])
    return Picture(np.clip(np.rint(gray), 0, 255).astype(np.uint8), (box,))


def _shape(rng: np.random.Generator, size: int) -> Shape:
    if rng.random() < 0.3:
        return (size, size)
    height, width = rng.uniform(LEAST_SIDE, 0.9, 2) * size
    return (round(height), round(width))


def _stripes(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    along, _ = _axes(rng, shape, pixel)
    waves: np.ndarray = np.sin(along)
    return waves


def _grid(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    along, across = _axes(rng, shape, pixel)
    lines: np.ndarray = 2 * np.clip(np.maximum(np.cos(along), np.cos(across)), 0, 1) ** 8 - 1
    return lines


def _dots(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    along, across = _axes(rng, shape, pixel)
    return 2 * fields.step(np.cos(along) + np.cos(across) - 0.9, 6) - 1


def _noise(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    sigma = pixel * rng.uniform(0.8, 2.0)
    return np.clip(0.6 * fields.blurred(rng, shape, (sigma, sigma)), -1, 1)


def _axes(rng: np.random.Generator, shape: Shape, pixel: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the phase of a wave along and across a random direction, in radians."""
    down, across = fields.positions(shape)
    period = 2 * np.pi / (pixel * rng.uniform(9, 20))
    angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi, 2)
    rotated = np.cos(angle) * down + np.sin(angle) * across, np.cos(angle) * across - np.sin(angle) * down
    return period * rotated[0] + phase[0], period * rotated[1] + phase[1]


TEXTURES: dict[str, Callable[[np.random.Generator, Shape, float], np.ndarray]] = {
    "dots": _dots,
    "grid": _grid,
    "noise": _noise,
    "stripes": _stripes,
}
CLASSES = tuple(sorted(TEXTURES))
