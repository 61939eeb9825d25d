"""Classification measures from probabilities and labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

NUM_BINS = 15


def metrics(probabilities: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Measure float [n, classes] against int [n].

    Returns accuracy, macro F1 (over the classes that occur among labels or answers), expected calibration error, and
    precision, recall, F1 and support per class; a ratio with nothing below the line is 0.
    """
    matrix = confusion(probabilities.argmax(1), labels, num_classes=len(names))
    per_class = {name: _class_metrics(matrix, index) for index, name in enumerate(names)}
    occurring = [m["f1"] for i, m in enumerate(per_class.values()) if matrix[i].sum() + matrix[:, i].sum() > 0]
    return {
        "accuracy": float(np.trace(matrix) / matrix.sum()),
        "macro_f1": float(np.mean(occurring)),
        "ece": expected_calibration_error(probabilities, labels),
        "num_images": len(labels),
        "per_class": per_class,
    }


def confusion(answers: np.ndarray, labels: np.ndarray, *, num_classes: int) -> np.ndarray:
    """Count int [num_classes, num_classes]: row the true class, column the answer."""
    return np.bincount(labels * num_classes + answers, minlength=num_classes**2).reshape(num_classes, num_classes)


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins of confidence, weighted by their size.

    Source: Guo et al., On Calibration of Modern Neural Networks (2017).
    """
    confidence = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == labels
    # Bins are open below and closed above, as in the paper.
    bins = np.clip(np.ceil(confidence * NUM_BINS).astype(int) - 1, 0, NUM_BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=NUM_BINS)
    return float(np.abs(gaps).sum() / len(labels))


def worst_first(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Order the pictures by how bad the answer is, and count the wrong ones.

    First wrong answers, those given with the most confidence in front; without any, all, the least confident in front.
    """
    confidence = probabilities.max(1)
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    if len(wrong):
        return wrong[np.argsort(-confidence[wrong], kind="stable")], len(wrong)
    return np.argsort(confidence, kind="stable"), 0


def _class_metrics(matrix: np.ndarray, index: int) -> dict[str, float | int]:
    hits, answered, support = matrix[index, index], matrix[:, index].sum(), matrix[index].sum()
    return {
        "precision": _ratio(hits, answered),
        "recall": _ratio(hits, support),
        "f1": _ratio(2 * hits, answered + support),
        "support": int(support),
    }


def _ratio(part: int, whole: int) -> float:
    return float(part / whole) if whole else 0.0
