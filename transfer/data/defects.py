"""The six defects of hot-rolled steel strip, each drawn as a relief: float32 [height, width], about -1 (dark) to 1 (bright).

Rolling runs from top to bottom. A relief is 0 where the surface is sound; `pixel` is the length of 1/128 of the picture's
side, so that a defect looks the same at every size.
"""

import numpy as np
from scipy import ndimage

from transfer.data import fields
from transfer.data.fields import Shape


def crazing(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw a net of fine dark cracks, broken here and there."""
    net = fields.cracks(rng, shape, cell=pixel * rng.uniform(8, 12), width=pixel * rng.uniform(1.1, 1.5))
    unbroken = fields.step(fields.coarse(rng, shape, 5) + 0.9, 4)
    return -net * unbroken * _region(rng, shape)


def inclusion(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw a row of dark slivers, drawn out along the rolling direction."""
    dark = np.zeros(shape, dtype=np.float32)
    for _ in range(int(rng.integers(3, 7))):
        dark = np.maximum(dark, _sliver(rng, shape, pixel))
    return -dark


def patches(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw one dark blot with a ragged border and a mottled inside."""
    ragged = 0.16 * fields.coarse(rng, shape, 4) + 0.06 * fields.blurred(rng, shape, (2 * pixel, 2 * pixel))
    blot = fields.step(fields.ellipse(shape) - 0.3 + ragged, rng.uniform(14, 26))
    mottled = 0.85 + 0.12 * fields.blurred(rng, shape, (pixel, pixel))
    return -blot * np.clip(mottled, 0.5, 1.1)


def pitted_surface(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw many small round dark pits, each with a faint bright lip."""
    radius = pixel * rng.uniform(1.3, 2.0)
    share = rng.uniform(0.10, 0.18) / (3.1 * radius * radius)
    seeds = (rng.random(shape) < share * _region(rng, shape)) * rng.uniform(0.6, 1.6, shape)
    height = ndimage.gaussian_filter(seeds, radius, mode="constant") * 2 * np.pi * radius * radius
    pits = fields.step(height - 0.5, 9) - fields.step(np.float32(-0.5), 9)
    lip = np.roll(pits, (round(radius), round(radius)), axis=(0, 1))
    return (-pits + 0.3 * np.clip(lip - pits, 0, 1)).astype(np.float32)


def rolled_in_scale(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw flakes pressed into the surface: short, across the rolling direction, bright on one edge and dark on the other."""
    sigma = (pixel * rng.uniform(1.3, 1.8), pixel * rng.uniform(3.0, 4.5))
    flakes = fields.step(fields.blurred(rng, shape, sigma) - rng.uniform(0.5, 0.8), 6) * _region(rng, shape)
    edge = max(1, round(1.6 * pixel))
    lit = np.clip(np.roll(flakes, edge, axis=0) - flakes, 0, 1)
    lit[:edge] = 0
    return -0.75 * flakes + 0.9 * lit


def scratches(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw a few thin bright lines that run side by side."""
    down, across = fields.positions(shape)
    start, end = rng.uniform(0.05, 0.3), rng.uniform(0.7, 0.95)
    lean = (start, end) if rng.random() < 0.5 else (end, start)
    bright = np.zeros(shape, dtype=np.float32)
    for _ in range(int(rng.integers(2, 6))):
        line = shape[1] * (lean[0] + (lean[1] - lean[0]) * down / shape[0] + rng.uniform(-0.18, 0.18))
        first, last = rng.uniform(0, 0.3), rng.uniform(0.7, 1.0)
        along = fields.step((down / shape[0] - first) * (last - down / shape[0]), 200)
        width = pixel * rng.uniform(0.6, 1.3)
        bright = np.maximum(bright, np.exp(-(((across - line) / width) ** 2)) * along * rng.uniform(0.6, 1.0))
    return bright * np.clip(1 + 0.25 * fields.blurred(rng, shape, (4 * pixel, pixel)), 0.4, 1.4)


def _region(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Draw a soft-edged, slightly irregular mask that fills most of the shape."""
    return fields.step(fields.ellipse(shape) - 0.08 + 0.06 * fields.coarse(rng, shape, 3), 22)


def _sliver(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    down, across = fields.positions(shape)
    half = shape[0] * rng.uniform(0.12, 0.3)
    middle = rng.uniform(half, shape[0] - half)
    line = shape[1] * rng.uniform(0.2, 0.8) + pixel * 1.2 * np.sin(down / (6 * pixel) + rng.uniform(0, 6))
    width = pixel * rng.uniform(1.6, 3.2) * np.sqrt(np.clip(1 - ((down - middle) / half) ** 2, 0, 1))
    return fields.step((width - np.abs(across - line)) / pixel, 4) * (np.abs(down - middle) < half)
