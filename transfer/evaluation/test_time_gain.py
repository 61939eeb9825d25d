"""What test-time augmentation is worth: the same pictures, answered with and without it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from transfer.evaluation import classification


def measure(
    plain: np.ndarray, averaged: np.ndarray, labels: np.ndarray, names: Sequence[str], *, views: str
) -> dict[str, Any]:
    """Compare probabilities float [n, classes] without and with averaging over views.

    `gain` is the difference of the accuracies; the pictures that the views turned right and wrong make it up.
    """
    right_before, right_after = plain.argmax(1) == labels, averaged.argmax(1) == labels
    measured = classification.metrics(averaged, labels, names)
    turned_right, turned_wrong = int((~right_before & right_after).sum()), int((right_before & ~right_after).sum())
    return {
        "views": views,
        "accuracy": measured["accuracy"],
        "macro_f1": measured["macro_f1"],
        "gain": (turned_right - turned_wrong) / len(labels),
        "turned_right": turned_right,
        "turned_wrong": turned_wrong,
    }
