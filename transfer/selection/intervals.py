"""How far a measured accuracy can be trusted: over seeds, and over seeds and test images."""

import numpy as np
from scipy import stats

IMAGES_AT_ONCE = 1_000_000


def over_seeds(accuracies: np.ndarray, *, confidence: float) -> tuple[float, float] | None:
    """Return Student's t-interval of the mean over seeds, cut to 0..1; None for a single seed, which has no spread."""
    if len(accuracies) < 2:
        return None
    half = stats.t.ppf((1 + confidence) / 2, len(accuracies) - 1) * stats.sem(accuracies)
    mean = accuracies.mean()
    return float(max(mean - half, 0.0)), float(min(mean + half, 1.0))


def bootstrap_means(correct: np.ndarray, *, resamples: int, seed: int) -> np.ndarray:
    """Draw seeds and test images anew, with replacement, and return the accuracies, [resamples, entries].

    `correct` is [entries, seeds, images], 0 or 1. All entries get the same draws, so that differences between them are
    paired.
    """
    entries, num_seeds, num_images = correct.shape
    generator = np.random.default_rng(seed)
    flat = correct.reshape(entries * num_seeds, num_images).astype(np.float64)
    means = []
    for done in range(0, resamples, chunk := max(IMAGES_AT_ONCE // num_images, 1)):
        count = min(chunk, resamples - done)
        seeds = generator.integers(num_seeds, size=(count, num_seeds))
        images = _counts(generator.integers(num_images, size=(count, num_images)), num_images)
        accuracies = (flat @ images.T / num_images).reshape(entries, num_seeds, count)
        drawn = _counts(seeds, num_seeds) / num_seeds
        means.append(np.einsum("esr,rs->re", accuracies, drawn))
    return np.concatenate(means)


def percentile(draws: np.ndarray, *, confidence: float) -> tuple[float, float]:
    """Return the interval that holds the middle `confidence` of the draws."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def pooled(draws: np.ndarray, correct: np.ndarray, *, confidence: float) -> tuple[float, float]:
    """Return the bootstrap's interval of an accuracy; where every answer is the same, the exact binomial one.

    `correct` is [seeds, images]. Without a single mistake each draw is the same, too, and the bootstrap's interval has
    no width; that so many images had no mistake still leaves room for a rate of mistakes.
    """
    if correct.min() == correct.max():
        found = stats.binomtest(int(correct[0].sum()), correct.shape[1]).proportion_ci(confidence, method="exact")
        return float(found.low), float(found.high)
    return percentile(draws, confidence=confidence)


def _counts(draws: np.ndarray, number: int) -> np.ndarray:
    """Count in each row of `draws` how often each of `number` things was drawn."""
    rows = np.arange(len(draws))[:, None] * number
    return np.bincount((draws + rows).ravel(), minlength=len(draws) * number).reshape(len(draws), number)
