"""Accuracy and macro F1 of images that may count several times, or not at all."""

import numpy as np
from scipy.sparse import csr_array

from transfer.measures.bootstrap import Measure


def accuracy(labels: np.ndarray, answers: np.ndarray) -> Measure:
    """Return a measure for `bootstrap`; int or str [images] each."""
    right = (labels == answers).astype(np.float64)
    return lambda counts: np.asarray(counts @ right / counts.sum(1))


def macro_f1(labels: np.ndarray, answers: np.ndarray) -> Measure:
    """Return a measure for `bootstrap`: the mean F1 of the classes that occur among labels or answers."""
    names, codes = np.unique(np.concatenate([labels, answers]), return_inverse=True)
    truth, answered = (_one_hot(part, len(names)) for part in np.split(codes, 2))

    def measure(counts: np.ndarray) -> np.ndarray:
        hits, below = counts @ (truth * answered), counts @ (truth + answered)
        # A class that a draw has nothing of is not in its mean.
        return np.asarray((2 * hits / np.maximum(below, 1)).sum(1) / (below > 0).sum(1))

    return measure


def recalls(labels: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """Return, per class of the labels, the share of its images that are right."""
    return {str(name): float((answers[labels == name] == name).mean()) for name in np.unique(labels)}


def _one_hot(codes: np.ndarray, num_classes: int) -> csr_array:
    """Return float [images, classes], sparse: of thousands of classes an image has one."""
    ones = np.ones(len(codes))
    return csr_array((ones, codes, np.arange(len(codes) + 1)), shape=(len(codes), num_classes))
