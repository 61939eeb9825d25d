"""Draw the test images again and again to see how far chance moves a measure, or the difference of two models."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

# float [draws] of a measure, for int [draws, images]: how often each draw has each image.
Measure = Callable[[np.ndarray], np.ndarray]
Interval = tuple[float, float]
# Numbers drawn at once: bounds memory, changes no result.
AT_ONCE = 1_000_000


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


def intervals(
    measures: Mapping[str, Measure], *, num_images: int, resamples: int, confidence: float, seed: int
) -> dict[str, Interval | None]:
    """Return the percentile interval of each measure, all over the same draws; None where no draw has a value.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    for counts in _draws(num_images, resamples=resamples, seed=seed):
        for name, measure in measures.items():
            drawn[name].append(measure(counts))
    return {name: _percentiles(np.concatenate(values), confidence) for name, values in drawn.items()}


def paired(old: Measure, new: Measure, *, num_images: int, resamples: int, confidence: float, seed: int) -> Difference:
    """Return both measures, and the interval of their difference over draws that are the same for both.

    Draws on which either is not defined (NaN), as for classes that are not in them at all, are left out.
    """
    found = intervals(
        {"change": lambda counts: new(counts) - old(counts)},
        num_images=num_images,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
    )
    once = np.ones((1, num_images), dtype=np.int64)
    low, high = found["change"] or (np.nan, np.nan)
    return Difference(float(old(once)[0]), float(new(once)[0]), low, high)


def _percentiles(values: np.ndarray, confidence: float) -> Interval | None:
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _draws(num_images: int, *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    even = np.full(num_images, 1 / num_images)
    size = max(1, AT_ONCE // num_images)
    for start in range(0, resamples, size):
        yield generator.multinomial(num_images, even, size=min(size, resamples - start))
