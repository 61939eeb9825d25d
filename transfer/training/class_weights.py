"""Weights of classes in the loss, so that rare ones count as much as frequent ones."""

import numpy as np

from transfer.errors import TrainingError


def balanced(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Weigh each class by n / (k * n_c): the inverse of its share, relative to equal shares; float64 [num_classes].

    Over all pictures the weights average to 1. This is scikit-learn's "balanced".

    Raises:
        TrainingError: a class has no picture, so that no weight makes up for it.
    """
    counts = np.bincount(labels, minlength=num_classes)
    absent = np.flatnonzero(counts == 0)
    if len(absent):
        msg = (
            f"class weights: no training picture of class {', '.join(map(str, absent))} (counted from 0, of "
            f"{num_classes}); add pictures of it, or leave the class out of ingest_data.labels in params.yaml"
        )
        raise TrainingError(msg)
    weights: np.ndarray = len(labels) / (num_classes * counts)
    return weights
