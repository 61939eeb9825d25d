"""Draw images again and again, the same for both models, to see how far chance moves their difference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

# float [draws] of a measure, for int [draws, images]: how often each draw has each image.
Measure = Callable[[np.ndarray], np.ndarray]
# Draws at once: bounds memory, changes no number.
CHUNK = 200


@dataclass(frozen=True)
class Difference:
    """A measure of two models on the same images, and the ends of the interval of the second minus the first."""

    old: float
    new: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """The second minus the first."""
        return self.new - self.old


def paired(old: Measure, new: Measure, *, num_images: int, resamples: int, confidence: float, seed: int) -> Difference:
    """Return the percentile interval of the difference over bootstrap draws of the images.

    Draws on which either measure is not defined (NaN), as for classes that are not in them at all, are left out.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    once = np.ones((1, num_images), dtype=np.int64)
    differences = np.concatenate(
        [new(counts) - old(counts) for counts in _draws(num_images, resamples=resamples, seed=seed)]
    )
    tail = (1 - confidence) / 2
    defined = differences[~np.isnan(differences)]
    low, high = np.quantile(defined, [tail, 1 - tail]) if defined.size else (np.nan, np.nan)
    return Difference(float(old(once)[0]), float(new(once)[0]), float(low), float(high))


def _draws(num_images: int, *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    even = np.full(num_images, 1 / num_images)
    for start in range(0, resamples, CHUNK):
        yield generator.multinomial(num_images, even, size=min(CHUNK, resamples - start))
