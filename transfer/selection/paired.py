"""Tests of two classifiers on the same images, and what many tests at once do to their p-values."""

from collections.abc import Sequence

import numpy as np


def sign_flip(first: np.ndarray, second: np.ndarray) -> float:
    """Return the exact two-sided p-value of a paired permutation test over images.

    `first` and `second` are [seeds, images], 0 or 1. The unit is the image: the answers that several seeds give to one
    image are not independent. If neither classifier is better, an image's difference, summed over the seeds, could as
    well have the other sign; p is the share of all sign choices whose total is at least as far from 0 as the one found.
    With one seed this is McNemar's exact test.
    """
    differences = np.abs(found := (first - second).sum(axis=0))
    differences = differences[differences > 0]
    total = int(differences.sum())
    # The distribution of the total, at index total + offset, one image after the other.
    shares = np.zeros(2 * total + 1)
    shares[total] = 1.0
    for difference in differences:
        shares = (np.roll(shares, difference) + np.roll(shares, -difference)) / 2
    distances = np.abs(np.arange(-total, total + 1))
    return float(min(shares[distances >= abs(int(found.sum()))].sum(), 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values, in the same order, adjusted for being one of several by Holm's step-down method."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
