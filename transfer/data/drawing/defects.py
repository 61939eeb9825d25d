"""The six defects of hot-rolled steel strip, each drawn as a relief: from about -1 (dark) to 1 (bright).

A relief is float32 [height, width], and 0 where the surface is sound. Rolling runs from top to bottom. `pixel` is the
length of 1/128 of the picture's side, so that a defect looks the same at every size.
"""

import math

import numpy as np
from scipy import ndimage

from transfer.data.drawing import fields
from transfer.data.drawing.fields import Shape

# What the soft step that makes pits gives far from any pit.
SOUND = 1 / (1 + math.exp(4.5))


def crazing(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw a net of fine dark cracks, broken here and there."""
    net = fields.cracks(rng, shape, cell=pixel * rng.uniform(10, 15), width=pixel * rng.uniform(1.8, 2.6))
    unbroken = fields.step(fields.coarse(rng, shape, 5) + 1.1, 4)
    relief: np.ndarray = -net * unbroken * _region(rng, shape)
    return relief


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
    relief: np.ndarray = -blot * np.clip(mottled, 0.5, 1.1)
    return relief


def pitted_surface(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw many small round dark pits, each with a faint bright lip."""
    radius = pixel * rng.uniform(1.5, 2.3)
    share = rng.uniform(0.10, 0.17) / (3.1 * radius * radius)
    seeds = (rng.random(shape) < share * _region(rng, shape)) * rng.uniform(0.6, 1.6, shape)
    height = ndimage.gaussian_filter(seeds, radius, mode="constant") * 2 * np.pi * radius * radius
    pits = np.clip(fields.step(height - 0.5, 9) - SOUND, 0, 1)
    lip = np.roll(pits, (round(radius), round(radius)), axis=(0, 1))
    relief: np.ndarray = -pits + 0.3 * np.clip(lip - pits, 0, 1)
    return relief


def rolled_in_scale(rng: np.random.Generator, shape: Shape, pixel: float) -> np.ndarray:
    """Draw flakes pressed into the surface: across the rolling direction, dark, with one bright edge."""
    sigma = (pixel * rng.uniform(1.4, 2.0), pixel * rng.uniform(4.0, 6.0))
    flakes = fields.step(fields.blurred(rng, shape, sigma) - rng.uniform(0.5, 0.8), 6) * _region(rng, shape)
    edge = max(1, round(1.8 * pixel))
    lit = np.clip(np.roll(flakes, edge, axis=0) - flakes, 0, 1)
    lit[:edge] = 0
    relief: np.ndarray = -0.7 * flakes + lit
    return relief


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
        width = pixel * rng.uniform(0.8, 1.5)
        bright = np.maximum(bright, np.exp(-(((across - line) / width) ** 2)) * along * rng.uniform(0.6, 1.0))
    worn: np.ndarray = bright * np.clip(1 + 0.25 * fields.blurred(rng, shape, (4 * pixel, pixel)), 0.4, 1.4)
    return worn


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
