"""Tell a texture that repeats itself, and so fits at many shifts, from one that fits at a single shift."""

import numpy as np
import scipy.fft

from transfer.data.duplicates.blocks import windows

# In pixels: any texture still agrees with itself when moved by less.
NEARBY = 5


def moved_to_next_best(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what two aligned textures share when the second is moved to where it fits best, but for no move at all.

    Stripes and grids fit there as well as without the move. Moves of more than half a side are left out, as too little
    would remain to be compared; both parts are empty where that leaves no move.
    """
    surface = _mean_product(first, second)
    down, right = (np.abs(_moves(side)) for side in surface.shape)
    allowed = (down[:, None] <= first.shape[0] // 2) & (right <= first.shape[1] // 2)
    allowed &= (down[:, None] > NEARBY) | (right > NEARBY)
    if not allowed.any():
        return first[:0], second[:0]
    row, column = divmod(int(np.where(allowed, surface, -np.inf).argmax()), surface.shape[1])
    return windows(first, second, down=int(_moves(surface.shape[0])[row]), right=int(_moves(surface.shape[1])[column]))


def _mean_product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the mean product at every move of the second on the first, cyclic, with room for half a side."""
    shape = tuple(scipy.fft.next_fast_len(side + side // 2, real=True) for side in first.shape)
    spectra = [scipy.fft.rfft2(window.astype(np.float32), s=shape) for window in (first, second)]
    total: np.ndarray = scipy.fft.irfft2(spectra[0] * spectra[1].conj(), s=shape)
    down, right = (np.abs(_moves(side)) for side in shape)
    area = np.maximum(first.shape[0] - down, 1)[:, None] * np.maximum(first.shape[1] - right, 1)
    return np.asarray(total / area)


def _moves(side: int) -> np.ndarray:
    """Return the move that each position along a cyclic side stands for: 0, 1, 2, ..., -2, -1."""
    positions = np.arange(side)
    return np.where(positions <= side // 2, positions, positions - side)
