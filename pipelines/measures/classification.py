"""Accuracy and macro F1 of images that may count several times, or not at all."""

from collections.abc import Callable

import numpy as np


def accuracy(labels: np.ndarray, answers: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a measure for `bootstrap.paired`; int or str [images] each."""
    right = (labels == answers).astype(np.float64)
    return lambda counts: np.asarray(counts @ right / counts.sum(1))


def macro_f1(labels: np.ndarray, answers: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a measure for `bootstrap.paired`: the mean F1 of the classes that occur among labels or answers."""
    names = np.unique(np.concatenate([labels, answers]))
    truth = (labels[:, None] == names).astype(np.float64)
    answered = (answers[:, None] == names).astype(np.float64)

    def measure(counts: np.ndarray) -> np.ndarray:
        hits, below = counts @ (truth * answered), counts @ (truth + answered)
        # A class that a draw has nothing of is not in its mean.
        return np.asarray((2 * hits / np.maximum(below, 1)).sum(1) / (below > 0).sum(1))

    return measure


def recalls(labels: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """Return, per class of the labels, the share of its images that are right."""
    return {str(name): float((answers[labels == name] == name).mean()) for name in np.unique(labels)}
