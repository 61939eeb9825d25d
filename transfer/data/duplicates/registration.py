"""Decide whether two textures show one surface at a given shift."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from transfer.data.duplicates.blocks import block_agreement, windows
from transfer.data.duplicates.phase_correlation import peak_near_zero
from transfer.data.duplicates.repetition import moved_to_next_best

# In pixels around the shift that was voted for.
REACH = 2


class Registration(NamedTuple):
    """Where the second picture's corner lies on the first, in pixels, and how well the pictures fit there.

    `overlap` is the share of the smaller picture, `sharpness` that of the phase correlation's peak, `agreement` the
    median correlation of small blocks of texture, over `num_blocks` that are not plain.
    """

    down: float
    right: float
    overlap: float
    sharpness: float
    agreement: float
    num_blocks: int


@dataclass(frozen=True)
class Proof:
    """What a registration must show before two pictures count as one surface.

    `max_ambiguity` bounds `ambiguity`.
    """

    min_overlap: float
    min_sharpness: float
    min_agreement: float
    min_blocks: int
    max_ambiguity: float


def register(first: np.ndarray, second: np.ndarray, *, down: int, right: int) -> Registration:
    """Register two int8 textures near the shift that was voted for."""
    peak = peak_near_zero(*windows(first, second, down=down, right=right), reach=REACH)
    best = windows(first, second, down=down + round(peak.down), right=right + round(peak.right))
    agreement, num_blocks = block_agreement(*best)
    return Registration(
        down=down + peak.down,
        right=right + peak.right,
        overlap=best[0].size / min(first.size, second.size),
        sharpness=peak.sharpness,
        agreement=agreement,
        num_blocks=num_blocks,
    )


def prove(first: np.ndarray, second: np.ndarray, *, down: int, right: int, proof: Proof) -> Registration | None:
    """Register two int8 textures near a shift; None where that proves nothing."""
    found = register(first, second, down=down, right=right)
    clear = found.sharpness >= proof.min_sharpness and found.overlap >= proof.min_overlap
    same = found.agreement >= proof.min_agreement and found.num_blocks >= proof.min_blocks
    if not (clear and same):
        return None
    return found if ambiguity(first, second, found) <= proof.max_ambiguity else None


def ambiguity(first: np.ndarray, second: np.ndarray, found: Registration) -> float:
    """Compare the fit found with the next best one: near 1 for stripes and grids, which fit at many, else near 0.

    The largest of three shares: how much sharpness is left at the next best shift, how much of the texture unexplained
    there is unexplained by the shift found, and the same for the first picture on itself: it shows more periods than a
    narrow overlap does.
    """
    shared = windows(first, second, down=round(found.down), right=round(found.right))
    elsewhere = moved_to_next_best(*shared)
    sharpness = peak_near_zero(*elsewhere, reach=REACH).sharpness
    repeated = max(block_agreement(*elsewhere)[0], block_agreement(*moved_to_next_best(first, first))[0])
    return max(sharpness / found.sharpness, (1 - found.agreement) / max(1 - repeated, 1e-6))
