"""Random fields to draw with: float32 [height, width], mean 0 and standard deviation 1 unless said otherwise."""

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

Shape = tuple[int, int]


def blurred(rng: np.random.Generator, shape: Shape, sigma: tuple[float, float]) -> np.ndarray:
    """Draw white noise blurred by `sigma` pixels (down, across); it tiles without a seam."""
    white = rng.standard_normal(shape, dtype=np.float32)
    return _standardized(ndimage.gaussian_filter(white, sigma, mode="wrap"))


def coarse(rng: np.random.Generator, shape: Shape, cells: int) -> np.ndarray:
    """Draw a smooth field with about `cells` hills and dales along each side."""
    knots = rng.standard_normal((cells + 1, cells + 1), dtype=np.float32)
    down = np.linspace(0, cells, shape[0], dtype=np.float32)
    across = np.linspace(0, cells, shape[1], dtype=np.float32)
    grid = np.meshgrid(down, across, indexing="ij")
    return _standardized(ndimage.map_coordinates(knots, grid, order=3, mode="reflect"))


def cracks(rng: np.random.Generator, shape: Shape, *, cell: float, width: float) -> np.ndarray:
    """Draw the borders between cells about `cell` pixels wide: 0 inside a cell, 1 on a border `width` pixels wide."""
    seeds = _jittered_grid(rng, shape, cell)
    points = np.stack(positions(shape), axis=-1).astype(np.float32)
    points[..., 0] += cell * 0.22 * coarse(rng, shape, max(2, round(shape[0] / cell)))
    points[..., 1] += cell * 0.22 * coarse(rng, shape, max(2, round(shape[1] / cell)))
    distances, nearest = cKDTree(seeds).query(points.reshape(-1, 2), k=2)
    between = np.linalg.norm(seeds[nearest[:, 0]] - seeds[nearest[:, 1]], axis=1)
    # Distance to the line halfway between the two nearest seeds: the border has the same width everywhere.
    to_border = ((distances[:, 1] ** 2 - distances[:, 0] ** 2) / (2 * between)).reshape(shape)
    borders: np.ndarray = np.exp(-((2 * to_border / width) ** 2)).astype(np.float32)
    return borders


def step(field: np.ndarray, steepness: float) -> np.ndarray:
    """Turn a signed field into a soft mask between 0 and 1."""
    mask: np.ndarray = 1 / (1 + np.exp(-np.clip(steepness * field, -30, 30)))
    return mask


def ellipse(shape: Shape) -> np.ndarray:
    """Return 1 at the centre, falling in a straight line to 0 on the ellipse that touches the four sides."""
    down, across = positions(shape)
    y = (2 * down + 1) / shape[0] - 1
    x = (2 * across + 1) / shape[1] - 1
    cone: np.ndarray = (1 - np.hypot(x, y)).astype(np.float32)
    return cone


def positions(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column numbers as float32, broadcast to the shape."""
    down, across = np.indices(shape, dtype=np.float32)
    return down, across


def _jittered_grid(rng: np.random.Generator, shape: Shape, cell: float) -> np.ndarray:
    down, across = (np.arange(-cell, side + 2 * cell, cell) for side in shape)
    grid = np.stack(np.meshgrid(down, across, indexing="ij"), axis=-1).reshape(-1, 2)
    return grid + rng.uniform(-0.5 * cell, 0.5 * cell, size=grid.shape)


def _standardized(field: np.ndarray) -> np.ndarray:
    standardized: np.ndarray = (field - field.mean()) / max(float(field.std()), 1e-6)
    return standardized
